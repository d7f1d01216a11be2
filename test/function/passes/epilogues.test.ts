/** Products do what follows them; not where somebody else reads what they would leave out. */
import * as tf from 'gradtape';
import { epilogues } from '../../../lib/graph/passes/epilogues';
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

test('other orders and shapes', () => {
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

test('intermediates with other readers', () => {
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

const image = wave(2, 6, 5, 4);
const filter = wave(3, 3, 4, 9);
const channels = wave(9);
const like = wave(2, 6, 5, 9);
const conv: F = (x, w) => tf.nn.conv2d(x, w, 1, 'SAME');

test('convolutions', () => {
  const plain = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => conv(x, w) as tf.Tensor;
  expect(left((x, w, z) => plain(x, w).add(z), image, filter, channels)).toEqual(['fusedConv(bias)']);
  expect(left((x, w, z) => tf.nn.relu(tf.nn.biasAdd(plain(x, w), z)), image, filter, channels)).toEqual([
    'fusedConv(bias, relu)',
  ]);
  expect(left((x, w, z, r) => tf.tanh(plain(x, w).add(z).add(r)), image, filter, channels, like)).toEqual([
    'fusedConv(bias, residual, tanh)',
  ]);
  const wide = [image, filter, channels].map((t) => tf.cast(t, 'float64'));
  expect(left((x, w, z) => tf.sigmoid(plain(x, w).add(z)), ...wide)).toEqual(['fusedConv(bias, sigmoid)']);
  expect(left((x, w, z) => plain(x, w).mul(z), image, filter, channels)).toEqual(['convForward', 'multiply']);
  expect(left((x, w) => [plain(x, w), tf.nn.relu(plain(x, w))], image, filter)).toContain('fusedConv(relu)');
});

/** Batch, sizes, channels, filter, outputs, stride, groups: each way that a convolution goes. */
const ways: [string, number[], number[], number][] = [
  ['few channels', [2, 9, 8, 1], [3, 3, 1, 32], 1],
  ['few channels inside', [1, 9, 8, 3], [2, 3, 3, 20], 2],
  ['pointers', [2, 9, 8, 24], [3, 2, 24, 40], 1],
  ['strides', [1, 9, 8, 24], [3, 3, 24, 40], 2],
  ['Winograd', [2, 13, 14, 64], [3, 3, 64, 70], 1],
  ['a product', [2, 7, 7, 24], [1, 1, 24, 65], 1],
  ['few outputs', [2, 9, 8, 40], [3, 3, 40, 3], 1],
  ['groups', [2, 9, 8, 24], [3, 3, 12, 34], 1],
  ['a group for each channel', [2, 9, 8, 24], [3, 3, 1, 24], 1],
  ['deep', [1, 3, 3, 700], [3, 3, 700, 20], 1],
];

test.each(ways)('convolution: %s', (_, x, w, stride) => {
  const f = (t: tf.Tensor, u: tf.Tensor): tf.Tensor => tf.nn.conv2d(t, u, stride, 'SAME');
  const y = f(wave(...x), wave(...w));
  const all: F = (t, u, z, r) => tf.nn.relu(f(t, u).add(z).add(r));
  const args = [wave(...x), wave(...w), wave(w[3]), tf.multiply(wave(...y.shape), 3)];
  expect(left(all, ...args)).toEqual(['fusedConv(bias, residual, relu)']);
  const smooth: F = (t, u, z) => tf.nn.gelu(f(t, u).add(z));
  expect(left(smooth, ...args.slice(0, 3))).toEqual(['fusedConv(bias, gelu)']);
});

test('convolutions of one and three dimensions, and depthwise', () => {
  const one: F = (x, w, z) => tf.nn.relu(tf.nn.conv1d(x, w, 1, 'SAME').add(z));
  expect(left(one, wave(2, 9, 4), wave(3, 4, 8), wave(8))).toEqual(['fusedConv(bias, relu)']);
  const three: F = (x, w, z) => tf.nn.relu(tf.nn.conv3d(x, w, 1, 'SAME').add(z));
  expect(left(three, wave(1, 4, 5, 6, 4), wave(2, 3, 3, 4, 8), wave(8))).toEqual(['fusedConv(bias, relu)']);
  const deep: F = (x, w, z, r) =>
    tf.nn.relu6(tf.nn.depthwiseConv2d(x, w, [1, 1, 1, 1], 'SAME').add(z).add(r));
  expect(left(deep, like, wave(3, 3, 9, 1), channels, like)).toEqual([
    'fusedDepthwise(bias, residual, relu6)',
  ]);
});

test('a convolution without elements to sum is the bias', () => {
  const f: F = (x, w, z) => tf.nn.relu(tf.nn.conv2d(x, w, 1, 'SAME').add(z));
  expect(left(f, wave(0, 6, 5, 4), filter, channels)).toEqual(['convForward', 'add', 'relu']);
});

test('a bias with dimensions of one in front', () => {
  expect(left((x, w, z) => tf.matmul(x, w).add(z), a, b, wave(1, 33))).toEqual(['fusedMatmul(bias)']);
  expect(left((x, w, z) => (conv(x, w) as tf.Tensor).add(z), image, filter, wave(1, 1, 1, 9))).toEqual([
    'fusedConv(bias)',
  ]);
});

test('results in another shape, with the same columns', () => {
  const f: F = (x, w, z) => tf.nn.relu(tf.reshape(tf.matmul(x, w), [3, 2, 33]).add(z));
  expect(left(f, wave(6, 7), b, bias)).toEqual(['fusedMatmul(bias, relu)', 'alias']);
  const g: F = (x, w, z, r) =>
    tf.reshape(tf.reshape(tf.matmul(x, w).add(z), [2, 3, 33]).add(r), [6, 33]).add(z);
  expect(left(g, wave(6, 7), b, bias, wave(2, 3, 33))).toEqual([
    'fusedMatmul(bias, residual)',
    'alias',
    'reshape',
    'add',
  ]);
  const back: F = (x, w, z) =>
    tf.nn.relu(tf.reshape(tf.reshape(tf.matmul(x, w), [3, 2, 33]), [6, 33]).add(z));
  expect(left(back, wave(6, 7), b, bias)).toEqual(['fusedMatmul(bias, relu)']);
  // Other columns, and what is read in its own shape too.
  const h: F = (x, w, z) => tf.reshape(tf.matmul(x, w), [33, 6]).add(z);
  expect(left(h, wave(6, 7), b, wave(6))).toEqual(['matmul', 'reshape', 'add']);
  const both: F = (x, w, z) => {
    const p = tf.matmul(x, w);
    return [tf.reshape(p, [3, 2, 33]).add(z), p];
  };
  expect(left(both, wave(6, 7), b, bias)).toEqual(['matmul', 'reshape', 'add']);
  const separable: F = (x, w, p, z) =>
    tf.nn.relu(tf.nn.separableConv2d(x, w, p, [1, 1, 1, 1], 'SAME').add(z));
  expect(left(separable, image, wave(3, 3, 4, 1), wave(1, 1, 4, 9), channels)).toContain(
    'fusedMatmul(bias, relu)',
  );
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
