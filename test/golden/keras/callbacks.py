"""Records the decisions and texts of Keras's callbacks, its progress bar and Python's formats: fixtures/keras/callbacks.json.

    python test/golden/keras/callbacks.py
"""

import contextlib
import io
import math
import os
import re
import sys
import tempfile
import warnings
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from common import FIXTURES, keras, np, one_thread, versions, write_lines  # noqa: E402

C = keras.callbacks
SCHEDULES = {"halved": lambda epoch, lr: lr * 0.5 if epoch % 2 else lr, "constant": lambda epoch, lr: 0.25}
FALLING = [5.0, 4.0, 4.2, 3.9, 3.95, 3.9, 4.0, 4.1, 3.0, 3.2, 3.3, 3.4]
FLAT = [1.0, 1.0, 1.00005, 0.99995, 1.1, 1.2, 1.0, 0.9, 0.9, 0.9, 0.9, 0.9]
RISING = [0.1, 0.5, 0.4, 0.45, 0.6, 0.6, 0.59, 0.58, 0.57, 0.9, 0.1, 0.1]


def logs_of(values, name="val_loss"):
    return [{"loss": 1.0 / (i + 1), name: v} for i, v in enumerate(values)]


def case(class_name, logs, batches=None, **kwargs):
    """`logs` by epoch; `batches`: the logs of the batches of each epoch."""
    return {"className": class_name, "kwargs": kwargs, "logs": logs, "batches": batches}


L, R, F = logs_of(FALLING), logs_of(RISING, "val_accuracy"), logs_of(FLAT)
NAN = [[{"loss": 1.0}, {"loss": math.nan}], [{"loss": 1.0}]]
STEPS = [[{"loss": e + b / 8, "accuracy": b / 4} for b in range(3)] for e in range(3)]
CASES = [
    case("EarlyStopping", L),
    case("EarlyStopping", L, patience=1, verbose=1),
    case("EarlyStopping", L, patience=3, restore_best_weights=True, verbose=1),
    case("EarlyStopping", L, patience=2, min_delta=0.5),
    case("EarlyStopping", L, patience=2, min_delta=-0.3, mode="min"),
    case("EarlyStopping", L, patience=3, baseline=3.5, restore_best_weights=True),
    case("EarlyStopping", L, patience=1, start_from_epoch=4, restore_best_weights=True, verbose=1),
    case("EarlyStopping", R, monitor="val_accuracy", patience=2),
    case("EarlyStopping", R, monitor="val_accuracy", mode="max", patience=3, min_delta=0.05, restore_best_weights=True),
    case("EarlyStopping", R, monitor="val_accuracy", mode="min", patience=1),
    case("EarlyStopping", R, monitor="val_missing", mode="min", patience=1),
    case("EarlyStopping", logs_of([math.nan, 1.0, math.nan, 0.5, math.nan, math.nan, math.nan]), patience=2, restore_best_weights=True),
    case("EarlyStopping", L[:3], patience=5, restore_best_weights=True, verbose=1),
    case("ReduceLROnPlateau", L, patience=1, factor=0.5, verbose=1),
    case("ReduceLROnPlateau", F, patience=2, factor=0.2, verbose=1),
    case("ReduceLROnPlateau", F, patience=1, factor=0.3, cooldown=2, min_lr=0.001, verbose=1),
    case("ReduceLROnPlateau", F, patience=0, min_delta=0.2, min_lr=0.02),
    case("ReduceLROnPlateau", R, monitor="val_accuracy", patience=1),
    case("ReduceLROnPlateau", R, monitor="val_accuracy", mode="max", patience=1, min_delta=0.3, cooldown=1, verbose=1),
    case("LearningRateScheduler", L[:4], schedule="halved", verbose=1),
    case("LearningRateScheduler", L[:2], schedule="constant"),
    case("TerminateOnNaN", L[:2], batches=NAN),
    case("CSVLogger", [{"loss": 1.5, "accuracy": 0.1}, {"loss": 1e-7, "accuracy": 1.0}], filename="log.csv"),
    case("CSVLogger", L[:3], filename="log.csv", separator=";"),
    case("CSVLogger", [{"loss": 1.0}, {"loss": 2.0, "val_loss": 3.0}], filename="log.csv"),
    case("CSVLogger", [{"b": 1e22, "a": math.inf, "c,d": math.nan}], filename="log.csv"),
    case("ModelCheckpoint", L[:4], filepath="{epoch:02d}-{val_loss:.2f}.keras", verbose=1),
    case("ModelCheckpoint", L[:6], filepath="{epoch}.keras", save_best_only=True, verbose=1),
    case("ModelCheckpoint", L[:4], filepath="best-{epoch:03d}.keras", save_best_only=True, initial_value_threshold=4.1, verbose=1),
    case("ModelCheckpoint", R[:6], filepath="{val_accuracy:.3e}_{epoch}.keras", monitor="val_accuracy", save_best_only=True, mode="max"),
    case("ModelCheckpoint", R[:3], filepath="sub/{epoch:>3}.weights.h5", save_weights_only=True),
    case("ModelCheckpoint", L[:3], batches=STEPS, filepath="{epoch}_{batch:02d}-{loss:.3f}.weights.h5", save_weights_only=True, save_freq=2, verbose=1),
    case("ModelCheckpoint", L[:3], batches=STEPS, filepath="{batch}.keras", save_freq=4),
    case("ModelCheckpoint", R[:2], filepath="{epoch}.keras", monitor="val_missing", mode="min", save_best_only=True),
]


def camel(name):
    return re.sub(r"_(\w)", lambda m: m.group(1).upper(), name)


def numbers(logs):
    """NaN and infinity as text: JSON has none."""
    return {k: v if math.isfinite(v) else repr(float(v)) for k, v in logs.items()}


def plain(value):
    return None if value is None or not math.isfinite(float(value)) else float(value)


def files_below(folder):
    return sorted(os.path.relpath(os.path.join(d, f), folder) for d, _, names in os.walk(folder) for f in names)


def state_of(callback, model, text, logs):
    state = {
        "stop": bool(model.stop_training),
        "learningRate": float(np.asarray(model.optimizer.learning_rate)),
        "text": text,
        "logs": numbers({k: float(v) for k, v in logs.items()}),
    }
    for name in ("wait", "cooldown_counter", "stopped_epoch", "best_epoch"):
        if hasattr(callback, name):
            state[camel(name)] = getattr(callback, name)
    if hasattr(callback, "best"):
        state["best"] = plain(callback.best)
    return state


def record(c):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["accuracy", "mae"])
    model.evaluate(np.zeros((1, 1)), np.zeros((1, 1)), verbose=0)
    kwargs = dict(c["kwargs"])
    if "schedule" in kwargs:
        kwargs["schedule"] = SCHEDULES[kwargs["schedule"]]
    epochs, output = [], io.StringIO()

    def said():
        text = output.getvalue()
        output.seek(0)
        output.truncate()
        return text

    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.redirect_stdout(output):
        warnings.simplefilter("ignore")
        callback = getattr(C, c["className"])(**kwargs)
        seen = {}
        look = C.LambdaCallback(on_epoch_end=lambda _, logs: seen.update(logs))
        callbacks = C.CallbackList([callback, look], model=model, epochs=len(c["logs"]), verbose=0)
        model.stop_training = False
        callbacks.on_train_begin()
        for epoch, logs in enumerate(c["logs"]):
            callbacks.on_epoch_begin(epoch)
            for b, batch_logs in enumerate((c["batches"] or [[]] * len(c["logs"]))[epoch]):
                callbacks.on_train_batch_end(b, dict(batch_logs))
            model.set_weights([np.full((1, 1), epoch + 1.0)])
            seen.clear()
            callbacks.on_epoch_end(epoch, dict(logs))
            epochs.append(state_of(callback, model, said(), seen))
            if model.stop_training:
                break
        callbacks.on_train_end()
        end = {"text": said(), "weight": float(model.get_weights()[0][0, 0]), "files": files_below(folder)}
        if c["className"] == "CSVLogger":
            with open(kwargs["filename"], newline="") as file:
                end["csv"] = file.read()
    return {
        "className": c["className"],
        "options": {camel(k): v for k, v in c["kwargs"].items()},
        "logs": [numbers(logs) for logs in c["logs"]],
        "batches": c["batches"] and [[numbers(logs) for logs in batches] for batches in c["batches"]],
        "epochs": epochs,
        "end": end,
    }


# Of each update: the seconds since the beginning, `current`, values, and `finalize`.
BARS = [
    ({"target": 10}, [(0.5, 1, [("loss", 1.25)], None), (0.6, 2, [("loss", 0.5)], None), (0.62, 3, [], None), (2.0, 10, [("loss", 0.0001)], None)]),
    ({"target": 250, "width": 30, "unit_name": "batch"}, [(1, 1, [], None), (100, 90, [("a", -0.5), ("b", 2e-9)], None), (300, 249, [("a", -0.0001)], None), (301.5, 250, [], None)]),
    ({"target": None}, [(0.1, 1, [("loss", 12345.678)], None), (0.2, 2, [("loss", 1.0)], None), (2.5, 2, [], True)]),
    ({"target": 4, "stateful_metrics": ["acc"]}, [(0.125, 1, [("loss", 1.0), ("acc", 0.25)], None), (0.25, 2, [("loss", 2.0), ("acc", 0.5)], None), (0.5, 3, [("loss", 4.0), ("acc", 0.75)], None)]),
    ({"target": 4, "stateless_metrics": []}, [(0.1, 1, [("loss", 1.0)], None), (0.3, 3, [("loss", 2.0)], None), (0.4, 4, [("loss", 4.0)], True)]),
    ({"target": 20000}, [(1, 1, [], None), (2, 2, [], None), (3000, 2000, [], None), (9000.5, 20000, [("loss", 3.0)], True)]),
    ({"target": 3, "interval": 1}, [(0.2, 1, [("loss", 1.0)], None), (0.9, 2, [("loss", 2.0)], None), (0.95, 3, [("loss", 3.0)], None)]),
    ({"target": 5, "verbose": 2}, [(0.1, 1, [("loss", 1.0)], None), (0.4, 5, [("loss", -2.0), ("acc", 0.5)], True)]),
    ({"target": 12, "verbose": 2}, [(0.0001, 1, [], None), (0.0006, 12, [("loss", 1e-4)], True)]),
    ({"target": 5, "verbose": 0}, [(0.1, 5, [("loss", 1.0)], True)]),
]


def record_bar(options, updates):
    output = io.StringIO()
    clock = [1000.0]
    with contextlib.redirect_stdout(output), mock.patch("time.time", lambda: clock[0]):
        bar = keras.utils.Progbar(**options)
        for seconds, current, values, finalize in updates:
            clock[0] = 1000.0 + seconds
            bar.update(current, values, finalize)
    return {"options": {camel(k): v for k, v in options.items()}, "updates": updates, "text": output.getvalue()}


VALUES = [0.0, -0.0, 0.125, 0.375, 0.15, 1.00005, 1.0625, 10.5, 1.0, -1.0, 0.5, 1.5, 2.5, 0.1, 1 / 3, 1e-3, 1e-4, 1e-5, 1.5e-7, 123456.789, 1e15, 1e16, 1.5e21, 1e22, -2.5e-10, 12345678.0]
SPECS = [".4f", ".4e", ".0f", ".2f", "", "g", ".3g", ".10g", "8.2f", "<8.2f", "^9.1f", "+.1f", "010.3f", "e", ".1%", ",.2f", "*>9.1e"]
INTS = [(5, "02d"), (5, "d"), (-5, "04d"), (1234567, ","), (12, ">5"), (12, "<5"), (12, "^6"), (7, "+d"), (7, ""), (7, ".2f")]


def main():
    one_thread()
    # A whole number has no type in JavaScript: without a type, its format is that of an int.
    formats = [[v, s, format(v, s)] for v in VALUES for s in SPECS if s != "" or not v.is_integer()]
    header = {
        "versions": versions(),
        "formats": formats + [[v, s, format(v, s)] for v, s in INTS],
        "floats": [[v, repr(v)] for v in VALUES],
        "bars": [record_bar(*bar) for bar in BARS],
    }
    cases = [record(c) for c in CASES]
    size = write_lines(os.path.join(FIXTURES, "keras", "callbacks.json"), header, "callbacks", cases)
    print(f"{len(cases)} cases, {size} bytes")


if __name__ == "__main__":
    main()
