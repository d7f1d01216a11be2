/** Sorting and the greatest elements against plain JavaScript: order, stability, NaN, every dtype, any number of threads. */
import * as tf from '../../lib/index';
import { dtypes, numeric, type DType } from '../../lib/core/dtype';
import { tensorFrom, type Tensor } from '../../lib/core/tensor';

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

type Value = number | bigint;
const specials = [NaN, Infinity, -Infinity, 0, -0, 1e-40, -1e-40, 5e-324, 3.4e38, -3.4e38, 1];

/** n elements of a dtype; `few` makes most of them equal to others. */
function draw(dtype: DType, n: number, few: boolean, rng: () => number): Tensor {
  const dt = dtypes[dtype];
  const value = (): Value => {
    if (dt.kind === 'float') {
      if (rng() < 0.1) return specials[Math.floor(rng() * specials.length)];
      return few ? Math.floor(rng() * 4) - 2 : (rng() - 0.5) * 10 ** (rng() * 20 - 10);
    }
    if (few) return dt.big ? BigInt(Math.floor(rng() * 3)) : Math.floor(rng() * 3);
    if (dt.big) {
      const ends = [dt.min as bigint, dt.max as bigint, 0n, -1n];
      return rng() < 0.05 ? ends[Math.floor(rng() * 4)] : BigInt(Math.floor((rng() - 0.5) * 2 ** 53)) * 1000n;
    }
    const ends = [dt.min as number, dt.max as number, 0, 1];
    const lo = dt.min as number;
    return rng() < 0.05 ? ends[Math.floor(rng() * 4)] : Math.floor(lo + rng() * ((dt.max as number) - lo));
  };
  return tensorFrom(dt, [n], Array.from({ length: n }, value));
}

const isNaNumber = (v: Value): boolean => typeof v === 'number' && Number.isNaN(v);
/** NaN above all, −0 equal to 0. */
const compare = (a: Value, b: Value): number =>
  isNaNumber(a) || isNaNumber(b) ? Number(isNaNumber(a)) - Number(isNaNumber(b)) : a < b ? -1 : a > b ? 1 : 0;

function order(values: readonly Value[], descending: boolean): number[] {
  const sign = descending ? -1 : 1;
  return values.map((_, i) => i).sort((i, j) => sign * compare(values[i], values[j]) || i - j);
}
const list = (t: Tensor): Value[] => Array.from(t.data() as ArrayLike<Value>);
const alike = (a: Value, b: Value): boolean => a === b || (isNaNumber(a) && isNaNumber(b));

const sizes = [1, 2, 7, 33, 40, 41, 64, 255, 1000, 4096, 4097, 65537, 140001];

describe.each(numeric)('%s', (dtype) => {
  test.each(sizes)('%i elements', (n) => {
    const rng = random(n);
    for (const few of n > 10000 ? [false] : [false, true]) {
      const x = draw(dtype, n, few, rng);
      const values = list(x);
      for (const direction of ['ASCENDING', 'DESCENDING'] as const) {
        const want = order(values, direction === 'DESCENDING');
        const positions = list(tf.argsort(x, { direction })).map(Number);
        expect(positions.findIndex((p, i) => p !== want[i])).toBe(-1);
        const sorted = list(tf.sort(x, { direction }));
        expect(sorted.findIndex((v, i) => !alike(v, values[want[i]]))).toBe(-1);
      }
      const want = order(values, true);
      for (const k of (n > 10000 ? [10, 256] : [0, 1, 5, 10, 256, 257, n]).filter((m) => m <= n)) {
        const top = tf.math.topK(x, k);
        const indices = list(top.indices).map(Number);
        expect(indices.findIndex((p, i) => p !== want[i])).toBe(-1);
        const greatest = list(top.values);
        expect(greatest.findIndex((v, i) => !Object.is(v, values[want[i]]))).toBe(-1);
      }
    }
  });
});

/** Rows so long that they are cut into buckets, with keys that fill few buckets, one, or one but for some. */
const skewed: Record<string, (i: number, rng: () => number) => number> = {
  'evenly spread': (_, rng) => Math.floor(rng() * 2 ** 31),
  'all equal': () => 7,
  'few values': (_, rng) => Math.floor(rng() * 5),
  'close together but for two': (i, rng) =>
    i === 9 ? -(2 ** 30) : i === 77 ? 2 ** 30 : Math.floor(rng() * 1000),
  'half of them alike': (i, rng) => (i % 2 === 0 ? 12345 : Math.floor(rng() * 2 ** 20)),
  'in order': (i) => i,
  'in order, downwards': (i) => -i,
};
describe.each(Object.keys(skewed))('a long row, %s', (name) => {
  test.each(['int32', 'float64', 'float32'] as const)('%s', (dtype) => {
    const rng = random(3);
    const n = 150001;
    const x = tf.constant(
      Array.from({ length: n }, (_, i) => skewed[name](i, rng)),
      dtype,
    );
    const values = list(x);
    const want = order(values, false);
    for (const threads of [1, 2, 3]) {
      tf.config.threading.setIntraOpParallelismThreads(threads);
      const positions = tf.argsort(x).data();
      const sorted = tf.sort(x).data();
      tf.config.threading.setIntraOpParallelismThreads(0);
      expect(want.findIndex((p, i) => p !== positions[i])).toBe(-1);
      expect(want.findIndex((p, i) => values[p] !== sorted[i])).toBe(-1);
    }
  });
});

test('rows are sorted apart, along any axis', () => {
  const rng = random(5);
  const x = tf.reshape(draw('float32', 3 * 50 * 4, false, rng), [3, 50, 4]);
  const sorted = tf.sort(x, { axis: 1 }).array() as number[][][];
  const given = x.array() as number[][][];
  for (let a = 0; a < 3; a++) {
    for (let c = 0; c < 4; c++) {
      const column = given[a].map((row) => row[c]);
      expect(sorted[a].map((row) => row[c] + 0)).toEqual([...column].sort(compare).map((v) => v + 0));
    }
  }
});

test('results do not depend on the number of threads', () => {
  const x = draw('float32', 500000, false, random(9));
  const results = [1, 2].map((threads) => {
    tf.config.threading.setIntraOpParallelismThreads(threads);
    const top = tf.math.topK(x, 100);
    return [tf.sort(x), tf.argsort(x), top.values, top.indices].map((t) =>
      Buffer.from(t.data().buffer).toString('latin1'),
    );
  });
  tf.config.threading.setIntraOpParallelismThreads(0);
  expect(results[0].every((r, i) => r === results[1][i])).toBe(true);
});

test('gradients go back to where the elements came from', () => {
  const x = tf.constant([
    [3, 1, 2],
    [1, 5, 4],
  ]);
  const weights = tf.constant([
    [10, 20, 30],
    [40, 50, 60],
  ]);
  const tape = new tf.GradientTape({ persistent: true });
  tape.watch(x);
  const [sorted, down, top] = tape.run(() => [
    tf.multiply(tf.sort(x), weights),
    tf.multiply(tf.sort(x, { direction: 'DESCENDING', axis: 0 }), weights),
    tf.multiply(tf.math.topK(x, 2).values, weights.at(':', ':2')),
  ]);
  expect((tape.gradient(sorted, x) as tf.Tensor).array()).toEqual([
    [30, 10, 20],
    [40, 60, 50],
  ]);
  expect((tape.gradient(down, x) as tf.Tensor).array()).toEqual([
    [10, 50, 60],
    [40, 20, 30],
  ]);
  expect((tape.gradient(top, x) as tf.Tensor).array()).toEqual([
    [10, 0, 20],
    [0, 40, 50],
  ]);
});

test('bad calls say what is wrong', () => {
  expect(() => tf.sort(1)).toThrow('[sort] values must have at least one dimension');
  expect(() => tf.sort([1], { direction: 'UP' as 'ASCENDING' })).toThrow(
    "[sort] direction must be 'ASCENDING'",
  );
  expect(() => tf.argsort([1], { axis: 1 })).toThrow('[argsort]');
  expect(() => tf.math.topK([1, 2], 3)).toThrow('[topK] input must have at least k columns');
  expect(() => tf.math.topK([1, 2], -1)).toThrow('[topK] k must be a non-negative integer');
  expect(() => tf.math.topK(3)).toThrow('[topK] input must have at least one dimension');
  expect(() => tf.sort(tf.constant([true]))).toThrow('[sort] values has dtype bool');
});
