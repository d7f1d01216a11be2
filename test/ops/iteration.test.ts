/** `for (const row of tensor)`. */
import * as tf from 'gradtape';

test('goes along the first dimension', () => {
  const x = tf.constant([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  expect([...x].map((row) => row.array())).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  const sums: number[] = [];
  for (const row of x) sums.push(row.sum().item());
  expect(sums).toEqual([3, 7, 11]);
  expect([...tf.zeros([0, 3])]).toEqual([]);
  const [first] = tf.constant([7n, 8n]);
  expect(first.item()).toBe(7n);
});

test('a scalar has nothing to go along', () => {
  expect(() => [...tf.constant(1)]).toThrow(TypeError);
  expect(() => [...tf.constant(1)]).toThrow('Cannot iterate over a scalar tensor');
});

test('under tapes and in compiled functions', async () => {
  const w = new tf.Variable([1, 2, 3]);
  const total = (): tf.Tensor => {
    let sum: tf.Tensor = tf.constant(0);
    for (const part of w.read()) sum = sum.add(part.square());
    return sum;
  };
  const tape = new tf.GradientTape();
  expect(tape.gradient(tape.run(total), w).array()).toEqual([2, 4, 6]);
  expect(tf.function(total)().item()).toBe(14);
  // Nothing makes a tensor look like a promise, or a result of a compiled function like a collection.
  const t = tf.constant([1]);
  expect(await Promise.resolve(t)).toBe(t);
  const doubled = tf.function((x: tf.Tensor) => [x, x.mul(2)])(t);
  expect(doubled.map((y) => y.array())).toEqual([[1], [2]]);
});
