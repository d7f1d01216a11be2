"""Layers that regularize: fixtures/keras/layers/regularization.json."""

from recording import layer, record_layers, x
from keras import layers

TRAIN = {"training": True}


def training(make, *args, **more):
    return layer(make, *args, call=TRAIN, double=False, **more)


CASES = [
    layer(lambda: layers.Dropout(0.5, seed=1), x(3, 5)),
    training(lambda: layers.Dropout(0.5, seed=1), x(3, 5)),
    training(lambda: layers.Dropout(0.25, seed=7, name="dropped"), x(4, 33), calls=3),
    training(lambda: layers.Dropout(0.3, noise_shape=(None, 1, 4), seed=2**31 + 5), x(2, 3, 4)),
    training(lambda: layers.Dropout(0.3, noise_shape=(2, 1, 1), seed=3), x(2, 3, 4)),
    training(lambda: layers.Dropout(0.4, seed=3, dtype="mixed_float16"), x(5, 7)),
    training(lambda: layers.Dropout(0.4, seed=3, dtype="float64"), x(5, 7)),
    training(lambda: layers.Dropout(1.0, seed=3), x(2, 3)),
    training(lambda: layers.Dropout(0.0, seed=3, trainable=False), x(2, 3)),
    training(lambda: layers.Dropout(0.5), x(0, 3)),
    layer(lambda: layers.SpatialDropout1D(0.5, seed=1), x(3, 4, 5)),
    training(lambda: layers.SpatialDropout1D(0.5, seed=1), x(3, 4, 5)),
    training(lambda: layers.SpatialDropout1D(0.2, seed=1, dtype="float64"), x(3, 4, 5)),
    training(lambda: layers.SpatialDropout2D(0.5, seed=4), x(2, 3, 2, 6)),
    training(lambda: layers.SpatialDropout2D(0.25, data_format="channels_first", seed=4), x(2, 6, 3, 2), calls=2),
    training(lambda: layers.SpatialDropout3D(0.5, seed=4), x(2, 2, 1, 3, 4)),
    training(lambda: layers.SpatialDropout3D(0.5, data_format="channels_first", seed=4), x(2, 4, 2, 1, 3)),
    layer(lambda: layers.GaussianNoise(0.5, seed=1), x(3, 5)),
    training(lambda: layers.GaussianNoise(0.5, seed=1), x(3, 5), calls=2),
    training(lambda: layers.GaussianNoise(0.125, seed=9, dtype="mixed_bfloat16"), x(3, 5)),
    training(lambda: layers.GaussianNoise(0.125, seed=9, dtype="float64"), x(3, 5)),
    training(lambda: layers.GaussianNoise(0.0), x(3, 5)),
    layer(lambda: layers.GaussianDropout(0.5, seed=1), x(3, 5)),
    training(lambda: layers.GaussianDropout(0.5, seed=1), x(2, 3, 5), calls=2),
    training(lambda: layers.GaussianDropout(0.125, seed=9, dtype="mixed_float16"), x(3, 5)),
    layer(lambda: layers.AlphaDropout(0.5, seed=1), x(3, 5)),
    training(lambda: layers.AlphaDropout(0.5, seed=1), x(3, 5)),
    training(lambda: layers.AlphaDropout(0.1, noise_shape=(None, 1, 5), seed=11), x(2, 3, 5), calls=2),
    training(lambda: layers.AlphaDropout(0.1, seed=11, dtype="float64"), x(2, 3, 5)),
    layer(lambda: layers.ActivityRegularization(), x(3, 5)),
    layer(lambda: layers.ActivityRegularization(l1=0.25), x(3, 5)),
    layer(lambda: layers.ActivityRegularization(l1=0.125, l2=0.0625), x(2, 3, 5)),
]

if __name__ == "__main__":
    record_layers("regularization", CASES)
