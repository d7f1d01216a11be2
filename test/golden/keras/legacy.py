"""Records models in Keras's legacy format, .h5, and what they predict. Writes fixtures/keras/legacy/.

  python legacy.py           records models and predictions
  python legacy.py --predict predictions of the recorded models alone
"""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures", "keras", "legacy")


def sequential():
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, activation="relu", kernel_regularizer="l2"), layers.Dense(2, name="o")]
    )
    model.compile(keras.optimizers.Adam(0.01), keras.losses.MeanSquaredError(), metrics=["mae"])
    model.fit(np.random.rand(8, 4), np.random.rand(8, 2), verbose=0)
    return model


def functional():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = layers.Dense(3, name="s")
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(2)], name="inner")
    return keras.Model([a, b], [layers.Dense(1)(inner(shared(a))), layers.Dense(1)(shared(b))])


def predictions(name):
    model = keras.saving.load_model(os.path.join(OUT, f"{name}.h5"))
    x = np.arange(8, dtype="float32").reshape(2, 4) / 8
    y = model([x, x] if name == "functional" else x)
    return [np.array(t).tolist() for t in (y if isinstance(y, list) else [y])]


if __name__ == "__main__":
    if "--predict" not in sys.argv:
        keras.utils.set_random_seed(1)
        for make in (sequential, functional):
            make().save(os.path.join(OUT, f"{make.__name__}.h5"))
    with open(os.path.join(OUT, "predictions.json"), "w") as file:
        json.dump({name: predictions(name) for name in ("sequential", "functional")}, file, indent=1)
        file.write("\n")
