/** Products do what follows them; not where somebody else reads what they would leave out. */
import * as tf from 'gradtape';
import { epilogues } from '../../../lib/function/passes/epilogues';
import { leaves, type F } from './graphs';

const left = (f: F, ...args: tf.Tensor[]): string[] => leaves(epilogues, f, ...args);
const wave = (...shape: number[]): tf.Tensor =>
  tf.reshape(tf.sin(tf.cast(tf.range(shape.reduce((a, b) => a * b, 1)), 'float32')), shape);
const a = wave(5, 7);
const b = wave(7, 33);
const bias = wave(33);
const same = wave(5, 33);

test('bias, residual and activation', () => {
  expect(left((x, y, z) => tf.matmul(x, y).add(z), a, b, bias)).toEqual(['fusedMatmul(bias)']);
  expect(left((x, y, z) => z.add(tf.matmul(x, y)), a, b, bias)).toEqual(['fusedMatmul(bias)']);
  expect(left((x, y, z) => tf.matmul(x, y).add(z), a, b, same)).toEqual(['fusedMatmul(residual)']);
  expect(left((x, y, z, r) => r.add(tf.matmul(x, y).add(z)), a, b, bias, same)).toEqual([
    'fusedMatmul(bias, residual)',
  ]);
  const all: F = (x, y, z, r) => tf.tanh(tf.matmul(x, y).add(z).add(r));
  expect(left(all, a, b, bias, same)).toEqual(['fusedMatmul(bias, residual, tanh)']);
});

test.each([
  ['relu', tf.nn.relu],
  ['relu6', tf.nn.relu6],
  ['sigmoid', tf.sigmoid],
  ['tanh', tf.tanh],
  ['gelu', (x: tf.Tensor) => tf.nn.gelu(x)],
  ['geluTanh', (x: tf.Tensor) => tf.nn.gelu(x, { approximate: true })],
] as const)('%s', (name, f) => {
  expect(left((x, y) => f(tf.matmul(x, y)), a, b)).toEqual([`fusedMatmul(${name})`]);
  expect(left((x, y, z) => f(tf.matmul(x, y).add(z)), a, b, bias)).toEqual([`fusedMatmul(bias, ${name})`]);
});

test('transposes, batches and float64', () => {
  const f: F = (x, y, z) => tf.nn.relu(tf.matmul(x, y, { transposeB: true }).add(z));
  expect(left(f, a, wave(33, 7), bias)).toEqual(['fusedMatmul(bias, relu)']);
  expect(left(f, wave(3, 5, 7), wave(3, 33, 7), bias)).toEqual(['fusedMatmul(bias, relu)']);
  const wide = [a, wave(33, 7), bias].map((t) => tf.cast(t, 'float64'));
  expect(left(f, ...wide)).toEqual(['fusedMatmul(bias, relu)']);
});

test('what comes in another order, or has another shape', () => {
  expect(left((x, y, z, r) => tf.matmul(x, y).add(r).add(z), a, b, bias, same)).toEqual([
    'fusedMatmul(residual)',
    'add',
  ]);
  expect(left((x, y, z) => tf.nn.relu(tf.matmul(x, y)).add(z), a, b, bias)).toEqual([
    'fusedMatmul(relu)',
    'add',
  ]);
  const plain = ['matmul', 'add'];
  expect(left((x, y) => tf.matmul(x, y).add(1), a, b)).toEqual(plain);
  expect(left((x, y, z) => tf.matmul(x, y).add(z), a, b, wave(5, 1))).toEqual(plain);
  expect(left((x, y, z) => tf.matmul(x, y).add(z), a, b, wave(2, 5, 33))).toEqual(plain);
  expect(left((x, y, z) => tf.matmul(x, y).sub(z), a, b, bias)).toEqual(['matmul', 'subtract']);
  expect(left((x, y) => tf.exp(tf.matmul(x, y)), a, b)).toEqual(['matmul', 'exp']);
  const ints = [a, b, bias].map((t) => tf.cast(tf.multiply(t, 10), 'int32'));
  expect(left((x, y, z) => tf.matmul(x, y).add(z), ...ints)).toEqual(plain);
});

test('what is read elsewhere too', () => {
  expect(
    left(
      (x, y, z) => {
        const p = tf.matmul(x, y);
        return [p, p.add(z)];
      },
      a,
      b,
      bias,
    ),
  ).toEqual(['matmul', 'add']);
  expect(
    left(
      (x, y, z) => {
        const s = tf.matmul(x, y).add(z);
        return [tf.sigmoid(s), tf.exp(s)];
      },
      a,
      b,
      bias,
    ),
  ).toEqual(['fusedMatmul(bias)', 'sigmoid', 'exp']);
  expect(
    left(
      (x, y) => {
        const p = tf.matmul(x, y);
        return p.add(p);
      },
      a,
      b,
    ),
  ).toEqual(['matmul', 'add']);
  // Two products: one is the other's residual.
  expect(left((x, y) => tf.matmul(x, y).add(tf.matmul(tf.sin(x), y)), a, b)).toHaveLength(3);
});

test('empty products, and values that are assigned', () => {
  expect(left((x, y, z) => tf.matmul(x, y).add(z), wave(0, 7), b, bias)).toEqual(['matmul', 'add']);
  expect(left((x, y, z) => tf.matmul(x, y).add(z), wave(5, 0), wave(0, 33), bias)).toEqual([
    'fusedMatmul(bias)',
  ]);
  const v = new tf.Variable(same);
  const f = tf.function((x: tf.Tensor, y: tf.Tensor, z: tf.Tensor) => {
    v.assign(tf.matmul(x, y));
    return tf.nn.relu(tf.add(v, z));
  });
  const want = tf.nn.relu(tf.matmul(a, b).add(bias)).array();
  expect([f(a, b, bias).array(), v.array()]).toEqual([want, tf.matmul(a, b).array()]);
});
