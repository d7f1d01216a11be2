"""The functions of keras.activations: fixtures/keras/activations.json, with values, gradients and the names in configs."""

import os

from recording import KERAS, cotangent, one_thread, seed_of, versions, write_lines
from common import encode
from keras import activations
import numpy as np
import tensorflow as tf

NAMES = """celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear log_sigmoid
log_softmax mish relu relu6 selu sigmoid silu swish soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid sparsemax
squareplus tanh tanh_shrink""".split()

MORE = [
    ("celu", {"alpha": 0.5}),
    ("elu", {"alpha": 2.0}),
    ("gelu", {"approximate": True}),
    ("glu", {"axis": 1}),
    ("hard_shrink", {"threshold": 1.25}),
    ("leaky_relu", {"negative_slope": 0.0625}),
    ("log_softmax", {"axis": 1}),
    ("log_softmax", {"axis": None}),
    ("relu", {"negative_slope": 0.25}),
    ("relu", {"max_value": 1.0}),
    ("relu", {"threshold": 0.5}),
    ("relu", {"negative_slope": 0.25, "max_value": 2.0, "threshold": 0.5}),
    ("soft_shrink", {"threshold": 0.125}),
    ("softmax", {"axis": 0}),
    ("softmax", {"axis": None}),
    ("sparsemax", {"axis": 1}),
    ("squareplus", {"b": 0.25}),
    ("threshold", {"threshold": 0.5, "default_value": -2.0}),
]


def record(index, name, kwargs):
    f = getattr(activations, name)
    rng = np.random.default_rng(seed_of("activations", index))
    values = rng.normal(size=(3, 4, 6)).astype("float32") * 2
    if name not in ("softmax", "log_softmax", "sparsemax"):
        values[0, 0] = [-40, 40, -7, 7, 0.01, -0.01]
    results = []
    for dtype in ("float32", "float64"):
        x = tf.constant(values, dtype)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x, **kwargs)
            loss = tf.reduce_sum(y * cotangent(y))
        results.append((y, tape.gradient(loss, x)))
    (y, dx), (y64, dx64) = results
    integers = None
    if name in ("relu", "linear", "threshold", "relu6") and "negative_slope" not in kwargs and not kwargs:
        integers = encode(f(tf.constant([-3, 0, 9], "int32")))
    return {
        "name": name,
        "kwargs": kwargs,
        "serialized": None if kwargs else activations.serialize(f),
        "x": encode(values),
        "y": encode(y),
        "dx": encode(dx),
        "distance": float(np.max(np.abs(y - tf.cast(y64, "float32")))),
        "gradientDistance": float(np.max(np.abs(dx - tf.cast(dx64, "float32")))),
        "integers": integers,
    }


if __name__ == "__main__":
    one_thread()
    cases = [(name, {}) for name in NAMES] + MORE
    rows = [record(i, name, kwargs) for i, (name, kwargs) in enumerate(cases)]
    path = os.path.join(KERAS, "activations.json")
    print(write_lines(path, {"versions": versions()}, "cases", rows), "bytes")
