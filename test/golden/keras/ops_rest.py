"""The rest of keras.ops: fixtures/keras/ops_rest.json. Bits, Fourier transforms, patterns of axes, images, factorizations."""

import numpy as np

from ops_more import exactly, named, record_all
from recording import ints, x


def pair(*shape):
    """Real and imaginary parts."""
    return [x(*shape), x(*shape)]


i, j = ints(2, 3, low=-90, high=90), ints(2, 3, low=-90, high=90)
places = ints(2, 3, low=0, high=6)
CORNERS = exactly(*[[[0, 0], [4, 0], [0, 3], [4, 3]]] * 2)
MOVED = exactly([[0.5, 0.25], [3.5, 0], [0, 3.25], [4.5, 2.5]], [[-0.5, 0], [4, 0.5], [0.25, 3], [3, 3.5]])

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
    # Images.
    *[named("image.rgb_to_grayscale", x(*shape, low=0, high=1)) for shape in [(2, 2, 3, 3), (2, 3, 3), (2, 2, 1)]],
    named("image.rgb_to_grayscale", ints(2, 3, 2, 2, high=256, dtype="uint8"), data_format="channels_first"),
    named("image.rgb_to_hsv", x(2, 2, 3, 3, low=0, high=1), gradients=False),
    named("image.rgb_to_hsv", x(3, 2, 2, low=0, high=1), data_format="channels_first", gradients=False),
    named("image.hsv_to_rgb", x(2, 2, 3, 3, low=0, high=1), gradients=False),
    *[named("image.resize", x(2, 4, 3, 2), pos=[[3, 5]], interpolation=how) for how in ["nearest", "bilinear", "bicubic"]],
    named("image.resize", x(2, 4, 3), pos=[[2, 2]], antialias=True, data_format="channels_first"),
    named("image.resize", x(1, 4, 6, 1), pos=[[3, 3]], crop_to_aspect_ratio=True),
    named("image.resize", x(4, 6, 1), pos=[[3, 3]], pad_to_aspect_ratio=True, fill_value=0.5),
    named("image.resize", ints(1, 3, 3, 2, high=256, dtype="uint8"), pos=[[4, 2]]),
    *[
        named("image.affine_transform", x(2, 4, 5, 2), x(2, 8, low=-0.3, high=0.3), gradients=False, fill_mode=mode, interpolation=how)
        for mode, how in [("constant", "bilinear"), ("reflect", "nearest"), ("wrap", "bilinear"), ("nearest", "bilinear")]
    ],
    named("image.affine_transform", x(3, 4, 5), exactly(1, 0.5, -1, 0, 1, 0.5, 0, 0), data_format="channels_first", fill_value=0.5, gradients=False),
    *[named("image.pad_images", x(*shape), **kw) for shape, kw in [
        ((2, 3, 4, 1), dict(top_padding=1, left_padding=2, target_height=6, target_width=7)),
        ((3, 4, 2), dict(top_padding=1, bottom_padding=0, right_padding=1, target_width=6)),
        ((2, 3, 4), dict(bottom_padding=2, right_padding=1, left_padding=0, target_height=6, data_format="channels_first")),
    ]],
    *[named("image.crop_images", x(*shape), **kw) for shape, kw in [
        ((2, 5, 4, 1), dict(top_cropping=1, left_cropping=2, target_height=3, target_width=2)),
        ((5, 4, 2), dict(top_cropping=1, bottom_cropping=2, right_cropping=1, target_width=2)),
        ((2, 5, 4), dict(bottom_cropping=2, right_cropping=1, left_cropping=0, target_height=2, data_format="channels_first")),
    ]],
    # Keras's config of these has no name.
    *[named("image.extract_patches", x(*shape), pos=[size], eager=True, **kw) for shape, size, kw in [
        ((2, 4, 6, 2), [2, 3], {}),
        ((5, 5, 1), 3, {"strides": 1}),
        ((1, 5, 5, 2), [2, 2], {"strides": 2, "padding": "same"}),
        ((1, 5, 5, 2), [2, 2], {"strides": 1, "dilation_rate": 2}),
        ((1, 4, 4, 4, 2), [2, 2, 2], {}),
    ]],
    named("image.extract_patches_3d", x(3, 4, 4, 1), pos=[2], eager=True, strides=[1, 2, 1], padding="same"),
    *[
        named("image.map_coordinates", x(3, 4), x(2, 2, 5, low=-5, high=8), pos=[order], fill_mode=mode, gradients=False)
        for order in [0, 1] for mode in ["constant", "nearest", "wrap", "reflect"]
    ],
    named("image.map_coordinates", x(3, 4, 2), x(3, 6, low=0, high=2), pos=[1], fill_value=0.5),
    named("image.map_coordinates", ints(3, 4, high=99), x(2, 6, low=0, high=2), pos=[1]),
    named("image.gaussian_blur", x(2, 5, 4, 2)),
    named("image.gaussian_blur", x(5, 4, 2), kernel_size=[3, 5], sigma=[0.8, 1.5]),
    named("image.gaussian_blur", x(1, 2, 5, 4), data_format="channels_first"),
    *[
        named("image.perspective_transform", x(2, 4, 5, 1), points, MOVED, gradients=False, interpolation=how)
        for points, how in [(CORNERS, "bilinear"), (CORNERS, "nearest")]
    ],
    *[
        named("image.scale_and_translate", x(4, 5, 2), [6, 3, 2], exactly(1.45, 0.62), exactly(0.27, -0.52), pos=[[0, 1], how], **kw)
        for how, kw in [("linear", {}), ("cubic", {}), ("lanczos3", {}), ("lanczos5", {"antialias": False}), ("bilinear", {"antialias": False})]
    ],
    named("image.sobel_edges", x(2, 4, 5, 2)),
    named("image.sobel_edges", x(2, 2, 4, 5), data_format="channels_first"),
    *[named("image.ssim", x(*shape, low=0, high=1), x(*shape, low=0, high=1), **kw) for shape, kw in [
        ((2, 6, 7, 2), {"filter_size": 5}),
        ((3, 6, 7), {"filter_size": 3, "max_val": 2.0, "data_format": "channels_first"}),
    ]],
    # Factorizations whose results are unique.
    *[named("svd", x(*shape), compute_uv=False) for shape in [(3, 3), (2, 4, 2), (2, 3)]],
    *[named("pinv", x(*shape)) for shape in [(3, 3), (2, 4, 2), (2, 3)]],
    named("pinv", exactly([1, 2, 0], [2, 4, 0], [0, 0, 1]), gradients=False),
    named("pinv", x(3, 4), rcond=0.4, gradients=False),
    named("matrix_rank", exactly([[1, 2], [2, 4]], [[1, 2], [3, 4]], [[0, 0], [0, 0]]), gradients=False),
    named("matrix_rank", x(3, 4), tol=1.0, gradients=False),
    # Axes.
    named("rearrange", x(2, 3, 4), pos=["b h w -> w b h"]),
    named("rearrange", x(2, 3, 4), pos=["b h w -> b (h w)"]),
    named("rearrange", x(4, 6, 2), pos=["(b1 b) (h h1) c -> b h (c h1 b1)"], b1=2, h1=3),
    named("rearrange", ints(6, 2, high=9), pos=["(a b) c->c b a"], a=2),
    named("lu_factor", x(4, 4), gradients=False),
]

if __name__ == "__main__":
    record_all("ops_rest", CASES)
