"""Pooling layers: fixtures/keras/layers/pooling.json."""

from recording import bools, layer, record_layers, x
from keras import layers
import numpy as np

FIRST = {"data_format": "channels_first"}
# Of equal maxima, the gradient goes to some.
TIES = np.array([[[[0, 2], [5, 1], [5, 2]], [[5, 1], [0, 2], [5, 1]], [[1, 2], [5, 0], [5, 2]]]], "float32")


def pooling(Pool1D, Pool2D, Pool3D):
    return [
        layer(lambda: Pool1D(2), x(2, 7, 3)),
        layer(lambda: Pool1D(3, strides=1, padding="same"), x(1, 6, 2)),
        layer(lambda: Pool1D(2, strides=3, padding="same", **FIRST), x(2, 3, 8)),
        layer(lambda: Pool2D((2, 3)), x(2, 4, 7, 3)),
        layer(lambda: Pool2D(3, strides=(1, 2), padding="same"), x(1, 4, 5, 2)),
        layer(lambda: Pool2D(2, strides=1, **FIRST), x(2, 2, 3, 4)),
        layer(lambda: Pool2D(2, dtype="float64"), x(1, 4, 4, 2)),
        layer(lambda: Pool2D(2, strides=1), TIES),
        layer(lambda: Pool3D(2), x(1, 4, 2, 5, 2)),
        layer(lambda: Pool3D((1, 2, 3), strides=(2, 1, 2), padding="same"), x(1, 3, 2, 4, 2)),
        layer(lambda: Pool3D(2, strides=1, padding="same", **FIRST), x(1, 2, 2, 3, 2)),
    ]


def whole(Pool1D, Pool2D, Pool3D):
    return [
        layer(lambda: Pool1D(), x(2, 5, 3)),
        layer(lambda: Pool1D(keepdims=True, **FIRST), x(2, 3, 4)),
        layer(lambda: Pool2D(), x(2, 3, 4, 2)),
        layer(lambda: Pool2D(keepdims=True), x(2, 3, 2, 2)),
        layer(lambda: Pool2D(**FIRST), x(2, 3, 2, 4)),
        layer(lambda: Pool2D(), TIES),
        layer(lambda: Pool3D(), x(2, 2, 3, 2, 2)),
        layer(lambda: Pool3D(keepdims=True, **FIRST), x(1, 2, 2, 3, 2)),
    ]


def adaptive(Pool1D, Pool2D, Pool3D, to_one=True):
    """`to_one`: whether there are gradients of pooling to size 1. Those of maxima have what memory held before, on TensorFlow: Keras
    makes windows of n + 1 elements too, of which there are none."""
    return [
        layer(lambda: Pool1D(3), x(2, 7, 2)),
        layer(lambda: Pool1D([4], **FIRST), x(2, 2, 8)),
        layer(lambda: Pool1D(5), x(1, 3, 2)),
        layer(lambda: Pool2D(2), x(2, 4, 6, 3)),
        layer(lambda: Pool2D((2, 3)), x(1, 5, 7, 2)),
        layer(lambda: Pool2D((3, 1), **FIRST), x(2, 2, 5, 4), gradients=to_one),
        layer(lambda: Pool2D(2), TIES),
        layer(lambda: Pool2D(1), TIES, gradients=to_one),
        layer(lambda: Pool3D(2), x(1, 3, 4, 5, 2)),
        layer(lambda: Pool3D((1, 4, 2), **FIRST), x(1, 2, 2, 3, 2), gradients=to_one),
        layer(lambda: Pool3D((2, 3, 2)), x(1, 5, 4, 3, 2)),
    ]


CASES = [
    layer(lambda: layers.MaxPooling1D(), x(2, 5, 2)),
    layer(lambda: layers.MaxPooling2D(), x(2, 4, 5, 2)),
    layer(lambda: layers.MaxPooling3D(), x(1, 3, 4, 2, 2)),
    *pooling(layers.MaxPooling1D, layers.MaxPooling2D, layers.MaxPooling3D),
    *pooling(layers.AveragePooling1D, layers.AveragePooling2D, layers.AveragePooling3D),
    *whole(layers.GlobalMaxPooling1D, layers.GlobalMaxPooling2D, layers.GlobalMaxPooling3D),
    *whole(layers.GlobalAveragePooling1D, layers.GlobalAveragePooling2D, layers.GlobalAveragePooling3D),
    layer(lambda: layers.GlobalAveragePooling1D(), x(3, 5, 2), call={"mask": bools(3, 5)}),
    layer(lambda: layers.GlobalAveragePooling1D(keepdims=True), x(3, 4, 2), call={"mask": bools(3, 4)}),
    layer(lambda: layers.GlobalAveragePooling1D(**FIRST), x(3, 2, 4), call={"mask": bools(3, 4)}),
    *adaptive(layers.AdaptiveAveragePooling1D, layers.AdaptiveAveragePooling2D, layers.AdaptiveAveragePooling3D),
    *adaptive(layers.AdaptiveMaxPooling1D, layers.AdaptiveMaxPooling2D, layers.AdaptiveMaxPooling3D, to_one=False),
]

if __name__ == "__main__":
    record_layers("pooling", CASES)
