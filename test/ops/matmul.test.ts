/** The matrix product: values of all forms against plain loops, gradients against differences, errors. */
import * as tf from 'gradtape';

type Form = { transposeA: boolean; transposeB: boolean };
const forms: Form[] = [false, true].flatMap((transposeA) =>
  [false, true].map((transposeB) => ({ transposeA, transposeB })),
);
const name = (f: Form) => `A${f.transposeA ? 'ᵀ' : ''}·B${f.transposeB ? 'ᵀ' : ''}`;

let seed = 7;
const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32 - 0.5;
const real = (shape: number[]) =>
  tf.reshape(tf.constant(Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, random)), shape);
const swap = (shape: number[], yes: boolean) =>
  yes ? [...shape.slice(0, -2), shape[shape.length - 1], shape[shape.length - 2]] : shape;
const list = (t: tf.Tensor) => Array.from(t.data() as Float64Array);

/** [batch, shapes of A and B as multiplied]. */
const cases: [number[], number[]][] = [
  [
    [2, 3],
    [3, 4],
  ],
  [
    [1, 5],
    [5, 1],
  ],
  [
    [4, 2, 3],
    [4, 3, 2],
  ],
  [
    [4, 2, 3],
    [3, 5],
  ],
  [
    [2, 3],
    [4, 3, 5],
  ],
  [
    [2, 1, 2, 3],
    [3, 3, 2],
  ],
  [
    [1, 2, 3],
    [5, 3, 2],
  ],
  [
    [3, 1, 2, 1],
    [1, 2, 1, 4],
  ],
];

/** Σ over the last axes by the definition, with broadcast batches. */
function plain(a: tf.Tensor, b: tf.Tensor, f: Form): { shape: number[]; values: number[] } {
  const [x, y] = [a, b].map((t, i) => {
    const flip = i === 0 ? f.transposeA : f.transposeB;
    const perm = t.shape.map((_, d) => d);
    if (flip) perm.push(...perm.splice(-2).reverse());
    return tf.transpose(t, { perm });
  });
  const rank = Math.max(x.rank, y.rank);
  const pad = (s: readonly number[]) => [...Array<number>(rank - s.length).fill(1), ...s];
  const [sx, sy] = [pad(x.shape), pad(y.shape)];
  const batch = sx.slice(0, -2).map((d, i) => Math.max(d, sy[i]));
  const [m, k, n] = [sx[rank - 2], sx[rank - 1], sy[rank - 1]];
  const at = (t: tf.Tensor, shape: number[], index: number[]) => {
    const flat = index.reduce((o, v, d) => o * shape[d] + (shape[d] === 1 ? 0 : v), 0);
    return (t.data() as Float64Array)[flat];
  };
  const values: number[] = [];
  const count = batch.reduce((p, d) => p * d, 1);
  for (let q = 0; q < count; q++) {
    const index: number[] = [];
    for (let d = batch.length - 1, rest = q; d >= 0; rest = Math.floor(rest / batch[d--]))
      index.unshift(rest % batch[d]);
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += at(x, sx, [...index, i, l]) * at(y, sy, [...index, l, j]);
        values.push(sum);
      }
  }
  return { shape: [...batch, m, n], values };
}

describe.each(forms.map((f) => [name(f), f] as const))('%s', (_, form) => {
  test.each(cases)('%j by %j: values and gradients', (sa, sb) => {
    const a = real(swap(sa, form.transposeA));
    const b = real(swap(sb, form.transposeB));
    const c = tf.matmul(a, b, form);
    const want = plain(a, b, form);
    expect(c.shape).toEqual(want.shape);
    list(c).forEach((v, i) => expect(v).toBeCloseTo(want.values[i], 12));

    // d/dx Σ dy·(A·B) is linear in each operand: differences are exact but for rounding.
    const dy = real(want.shape);
    const f = (x: tf.Tensor, y: tf.Tensor) => tf.reduceSum(tf.multiply(tf.matmul(x, y, form), dy));
    const tape = new tf.GradientTape();
    tape.watch([a, b]);
    const grads = tape.gradient(
      tape.run(() => f(a, b)),
      [a, b],
    ) as tf.Tensor[];
    [a, b].forEach((t, which) => {
      expect(grads[which].shape).toEqual(t.shape);
      const base = t.data() as Float64Array;
      list(grads[which]).forEach((g, i) => {
        const moved = Float64Array.from(base);
        moved[i] += 1;
        const x = tf.reshape(tf.constant(moved), t.shape);
        const difference = which === 0 ? f(x, b).sub(f(a, b)) : f(a, x).sub(f(a, b));
        expect(g).toBeCloseTo(difference.item(), 10);
      });
    });
  });
});

test('second derivatives go through', () => {
  const a = real([2, 3]);
  const b = real([3, 2]);
  const outer = new tf.GradientTape();
  outer.watch(a);
  const first = outer.run(() => {
    const inner = new tf.GradientTape();
    inner.watch(a);
    const y = inner.run(() => tf.reduceSum(tf.square(tf.matmul(a, b))));
    return inner.gradient(y, a) as tf.Tensor;
  });
  // d²/dA² Σ (AB)² applied to ones is 2·1·B·Bᵀ.
  const second = outer.gradient(first, a) as tf.Tensor;
  const want = tf.multiply(tf.matmul(tf.matmul(tf.ones([2, 3], 'float64'), b), b, { transposeB: true }), 2);
  list(second).forEach((v, i) => expect(v).toBeCloseTo(list(want)[i], 12));
});

test('dtypes: integers are exact and wrap; others are refused by name', () => {
  const i = tf.matmul(tf.constant(Int32Array.of(65536, 1)).reshape([1, 2]), [[65536], [7]]);
  expect([i.dtype, i.item()]).toEqual(['int32', 7]);
  const big = tf.matmul(tf.constant(BigInt64Array.of(2n ** 62n, 3n)).reshape([1, 2]), [[4], [5]]);
  expect(big.item()).toBe(15n);
  const bytes = tf.constant(Uint8Array.of(100, 2)).reshape([1, 2]);
  const wrapped = tf.matmul(bytes, [[3], [2]]);
  expect([wrapped.dtype, wrapped.item()]).toEqual(['uint8', 304 - 256]);
  expect(() => tf.matmul([[true]], [[true]])).toThrow('[matmul] a has dtype bool');
  expect(() => tf.matmul(tf.ones([1, 1]), tf.ones([1, 1], 'float64'))).toThrow(
    'was expected to be a float32 tensor but is a float64 tensor',
  );
});

test('empty products', () => {
  expect(tf.matmul(tf.zeros([2, 0]), tf.zeros([0, 3])).array()).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ]);
  expect(tf.matmul(tf.zeros([0, 2]), tf.zeros([2, 3])).shape).toEqual([0, 3]);
  expect(tf.matmul(tf.zeros([0, 2, 3]), tf.zeros([3, 4])).shape).toEqual([0, 2, 4]);
  const a = tf.zeros([2, 3, 0]);
  const b = tf.zeros([0, 4]);
  const tape = new tf.GradientTape();
  tape.watch([a, b]);
  const grads = tape.gradient(
    tape.run(() => tf.matmul(a, b)),
    [a, b],
  ) as tf.Tensor[];
  expect(grads.map((g) => g.shape)).toEqual([
    [2, 3, 0],
    [0, 4],
  ]);
});

test('methods, aliases, matvec', () => {
  expect(
    tf
      .ones([1, 2])
      .matmul([[3], [4]])
      .item(),
  ).toBe(7);
  expect(tf.linalg.matmul([[1, 2]], [[3], [4]]).item()).toBe(11);
  expect(tf.matmul([[1], [2]], [[3], [4]], { adjointA: true }).item()).toBe(11);
  expect(
    tf.linalg
      .matvec(
        [
          [1, 2],
          [3, 4],
        ],
        [1, 10],
      )
      .array(),
  ).toEqual([21, 43]);
  expect(
    tf.linalg
      .matvec(
        [
          [1, 2],
          [3, 4],
        ],
        [1, 10],
        { transposeA: true },
      )
      .array(),
  ).toEqual([31, 42]);
  expect(tf.linalg.matvec(tf.ones([3, 2, 4]), tf.ones([4])).shape).toEqual([3, 2]);
});

test('errors name shapes and what would be right', () => {
  const a = tf.zeros([2, 3]);
  const refused = (f: () => unknown) => {
    try {
      f();
    } catch (e) {
      if (e instanceof tf.errors.InvalidArgumentError) return e.message;
      throw e;
    }
    throw new Error('accepted');
  };
  expect(refused(() => tf.matmul(a, a))).toBe(
    '[matmul] Matrix size-incompatible: In[0]: [2,3], In[1]: [2,3]; the inner sizes 3 and 2 must be equal',
  );
  expect(refused(() => tf.matmul(a, tf.zeros([3, 3]), { transposeA: true }))).toContain(
    'In[0]: [2,3], In[1]: [3,3] with transposeA; the inner sizes 2 and 3 must be equal',
  );
  expect(refused(() => tf.matmul(a, tf.zeros([3])))).toContain('In[1] ndims must be >= 2: 1');
  expect(refused(() => tf.matmul(tf.zeros([2, 2, 3]), tf.zeros([3, 3, 2])))).toContain(
    'In[0] and In[1] must have compatible batch dimensions: [2,2,3] vs. [3,3,2]',
  );
  expect(refused(() => tf.matmul(a, a, { transposeA: true, adjointA: true }))).toContain(
    'Only one of transposeA and adjointA can be true',
  );
  expect(refused(() => tf.linalg.matvec([1, 2], [1, 2]))).toContain('[matvec] a must be a matrix');
  expect(() => tf.matmul(a, a, { transpose: true } as never)).toThrow(TypeError);
  expect(() => tf.matmul(a, a, { transposeB: 1 } as never)).toThrow('transposeB must be true or false');
  expect(() => tf.matmul(a, 'x' as never)).toThrow(TypeError);
});
