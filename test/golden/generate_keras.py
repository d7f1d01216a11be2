"""Records models of Keras: files, predictions, training. Writes fixtures/keras/.

  python generate_keras.py            all models
  python generate_keras.py --check DIR    loads what gradtape wrote to DIR (test/keras/models.test.ts with GRADTAPE_WRITE_KERAS=DIR),
                                          compares, and records the differences in keras/exchange.json
"""

import json
import os
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "keras"))

from common import one_thread, write_lines  # noqa: E402
from model_zoo import MODELS  # noqa: E402

OUT = os.path.join(HERE, "fixtures", "keras")


def drawn(spec, n, rng):
    if not isinstance(spec[0], str):
        return rng.normal(size=(n, *spec)).astype("float32")
    kind, shape = spec[0], (n, *spec[1])
    if kind == "float":
        return rng.normal(size=shape).astype("float32")
    if kind == "binary":
        return rng.integers(0, 2, size=shape).astype("float32")
    numbers = rng.integers(0, spec[2], size=shape)
    return numbers.astype("int32") if kind == "int" else np.eye(spec[2], dtype="float32")[numbers]


def data(specs, n, seed):
    """Arrays in the structure of the specs: a list, or an object."""
    rng = np.random.default_rng(seed)
    if isinstance(specs, dict):
        return {name: drawn(spec, n, rng) for name, spec in specs.items()}
    return [drawn(spec, n, rng) for spec in specs]


def one(values):
    return values[0] if isinstance(values, list) and len(values) == 1 else values


def tensor(value):
    value = np.asarray(value)
    return {"shape": list(value.shape), "dtype": str(value.dtype), "values": [round_trip(v) for v in value.reshape(-1)]}


def round_trip(v):
    """The shortest number that is this float32."""
    return float(str(np.float32(v))) if np.asarray(v).dtype in (np.float32, np.float16) else float(v)


def tensors(value):
    if isinstance(value, dict):
        return {name: tensor(v) for name, v in value.items()}
    return [tensor(v) for v in (value if isinstance(value, (list, tuple)) else [value])]


def arrays(recorded):
    if isinstance(recorded, dict):
        return {name: array(t) for name, t in recorded.items()}
    return [array(t) for t in recorded]


def array(t):
    return np.array(t["values"], t["dtype"]).reshape(t["shape"])


def plain(value):
    """A history or results of metrics as JSON holds them."""
    if isinstance(value, dict):
        return {name: plain(v) for name, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return np.asarray(value, "float64").tolist()


def record(make, index):
    print(make.__name__, flush=True)
    keras.backend.clear_session()
    keras.utils.set_random_seed(100 + index)
    model, inputs, outputs = make()
    x, y = data(inputs, 12, index), data(outputs, 12, 1000 + index)
    fit = lambda epochs: model.fit(one(x), one(y), batch_size=4, epochs=epochs, shuffle=False, verbose=0).history  # noqa: E731
    before = fit(2)
    model.save(os.path.join(OUT, f"{make.__name__}.keras"))
    loaded = keras.saving.load_model(os.path.join(OUT, f"{make.__name__}.keras"))
    predicted = loaded.predict(one(x), verbose=0)
    evaluated = loaded.evaluate(one(x), one(y), batch_size=4, verbose=0, return_dict=True)
    loaded = keras.saving.load_model(os.path.join(OUT, f"{make.__name__}.keras"))
    after = loaded.fit(one(x), one(y), batch_size=4, epochs=3, shuffle=False, verbose=0).history
    return {
        "name": make.__name__,
        # The states of seed generators are not in files: what is loaded draws from the start.
        "draws": any(hasattr(layer, "seed_generator") for layer in model._flatten_layers()),
        "x": tensors(x),
        "y": tensors(y),
        "before": plain(before),
        "predicted": tensors(predicted),
        "evaluated": plain(evaluated),
        "after": plain(after),
        "predictedAfter": tensors(loaded.predict(one(x), verbose=0)),
    }


def furthest(got, wanted):
    """The greatest difference of predictions, relative to 1 or the larger element."""
    got = got if isinstance(got, (list, dict)) else [got]
    keys = got if isinstance(got, dict) else range(len(wanted))
    pairs = [(np.asarray(got[key], "float64"), np.asarray(wanted[key], "float64")) for key in keys]
    return max(float(np.max(np.abs(g - w) / np.maximum(1, np.abs(w)))) for g, w in pairs)


def check_legacy(path, original, x, wanted):
    """The difference of predictions of a legacy file; or why Keras refuses it, if it refuses its own file of the model, too.

    Its loss and metrics are not loaded: Keras does not know the names of most of them in these files.
    """
    try:
        return furthest(keras.saving.load_model(f"{path}.h5", compile=False).predict(x, verbose=0), wanted)
    except Exception as error:
        refused = f"{type(error).__name__}: {str(error).strip().splitlines()[0][:60]}"
    with tempfile.TemporaryDirectory() as folder:
        own = os.path.join(folder, "own.h5")
        keras.saving.load_model(original).save(own)
        try:
            keras.saving.load_model(own, compile=False)
        except Exception:
            return f"Keras refuses its own file, too: {refused}"
    raise AssertionError(f"{path}.h5: {refused}")


def check_model(folder, case):
    """Loads the three files that gradtape wrote of a model: what it predicts, and an epoch of training on."""
    name = case["name"]
    path = os.path.join(folder, name)
    x, y = one(arrays(case["x"])), one(arrays(case["y"]))
    wanted = arrays(case["predictedAfter"])
    trained = json.load(open(f"{path}.json"))
    tolerance = 2e-2 if name.startswith("mixed") else 1e-4

    model = keras.saving.load_model(f"{path}.keras")
    line = {"name": name, "predictions": furthest(model.predict(x, verbose=0), wanted)}
    weights = keras.saving.load_model(os.path.join(OUT, f"{name}.keras"))
    weights.load_weights(f"{path}.weights.h5")
    line["weightsH5"] = furthest(weights.predict(x, verbose=0), wanted)
    line["h5"] = check_legacy(path, os.path.join(OUT, f"{name}.keras"), x, wanted)
    # Trained as loaded: predict advances the seeds of dropout in recurrent layers.
    model = keras.saving.load_model(f"{path}.keras")
    history = model.fit(x, y, batch_size=4, epochs=1, shuffle=False, verbose=0).history
    assert sorted(history) == sorted(trained["history"]), name
    line["training"] = furthest(history, trained["history"])
    line["steps"] = int(model.optimizer.iterations.numpy())
    print(json.dumps(line), flush=True)
    numbers = [value for key, value in line.items() if key != "steps" and isinstance(value, float)]
    return line, max(numbers) < tolerance


def check(folder):
    """Records in keras/exchange.json how far the models in gradtape's files are from gradtape's and from Keras's own."""
    cases = json.load(open(os.path.join(OUT, "models.json")))["models"]
    checked = [check_model(folder, case) for case in cases]
    for line, _ in checked:
        line.update({key: float(f"{value:.1e}") for key, value in line.items() if isinstance(value, float)})
    versions = {"keras": keras.__version__, "tensorflow": tf.__version__}
    write_lines(os.path.join(HERE, "keras", "exchange.json"), {"versions": versions}, "models", [line for line, _ in checked])
    far = [line["name"] for line, near in checked if not near]
    assert not far, f"too far from Keras: {far}"


if __name__ == "__main__":
    if "--check" in sys.argv:
        check(sys.argv[sys.argv.index("--check") + 1])
    else:
        os.makedirs(OUT, exist_ok=True)
        versions = {"keras": keras.__version__, "tensorflow": tf.__version__}
        one_thread()
        models = [record(make, index) for index, make in enumerate(MODELS)]
        write_lines(os.path.join(OUT, "models.json"), {"versions": versions}, "models", models)
