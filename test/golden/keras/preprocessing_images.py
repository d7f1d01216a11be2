"""Layers on images: fixtures/keras/layers/preprocessing_images.json."""

from recording import ints, layer, record_layers, x
from keras import layers


def drawn(make, *args, **kwargs):
    """Random numbers are others in float64."""
    return layer(make, *args, call={"training": True}, double=False, **kwargs)


def moved(make, *args):
    """TensorFlow's gradient of an affine transformation is that of the inverse map, an approximation: it is not recorded."""
    return drawn(make, *args, gradients=False)


def image(*shape):
    return x(*shape, low=0, high=1)


CASES = [
    layer(lambda: layers.Resizing(4, 6), image(2, 3, 5, 2)),
    layer(lambda: layers.Resizing(2, 3, interpolation="nearest"), image(1, 5, 7, 1)),
    layer(lambda: layers.Resizing(4, 3, interpolation="bicubic"), image(1, 5, 7, 1)),
    layer(lambda: layers.Resizing(3, 3, interpolation="lanczos3", antialias=True), image(1, 7, 6, 1)),
    layer(lambda: layers.Resizing(4, 4, crop_to_aspect_ratio=True), image(2, 3, 5, 2)),
    layer(lambda: layers.Resizing(4, 4, pad_to_aspect_ratio=True, fill_value=0.5), image(2, 3, 5, 2)),
    layer(lambda: layers.Resizing(4, 6), image(3, 5, 2)),
    layer(lambda: layers.Resizing(4, 6, data_format="channels_first"), image(1, 2, 3, 5)),
    layer(lambda: layers.Resizing(4, 6), ints(1, 3, 5, 2, high=256, dtype="uint8"), gradients=False),
    layer(lambda: layers.CenterCrop(2, 3), image(2, 5, 6, 1)),
    layer(lambda: layers.CenterCrop(2, 3), image(5, 6, 1)),
    layer(lambda: layers.CenterCrop(6, 3), image(1, 5, 6, 1)),
    layer(lambda: layers.CenterCrop(2, 3, data_format="channels_first"), image(1, 2, 4, 4)),
    layer(lambda: layers.CenterCrop(2, 2), ints(1, 3, 5, 2, high=256, dtype="uint8"), gradients=False),
    drawn(lambda: layers.RandomFlip(seed=1), image(5, 2, 3, 1)),
    drawn(lambda: layers.RandomFlip("horizontal", seed=2), image(5, 2, 3, 1)),
    drawn(lambda: layers.RandomFlip("vertical", seed=3, data_format="channels_first"), image(4, 1, 3, 2)),
    drawn(lambda: layers.RandomFlip(seed=4), image(2, 3, 1), calls=3),
    layer(lambda: layers.RandomFlip(seed=4), image(2, 2, 3, 1), call={"training": False}),
    drawn(lambda: layers.RandomCrop(2, 3, seed=5), image(3, 5, 6, 1)),
    drawn(lambda: layers.RandomCrop(2, 3, seed=5), image(5, 6, 1), calls=2),
    drawn(lambda: layers.RandomCrop(4, 6, seed=5), image(1, 4, 5, 1)),
    layer(lambda: layers.AutoContrast(value_range=(0, 1)), image(2, 3, 4, 2)),
    layer(lambda: layers.AutoContrast(), ints(3, 4, 2, high=256, dtype="uint8"), gradients=False),
    drawn(lambda: layers.Solarization(0.2, 0.6, seed=20), x(3, 2, 3, 1, low=0, high=255)),
    drawn(lambda: layers.Solarization((0.1, 0.2), value_range=(0, 1), seed=20), image(2, 3, 1)),
    drawn(lambda: layers.RandomInvert(0.7, value_range=(0, 1), seed=21), image(5, 2, 2, 1)),
    drawn(lambda: layers.RandomInvert(seed=21), image(2, 2, 1)),
    # Its config lacks the seed: these need none.
    drawn(lambda: layers.RandomGrayscale(1.0, seed=22), image(4, 2, 2, 3)),
    drawn(lambda: layers.RandomGrayscale(0.0), image(2, 2, 3)),
    drawn(lambda: layers.RandomPosterization(4, seed=23), x(4, 2, 3, 1, low=0, high=255), gradients=False),
    drawn(lambda: layers.RandomPosterization((3, 3), value_range=(0, 1), seed=23), image(2, 3, 1), gradients=False),
    drawn(lambda: layers.RandomHue(0.5, value_range=(0, 1), seed=24), image(4, 2, 2, 3), gradients=False),
    drawn(lambda: layers.RandomHue((0.2, 0.9), seed=24), x(2, 2, 3, low=0, high=255), gradients=False),
    drawn(lambda: layers.RandomSaturation(0.6, value_range=(0, 1), seed=25), image(4, 2, 2, 3), gradients=False),
    drawn(lambda: layers.RandomSharpness(0.9, value_range=(0, 1), seed=26), image(3, 4, 5, 2)),
    drawn(lambda: layers.RandomSharpness((0.3, 0.4), seed=26, data_format="channels_first"), image(2, 2, 4, 5)),
    drawn(lambda: layers.RandomColorDegeneration(0.5, value_range=(0, 1), seed=27), image(3, 2, 2, 3)),
    drawn(lambda: layers.RandomBrightness(0.3, value_range=(0, 1), seed=6), image(4, 2, 2, 3)),
    drawn(lambda: layers.RandomBrightness((0.1, 0.5), seed=6), image(2, 2, 3)),
    drawn(lambda: layers.RandomContrast(0.4, value_range=(0, 1), seed=7), image(3, 3, 4, 2)),
    drawn(lambda: layers.RandomContrast((0.2, 0.9), seed=7), image(3, 4, 2)),
    *[
        moved(lambda mode=mode, how=how: layers.RandomRotation(0.4, fill_mode=mode, interpolation=how, fill_value=0.25, seed=8), image(3, 4, 5, 2))
        for mode in ["reflect", "wrap", "constant", "nearest"]
        for how in ["bilinear", "nearest"]
    ],
    moved(lambda: layers.RandomRotation((-0.1, 0.3), seed=9), image(4, 5, 1)),
    moved(lambda: layers.RandomRotation(0.2, seed=9, data_format="channels_first"), image(2, 1, 4, 5)),
    *[moved(lambda mode=mode: layers.RandomTranslation(0.8, (-0.7, 0.9), fill_mode=mode, seed=10), image(3, 4, 5, 1)) for mode in ["reflect", "wrap", "constant", "nearest"]],
    moved(lambda: layers.RandomTranslation(0.5, 0.5, interpolation="nearest", seed=11), image(4, 5, 1)),
    *[moved(lambda mode=mode: layers.RandomZoom(0.9, fill_mode=mode, seed=12), image(3, 4, 5, 1)) for mode in ["reflect", "wrap", "constant", "nearest"]],
    moved(lambda: layers.RandomZoom((-0.5, 0.3), (0.2, 0.4), interpolation="nearest", seed=13), image(2, 4, 5, 2)),
    moved(lambda: layers.RandomZoom(0.4, seed=14), image(4, 5, 1)),
]

if __name__ == "__main__":
    record_layers("preprocessing_images", CASES)
