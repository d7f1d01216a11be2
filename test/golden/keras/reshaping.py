"""Layers that rearrange their inputs: fixtures/keras/layers/reshaping.json."""

from recording import ints, layer, record_layers, x
from keras import layers

image, volume = x(2, 4, 5, 3), x(2, 4, 3, 5, 2)
CASES = [
    layer(lambda: layers.Flatten(), x(2, 3, 4)),
    layer(lambda: layers.Flatten(), x(3)),
    layer(lambda: layers.Flatten(), ints(2, 3, 2, high=9), gradients=False),
    layer(lambda: layers.Flatten(data_format="channels_first"), x(2, 3, 2, 4)),
    layer(lambda: layers.Reshape((2, 6)), x(2, 3, 4)),
    layer(lambda: layers.Reshape((-1, 2)), x(2, 3, 4)),
    layer(lambda: layers.Reshape([]), x(3, 1)),
    layer(lambda: layers.Permute((2, 1)), x(2, 3, 4)),
    layer(lambda: layers.Permute((3, 1, 2)), image),
    layer(lambda: layers.RepeatVector(3), x(2, 4)),
    layer(lambda: layers.Cropping1D(), x(2, 5, 3)),
    layer(lambda: layers.Cropping1D((0, 2)), x(2, 5, 3)),
    layer(lambda: layers.Cropping1D(2), x(2, 5, 3)),
    layer(lambda: layers.Cropping2D(), image),
    layer(lambda: layers.Cropping2D(1), image),
    layer(lambda: layers.Cropping2D(((1, 0), (2, 1))), image),
    layer(lambda: layers.Cropping2D((1, 2), data_format="channels_first"), x(2, 3, 4, 5)),
    layer(lambda: layers.Cropping3D(), volume),
    layer(lambda: layers.Cropping3D(((1, 0), (0, 2), (2, 1))), volume),
    layer(lambda: layers.Cropping3D((1, 1, 0), data_format="channels_first"), x(2, 2, 4, 3, 5)),
    layer(lambda: layers.ZeroPadding1D(), x(2, 3, 2)),
    layer(lambda: layers.ZeroPadding1D((0, 2)), x(2, 3, 2)),
    layer(lambda: layers.ZeroPadding1D((1, 2), data_format="channels_first"), x(2, 3, 2)),
    layer(lambda: layers.ZeroPadding2D(), x(2, 2, 3, 2)),
    layer(lambda: layers.ZeroPadding2D(((1, 0), (2, 1))), x(2, 2, 3, 2)),
    layer(lambda: layers.ZeroPadding2D((1, 2), data_format="channels_first"), x(2, 2, 3, 2)),
    layer(lambda: layers.ZeroPadding3D(), x(1, 2, 1, 2, 2)),
    layer(lambda: layers.ZeroPadding3D(((1, 0), (0, 2), (0, 0)), data_format="channels_first"), x(1, 2, 1, 2, 2)),
    layer(lambda: layers.UpSampling1D(), x(2, 3, 2)),
    layer(lambda: layers.UpSampling1D(3), x(2, 3, 2)),
    layer(lambda: layers.UpSampling2D(), x(2, 2, 3, 2)),
    layer(lambda: layers.UpSampling2D((1, 3), data_format="channels_first"), x(2, 2, 3, 2)),
    *[layer(lambda m=m: layers.UpSampling2D((2, 3), interpolation=m), x(1, 2, 3, 2)) for m in ["bilinear", "bicubic", "lanczos3", "lanczos5"]],
    layer(lambda: layers.UpSampling2D(2, data_format="channels_first", interpolation="bilinear"), x(1, 2, 3, 2)),
    layer(lambda: layers.UpSampling2D((2, 3), interpolation="area"), x(1, 2, 3, 2), gradients=False),
    layer(lambda: layers.UpSampling3D(), x(1, 2, 1, 2, 2)),
    layer(lambda: layers.UpSampling3D((1, 2, 3), data_format="channels_first"), x(1, 2, 1, 2, 2)),
    layer(lambda: layers.ZeroPadding2D(dtype="float64", name="padding", trainable=False), x(1, 2, 2, 1)),
]

if __name__ == "__main__":
    record_layers("reshaping", CASES)
