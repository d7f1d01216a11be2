"""Layers that merge their inputs: fixtures/keras/layers/merging.json."""

from recording import layer, record_layers, x
from keras import layers

two, three = [x(2, 3, 4), x(2, 3, 4)], [x(2, 3, 4), x(2, 3, 4), x(2, 3, 4)]
CASES = []
for cls in [layers.Add, layers.Average, layers.Maximum, layers.Minimum, layers.Multiply]:
    CASES += [
        layer(cls, three),
        layer(cls, [x(2, 4), x(2, 3, 4)]),
        layer(cls, [x(2, 3, 1), x(2, 1, 4), x(2, 3, 4)]),
    ]
CASES += [
    layer(lambda: layers.Subtract(), two),
    layer(lambda: layers.Subtract(), [x(2, 3, 4), x(2, 4)]),
    layer(lambda: layers.Concatenate(), three),
    layer(lambda: layers.Concatenate(axis=1), [x(2, 3, 4), x(2, 5, 4)]),
    layer(lambda: layers.Concatenate(axis=-2), [x(2, 3, 4), x(2, 5, 4)]),
    layer(lambda: layers.Dot(1), [x(3, 4), x(3, 4)]),
    layer(lambda: layers.Dot(-1), [x(2, 3, 4), x(2, 5, 4)]),
    layer(lambda: layers.Dot((2, 1)), [x(2, 3, 4), x(2, 4, 5)]),
    layer(lambda: layers.Dot((1, 2)), [x(2, 3, 4), x(2, 4, 3)]),
    layer(lambda: layers.Dot((1, 1)), [x(2, 4), x(2, 4, 3)]),
    layer(lambda: layers.Dot((2, 1)), [x(2, 3, 4), x(2, 4)]),
    layer(lambda: layers.Dot((3, 2)), [x(2, 2, 3, 4), x(2, 3, 4, 2)]),
    layer(lambda: layers.Dot(1, normalize=True), [x(3, 4), x(3, 4)]),
    layer(lambda: layers.Dot((2, 2), normalize=True), [x(2, 3, 4), x(2, 2, 4)]),
]

if __name__ == "__main__":
    record_layers("merging", CASES)
