/** Axes as tensors, typed arrays and bigints: eagerly, and inside functions as constants and as arguments. */
import * as tf from 'gradtape';

const x = tf.reshape(tf.range(0, 24, { dtype: 'float32' }), [2, 3, 4]);
const one = tf.constant(1, 'int32');
const list = tf.constant([-1, 0], 'int32');

type Fn = (t: tf.Tensor, axis: never) => tf.Tensor | readonly tf.Tensor[];

/** Functions of one axis, by the options of the call. */
const ofOne: Record<string, Fn> = {
  reduceSum: (t, axis) => tf.reduceSum(t, axis),
  'reduceSum as an option': (t, axis) => tf.reduceSum(t, { axis, keepdims: true }),
  'x.mean': (t, axis) => t.mean(axis),
  reduceAny: (t, axis) => tf.reduceAny(tf.greater(t, 3), axis),
  reduceVariance: (t, axis) => tf.math.reduceVariance(t, axis),
  reduceLogsumexp: (t, axis) => tf.reduceLogsumexp(t, axis),
  argmax: (t, axis) => tf.argmax(t, axis),
  'argmin of int64': (t, axis) => tf.argmin(t, { axis, outputType: 'int64' }),
  softmax: (t, axis) => tf.nn.softmax(t, axis),
  logSoftmax: (t, axis) => tf.nn.logSoftmax(t, { axis }),
  sort: (t, axis) => tf.sort(t, { axis, direction: 'DESCENDING' }),
  argsort: (t, axis) => tf.argsort(t, axis),
  cumsum: (t, axis) => tf.cumsum(t, { axis, reverse: true }),
  gather: (t, axis) => tf.gather(t, [1, 0], axis),
  booleanMask: (t, axis) => tf.booleanMask(t, [true, false, true], axis),
  oneHot: (t, axis) => tf.oneHot(tf.cast(t, 'int32'), 3, { axis }),
  stack: (t, axis) => tf.stack([t, t], axis),
  concat: (t, axis) => tf.concat([t, t], axis),
  unstack: (t, axis) => tf.unstack(t, { axis }),
  split: (t, axis) => tf.split(t, 3, axis),
  expandDims: (t, axis) => tf.expandDims(t, axis),
  crelu: (t, axis) => tf.nn.crelu(t, axis),
  l2Normalize: (t, axis) => tf.math.l2Normalize(t, axis),
  layerNorm: (t, axis) => tf.nn.layerNorm(t, null, null, axis),
  softmaxCrossEntropyWithLogits: (t, axis) =>
    tf.nn.softmaxCrossEntropyWithLogits(tf.nn.softmax(t, 1), t, axis),
};

/** Functions of several. */
const ofSeveral: Record<string, Fn> = {
  reduceSum: (t, axis) => tf.reduceSum(t, axis),
  reduceProd: (t, axis) => tf.reduceProd(t, { axis, keepdims: true }),
  reduceEuclideanNorm: (t, axis) => tf.math.reduceEuclideanNorm(t, axis),
  moments: (t, axis) => tf.nn.moments(t, axis),
  reverse: (t, axis) => tf.reverse(t, axis),
  layerNorm: (t, axis) => tf.nn.layerNorm(t, null, null, { axis }),
};

const show = (r: tf.Tensor | readonly tf.Tensor[]): unknown =>
  (r instanceof tf.Tensor ? [r] : r).map((t) => [t.dtype, t.shape, t.array()]);

function check(f: Fn, plain: unknown, tensor: tf.Tensor, others: readonly unknown[]): void {
  const wanted = show(f(x, plain as never));
  for (const axis of [tensor, new tf.Variable(tensor), tf.cast(tensor, 'int64'), ...others])
    expect(show(f(x, axis as never))).toEqual(wanted);
  // A constant, and an argument: its value decides the shape.
  expect(show(tf.function((t: tf.Tensor) => f(t, tensor as never))(x))).toEqual(wanted);
  const g = tf.function((t: tf.Tensor, axis: tf.Tensor) => f(t, axis as never));
  for (let i = 0; i < 2; i++) expect(show(g(x, tensor))).toEqual(wanted);
}

test.each(Object.entries(ofOne))('%s takes one axis as a tensor', (_, f) => {
  check(f, 1, one, [1n]);
});

test.each(Object.entries(ofSeveral))('%s takes several', (_, f) => {
  check(f, [-1, 0], list, [
    [tf.constant(-1, 'int32'), 0],
    [-1n, 0],
    new Int32Array([-1, 0]),
    new BigInt64Array([-1n, 0n]),
  ]);
});

test('one that changes from call to call is looked at in each', () => {
  const f = tf.function((t: tf.Tensor, axis: tf.Tensor) => tf.reduceSum(t, { axis }));
  for (const axis of [0, 1, 2, 0]) {
    expect(f(x, tf.constant(axis, 'int32')).array()).toEqual(tf.reduceSum(x, axis).array());
  }
});

test('gradients pass', () => {
  const tape = new tf.GradientTape();
  tape.watch(x);
  const y = tape.run(() => tf.reduceSum(tf.square(tf.reduceSum(x, list))));
  const plain = new tf.GradientTape();
  plain.watch(x);
  const z = plain.run(() => tf.reduceSum(tf.square(tf.reduceSum(x, [0, 2]))));
  expect((tape.gradient(y, x) as tf.Tensor).array()).toEqual((plain.gradient(z, x) as tf.Tensor).array());
});

test('what names no axis is refused', () => {
  const { InvalidArgumentError } = tf.errors;
  const sum = (axis: tf.Tensor) => () => tf.reduceSum(x, axis);
  expect(sum(tf.constant(3, 'int32'))).toThrow(InvalidArgumentError);
  expect(sum(tf.constant(3, 'int32'))).toThrow('axis = 3 is out of range');
  expect(sum(tf.constant([0, 0], 'int32'))).toThrow('twice');
  expect(sum(tf.constant(1))).toThrow(InvalidArgumentError);
  expect(sum(tf.constant(1))).toThrow('float32');
  expect(sum(tf.constant([[0]], 'int32'))).toThrow('[1,1]');
  expect(() => tf.argmax(x, list)).toThrow(
    '[argmax] axis must be one integer; got a int32 tensor of shape [2]',
  );
  expect(() => tf.reduceSum(x, ['a'] as never)).toThrow(TypeError);
});
