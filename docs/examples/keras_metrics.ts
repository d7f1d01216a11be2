/** Examples of the metrics of tf.keras, a paragraph for each class: see scripts/docs/examples.mjs. */

// tf.keras.metrics.Metric
class Largest extends tf.keras.metrics.Metric {
  largest = this.addVariable({ shape: [], name: 'largest' });
  updateState(yTrue, yPred) {
    this.largest.assign(tf.maximum(this.largest, tf.reduceMax(tf.abs(tf.subtract(yTrue, yPred)))));
  }
  result() {
    return this.largest.read();
  }
}
const metric = new Largest();
metric.updateState([1, 2], [1.5, 2]);
metric.updateState([3], [5]);
metric.result();

// Metrics collect batches; the result is that of all since resetState.
const mean = new tf.keras.metrics.Mean();
mean.updateState([1, 3]);
mean.updateState([5, 7]);
mean.result();

const sum = new tf.keras.metrics.Sum();
sum.updateState([1, 3, 5]);
sum.result();

// tf.keras.metrics.MeanMetricWrapper
const worst = (yTrue, yPred) => tf.reduceMax(tf.abs(tf.subtract(yTrue, yPred)), { axis: -1 });
const metric = new tf.keras.metrics.MeanMetricWrapper(worst, { name: 'worst' });
metric([[1, 2], [3, 4]], [[1, 2.5], [5, 4]]);

const accuracy = new tf.keras.metrics.Accuracy(); // labels are compared
accuracy([1, 2, 3, 4], [0, 2, 3, 4]);

const accuracy = new tf.keras.metrics.BinaryAccuracy({ threshold: 0.5 });
accuracy([[1], [1], [0], [0]], [[0.9], [0.3], [0.1], [0.6]]);

const accuracy = new tf.keras.metrics.CategoricalAccuracy();
accuracy([[0, 0, 1], [0, 1, 0]], [[0.1, 0.1, 0.8], [0.05, 0, 0.95]]);

const accuracy = new tf.keras.metrics.SparseCategoricalAccuracy();
accuracy([2, 1], [[0.1, 0.1, 0.8], [0.05, 0, 0.95]]);

const top2 = new tf.keras.metrics.TopKCategoricalAccuracy({ k: 2 });
top2([[0, 0, 1], [0, 1, 0]], [[0.1, 0.5, 0.4], [0.6, 0.1, 0.3]]);

const top2 = new tf.keras.metrics.SparseTopKCategoricalAccuracy({ k: 2 });
top2([2, 1], [[0.1, 0.5, 0.4], [0.6, 0.1, 0.3]]);

const metric = new tf.keras.metrics.BinaryCrossentropy();
metric([[0], [1]], [[0.2], [0.7]]);

const metric = new tf.keras.metrics.CategoricalCrossentropy({ fromLogits: true });
metric([[0, 1]], [[0, 2]]);

const metric = new tf.keras.metrics.SparseCategoricalCrossentropy({ fromLogits: true });
metric([1], [[0, 2]]);

const metric = new tf.keras.metrics.MeanSquaredError();
metric([[0, 1], [0, 0]], [[1, 1], [0, 0]]);

const metric = new tf.keras.metrics.RootMeanSquaredError();
metric([0, 1, 0, 0], [1, 1, 0, 0]);

const metric = new tf.keras.metrics.MeanAbsoluteError();
metric([[0, 1], [0, 0]], [[1, 1], [0, 0]]);

const metric = new tf.keras.metrics.MeanAbsolutePercentageError();
metric([[2, 1]], [[1, 1.5]]);

const metric = new tf.keras.metrics.MeanSquaredLogarithmicError();
metric([[10, 100]], [[20, 200]]);

const metric = new tf.keras.metrics.LogCoshError();
metric([[0, 1]], [[0.5, 4]]);

const metric = new tf.keras.metrics.Poisson();
metric([[2, 0]], [[1.5, 0.5]]);

const metric = new tf.keras.metrics.KLDivergence();
metric([[0.5, 0.5]], [[0.9, 0.1]]);

const metric = new tf.keras.metrics.CosineSimilarity(); // 1: the same direction
metric([[0, 1], [1, 1]], [[0, 2], [1, -1]]);

const metric = new tf.keras.metrics.Hinge();
metric([[-1], [1]], [[-0.6], [0.4]]);

const metric = new tf.keras.metrics.SquaredHinge();
metric([[-1], [1]], [[-0.6], [0.4]]);

const metric = new tf.keras.metrics.CategoricalHinge();
metric([[0, 1], [1, 0]], [[0.6, 0.4], [0.4, 0.6]]);

const r2 = new tf.keras.metrics.R2Score();
r2([[1], [4], [3]], [[2], [4], [4]]);

const metric = new tf.keras.metrics.PearsonCorrelation();
metric([[0, 1, 0.5], [1, 1, 0.2]], [[0.1, 0.9, 1], [1, 0.9, 0.2]]);

const metric = new tf.keras.metrics.ConcordanceCorrelation();
metric([[0, 1, 0.5], [1, 1, 0.2]], [[0.1, 0.9, 1], [1, 0.9, 0.2]]);

const count = new tf.keras.metrics.TruePositives();
count([0, 1, 1, 1], [1, 0, 1, 1]);

const count = new tf.keras.metrics.TrueNegatives();
count([0, 1, 0, 0], [1, 1, 0, 0]);

const count = new tf.keras.metrics.FalsePositives({ thresholds: [0.3, 0.7] });
count([0, 0, 1], [0.5, 0.9, 0.8]);

const count = new tf.keras.metrics.FalseNegatives();
count([0, 1, 1, 1], [0, 1, 0, 0]);

const precision = new tf.keras.metrics.Precision();
precision([0, 1, 1, 1], [1, 0, 1, 1]);

const recall = new tf.keras.metrics.Recall();
recall([0, 1, 1, 1], [1, 0, 1, 1]);

const auc = new tf.keras.metrics.AUC({ numThresholds: 200, curve: 'ROC' });
auc([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]);

// The best precision of all thresholds with a recall of at least 0.5; the others likewise.
const metric = new tf.keras.metrics.PrecisionAtRecall(0.5);
metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]);

const metric = new tf.keras.metrics.RecallAtPrecision(0.6);
metric([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]);

const metric = new tf.keras.metrics.SensitivityAtSpecificity(0.5);
metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]);

const metric = new tf.keras.metrics.SpecificityAtSensitivity(0.5);
metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]);

const f1 = new tf.keras.metrics.F1Score({ threshold: 0.5 }); // one value for each class
f1([[1, 1, 1], [1, 0, 0], [1, 1, 0]], [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0]]);

const f2 = new tf.keras.metrics.FBetaScore({ beta: 2, threshold: 0.5, average: 'macro' });
f2([[1, 1, 1], [1, 0, 0], [1, 1, 0]], [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0]]);

const iou = new tf.keras.metrics.IoU(2, [0]);
iou([0, 0, 1, 1], [0, 1, 0, 1]);

const iou = new tf.keras.metrics.BinaryIoU({ targetClassIds: [0, 1], threshold: 0.3 });
iou([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7]);

const iou = new tf.keras.metrics.MeanIoU(2);
iou([0, 0, 1, 1], [0, 1, 0, 1]);

const iou = new tf.keras.metrics.OneHotIoU(3, [0, 2]);
iou([[0, 0, 1], [1, 0, 0]], [[0.2, 0.3, 0.5], [0.1, 0.2, 0.7]]);

const iou = new tf.keras.metrics.OneHotMeanIoU(3);
iou([[0, 0, 1], [1, 0, 0]], [[0.2, 0.3, 0.5], [0.1, 0.2, 0.7]]);
