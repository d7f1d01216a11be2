/** Arguments behind the options, as Python's keywords would be, are refused: they would be ignored. */
import * as tf from 'gradtape';

const x = tf.ones([2, 2]);
const call = (f: (...args: never[]) => unknown, ...args: unknown[]): (() => unknown) => {
  return () => f(...(args as never[]));
};

test.each([
  ['reduceMean', call(tf.reduceMean, x, -1, { keepdims: true }), '{ axis: -1, keepdims: true }'],
  [
    'reduceMean',
    () => (x as never as { mean: (...a: unknown[]) => unknown }).mean(-1, true),
    '{ axis: -1, keepdims: true }',
  ],
  ['reduceStd', call(tf.math.reduceStd, x, [0, 1], true), '{ axis: [0, 1], keepdims: true }'],
  ['softmax', call(tf.nn.softmax, x, -1, 'name'), '{ axis: -1 }'],
  ['cumsum', call(tf.cumsum, x, 0, true, true), '{ axis: 0, exclusive: true, reverse: true }'],
  ['matmul', call(tf.matmul, x, x, false, true), '{ transposeA: false, transposeB: true }'],
  ['gather', call(tf.gather, x, [0], 1, { batchDims: 0 }), '{ axis: 1, batchDims: 0 }'],
  ['argmax', call(tf.math.argmax, x, 0, 'int64'), "{ axis: 0, outputType: 'int64' }"],
  ['transpose', call(tf.transpose, x, { perm: [1, 0] }, 'name'), '{ perm: [1, 0] }'],
  ['random.normal', call(tf.random.normal, [2], 0, 1), '{ mean: 0, stddev: 1 }'],
  [
    'random.uniform',
    call(tf.random.uniform, [2], 1, 2, 'float64'),
    "{ minval: 1, maxval: 2, dtype: 'float64' }",
  ],
])('%s', (name, f, options) => {
  // The first time it is found out which options there are.
  for (let i = 0; i < 2; i++) {
    expect(f).toThrow(tf.errors.InvalidArgumentError);
    expect(f).toThrow(`[${name}] takes`);
    expect(f).toThrow(options);
  }
  expect(() => tf.function(() => f())()).toThrow(options);
});

test('what has no options may be called with more, as arrays do', () => {
  const list = [x, tf.fill([2, 2], 2), tf.fill([2, 2], 3)];
  expect((list as unknown[]).reduce(tf.add as never)).toMatchObject({ shape: [2, 2] });
  expect(list.map(tf.square).map((t) => t.at(0, 0).item())).toEqual([1, 4, 9]);
  expect(list.map(tf.math.logSigmoid).length).toBe(3);
  expect(call(tf.concat, list, 0, 'name')()).toMatchObject({ shape: [6, 2] });
  expect(call(tf.reshape, x, [4], 'name')()).toMatchObject({ shape: [4] });
});
