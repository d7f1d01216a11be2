/** fusedMatmul against the ops that it stands for: the same bits, the same gradients, errors. */
import * as tf from 'gradtape';
import type { FusedActivation } from '../../lib/ops/nn/epilogue';
import type { FusedMatmulOptions } from '../../lib/ops/linalg/fused_matmul';

const activations: Record<FusedActivation, (x: tf.Tensor) => tf.Tensor> = {
  relu: tf.relu,
  relu6: tf.nn.relu6,
  gelu: (x) => tf.nn.gelu(x),
  geluTanh: (x) => tf.nn.gelu(x, { approximate: true }),
  silu: (x) => tf.nn.silu(x),
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
};
const names = [null, ...(Object.keys(activations) as FusedActivation[])];

let seed = 1;
const normal = (shape: number[], dtype: 'float32' | 'float64' = 'float32') =>
  tf.random.statelessNormal(shape, [7, seed++], { dtype });

/** The ops one after another. */
function apart(a: tf.Tensor, b: tf.Tensor, o: FusedMatmulOptions): tf.Tensor {
  let y = tf.matmul(a, b, { transposeA: o.transposeA, transposeB: o.transposeB });
  if (o.bias != null) y = tf.add(y, o.bias);
  if (o.residual != null) y = tf.add(y, o.residual);
  return o.activation == null ? y : activations[o.activation](y);
}

/** Batch, m, n, k: tiles and their edges, packed, dots, vectors, k in blocks, k cut into chunks. */
const shapes: [number[], number, number, number][] = [
  [[], 1, 1, 1],
  [[], 7, 65, 9],
  [[], 64, 128, 40],
  [[], 200, 70, 1100],
  [[], 3, 33, 64],
  [[], 33, 3, 64],
  [[], 1, 300, 200],
  [[], 300, 1, 200],
  [[], 24, 20, 9000],
  [[5], 6, 10, 7],
  [[2, 3], 17, 31, 12],
];

describe.each(names)('activation %s', (activation) => {
  test.each(shapes)('%j %i×%i, k = %i: the bits of the ops one after another', (batch, m, n, k) => {
    for (const dtype of ['float32', 'float64'] as const) {
      for (const form of [0, 1, 2, 3]) {
        const transposeA = (form & 1) !== 0;
        const transposeB = (form & 2) !== 0;
        const a = normal([...batch, ...(transposeA ? [k, m] : [m, k])], dtype);
        const b = normal(transposeB ? [n, k] : [k, n], dtype);
        for (const parts of [1, 2, 3]) {
          const o = {
            transposeA,
            transposeB,
            activation,
            bias: (parts & 1) !== 0 ? normal([n], dtype) : null,
            residual: (parts & 2) !== 0 ? normal([...batch, m, n], dtype) : null,
          };
          const y = tf.raw.fusedMatmul(a, b, o);
          expect(y.shape).toEqual([...batch, m, n]);
          expect(Buffer.from(y.data().buffer).equals(Buffer.from(apart(a, b, o).data().buffer))).toBe(true);
        }
      }
    }
  });

  test('gradients of first and second order are those of the ops apart', () => {
    const [a, b] = [normal([4, 5], 'float64'), normal([5, 3], 'float64')];
    const [bias, residual] = [normal([3], 'float64'), normal([4, 3], 'float64')];
    const sources = [a, b, bias, residual];
    const both = (f: typeof apart): number[][] => {
      const outer = new tf.GradientTape();
      outer.watch(sources);
      const first = outer.run(() => {
        const inner = new tf.GradientTape();
        inner.watch(sources);
        const y = inner.run(() => tf.reduceSum(tf.square(f(a, b, { bias, residual, activation }))));
        return inner.gradient(y, sources) as tf.Tensor[];
      });
      const sum = outer.run(() =>
        first.map((g) => tf.reduceSum(tf.square(g))).reduce((x, y) => tf.add(x, y)),
      );
      const second = outer.gradient(sum, sources) as tf.Tensor[];
      return [...first, ...second].map((g) => Array.from(g.data() as Float64Array));
    };
    const want = both(apart);
    both(tf.raw.fusedMatmul).forEach((g, i) => {
      g.forEach((v, j) => expect(Math.abs(v - want[i][j])).toBeLessThan(1e-11 * (1 + Math.abs(want[i][j]))));
    });
  });
});

test('an empty sum is the bias', () => {
  const y = tf.raw.fusedMatmul(tf.zeros([2, 0]), tf.zeros([0, 3]), { bias: [1, -2, 3], activation: 'relu' });
  expect(y.array()).toEqual([
    [1, 0, 3],
    [1, 0, 3],
  ]);
});

test('what does not fit is refused by name', () => {
  const [a, b] = [tf.ones([2, 3]), tf.ones([3, 4])];
  expect(() => tf.raw.fusedMatmul(a, b, { bias: tf.ones([3]) })).toThrow(
    '[fusedMatmul] bias must have shape [4], one element for each column of the result of shape [2,4]',
  );
  expect(() => tf.raw.fusedMatmul(a, b, { residual: tf.ones([4]) })).toThrow(
    "[fusedMatmul] residual must have the result's shape [2,4]",
  );
  expect(() => tf.raw.fusedMatmul(a, b, { activation: 'mish' as 'relu' })).toThrow(
    '[fusedMatmul] no activation is named mish; there are relu',
  );
  expect(() => tf.raw.fusedMatmul(a, b, { bias: tf.ones([4], 'float64') })).toThrow('float64');
  expect(() => tf.raw.fusedMatmul(tf.ones([2, 3], 'int32'), tf.ones([3, 4], 'int32'))).toThrow(
    '[fusedMatmul] a has dtype int32',
  );
});
