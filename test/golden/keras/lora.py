"""A model with LoRA that is trained and saved: fixtures/keras/lora.json, lora.keras."""

import json
import os
import zipfile

from recording import KERAS, encode, one_thread, versions, write_lines
import keras
from keras import layers
import h5py
import io
import numpy as np


def state(model):
    weights = [{"name": w.path, "trainable": w.trainable, "value": encode(np.asarray(w.value))} for w in model.weights]
    return {"weights": weights, "trainable": [w.path for w in model.trainable_weights]}


def main():
    one_thread()
    keras.utils.set_random_seed(7)
    rng = np.random.default_rng(7)
    model = keras.Sequential(
        [
            layers.Input((5,), dtype="int32"),
            layers.Embedding(6, 4, name="embedding"),
            layers.Conv1D(3, 2, activation="tanh", name="conv"),
            layers.EinsumDense("abc,cd->abd", (4, 4), bias_axes="d", name="einsum"),
            layers.Flatten(name="flatten"),
            layers.Dense(2, name="dense"),
        ],
        name="lora",
    )
    before = [encode(w) for w in model.get_weights()]
    normal = keras.initializers.RandomNormal(stddev=0.1, seed=3)
    for i, name in enumerate(["embedding", "conv", "einsum", "dense"]):
        model.get_layer(name).enable_lora(2, lora_alpha=3 + i, b_initializer=normal)
    start = state(model)
    x = rng.integers(0, 6, size=(8, 5)).astype("int32")
    y = rng.normal(size=(8, 2)).astype("float32")
    predicted = model.predict(x, verbose=0)
    model.compile("sgd", "mse")
    history = model.fit(x, y, batch_size=4, epochs=3, shuffle=False, verbose=0).history["loss"]
    file = os.path.join(KERAS, "lora.keras")
    model.save(file)
    config = json.loads(zipfile.ZipFile(file).read("config.json"))["config"]["layers"]
    tree = h5py.File(io.BytesIO(zipfile.ZipFile(file).read("model.weights.h5")))
    shapes = {}
    tree.visititems(lambda n, d: shapes.update({n: list(d.shape)}) if isinstance(d, h5py.Dataset) and n.startswith("layers") else None)
    loaded = keras.saving.load_model(file)
    rows = {
        "before": before,
        "start": start,
        "x": encode(x),
        "y": encode(y),
        "predicted": encode(predicted),
        "losses": history,
        "after": encode(model.predict(x, verbose=0)),
        "loadedZeros": [w.path for w in loaded.weights if not np.any(np.asarray(w.value))],
        "config": {c["config"]["name"]: {k: v for k, v in c["config"].items() if k.startswith("lora")} for c in config},
        "shapes": shapes,
    }
    size = write_lines(os.path.join(KERAS, "lora.json"), {"versions": versions()}, "recorded", rows)
    print(f"{size} bytes")


if __name__ == "__main__":
    main()
