/** Without gradtape/jest, comparisons of tensors never pass wrongly: none passes at all. */
import assert from 'node:assert';
import * as tf from 'gradtape';

const pairs: [string, () => unknown, () => unknown][] = [
  ['elements', () => tf.constant([1, 2]), () => tf.constant([1, 3])],
  ['scalars', () => tf.constant(1), () => tf.constant(2)],
  ['a shape', () => tf.zeros([2, 3]), () => tf.zeros([3, 2])],
  ['a dtype', () => tf.zeros([2], 'int32'), () => tf.zeros([2], 'bool')],
  ['tensors with storages of their own', () => tf.range(2000), () => tf.range(2000).add(1)],
  ['empty tensors', () => tf.zeros([0]), () => tf.zeros([0, 2])],
  ['variables', () => new tf.Variable([1, 2]), () => new tf.Variable([1, 3])],
  [
    'values of sparse rows',
    () => new tf.IndexedSlices([[1]], [0], [3, 1]),
    () => new tf.IndexedSlices([[2]], [0], [3, 1]),
  ],
  [
    'indices of sparse rows',
    () => new tf.IndexedSlices([[1]], [0], [3, 1]),
    () => new tf.IndexedSlices([[1]], [1], [3, 1]),
  ],
];

test.each(pairs)('%s that differ', (_, a, b) => {
  const [x, y] = [a(), b()];
  expect(() => expect(x).toEqual(y)).toThrow();
  expect(() => expect(x).toStrictEqual(y)).toThrow();
  expect(() => expect(x).toMatchObject(y as object)).toThrow();
  expect(() => expect({ deep: [x] }).toEqual({ deep: [y] })).toThrow();
  expect(() => expect([x]).toContainEqual(y)).toThrow();
  const f = jest.fn();
  f(x);
  expect(() => expect(f).toHaveBeenCalledWith(y)).toThrow();
  expect(() => assert.deepEqual(x, y)).toThrow();
  expect(() => assert.deepStrictEqual(x, y)).toThrow();
});

test('a tensor is itself, and the error of comparing its elements names gradtape/jest', () => {
  const t = tf.constant([1, 2]);
  expect(t).toBe(t);
  expect(() => expect(t).toEqual(t)).toThrow(/gradtape\/jest/);
  expect(() => expect({ t }).toStrictEqual({ t })).toThrow(/gradtape\/jest/);
});
