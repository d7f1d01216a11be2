/** Contractions and factorizations beyond what the fixtures record: invalid equations, singular matrices, full QR. */
import * as tf from 'gradtape';

const flat = (t: tf.Tensor): number[] => Array.from(t.data() as Float32Array);
const { InvalidArgumentError } = tf.errors;

describe('einsum', () => {
  const a = tf.reshape(tf.range(6, 12, 1, { dtype: 'float32' }), [2, 3]);
  const b = tf.reshape(tf.range(0, 12, 1, { dtype: 'float32' }), [3, 4]);

  test.each([
    ['i1->i', [a], /incorrect format/],
    ['ij->k', [a], /label k not present/],
    ['i0->i', [a], /incorrect format/],
    ['ij->ii', [a], /more than once/],
    ['ij,jk->ik', [a], /Got 1 inputs .* expecting 2/],
    ['ijk->i', [a], /to have rank 3 but got: 2/],
    ['ij...k->i', [a], /rank at least 3/],
    ['......->...', [a], /more than one ellipsis/],
    ['...j->j', [a], /no ellipsis/],
    ['ij,jk->ik', [a, a], /Expected dimension 3 .* got dimension 2/],
    ['...i,...j->...ij', [a, b], /Invalid broadcasting dimensions/],
  ])('%s is refused', (equation, operands, message) => {
    expect(() => tf.einsum(equation, ...operands)).toThrow(InvalidArgumentError);
    expect(() => tf.einsum(equation, ...operands)).toThrow(message);
  });

  test('an equation keeps no shapes', () => {
    expect(tf.einsum('ij,jk', a, b).shape).toEqual([2, 4]);
    expect(tf.einsum('ij,jk', b, tf.ones([4, 5])).shape).toEqual([3, 5]);
  });

  test('operands of several dtypes and values that are no tensors are refused', () => {
    expect(() => tf.einsum('ij,jk', a, tf.ones([3, 2], { dtype: 'float64' }) as never)).toThrow(
      InvalidArgumentError,
    );
    expect(() => tf.einsum(3 as never, a)).toThrow(TypeError);
  });

  test('what needs no computation is a new tensor', () => {
    const same = tf.einsum('ij->ij', a);
    expect(same).not.toBe(a);
    expect(flat(same)).toEqual(flat(a));
  });

  test('swaps the operands if the result has the labels of the second first', () => {
    const y = tf.einsum('ij,jk->ki', a, b);
    expect(flat(y)).toEqual(flat(tf.transpose(tf.matmul(a, b))));
  });
});

describe('singular and indefinite matrices', () => {
  const singular = tf.constant([
    [1, 2],
    [2, 4],
  ]);

  test('solve and inv refuse them', () => {
    expect(() => tf.linalg.inv(singular)).toThrow(InvalidArgumentError);
    expect(() => tf.linalg.solve(singular, tf.ones([2, 1]))).toThrow(
      '[solve] Input matrix is not invertible.',
    );
  });

  test('det is 0, slogdet [0, −∞]', () => {
    expect(Math.abs(tf.linalg.det(singular).item())).toBe(0);
    const { sign, logAbsDeterminant } = tf.linalg.slogdet(singular);
    expect([sign.item(), logAbsDeterminant.item()]).toEqual([0, -Infinity]);
  });

  test('cholesky of an indefinite matrix is NaN', () => {
    const indefinite = tf.constant([
      [1, 2],
      [2, 1],
    ]);
    expect(flat(tf.linalg.cholesky(indefinite))).toEqual([NaN, 0, NaN, NaN]);
  });

  test('an error inside a compiled function is thrown by the run', () => {
    const f = tf.function((x: tf.Tensor) => tf.linalg.inv(x));
    expect(flat(f(tf.eye(2)))).toEqual([1, 0, 0, 1]);
    expect(() => f(singular)).toThrow(InvalidArgumentError);
  });
});

describe('full QR', () => {
  const x = tf.constant([
    [1, 2],
    [0.5, -1],
    [2, 0.25],
  ]);

  test('Q is square and orthonormal', () => {
    const { q, r } = tf.linalg.qr(x, { fullMatrices: true });
    expect([q.shape, r.shape]).toEqual([
      [3, 3],
      [3, 2],
    ]);
    flat(tf.matmul(q, r)).forEach((v, i) => expect(v).toBeCloseTo(flat(x)[i], 5));
    flat(tf.matmul(q, q, { transposeA: true })).forEach((v, i) =>
      expect(v).toBeCloseTo(i % 4 === 0 ? 1 : 0, 5),
    );
  });

  test('of matrices without rows or columns', () => {
    const shapes = (x: tf.Tensor, full: boolean): (readonly number[])[] => {
      const { q, r } = tf.linalg.qr(x, full);
      return [q.shape, r.shape];
    };
    expect(shapes(tf.zeros([0, 2]), false)).toEqual([
      [0, 0],
      [0, 2],
    ]);
    expect(shapes(tf.zeros([2, 0, 3]), true)).toEqual([
      [2, 0, 0],
      [2, 0, 3],
    ]);
    expect(shapes(tf.zeros([3, 0]), false)).toEqual([
      [3, 0],
      [0, 0],
    ]);
    expect(flat(tf.linalg.qr(tf.zeros([2, 0]), true).q)).toEqual([1, 0, 0, 1]);
  });

  test('of zeros is the identity and 0; a NaN is not lost', () => {
    const { q, r } = tf.linalg.qr(tf.zeros([3, 2]));
    expect([flat(q), flat(r)]).toEqual([
      [1, 0, 0, 1, 0, 0],
      [0, 0, 0, 0],
    ]);
    expect(flat(tf.linalg.qr(tf.constant([[1], [NaN]])).r)).toEqual([NaN]);
  });

  test('has no gradient with more rows than columns', () => {
    const tape = new tf.GradientTape();
    tape.watch(x);
    const { q } = tape.run(() => tf.linalg.qr(x, true));
    expect(() => tape.gradient(q, x)).toThrow(tf.errors.UnimplementedError);
  });
});

test('a band of a matrix of more elements than JavaScript lists have', () => {
  const n = 140_000_000;
  const x = tf.ones([1, n], 'uint8');
  const y = tf.linalg.bandPart(x, 0, 1);
  expect([...y.at(0).at('0:4').data(), y.at(0).at(-1).item()]).toEqual([1, 1, 0, 0, 0]);
  for (const t of [x, y]) t.dispose();
});
