"""keras.ops in functional models and outside of them: fixtures/keras/ops.json."""

import json
import os

from recording import KERAS, bools, convert, drawn, ints, x, seed_of
from common import encode, one_thread, versions, write_lines

import keras
import numpy as np
from keras import ops

# Function, tensor arguments (a list: of a list argument), keyword arguments.
a, b, i, m = x(2, 3, 4), x(2, 3, 4), ints(2, 3, 4, low=-3, high=4), bools(2, 3, 4)
POSITIVE = x(2, 3, 4, low=0.2, high=3)
UNIT = x(2, 3, 4, low=-0.9, high=0.9)
row = x(4)


def named(name, *args, **kw):
    return (name, args, kw)


BINARY = ["add", "subtract", "multiply", "divide", "true_divide", "divide_no_nan", "maximum", "minimum", "arctan2"]
COMPARISONS = ["equal", "not_equal", "greater", "greater_equal", "less", "less_equal"]
UNARY = "negative absolute abs sign square floor ceil exp expm1 exp2 sin cos tan arctan sinh cosh tanh arcsinh isnan isinf isfinite erf erfc"
ACTIVATIONS = "relu relu6 sigmoid softplus softsign silu log_sigmoid hard_sigmoid hard_silu selu leaky_relu elu gelu softmax log_softmax"
REDUCTIONS = "sum mean prod max min var std any all logsumexp argmax argmin"
CASES = [
    *[named(f, a, b) for f in BINARY],
    *[named(f, a, row) for f in BINARY[:4]],
    *[named(f, i, ints(2, 3, 4, low=1, high=4)) for f in ["add", "divide", "floor_divide", "mod", "multiply"]],
    *[named(f, i, a) for f in ["add", "multiply", "maximum"]],
    *[named(f, m, m) for f in ["logical_and", "logical_or", "logical_xor"]],
    *[named(f, i, ints(2, 3, 4, low=-3, high=4)) for f in COMPARISONS],
    named("floor_divide", a, POSITIVE),
    named("mod", a, POSITIVE),
    named("power", POSITIVE, a),
    named("add", ints(3, low=0, high=5, dtype="uint8"), ints(3, low=0, high=5, dtype="int8")),
    named("add", ints(3, low=0, high=5, dtype="int64"), ints(3, low=0, high=5, dtype="int32")),
    named("add", m, i),
    named("logical_and", i, m),
    named("matmul", x(2, 3, 4), x(2, 4, 5)),
    named("matmul", x(3, 4), x(4)),
    named("matmul", x(2, 3, 4), x(4)),
    named("matmul", x(4), x(4, 5)),
    named("matmul", x(4), x(2, 4, 5)),
    named("where", m, a, b),
    named("where", m, a, row),
    *[named(f, a) for f in UNARY.split()],
    *[named(f, i) for f in ["negative", "abs", "square", "exp", "floor", "sign", "logical_not", "sqrt_", "mean", "sum"] if f != "sqrt_"],
    *[named(f, POSITIVE) for f in ["sqrt", "rsqrt", "log", "log1p", "log2", "log10", "reciprocal"]],
    *[named(f, UNIT) for f in ["arcsin", "arccos", "arctanh"]],
    named("arccosh", x(3, low=1.1, high=4)),
    named("logical_not", m),
    *[named(f, a) for f in ACTIVATIONS.split()],
    named("leaky_relu", a, negative_slope=0.3),
    named("elu", a, alpha=0.7),
    named("gelu", a, approximate=False),
    named("softmax", a, axis=1),
    named("softmax", a, axis=(1, 2)),
    named("softmax", a, axis=(0, 2)),
    named("log_softmax", a, axis=1),
    named("cast", a, dtype="int32"),
    named("cast", i, dtype="float16"),
    named("clip", a, x_min=-0.5, x_max=0.7),
    *[named(f, m if f in ("any", "all") else a) for f in REDUCTIONS.split()],
    *[named(f, m if f in ("any", "all") else a, axis=1, keepdims=True) for f in REDUCTIONS.split()],
    *[named(f, m if f in ("any", "all") else a, axis=(1, -1)) for f in REDUCTIONS.split() if not f.startswith("arg")],
    named("sum", bools(2, 3), axis=1),
    named("sum", ints(2, 3, high=5, dtype="uint8"), axis=1),
    named("prod", ints(2, 3, high=5, dtype="int8"), axis=1),
    named("mean", bools(2, 3), axis=0),
    named("max", i, axis=-1),
    named("cumsum", a, axis=1),
    named("cumprod", a, axis=-1),
    named("reshape", a, newshape=(-1, 12)),
    named("reshape", a, newshape=(2, 3, 2, 2)),
    named("transpose", a),
    named("transpose", a, axes=(0, 2, 1)),
    named("swapaxes", a, axis1=1, axis2=-1),
    named("expand_dims", a, axis=1),
    named("expand_dims", a, axis=(0, -1)),
    named("squeeze", x(2, 1, 3, 1)),
    named("squeeze", x(2, 1, 3, 1), axis=1),
    named("squeeze", x(2, 1, 3, 1), axis=(1, 3)),
    named("broadcast_to", x(1, 3), shape=(4, 3)),
    named("concatenate", [a, b]),
    named("concatenate", [a, b, x(2, 3, 2)], axis=-1),
    named("concatenate", [ints(2, 3, high=5), x(2, 3)], axis=1),
    named("stack", [a, b]),
    named("stack", [a, b], axis=-1),
    named("split", a, indices_or_sections=2, axis=2),
    named("split", a, indices_or_sections=[1, 2], axis=1),
    named("repeat", a, repeats=2, axis=1),
    named("repeat", a, repeats=2),
    named("tile", a, repeats=(1, 2, 1)),
    named("tile", x(3), repeats=(2, 2)),
    named("flip", a, axis=1),
    named("flip", a),
    named("pad", a, pad_width=((0, 0), (1, 2), (0, 1))),
    named("pad", a, pad_width=((0, 0), (1, 2), (0, 1)), mode="reflect"),
    named("take", a, ints(2, 2, low=-3, high=3), axis=1),
    named("take", a, ints(3, low=0, high=20)),
    named("one_hot", ints(2, 3, high=5), num_classes=5),
    named("one_hot", ints(2, 3, high=5), num_classes=5, axis=1, dtype="int32"),
    named("zeros_like", a),
    named("ones_like", i, dtype="float32"),
    named("einsum", x(2, 3, 4), x(2, 4, 5), subscripts="bij,bjk->bik"),
    named("einsum", x(2, 3, 4), subscripts="bij->bji"),
    named("ctc_loss", np.array([[1, 2, 0], [3, 3, 1]], "int32"), x(2, 6, 4), np.array([2, 3], "int32"), np.array([6, 5], "int32")),
    named("ctc_loss", np.array([[1, 2], [0, 0]], "int32"), x(2, 5, 4), np.array([2, 1], "int32"), np.array([3, 5], "int32"), mask_index=3),
    named("ctc_decode", x(3, 8, 3), np.array([8, 5, 7], "int32")),
    named("ctc_decode", x(3, 8, 3), np.array([8, 5, 7], "int32"), merge_repeated=False, mask_index=2),
    named("dot_product_attention", x(2, 3, 4, 2), x(2, 5, 4, 2), x(2, 5, 4, 2)),
    named("dot_product_attention", x(2, 3, 4, 2), x(2, 5, 2, 2), x(2, 5, 2, 2), is_causal=True),
    *[
        named("get_item", a, key=key)
        for key in [1, [1], [[":"], [1, 3]], ["...", 0], ["...", None, [":", ":", 2]], [[":"], [":", -1], [1, ":", 2]], [[":"], None, -1], [[":"], [":", ":", -1]]]
    ],
    *[named(f, a) for f in "hard_tanh tanh_shrink sparse_plus sparse_sigmoid hard_shrink soft_shrink squareplus celu glu swish hard_swish".split()],
    *[named(f, a, threshold=0.3) for f in ["hard_shrink", "soft_shrink"]],
    named("squareplus", a, b=0.5),
    named("celu", a, alpha=1.5),
    named("glu", x(2, 4, 3), axis=1),
    named("amax", a, axis=1),
    named("amin", a, axis=(0, 2), keepdims=True),
]

image, series = x(2, 5, 6, 2), x(2, 7, 3)
distribution = np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]], "float32")
CASES += [
    *[named(f, image, pool_size=2) for f in ["average_pool", "max_pool"]],
    *[named(f, image, pool_size=(2, 3), strides=(1, 2), padding="same") for f in ["average_pool", "max_pool"]],
    named("max_pool", series, pool_size=3, strides=1, padding="SAME"),
    named("average_pool", x(1, 4, 3, 5, 2), pool_size=2),
    named("max_pool", x(2, 2, 5, 6), pool_size=2, data_format="channels_first"),
    named("conv", image, x(3, 2, 2, 4)),
    named("conv", image, x(3, 2, 2, 4), strides=2, padding="same"),
    named("conv", image, x(2, 2, 2, 3), dilation_rate=(2, 1)),
    named("conv", series, x(3, 3, 2), strides=2),
    named("conv", x(1, 3, 4, 3, 2), x(2, 2, 2, 2, 2), padding="same"),
    named("conv_transpose", image, x(3, 2, 4, 2), strides=2),
    named("conv_transpose", image, x(3, 3, 1, 2), strides=2, padding="same", output_padding=1),
    named("conv_transpose", series, x(2, 4, 3)),
    named("depthwise_conv", image, x(3, 2, 2, 2)),
    named("depthwise_conv", image, x(3, 3, 2, 1), strides=2, padding="same"),
    named("depthwise_conv", series, x(3, 3, 2), strides=2),
    named("separable_conv", image, x(3, 2, 2, 2), x(1, 1, 4, 3)),
    named("separable_conv", series, x(3, 3, 2), x(1, 6, 2), padding="same"),
    named("moments", a, axes=(0, 1)),
    named("moments", a, axes=[-1], keepdims=True),
    named("normalize", a),
    named("normalize", a, axis=1, order=3),
    named("normalize", a, axis=(0, 1), epsilon=10.0),
    named("batch_normalization", a, x(4), x(4, low=0.1, high=2), axis=-1),
    named("batch_normalization", a, x(3), x(3, low=0.1, high=2), axis=1, epsilon=0.1),
    named("layer_normalization", a),
    named("layer_normalization", a, axis=(1, 2), epsilon=0.1),
    named("layer_normalization", a, axis=1),
    named("rms_normalization", a),
    named("rms_normalization", a, axis=1, epsilon=0.5),
    named("binary_crossentropy", x(2, 3, low=0, high=1), x(2, 3, low=0.05, high=0.95)),
    named("binary_crossentropy", x(2, 3, low=0, high=1), x(2, 3), from_logits=True),
    named("categorical_crossentropy", distribution, x(2, 3, low=0.05, high=0.95)),
    named("categorical_crossentropy", distribution, x(2, 3), from_logits=True),
    named("categorical_crossentropy", distribution, x(2, 3, low=0.05, high=0.95), axis=0),
    named("sparse_categorical_crossentropy", ints(2, 3, high=4), x(2, 3, 4, low=0.05, high=0.95)),
    named("sparse_categorical_crossentropy", ints(2, 1, high=4), x(2, 4), from_logits=True),
    named("sparsemax", a),
    named("sparsemax", a, axis=1),
    named("threshold", a, threshold=0.2, default_value=-3),
    # Operands among the options.
    named("batch_normalization", a, x(4), x(4, low=0.1, high=2), operands={"offset": x(4), "scale": x(4)}, axis=-1),
    named("batch_normalization", a, x(3), x(3, low=0.1, high=2), operands={"offset": x(3), "scale": x(3)}, axis=1),
    named("layer_normalization", a, operands={"gamma": x(4), "beta": x(4)}),
    named("layer_normalization", a, operands={"gamma": x(3), "beta": x(3)}, axis=1),
    named("rms_normalization", a, operands={"scale": x(4)}, axis=-1),
]


def slice_of(part):
    """[':'] all, [1, 3] 1:3, [1, ':', 2] 1::2, [':', -1] :-1."""
    if part == "...":
        return Ellipsis
    if not isinstance(part, list):
        return part
    ends = [None if p == ":" else p for p in part]
    return slice(*ends) if len(ends) > 1 else slice(None)


def call(name, args, kw):
    kw = dict(kw)
    if name == "einsum":
        return ops.einsum(kw.pop("subscripts"), *args)
    if name == "get_item":
        key = kw.pop("key")
        return args[0][tuple(slice_of(p) for p in key) if isinstance(key, list) else key]
    return getattr(ops, name)(*args, **kw)


def flat(result):
    return list(result) if isinstance(result, (list, tuple)) else [result]


def record(index, case):
    name, specs, kw = case
    kw = dict(kw)
    rng = np.random.default_rng(seed_of("ops", index))
    values = drawn(list(specs), rng)
    operands = drawn(kw.pop("operands", {}), rng)
    results = flat(call(name, convert(values), {**kw, **convert(operands)}))
    keras.backend.clear_session()
    symbols = [
        [keras.Input(batch_shape=v.shape, dtype=str(v.dtype)) for v in value]
        if isinstance(value, list)
        else keras.Input(batch_shape=value.shape, dtype=str(value.dtype))
        for value in values
    ]
    more = {key: keras.Input(batch_shape=value.shape, dtype=str(value.dtype)) for key, value in operands.items()}
    inputs = [s for value in symbols for s in flat(value)] + list(more.values())
    outputs = call(name, symbols, {**kw, **more})
    model = keras.Model(inputs, flat(outputs))
    return {
        "name": name,
        "args": encode(values),
        "options": json.loads(json.dumps(kw)),
        **({"operands": encode(operands)} if operands else {}),
        "outputs": encode(results),
        "config": json.loads(json.dumps(keras.saving.serialize_keras_object(model))),
    }


if __name__ == "__main__":
    one_thread()
    rows = [record(index, case) for index, case in enumerate(CASES)]
    path = os.path.join(KERAS, "ops.json")
    print(len(rows), write_lines(path, {"versions": versions()}, "cases", rows))
