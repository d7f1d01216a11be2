/** Pooling against loops over the windows, its gradients, special values and errors. */
import * as tf from 'gradtape';
import { windowDim } from '../../lib/ops/nn/window';
import { bytesOf, withOneAndTwo } from '../helpers/threads';

let seed = 5;
const random = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32 - 0.5;
const real = (shape: number[], dtype: 'float32' | 'float64' = 'float64'): tf.Tensor => {
  const n = shape.reduce((a, b) => a * b, 1);
  const values = Array.from({ length: n }, random);
  return tf.reshape(
    tf.constant(dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values)),
    shape,
  );
};
const list = (t: tf.Tensor): number[] => Array.from(t.data() as Float64Array, Number);

interface Case {
  shape: [n: number, d: number, h: number, w: number, c: number];
  kernel: [number, number, number];
  stride: [number, number, number];
  padding: 'SAME' | 'VALID';
}

/** y and, from a gradient of ones scaled by position, dx. */
function naive({ shape, kernel, stride, padding }: Case, x: number[], kind: 'max' | 'avg') {
  const [n, d, h, w, c] = shape;
  const dims = [d, h, w].map((size, i) => windowDim(size, kernel[i], stride[i], 1, padding, 'naive'));
  const y: number[] = [];
  const dx = x.map(() => 0);
  const at = (b: number, z: number, i: number, j: number, k: number) =>
    (((b * d + z) * h + i) * w + j) * c + k;
  for (let b = 0; b < n; b++)
    for (let oz = 0; oz < dims[0].out; oz++)
      for (let oi = 0; oi < dims[1].out; oi++)
        for (let oj = 0; oj < dims[2].out; oj++)
          for (let k = 0; k < c; k++) {
            const taps: number[] = [];
            for (let z = 0; z < kernel[0]; z++)
              for (let i = 0; i < kernel[1]; i++)
                for (let j = 0; j < kernel[2]; j++) {
                  const p = [
                    oz * stride[0] - dims[0].before + z,
                    oi * stride[1] - dims[1].before + i,
                    oj * stride[2] - dims[2].before + j,
                  ];
                  if (p.every((v, a) => v >= 0 && v < [d, h, w][a])) taps.push(at(b, p[0], p[1], p[2], k));
                }
            const g = (y.length % 7) + 1;
            if (kind === 'max') {
              const best = taps.reduce((a, t) => (x[t] > x[a] ? t : a));
              y.push(x[best]);
              dx[best] += g;
            } else {
              y.push(taps.reduce((s, t) => s + x[t], 0) / taps.length);
              for (const t of taps) dx[t] += g / taps.length;
            }
          }
  return { y, dx };
}

const cases: Case[] = [];
for (const c of [1, 3, 16, 33, 70])
  for (const [k, s] of [
    [2, 2],
    [3, 2],
    [3, 3],
    [2, 1],
    [1, 2],
    [5, 3],
  ])
    for (const padding of ['SAME', 'VALID'] as const)
      cases.push({ shape: [2, 1, 7, 6, c], kernel: [1, k, k], stride: [1, s, s], padding });
for (const padding of ['SAME', 'VALID'] as const) {
  cases.push({ shape: [1, 4, 5, 6, 5], kernel: [2, 3, 2], stride: [2, 1, 3], padding });
  cases.push({ shape: [2, 5, 4, 4, 130], kernel: [2, 2, 2], stride: [2, 2, 2], padding });
}

describe.each(['max', 'avg'] as const)('%s', (kind) => {
  test.each(['float32', 'float64'] as const)('against loops, %s', (dtype) => {
    for (const one of cases) {
      const x = real(one.shape, dtype);
      const f = kind === 'max' ? tf.nn.maxPool3d : tf.nn.avgPool3d;
      const tape = new tf.GradientTape();
      tape.watch(x);
      const y = tape.run(() => f(x, one.kernel, one.stride, one.padding));
      const want = naive(one, list(x), kind);
      const g = tf.cast(tf.reshape(tf.constant(want.y.map((_, i) => (i % 7) + 1)), y.shape), dtype);
      const dx = tape.gradient(y, x, { outputGradients: g }) as tf.Tensor;
      const off = (got: tf.Tensor, to: number[]): number =>
        list(got).reduce((most, v, k) => Math.max(most, Math.abs(v - to[k])), 0);
      const allowed = dtype === 'float32' ? 4e-6 : 1e-13;
      expect(y.size).toBe(want.y.length);
      expect(off(y, want.y)).toBeLessThan(allowed);
      expect(off(dx, want.dx)).toBeLessThan(allowed);
    }
  });
});

test('integers', () => {
  for (const dtype of ['int32', 'int64', 'uint8'] as const) {
    const x = tf.cast(tf.reshape(tf.range(0, 2 * 4 * 4 * 19), [2, 4, 4, 19]), dtype);
    const y = tf.nn.maxPool2d(x, 2, 2, 'VALID');
    expect(y.dtype).toBe(dtype);
    const f = tf.nn.maxPool2d(tf.cast(x, 'float64'), 2, 2, 'VALID');
    expect(list(y)).toEqual(list(f));
    expect(() => tf.nn.avgPool2d(x, 2, 2, 'VALID')).toThrow('[avgPool2d] input has dtype');
  }
});

test('ties, NaN and infinities', () => {
  const line = (...v: number[]) => tf.constant([v.map((x) => [x])]);
  const of = (x: tf.Tensor) => {
    const tape = new tf.GradientTape();
    tape.watch(x);
    const y = tape.run(() => tf.nn.maxPool1d(x, 4, 4, 'VALID'));
    return [y.item(), list(tape.gradient(y, x) as tf.Tensor)];
  };
  expect(of(line(1, 3, 3, 2))).toEqual([3, [0, 1, 0, 0]]);
  expect(of(line(1, NaN, 2, NaN))).toEqual([NaN, [0, 1, 0, 0]]);
  expect(of(line(NaN, 1, 2, 3))).toEqual([NaN, [1, 0, 0, 0]]);
  expect(of(line(-Infinity, -Infinity, -Infinity, -Infinity))).toEqual([-Infinity, [1, 0, 0, 0]]);
  expect(of(line(0, 5, Infinity, 1))).toEqual([Infinity, [0, 0, 1, 0]]);
});

test('gradients without a window are zeros', () => {
  const x = tf.ones([1, 2, 4, 2]);
  for (const f of [tf.nn.maxPool2d, tf.nn.avgPool2d]) {
    const tape = new tf.GradientTape();
    tape.watch(x);
    const y = tape.run(() => f(x, [3, 2], 1, 'VALID'));
    expect(y.shape).toEqual([1, 0, 3, 2]);
    expect(list(tape.gradient(y, x) as tf.Tensor)).toEqual(new Array(16).fill(0));
  }
});

test('channels first is the transpose', () => {
  const x = real([2, 3, 6, 5]);
  const last = tf.transpose(x, { perm: [0, 2, 3, 1] });
  for (const f of [tf.nn.maxPool2d, tf.nn.avgPool2d]) {
    const want = tf.transpose(f(last, 3, 2, 'SAME'), { perm: [0, 3, 1, 2] });
    expect(f(x, 3, 2, 'SAME', { dataFormat: 'NCHW' }).array()).toEqual(want.array());
    expect(f(x, [1, 1, 3, 3], [1, 1, 2, 2], 'SAME', 'NCHW').array()).toEqual(want.array());
  }
});

test('explicit padding', () => {
  const x = real([1, 5, 5, 2]);
  const pads = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 0],
  ] as const;
  const want = tf.nn.maxPool2d(tf.pad(x, pads, { constantValues: -9 }), 2, 2, 'VALID');
  expect(tf.nn.maxPool2d(x, 2, 2, pads).array()).toEqual(want.array());
  expect(() => tf.nn.maxPool2d(x, 1, 1, pads)).toThrow('needs to be smaller than the window size 1');
  expect(() => tf.nn.avgPool2d(x, 2, 2, pads)).toThrow(TypeError);
});

test('one thread and two give the same bits', () => {
  const x = real([8, 56, 56, 64], 'float32');
  const run = () => {
    const tape = new tf.GradientTape();
    tape.watch(x);
    const ys = tape.run(() => [
      tf.nn.maxPool2d(x, 2, 2, 'VALID'),
      tf.nn.maxPool2d(x, 3, 2, 'SAME'),
      tf.nn.avgPool2d(x, 2, 2, 'VALID'),
      tf.nn.avgPool2d(x, 3, 2, 'SAME'),
    ]);
    return [...ys, tape.gradient(ys, x) as tf.Tensor].map(bytesOf);
  };
  const [one, two] = withOneAndTwo(run);
  one.forEach((b, i) => expect(b.equals(two[i])).toBe(true));
});

test('errors', () => {
  const x = tf.ones([1, 4, 4, 2]);
  expect(() => tf.nn.maxPool2d(tf.ones([4, 4, 2]), 2, 2, 'SAME')).toThrow('must be 4-dimensional');
  expect(() => tf.nn.maxPool(tf.ones([4, 4]), 2, 2, 'SAME')).toThrow('3 to 5 dimensions');
  expect(() => tf.nn.maxPool2d(x, 0, 2, 'SAME')).toThrow(tf.errors.InvalidArgumentError);
  expect(() => tf.nn.maxPool2d(x, 2, 2, 'same' as never)).toThrow("'SAME', 'VALID' or an array");
  expect(() => tf.nn.maxPool2d(x, 6, 1, 'VALID')).toThrow('Computed output size would be negative');
  expect(() => tf.nn.pool(x, [2, 2], 'MIN' as never)).toThrow("'MAX' or 'AVG'");
  expect(() => tf.nn.pool(x, [2, 2], 'MAX', { padding: 'SAME', dilations: 2 })).toThrow('is not implemented');
  // @ts-expect-error -- an integer type
  expect(() => tf.nn.maxPoolWithArgmax(x, 2, 2, 'SAME', { outputDtype: 'float32' })).toThrow(
    'int32 or int64',
  );
});
