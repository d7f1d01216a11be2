/** The rest of keras.ops against Keras (test/golden/keras/ops_rest.py): bits, Fourier transforms, patterns, images, factorizations. */
import * as tf from 'gradtape';
import { deserialize, serialize } from '../../lib/keras/saving/serialize';
import { testRecordedOps } from './recorded_ops';

testRecordedOps('ops_rest.json', {
  tolerance: ({ name }) => (/fft/.test(name) ? 5e-6 : 2e-6),
});

/** Factorizations whose signs are arbitrary. */
describe('eigenvectors and singular vectors', () => {
  const { ops } = tf.keras;
  const random = (...shape: number[]): tf.Tensor => tf.random.uniform(shape, { seed: 3, dtype: 'float64' });
  const expectNear = (a: tf.Tensor, b: tf.Tensor, tolerance = 1e-12): void => {
    expect(a.shape).toEqual(b.shape);
    for (const d of tf.abs(tf.subtract(a, b)).data() as Float64Array) expect(d).toBeLessThan(tolerance);
  };
  const product = (u: tf.Tensor, s: tf.Tensor, v: tf.Tensor): tf.Tensor =>
    tf.matmul(tf.multiply(u, tf.expandDims(s, -2)), v);
  const identity = (n: number): tf.Tensor => tf.eye(n, { dtype: 'float64' });

  test('multiply to the matrix and are orthonormal', () => {
    for (const shape of [
      [4, 4],
      [2, 5, 3],
      [3, 5],
      [1, 1],
    ]) {
      const x = random(...shape);
      const [u, s, v] = ops.svd(x, { fullMatrices: false });
      expectNear(product(u, s, v), x);
      const [fullU, , fullV] = ops.svd(x);
      const [m, n] = shape.slice(-2);
      const ones = (k: number): tf.Tensor => tf.broadcastTo(identity(k), [...shape.slice(0, -2), k, k]);
      expectNear(tf.matmul(fullU, fullU, { transposeA: true }), ones(m));
      expectNear(tf.matmul(fullV, fullV, { transposeB: true }), ones(n));
    }
    const square = random(2, 6, 6);
    const symmetric = tf.add(square, tf.linalg.matrixTranspose(square));
    const [e, w] = ops.eigh(symmetric);
    expectNear(product(w, e, tf.linalg.matrixTranspose(w)), symmetric);
    expect(
      ops
        .eigh(
          tf.constant([
            [2, 0],
            [0, 1],
          ]),
        )[0]
        .array(),
    ).toEqual([1, 2]);
  });

  test('of matrices without full rank are orthonormal, too', () => {
    for (const x of [tf.zeros([3, 2], { dtype: 'float64' }), tf.ones([4, 3], { dtype: 'float64' })]) {
      const [u, s, v] = ops.svd(x, { fullMatrices: false });
      expectNear(product(u, s, v), x);
      expectNear(tf.matmul(u, u, { transposeA: true }), identity(x.shape[1]));
    }
    const [e] = ops.eigh(tf.ones([3, 3], { dtype: 'float64' }));
    expectNear(e, tf.constant([0, 0, 3], 'float64'));
  });

  /** Finite differences of Σ w·f(x). */
  function expectGradient(x: tf.Tensor, f: (x: tf.Tensor) => tf.Tensor): void {
    const weights = tf.random.uniform(f(x).shape, { seed: 5, dtype: 'float64' });
    const total = (value: tf.Tensor): tf.Tensor => tf.reduceSum(tf.multiply(f(value), weights));
    const found = tf.grad(total)(x).data() as Float64Array;
    const values = Float64Array.from(x.data() as Float64Array);
    const at = (k: number, d: number): number => {
      const moved = values.slice();
      moved[k] += d;
      return Number(total(tf.reshape(tf.constant(moved), x.shape)).item());
    };
    found.forEach((g, k) => expect(Math.abs(g - (at(k, 1e-5) - at(k, -1e-5)) / 2e-5)).toBeLessThan(1e-6));
  }

  test('have the gradients of what does not depend on signs', () => {
    for (const shape of [
      [3, 3],
      [4, 2],
      [2, 4],
    ])
      expectGradient(random(...shape), (x) => {
        const [u, s, v] = ops.svd(x, { fullMatrices: false });
        return product(tf.square(u), s, tf.square(v));
      });
    expectGradient(random(3, 3), (x) => {
      const [e, v] = ops.eigh(x);
      return product(tf.square(v), tf.exp(e), tf.linalg.matrixTranspose(v));
    });
    expectGradient(random(2, 3, 3), (x) => ops.luFactor(x)[0]);
    expect(() => tf.grad((x: tf.Tensor) => ops.svd(x)[0])(random(3, 2))).toThrow(
      tf.errors.UnimplementedError,
    );
  });

  test('are operations of functional models', () => {
    const input = tf.keras.Input([3, 2], { batchSize: 2 });
    const model = new tf.keras.Model(input, [
      ...ops.svd(input),
      ops.image.extractPatches(tf.keras.ops.expandDims(input, -1), 1),
    ]);
    const config = serialize(model);
    const loaded = deserialize(config, { file: 'test', customObjects: {} }) as tf.keras.Model;
    const x = tf.random.uniform([2, 3, 2], { seed: 1 });
    const [a, b] = [model, loaded].map((m) => m<tf.Tensor[]>(x).map((t) => t.array()));
    expect(b).toEqual(a);
    expect(serialize(loaded)).toEqual(config);
  });
});
