"""Layers that normalize: fixtures/keras/layers/normalization.json."""

import numpy as np
from recording import layer, record_layers, x
from keras import constraints, initializers, layers, regularizers

TRAIN = {"training": True}
MASK = np.array([[True, True, False, True], [False, False, True, False], [True, False, False, False]])


def training(make, *args, call=None, **more):
    return layer(make, *args, call={**TRAIN, **(call or {})}, **more)


def batch(**options):
    return lambda: layers.BatchNormalization(**options)


def renorm(**options):
    return batch(renorm=True, **options)


WEIGHTED = {
    "beta_initializer": "ones",
    "gamma_initializer": initializers.Constant(0.5),
    "beta_regularizer": "l1",
    "gamma_regularizer": regularizers.L2(0.03),
    "beta_constraint": constraints.MaxNorm(2),
    "gamma_constraint": "non_neg",
}

CASES = [
    layer(batch(), x(4, 3)),
    training(batch(), x(4, 3)),
    training(batch(momentum=0.75, epsilon=0.1, name="bn"), x(2, 3, 4, 5), calls=2),
    training(batch(axis=1), x(3, 4, 2, 2)),
    layer(batch(axis=1), x(3, 4, 2, 2)),
    training(batch(axis=-2, center=False), x(3, 4, 5)),
    training(batch(scale=False, epsilon=1e-6), x(6, 5)),
    layer(batch(scale=False, center=False), x(6, 5)),
    training(batch(scale=False, center=False), x(6, 1)),
    training(batch(**WEIGHTED), x(5, 4)),
    training(
        batch(moving_mean_initializer="ones", moving_variance_initializer=initializers.Constant(4.0)), x(3, 4), exact_weights=True
    ),
    training(batch(trainable=False), x(4, 3)),
    training(batch(dtype="mixed_float16"), x(4, 3)),
    layer(batch(dtype="mixed_bfloat16"), x(4, 3)),
    training(batch(dtype="float64"), x(4, 3)),
    training(batch(), x(3, 4, 5), call={"mask": MASK}),
    layer(batch(), x(3, 4, 5), call={"mask": MASK}),
    training(batch(center=False), x(3, 4, 1), call={"mask": MASK}),
    training(batch(), x(3, 4, 5), call={"mask": np.zeros((3, 4), bool)}, gradients=False),
    training(batch(axis=1), x(3, 4, 5), call={"mask": MASK}),
    training(batch(), x(1, 3), gradients=False),
    training(batch(synchronized=True), x(8, 3)),
    training(renorm(), x(6, 4), calls=2),
    training(renorm(renorm_clipping={"rmin": 0.5, "rmax": 1.25, "dmax": 0.25}, renorm_momentum=0.5, momentum=0.8), x(6, 4)),
    training(renorm(scale=False, renorm_clipping={"dmax": 0.5}), x(3, 2, 4)),
    training(renorm(center=False, axis=1), x(3, 4, 2)),
    layer(renorm(), x(6, 4)),
    layer(lambda: layers.LayerNormalization(), x(3, 5)),
    layer(lambda: layers.LayerNormalization(axis=[1, 2], epsilon=0.01), x(2, 3, 4)),
    layer(lambda: layers.LayerNormalization(axis=1, center=False), x(2, 3, 4)),
    layer(lambda: layers.LayerNormalization(axis=(-1, -3), scale=False), x(2, 3, 2, 4)),
    layer(lambda: layers.LayerNormalization(axis=[-1, 1]), x(2, 3, 4)),
    layer(lambda: layers.LayerNormalization(scale=False, center=False), x(2, 40)),
    layer(lambda: layers.LayerNormalization(**WEIGHTED), x(2, 3, 4)),
    layer(lambda: layers.LayerNormalization(dtype="mixed_float16"), x(3, 5)),
    layer(lambda: layers.LayerNormalization(dtype="float16"), x(3, 5)),
    layer(lambda: layers.LayerNormalization(rms_scaling=True), x(3, 5)),
    layer(lambda: layers.LayerNormalization(rms_scaling=True, axis=1, scale=False), x(3, 5, 2)),
    layer(lambda: layers.GroupNormalization(groups=2), x(2, 3, 4)),
    layer(lambda: layers.GroupNormalization(groups=-1), x(2, 3, 4)),
    layer(lambda: layers.GroupNormalization(groups=1, epsilon=0.1), x(2, 6)),
    layer(lambda: layers.GroupNormalization(groups=3, axis=1), x(2, 6, 3, 2)),
    layer(lambda: layers.GroupNormalization(groups=2, axis=-2, scale=False), x(2, 3, 4, 5)),
    layer(lambda: layers.GroupNormalization(groups=2, center=False), x(2, 2, 2, 4)),
    layer(lambda: layers.GroupNormalization(groups=4, **WEIGHTED), x(2, 3, 4)),
    layer(lambda: layers.GroupNormalization(groups=2, dtype="mixed_float16"), x(2, 3, 4)),
    layer(lambda: layers.UnitNormalization(), x(3, 5)),
    layer(lambda: layers.UnitNormalization(axis=1), x(2, 3, 4)),
    layer(lambda: layers.UnitNormalization(axis=[1, -1]), x(2, 3, 4)),
    layer(lambda: layers.UnitNormalization(), np.zeros((2, 3), "float32"), gradients=False),
    layer(lambda: layers.UnitNormalization(dtype="mixed_bfloat16"), x(3, 5)),
    layer(lambda: layers.RMSNormalization(), x(3, 5)),
    layer(lambda: layers.RMSNormalization(epsilon=0.1), x(2, 3, 4)),
    layer(lambda: layers.RMSNormalization(axis=[1, 2]), x(2, 3, 4)),
    layer(lambda: layers.RMSNormalization(axis=1), x(2, 4, 4)),
    layer(lambda: layers.RMSNormalization(dtype="mixed_float16"), x(3, 5)),
    layer(lambda: layers.RMSNormalization(dtype="float64"), x(3, 5)),
    layer(lambda: layers.SpectralNormalization(layers.Dense(4)), x(3, 5)),
    training(lambda: layers.SpectralNormalization(layers.Dense(4)), x(3, 5)),
    training(lambda: layers.SpectralNormalization(layers.Dense(4, use_bias=False), power_iterations=3), x(2, 3, 5), calls=2),
    training(lambda: layers.SpectralNormalization(layers.Dense(4, kernel_initializer="zeros")), x(3, 5), exact_weights=True),
    training(lambda: layers.SpectralNormalization(layers.Conv2D(3, 2)), x(2, 4, 4, 2)),
]

if __name__ == "__main__":
    record_layers("normalization", CASES)
