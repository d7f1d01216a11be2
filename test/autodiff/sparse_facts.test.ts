/** IndexedSlices and the gradients that come as such: what TensorFlow does, recorded, and ours. */
import * as tf from 'gradtape';
import { Facts, type Inputs } from '../golden/facts';

const { GradientTape } = tf;
const facts = new Facts(['indexed_slices', 'gather', 'gather_nd', 'sparse_read', 'embedding_lookup']);
const same = facts.same.bind(facts);

describe('IndexedSlices', () => {
  const s = new tf.IndexedSlices([1, 2, 4], [0, 2, 0], [3]);
  same('indexed_slices/fields', () => s);
  same('indexed_slices/shape', () => ({ shape: s.shape, dtype: s.dtype }));
  same('indexed_slices/dense', () => tf.convertToTensor(s));
  same('indexed_slices/dense_rows', () =>
    tf.convertToTensor(
      new tf.IndexedSlices(
        [
          [1, 2],
          [3, 4],
        ],
        [1, 1],
        [3, 2],
      ),
    ),
  );
  facts.differs('indexed_slices/dense_no_shape', () => {
    const shapeless = new tf.IndexedSlices([1], [0]);
    expect(() => tf.convertToTensor(shapeless)).toThrow(tf.errors.InvalidArgumentError);
    expect(() => tf.convertToTensor(shapeless)).toThrow(
      /Tensor conversion requested for IndexedSlices .*without denseShape/,
    );
    expect(() => tf.add(shapeless, 1)).toThrow('without denseShape');
  });
  same('indexed_slices/negative', () => s.neg());
  same('indexed_slices/scalar_mul', () => tf.scalarMul(3, s));
  facts.absent('indexed_slices/plus', 'JavaScript has no operators for objects');
  facts.absent('indexed_slices/times', 'JavaScript has no operators for objects');
  same('indexed_slices/add_dense', () => tf.add(s, tf.ones([3])));
  same('indexed_slices/multiply', () => tf.multiply(s, 2));
  for (const name of ['add_n', 'global_norm', 'clip_by_global_norm', 'clip_by_norm']) {
    facts.absent(`indexed_slices/${name}`, 'the function is not here yet');
  }
  same('indexed_slices/str', () => String(s));
});

describe('gradients of gathers', () => {
  const gradient =
    (f: (v: tf.Variable) => tf.Tensor, weights: tf.TensorLike | null = null) =>
    (inputs: Inputs) => {
      const v = new tf.Variable(inputs.v);
      const tape = new GradientTape();
      const y = tape.run(() => f(v));
      return tape.gradient(y, v, { outputGradients: weights });
    };
  const weights = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  same(
    'gather/plain',
    gradient((v) => tf.gather(v, [3, 0])),
  );
  same(
    'gather/duplicates',
    gradient((v) => tf.gather(v, [2, 0, 2]).mul(weights)),
  );
  same(
    'gather/output_gradients',
    gradient((v) => tf.gather(v, [2, 0, 2]), weights),
  );
  same(
    'gather/index_matrix',
    gradient((v) =>
      tf
        .gather(v, [
          [1, 0],
          [3, 1],
        ])
        .mul(tf.reshape(tf.range(8, { dtype: 'float32' }), [2, 2, 2])),
    ),
  );
  same(
    'gather/scalar_index',
    gradient((v) => tf.gather(v, 2)),
  );
  same(
    'gather/int64',
    gradient((v) => tf.gather(v, tf.constant([3, 0], 'int64'))),
  );
  same(
    'gather/vector',
    gradient((v) => tf.gather(v, [2, 2]).mul([5, 7])),
  );
  same(
    'gather/axis_1',
    gradient((v) => tf.gather(v, [1, 1], 1)),
  );
  same(
    'gather/batch_dims',
    gradient((v) => tf.gather(v, [[1], [0], [1], [1]], { batchDims: 1 })),
  );
  // The order of the rows has no meaning; TF's depends on how it schedules the way back.
  facts.differs('gather/two', ({ inputs, result }) => {
    const two = gradient((v) =>
      tf
        .reduceSum(tf.gather(v, [3]))
        .mul(2)
        .add(tf.reduceSum(tf.gather(v, [0, 3])).mul(3)),
    );
    const s = two(inputs as never) as tf.IndexedSlices;
    expect(s).toBeInstanceOf(tf.IndexedSlices);
    const rows = (indices: ArrayLike<unknown>, values: ArrayLike<unknown>) =>
      Array.from(indices, (at, i) => [at, values[2 * i], values[2 * i + 1]]).sort();
    const recorded = result as unknown as Record<'indices' | 'values', { values: number[] }>;
    expect(rows(s.indices.data() as Int32Array, s.values.data() as Float32Array)).toEqual(
      rows(recorded.indices.values, recorded.values.values),
    );
    expect(s.denseShape).toEqual([4, 2]);
  });
  same(
    'gather/with_dense_use',
    gradient((v) =>
      tf
        .reduceSum(tf.gather(v, [3]))
        .mul(2)
        .add(tf.reduceSum(v)),
    ),
  );
  same(
    'gather/from_expression',
    gradient((v) => tf.gather(v.mul(2), [3, 3])),
  );
  same(
    'gather/negative',
    gradient((v) => tf.gather(v, [-1])),
  );
  same(
    'gather/out_of_range',
    gradient((v) => tf.gather(v, [4])),
  );
  same(
    'gather/empty',
    gradient((v) => tf.gather(v, tf.zeros([0], 'int32'))),
  );
  same(
    'gather_nd/rows',
    gradient((v) => tf.gatherNd(v, [[3], [0], [3]])),
  );
  same(
    'gather_nd/elements',
    gradient((v) =>
      tf.gatherNd(v, [
        [3, 0],
        [0, 1],
        [3, 0],
      ]),
    ),
  );
  same(
    'sparse_read',
    gradient((v) => v.sparseRead([1, 1])),
  );
  same(
    'embedding_lookup/duplicates',
    gradient((v) => tf.nn.embeddingLookup(v, [2, 0, 2])),
  );
  facts.differs('embedding_lookup/value', ({ result }) => {
    const v = new tf.Variable([
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
    ]);
    const y = tf.nn.embeddingLookup(v, [[2], [0]]);
    const recorded = result as { shape: number[]; values: number[] };
    expect([y.shape, Array.from(y.data() as Float32Array)]).toEqual([recorded.shape, recorded.values]);
  });
  facts.absent('embedding_lookup/max_norm', 'maxNorm needs clipByNorm, which is not here yet');
  facts.absent('embedding_lookup/max_norm_gradient', 'maxNorm needs clipByNorm, which is not here yet');

  same('gather/tensor_source', ({ x: value }) => {
    const x = tf.constant(value);
    const tape = new GradientTape();
    tape.watch(x);
    const y = tape.run(() => tf.gather(x, [2, 0, 2]));
    return tape.gradient(y, x);
  });
  same('gather/sgd_by_hand', (inputs) => {
    const v = new tf.Variable(inputs.v);
    const tape = new GradientTape();
    const y = tape.run(() => tf.reduceSum(tf.square(tf.gather(v, [2, 0, 2]))));
    const s = tape.gradient(y, v) as tf.IndexedSlices;
    v.scatterSub(new tf.IndexedSlices(s.values.mul(0.1), s.indices, s.denseShape));
    return { gradient: s, variable: v };
  });
  same('gather/second_order', (inputs) => {
    const v = new tf.Variable(inputs.v);
    const [outer, inner] = [new GradientTape(), new GradientTape()];
    const z = outer.run(() => {
      const y = inner.run(() => tf.reduceSum(tf.pow(tf.gather(v, [2, 0, 2]), 3)));
      return tf.reduceSum((inner.gradient(y, v) as tf.IndexedSlices).values);
    });
    return outer.gradient(z, v);
  });
  same('gather/two_variables', (inputs) => {
    const [a, b] = [new tf.Variable(inputs.a), new tf.Variable(inputs.b)];
    const tape = new GradientTape();
    const y = tape.run(() => tf.reduceSum(tf.gather(a, [1]).mul(tf.gather(b, [2]))));
    return tape.gradient(y, [a, b]);
  });
  same('gather/two_targets', (inputs) => {
    const v = new tf.Variable(inputs.v);
    const tape = new GradientTape();
    const ys = tape.run(() => [tf.gather(v, [1]), tf.gather(v, [1, 3])]);
    return tape.gradient(ys, v);
  });
});

facts.complete();
