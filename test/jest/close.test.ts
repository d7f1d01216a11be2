/** `toBeCloseToTensor` of gradtape/jest. */
import 'gradtape/jest';
import * as tf from 'gradtape';

test('within the tolerance', () => {
  const t = tf.constant([
    [0.1, 2],
    [-3, 1e6],
  ]);
  expect(t).toBeCloseToTensor([
    [0.1, 2],
    [-3, 1e6],
  ]);
  expect(t).toBeCloseToTensor(tf.cast(t, 'float64'));
  expect(t).toBeCloseToTensor(t.mul(1.00001), { rtol: 1e-4 });
  expect(t).not.toBeCloseToTensor(t.mul(1.00001));
  expect(new tf.Variable(t)).toBeCloseToTensor([new Float32Array([0.1, 2]), [-3, 1e6]]);
  expect(tf.constant(0.3)).toBeCloseToTensor(0.3);
  expect(tf.constant(0)).toBeCloseToTensor(0.01, { atol: 0.011, rtol: 0 });
  expect(tf.constant(0)).not.toBeCloseToTensor(0.01, { atol: 0.009, rtol: 0 });
  expect(tf.zeros([0, 2])).toBeCloseToTensor(tf.zeros([0, 2]));
  expect(tf.constant([true])).toBeCloseToTensor([true]);
});

test('NaN, infinities and int64', () => {
  expect(tf.constant([NaN, Infinity, -Infinity])).toBeCloseToTensor([NaN, Infinity, -Infinity]);
  expect(tf.constant([Infinity])).not.toBeCloseToTensor([-Infinity], { atol: Infinity });
  expect(tf.constant([NaN])).not.toBeCloseToTensor([1]);
  expect(tf.constant([1])).not.toBeCloseToTensor([Infinity]);
  expect(tf.constant([2n ** 60n])).not.toBeCloseToTensor([2n ** 60n + 1n], { rtol: 0, atol: 0.5 });
});

test('messages', () => {
  const t = tf.constant([
    [1, 2],
    [3, 4],
  ]);
  expect(() =>
    expect(t).toBeCloseToTensor([
      [1, 2],
      [3.5, 4],
    ]),
  ).toThrow(
    '1 of 4 elements of shape [2, 2] differ:\n  at [1, 0]: received 3, expected 3.5, difference 0.5\n' +
      'Allowed: atol 0.000001 + rtol 0.000001 × |expected|',
  );
  expect(() => expect(tf.constant(1)).toBeCloseToTensor(2)).toThrow('  received 1, expected 2, difference 1');
  expect(() => expect(tf.zeros([100])).toBeCloseToTensor(tf.ones([100]))).toThrow('  … and 90 more');
  expect(() => expect(t).toBeCloseToTensor([1, 2])).toThrow('Expected shape: [2]\nReceived shape: [2, 2]');
  expect(() => expect(t).not.toBeCloseToTensor(t)).toThrow('All 4 elements are within atol 0.000001');
});

test('what is no tensor', () => {
  const bad = (x: unknown): never => x as never;
  expect(() => expect([1]).toBeCloseToTensor([1])).toThrow(
    /received value must be a tensor or a variable; got an array/,
  );
  expect(() => expect(new tf.IndexedSlices([[1]], [0])).toBeCloseToTensor([1])).toThrow(/got IndexedSlices/);
  expect(() => expect(tf.constant([1])).toBeCloseToTensor(bad('1'))).toThrow(/got string 1/);
  expect(() => expect(tf.constant([1])).toBeCloseToTensor([[1], [1, 2]])).toThrow(/ragged/);
  expect(() => expect(tf.constant(1)).toBeCloseToTensor(1, bad({ tol: 1 }))).toThrow(/no option 'tol'/);
  expect(() => expect(tf.constant(1)).toBeCloseToTensor(1, { rtol: -1 })).toThrow(
    /rtol must be a number ≥ 0; got number -1/,
  );
  expect(() => expect(tf.constant(1)).toBeCloseToTensor(1, bad(5))).toThrow(/must be an object/);
});
