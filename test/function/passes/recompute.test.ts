/** Cheap values are computed again where they are read instead of going through memory. */
import * as tf from 'gradtape';
import { compile } from '../../../lib/compile/compile';
import { bytesOf } from '../../helpers/threads';
import { graphOf, type F } from './graphs';

/** The ops that run, with and without the pass; and that both give the same bits. */
function ops(f: F, ...args: tf.Tensor[]): string[] {
  const build = (off: string) => {
    process.env.GRADTAPE_DISABLE_PASS = off;
    try {
      return compile(graphOf(f, args));
    } finally {
      delete process.env.GRADTAPE_DISABLE_PASS;
    }
  };
  const [all, without] = [build(''), build('recompute')];
  const want = without.run(args);
  all.run(args).forEach((t, i) => {
    expect(bytesOf(t).equals(bytesOf(want[i]))).toBe(true);
  });
  return all.steps.flatMap((step) => (step.kind === 'segment' ? step.nodes.map((n) => n.node.op.name) : []));
}

const x = tf.random.normal([256, 128], { seed: 1 });
const w = tf.random.normal([128, 128], { seed: 2 });
const b = tf.random.normal([128], { seed: 3 });

test('a difference that is read before and after a sum down columns', () => {
  const f: F = (t) => {
    const d = tf.subtract(t, tf.reduceMean(t, 0));
    const v = tf.reduceMean(tf.square(d), 0);
    return tf.multiply(d, tf.math.rsqrt(v));
  };
  expect(ops(f, x)).toEqual([
    'reduceMean',
    'fused(subtract, square, reduceMean)',
    'rsqrt',
    'fused(subtract, multiply)',
  ]);
});

test('a chain of them, and one without other readers', () => {
  const f: F = (t, bias) => {
    const z = tf.nn.relu(tf.add(t, bias));
    const s = tf.reduceSum(tf.exp(z));
    const product = tf.matmul(tf.exp(z), w);
    return tf.multiply(tf.multiply(product, z), s);
  };
  expect(ops(f, x, b)).toHaveLength(3);
  const g: F = (t, bias) => {
    const z = tf.add(t, bias);
    return tf.multiply(z, tf.reduceSum(z));
  };
  expect(ops(g, x, b)).toEqual(['fused(add, reduceSum)', 'fused(add, multiply)']);
});

test('not if it is used outside, expensive, would read more, or is small', () => {
  const after =
    (cheap: F): F =>
    (t, u) => {
      const z = cheap(t, u) as tf.Tensor;
      return tf.multiply(z, tf.reduceSum(tf.square(z)));
    };
  const first = (f: F, ...args: tf.Tensor[]) => ops(f, ...args).at(-1);
  expect(
    first(
      after((t) => tf.abs(t)),
      x,
      x,
    ),
  ).toBe('fused(abs, multiply)');
  expect(
    first(
      after((t) => tf.exp(t)),
      x,
      x,
    ),
  ).toBe('multiply');
  expect(
    first(
      after((t, u) => tf.add(t, u)),
      x,
      tf.random.normal([256, 128]),
    ),
  ).toBe('multiply');
  expect(
    first(
      after((t) => tf.abs(t)),
      tf.ones([10, 10]),
      x,
    ),
  ).toBe('multiply');
  const leaves: F = (t) => {
    const z = tf.abs(t);
    return [z, tf.multiply(z, tf.reduceSum(tf.square(z)))];
  };
  expect(first(leaves, x)).toBe('multiply');
});
