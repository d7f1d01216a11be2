/** Gradients that come as rows have the methods of tensors. */
import * as tf from 'gradtape';

const slices = (): tf.IndexedSlices<'float32'> =>
  new tf.IndexedSlices(
    tf.constant([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
    [0, 2, 0],
    [3, 2],
  );
const dense = [
  [6, 8],
  [0, 0],
  [3, 4],
];

test('what is linear keeps them rows', () => {
  for (const [scaled, factor] of [
    [slices().mul(2), 2],
    [slices().mul(tf.constant(2)), 2],
    [slices().mul(new tf.Variable(2)), 2],
    [slices().div(2), 0.5],
    [slices().neg(), -1],
  ] as const) {
    expect(scaled).toBeInstanceOf(tf.IndexedSlices);
    expect(scaled.array()).toEqual(dense.map((row) => row.map((v) => v * factor + 0)));
  }
});

test('anything else is computed with the whole tensor', () => {
  const product = slices().mul([[1, 2]]);
  expect(product).toBeInstanceOf(tf.Tensor);
  expect(product.array()).toEqual(dense.map(([a, b]) => [a, 2 * b]));
  expect(
    slices()
      .div([[1, 2]])
      .array(),
  ).toEqual(dense.map(([a, b]) => [a, b / 2]));
  // Rows with the same index are summed first.
  expect(slices().square().array()).toEqual(dense.map((row) => row.map((v) => v * v)));
  expect(slices().add(slices()).sub(1).array()).toEqual(dense.map((row) => row.map((v) => 2 * v - 1)));
  expect(slices().square().sum().sqrt().item()).toBeCloseTo(Math.sqrt(36 + 64 + 9 + 16));
  expect(slices().clipByValue(0, 4).max().item()).toBe(4);
  expect(slices().toTensor().array()).toEqual(dense);
  expect(Array.from(slices().data())).toEqual(dense.flat());
  expect(new tf.IndexedSlices([7], [0], [1]).item()).toBe(7);
  const t = tf.constant([1]);
  expect(t.toTensor()).toBe(t);
});

test('the gradient of a lookup is used as any other', () => {
  const table = new tf.Variable(tf.ones([3, 2]));
  const tape = new tf.GradientTape();
  const loss = tape.run(() => tf.nn.embeddingLookup(table, [2, 2]).square().sum());
  const g = tape.gradient(loss, table);
  expect(g).toBeInstanceOf(tf.IndexedSlices);
  table.assignSub(g.mul(0.25));
  expect(table.array()).toEqual([
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
  expect(tf.reduceSum(g).item()).toBe(8);
});
