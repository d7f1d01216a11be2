"""Convolutional layers: fixtures/keras/layers/convolution.json."""

from recording import layer, record_layers, x
import numpy as np
import tensorflow as tf
from keras import constraints, layers, regularizers

# TensorFlow's kernels for CPUs take channels last and, in transposed convolutions, no dilation: what they refuse is recorded from
# the same convolution of transposed inputs, with zeros between the elements of the kernel. With channels first, their number differs
# from the last dimension of the results: otherwise, Keras adds the bias along that one.
convolution, conv_transpose = tf.nn.convolution, tf.nn.conv_transpose


def last(t):
    return tf.transpose(t, [0, *range(2, len(t.shape)), 1])


def first(t):
    return tf.transpose(t, [0, len(t.shape) - 1, *range(1, len(t.shape) - 1)])


def is_first(data_format):
    return data_format is not None and data_format[1] == "C"


def convolution_last(input, filters, strides=None, padding="VALID", data_format=None, dilations=None):
    if not is_first(data_format):
        return convolution(input, filters, strides, padding, data_format, dilations)
    return first(convolution(last(input), filters, strides, padding, dilations=dilations))


def dilated(kernel, rates):
    for axis, rate in enumerate(rates):
        size = kernel.shape[axis]
        places = np.repeat(np.arange(size), rate)[: (size - 1) * rate + 1]
        used = (np.arange(len(places)) % rate == 0).astype("float32").reshape([-1] + [1] * (len(kernel.shape) - 1 - axis))
        kernel = tf.gather(kernel, places, axis=axis) * tf.cast(used, kernel.dtype)
    return kernel


def conv_transpose_last(input, filters, output_shape, strides, padding="SAME", data_format=None, dilations=None):
    n = len(input.shape) - 2
    rates = [dilations] * n if isinstance(dilations, int) else dilations
    kernel = dilated(filters, rates)
    if not is_first(data_format):
        return conv_transpose(input, kernel, output_shape, strides, padding)
    shape = [output_shape[0], *output_shape[2:], output_shape[1]]
    return first(conv_transpose(last(input), kernel, shape, strides, padding))


tf.nn.convolution, tf.nn.conv_transpose = convolution_last, conv_transpose_last

FIRST = {"data_format": "channels_first"}
ALL = {
    "activation": "tanh",
    "kernel_initializer": "he_normal",
    "bias_initializer": "ones",
    "kernel_regularizer": regularizers.L1L2(0.01, 0.02),
    "bias_regularizer": "l2",
    "activity_regularizer": "l1",
    "kernel_constraint": constraints.MaxNorm(1.5, axis=[0]),
    "bias_constraint": "non_neg",
}
DEPTHWISE = {key.replace("kernel", "depthwise"): value for key, value in ALL.items()}
SEPARABLE = {**DEPTHWISE, "pointwise_initializer": "lecun_normal", "pointwise_regularizer": "l1", "pointwise_constraint": "unit_norm"}

CASES = [
    layer(lambda: layers.Conv1D(4, 3), x(2, 7, 3)),
    layer(lambda: layers.Conv1D(3, 3, padding="same", strides=2, activation="relu", use_bias=False), x(2, 8, 2)),
    layer(lambda: layers.Conv1D(3, 3, padding="causal", dilation_rate=2), x(2, 8, 2)),
    layer(lambda: layers.Conv1D(4, 2, padding="causal", strides=3, **FIRST), x(2, 2, 8)),
    layer(lambda: layers.Conv1D(4, 3, padding="SAME", groups=2, **ALL), x(1, 5, 6)),
    layer(lambda: layers.Conv1D(4, 2, dilation_rate=3, activation="softmax", **FIRST), x(2, 3, 9)),
    layer(lambda: layers.Conv2D(4, 3), x(2, 5, 6, 3)),
    layer(lambda: layers.Conv2D(3, (3, 2), strides=(2, 1), padding="same", activation="relu"), x(2, 6, 5, 2)),
    layer(lambda: layers.Conv2D(4, 2, dilation_rate=(2, 3), use_bias=False), x(1, 6, 7, 2)),
    layer(lambda: layers.Conv2D(6, 3, padding="same", groups=2), x(1, 4, 5, 4)),
    layer(lambda: layers.Conv2D(4, 3, padding="same", activation="softmax", **FIRST), x(2, 3, 4, 5)),
    layer(lambda: layers.Conv2D(4, (2, 3), strides=2, groups=2, **FIRST), x(1, 4, 7, 6)),
    layer(lambda: layers.Conv2D(3, 3, **ALL), x(2, 4, 5, 2)),
    layer(lambda: layers.Conv2D(5, 1), x(2, 3, 3, 4)),
    layer(lambda: layers.Conv2D(3, 2, dtype="float64"), x(1, 3, 4, 2)),
    layer(lambda: layers.Conv2D(3, 2, dtype="mixed_bfloat16"), x(1, 3, 4, 2), gradients=False),
    layer(lambda: layers.Conv3D(3, 2), x(1, 3, 4, 3, 2)),
    layer(lambda: layers.Conv3D(2, (1, 3, 2), strides=(2, 1, 2), padding="same", activation="elu"), x(2, 3, 3, 4, 2)),
    layer(lambda: layers.Conv3D(4, 2, padding="same", groups=2, use_bias=False, **FIRST), x(1, 2, 3, 2, 4)),
    layer(lambda: layers.Conv3D(2, 2, dilation_rate=(1, 2, 1), **ALL), x(1, 2, 4, 3, 1)),
    layer(lambda: layers.Conv1DTranspose(4, 3), x(2, 5, 3)),
    layer(lambda: layers.Conv1DTranspose(3, 2, strides=3, padding="same", activation="relu"), x(2, 4, 2)),
    layer(lambda: layers.Conv1DTranspose(3, 2, strides=3), x(2, 4, 2)),
    layer(lambda: layers.Conv1DTranspose(3, 4, strides=2, padding="same", output_padding=1, **FIRST), x(1, 2, 4)),
    layer(lambda: layers.Conv1DTranspose(3, 3, dilation_rate=2, **ALL), x(2, 4, 2)),
    layer(lambda: layers.Conv2DTranspose(4, 3), x(2, 3, 4, 3)),
    layer(lambda: layers.Conv2DTranspose(3, (3, 2), strides=2, padding="same", use_bias=False), x(2, 3, 2, 2)),
    layer(lambda: layers.Conv2DTranspose(3, 3, strides=(2, 3), output_padding=(1, 2)), x(1, 3, 2, 2)),
    layer(lambda: layers.Conv2DTranspose(3, 3, strides=2, padding="same", output_padding=0), x(1, 3, 2, 2)),
    layer(lambda: layers.Conv2DTranspose(3, 2, dilation_rate=(1, 2), padding="same", activation="gelu"), x(1, 3, 4, 2)),
    layer(lambda: layers.Conv2DTranspose(2, 3, strides=2, **FIRST, **ALL), x(1, 3, 2, 3)),
    layer(lambda: layers.Conv3DTranspose(2, 2), x(1, 2, 3, 2, 2)),
    layer(lambda: layers.Conv3DTranspose(2, (2, 3, 1), strides=(1, 2, 1), padding="same", activation="relu"), x(1, 2, 2, 3, 2)),
    layer(lambda: layers.Conv3DTranspose(2, 3, strides=2, padding="same", output_padding=1, **FIRST), x(1, 2, 1, 2, 2)),
    layer(lambda: layers.Conv3DTranspose(2, 2, strides=3, **ALL), x(1, 1, 2, 1, 2)),
    layer(lambda: layers.DepthwiseConv1D(3), x(2, 6, 4)),
    layer(lambda: layers.DepthwiseConv1D(2, strides=2, padding="same", depth_multiplier=3, activation="relu"), x(2, 7, 2)),
    layer(lambda: layers.DepthwiseConv1D(2, dilation_rate=2, depth_multiplier=2, use_bias=False, **FIRST), x(2, 3, 6)),
    layer(lambda: layers.DepthwiseConv1D(2, strides=2, dilation_rate=3, padding="same", **DEPTHWISE), x(1, 9, 3)),
    layer(lambda: layers.DepthwiseConv2D(3), x(2, 5, 4, 3)),
    layer(lambda: layers.DepthwiseConv2D((2, 3), strides=2, padding="same", depth_multiplier=2), x(2, 5, 6, 2)),
    layer(lambda: layers.DepthwiseConv2D(2, dilation_rate=(2, 1), activation="relu", **FIRST), x(1, 3, 6, 5)),
    layer(lambda: layers.DepthwiseConv2D(2, strides=2, dilation_rate=2, padding="same", **DEPTHWISE), x(1, 7, 6, 2)),
    layer(lambda: layers.SeparableConv1D(4, 3), x(2, 6, 3)),
    layer(lambda: layers.SeparableConv1D(3, 2, strides=2, padding="same", depth_multiplier=2, use_bias=False), x(2, 7, 2)),
    layer(lambda: layers.SeparableConv1D(3, 2, dilation_rate=2, activation="softmax", **FIRST), x(2, 2, 7)),
    layer(lambda: layers.SeparableConv1D(3, 2, strides=3, dilation_rate=2, **SEPARABLE), x(2, 9, 2)),
    layer(lambda: layers.SeparableConv2D(4, 3), x(2, 5, 4, 3)),
    layer(lambda: layers.SeparableConv2D(3, (2, 3), strides=2, padding="same", depth_multiplier=2), x(1, 5, 6, 2)),
    layer(lambda: layers.SeparableConv2D(3, 2, dilation_rate=2, activation="softmax", **FIRST), x(1, 2, 5, 4)),
    layer(lambda: layers.SeparableConv2D(3, 2, strides=2, dilation_rate=2, padding="same", **SEPARABLE), x(1, 5, 6, 2)),
]

if __name__ == "__main__":
    record_layers("convolution", CASES)
