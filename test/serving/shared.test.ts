/** Weights over a SharedArrayBuffer: read in place, by several threads, never written to. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import * as tf from 'gradtape';
import 'gradtape/jest';
import { shareWeights, useSharedWeights } from 'gradtape/serving';
import { root } from '../helpers/child';

const floats = (...values: number[]): Float32Array =>
  Object.assign(new Float32Array(new SharedArrayBuffer(4 * values.length)), values);

test('a tensor reads shared memory in place, at an offset too', () => {
  const view = floats(1, 2, 3, 4);
  const t = tf.constant(view, { shape: [2, 2], copy: false });
  expect(t.array()).toEqual([
    [1, 2],
    [3, 4],
  ]);
  view[3] = 9;
  expect(tf.matmul(t, t).array()).toEqual([
    [7, 20],
    [30, 87],
  ]);
  expect(tf.constant(view.subarray(1, 2), { copy: false, shape: [] }).item()).toBe(2);
  const f64 = new Float64Array(view.buffer, 8, 1);
  expect(tf.constant(f64, { copy: false }).array()).toEqual([...f64]);
});

test('compiled functions and calls off the event loop read it as well', async () => {
  const n = 256;
  const view = floats(...Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 2 : 0)));
  const w = new tf.Variable(tf.constant(view, { shape: [n, n], copy: false }));
  const f = tf.function((x: tf.Tensor) => tf.matmul(x, w));
  expect(f(tf.ones([1, n])).array()).toEqual([new Array(n).fill(2)]);
  expect((await f.async(tf.ones([1, n]))).array()).toEqual([new Array(n).fill(2)]);
});

test('the memory lives as long as the tensor', () => {
  const made = Array.from({ length: 20 }, (_, i) =>
    tf.constant(new Float32Array(new SharedArrayBuffer(1 << 20)).fill(i), { copy: false }),
  );
  for (let i = 0; i < 50; i++) new SharedArrayBuffer(1 << 20);
  expect(made.map((t) => tf.reduceMax(t).item())).toEqual(made.map((_, i) => i));
});

test('variables over shared memory are updated elsewhere', () => {
  const view = floats(...new Array<number>(4096).fill(1));
  const w = new tf.Variable(tf.constant(view, { copy: false }));
  w.assignAdd(tf.ones([4096]));
  new tf.keras.optimizers.SGD(0.5).applyGradients([[tf.ones([4096]), w]]);
  expect(tf.reduceSum(w).item()).toBe(1.5 * 4096);
  expect(view.every((x) => x === 1)).toBe(true);
});

test.each([
  ['an array of its own', new Float32Array(3), /Float32Array over an ArrayBuffer/],
  ['integers', new Int32Array(new SharedArrayBuffer(8)), /requires a Float32Array or Float64Array/],
  ['nested arrays', [[1, 2]], /over a SharedArrayBuffer; got/],
])('%s cannot be shared', (_, value, message) => {
  expect(() => tf.constant(value, { copy: false })).toThrow(message);
});

test('shapes and dtypes are checked', () => {
  expect(() => tf.constant(floats(1, 2, 3), { shape: [2, 2], copy: false })).toThrow(/do not fill the shape/);
  expect(() => tf.constant(floats(1), { shape: [2, 2], copy: false })).toThrow(/do not fill the shape/);
  expect(() => tf.constant(floats(1), { dtype: 'int32', copy: false })).toThrow(/use tf.cast/);
});

function model(): tf.keras.Sequential {
  return new tf.keras.Sequential([
    tf.keras.Input([20]),
    new tf.keras.layers.Dense(30, { activation: 'relu' }),
    new tf.keras.layers.Dropout(0.5),
    new tf.keras.layers.Dense(3),
  ]);
}

test('two models share weights; others are refused', async () => {
  const from = model();
  const shared = structuredClone(shareWeights(from));
  const to = useSharedWeights(model(), shared);
  const x = tf.random.statelessNormal([4, 20], [1, 2]);
  expect(to(x)).toEqual(from(x));
  expect(await to.predict(x)).toEqual(await from.predict(x));
  // In place: what is written there is read.
  new Float32Array(shared.buffer).fill(0);
  expect(tf.reduceSum(tf.abs(to(x))).item()).toBe(0);
  const other = new tf.keras.Sequential([tf.keras.Input([20]), new tf.keras.layers.Dense(3)]);
  expect(() => useSharedWeights(other, shared)).toThrow(/the model has 2 weights, and/);
});

test('a worker thread reads the memory, and ends while it is in use', async () => {
  const view = floats(...Array.from({ length: 1000 }, (_, i) => i));
  const program = `
    const { parentPort, workerData } = require('node:worker_threads');
    const tf = require(${JSON.stringify(root)});
    const t = tf.constant(workerData, { copy: false });
    parentPort.postMessage(tf.reduceSum(t).item());
    tf.function((x) => tf.matmul(x, tf.reshape(t, [10, 100]))).async(tf.ones([5000, 10]));
    process.exit(0);`;
  for (let i = 0; i < 3; i++) {
    const worker = new Worker(program, { eval: true, workerData: view });
    const ended = once(worker, 'exit');
    expect(await once(worker, 'message')).toEqual([499500]);
    expect(await ended).toEqual([0]);
  }
  expect(view[999]).toBe(999);
});
