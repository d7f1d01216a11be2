/** Sums of many short products are one product. */
import * as tf from 'gradtape';
import { deadCode } from '../../../lib/graph/passes/dead_code';
import { stackProducts } from '../../../lib/graph/passes/stack_products';
import { compile } from '../../../lib/compile/compile';
import { graphOf, namesOf, type F } from './graphs';

const wave = (...shape: number[]): tf.Tensor =>
  tf.reshape(tf.sin(tf.cast(tf.range(shape.reduce((a, b) => a * b, 1)), 'float32')), shape);
const flat = (r: tf.Tensor | tf.Tensor[]): tf.Tensor[] => (Array.isArray(r) ? r : [r]);

/** What the pass leaves; the results are those of the ops but for the order of sums. */
function left(f: F, ...args: tf.Tensor[]): string[] {
  const after = stackProducts(graphOf(f, args));
  const names = namesOf(after);
  // It leaves nothing behind that nobody reads.
  expect(namesOf(deadCode(after))).toEqual(names);
  const got = compile(after).run(args);
  flat(f(...args)).forEach((w, i) => {
    expect([got[i].dtype, got[i].shape]).toEqual([w.dtype, w.shape]);
    const elements = got[i].data();
    w.data().forEach((e, k) => {
      expect(Math.abs(Number(elements[k]) - Number(e))).toBeLessThanOrEqual(
        2e-5 * Math.max(1, Math.abs(Number(e))),
      );
    });
  });
  return names;
}

const product = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.matmul(a, b, { transposeA: true });
const sum = (list: tf.Tensor[]): tf.Tensor => list.reduce((a, b) => tf.add(a, b));
const [a, b] = [wave(12, 20), wave(12, 24)];

test('sums of products of rows', () => {
  const f: F = (x, y) => {
    const bs = tf.split(y, 4);
    return sum(tf.split(x, 4).map((t, i) => product(t, bs[i])));
  };
  expect(left(f, a, b)).toEqual(['split', 'split', 'concat', 'concat', 'matmul']);
  // In any order of additions, with different depths, in other dtypes.
  const tree: F = (x, y) => {
    const [p, q, r, s] = tf.split(x, [1, 2, 4, 5]).map((t, i) => product(t, tf.split(y, [1, 2, 4, 5])[i]));
    return tf.add(tf.add(p, q), tf.add(r, s));
  };
  expect(left(tree, a, b).filter((name) => name === 'matmul')).toHaveLength(1);
  for (const dtype of ['float64', 'int32'] as const) {
    const wide = [a, b].map((t) => tf.cast(tf.multiply(t, 9), dtype));
    expect(left(f, ...wide).filter((name) => name === 'matmul')).toHaveLength(1);
  }
});

test('other terms stay', () => {
  const f: F = (x, y, z) => {
    const bs = tf.split(y, 3);
    const list = tf.split(x, 3).map((t, i) => product(t, bs[i]));
    return tf.tanh(sum([list[0], z, list[1], tf.square(z), list[2]]));
  };
  const names = left(f, a, b, wave(20, 24));
  expect(names).toEqual(['split', 'split', 'square', 'concat', 'concat', 'matmul', 'add', 'add', 'tanh']);
});

test('existing concatenations are reused', () => {
  const f: F = (x, y) => {
    const as = tf.split(x, 3);
    const bs = tf.split(y, 3).map((t) => tf.tanh(t));
    const s = sum([2, 0, 1].map((i) => product(as[i], bs[i])));
    return [s, tf.stack(bs)];
  };
  expect(left(f, a, b).filter((name) => name !== 'tanh')).toEqual([
    ...['split', 'split', 'concat', 'concat', 'matmul', 'alias'],
  ]);
});

test('two sums, one within the other', () => {
  const f: F = (x, y) => {
    const bs = tf.split(y, 3);
    const s = sum(tf.split(x, 3).map((t, i) => product(t, bs[i])));
    const rows = tf.split(tf.tanh(s), 4);
    return [s, sum(rows.map((r, i) => product(r, tf.multiply(rows[3 - i], 2))))];
  };
  expect(left(f, a, b).filter((name) => name === 'matmul')).toHaveLength(2);
});

test('not without a gain, or if intermediates have other readers', () => {
  const as = (x: tf.Tensor, n: number): tf.Tensor[] => tf.split(x, n);
  const none = (f: F, ...args: tf.Tensor[]): void => {
    expect(left(f, ...args)).not.toContain('concat');
  };
  // Two products, other transposes, a batch, deep products, a broadcast sum.
  none((x, y) => sum(as(x, 2).map((t, i) => product(t, as(y, 2)[i]))), a, b);
  none((x) => sum(as(x, 3).map((t) => tf.matmul(t, t, { transposeB: true }))), a);
  const cube = wave(6, 4, 5);
  none((x) => sum(as(x, 3).map((t) => product(t, t))), cube);
  none((x) => sum(as(x, 3).map((t) => product(t, t))), wave(300, 4));
  none((x, z) => sum([z, ...as(x, 3).map((t) => product(t, t))]), a, wave(20));
  // A product and a sum that are results too.
  const shown: F = (x, y) => {
    const list = as(x, 3).map((t, i) => product(t, as(y, 3)[i]));
    const s = tf.add(list[0], list[1]);
    return [s, tf.add(s, list[2])];
  };
  none(shown, a, b);
});

test('the gradient of a weight of all time steps', () => {
  const w = new tf.Variable(wave(16, 16));
  const step = (x: tf.Tensor): tf.Tensor => {
    const tape = new tf.GradientTape();
    const loss = tape.run(() => {
      let h = tf.zeros([4, 16]);
      for (const t of tf.unstack(x)) h = tf.tanh(tf.add(tf.matmul(h, w), t));
      return tf.reduceSum(tf.square(h));
    });
    return tape.gradient(loss, [w])[0] as tf.Tensor;
  };
  const x = wave(7, 4, 16);
  const compiled = tf.function(step);
  const [want, got] = [step(x), compiled(x)].map((t) => t.data() as Float32Array);
  got.forEach((e, i) => {
    expect(Math.abs(e - want[i])).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(want[i])));
  });
  const depth = String(compiled.program(x)).match(
    /matmul {2}float32\[\d+,16\] float32\[\d+,16\] → float32\[16,16\]/g,
  );
  expect(depth).toHaveLength(1);
});
