"""Activation functions as layers: fixtures/keras/layers/activation.json."""

import numpy as np
from recording import bools, layer, record_layers, x
from keras import constraints, layers, regularizers

PADDED = np.array([[True, True, False, False], [False, False, False, False], [True, True, True, True]])

CASES = [
    layer(lambda: layers.Activation("relu"), x(3, 5)),
    layer(lambda: layers.Activation("softmax", name="probabilities"), x(2, 3, 5)),
    layer(lambda: layers.Activation("leaky_relu", dtype="mixed_float16"), x(3, 5)),
    layer(lambda: layers.Activation(None, trainable=False), x(3)),
    layer(lambda: layers.Activation("mish", dtype="float64"), x(4, 2)),
    layer(lambda: layers.Activation("sparsemax"), x(4, 7)),
    layer(lambda: layers.ReLU(), x(3, 5)),
    layer(lambda: layers.ReLU(max_value=0.5), x(3, 5)),
    layer(lambda: layers.ReLU(max_value=6.0), x(3, 5, low=-3, high=9)),
    layer(lambda: layers.ReLU(negative_slope=0.25), x(3, 5)),
    layer(lambda: layers.ReLU(threshold=0.5), x(2, 3, 5)),
    layer(lambda: layers.ReLU(max_value=1.0, negative_slope=0.125, threshold=0.25), x(4, 9)),
    layer(lambda: layers.LeakyReLU(), x(3, 5)),
    layer(lambda: layers.LeakyReLU(negative_slope=0.0625), x(2, 3, 1)),
    layer(lambda: layers.LeakyReLU(dtype="mixed_bfloat16"), x(3, 5)),
    layer(lambda: layers.ELU(), x(3, 5)),
    layer(lambda: layers.ELU(alpha=0.5), x(3, 5)),
    layer(lambda: layers.PReLU(), x(3, 5)),
    layer(lambda: layers.PReLU(shared_axes=[1, 2]), x(2, 3, 4, 5)),
    layer(lambda: layers.PReLU(shared_axes=1), x(2, 3, 4)),
    layer(
        lambda: layers.PReLU(
            alpha_initializer="ones",
            alpha_regularizer=regularizers.L2(0.05),
            alpha_constraint=constraints.NonNeg(),
        ),
        x(2, 3, 4),
    ),
    layer(lambda: layers.PReLU(dtype="mixed_float16"), x(3, 5)),
    layer(lambda: layers.Softmax(), x(3, 5)),
    layer(lambda: layers.Softmax(axis=1), x(2, 3, 4)),
    layer(lambda: layers.Softmax(axis=[1, 2]), x(2, 3, 4)),
    layer(lambda: layers.Softmax(axis=[-1]), x(2, 3, 4)),
    layer(lambda: layers.Softmax(), x(3, 4), call={"mask": PADDED}),
    layer(lambda: layers.Softmax(axis=(0, 1)), x(3, 4), call={"mask": PADDED}),
    layer(lambda: layers.Softmax(dtype="mixed_float16"), x(3, 4), call={"mask": PADDED}),
    layer(lambda: layers.Softmax(axis=1), x(2, 3, 4), call={"mask": bools(1, 4)}),
    layer(lambda: layers.Softmax(), x(3, 4), call={"mask": PADDED.astype("float32")}, gradients=False),
]

if __name__ == "__main__":
    record_layers("activation", CASES)
