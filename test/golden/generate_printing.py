"""Records how TensorFlow and NumPy print tensors, into fixtures/printing.json.

Recorded with TensorFlow 2.21.0 and NumPy 2.4.6 (the JSON names the versions that wrote it):

    python -m pip install tensorflow-cpu==2.21.0 numpy==2.4.6
    python test/golden/generate_printing.py

Each case has its elements in `data`: floats as JSON numbers (float32 ones in their fewest digits, the others exactly),
or as 'nan', 'inf', '-inf' and '-0'; 64-bit integers as decimal strings; strings as the hex of their bytes; complex numbers
as real, imaginary, real, ... Longer numeric ones are in `packed` instead: base64 of the zlib-compressed
little-endian bytes. Every case has `str` and `repr`, some `variable` (the repr of a tf.Variable), or, with `options`,
only the `text` of np.array2string.
"""

import base64
import json
import os
import zlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

BF16 = tf.bfloat16.as_numpy_dtype
FLOATS = ["float32", "float64", "float16"]
INTS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
COMPLEX = ["complex64", "complex128"]
ALL = FLOATS + ["bfloat16"] + INTS + ["bool"] + COMPLEX
NAN, INF = float("nan"), float("inf")
PACK_ABOVE = 64

rng = np.random.default_rng(20240607)
cases = []


def np_dtype(name):
    return BF16 if name == "bfloat16" else np.dtype(name)


def encode_float(x):
    if np.isnan(x):
        return "nan"
    if np.isinf(x):
        return "inf" if x > 0 else "-inf"
    if x == 0 and np.signbit(x):
        return "-0"
    short = float(str(x)) if type(x) is np.float32 else float(x)
    assert type(x)(short) == x
    return short


def encode(a):
    flat = a.reshape(-1)
    if a.dtype == object:
        return {"data": [v.hex() for v in flat]}
    if flat.size > PACK_ABOVE:
        return {"packed": base64.b64encode(zlib.compress(flat.tobytes(), 9)).decode("ascii")}
    if a.dtype == bool:
        return {"data": [bool(v) for v in flat]}
    if np.issubdtype(a.dtype, np.complexfloating):
        return {"data": [encode_float(p) for v in flat for p in (v.real, v.imag)]}
    if np.issubdtype(a.dtype, np.integer):
        wide = a.dtype.itemsize == 8
        return {"data": [str(v) if wide else int(v) for v in flat]}
    return {"data": [encode_float(v) for v in flat]}


def case(name, values, dtype, shape=None, variable=False):
    if dtype == "string":
        a = np.array(values, dtype=object)
    else:
        a = np.asarray(values).astype(np_dtype(dtype))
    if shape is not None:
        a = a.reshape(shape)
    t = tf.constant(a, dtype=dtype)
    assert t.dtype.name == dtype
    row = {"name": name, "dtype": dtype, "shape": list(t.shape), **encode(a), "str": str(t), "repr": repr(t)}
    if variable:
        row["variable"] = repr(tf.Variable(t, name="w"))
    cases.append(row)


def option_case(name, values, dtype, options, shape=None):
    a = np.array(values, dtype=object) if dtype == "string" else np.asarray(values).astype(np_dtype(dtype))
    if shape is not None:
        a = a.reshape(shape)
    kwargs = dict(options)
    kwargs["max_line_width"] = kwargs.pop("linewidth", None)
    kwargs["suppress_small"] = kwargs.pop("suppress", None)
    text = np.array2string(a, **kwargs)
    cases.append({"name": name, "dtype": dtype, "shape": list(a.shape), **encode(a), "options": options, "text": text})


def scalars():
    values = [0.0, -0.0, 1.0, -1.0, 3.0, 0.1, -0.1, 1 / 3, 2.5, 1e-4, 9.999e-5, 1e-5, 999.0, 1000.0, 1001.0, 65504.0,
              123456.789, 999999.9, 1e6, 1e7, 123456789.0, 1e8, 2.0**24, 2.0**31, 1e15, 9.999e15, 1e16, 1e17, 1e22, 1e23,
              3.4e38, 1e-38, 1e-45, 2.0**-44, NAN, INF, -INF]
    for dtype in FLOATS + ["bfloat16"]:
        for v in values:
            with np.errstate(over="ignore"):
                x = np_dtype(dtype)(v) if dtype == "bfloat16" else np.dtype(dtype).type(v)
            if np.isinf(x) and not np.isinf(v) or x == 0 and v != 0:
                continue
            case(f"scalar {v!r}", x, dtype, ())
    for v in [5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 9007199254740993.0, 0.1 + 0.2, np.pi]:
        case(f"scalar {v!r}", v, "float64", ())
    for v in [0.3, np.pi, 3.4028235e38, 1.1754944e-38, 16777216.0, 8388609.0, 0.30000001192092896]:
        case(f"scalar {v!r}", v, "float32", ())
    for dtype in INTS:
        info = np.iinfo(dtype)
        for v in {0, 7, info.min, info.max}:
            case(f"scalar {v}", np.array(v, dtype=dtype), dtype, ())
    for v in [True, False]:
        case(f"scalar {v}", v, "bool", ())
    parts = [(0.0, 0.0), (3.0, 0.0), (0.0, 1.0), (0.0, -1.0), (-0.0, -0.0), (-0.0, 3.0), (1.0, -0.0), (0.1, -0.2),
             (NAN, 0.0), (0.0, NAN), (1.0, NAN), (NAN, NAN), (-INF, INF), (0.0, -INF), (1e-5, 1e6), (999999.0, 1e16)]
    for dtype in COMPLEX:
        for re, im in parts:
            case(f"scalar {re!r}, {im!r}", np.array(complex(re, im)), dtype, ())


def shapes():
    for dtype in ALL:
        for shape in [(0,), (0, 3), (3, 0), (2, 0, 4), (1,), (1, 1), (2, 3), (2, 2, 2), (2, 1, 2, 3)]:
            n = int(np.prod(shape))
            case(f"counting {shape}", np.arange(n) % 2 if dtype == "bool" else np.arange(n), dtype, shape, variable=n < 7)
    for shape in [(0,), (0, 2), (1, 1, 1)]:
        case(f"strings {shape}", [b"x"] * int(np.prod(shape)), "string", shape, variable=True)
    for shape in [(0, 0), (1001, 0), (1, 1, 1, 1), (3, 3), (12, 2)]:
        case(f"zeros {shape}", np.zeros(shape), "float32", variable=True)


def sizes():
    for n in [999, 1000, 1001, 5000]:
        for dtype in ["float32", "int32", "float64", "bool"]:
            case(f"range of {n}", np.arange(n), dtype)
    for dtype in ALL:
        case("range of 1001", np.arange(1001) % 100, dtype, variable=True)
    for shape in [(100, 100), (2, 501), (501, 2), (7, 143), (6, 200), (1001, 1), (1, 1001), (10, 10, 11), (2, 2, 500),
                  (7, 3, 50), (3, 7, 2, 30), (5, 1, 300), (11, 10, 3, 4), (26, 26), (7, 7, 7, 7)]:
        n = int(np.prod(shape))
        case(f"range over {shape}", np.arange(n), "int32", shape)
        case(f"range over {shape}", np.arange(n) / 4, "float32", shape)
    case("bigger inside than at the edges", [1, 2, 3] + [1e9, 1e-9] * 600 + [4, 5, 6], "float32")
    case("wider inside than at the edges", [1, 2, 3] + [-123456] * 1200 + [4, 5, 6], "int32")
    case("nan inside only", [1.5] * 3 + [NAN] * 1000 + [2.25] * 3, "float64")
    case("nan at the edge", [1.5, NAN] + [1.0] * 1000 + [-INF, 2.25], "float64")
    case("small on an inner edge", np.where(np.arange(1200).reshape(30, 40) % 41 == 38, 1e-7, 1), "float32")
    case("random of 5000", rng.normal(size=5000), "float32")
    case("random of 50 by 60", rng.normal(size=(50, 60)) * 1e3, "float64")
    case("strings of 1001", [b"ab"] * 1001, "string")
    case("strings of 40 by 30", [b"ab"] * 1200, "string", (40, 30))


def magnitudes():
    rows = {
        "halves": [0.5, 1.5, -2.5, 100.25],
        "one": [1.0],
        "tenths": [0.1, 0.2, 0.3],
        "thirds": [1 / 3, 2 / 3, 1.0],
        "negative zero": [-0.0, 0.0],
        "only negative zero": [-0.0],
        "zeros": [0.0, 0.0],
        "just not small": [1e-4, 1e-3],
        "just small": [9.99e-5, 1e-3],
        "small and zero": [0.0, 1e-5],
        "quotient 1000": [1.0, 1000.0],
        "quotient above 1000": [1.0, 1001.0],
        "quotient 1000, tenths": [0.1, 100.0],
        "quotient 1000, small": [1e-3, 1.0],
        "quotient far above": [1e-3, 1e3],
        "below 1e3": [999.5, 2.0],
        "at 1e3": [1000.0, 500.0],
        "below 1e6": [999999.0, 1000.0],
        "at 1e6": [1e6, 5e5],
        "below 1e8": [99999999.0, 123456.789],
        "at 1e8": [1e8, 1e6],
        "beyond 1e16": [1e16, 1e17],
        "nan": [NAN, 1.0],
        "nan only": [NAN, NAN],
        "nan and long": [NAN, 1.2345678, -100.0],
        "inf": [INF, 1.0],
        "negative inf": [-INF, 1.0],
        "negative inf, short": [-INF, 0.0, 1.0],
        "no finite": [NAN, -INF, INF],
        "scientific with nan": [NAN, 1e-7, INF],
        "scientific with negative inf": [-INF, 1e-7, 1e5],
        "scientific negative": [-1.5e-6, 2e-5, 3.0],
        "long digits, scientific": [0.1, 1e-5, 1234.5678],
        "long digits": [123.456789, 0.123456789],
        "ties at eight places": [2.0**-9 * 5, 0.5 + 2.0**-9, 2.0**-9, 3 * 2.0**-9],
        "rounds up to one": [0.999999999999, 0.5],
        "carries": [9.9999999e-6, 99.99999999],
        "mixed signs": [-1.0, 22.5, -333.125, 0.0],
        "integers as floats": [1.0, -20.0, 300.0],
        "pi and e": [np.pi, -np.e],
    }
    for name, values in rows.items():
        for dtype in FLOATS:
            with np.errstate(over="ignore", under="ignore"):
                case(name, values, dtype)
        case(name, values, "bfloat16")
        with np.errstate(over="ignore"):
            pairs = np.array([complex(v, w) for v, w in zip(values, values[1:] + values[:1])])
            case(name, pairs, "complex128")
            case(name, pairs, "complex64")
    for name, values in {
        "denormals": [1e-45, 1.1754944e-38, 3e-40],
        "denormal and one": [1e-45, 1.0],
        "largest": [3.4028235e38, -3.4028235e38],
        "nextafter": [np.nextafter(np.float32(1), np.float32(2)), 1.0],
        "powers of two": list(2.0 ** np.arange(-20, 30, 7)),
    }.items():
        case(name, np.array(values, dtype="float32"), "float32")
    for name, values in {
        "denormals": [5e-324, 2.2250738585072014e-308],
        "denormal and one": [5e-324, 1.0],
        "three-digit exponents": [1e100, 1e-100],
        "three-digit exponents with nan": [1e100, NAN, -INF],
        "largest": [1.7976931348623157e308, -1.0],
        "powers of two": list(2.0 ** np.arange(-80, 90, 23)),
        "one third of everything": [1e-3 / 3, 1 / 3, 0.1 / 3],
    }.items():
        case(name, values, "float64")


def integers():
    for dtype in INTS:
        info = np.iinfo(dtype)
        case("extremes", np.array([info.min, 0, info.max], dtype=dtype), dtype)
        case("columns", np.array([[1, 20, 100], [0, 3, 44]], dtype=dtype), dtype)
        if info.min < 0:
            case("negative", np.array([-1, 10, -100], dtype=dtype), dtype)
    case("beyond 2^53", np.array([2**53 + 1, -(2**62) - 1], dtype="int64"), "int64")
    case("uint64 above 2^63", np.array([[2**63, 1], [2, 2**64 - 1]], dtype="uint64"), "uint64")
    for n in [18, 19, 25, 26, 37, 40]:
        case(f"wrapping {n}", np.arange(n) * 7, "int32")
    case("bools", [True, False], "bool")
    case("all true", [[True, True], [True, True]], "bool")
    case("wrapping bools", np.arange(30) % 3 == 0, "bool")


def strings():
    case("short", [b"a", b"bcd"], "string", variable=True)
    case("quotes", [b"it's", b'say "hi"', b"'\"", b"\\"], "string")
    case("escapes", [b"\n\t\r", b"\x00\x1f\x7f\x80\xff", "é水🙂".encode(), b""], "string")
    case("matrix", [[b"a", b"bb"], [b"\n", b" "]], "string")
    case("words that wrap", [b"w" * k for k in range(1, 30)], "string")
    case("longer than a line", [b"x" * 100, b"y", b"z" * 80], "string")
    case("spaces at line ends", [b" " * k for k in range(20)], "string")
    for v in [b"abc", b"it's", b'"\'', b"", b"\n", "é".encode(), b"x" * 100, b"\x00"]:
        case(f"scalar {v[:8]!r}", v, "string", ())


def wrapping():
    for n in range(1, 30, 2):
        case(f"random {n}", rng.uniform(size=n), "float32", variable=n in (1, 7, 13))
    for shape in [(2, 9), (3, 20), (2, 2, 12), (2, 3, 1, 11), (4, 13)]:
        case(f"random {shape}", rng.normal(size=shape), "float32")
        case(f"random {shape}", rng.normal(size=shape), "float64")
    for k in range(12):
        values = rng.normal(size=rng.integers(2, 14)) * 10.0 ** rng.integers(-12, 12)
        for dtype in ["float32", "float64"]:
            case(f"scaled {k}", values, dtype)
    for k in range(12):
        n = rng.integers(2, 12)
        values = rng.normal(size=n) * 10.0 ** rng.integers(-4, 5, size=n)
        values[rng.integers(n)] = [NAN, INF, -INF, 0.0][k % 4]
        for dtype in ["float32", "float64"]:
            case(f"mixed {k}", values, dtype)
    for k in range(6):
        values = rng.normal(size=(5, 4)) + 1j * rng.normal(size=(5, 4))
        for dtype in COMPLEX:
            case(f"random {k}", values * 10.0 ** (k - 3), dtype)
    case("bfloat16 wraps", np.arange(40) / 8, "bfloat16")
    case("bfloat16 random", rng.normal(size=(4, 13)) * 1000, "bfloat16")
    case("float16 random", rng.normal(size=(4, 13)), "float16")
    case("dtype on a line of its own", np.arange(17) * 111, "int32")
    case("dtype just fits", np.arange(9) * 1000 + 1000, "int32")
    for n in range(10, 16):
        case(f"near the end of the line {n}", np.arange(n) + 1000, "int16")


def options():
    values = [0.5, 1.5, 2.5, 1234.56789, -1e-3]
    for precision in [0, 1, 3, 12]:
        option_case(f"precision {precision}", values, "float64", {"precision": precision})
        option_case(f"precision {precision}", [0.5, 0.99999, 2.55555], "float32", {"precision": precision})
        option_case(f"precision {precision}", [1.23456789e-5 + 1j, 1], "complex128", {"precision": precision})
    small = [4e-10, 1e-9, 5e-9, 6e-9, -4e-10, 0.5, 100.0]
    option_case("suppress", small, "float64", {"suppress": True})
    option_case("suppress", [1e9, 1e-9], "float64", {"suppress": True})
    option_case("suppress", [1e-9, NAN, 5.0], "float32", {"suppress": True, "precision": 3})
    for width in [10, 20, 40, 200]:
        option_case(f"linewidth {width}", np.arange(30), "int32", {"linewidth": width})
        option_case(f"linewidth {width}", np.arange(30) / 8, "float32", {"linewidth": width}, (2, 3, 5))
    for edge in [0, 1, 2, 5]:
        option_case(f"edgeitems {edge}", np.arange(100), "int64", {"threshold": 20, "edgeitems": edge})
        option_case(f"edgeitems {edge}", np.arange(100), "float32", {"threshold": 20, "edgeitems": edge}, (4, 25))
    option_case("threshold 0", np.arange(20), "int32", {"threshold": 0})
    option_case("prefix", np.arange(60), "int32", {"prefix": "abc(", "separator": ",", "suffix": ")))"})
    option_case("prefix", np.arange(24) / 7, "float64", {"prefix": "array(", "separator": ", "}, (2, 3, 4))
    for value, dtype in [(3.0, "float64"), (0.1, "float32"), (-3, "int32"), (True, "bool"), (1e-9 + 3j, "complex128")]:
        option_case("0-d", value, dtype, {}, ())
    option_case("0-d", b"x ", "string", {}, ())


for record in [scalars, shapes, sizes, magnitudes, integers, strings, wrapping, options]:
    record()

shape_texts = []
for sizes_of in [[], [2], [2, 3], [None, 3], [None], None, [0], [1, 2, 3, 4]]:
    shape_texts.append({"shape": sizes_of, "text": str(tf.TensorShape(sizes_of))})

partial = tf.Variable([1.0, 2.0], shape=[None], name="w")
unranked = tf.Variable([1.0, 2.0], shape=tf.TensorShape(None), name="w")

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures", "printing.json")
with open(path, "w", encoding="utf-8") as f:
    head = {"tensorflow": tf.__version__, "numpy": np.__version__}
    f.write("{\n" + json.dumps(head)[1:-1] + ",\n")
    f.write('"shapes": ' + json.dumps(shape_texts) + ",\n")
    f.write('"partialVariable": ' + json.dumps(repr(partial)) + ",\n")
    f.write('"unrankedVariable": ' + json.dumps(repr(unranked)) + ",\n")
    f.write('"cases": [\n' + ",\n".join(json.dumps(c) for c in cases) + "\n]\n}\n")
print(f"{len(cases)} cases")
