"""Metrics: fixtures/keras/metrics.json. Each case has the config, batches, the variables after each of them, and the results."""

import os

from losses import between, one_hot, probabilities
from recording import KERAS, bools, drawn, ints, x

import keras
import numpy as np
import tensorflow as tf
from common import encode, one_thread, seed_of, versions, write_lines
from keras import metrics as M


def case(cls, options, *batches, args=()):
    """`batches`: (labels, predictions), with weights and a mask of the predictions if there are any."""
    return {"cls": cls, "options": options, "args": args, "batches": batches}


def some(cls, truth, predicted, args=(), **options):
    """Without weights, with weights, with weights of another rank, with a mask."""
    n = predicted.shape[0]
    weights = lambda: x(n, low=0, high=2)  # noqa: E731
    return [
        case(cls, options, (truth, predicted), (truth, predicted, weights()), args=args),
        case(cls, {**options, "name": "mine"}, (truth, predicted, weights(), None), (truth, predicted), args=args),
    ]


def masked(cls, truth, predicted, **options):
    n = predicted.shape[0]
    return [
        case(cls, options, (truth, predicted, None, bools(n)), (truth, predicted, x(n, low=0, high=2), bools(n))),
        case(cls, {**options, "dtype": "float64"}, (truth, predicted), (truth, predicted, x(n, low=0, high=2))),
    ]


binary = (ints(6, 1, high=2), between(6, 1))
binary_labels = (ints(5, 3, high=2), between(5, 3))
# Predictions at thresholds, and outside [0, 1].
edges = (ints(8, high=2), np.array([0, 0.25, 0.5, 0.75, 1, 1.5, -0.5, 0.1], "float32"))
numbers = (x(4, 3), x(4, 3))
classes = (ints(6, high=4), probabilities(6, 4))
hot = (one_hot(6, 4), probabilities(6, 4))
pixels = (ints(2, 3, 3, high=3), ints(2, 3, 3, high=3))

CASES = [
    case(M.Mean, {}, (x(4),), (x(3, 2), x(3, low=0, high=2)), (np.float32(2),), (np.float32(3), np.float32(0.5))),
    case(M.Mean, {}, (x(3, 2), x(3, 1, low=0, high=2)), (x(3, 2), x(3, 2, low=0, high=2)), (x(4), x(1, low=0, high=2))),
    case(M.Mean, {}, (x(2, 3, 4), x(2, 3, low=0, high=2)), (x(2, 3, 4), np.float32(2))),
    case(M.Mean, {"name": "m", "dtype": "float64"}, (ints(4, high=9),), (x(4),)),
    case(M.Sum, {}, (x(4),), (x(3, 2), x(3, low=0, high=2)), (x(3, 2), x(3, 2, low=0, high=2)), (np.float32(2),)),
    *some(M.Accuracy, ints(6, high=2), ints(6, high=2)),
    case(M.Accuracy, {}, (ints(6, high=2), x(6, 1, low=0, high=2)), (ints(2, 3, high=2), ints(2, 3, high=2), x(2, low=0, high=2))),
    *some(M.BinaryAccuracy, *binary),
    *masked(M.BinaryAccuracy, *binary_labels, threshold=0.3),
    case(M.BinaryAccuracy, {}, (ints(6, high=2), between(6, 1)), (bools(6, 1), between(6, 1))),
    *some(M.CategoricalAccuracy, *hot),
    *masked(M.CategoricalAccuracy, *hot),
    case(M.CategoricalAccuracy, {}, (one_hot(2, 3, 4), x(2, 3, 4), x(2, 3, low=0, high=2)), (one_hot(2, 3, 4), x(2, 3, 4))),
    *some(M.SparseCategoricalAccuracy, *classes),
    *masked(M.SparseCategoricalAccuracy, *classes),
    case(M.SparseCategoricalAccuracy, {}, (ints(6, 1, high=4), x(6, 4)), (ints(2, 3, high=4), x(2, 3, 4), x(2, low=0, high=2))),
    case(M.SparseCategoricalAccuracy, {}, (ints(2, 3, 1, high=4), x(2, 3, 4)), (x(3, low=0, high=3), x(3, 4))),
    *some(M.TopKCategoricalAccuracy, *hot, k=2),
    case(M.TopKCategoricalAccuracy, {}, (one_hot(2, 3, 7), x(2, 3, 7)), (one_hot(3, 7), x(3, 7))),
    *some(M.SparseTopKCategoricalAccuracy, *classes, k=2),
    case(M.SparseTopKCategoricalAccuracy, {}, (ints(2, 3, high=7), x(2, 3, 7)), (ints(3, high=7), x(3, 7))),
    case(M.SparseTopKCategoricalAccuracy, {"k": 2, "from_sorted_ids": True}, (ints(5, high=4), ints(5, 3, high=4))),
    *some(M.MeanSquaredError, *numbers),
    *masked(M.MeanSquaredError, *numbers),
    case(M.MeanSquaredError, {}, (x(4), x(4, 1)), (ints(4, high=3), x(4))),
    *some(M.RootMeanSquaredError, *numbers),
    case(M.RootMeanSquaredError, {"dtype": "float64"}, (x(4), x(4, 1)), (x(4, 3), x(4, 3), x(4, 3, low=0, high=1))),
    *some(M.MeanAbsoluteError, *numbers),
    *some(M.MeanAbsolutePercentageError, *numbers),
    *some(M.MeanSquaredLogarithmicError, x(4, 3, low=0, high=5), x(4, 3, low=0, high=5)),
    *some(M.LogCoshError, *numbers),
    *some(M.CosineSimilarity, *numbers),
    case(M.CosineSimilarity, {"axis": 1}, (x(2, 3, 4), x(2, 3, 4))),
    *some(M.Hinge, ints(4, 3, high=2), x(4, 3)),
    *some(M.SquaredHinge, ints(4, 3, high=2), x(4, 3)),
    *some(M.CategoricalHinge, one_hot(4, 3), x(4, 3)),
    *some(M.KLDivergence, probabilities(4, 3), probabilities(4, 3)),
    *some(M.Poisson, x(4, 3, low=0, high=5), x(4, 3, low=0.1, high=5)),
    *some(M.BinaryCrossentropy, *binary_labels),
    case(M.BinaryCrossentropy, {"from_logits": True, "label_smoothing": 0.2}, (ints(4, 3, high=2), x(4, 3))),
    *some(M.CategoricalCrossentropy, *hot),
    case(M.CategoricalCrossentropy, {"from_logits": True, "label_smoothing": 0.2, "axis": 1}, (one_hot(2, 3, 3), x(2, 3, 3))),
    *some(M.SparseCategoricalCrossentropy, *classes),
    case(
        M.SparseCategoricalCrossentropy,
        {"from_logits": True, "ignore_class": 1},
        (ints(6, high=4), x(6, 4)),
        (ints(6, high=4), x(6, 4), x(6, low=0, high=2)),
    ),
    *some(M.PearsonCorrelation, x(4, 5), x(4, 5)),
    case(M.PearsonCorrelation, {"axis": 0}, (x(4, 3), x(4, 3))),
    *some(M.ConcordanceCorrelation, x(4, 5), x(4, 5)),
    case(M.ConcordanceCorrelation, {"axis": 0}, (x(4, 3), x(4, 3))),
]
for counts in (M.FalsePositives, M.FalseNegatives, M.TrueNegatives, M.TruePositives):
    CASES += [
        *some(counts, *binary_labels),
        case(counts, {"thresholds": 0.25}, edges, (*edges, x(8, low=0, high=2))),
        case(counts, {"thresholds": [0.1, 0.6]}, binary, (*binary_labels, x(5, 3, low=0, high=2))),
        case(counts, {"thresholds": [0.0, 0.25, 0.5, 0.75, 1.0]}, edges, (*edges, x(8, low=0, high=2))),
    ]
for share in (M.Precision, M.Recall):
    CASES += [
        *some(share, *binary_labels),
        case(share, {"thresholds": [0.2, 0.5, 0.7]}, edges, (*edges, x(8, low=0, high=2))),
        case(share, {"thresholds": [0.0, 0.5, 1.0]}, edges, (*edges, x(8, low=0, high=2))),
        case(share, {"top_k": 2}, (ints(5, 4, high=2), x(5, 4)), (ints(5, 4, high=2), x(5, 4), x(5, low=0, high=2))),
        case(share, {"top_k": 2, "class_id": 1}, (ints(5, 4, high=2), x(5, 4))),
        case(share, {"class_id": 2, "thresholds": 0.4}, (ints(5, 3, high=2), between(5, 3), x(5, low=0, high=2))),
        case(share, {"dtype": "float64"}, binary),
        case(share, {}, (ints(2, 3, 2, high=2), between(2, 3, 2), x(2, 3, low=0, high=2))),
        case(share, {}, (np.zeros((3, 1), "float32"), np.zeros((3, 1), "float32"))),
    ]
for at in (M.SensitivityAtSpecificity, M.SpecificityAtSensitivity, M.PrecisionAtRecall, M.RecallAtPrecision):
    CASES += [
        *some(at, ints(12, high=2), between(12), args=(0.5,), num_thresholds=9),
        case(at, {"num_thresholds": 1}, (ints(12, high=2), between(12)), args=(0.4,)),
        case(at, {"num_thresholds": 2}, (ints(12, high=2), between(12)), args=(0.4,)),
        case(at, {"num_thresholds": 5, "class_id": 1}, (ints(5, 3, high=2), between(5, 3)), args=(0.3,)),
        case(at, {}, edges, args=(1.0,)),
    ]
for curve in ("ROC", "PR", "PRGAIN"):
    CASES += [
        case(M.AUC, {"curve": curve, "summation_method": method, "num_thresholds": 11}, (ints(20, high=2), between(20)), edges)
        for method in ("interpolation", "majoring", "minoring")
    ]
    CASES += [
        case(M.AUC, {"curve": curve, "thresholds": [0.7, 0.1, 0.3]}, edges, (*edges, x(8, low=0, high=2))),
        case(M.AUC, {"curve": curve, "thresholds": [0.25, 0.5, 0.75]}, edges),
        case(M.AUC, {"curve": curve, "multi_label": True, "num_labels": 3, "num_thresholds": 6}, binary_labels),
        case(
            M.AUC,
            {"curve": curve, "multi_label": True, "label_weights": [0.5, 1.0, 2.0], "num_thresholds": 6},
            binary_labels,
            (*binary_labels, x(5, low=0, high=2)),
        ),
    ]
CASES += [
    case(M.AUC, {"num_thresholds": 2}, edges),
    case(M.AUC, {"from_logits": True, "num_thresholds": 8}, (ints(9, high=2), x(9))),
    case(M.AUC, {"num_thresholds": 5, "multi_label": True, "thresholds": [0.3, 0.4]}, binary_labels, (*binary_labels, x(5, low=0, high=2))),
    case(M.AUC, {"label_weights": [0.5, 1.0, 2.0], "num_thresholds": 6}, binary_labels, (*binary_labels, x(5, low=0, high=2))),
    case(M.AUC, {"label_weights": [0.5, 1.0, 2.0], "thresholds": [0.2, 0.9]}, binary_labels),
    case(M.AUC, {"num_thresholds": 6, "name": "area"}, binary, binary),
]
for average in (None, "micro", "macro", "weighted"):
    CASES += [
        *some(M.F1Score, *binary_labels, average=average, threshold=0.5),
        case(M.FBetaScore, {"average": average, "beta": 2.0}, hot, (*hot, x(6, low=0, high=2))),
    ]
CASES += [
    case(M.F1Score, {}, (np.array([[1, 1], [0, 1]], "float32"), np.array([[0.5, 0.5], [0, 0]], "float32"))),
    case(M.FBetaScore, {"beta": 0.5, "threshold": 0.9, "dtype": "float64"}, hot),
    case(M.IoU, {}, pixels, (*pixels, ints(2, 3, 3, high=3)), args=(3, [0, 2])),
    case(M.IoU, {"ignore_class": 1, "dtype": "float32"}, (*pixels, x(2, 3, 3, low=0, high=2)), args=(3, [0, 1])),
    case(M.IoU, {"sparse_y_true": False, "sparse_y_pred": False}, (one_hot(4, 3), x(4, 3)), args=(3, [1])),
    case(M.BinaryIoU, {}, (ints(2, 5, high=2), between(2, 5)), (ints(4, high=2), between(4), ints(4, high=3))),
    case(M.BinaryIoU, {"target_class_ids": [1], "threshold": 0.3}, (ints(2, 5, high=2), between(2, 5))),
    case(M.MeanIoU, {}, pixels, (ints(4, high=3), np.array([0, 2, 5, -1], "int32")), args=(3,)),
    case(M.MeanIoU, {"ignore_class": 0}, pixels, args=(3,)),
    case(M.MeanIoU, {}, (np.zeros(3, "int32"), np.zeros(3, "int32")), args=(4,)),
    case(M.MeanIoU, {"sparse_y_pred": False, "dtype": "float32"}, (ints(4, high=3), x(4, 3), x(4, low=0, high=2)), args=(3,)),
    case(M.OneHotIoU, {}, (one_hot(2, 4, 3), x(2, 4, 3)), args=(3, [0, 2])),
    case(M.OneHotIoU, {"sparse_y_pred": True, "ignore_class": 1}, (one_hot(5, 3), ints(5, high=3)), args=(3, [0, 2])),
    case(M.OneHotMeanIoU, {}, (one_hot(2, 4, 3), x(2, 4, 3)), (one_hot(2, 4, 3), x(2, 4, 3), ints(2, 4, high=3)), args=(3,)),
    case(M.OneHotMeanIoU, {"sparse_y_pred": True}, (one_hot(5, 3), ints(5, high=3)), args=(3,)),
    *some(M.R2Score, *numbers),
    case(M.R2Score, {"class_aggregation": None}, numbers, (*numbers, x(4, 3, low=0, high=2))),
    case(M.R2Score, {"class_aggregation": "variance_weighted_average"}, numbers, (*numbers, np.float32(0.5))),
    case(M.R2Score, {"num_regressors": 2}, numbers),
    case(M.R2Score, {"num_regressors": 50}, numbers),
    case(M.R2Score, {}, (np.ones((3, 2), "float32"), x(3, 2))),
]


def record(index, spec):
    keras.backend.clear_session()
    rng = np.random.default_rng(seed_of("metrics", index))
    metric = spec["cls"](*spec["args"], **spec["options"])
    config = keras.saving.serialize_keras_object(metric)
    lost = {k: v for k, v in spec["options"].items() if k not in config["config"]}
    batches = []
    for batch in spec["batches"]:
        args = drawn(list(batch), rng)
        row = {"args": [None if a is None else encode(np.asarray(a)) for a in args[:3]], "mask": None}
        tensors = [None if a is None else tf.constant(a) for a in args[:3]]
        if len(args) == 4 and args[3] is not None:
            row["mask"] = encode(args[3])
            keras.src.backend.set_keras_mask(tensors[1], tf.constant(args[3]))
        metric.update_state(*tensors)
        row["variables"] = encode([tf.convert_to_tensor(v) for v in metric.variables])
        row["result"] = encode(tf.convert_to_tensor(metric.result()))
        batches.append(row)
    names = [v.path for v in metric.variables]
    metric.reset_state()
    return {
        "config": plain(config),
        "lost": encode(lost),
        "variableNames": names,
        "batches": batches,
        "afterReset": encode([tf.convert_to_tensor(v) for v in metric.variables]),
    }


def plain(value):
    """NumPy's numbers as Python's."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value.item() if isinstance(value, np.generic) else value


if __name__ == "__main__":
    one_thread()
    rows = [record(i, spec) for i, spec in enumerate(CASES)]
    size = write_lines(os.path.join(KERAS, "metrics.json"), {"versions": versions()}, "cases", rows)
    print(f"metrics.json: {len(rows)} cases, {size} bytes")
