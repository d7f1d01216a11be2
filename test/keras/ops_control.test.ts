/** keras.ops without recordings: control flow, creation, windows. */
import * as tf from 'gradtape';

const { ops } = tf.keras;
const values = (t: unknown): unknown => (t as tf.Tensor).array();
const vector = tf.constant([1, 2, 3, 4]);

/** Eagerly and compiled. */
function bothWays(f: (x: tf.Tensor) => unknown): unknown[] {
  return [f(vector), tf.function((x: tf.Tensor) => f(x) as tf.Tensor)(vector)].map((y) =>
    Array.isArray(y) ? y.map(values) : values(y),
  );
}

test.each<[string, (x: tf.Tensor) => unknown, unknown]>([
  [
    'cond',
    (x) =>
      ops.cond(
        tf.greater(tf.reduceSum(x), 5),
        () => tf.multiply(x, 2),
        () => x,
      ),
    [2, 4, 6, 8],
  ],
  [
    'switch',
    (x) => ops.switch(7, [(v: tf.Tensor) => v, (v: tf.Tensor) => tf.negative(v)], x),
    [-1, -2, -3, -4],
  ],
  [
    'whileLoop',
    (x) =>
      ops.whileLoop(
        (v: tf.Tensor) => tf.less(tf.reduceSum(v), 50),
        (v: tf.Tensor) => tf.multiply(v, 2),
        x,
      ),
    [8, 16, 24, 32],
  ],
  [
    'foriLoop',
    (x) => ops.foriLoop(0, 3, (i, v: tf.Tensor) => tf.add(v, tf.cast(i, 'float32')), x),
    [4, 5, 6, 7],
  ],
  ['map', (x) => ops.map((v: tf.Tensor) => tf.square(v), x), [1, 4, 9, 16]],
  ['vectorizedMap', (x) => ops.vectorizedMap((v: tf.Tensor) => tf.square(v), x), [1, 4, 9, 16]],
  [
    'scan',
    (x) => ops.scan((c: tf.Tensor, v: tf.Tensor) => [tf.add(c, v), tf.multiply(c, v)], tf.constant(0), x),
    [10, [0, 2, 9, 24]],
  ],
  [
    'scan, reverse',
    (x) => ops.scan((c: tf.Tensor, v: tf.Tensor) => [tf.add(c, v), c], tf.constant(0), x, { reverse: true }),
    [10, [9, 7, 4, 0]],
  ],
  [
    'associativeScan',
    (x) => ops.associativeScan((a: tf.Tensor, b: tf.Tensor) => tf.add(a, b), x),
    [1, 3, 6, 10],
  ],
  [
    'associativeScan, reverse',
    (x) => ops.associativeScan((a: tf.Tensor, b: tf.Tensor) => tf.add(a, b), x, { reverse: true }),
    [10, 9, 7, 4],
  ],
])('%s', (_, f, expected) => {
  expect(bothWays(f)).toEqual([expected, expected]);
});

test('an associative scan of an odd number, along another axis', () => {
  const x = tf.constant([
    [1, 2, 3, 4, 5],
    [6, 7, 8, 9, 10],
  ]);
  const join = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.add(a, b);
  expect(values(ops.associativeScan(join, x, { axis: 1 }))).toEqual(values(tf.cumsum(x, { axis: 1 })));
});

test('functional models with functions over elements', () => {
  const x = tf.keras.Input([2]);
  const y = ops.map((row: tf.Tensor) => tf.multiply(row, 3), x as unknown as tf.Tensor);
  const model = new tf.keras.Model(x, y as unknown as tf.keras.KerasTensor);
  expect(
    values(
      model<unknown>(
        tf.constant([
          [1, 2],
          [3, 4],
        ]),
      ),
    ),
  ).toEqual([
    [3, 6],
    [9, 12],
  ]);
});

test('creation', () => {
  const shown = (t: tf.Tensor): unknown => [t.dtype, values(t)];
  expect(shown(ops.arange(3))).toEqual(['int32', [0, 1, 2]]);
  expect(shown(ops.arange(1, { stop: 2, step: 0.5 }))).toEqual(['float32', [1, 1.5]]);
  expect(shown(ops.zeros([2], 'int32'))).toEqual(['int32', [0, 0]]);
  expect(shown(ops.ones(2))).toEqual(['float32', [1, 1]]);
  expect(shown(ops.full([2], 3, 'int32'))).toEqual(['int32', [3, 3]]);
  expect(shown(ops.eye(2, { M: 3, k: 1 }))).toEqual([
    'float32',
    [
      [0, 1, 0],
      [0, 0, 1],
    ],
  ]);
  expect(shown(ops.tri(2, { M: 3, k: 0, dtype: 'int32' }))).toEqual([
    'int32',
    [
      [1, 0, 0],
      [1, 1, 0],
    ],
  ]);
  expect(shown(ops.identity(2))).toEqual([
    'float32',
    [
      [1, 0],
      [0, 1],
    ],
  ]);
  expect(ops.shape(tf.keras.Input([3]))).toEqual([null, 3]);
  expect([ops.ndim(vector), ops.dtype(vector), ops.isTensor(vector), ops.isTensor(1)]).toEqual([
    1,
    'float32',
    true,
    false,
  ]);
  expect(ops.convertToNumpy(vector)).toEqual([1, 2, 3, 4]);
});

// numpy.bartlett(5), numpy.hamming(5)…
test.each<[string, tf.Tensor, number[]]>([
  ['bartlett', ops.bartlett(5), [0, 0.5, 1, 0.5, 0]],
  ['hamming', ops.hamming(5), [0.08, 0.54, 1, 0.54, 0.08]],
  ['hanning', ops.hanning(5), [0, 0.5, 1, 0.5, 0]],
  ['blackman', ops.blackman(5), [0, 0.34, 1, 0.34, 0]],
  ['kaiser', ops.kaiser(5, 2), [0.4386763, 0.8347614, 1, 0.8347614, 0.4386763]],
])('%s', (_, window, expected) => {
  [...(window.data() as Iterable<number>)].forEach((value, k) => {
    expect(value).toBeCloseTo(expected[k], 5);
  });
});

test('distinct elements', () => {
  const [y, inverse, counts] = ops.unique(tf.constant([3, 1, 3, 2]), {
    returnInverse: true,
    returnCounts: true,
  }) as tf.Tensor[];
  expect([y, inverse, counts].map(values)).toEqual([
    [1, 2, 3],
    [2, 0, 2, 1],
    [1, 1, 2],
  ]);
});

test('distinct elements of a given number, and where they are first', () => {
  const x = tf.constant([5, 1, 5, 2], 'int32');
  const all = { returnIndex: true, returnInverse: true, returnCounts: true };
  expect((ops.unique(x, { ...all, size: 5, fillValue: 9 }) as tf.Tensor[]).map(values)).toEqual([
    [1, 2, 5, 9, 9],
    [1, 3, 0, 1, 1],
    [2, 0, 2, 1],
    [1, 1, 2, 0, 0],
  ]);
  expect(values(ops.unique(x, { size: 2 }) as tf.Tensor)).toEqual([1, 2]);
  expect(() => ops.unique(x, { size: -1 })).toThrow('[unique] size must not be negative; got -1');
});

test('distinct elements are an operation of functional models', async () => {
  const x = tf.keras.Input([3]);
  const y = ops.unique(x, { returnInverse: true }) as tf.keras.KerasTensor[];
  expect(y.map(({ shape, dtype }) => [shape, dtype])).toEqual([
    [[null], 'float32'],
    [[null, 3], 'int32'],
  ]);
  const model = new tf.keras.Model(x, y[0]);
  const input = tf.constant([
    [1, 2, 1],
    [4, 1, 2],
  ]);
  expect(values(model<tf.Tensor>(input))).toEqual([1, 2, 4]);
  expect(values(await model.predict<tf.Tensor>(input))).toEqual([1, 2, 4]);
  const [, { config }] = (model.getConfig() as { layers: { config: object }[] }).layers;
  expect(Object.keys(config)).toContain('fill_value');
});

test('a range is not computed from symbolic tensors, as in Keras', () => {
  expect(() => ops.arange(0, tf.keras.Input([]) as never)).toThrow('[arange] stop must be a number; got');
});

test('dtypes and bounds of reductions are those of Keras', () => {
  const bools = tf.constant([
    [true, false],
    [true, true],
  ]);
  const bytes = tf.cast(bools, 'int8');
  const dtypes = [
    ops.abs(bools),
    ops.square(bools),
    ops.max(bools),
    ops.min(bools),
    ops.matmul(bools, bools),
  ];
  expect(dtypes.map((t) => t.dtype)).toEqual(['bool', 'int32', 'bool', 'bool', 'bool']);
  expect([ops.max(bools).item(), ops.min(bools).item()]).toEqual([true, false]);
  expect(ops.matmul(bools, bools).array()).toEqual([
    [true, false],
    [true, true],
  ]);
  expect([ops.matmul(bytes, bytes).dtype, ops.cumsum(bytes).dtype, ops.cumprod(bools).dtype]).toEqual([
    'int32',
    'int8',
    'int32',
  ]);
  expect(ops.cumsum(bytes, { dtype: 'float64' }).dtype).toBe('float64');
  expect(ops.prod(bytes, { dtype: 'float16' }).dtype).toBe('float16');
  expect(values(ops.max(vector, { initial: 99 }))).toBe(99);
  expect(values(ops.min(vector, { initial: -99 }))).toBe(-99);
});

test('weighted means, and errors', () => {
  expect(values(ops.average(vector, { weights: tf.constant([0, 0, 1, 3]) }))).toBe(3.75);
  expect(() => ops.roll(vector, 'a' as never)).toThrow('[roll] shift must be an integer');
  expect(() => ops.quantile(vector, 0.5, { method: 'none' as never })).toThrow(
    '[quantile] method must be one of',
  );
  expect(() => ops.moveaxis(vector, 0, 3)).toThrow('[moveaxis] axis must be in [-1, 1)');
});
