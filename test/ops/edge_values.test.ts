/** Edge values that recordings cannot say: results without tensors, sizes that are −0, and the same in functions. */
import * as tf from 'gradtape';

const empty = tf.zeros([0, 3]);

describe('no results', () => {
  test('unstack of an empty axis, eagerly and compiled', async () => {
    const parts = (x: tf.Tensor) => tf.unstack(x);
    expect(parts(empty)).toEqual([]);
    const f = tf.function(parts);
    for (let i = 0; i < 3; i++) expect(f(empty)).toEqual([]);
    expect(await f.async(empty)).toEqual([]);
  });

  test('what is computed from them, and its gradient', () => {
    const sum = (x: tf.Tensor): tf.Tensor =>
      tf.unstack(x).reduce((a, b) => tf.add(a, b), tf.multiply(tf.reduceSum(x), 2));
    for (const f of [sum, tf.function(sum)]) {
      const tape = new tf.GradientTape();
      tape.watch(empty);
      const y = tape.run(() => f(empty));
      expect(y.item()).toBe(0);
      expect((tape.gradient(y, empty) as tf.Tensor).shape).toEqual([0, 3]);
    }
  });
});

test('sizes are never −0', () => {
  for (const t of [tf.range(3, 3, -5), tf.range(3, 3, 5), tf.range(0), tf.range(3, 3, -1, 'float32')])
    expect(Object.is(t.shape[0], 0)).toBe(true);
});

describe('nothing is divided by zero', () => {
  const zero = tf.constant(0, 'int32');
  const none = tf.zeros([0], 'int32');
  const ops: Record<string, (x: tf.Tensor, y: tf.Tensor) => tf.Tensor> = {
    floordiv: tf.floordiv,
    floormod: tf.math.floormod,
    pow: (x, y) => tf.pow(x, tf.subtract(y, 1)),
  };
  test.each(Object.entries(ops))('%s', (_, op) => {
    for (const f of [op, tf.function(op)]) {
      expect(f(none, zero)).toMatchObject({ shape: [0], dtype: 'int32' });
      expect(f(tf.zeros([1, 0], 'int32'), tf.zeros([3, 1], 'int32')).shape).toEqual([3, 0]);
      expect(() => f(tf.ones([1], 'int32'), zero)).toThrow(tf.errors.InvalidArgumentError);
    }
  });
});

test('squared differences do not overflow on the way to their gradient', () => {
  const [x, y] = [tf.constant(-2e38), tf.constant(0)];
  const tape = new tf.GradientTape();
  tape.watch(x);
  const z = tape.run(() => tf.math.squaredDifference(x, y));
  const g = tape.gradient(z, x, { outputGradients: tf.constant(0.25) }) as tf.Tensor;
  expect(g.item()).toBe(Math.fround(-1e38));
});

describe('IndexedSlices', () => {
  test('takes its dense shape by name, by position or as a tensor', () => {
    for (const shape of [{ denseShape: [3] }, [3], tf.constant([3], 'int32')]) {
      const slices = new tf.IndexedSlices([1, 2, 4], [0, 2, 0], shape);
      expect(slices.denseShape).toEqual([3]);
      expect(tf.convertToTensor(slices).array()).toEqual([5, 0, 2]);
    }
    expect(new tf.IndexedSlices([1], [0]).denseShape).toBeNull();
    expect(new tf.IndexedSlices([1], [0], { denseShape: null }).denseShape).toBeNull();
  });
  test('refuses other options and arguments', () => {
    const make = (...args: unknown[]): unknown =>
      new (tf.IndexedSlices as unknown as new (...args: unknown[]) => unknown)([1], [0], ...args);
    expect(() => make({ shape: [3] })).toThrow("[IndexedSlices] has no option 'shape'; it takes denseShape");
    expect(() => make([3], 4)).toThrow('[IndexedSlices] takes 3 arguments');
  });
});
