"""Losses: fixtures/keras/losses.json. Each case has the config, labels, predictions, weights, the mask, the value and its gradient."""

import os

from recording import KERAS, Spec, bools, cotangent, distances, drawn, ints, x

import keras
import numpy as np
import tensorflow as tf
from common import encode, one_thread, seed_of, versions, write_lines
from keras import losses


def probabilities(*shape):
    """Positive, of sum 1 along the last axis."""

    def draw(rng):
        e = np.exp(rng.normal(size=shape))
        return (e / e.sum(-1, keepdims=True)).astype("float32")

    return Spec(shape, draw)


def one_hot(*shape):
    """One 1 along the last axis."""
    return Spec(shape, lambda rng: np.eye(shape[-1], dtype="float32")[rng.integers(0, shape[-1], size=shape[:-1])])


def unit(*shape):
    """Vectors of length 1."""

    def draw(rng):
        v = rng.normal(size=shape)
        return (v / np.sqrt((v * v).sum(-1, keepdims=True))).astype("float32")

    return Spec(shape, draw)


def between(*shape):
    return x(*shape, low=0.05, high=0.95)


def case(cls, options, truth, predicted, weight=None, mask=None, activation=None):
    """`options` are the constructor's; `activation`, of keras.activations, makes the predictions from `predicted`."""
    return {"cls": cls, "options": options, "args": [truth, predicted, weight, mask], "activation": activation}


def everywhere(cls, truth, predicted, **options):
    """Each reduction, weights of each rank, a mask, a last dimension of size 1."""
    n, m = truth.shape[0], truth.shape[1]
    return [
        case(cls, options, truth, predicted),
        case(cls, {**options, "reduction": "sum", "name": "mine"}, truth, predicted, x(n, low=0, high=2)),
        case(cls, {**options, "reduction": "none"}, truth, predicted, x(n, 1, low=0, high=2)),
        case(cls, {**options, "reduction": None}, truth, predicted, mask=bools(n)),
        case(cls, {**options, "reduction": "mean"}, truth, predicted, x(n, low=0, high=2), bools(n)),
        case(cls, {**options, "reduction": "mean_with_sample_weight"}, truth, predicted, x(n, low=0, high=2), bools(n)),
        case(cls, {**options, "reduction": "sum"}, truth, predicted, x(n, low=0, high=2), bools(n)),
        case(cls, {**options, "dtype": "float64"}, truth, predicted),
    ]


def few(cls, truth, predicted, **options):
    n = truth.shape[0]
    return [
        case(cls, options, truth, predicted),
        case(cls, {**options, "reduction": "none"}, truth, predicted, x(n, low=0, high=2)),
        case(cls, options, truth, predicted, mask=bools(n)),
    ]


L = losses
zeros_and_ones = ints(4, 3, high=2)
CASES = [
    *everywhere(L.MeanSquaredError, x(4, 3), x(4, 3)),
    case(L.MeanSquaredError, {}, x(5), x(5, 1)),
    case(L.MeanSquaredError, {}, x(5, 1), x(5)),
    case(L.MeanSquaredError, {"reduction": "none"}, x(2, 3, 1), x(2, 3), x(2, 1)),
    case(L.MeanSquaredError, {}, x(2, 3, 4), x(2, 3, 4), x(2, 3, low=0, high=2), bools(2, 3)),
    case(L.MeanSquaredError, {}, x(2, 3, 4), x(2, 3, 4), np.float32(0.5)),
    case(L.MeanSquaredError, {}, x(2, 3, 4), x(2, 3, 4), ints(1, 3, high=3)),
    case(L.MeanSquaredError, {"reduction": "mean_with_sample_weight"}, x(3, 2), x(3, 2), np.zeros(3, "float32")),
    case(L.MeanSquaredError, {}, x(3, 2), x(3, 2), mask=np.zeros(3, bool)),
    case(L.MeanSquaredError, {}, ints(3, 2, high=5), ints(3, 2, high=5)),
    case(L.MeanSquaredError, {}, bools(3, 2), x(3, 2)),
    case(L.MeanSquaredError, {}, x(1, 2), x(1, 2)),
    case(L.MeanSquaredError, {}, x(0, 2), x(0, 2)),
    case(L.MeanSquaredError, {"dtype": "float16"}, x(3, 2), x(3, 2)),
    case(L.MeanSquaredError, {"dtype": "bfloat16", "reduction": "none"}, x(3, 2), x(3, 2)),
    *few(L.MeanAbsoluteError, x(4, 3), x(4, 3)),
    *few(L.MeanAbsolutePercentageError, x(4, 3), x(4, 3)),
    case(L.MeanAbsolutePercentageError, {}, np.array([[0, 1], [2, 0]], "float32"), x(2, 2)),
    *few(L.MeanSquaredLogarithmicError, x(4, 3, low=-0.5, high=5), x(4, 3, low=-0.5, high=5)),
    *few(L.CosineSimilarity, x(4, 3), x(4, 3)),
    case(L.CosineSimilarity, {"axis": 1}, x(4, 3, 2), x(4, 3, 2)),
    case(L.CosineSimilarity, {}, np.zeros((2, 3), "float32"), x(2, 3)),
    *few(L.Huber, x(4, 3), x(4, 3)),
    case(L.Huber, {"delta": 0.4}, x(4, 3), x(4, 3)),
    *few(L.LogCosh, x(4, 3), x(4, 3)),
    case(L.LogCosh, {}, x(4, 3), np.full((4, 3), 80, "float32")),
    *few(L.Hinge, zeros_and_ones, x(4, 3)),
    case(L.Hinge, {}, np.array([[-1, 1], [1, 1]], "float32"), x(2, 2)),
    case(L.Hinge, {}, np.array([[0.5, 0], [1, 1]], "float32"), x(2, 2)),
    *few(L.SquaredHinge, zeros_and_ones, x(4, 3)),
    *few(L.CategoricalHinge, one_hot(4, 3), x(4, 3)),
    *few(L.KLDivergence, probabilities(4, 3), probabilities(4, 3)),
    case(L.KLDivergence, {}, one_hot(4, 3), one_hot(4, 3)),
    *few(L.Poisson, x(4, 3, low=0, high=5), x(4, 3, low=0, high=5)),
    *few(L.BinaryCrossentropy, zeros_and_ones, between(4, 3)),
    case(L.BinaryCrossentropy, {"from_logits": True, "label_smoothing": 0.1}, zeros_and_ones, x(4, 3)),
    case(L.BinaryCrossentropy, {"from_logits": True}, zeros_and_ones, np.zeros((4, 3), "float32")),
    case(L.BinaryCrossentropy, {"axis": 0}, zeros_and_ones, between(4, 3)),
    case(L.BinaryCrossentropy, {"axis": [0, 1]}, zeros_and_ones, between(4, 3)),
    case(L.BinaryCrossentropy, {}, zeros_and_ones, np.array([[0, 1, 0.5]] * 4, "float32")),
    case(L.BinaryCrossentropy, {}, zeros_and_ones, x(4, 3), activation="sigmoid"),
    case(L.BinaryCrossentropy, {}, ints(4, high=2), between(4, 1)),
    case(L.BinaryCrossentropy, {}, ints(4, high=2), x(4, 1), activation="sigmoid"),
    *few(L.BinaryFocalCrossentropy, zeros_and_ones, between(4, 3)),
    case(L.BinaryFocalCrossentropy, {"from_logits": True, "gamma": 1.5}, zeros_and_ones, x(4, 3)),
    case(
        L.BinaryFocalCrossentropy,
        {"apply_class_balancing": True, "alpha": 0.7, "label_smoothing": 0.2, "axis": 0},
        zeros_and_ones,
        between(4, 3),
    ),
    case(L.BinaryFocalCrossentropy, {}, zeros_and_ones, x(4, 3), activation="sigmoid"),
    *few(L.CategoricalCrossentropy, one_hot(4, 3), probabilities(4, 3)),
    case(L.CategoricalCrossentropy, {"from_logits": True, "label_smoothing": 0.3}, one_hot(4, 3), x(4, 3)),
    case(L.CategoricalCrossentropy, {"label_smoothing": 0.3}, one_hot(4, 3), between(4, 3)),
    case(L.CategoricalCrossentropy, {"axis": 1, "from_logits": True}, one_hot(2, 3, 4), x(2, 3, 4)),
    case(L.CategoricalCrossentropy, {"axis": 1}, one_hot(2, 3, 4), between(2, 3, 4)),
    case(L.CategoricalCrossentropy, {}, one_hot(4, 3), x(4, 3), activation="softmax"),
    case(L.CategoricalCrossentropy, {}, one_hot(2, 3, 4), x(2, 3, 4), x(2, 3, low=0, high=2), activation="softmax"),
    *few(L.CategoricalFocalCrossentropy, one_hot(4, 3), probabilities(4, 3)),
    case(
        L.CategoricalFocalCrossentropy,
        {"from_logits": True, "gamma": 1.0, "alpha": 0.6, "label_smoothing": 0.1},
        one_hot(4, 3),
        x(4, 3),
    ),
    case(L.CategoricalFocalCrossentropy, {"alpha": [0.2, 0.3, 0.5]}, one_hot(4, 3), probabilities(4, 3)),
    case(L.CategoricalFocalCrossentropy, {"axis": 1}, one_hot(2, 3, 4), between(2, 3, 4)),
    *few(L.SparseCategoricalCrossentropy, ints(4, high=3), probabilities(4, 3)),
    case(L.SparseCategoricalCrossentropy, {"from_logits": True}, ints(4, 1, high=3), x(4, 3)),
    case(L.SparseCategoricalCrossentropy, {"from_logits": True, "axis": 2}, ints(2, 3, high=4), x(2, 3, 4), x(2, 1, low=0, high=2)),
    case(L.SparseCategoricalCrossentropy, {}, ints(4, high=3), x(4, 3), activation="softmax"),
    case(L.SparseCategoricalCrossentropy, {"ignore_class": 0}, ints(8, high=3), probabilities(8, 3)),
    case(L.SparseCategoricalCrossentropy, {"ignore_class": -1}, np.array([0, -1, 2, -1], "int32"), probabilities(4, 3)),
    case(
        L.SparseCategoricalCrossentropy,
        {"ignore_class": 255, "from_logits": True, "reduction": "none"},
        np.array([[0, 255, 2], [255, 1, 1]], "int32"),
        x(2, 3, 4),
        x(2, 3, low=0, high=2),
        bools(2, 3),
    ),
    case(L.SparseCategoricalCrossentropy, {"ignore_class": 1}, ints(6, high=3), x(6, 3), activation="softmax"),
    *few(L.Dice, bools(4, 3), between(4, 3))[:1],
    case(L.Dice, {"axis": (1, 2)}, ints(2, 3, 2, high=2), between(2, 3, 2), x(2, low=0, high=2)),
    case(L.Dice, {"axis": 1, "reduction": "none"}, ints(2, 3, high=2), between(2, 3)),
    case(L.Tversky, {}, ints(4, 3, high=2), between(4, 3)),
    case(L.Tversky, {"alpha": 0.2, "beta": 0.9, "axis": (1, 2)}, ints(2, 3, 2, high=2), between(2, 3, 2)),
    case(L.Circle, {}, np.array([0, 1, 0, 1, 2, 2], "int32"), unit(6, 4)),
    case(L.Circle, {"gamma": 10.0, "margin": 0.25, "remove_diagonal": False, "reduction": "sum"}, ints(5, high=2), unit(5, 3)),
    case(L.Circle, {"gamma": 2.0, "reduction": "none"}, np.array([0, 1, 0, 1], "int32"), unit(4, 4), x(4, low=0, high=2)),
    case(L.CategoricalGeneralizedCrossEntropy, {}, ints(4, high=3), probabilities(4, 3)),
    case(L.CategoricalGeneralizedCrossEntropy, {"q": 0.8, "reduction": "none"}, ints(4, high=3), probabilities(4, 3), x(4)),
    case(L.CTC, {}, np.array([[1, 2, 0], [3, 3, 1], [2, 0, 0]], "int32"), x(3, 6, 4)),
    case(L.CTC, {"reduction": "none"}, np.array([[1, 2], [0, 0]], "int32"), x(2, 5, 3), x(2, low=0, high=2)),
]


def run(loss, truth, predicted, weight, mask, activation):
    p = tf.constant(predicted)
    with tf.GradientTape() as tape:
        tape.watch(p)
        if activation is not None:
            q = keras.activations.get(activation)(p)
        else:
            q = tf.identity(p)
        if mask is not None:
            keras.src.backend.set_keras_mask(q, tf.constant(mask))
        value = loss(truth, q, sample_weight=weight)
        total = tf.reduce_sum(value * cotangent(value))
    gradient = tape.gradient(total, p) if p.dtype.is_floating else None
    return value, gradient


def to64(a):
    return a.astype("float64") if isinstance(a, np.ndarray) and a.dtype == np.float32 else a


def record(index, spec):
    keras.backend.clear_session()
    rng = np.random.default_rng(seed_of("losses", index))
    args = drawn(list(spec["args"]), rng)
    loss = spec["cls"](**spec["options"])
    config = keras.saving.serialize_keras_object(loss)
    # What Keras's config lacks.
    lost = {k: v for k, v in spec["options"].items() if k not in config["config"]}
    value, gradient = run(loss, *args, spec["activation"])
    twin = spec["cls"](**{**spec["options"], "dtype": "float64"})
    exact = run(twin, *[to64(a) for a in args], spec["activation"])
    row = {
        "config": config,
        "lost": encode(lost),
        "yTrue": encode(args[0]),
        "yPred": encode(args[1]),
        "sampleWeight": None if args[2] is None else encode(np.asarray(args[2])),
        "mask": None if args[3] is None else encode(args[3]),
        "activation": spec["activation"],
        "value": encode(value),
        "distance": distances([value], [exact[0]])[0],
        "gradient": None if gradient is None else encode(gradient),
    }
    if gradient is not None:
        row["gradientDistance"] = distances([gradient], [exact[1]])[0]
    return row


if __name__ == "__main__":
    one_thread()
    rows = [record(i, spec) for i, spec in enumerate(CASES)]
    size = write_lines(os.path.join(KERAS, "losses.json"), {"versions": versions()}, "cases", rows)
    print(f"losses.json: {len(rows)} cases, {size} bytes")
