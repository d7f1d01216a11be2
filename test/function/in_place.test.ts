/** Variables are written over where nobody can tell; what was read before never changes. */
import * as tf from 'gradtape';
import { bufferOf } from '../../lib/core/tensor';
import type { Variable } from '../../lib/core/variable';

/** Few enough elements that no cache of another core is thought to have them. */
const n = 5000;
const inPlace = (f: tf.CompiledFunction<never[], unknown>): (boolean | string)[] =>
  f.program().steps.map((s) => (s.kind === 'assign' ? s.inPlace : s.kind));

/** The storage of a variable, by what it is at the moment. */
const storageOf = (v: Variable): unknown => bufferOf(v.held);

test('an update is in place while the old value is uniquely owned', () => {
  const v = new tf.Variable(tf.zeros([n]));
  const f = tf.function(() => {
    v.assignAdd(tf.multiply(tf.ones([n]), 2));
  });
  expect(inPlace(f as never)).toEqual(['read', 'segment', true]);
  expect(f.program().toString()).toMatch(/assign Variable:0, in place if the old value is uniquely owned$/);
  f();
  const storage = storageOf(v);
  f();
  expect(storageOf(v)).toBe(storage);
  const held = v.read();
  f();
  expect(storageOf(v)).not.toBe(storage);
  expect([held.data()[n - 1], v.data()[n - 1]]).toEqual([4, 6]);
});

test('an argument that aliases the variable keeps its elements', () => {
  const v = new tf.Variable(tf.fill([n], 1));
  const f = tf.function((x: tf.Tensor) => {
    v.assign(tf.add(v, 1));
    return tf.multiply(x, 10);
  });
  for (let i = 1; i < 4; i++) {
    const x = v.read();
    expect(f(x).data()[7]).toBe(10 * i);
    expect(x.data()[7]).toBe(i);
  }
});

test('a read after the update was computed, but before the assignment, sees the old value', () => {
  const v = new tf.Variable(tf.fill([n], 2));
  const other = new tf.Variable(tf.fill([n], 1));
  const f = tf.function(() => {
    const old = tf.identity(v);
    v.assign(tf.multiply(v, 3));
    const sum = tf.reduceSum(tf.multiply(old, tf.sort(v)));
    other.assign(tf.add(tf.reverse(old, [0]), v));
    return [sum, old];
  });
  expect([...f()].map((t) => t.data()[0])).toEqual([2 * 6 * n, 2]);
  expect([v.data()[3], other.data()[3]]).toEqual([6, 8]);
  expect([...f()].map((t) => t.data()[0])).toEqual([6 * 18 * n, 6]);
  expect([v.data()[3], other.data()[3]]).toEqual([18, 24]);
});

test('a value that depends on all of the old one is not written in place', () => {
  const v = new tf.Variable(tf.cast(tf.range(n), 'float32'));
  const f = tf.function(() => {
    v.assign(tf.reverse(v, [0]));
  });
  expect(inPlace(f as never)).toEqual(['read', 'segment', false]);
  f();
  expect([v.data()[0], v.data()[n - 1]]).toEqual([n - 1, 0]);
  const w = new tf.Variable(tf.reshape(tf.cast(tf.range(4 * n), 'float32'), [n, 4]));
  const g = tf.function(() => {
    // The rows' sums are read by all of a row.
    w.assign(tf.subtract(w, tf.reduceMean(w, { axis: 1, keepdims: true })));
    w.assign(tf.divide(w, tf.reduceMax(w)));
  });
  g();
  expect(w.array()).toEqual(Array.from({ length: n }, () => [-1, -1 / 3, 1 / 3, 1].map(Math.fround)));
});

test('sums down columns are those of the old value, although rows are written before they are complete', () => {
  const v = new tf.Variable(tf.ones([200, 40]));
  const f = tf.function(() => {
    const sums = tf.reduceSum(v, 0);
    v.assign(tf.multiply(v, 2));
    return sums;
  });
  for (let i = 0; i < 4; i++) expect(f().data()[39]).toBe(200 * 2 ** i);
});

test('an intermediate is written in place of a dead one', () => {
  const x = tf.reshape(tf.cast(tf.range(n), 'float32'), [n / 100, 100]);
  const rotated = (t: tf.Tensor): tf.Tensor => tf.reverse(t, [1]);
  const f = tf.function((t: tf.Tensor) => rotated(tf.add(tf.multiply(rotated(t), 2), 1)));
  expect(f(x).array()).toEqual(tf.add(tf.multiply(x, 2), 1).array());
  expect(f.program(x).arenaBytes).toBe(4 * n);
  const later = tf.function((t: tf.Tensor) => {
    const a = rotated(t);
    const b = rotated(tf.add(a, 1));
    return [b, tf.reverse(a, [0])];
  });
  expect(later(x).map((t) => t.data()[0])).toEqual([1, n - 1]);
  expect(later.program(x).arenaBytes).toBeGreaterThanOrEqual(8 * n);
  const columns = tf.function((t: tf.Tensor) => {
    const a = rotated(t);
    return [tf.reduceSum(a, 0), rotated(tf.multiply(a, 3))];
  });
  const [sums, tripled] = columns(x);
  expect(sums.data()).toEqual(tf.reduceSum(rotated(x), 0).data());
  expect(tripled.data()).toEqual(tf.multiply(x, 3).data());
});

test('two variables that are assigned the same value, and one that is assigned to another', () => {
  const a = new tf.Variable(tf.fill([n], 1));
  const b = new tf.Variable(tf.fill([n], 5));
  const f = tf.function(() => {
    const sum = tf.add(a, b);
    a.assign(sum);
    b.assign(sum);
    return sum;
  });
  const first = f();
  const second = f();
  expect([first, second, a, b].map((t) => t.data()[1])).toEqual([6, 12, 12, 12]);
  const swap = tf.function(() => {
    const old = a.read();
    a.assign(tf.multiply(b, 2));
    b.assign(old);
  });
  swap();
  swap();
  expect([a, b].map((t) => t.data()[1])).toEqual([24, 24]);
});

test('results are uniquely owned, and may be disposed', () => {
  const f = tf.function((x: tf.Tensor) => {
    const y = tf.multiply(x, 2);
    return [y, y, tf.reshape(y, [2, n / 2]), tf.add(y, 1)];
  });
  const [a, b, c, d] = f(tf.ones([n]));
  a.dispose();
  d.dispose();
  expect([b.data()[0], c.data()[n - 1]]).toEqual([2, 2]);
  expect(f(tf.fill([n], 4)).map((t) => t.data()[3])).toEqual([8, 8, 8, 9]);
  expect([b.data()[0], c.data()[n - 1]]).toEqual([2, 2]);
});

test('a variable without a fixed shape accepts values of other sizes', () => {
  const v = new tf.Variable(tf.ones([n]), { shape: [null] });
  const f = tf.function((x: tf.Tensor) => {
    v.assign(tf.multiply(x, 3));
  });
  for (const size of [n, 2 * n, n / 2]) {
    f(tf.ones([size]));
    expect(v.shape).toEqual([size]);
    expect(v.data()[size - 1]).toBe(3);
  }
});
