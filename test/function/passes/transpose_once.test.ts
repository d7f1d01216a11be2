/** A matrix is transposed once for the many products that multiply by its transpose. */
import * as tf from 'gradtape';
import { transposeOnce } from '../../../lib/graph/passes/transpose_once';
import { leaves, type F } from './graphs';

const wave = (...shape: number[]): tf.Tensor =>
  tf.reshape(tf.sin(tf.cast(tf.range(shape.reduce((a, b) => a * b, 1)), 'float32')), shape);
const times = (a: tf.Tensor, b: tf.Tensor, given: object = {}): tf.Tensor =>
  tf.matmul(a, b, { transposeB: true, ...given });
const counts = (names: string[]): string => {
  const of = (name: string): number => names.filter((n) => n === name).length;
  return `${String(of('transpose'))} ${String(of('matmul') + of('fusedMatmul'))}`;
};
const left = (f: F, ...args: tf.Tensor[]): string => counts(leaves(transposeOnce, f, ...args));

/** x, then x·Wᵀ through tanh, n times. */
const chain =
  (n: number): F =>
  (x, w) => {
    let y = x;
    for (let i = 0; i < n; i++) y = tf.tanh(times(y, w));
    return y;
  };

test('three products by a transpose share one, two do not', () => {
  expect(left(chain(3), wave(12, 20), wave(20, 20))).toBe('1 3');
  expect(left(chain(50), wave(32, 96), wave(96, 96))).toBe('1 50');
  expect(left(chain(2), wave(12, 20), wave(20, 20))).toBe('0 2');
});

test('in all types, in batches, with a transpose on the left, with epilogues', () => {
  for (const dtype of ['float64', 'int32'] as const) {
    const f: F = (x, w) => [1, 2, 3].map((k) => times(tf.multiply(x, k), w));
    expect(left(f, ...[wave(12, 20), wave(30, 20)].map((t) => tf.cast(tf.multiply(t, 9), dtype)))).toBe(
      '1 3',
    );
  }
  expect(
    left((x, w) => [1, 2, 3].map((k) => times(tf.multiply(x, k), w)), wave(2, 3, 5, 20), wave(30, 20)),
  ).toBe('1 3');
  const turned: F = (x, w) => [1, 2, 3].map((k) => times(tf.multiply(x, k), w, { transposeA: true }));
  expect(left(turned, wave(20, 12), wave(30, 20))).toBe('1 3');
  const fused: F = (x, w, bias) =>
    [1, 2, 3].map((k) =>
      tf.raw.fusedMatmul(tf.multiply(x, k), w, { transposeB: true, bias, activation: 'relu' }),
    );
  expect(left(fused, wave(12, 20), wave(30, 20), wave(30))).toBe('1 3');
});

test('not where the sums run along the rows of the matrix, nor for batches of matrices', () => {
  expect(left(chain(3), wave(8, 20), wave(20, 20))).toBe('0 3');
  const narrow: F = (x, w) => [1, 2, 3].map((k) => times(tf.multiply(x, k), w));
  expect(left(narrow, wave(12, 20), wave(8, 20))).toBe('0 3');
  expect(left(narrow, wave(2, 12, 20), wave(2, 30, 20))).toBe('0 3');
  expect(left(narrow, wave(0, 20), wave(30, 20))).toBe('0 3');
});

test('sums of many depths match the original products', () => {
  for (const [m, k, n] of [
    [9, 1, 9],
    [12, 1500, 16],
    [64, 784, 130],
    [40, 33, 10],
    [100, 2100, 9],
    [170, 1500, 40],
    [200, 2100, 9],
  ])
    expect(left((x, w) => [1, 2, 3].map((c) => times(tf.multiply(x, c), w)), wave(m, k), wave(n, k))).toBe(
      '1 3',
    );
});

test('a variable that is assigned in between is transposed for each value', () => {
  const v = new tf.Variable(wave(20, 20));
  const f = (x: tf.Tensor): tf.Tensor[] => {
    const before = [1, 2, 3].map((k) => times(tf.multiply(x, k), v.read()));
    v.assign(tf.multiply(v, 2));
    return [...before, ...[1, 2, 3].map((k) => times(tf.multiply(x, k), v.read()))];
  };
  const want = f(wave(12, 20)).map((t) => t.data());
  v.assign(wave(20, 20));
  const step = tf.function(f);
  expect(step(wave(12, 20)).map((t) => t.data())).toEqual(want);
  expect(String(step.program(wave(12, 20))).match(/transpose/g)).toHaveLength(2);
});
