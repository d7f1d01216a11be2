"""The rest of keras.ops: fixtures/keras/ops_rest.json. Bits, Fourier transforms, patterns of axes, images, factorizations."""

import numpy as np

from ops_more import exactly, named, record_all
from recording import ints, x


def pair(*shape):
    """Real and imaginary parts."""
    return [x(*shape), x(*shape)]


i, j = ints(2, 3, low=-90, high=90), ints(2, 3, low=-90, high=90)
places = ints(2, 3, low=0, high=6)

CASES = [
    # Bits and bytes.
    *[named(f"bitwise_{f}", i, j) for f in "and or xor".split()],
    named("bitwise_and", i, ints(3, low=0, high=99, dtype="uint8")),
    named("bitwise_or", ints(2, 3, low=-90, high=90, dtype="int64"), j),
    *[named(f, i) for f in ["bitwise_invert", "bitwise_not"]],
    named("bitwise_not", ints(4, high=255, dtype="uint8")),
    *[named(f, i, places) for f in "bitwise_left_shift left_shift bitwise_right_shift right_shift".split()],
    *[named(f, i, pos=[2]) for f in ["left_shift", "right_shift"]],
    *[named("view", x(2, 3), dtype=dtype, gradients=False) for dtype in ["int32", "uint8", "uint32", None]],
    named("view", x(2, 4), dtype="float64", gradients=False),
    named("view", ints(3, 2, high=99), dtype="int64", gradients=False),
    named("view", x(), dtype="int32", gradients=False),
    named("nextafter", exactly(1, -1, 0, 2, dtype="float64"), exactly(2, -2, 1, 2, dtype="float64"), gradients=False, eager=True),
    named("i0", x(2, 5)),
    named("i0", ints(3, high=9)),
    named("i0", exactly(0, 1, 30, dtype="float64"), eager=True),
    named("erfinv", x(2, 5, low=-1, high=1)),
    named("erfinv", np.array([-0.999999, -0.5, 0, 1e-9, 0.25, 1, -1, 2], "float64"), gradients=False, eager=True),
    named("angle", x(2, 3), gradients=False),
    named("angle", i, gradients=False),
    # Fourier transforms: one product, factors, a prime, a large prime.
    *[named("fft", pair(2, n)) for n in [1, 2, 5]],
    *[named("fft", pair(n), gradients=False) for n in [67, 72]],
    named("fft", pair(2, 2, 3)),
    named("fft", pair(409), gradients=False),
    *[named(f, pair(*shape)) for f in ["fft2", "ifft2"] for shape in [(3, 4), (2, 2, 5)]],
    # TensorFlow has no gradient where the axis is cut off.
    *[named("rfft", x(2, 6), fft_length=n, gradients=n in [None, 9]) for n in [None, 4, 5, 9]],
    named("rfft", x(7)),
    *[named("irfft", pair(2, 4), fft_length=n, gradients=n not in [4, 5]) for n in [None, 4, 5, 7, 12]],
    *[named("stft", x(2, 20), pos=[5, 3, 8], **kw) for kw in [{}, {"window": "hamming"}, {"center": False}, {"window": None}]],
    named("stft", x(16), pos=[4, 2, 4], center=False, window=[0.5, 1.0, 1.0, 0.25]),
    *[named("istft", pair(2, 5, 5), pos=[8, 3, 8], **kw) for kw in [{}, {"window": "hamming", "center": False}, {"window": None}, {"length": 9}]],
    named("istft", pair(4, 5), pos=[6, 2, 8]),
    # Axes.
    named("rearrange", x(2, 3, 4), pos=["b h w -> w b h"]),
    named("rearrange", x(2, 3, 4), pos=["b h w -> b (h w)"]),
    named("rearrange", x(4, 6, 2), pos=["(b1 b) (h h1) c -> b h (c h1 b1)"], b1=2, h1=3),
    named("rearrange", ints(6, 2, high=9), pos=["(a b) c->c b a"], a=2),
]

if __name__ == "__main__":
    record_all("ops_rest", CASES)
