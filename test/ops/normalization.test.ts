/** Layer and batch normalisation against float64 formulas, far from zero too; threads; errors. */
import * as tf from 'gradtape';
import { bytesOf, withOneAndTwo } from '../helpers/threads';

let seed = 29;
const random = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32 - 0.5;
const real = (shape: number[], centre = 0): tf.Tensor =>
  tf.reshape(
    tf.constant(Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => centre + random())),
    shape,
  );
const single = (t: tf.Tensor): tf.Tensor => tf.cast(t, 'float32');
const double = (t: tf.Tensor): tf.Tensor => tf.cast(t, 'float64');
const worst = (got: tf.Tensor, want: tf.Tensor): number => {
  expect(got.shape).toEqual(want.shape);
  return tf.reduceMax(tf.abs(tf.subtract(double(got), want))).item() as number;
};
const formula = (x: tf.Tensor, g: tf.Tensor, b: tf.Tensor, axis: number[], epsilon: number): tf.Tensor => {
  const [mean, variance] = tf.nn.moments(x, axis, { keepdims: true });
  return tf.nn.batchNormalization(x, mean, variance, b, g, epsilon);
};
function gradients(f: (...ts: tf.Tensor[]) => tf.Tensor, ts: tf.Tensor[], dy: tf.Tensor): tf.Tensor[] {
  const tape = new tf.GradientTape();
  tape.watch(ts);
  const y = tape.run(() => f(...ts));
  return tape.gradient(y, ts, { outputGradients: dy }) as tf.Tensor[];
}

const shapes = [
  [3, 1],
  [5, 2],
  [4, 15],
  [4, 16],
  [3, 17],
  [2, 63],
  [70, 64],
  [5, 100],
  [2, 1024],
  [3, 1031],
  [2, 5000],
  [300, 7],
];

test('layerNorm and its gradients, float64', () => {
  for (const [rows, cols] of shapes) {
    const [x, g, b, dy] = [real([rows, cols]), real([cols], 1), real([cols]), real([rows, cols])];
    const fused = (t: tf.Tensor, s: tf.Tensor, o: tf.Tensor) => tf.nn.layerNorm(t, s, o, { epsilon: 0.01 });
    const plain = (t: tf.Tensor, s: tf.Tensor, o: tf.Tensor) => formula(t, s, o, [1], 0.01);
    expect(worst(fused(x, g, b), plain(x, g, b))).toBeLessThan(1e-13);
    const want = gradients(plain, [x, g, b], dy);
    gradients(fused, [x, g, b], dy).forEach((t, i) => expect(worst(t, want[i])).toBeLessThan(2e-12));
  }
});

test('layerNorm in float32 is within 7e-7, also where the mean is far from zero or from the first element', () => {
  for (const cols of [5, 100, 1024, 5000]) {
    for (const centre of [0, 3, 100]) {
      const x = single(real([20, cols], centre));
      const ones = tf.ones([cols]);
      const y = tf.nn.layerNorm(x, ones, tf.zeros([cols]), { epsilon: 1e-5 });
      const want = formula(double(x), double(ones), tf.zeros([cols], 'float64'), [1], 1e-5);
      expect(worst(y, want)).toBeLessThan(7e-7);
    }
  }
  // The pivot lies a thousand deviations from the mean: digits would be lost without a second pass.
  const far = Float32Array.from({ length: 4096 }, (_, i) => (i < 16 ? 1000 : random()));
  const x = tf.reshape(tf.constant(far), [1, 4096]);
  const want = formula(double(x), tf.ones([4096], 'float64'), tf.zeros([4096], 'float64'), [1], 1e-5);
  expect(worst(tf.nn.layerNorm(x, null, null, { epsilon: 1e-5 }), want)).toBeLessThan(3e-6);
});

test('layerNorm of short rows: each row by itself, one far from its first element among others', () => {
  for (const rows of [1, 3, 4, 5, 16, 17, 33]) {
    for (const cols of [1, 2, 3, 4, 7, 8, 9, 15, 16, 17]) {
      const numbers = (real([rows, cols], 2).data() as Float64Array).slice();
      if (cols > 1) for (let c = 1; c < cols; c++) numbers[Math.floor(rows / 2) * cols + c] += 3000;
      const x = tf.reshape(tf.constant(numbers), [rows, cols]);
      const [g, b] = [real([cols], 1), real([cols])];
      const y = tf.nn.layerNorm(x, g, b, { epsilon: 1e-3 });
      expect(worst(y, formula(x, g, b, [1], 1e-3))).toBeLessThan(1e-12);
      const narrow = single(x);
      const z = tf.nn.layerNorm(narrow, single(g), single(b), { epsilon: 1e-3 });
      const want = formula(double(narrow), double(single(g)), double(single(b)), [1], 1e-3);
      expect(worst(z, want)).toBeLessThan(1e-6);
    }
  }
});

test('layerNorm with and without gamma and beta', () => {
  const x = real([3, 20]);
  const g = real([20], 1);
  const b = real([20]);
  const zeros = tf.zeros([20], 'float64');
  const ones = tf.ones([20], 'float64');
  expect(worst(tf.nn.layerNorm(x, null, b), formula(x, ones, b, [1], 1e-3))).toBeLessThan(1e-13);
  expect(worst(tf.nn.layerNorm(x, g, null), formula(x, g, zeros, [1], 1e-3))).toBeLessThan(1e-13);
  expect(worst(tf.nn.layerNorm(x, null, null), formula(x, ones, zeros, [1], 1e-3))).toBeLessThan(1e-13);
  const constant = tf.nn.layerNorm(tf.fill([2, 5], 7), null, null);
  expect(constant.array()).toEqual(tf.zeros([2, 5]).array());
});

const images = [
  [2, 3, 4, 1],
  [2, 3, 4, 3],
  [1, 5, 5, 16],
  [3, 7, 1, 17],
  [2, 4, 4, 64],
  [2, 9, 9, 100],
  [1, 1, 2, 5],
  [2, 40, 40, 2],
];

test('fusedBatchNorm and its gradients, float64', () => {
  for (const shape of images) {
    const c = shape[3];
    const [x, g, b, dy] = [real(shape, 1), real([c], 1), real([c]), real(shape)];
    const fused = (t: tf.Tensor, s: tf.Tensor, o: tf.Tensor) =>
      tf.nn.fusedBatchNorm(t, s, o, { epsilon: 0.01 })[0];
    const plain = (t: tf.Tensor, s: tf.Tensor, o: tf.Tensor) => formula(t, s, o, [0, 1, 2], 0.01);
    expect(worst(fused(x, g, b), plain(x, g, b))).toBeLessThan(1e-13);
    const want = gradients(plain, [x, g, b], dy);
    gradients(fused, [x, g, b], dy).forEach((t, i) => expect(worst(t, want[i])).toBeLessThan(1e-11));
    const [, mean, variance] = tf.nn.fusedBatchNorm(x, g, b);
    const [m, v] = tf.nn.moments(x, [0, 1, 2]);
    const n = x.size / c;
    expect(worst(mean, m)).toBeLessThan(1e-14);
    expect(worst(variance, tf.multiply(v, n / (n - 1)))).toBeLessThan(1e-14);
  }
});

test('fusedBatchNorm in float32, far from zero and from the first elements', () => {
  for (const centre of [0, 3, 100]) {
    const x = single(real([4, 20, 20, 20], centre));
    const [ones, zeros] = [tf.ones([20]), tf.zeros([20])];
    const want = formula(double(x), double(ones), double(zeros), [0, 1, 2], 1e-3);
    expect(worst(tf.nn.fusedBatchNorm(x, ones, zeros)[0], want)).toBeLessThan(7e-7);
  }
  const data = Float32Array.from({ length: 5000 * 3 }, (_, i) => (i < 48 ? 500 : random()));
  const x = tf.reshape(tf.constant(data), [1, 50, 100, 3]);
  const [ones, zeros] = [tf.ones([3]), tf.zeros([3])];
  const want = formula(double(x), double(ones), double(zeros), [0, 1, 2], 1e-3);
  expect(worst(tf.nn.fusedBatchNorm(x, ones, zeros)[0], want)).toBeLessThan(4e-6);
});

test('one thread and two give the same bits', () => {
  const [x, dy, g, b] = [[8, 28, 28, 48], [8, 28, 28, 48], [48], [48]].map((s) => single(real(s)));
  const run = (): Buffer[] => {
    const norms = [
      (t: tf.Tensor, s: tf.Tensor, o: tf.Tensor) => tf.nn.fusedBatchNorm(t, s, o)[0],
      (t: tf.Tensor, s: tf.Tensor, o: tf.Tensor) => tf.nn.layerNorm(t, s, o),
    ];
    const all = norms.flatMap((f) => [f(x, g, b), ...gradients(f, [x, g, b], dy)]);
    return all.map(bytesOf);
  };
  const [one, two] = withOneAndTwo(run);
  one.forEach((bytes, i) => expect(bytes.equals(two[i])).toBe(true));
});

test('of nothing', () => {
  expect(tf.nn.layerNorm(tf.zeros([0, 3]), tf.ones([3]), null).shape).toEqual([0, 3]);
  const none = [tf.zeros([0, 3]), tf.ones([3]), tf.ones([3])];
  const [dx, dg] = gradients((x, g, b) => tf.nn.layerNorm(x, g, b), none, tf.zeros([0, 3]));
  expect(dx.shape).toEqual([0, 3]);
  expect(dg.array()).toEqual([0, 0, 0]);
  const [, mean] = tf.nn.fusedBatchNorm(tf.zeros([0, 2, 2, 3]), tf.ones([3]), tf.ones([3]));
  expect(mean.array()).toEqual([NaN, NaN, NaN]);
});

test('errors', () => {
  const x = tf.ones([2, 3]);
  expect(() => tf.nn.layerNorm(1, null, null)).toThrow('at least one dimension');
  expect(() => tf.nn.layerNorm(x, tf.ones([2]), null)).toThrow(
    'gamma must have the shape of the normalised dimensions, [3]',
  );
  expect(() => tf.nn.layerNorm(x, null, tf.ones([3], 'float64'))).toThrow('float64');
  expect(() => tf.nn.layerNorm(x, null, null, { axis: 2 })).toThrow('axis = 2 is out of range');
  expect(() => tf.nn.layerNorm(x, null, null, { axis: [] })).toThrow('at least one axis');
  expect(() => tf.nn.layerNorm(x, null, null, { epsilon: -1 })).toThrow('epsilon must be a number ≥ 0');
  const image = tf.ones([1, 2, 2, 3]);
  const f = tf.nn.fusedBatchNorm;
  expect(() => f(x, tf.ones([3]), tf.ones([3]))).toThrow('4 or 5-dimensional');
  expect(() => f(image, tf.ones([2]), tf.ones([3]))).toThrow('scale must be a vector');
  expect(() => f(image, tf.ones([3]), tf.ones([3]), { isTraining: false })).toThrow('Both mean and variance');
  expect(() => tf.nn.biasAdd(tf.ones([3]), [1, 2, 3])).toThrow('at least 2D');
  expect(() => tf.nn.biasAdd(x, [1, 2])).toThrow('Must provide as many biases');
  expect(() => tf.nn.biasAdd(x, [1, 2, 3], 'HW')).toThrow("'N...C' or 'NC...'");
  expect(() => tf.nn.localResponseNormalization(x)).toThrow('4-dimensional');
});
