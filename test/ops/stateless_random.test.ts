/** Stateless random ops in compiled functions: the seed may be an argument, or what a variable holds. */
import * as tf from 'gradtape';

const draws: Readonly<Record<string, (seed: tf.Tensor) => tf.Tensor>> = {
  uniform: (seed) => tf.random.statelessUniform([37], seed),
  'uniform of other bounds': (seed) => tf.random.statelessUniform([3, 5], seed, { minval: -2, maxval: 3 }),
  'uniform float16': (seed) => tf.random.statelessUniform([9], seed, { dtype: 'float16' }),
  'uniform integers': (seed) =>
    tf.random.statelessUniform([9], seed, { minval: -5, maxval: 100, dtype: 'int32' }),
  'all integers': (seed) =>
    tf.random.statelessUniform([9], seed, { minval: null, maxval: null, dtype: 'int64' }),
  normal: (seed) => tf.random.statelessNormal([6, 7], seed, { mean: 1, stddev: 0.5 }),
  'truncated normal': (seed) => tf.random.statelessTruncatedNormal([11], seed, { dtype: 'float64' }),
  categorical: (seed) => tf.random.statelessCategorical([[0.5, 1, -1]], 8, seed),
  dropout: (seed) => tf.nn.experimental.statelessDropout(tf.ones([50]), 0.4, seed),
  split: (seed) => tf.random.split(seed, 3),
  foldIn: (seed) => tf.random.foldIn(seed, 7),
  'no elements': (seed) => tf.random.statelessUniform([0, 3], seed),
};

describe.each(Object.entries(draws))('%s', (_, draw) => {
  test.each(['int32', 'int64'] as const)(
    'with %s seeds that are arguments, draws what it draws eagerly',
    (dtype) => {
      const compiled = tf.function(draw);
      for (const seed of [
        [1, 2],
        [-3, 0],
        [2 ** 31 - 1, -(2 ** 31)],
      ]) {
        const t = tf.constant(seed, { dtype });
        const [found, expected] = [compiled(t), draw(t)];
        expect(found.dtype).toBe(expected.dtype);
        expect(found.shape).toEqual(expected.shape);
        expect(found.array()).toEqual(expected.array());
      }
    },
  );
});

test('the trace is whole: the seed is computed natively, and so are the numbers', () => {
  const state = new tf.Variable(tf.constant([5n, 0n], { dtype: 'int64' }), { trainable: false });
  let traces = 0;
  const step = tf.function(() => {
    traces++;
    const seed = state.read();
    state.assign(tf.add(seed, tf.constant([0n, 1n], { dtype: 'int64' })));
    return tf.random.statelessUniform([4], seed);
  });
  for (let i = 0; i < 3; i++) expect(step().array()).toEqual(tf.random.statelessUniform([4], [5, i]).array());
  expect(traces).toBe(1);
});

test('a seed of another shape or dtype is refused in a trace too', () => {
  const draw = tf.function((seed: tf.Tensor) => tf.random.statelessUniform([2], seed));
  expect(() => draw(tf.constant([1, 2, 3], { dtype: 'int32' }))).toThrow(/seed must have shape \[2\]/);
  expect(() => draw(tf.constant([1, 2]))).toThrow(/seed must be int32 or int64/);
});

test('rejection sampling takes seeds that a compiled function computes', () => {
  const calls: ((seed: tf.Tensor) => tf.Tensor)[] = [
    (seed) => tf.random.statelessGamma([3, 2], seed, [1.5, 0.5]),
    (seed) => tf.random.statelessPoisson([4], seed, 3, 'int64'),
    (seed) => tf.random.statelessBinomial([4], seed, 20, 0.25),
  ];
  for (const call of calls) {
    const compiled = tf.function((seed: tf.Tensor) => call(tf.add(seed, 1)));
    for (const seed of [tf.constant([3, 4], 'int32'), tf.constant([-7, 12], 'int64')])
      expect(compiled(seed).array()).toEqual(call(tf.add(seed, 1)).array());
  }
});
