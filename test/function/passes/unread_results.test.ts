/** What a loss computes for its gradient is left out where nobody asks for that. */
import * as tf from 'gradtape';
import { optimize } from '../../../lib/graph/passes/optimize';
import { unreadResults } from '../../../lib/graph/passes/dead_code';
import { graphOf, leaves, type F } from './graphs';

const { softmaxCrossEntropyWithLogits: dense, sparseSoftmaxCrossEntropyWithLogits: sparse } = tf.nn;

const logits = (rows: number, classes: number, dtype: 'float32' | 'float64'): tf.Tensor =>
  tf.cast(tf.random.normal([rows, classes], { stddev: 3, seed: 7 }), dtype);
const labels = (rows: number, classes: number): tf.Tensor =>
  tf.floormod(tf.multiply(tf.range(rows), 5), tf.constant(classes, 'int32'));

/** The numbers of results of the ops that have several. */
const results = (f: F, args: tf.Tensor[], pass = optimize): number[] =>
  pass(graphOf(f, args)).nodes.flatMap((n) =>
    n.kind === 'op' && n.op.minResults !== undefined ? [n.outputs.length] : [],
  );

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  test.each([
    [1, 1],
    [5, 3],
    [40, 10],
    [70, 301],
    [0, 4],
  ])('losses of %d rows and %d classes', (rows, classes) => {
    const x = logits(rows, classes, dtype);
    const t = labels(rows, classes);
    expect(leaves(unreadResults, (l, y) => sparse(l, y), t, x)).toEqual(['sparseSoftmaxCrossEntropy']);
    expect(results((l, y) => sparse(l, y), [t, x])).toEqual([1]);
    const p = tf.oneHot(t, classes, { dtype });
    expect(leaves(unreadResults, (l, y) => dense(l, y), p, x)).toEqual(['softmaxCrossEntropy']);
    expect(results((l, y) => dense(l, y), [p, x])).toEqual([1]);
  });
});

const x = logits(40, 10, 'float32');
const t = labels(40, 10);
const gradient = (y: tf.Tensor): tf.Tensor[] => {
  const tape = new tf.GradientTape();
  tape.watch(y);
  const loss = tape.run(() => tf.reduceMean(sparse(t, y)));
  return [loss, tape.gradient(loss, y) as tf.Tensor];
};

test('a requested gradient stays, with the same elements', () => {
  expect(results(gradient, [x])).toEqual([2]);
  leaves(unreadResults, gradient, x);
  expect(results((y) => gradient(y)[0], [x])).toEqual([1]);
});

test('a tape outside of the function gets its gradient', () => {
  const f = tf.function((y: tf.Tensor) => tf.reduceMean(sparse(t, y)));
  const before = f(x).data();
  const tape = new tf.GradientTape();
  tape.watch(x);
  const loss = tape.run(() => f(x));
  const [want, back] = gradient(x);
  expect((tape.gradient(loss, x) as tf.Tensor).data()).toEqual(back.data());
  expect([before, loss.data()]).toEqual([want.data(), want.data()]);
});

test('a label out of range is an error', () => {
  const f = tf.function((l: tf.Tensor, y: tf.Tensor) => sparse(l, y));
  expect(() => f(tf.constant([0, 12, 3], 'int32'), logits(3, 10, 'float32'))).toThrow(
    'Received a label value of 12 which is outside the valid range of [0, 10)',
  );
});

test('without the pass all results stay', () => {
  process.env.GRADTAPE_DISABLE_PASS = 'unreadResults';
  try {
    expect(results((y) => sparse(t, y), [x])).toEqual([2]);
  } finally {
    delete process.env.GRADTAPE_DISABLE_PASS;
  }
});
