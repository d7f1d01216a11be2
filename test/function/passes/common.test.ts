/** The same thing is computed once; what only looks the same is not. */
import * as tf from 'gradtape';
import { commonSubexpressions } from '../../../lib/graph/passes/common_subexpressions';
import { leaves, type F } from './graphs';

const left = (f: F, ...args: tf.Tensor[]): string[] => leaves(commonSubexpressions, f, ...args);
const x = tf.reshape(tf.range(12, { dtype: 'float32' }), [3, 4]);

test('the same op of the same tensors', () => {
  expect(left((t) => tf.sin(t).add(tf.sin(t)), x)).toEqual(['sin', 'add']);
  expect(left((t) => tf.exp(tf.sin(t)).mul(tf.exp(tf.sin(t))), x)).toEqual(['sin', 'exp', 'multiply']);
  expect(left((t) => [tf.reduceSum(t, 0), tf.reduceSum(t, 0)], x)).toEqual(['reduceSum']);
  const once = left((t) => tf.split(t, 2, 1), x);
  expect(left((t) => [...tf.split(t, 2, 1), ...tf.split(t, 2, 1)], x)).toEqual(once);
  expect(left((t) => [tf.reshape(t, [12]), tf.squeeze(tf.reshape(t, [12]))], x)).toHaveLength(2);
});

test('not other inputs, attributes or dtypes', () => {
  expect(left((t) => [tf.reduceSum(t, 0), tf.reduceSum(t, 1)], x)).toHaveLength(2);
  expect(left((t) => [tf.reduceSum(t, 0), tf.reduceSum(t, { axis: 0, keepdims: true })], x)).toHaveLength(2);
  expect(left((t) => [t.sub(1), tf.subtract(1, t)], x)).toHaveLength(2);
  expect(left((t) => [tf.cast(t, 'int32'), tf.cast(t, 'int64')], x)).toHaveLength(2);
  expect(left((t, u) => [t.add(u), u.add(t)], x, x)).toHaveLength(2);
});

test('not random ops', () => {
  const f = tf.function(() => [tf.random.normal([4]), tf.random.normal([4])]);
  const [a, b] = f();
  expect(a.array()).not.toEqual(b.array());
});

test('not reads of a variable around an assignment', () => {
  const v = new tf.Variable(1);
  const f = tf.function((t: tf.Tensor) => {
    const before = tf.multiply(v.read(), t);
    v.assignAdd(1);
    const after = tf.multiply(v.read(), t);
    return [before, after];
  });
  expect(f(tf.constant(3)).map((t) => t.item())).toEqual([3, 6]);
  expect(f(tf.constant(3)).map((t) => t.item())).toEqual([6, 9]);
});
