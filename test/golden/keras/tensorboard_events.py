"""Records what Keras's TensorBoard callback writes: fixtures/keras/tensorboard.json. Needs the package `tensorboard`.

    python test/golden/keras/tensorboard_events.py
"""

import base64
import glob
import os
import re
import struct
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from common import FIXTURES, keras, np, one_thread, tf, versions, write_lines  # noqa: E402
from tensorflow.core.util import event_pb2  # noqa: E402

LOGS = [{"loss": 1.5, "accuracy": 0.25, "val_loss": 2.0, "val_accuracy": 0.125}, {"loss": 0.1, "accuracy": 1.0, "val_loss": 1e-9, "val_accuracy": 0.3}]
CASES = [
    {},
    {"write_graph": False},
    {"histogram_freq": 1, "write_graph": False},
    {"histogram_freq": 2, "write_images": True, "write_graph": False},
    {"update_freq": "batch", "write_graph": False},
    {"update_freq": 2, "write_graph": False},
    {"embeddings_freq": 1, "embeddings_metadata": "words.tsv", "write_graph": False},
    {"embeddings_freq": 2, "write_graph": False},
]
WEIGHTS = [np.linspace(-1, 2, 8).reshape(4, 2), [[0.5, -0.25, 1.0], [0.0, 2.0, -3.0]], [0.1, 0.1, 0.1]]


def records(path):
    """The payloads of the records of a file."""
    data = open(path, "rb").read()
    at, found = 0, []
    while at < len(data):
        (length,) = struct.unpack("<Q", data[at : at + 8])
        found.append((data[at : at + length + 16], data[at + 12 : at + 12 + length]))
        at += length + 16
    return found


def event(payload):
    e = event_pb2.Event.FromString(payload)
    if e.file_version:
        return {"version": e.file_version, "writer": e.source_metadata.writer}
    (value,) = e.summary.value
    is_own = value.metadata.plugin_data.plugin_name in ("images", "graph_keras_model")
    return {
        "step": e.step,
        "tag": value.tag,
        "plugin": value.metadata.plugin_data.plugin_name,
        # The encoder of images and the names in a model's config are others here.
        "value": None if is_own else base64.b64encode(value.SerializeToString()).decode(),
        "image": list(map(bytes.decode, value.tensor.string_val[:2])) if value.metadata.plugin_data.plugin_name == "images" else None,
        "pixels": [tf.io.decode_png(png).numpy().flatten().tolist() for png in value.tensor.string_val[2:]]
        if value.metadata.plugin_data.plugin_name == "images"
        else None,
    }


def record(options):
    keras.backend.clear_session()
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Embedding(4, 2, name="embedding"), keras.layers.Flatten(), keras.layers.Reshape((3, 2)), keras.layers.Dense(3, name="dense")],
        name="small",
    )
    model.compile(keras.optimizers.SGD(0.125), "mse", metrics=["accuracy"])
    model.set_weights([np.array(w, "float32") for w in WEIGHTS])
    with tempfile.TemporaryDirectory() as folder:
        callback = keras.callbacks.TensorBoard(folder, **options)
        callbacks = keras.callbacks.CallbackList([callback], model=model, epochs=2, verbose=0)
        callbacks.on_train_begin()
        for epoch, logs in enumerate(LOGS):
            callbacks.on_epoch_begin(epoch)
            for batch in range(3):
                callbacks.on_train_batch_begin(batch)
                callback._should_write_train_graph = False
                callbacks.on_train_batch_end(batch, {"loss": epoch + batch / 4})
            callbacks.on_test_begin()
            callbacks.on_test_batch_begin(0)
            callbacks.on_test_batch_end(0, {"loss": 3.0})
            callbacks.on_test_end({"loss": logs["val_loss"]})
            callbacks.on_epoch_end(epoch, logs)
        callbacks.on_train_end()
        files = {}
        for path in sorted(glob.glob(os.path.join(folder, "**", "*"), recursive=True)):
            name = re.sub(r"tfevents\..*", "tfevents", os.path.relpath(path, folder))
            if name.endswith("tfevents"):
                files[name] = [event(payload) for _, payload in records(path)]
            elif name.endswith(".pbtxt"):
                files[name] = open(path).read()
            elif os.path.isfile(path):
                files[name] = None
        frames = [base64.b64encode(record).decode() for path in glob.glob(os.path.join(folder, "validation", "*tfevents*")) for record, _ in records(path)]
    return {"options": {re.sub(r"_(\w)", lambda m: m.group(1).upper(), k): v for k, v in options.items()}, "files": files, "frames": frames[:2]}


def main():
    one_thread()
    header = {"versions": versions(), "logs": LOGS, "weights": [np.array(w).tolist() for w in WEIGHTS]}
    size = write_lines(os.path.join(FIXTURES, "keras", "tensorboard.json"), header, "cases", [record(c) for c in CASES])
    print(f"{len(CASES)} cases, {size} bytes")


if __name__ == "__main__":
    main()
