/** A recurrence, of whose batch each thread takes some rows through all steps (native/program/row_runs.h). */
import * as tf from 'gradtape';
import { bytesOf, withOneAndTwo } from '../helpers/threads';

const [batch, units, steps] = [32, 96, 7];
const normal = (seed: number, ...shape: number[]): tf.Tensor =>
  tf.random.statelessNormal(shape, [seed, 1], { stddev: 0.3 });
const x = normal(1, steps, batch, 2 * units);
const weights = normal(2, units, 2 * units);

/** [batch, units]: the last state. */
function recurrence(x: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  let [h, c] = [tf.zeros([batch, units]), tf.zeros([batch, units])];
  for (const given of tf.unstack(x)) {
    const [gate, candidate] = tf.split(tf.add(given, tf.matmul(h, weights)), 2, 1);
    c = tf.add(tf.multiply(tf.sigmoid(gate), c), tf.tanh(candidate));
    h = tf.multiply(tf.tanh(c), 0.5);
  }
  return h;
}

function gradients(x: tf.Tensor, weights: tf.Tensor): tf.Tensor[] {
  const tape = new tf.GradientTape();
  tape.watch(x);
  tape.watch(weights);
  const loss = tape.run(() => tf.reduceSum(tf.square(recurrence(x, weights))));
  return tape.gradient(loss, [x, weights]) as tf.Tensor[];
}

test('matches the separate ops bit for bit', () => {
  const eager = bytesOf(recurrence(x, weights));
  const [one, two] = withOneAndTwo(() => bytesOf(tf.function(recurrence)(x, weights)));
  expect(two.equals(eager)).toBe(true);
  expect(one.equals(eager)).toBe(true);
});

test('has the same gradients on one thread and on two', () => {
  const [one, two] = withOneAndTwo(() => tf.function(gradients)(x, weights).map(bytesOf));
  expect(one.every((bytes) => bytes.some((b) => b !== 0))).toBe(true);
  expect(two.map((bytes, i) => bytes.equals(one[i]))).toEqual([true, true]);
});

test('works on any number of rows, including steps without rows', () => {
  for (const rows of [1, 2, 3, 31, 33, 64]) {
    const f = (a: tf.Tensor): tf.Tensor => {
      const y = tf.tanh(tf.matmul(a, weights));
      const z = tf.add(y, tf.reduceMean(y, { axis: 0, keepdims: true }));
      return tf.nn.softmax(tf.matmul(tf.sigmoid(z), weights, { transposeB: true }));
    };
    const a = normal(3, rows, units);
    const eager = f(a).data() as Float32Array;
    const [one, two] = withOneAndTwo(() => bytesOf(tf.function(f)(a)));
    expect(two.equals(one)).toBe(true);
    const compiled = new Float32Array(two.buffer, two.byteOffset, two.length / 4);
    expect(Math.max(...compiled.map((v, i) => Math.abs(v - eager[i])))).toBeLessThan(1e-6);
  }
});
