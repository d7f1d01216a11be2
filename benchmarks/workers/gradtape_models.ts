/** The models of workloads/models.ts as user code: the loss of a batch. */
import * as tf from 'gradtape';

export type Loss = (x: tf.Tensor, target: tf.Tensor, v: readonly tf.Variable[]) => tf.Tensor;

export interface ModelParams {
  heads: number;
  normEpsilon: number;
}

const dense = (x: tf.TensorLike, w: tf.Variable, b: tf.Variable): tf.Tensor => tf.add(tf.matmul(x, w), b);

const crossEntropy = (labels: tf.Tensor, logits: tf.Tensor): tf.Tensor =>
  tf.reduceMean(tf.nn.sparseSoftmaxCrossEntropyWithLogits(labels, logits));

/** Dense layers with ReLU in between; the variables are weights and biases alternately. */
export function mlpForward(x: tf.Tensor, v: readonly tf.Variable[]): tf.Tensor {
  let y = x;
  for (let i = 0; i < v.length; i += 2) {
    if (i > 0) y = tf.nn.relu(y);
    y = dense(y, v[i], v[i + 1]);
  }
  return y;
}

const mlp: Loss = (x, labels, v) => crossEntropy(labels, mlpForward(x, v));

const block = (x: tf.Tensor, w: tf.Variable, b: tf.Variable): tf.Tensor =>
  tf.nn.maxPool2d(tf.nn.relu(tf.add(tf.nn.conv2d(x, w, 1, 'SAME'), b)), 2, 2, 'VALID');

const cnn: Loss = (x, labels, [w1, b1, w2, b2, w3, b3]) => {
  const features = block(block(x, w1, b1), w2, b2);
  return crossEntropy(labels, dense(tf.reshape(features, [x.shape[0], -1]), w3, b3));
};

const lstm: Loss = (x, labels, [wx, wh, b, w, b2]) => {
  const [batch, , features] = x.shape;
  const [units, wide] = wh.shape;
  // The contribution of the inputs to the gates is one product for all steps.
  const steps = tf.transpose(x, [1, 0, 2]);
  const inputs = dense(tf.reshape(steps, [-1, features]), wx, b);
  let [h, c] = [tf.zeros([batch, units]), tf.zeros([batch, units])];
  for (const given of tf.unstack(tf.reshape(inputs, [-1, batch, wide]))) {
    const [i, f, candidate, o] = tf.split(tf.add(given, tf.matmul(h, wh)), 4, 1);
    c = tf.add(tf.multiply(tf.sigmoid(f), c), tf.multiply(tf.sigmoid(i), tf.tanh(candidate)));
    h = tf.multiply(tf.sigmoid(o), tf.tanh(c));
  }
  return crossEntropy(labels, dense(h, w, b2));
};

/** Self-attention, [batch, time, width] to the same shape. */
function attention(x: tf.Tensor, heads: number, [wqkv, bqkv, wo, bo]: readonly tf.Variable[]): tf.Tensor {
  const [batch, time, width] = x.shape;
  const size = width / heads;
  const parts = tf.reshape(dense(x, wqkv, bqkv), [batch, time, 3, heads, size]);
  const [q, k, v] = tf.unstack(tf.transpose(parts, [2, 0, 3, 1, 4]));
  const scores = tf.multiply(tf.matmul(q, k, { transposeB: true }), 1 / Math.sqrt(size));
  const mixed = tf.matmul(tf.nn.softmax(scores), v);
  return dense(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, time, width]), wo, bo);
}

const transformer =
  ({ heads, normEpsilon: epsilon }: ModelParams): Loss =>
  (x, target, v) => {
    const y = tf.add(x, attention(tf.nn.layerNorm(x, v[0], v[1], { epsilon }), heads, v.slice(2, 6)));
    const hidden = tf.nn.gelu(dense(tf.nn.layerNorm(y, v[6], v[7], { epsilon }), v[8], v[9]));
    const out = tf.add(y, dense(hidden, v[10], v[11]));
    return tf.reduceMean(tf.square(tf.subtract(out, target)));
  };

export const models: Readonly<Record<string, (params: ModelParams) => Loss>> = {
  mlp: () => mlp,
  cnn: () => cnn,
  lstm: () => lstm,
  transformer,
};
