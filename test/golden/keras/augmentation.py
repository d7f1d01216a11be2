"""Layers that mix, warp and equalize images: fixtures/keras/layers/augmentation.json."""

import numpy as np

from recording import ints, layer, record_layers, x
from keras import layers


def drawn(make, *args, **kwargs):
    """Random numbers are others in float64."""
    return layer(make, *args, call={"training": True}, double=False, **kwargs)


def moved(make, *args):
    """TensorFlow's gradient of an affine transformation is that of the inverse map, an approximation: it is not recorded."""
    return drawn(make, *args, gradients=False)


def fixed(make, *args, **kwargs):
    """Of histograms, which are integers; TensorFlow has no gradient."""
    return layer(make, *args, gradients=False, **kwargs)


def image(*shape):
    return x(*shape, low=0, high=1)


def wide(*shape):
    return x(*shape, low=0, high=255)


# Labels follow the mixed images.
LABELS = np.eye(4, 3, dtype="float32")


CASES = [
    layer(lambda: layers.Equalization(), wide(2, 5, 6, 2), call={"training": True}),
    layer(lambda: layers.Equalization(value_range=(0, 1), bins=16), image(5, 6, 1), call={"training": True}),
    fixed(lambda: layers.Equalization(data_format="channels_first"), ints(2, 2, 4, 4, high=256, dtype="uint8"), call={"training": True}),
    layer(lambda: layers.Equalization(), np.full((1, 3, 3, 1), 7, "float32"), call={"training": True}),
    layer(lambda: layers.Equalization(), wide(1, 3, 3, 1), call={"training": False}),
    fixed(lambda: layers.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(2, 3)), wide(2, 8, 9, 2)),
    fixed(lambda: layers.ContrastLimitedAdaptiveHistogramEqualization(value_range=(0, 1), clip_limit=1.5, tile_grid_size=(3, 2)), image(8, 9, 1)),
    fixed(lambda: layers.ContrastLimitedAdaptiveHistogramEqualization(clip_limit=0.0, tile_grid_size=(2, 2), data_format="channels_first"), wide(1, 2, 7, 6)),
    fixed(lambda: layers.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(2, 2)), ints(1, 6, 6, 1, high=256, dtype="uint8")),
    drawn(lambda: layers.MixUp(seed=1), image(4, 2, 3, 1)),
    drawn(lambda: layers.MixUp(alpha=1.5, seed=2), {"images": image(4, 2, 3, 1), "labels": LABELS}),
    drawn(lambda: layers.CutMix(seed=3), image(4, 5, 6, 1)),
    drawn(lambda: layers.CutMix(factor=(0.5, 0.8), seed=4), {"images": image(4, 5, 6, 2), "labels": LABELS}),
    drawn(lambda: layers.CutMix(seed=5, data_format="channels_first"), image(3, 2, 5, 4)),
    drawn(lambda: layers.CutMix(seed=5), image(5, 4, 1)),
    drawn(lambda: layers.RandomErasing(seed=6), wide(3, 5, 6, 2)),
    drawn(lambda: layers.RandomErasing(factor=0.8, scale=(0.3, 0.3), fill_value=0.5, value_range=(0, 1), seed=7), image(5, 6, 6, 1)),
    drawn(lambda: layers.RandomErasing(scale=0.5, fill_value=[0.1, 0.2, 0.3], value_range=(0, 1), seed=8), image(6, 6, 3)),
    drawn(lambda: layers.RandomErasing(scale=(0.4, 0.5), value_range=(0, 1), seed=9, data_format="channels_first"), image(2, 2, 5, 6)),
    drawn(lambda: layers.RandomGaussianBlur(seed=10, value_range=(0, 1)), image(4, 5, 6, 2)),
    drawn(lambda: layers.RandomGaussianBlur(factor=(1, 1), kernel_size=(5, 3), sigma=(0.7, 0.7), seed=11), wide(2, 6, 7, 1)),
    drawn(lambda: layers.RandomGaussianBlur(sigma=(0.2, 0.9), seed=12, data_format="channels_first"), wide(2, 2, 5, 6)),
    *[
        drawn(lambda mode=mode, how=how: layers.RandomElasticTransform(fill_mode=mode, interpolation=how, fill_value=0.25, scale=(0.9, 0.9), seed=13, value_range=(0, 1)), image(2, 5, 6, 1))
        for mode in ["reflect", "wrap", "constant", "nearest"]
        for how in ["bilinear", "nearest"]
    ],
    drawn(lambda: layers.RandomElasticTransform(factor=(1, 1), scale=1.0, seed=14, value_range=(0, 1)), image(1, 24, 26, 1)),
    drawn(lambda: layers.RandomElasticTransform(seed=15, value_range=(0, 1)), image(7, 6, 2)),
    drawn(lambda: layers.RandomPerspective(factor=0.5, scale=0.0, seed=16), image(2, 4, 5, 1)),
    moved(lambda: layers.RandomPerspective(scale=0.4, fill_value=0.25, seed=17), image(2, 4, 5, 2)),
    moved(lambda: layers.RandomPerspective(scale=0.4, interpolation="nearest", seed=18), image(4, 5, 1)),
    *[moved(lambda mode=mode: layers.RandomShear(0.4, (0.1, 0.6), fill_mode=mode, seed=19), image(3, 4, 5, 1)) for mode in ["reflect", "wrap", "constant", "nearest"]],
    moved(lambda: layers.RandomShear((0.3, 0.3), (0.2, 0.2), interpolation="nearest", seed=20), image(4, 5, 1)),
    moved(lambda: layers.RandomColorJitter(value_range=(0, 1), brightness_factor=0.2, contrast_factor=0.3, saturation_factor=0.4, hue_factor=0.1, seed=21), image(3, 2, 3, 3)),
    drawn(lambda: layers.RandomColorJitter(value_range=(0, 1), contrast_factor=(0.3, 0.3), seed=22), image(3, 4, 2)),
    moved(lambda: layers.RandAugment(value_range=(0, 1), seed=23), image(3, 4, 5, 3)),
    moved(lambda: layers.RandAugment(num_ops=3, factor=(0.2, 0.4), seed=24), wide(2, 4, 5, 3)),
    moved(lambda: layers.RandAugment(num_ops=1, factor=0.3, interpolation="nearest", seed=26), wide(4, 5, 3)),
    drawn(lambda: layers.AugMix(chain_depth=0, seed=25), wide(2, 3, 4, 3)),
    layer(lambda: layers.AugMix(seed=25), wide(2, 3, 4, 3), call={"training": False}, double=False),
]

if __name__ == "__main__":
    record_layers("augmentation", CASES)
