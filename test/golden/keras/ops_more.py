"""More of keras.ops: fixtures/keras/ops_more.json. Values and gradients outside of models, and configs of functional models."""

import json
import os

from recording import KERAS, bools, convert, cotangent, drawn, floats, ints, x, seed_of
from common import encode, one_thread, versions, write_lines

import keras
import numpy as np
import tensorflow as tf
from keras import ops


def named(name, *args, pos=(), eager=False, gradients=True, **kw):
    """A call: tensor arguments, plain ones after them, options. `eager`: not in functional models."""
    return {"name": name, "args": args, "pos": list(pos), "kw": kw, "eager": eager, "gradients": gradients}


def exactly(*values, dtype="float32"):
    return np.array(values, dtype)


nan, inf = float("nan"), float("inf")
a, b, i, m = x(2, 3, 4), x(2, 3, 4), ints(2, 3, 4, low=-3, high=4), bools(2, 3, 4)
HOLES = exactly([1.5, nan, -2], [nan, nan, nan], [3, 0.5, nan])
FEW = exactly([1.5, nan, -2], [0.25, 7, nan], [3, 0.5, nan])
SPECIAL = exactly(-inf, -1.5, -0.0, 0.0, 2.5, inf, nan)
scalar, empty = x(), x(0, 3)
lower, square = exactly([2, 0, 0], [0.5, 1.5, 0], [-1, 0.25, 1]), x(3, 3)
positive = exactly([[4, 1, 0.5], [1, 3, 0.25], [0.5, 0.25, 2]], [[2, 0.5, 0], [0.5, 3, 1], [0, 1, 2]])

CASES = [
    *[named(f, a) for f in "fabs cbrt deg2rad rad2deg trunc sinc isneginf isposinf isreal signbit copy conjugate real imag round nan_to_num ravel".split()],
    *[named(f, i) for f in "fabs cbrt deg2rad trunc sinc isneginf signbit round nan_to_num ravel size".split()],
    *[named(f, scalar) for f in "fabs trunc sinc round nan_to_num ravel size".split()],
    *[named(f, empty) for f in "fabs trunc sinc ravel size".split()],
    *[named(f, SPECIAL, gradients=False) for f in "trunc isneginf isposinf signbit nan_to_num".split()],
    named("nan_to_num", SPECIAL, nan=1.5, posinf=2.0, neginf=-3.0, gradients=False),
    named("deg2rad", ints(3, high=90, dtype="int64")),
    named("round", a, decimals=1),
    named("round", ints(4, low=-99, high=99), decimals=-1),
    *[named(f, a, b) for f in "fmod fmax fmin hypot heaviside logaddexp logaddexp2".split()],
    *[named(f, i, ints(2, 3, 4, low=1, high=4)) for f in "fmod fmax hypot logaddexp gcd lcm isclose isin".split()],
    *[named(f, SPECIAL, exactly(1, nan, 2, 3, nan, 1, 4), gradients=False) for f in "fmax fmin".split()],
    named("ldexp", a, ints(4, low=-3, high=4)),
    named("gcd", exactly(0, 12, -18, 7, dtype="int32"), exactly(0, 18, 12, 0, dtype="int32")),
    named("lcm", exactly(0, 12, -18, 7, dtype="int32"), exactly(0, 18, 12, 0, dtype="int32")),
    named("isclose", exactly(1, 2, nan, inf), exactly(1.000001, 2.1, nan, inf)),
    named("isclose", exactly(1, 2, nan), exactly(1.000001, 2.1, nan), rtol=0.1, atol=0.5, equal_nan=True),
    named("allclose", a, a),
    named("allclose", a, b, rtol=10.0),
    named("isin", i, exactly(1, -2, 1, dtype="int32"), invert=True),
    named("psnr", a, b, pos=[2.0]),
    # Products.
    *[named(f, x(3, 4), x(4)) for f in ["dot", "inner", "outer"]],
    named("dot", x(2, 3, 4), x(4, 2)),
    named("dot", scalar, x(3)),
    named("dot", ints(2, 3, high=4), ints(3, 2, high=4)),
    named("inner", x(2, 4), x(3, 4)),
    named("vdot", x(2, 3), x(2, 3)),
    named("outer", x(2, 2), x(3)),
    named("tensordot", x(2, 3, 4), x(3, 4, 2)),
    named("tensordot", x(2, 3, 4), x(4, 3), axes=[[1, 2], [1, 0]]),
    named("tensordot", x(2, 3), x(3, 2), axes=1),
    named("kron", x(2, 3), x(2, 2)),
    named("kron", x(3), x(2, 2)),
    named("cross", x(2, 3), x(2, 3)),
    named("cross", x(2, 2), x(2, 2)),
    named("cross", x(2, 3), x(2, 2)),
    named("cross", x(3, 2), x(3, 2), axis=0),
    *[named("correlate", x(5), x(3), mode=mode) for mode in ["valid", "same", "full"]],
    named("corrcoef", x(3, 5)),
    named("cdist", x(2, 3, 4), x(2, 2, 4)),
    named("append", x(2, 3), x(2, 3)),
    named("append", x(2, 3), ints(2, 1, high=4), axis=1),
    # Diagonals.
    *[named(f, x(3, 4), k=k) for f in ["diag", "tril", "triu"] for k in [0, 1, -2]],
    named("diag", x(3), k=-1),
    named("diagflat", x(2, 2), k=1),
    named("tril", a, k=-1),
    named("triu", i, k=1),
    named("diagonal", a),
    named("diagonal", a, offset=1, axis1=-1, axis2=1),
    named("trace", a),
    named("trace", a, offset=1, axis1=1, axis2=2),
    named("trace", ints(3, 3, high=5, dtype="int8")),
    named("vander", x(3)),
    named("vander", x(3), N=4, increasing=True),
    # Movement.
    *[named(f, a) for f in ["fliplr", "flipud", "rot90"]],
    *[named("rot90", a, k=k, axes=axes) for k, axes in [(3, [1, 2]), (-1, [2, 0]), (4, [0, 1])]],
    # Of planes that are not square, Keras on TensorFlow mixes up the elements of half a turn.
    named("rot90", x(3, 3, 2), k=2),
    named("moveaxis", a, pos=[0, -1]),
    named("moveaxis", a, pos=[[0, 2], [2, 0]]),
    named("roll", a, pos=[2]),
    named("roll", a, pos=[-1], axis=1),
    named("roll", a, pos=[[1, 2]], axis=[0, -1]),
    *[named(f, [x(2, 3, 2), x(2, 3, 2)]) for f in ["hstack", "vstack", "dstack"]],
    *[named(f, [x(2), x(2)]) for f in ["hstack", "vstack", "dstack"]],
    named("hstack", [ints(2, 1, high=4), x(2, 2)]),
    named("hsplit", a, pos=[3]),
    named("vsplit", a, pos=[2]),
    named("dsplit", a, pos=[[1, 2]]),
    named("array_split", a, pos=[3], axis=-1),
    named("unstack", a, axis=1),
    named("unstack", a),
    named("take_along_axis", a, ints(2, 2, 4, low=-3, high=3), axis=1),
    named("take_along_axis", a, ints(2, 3, 1, high=4), axis=-1),
    named("take_along_axis", a, ints(5, high=20)),
    named("diff", a),
    named("diff", a, n=2, axis=1),
    named("diff", m, axis=0),
    named("trapezoid", a),
    named("trapezoid", a, dx=0.5, axis=1),
    named("select", [bools(2, 3), bools(2, 3)], [x(2, 3), x(2, 3)]),
    named("nonzero", m, eager=True),
    named("unravel_index", ints(4, high=12), pos=[[3, 4]]),
    # Creation.
    named("full_like", a, x(4)),
    named("empty_like", i),
    named("array", a),
    named("convert_to_tensor", a),
    named("linspace", scalar, scalar, num=5),
    named("linspace", x(3), x(3), num=4, axis=1),
    named("linspace", x(3), x(3), num=4, endpoint=False),
    named("linspace", x(2), x(2), num=3, retstep=True, gradients=False),
    named("logspace", x(2), x(2), num=4, base=2),
    named("geomspace", x(2, low=0.5, high=2), x(2, low=3, high=9), num=4),
    named("meshgrid", x(3), x(2)),
    named("meshgrid", x(3), x(2), x(2), indexing="ij"),
    # Orders and counts.
    *[named(f, a, axis=axis) for f in ["sort", "argsort"] for axis in [-1, 1, None]],
    named("sort", m),
    named("sort", i, axis=0),
    *[named("searchsorted", exactly(-1, 0, 0.5, 2), x(6), side=side, gradients=False) for side in ["left", "right"]],
    named("digitize", a, exactly(-1, 0, 0.5, 2), eager=True),
    named("digitize", i, exactly(-1, 0, 2), eager=True),
    named("bincount", ints(6, high=4), eager=True),
    named("bincount", ints(2, 4, high=4), minlength=6, eager=True),
    named("histogram", x(20), bins=5, eager=True, gradients=False),
    named("histogram", x(20), bins=4, range=(-1.0, 1.0), eager=True, gradients=False),
    named("top_k", a, pos=[2]),
    named("top_k", i, pos=[3]),
    named("in_top_k", ints(3, high=4), x(3, 4), pos=[2]),
    named("multi_hot", ints(2, 3, high=5), pos=[5]),
    named("multi_hot", ints(3, high=5), pos=[5], dtype="int32"),
    *[named("quantile", x(3, 5), exactly(0.25, 0.6), axis=axis, gradients=False) for axis in [None, 0, 1]],
    *[named("quantile", x(3, 5), exactly(0.3), axis=1, method=how, eager=True, gradients=False) for how in ["lower", "higher", "midpoint", "nearest"]],
    named("percentile", x(3, 5), exactly(30.0, 50.0), axis=1, keepdims=True, gradients=False),
    named("quantile", FEW, exactly(0.5), axis=0, gradients=False),
    *[named("median", a, **kw) for kw in [{}, {"axis": 1}, {"axis": [0, -1], "keepdims": True}]],
    named("median", i, axis=-1),
    *[named("nanmedian", HOLES, axis=axis, gradients=False) for axis in [0, 1]],
    named("nanquantile", FEW, exactly(0.25, 0.6), axis=1, eager=True, gradients=False),
    # Reductions.
    *[
        named(f, FEW if "arg" in f else HOLES, gradients=False, **kw)
        for f in "nanmax nanmin nansum nanprod nanmean nanvar nanstd nanargmax nanargmin".split()
        for kw in [{}, {"axis": 1}, {"axis": -2, "keepdims": True}]
    ],
    *[named(f, i, axis=1) for f in "nanmax nansum nanmean nanvar nanargmax ptp".split()],
    *[named(f, HOLES, gradients=False, axis=axis) for f in ["nancumsum", "nancumprod"] for axis in [None, 1]],
    *[named("ptp", a, **kw) for kw in [{}, {"axis": -1, "keepdims": True}]],
    named("nansum", FEW),
    named("nanmean", a, axis=1),
    *[named("count_nonzero", i, axis=axis) for axis in [None, 1, (0, 2)]],
    named("average", a, axis=1),
    named("average", i),
    # Core.
    named("saturate_cast", x(6, low=-400, high=400), pos=["uint8"]),
    named("stop_gradient", a, gradients=False),
    named("slice", a, exactly(0, 1, 1, dtype="int32"), pos=[[2, 1, 3]]),
    named("slice_update", a, exactly(1, 0, 2, dtype="int32"), x(1, 2, 2), gradients=False),
    named("slice_update", a, exactly(1, 2, 3, dtype="int32"), x(1, 2, 2), gradients=False),
    named("scatter", exactly([0, 1], [2, 0], [0, 1], dtype="int32"), x(3), pos=[[3, 2]]),
    *[named("scatter_update", x(3, 2), exactly([0, 1], [2, 0], dtype="int32"), x(2), reduction=r) for r in [None, "add", "max", "min"]],
    named("scatter_update", x(3, 2), exactly([0], [2], [0], dtype="int32"), x(3, 2), reduction="mul", gradients=False),
    *[named(f"segment_{f}", x(5, 2), exactly(2, 0, 1, 0, 2, dtype="int32"), num_segments=4, gradients=f == "sum") for f in ["sum", "max", "min", "prod"]],
    *[named(f"segment_{f}", x(5), exactly(0, 0, 1, 2, 2, dtype="int32"), sorted=True, eager=True) for f in ["sum", "max"]],
    named("segment_sum", x(5), exactly(2, 0, 1, 0, 2, dtype="int32"), eager=True),
    # Linear algebra.
    *[named(f, positive) for f in "cholesky det inv logdet slogdet".split()],
    named("cholesky", positive, upper=True, gradients=False),
    named("cholesky_inverse", lower),
    named("solve", positive, x(2, 3, 2)),
    named("solve", exactly([2, 1], [1, 3]), x(2)),
    named("solve_triangular", lower, x(3, 2), lower=True),
    named("solve_triangular", lower, x(3), gradients=False),
    *[named("norm", a, **kw) for kw in [{"axis": 1}, {"axis": 1, "ord": 1, "keepdims": True}, {"axis": -1, "ord": 3}, {"axis": [0, 1]}, {"axis": [0, 2], "ord": 1}]],
    *[named("norm", a, axis=-1, ord=o) for o in [0, 2]],
    named("norm", a, axis=[1, 2], ord="fro", keepdims=True),
    named("norm", x(2, 3)),
    named("norm", ints(2, 3, high=5), axis=1),
    named("lstsq", x(4, 2), x(4)),
    named("lstsq", x(2, 4), x(2, 3), gradients=False),
    # Images.
    *[named("depth_to_space", x(1, 2, 3, 8), pos=[2])],
    named("space_to_depth", x(1, 4, 2, 3), pos=[2]),
    named("extract_sequences", x(2, 7), pos=[3, 2]),
    named("unfold", x(1, 2, 4, 5), pos=[[2, 3]], stride=2, padding=1),
    named("unfold", x(1, 2, 5, 4), pos=[2], dilation=2),
    named("fold", x(1, 8, 4), pos=[4, 2], stride=2),
    named("fold", x(1, 8, 9), pos=[4, 2]),
]


def tuples(value):
    return tuple(tuples(v) for v in value) if isinstance(value, list) else value


def call(case, args):
    pos = [tuples(p) for p in case["pos"]]
    kw = {key: tuples(value) for key, value in case["kw"].items()}
    function = ops
    for part in case["name"].split("."):
        function = getattr(function, part)
    return function(*args, *pos, **kw)


def flat(result):
    return list(result) if isinstance(result, (list, tuple)) else [result]


def is_plain(value):
    """A list of numbers, which is an argument as it is."""
    return isinstance(value, list) and all(isinstance(v, int) for v in value)


def leaves(args):
    return [leaf for arg in args if not is_plain(arg) for leaf in (arg if isinstance(arg, list) else [arg])]


def gradients_of(case, tensors):
    wanted = floats(tensors)
    with tf.GradientTape() as tape:
        tape.watch(wanted)
        outputs = floats(flat(call(case, tensors)))
        total = tf.add_n([tf.reduce_sum(t * cotangent(t)) for t in outputs]) if outputs else None
    if total is None or not wanted:
        return []
    found = tape.gradient(total, wanted, unconnected_gradients="zero")
    return [tf.convert_to_tensor(g) for g in found]


def config_of(case, values):
    keras.backend.clear_session()
    symbols = [
        value
        if is_plain(value)
        else [keras.Input(batch_shape=v.shape, dtype=str(v.dtype)) for v in value]
        if isinstance(value, list)
        else keras.Input(batch_shape=value.shape, dtype=str(value.dtype))
        for value in values
    ]
    model = keras.Model(leaves(symbols), flat(call(case, symbols)))
    return json.loads(json.dumps(keras.saving.serialize_keras_object(model)))


def record(index, case, family):
    rng = np.random.default_rng(seed_of(family, index))
    values = drawn(list(case["args"]), rng)
    values = [np.asarray(v) if not isinstance(v, list) else v for v in values]
    tensors = convert(values)
    row = {
        "name": case["name"],
        "args": encode(values),
        "pos": case["pos"],
        "options": json.loads(json.dumps(case["kw"])),
        "outputs": encode([tf.convert_to_tensor(t) for t in flat(call(case, tensors))]),
    }
    if case["gradients"]:
        found = gradients_of(case, tensors)
        if found:
            row["gradients"] = encode(found)
    if not case["eager"] and all(np.ndim(v) > 0 for v in leaves(values)):
        try:
            row["config"] = config_of(case, values)
        except Exception as error:
            print("no model of", case["name"], case["kw"], repr(error)[:200])
    return row


def record_all(family, cases):
    one_thread()
    rows = []
    for index, case in enumerate(cases):
        try:
            rows.append(record(index, case, family))
        except Exception as error:
            print("FAILED", case["name"], case["kw"], repr(error)[:300])
    path = os.path.join(KERAS, f"{family}.json")
    print(len(rows), write_lines(path, {"versions": versions()}, "cases", rows))


if __name__ == "__main__":
    record_all("ops_more", CASES)
