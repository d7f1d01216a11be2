/** Examples of the losses of tf.keras, a paragraph for each class: see scripts/docs/examples.mjs. */

// tf.keras.losses.Loss
class SmoothL1 extends tf.keras.losses.Loss {
  call(yTrue, yPred) {
    const error = tf.abs(tf.subtract(yTrue, yPred));
    return tf.reduceMean(tf.where(tf.less(error, 1), tf.square(error).mul(0.5), error.sub(0.5)), { axis: -1 });
  }
}
new SmoothL1()([[0, 0]], [[0.5, 3]]);

const loss = new tf.keras.losses.BinaryCrossentropy({ fromLogits: true });
loss([[0], [1]], [[-2], [3]]);

const loss = new tf.keras.losses.BinaryFocalCrossentropy({ gamma: 2 });
loss([[0], [1]], [[0.2], [0.7]]);

const loss = new tf.keras.losses.CategoricalCrossentropy({ labelSmoothing: 0.1 });
loss([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]);

const loss = new tf.keras.losses.CategoricalFocalCrossentropy();
loss([[0, 1, 0], [0, 0, 1]], [[0.05, 0.9, 0.05], [0.1, 0.8, 0.1]]);

// Less sensitive to wrong labels than the cross entropy.
const loss = new tf.keras.losses.CategoricalGeneralizedCrossEntropy({ q: 0.7 });
loss([1, 0], [[0.3, 0.7], [0.8, 0.2]]);

const loss = new tf.keras.losses.SparseCategoricalCrossentropy({ fromLogits: true });
loss([1, 2], [[0, 3, 0], [1, 1, 4]]);

const loss = new tf.keras.losses.CategoricalHinge();
loss([[0, 1], [1, 0]], [[0.6, 0.4], [0.4, 0.6]]);

const loss = new tf.keras.losses.Hinge(); // labels are -1 and 1
loss([[-1], [1]], [[-0.6], [0.4]]);

const loss = new tf.keras.losses.SquaredHinge();
loss([[-1], [1]], [[-0.6], [0.4]]);

const loss = new tf.keras.losses.MeanSquaredError();
loss([[0, 1], [0, 0]], [[1, 1], [1, 0]]);

const loss = new tf.keras.losses.MeanAbsoluteError({ reduction: 'sum' });
loss([[0, 1], [0, 0]], [[1, 1], [1, 0]]);

const loss = new tf.keras.losses.MeanAbsolutePercentageError();
loss([[2, 1]], [[1, 1.5]]);

const loss = new tf.keras.losses.MeanSquaredLogarithmicError();
loss([[10, 100]], [[20, 200]]);

const loss = new tf.keras.losses.Huber({ delta: 1 });
loss([[0, 1]], [[0.5, 4]]);

const loss = new tf.keras.losses.LogCosh();
loss([[0, 1]], [[0.5, 4]]);

const loss = new tf.keras.losses.Poisson();
loss([[2, 0]], [[1.5, 0.5]]);

const loss = new tf.keras.losses.KLDivergence();
loss([[0.5, 0.5]], [[0.9, 0.1]]);

// -1: the same direction.
const loss = new tf.keras.losses.CosineSimilarity();
loss([[0, 1], [1, 1]], [[0, 2], [1, -1]]);

const loss = new tf.keras.losses.Dice();
loss([[[1], [0]], [[1], [0]]], [[[0.9], [0.2]], [[0.6], [0.1]]]);

// Weights false positives by alpha, false negatives by beta.
const loss = new tf.keras.losses.Tversky({ alpha: 0.3, beta: 0.7 });
loss([[[1], [0]], [[1], [0]]], [[[0.9], [0.2]], [[0.6], [0.1]]]);

// Labels of classes, and an embedding of length 1 for each.
const loss = new tf.keras.losses.Circle({ gamma: 80, margin: 0.4 });
loss([1, 2, 1], [[1, 0], [0, 1], [0.8, 0.6]]);

// Label sequences, and logits of 4 steps and 3 classes, of which class 0 is the blank.
const loss = new tf.keras.losses.CTC();
loss([[1, 2]], tf.zeros([1, 4, 3]));
