/** Dropout, random classes, clipping, segments and images: what fixtures of single calls cannot show. */
import * as tf from 'gradtape';

const flat = (t: tf.Tensor): number[] => Array.from(t.data() as Float32Array);

describe('dropout', () => {
  const x = tf.ones([1000]);

  test('draws its mask like uniform with the same seed', () => {
    tf.random.setSeed(7);
    const kept = flat(tf.greaterEqual(tf.random.uniform([1000], { seed: 3 }), 0.25));
    tf.random.setSeed(7);
    const y = flat(tf.nn.dropout(x, 0.25, { seed: 3 }));
    expect(y).toEqual(kept.map((k) => (k === 1 ? Math.fround(1 / 0.75) : 0)));
  });

  test('takes its seed also if the rate is 0', () => {
    const after = (rate: number): number[] => {
      tf.random.setSeed(7);
      tf.nn.dropout(x, rate);
      return flat(tf.random.uniform([3]));
    };
    expect(after(0)).toEqual(after(0.5));
  });

  test('of rate 0 takes its seed eagerly and compiled alike: what is drawn after it is the same', () => {
    const body = (): tf.Tensor => {
      const x = tf.random.uniform([1]);
      tf.nn.dropout(x, 0);
      return x;
    };
    const three = (f: () => tf.Tensor): number[] => {
      tf.random.setSeed(7);
      return [1, 2, 3].map(() => f().item() as number);
    };
    expect(three(tf.function(body))).toEqual(three(body));
  });

  test('draws anew at each run of a compiled function, and not if stateless', () => {
    const f = tf.function((t: tf.Tensor) => tf.nn.dropout(t, 0.5));
    expect(flat(f(x))).not.toEqual(flat(f(x)));
    const g = tf.function((t: tf.Tensor) => tf.nn.experimental.statelessDropout(t, 0.5, [1, 2]));
    expect(flat(g(x))).toEqual(flat(tf.nn.experimental.statelessDropout(x, 0.5, [1, 2])));
  });

  test.each([
    [-0.1, tf.errors.InvalidArgumentError],
    [NaN, tf.errors.InvalidArgumentError],
    ['0.5', TypeError],
  ])('a rate of %s is refused', (rate, type) => {
    expect(() => tf.nn.dropout(x, rate as number)).toThrow(type);
  });

  test('of elements that are not finite the dropped ones are 0', () => {
    const y = flat(tf.nn.dropout(tf.fill([100], NaN), 0.5, { seed: 1 }));
    expect(y).toContain(0);
    expect(y.some(Number.isNaN)).toBe(true);
  });
});

describe('random classes and counts', () => {
  test('categorical has the probabilities of its logits', () => {
    tf.random.setSeed(1);
    const drawn = flat(tf.random.categorical(tf.math.log([[0.2, 0.3, 0.5]]), 20_000));
    const shares = [0, 1, 2].map((k) => drawn.filter((v) => v === k).length / drawn.length);
    shares.forEach((share, k) => expect(share).toBeCloseTo([0.2, 0.3, 0.5][k], 1));
  });

  test('categorical, gamma and poisson draw anew at each run of a compiled function', () => {
    const f = tf.function((t: tf.Tensor) => [
      tf.random.categorical(t, 50),
      tf.random.gamma([50], 2),
      tf.random.poisson([50], 20),
    ]);
    const logits = tf.zeros([1, 10]);
    const [first, second] = [f(logits), f(logits)] as tf.Tensor[][];
    first.forEach((t, i) => expect(flat(t)).not.toEqual(flat(second[i])));
  });

  test('parameters without a distribution give NaN, and 0 as integers', () => {
    expect(flat(tf.random.poisson([1], NaN))).toEqual([NaN]);
    expect(flat(tf.random.gamma([1], NaN))).toEqual([NaN]);
    expect(tf.random.statelessPoisson([1], [1, 2], -1, 'int64').data()).toEqual(BigInt64Array.of(0n));
    expect(flat(tf.random.statelessBinomial([2], [1, 2], 5, [0, 1]))).toEqual([0, 5]);
  });
});

describe('clipping by norms', () => {
  const rows = (): tf.IndexedSlices =>
    new tf.IndexedSlices(tf.constant([[3, 4]]), tf.constant([1], { dtype: 'int32' }), { denseShape: [3, 2] });

  test('IndexedSlices keep their rows', () => {
    const y = tf.clipByNorm(rows(), 1);
    expect(y).toBeInstanceOf(tf.IndexedSlices);
    flat(y.values).forEach((v, i) => expect(v).toBeCloseTo([0.6, 0.8][i], 6));
  });

  test('a list may have nulls and IndexedSlices; the norm is that of all', () => {
    const [clipped, norm] = tf.clipByGlobalNorm([rows(), null, tf.constant([12])], 1.3);
    expect(norm.item()).toBe(13);
    expect(clipped[0]).toBeInstanceOf(tf.IndexedSlices);
    expect(clipped[1]).toBeNull();
    expect(clipped[2].item()).toBeCloseTo(1.2, 5);
  });

  test('a norm that is not finite makes all elements NaN', () => {
    const [clipped] = tf.clipByGlobalNorm([tf.constant([Infinity]), tf.constant([1])], 1);
    expect(clipped.flatMap((t) => flat(t))).toEqual([NaN, NaN]);
  });
});

test('segments in a compiled function: unsorted ones by any numbers, sorted ones as eagerly', () => {
  const x = tf.constant([1, 2, 3, 4]);
  const f = tf.function((t: tf.Tensor, ids: tf.Tensor) => tf.math.unsortedSegmentSum(t, ids, 3));
  expect(flat(f(x, tf.constant([0, 2, -1, 2], { dtype: 'int32' })))).toEqual([1, 0, 6]);
  expect(flat(f(x, tf.constant([1, 1, 1, 1], { dtype: 'int32' })))).toEqual([0, 10, 0]);
  expect(() => f(x, tf.constant([0, 3, 0, 0], { dtype: 'int32' }))).toThrow(
    /segmentIds\[1\] = 3 is out of range \[0, 3\)/,
  );
  const sorted = tf.function((t: tf.Tensor) => tf.math.segmentMax(t, [0, 0, 2, 2]));
  expect(flat(sorted(x))).toEqual([2, 0, 4]);
});

describe('images', () => {
  test('resize gives float32, nearest the dtype of the images', () => {
    const bytes = tf.ones([2, 2, 1], { dtype: 'uint8' });
    expect(tf.image.resize(bytes, [3, 3]).dtype).toBe('float32');
    expect(tf.image.resize(bytes, [3, 3], 'nearest').dtype).toBe('uint8');
  });

  test('a constant image stays constant', () => {
    for (const method of ['bilinear', 'bicubic', 'area', 'lanczos3', 'gaussian', 'mitchellcubic'] as const)
      flat(tf.image.resize(tf.fill([5, 4, 1], 3), [7, 2], { method, antialias: true })).forEach((v) =>
        expect(v).toBeCloseTo(3, 5),
      );
  });

  test('a box of an image that is not there is refused', () => {
    const image = tf.ones([1, 2, 2, 1]);
    const crop = (index: number): tf.Tensor =>
      tf.image.cropAndResize(image, [[0, 0, 1, 1]], tf.constant([index], { dtype: 'int32' }), [2, 2]);
    expect(crop(0).shape).toEqual([1, 2, 2, 1]);
    for (const index of [1, -1]) expect(() => crop(index)).toThrow(/\[cropAndResize\].*not in \[0, 1\)/);
  });
});
