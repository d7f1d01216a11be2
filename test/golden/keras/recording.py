"""Records layers of Keras: configs, weights, outputs, gradients. A script for each family writes fixtures/keras/layers/<family>.json."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from common import FIXTURES, encode, one_thread, seed_of, versions, write_lines  # noqa: E402

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

KERAS = os.path.join(FIXTURES, "keras")


class Spec:
    """An input that is drawn when a case runs, from the case's own seed."""

    def __init__(self, shape, draw):
        self.shape, self.draw = shape, draw


def x(*shape, low=None, high=None):
    """float32: normal, or uniform in [low, high)."""
    if low is None:
        return Spec(shape, lambda rng: rng.normal(size=shape).astype("float32"))
    return Spec(shape, lambda rng: rng.uniform(low, high, size=shape).astype("float32"))


def ints(*shape, high, low=0, dtype="int32"):
    return Spec(shape, lambda rng: rng.integers(low, high, size=shape).astype(dtype))


def bools(*shape):
    return Spec(shape, lambda rng: rng.integers(0, 2, size=shape).astype(bool))


def layer(make, *args, call=None, calls=1, gradients=True, exact_weights=False, double=True):
    """A case: `make()` gives the layer; it is called `calls` times with args (specs, arrays, or lists and dicts of them) and `call`,
    a dict of keyword arguments. Weights are moved off their initial values unless exact_weights. Without `double`, nothing is
    said of float64: where random numbers of it are others."""
    case = {"make": make, "args": args, "call": call or {}, "calls": calls, "gradients": gradients, "exact": exact_weights}
    return {**case, "double": double}


def drawn(structure, rng):
    if isinstance(structure, Spec):
        return structure.draw(rng)
    if isinstance(structure, dict):
        return {k: drawn(v, rng) for k, v in structure.items()}
    if isinstance(structure, (list, tuple)):
        return [drawn(v, rng) for v in structure]
    return structure


def convert(structure, to64=False):
    """Arrays as tensors; float32 as float64 if to64."""
    if isinstance(structure, np.ndarray):
        return tf.constant(structure.astype("float64") if to64 and structure.dtype == np.float32 else structure)
    if isinstance(structure, dict):
        return {k: convert(v, to64) for k, v in structure.items()}
    if isinstance(structure, list):
        return [convert(v, to64) for v in structure]
    return structure


def floats(structure):
    return [t for t in tf.nest.flatten(structure) if isinstance(t, tf.Tensor) and t.dtype.is_floating]


def cotangent(t):
    """What the gradients of an output are taken with: cos(0.7·i + 0.3) of the index of each element."""
    n = int(np.prod(t.shape))
    return tf.cast(tf.reshape(np.cos(np.arange(n) * 0.7 + 0.3), t.shape), t.dtype)


def move(made, rng):
    for w in made.weights:
        if not str(w.dtype).startswith("float"):
            continue
        noise = 0.2 * rng.normal(size=w.shape).astype("float32")
        value = w.numpy() + (np.abs(noise) if "variance" in w.name else noise)
        w.assign(value)


def run(made, args, call, calls, gradients):
    for _ in range(calls - 1):
        made(*args, **call)
    with tf.GradientTape() as tape:
        sources = floats([args, call])
        for t in sources:
            tape.watch(t)
        outputs = made(*args, **call)
        # A layer may hand back what it was given.
        results = tf.nest.flatten(outputs)
        loss = sum(tf.reduce_sum(t * cotangent(t)) for t in results if t.dtype.is_floating and not isinstance(t, tf.RaggedTensor))
    grads = None
    if gradients:
        wanted = sources + [w.value for w in made.trainable_weights]
        found = tape.gradient(loss, wanted)
        grads = [None if g is None else tf.convert_to_tensor(g) for g in found]
    masks = [keras.src.backend.get_keras_mask(t) for t in results]
    return results, grads, masks


def distances(results, doubles):
    return [
        0.0 if not r.dtype.is_floating else float(np.max(np.abs(np.asarray(r, "float64") - np.asarray(d)), initial=0.0))
        for r, d in zip(results, doubles)
    ]


def doubled(config):
    """A config with float64 as the dtype policy of the layers within, too."""
    if isinstance(config, dict):
        return "float64" if config.get("class_name") == "DTypePolicy" else {k: doubled(v) for k, v in config.items()}
    return [doubled(v) for v in config] if isinstance(config, list) else config


def in_double(made, weights, state, args, call, case):
    """The same in float64: outputs and gradients; None where Keras cannot."""
    try:
        config = doubled(made.get_config())
        config["dtype"] = "float64"
        twin = made.__class__.from_config(config)
        args64, call64 = convert(args, True), convert(call, True)
        build(twin, args, call, args64, call64)
        twin.set_weights([w.astype("float64") if w.dtype == np.float32 else w for w in weights])
        for v, value in zip(twin.variables, state):
            if "seed" in v.name:
                v.assign(value)
        return run(twin, args64, call64, case["calls"], case["gradients"])
    except Exception as error:  # noqa: BLE001
        print("  not in float64:", str(error)[:100])
        return None


def symbolic_inputs(a, whole=False):
    """KerasTensors in place of arrays; their first dimension varies unless `whole`."""
    if isinstance(a, np.ndarray):
        dtype = "string" if a.dtype.kind == "U" else str(a.dtype)
        return keras.Input(batch_shape=a.shape if whole else (None, *a.shape[1:]), dtype=dtype)
    if isinstance(a, dict):
        return {k: symbolic_inputs(v, whole) for k, v in a.items()}
    return [symbolic_inputs(v, whole) for v in a] if isinstance(a, list) else a


def symbolic(config, cls, args):
    """Shapes and dtypes of the results of symbolic inputs whose first dimension varies; None where Keras cannot say."""
    try:
        found = cls.from_config(config)(*symbolic_inputs(args))
        return [{"shape": list(t.shape), "dtype": keras.backend.standardize_dtype(t.dtype)} for t in tf.nest.flatten(found)]
    except Exception as error:  # noqa: BLE001
        print("  not symbolic:", str(error)[:100])
        return None


def build(made, args, call, tensors, keywords):
    """Without computing anything, so that states stay what they are; with a call where that fails."""
    try:
        made(*symbolic_inputs(args, True), **{k: v for k, v in call.items() if not isinstance(v, (np.ndarray, list))})
    except Exception:  # noqa: BLE001
        made(*tensors, **keywords)


def same(before, weights):
    return all(np.array_equal(a, w.numpy()) for a, w in zip(before, weights))


def record(family, index, case):
    keras.backend.clear_session()
    keras.utils.set_random_seed(index)
    rng = np.random.default_rng(seed_of(family, index))
    made = case["make"]()
    print(family, index, made.__class__.__name__)
    args, call = drawn(list(case["args"]), rng), drawn(case["call"], rng)
    config = made.get_config()
    tensors, keywords = convert(args), convert(call)
    build(made, args, call, tensors, keywords)
    if not case["exact"]:
        move(made, rng)
    weights = [np.asarray(w.numpy()) for w in made.weights]
    state = [v.numpy() * 1 for v in made.variables]
    results, grads, masks = run(made, tensors, keywords, case["calls"], case["gradients"])
    double = in_double(made, weights, state, args, call, case) if case["double"] else None
    row = {
        "config": keras.saving.serialize_keras_object(made),
        "args": encode(args),
        "call": encode(call),
        "calls": case["calls"],
        "weightNames": [w.path.split("/", 1)[-1] for w in made.weights],
        "weights": encode(weights),
        "outputs": encode(results),
        "weightsAfter": None if same(weights, made.weights) else encode([np.asarray(w.numpy()) for w in made.weights]),
        "losses": encode([tf.convert_to_tensor(v) for v in made.losses]),
        "masks": [None if m is None else encode(m) for m in masks],
        "symbolic": symbolic(config, made.__class__, args),
        "distance": None if double is None else distances(results, double[0]),
    }
    if case["gradients"]:
        row["gradients"] = encode(grads)
        if double is not None:
            pairs = [(g, d) for g, d in zip(grads, double[1])]
            row["gradientDistance"] = [
                0.0 if g is None or d is None else distances([g], [d])[0] for g, d in pairs
            ]
    return row


def record_layers(family, cases):
    one_thread()
    rows = [record(family, index, case) for index, case in enumerate(cases)]
    path = os.path.join(KERAS, "layers", f"{family}.json")
    size = write_lines(path, {"versions": versions()}, "cases", rows)
    print(f"{path}: {len(rows)} cases, {size} bytes")
