'use strict';
// Run by isa.test.ts on two processors: trains a small network by calls and off the event loop, in a worker thread too,
// and prints the losses and what else came out.
const { Worker, isMainThread, parentPort } = require('node:worker_threads');
const tf = require('../../dist');

const n = 16;
const wave = (shape, step) =>
  tf.reshape(
    tf.sin(tf.multiply(tf.cast(tf.range(shape.reduce((a, b) => a * b, 1)), 'float32'), step)),
    shape,
  );
const images = wave([n, 12, 12, 3], 0.37);
const labels = tf.floormod(tf.range(n), 5);

const weights = [
  wave([3, 3, 3, 16], 1.1),
  wave([3, 3, 16, 1], 0.9),
  tf.ones([6 * 6 * 16]),
  tf.zeros([6 * 6 * 16]),
  wave([6 * 6 * 16, 5], 0.7).mul(0.05),
].map((w) => new tf.Variable(w));
const [filter, depthwise, scale, shift, dense] = weights;
const optimizer = new tf.keras.optimizers.Adam(0.01);

const step = tf.function((x, y) => {
  const tape = new tf.GradientTape();
  const loss = tape.run(() => {
    let h = tf.nn.relu(tf.nn.conv2d(x, filter, 1, 'SAME'));
    h = tf.nn.gelu(tf.nn.depthwiseConv2d(tf.nn.maxPool2d(h, 2, 2, 'VALID'), depthwise, [1, 1, 1, 1], 'SAME'));
    h = tf.reshape(h, [n, -1]);
    const [mean, variance] = tf.nn.moments(h, -1, { keepdims: true });
    h = tf.add(
      tf.multiply(tf.multiply(tf.subtract(h, mean), tf.math.rsqrt(tf.add(variance, 1e-3))), scale),
      shift,
    );
    return tf.reduceMean(tf.nn.sparseSoftmaxCrossEntropyWithLogits(y, tf.matmul(h, dense)));
  });
  optimizer.applyGradients(tape.gradient(loss, weights).map((g, i) => [g, weights[i]]));
  return loss;
});

/** A loop of products, each the next one's operand. */
const power = tf.function((a) => {
  const [, p] = tf.whileLoop(
    (i) => tf.less(i, 12),
    (i, p) => [tf.add(i, 1), tf.matmul(p, a)],
    [tf.constant(0, 'int32'), a],
  );
  return tf.reduceSum(tf.abs(p));
});

async function train() {
  const out = [];
  for (let i = 0; i < 4; i++) out.push(step(images, labels));
  // In call order, since each assigns what the next one reads.
  out.push(...(await Promise.all(Array.from({ length: 4 }, () => step.async(images, labels)))));
  const a = wave([96, 96], 0.61).mul(0.1);
  out.push(...(await Promise.all([power.async(a), power.async(a.add(0.001)), power.async(a.mul(0.9))])));
  out.push(power(a), tf.reduceSum(tf.sort(wave([70_000], 0.77)).at('0:1000')), tf.reduceMean(dense));
  return out.map((t) => t.item());
}

train().then((own) => {
  if (!isMainThread) {
    parentPort.postMessage(own);
    return;
  }
  new Worker(__filename).on('message', (others) => {
    process.stdout.write(JSON.stringify({ arch: process.arch, own, others }));
  });
});
