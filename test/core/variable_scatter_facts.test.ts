/** What TensorFlow's scatter updates do to variables, recorded, and ours. */
import * as tf from 'gradtape';
import { Facts, facts as all, type Inputs } from '../golden/facts';

const plain = ['Update', 'Add', 'Sub', 'Mul', 'Div', 'Min', 'Max'] as const;
const nd = ['Update', 'Add', 'Sub', 'Min', 'Max'] as const;
const groups = [
  ...plain.map((name) => `scatter_${name.toLowerCase()}`),
  ...nd.map((name) => `scatter_nd_${name.toLowerCase()}`),
  'batch_scatter_update',
];
const facts = new Facts(groups);
const same = facts.same.bind(facts);
const differs = facts.differs.bind(facts);
const { InvalidArgumentError } = tf.errors;

/** Numbers with NaN spelled out, as the fixture has them. */
const decode = (value: unknown): tf.TensorLike =>
  (Array.isArray(value) ? value.map(decode) : value === 'NaN' ? NaN : value) as tf.TensorLike;

/** Runs f on the variable; when it is refused, the variable is as before. */
function updated(start: unknown, dtype: tf.DType | null, f: (v: tf.Variable) => unknown): tf.Variable {
  const v = new tf.Variable(decode(start), { name: 'v', dtype });
  const before = v.read();
  const copy = before.array();
  try {
    f(v);
  } catch (error) {
    expect(v.array()).toEqual(copy);
    throw error;
  }
  expect(before.array()).toEqual(copy);
  return v;
}

for (const suffix of plain) {
  const method = `scatter${suffix}` as const;
  const group = `scatter_${suffix.toLowerCase()}`;
  const run =
    (indexType: tf.DType = 'int32', dtype: tf.DType | null = null) =>
    (inputs: Inputs) =>
      updated(inputs.v, dtype, (v) => {
        const values = tf.constant(decode(inputs.values), v.dtype);
        v[method](new tf.IndexedSlices(values, tf.constant(inputs.indices, indexType)));
      });
  describe(method, () => {
    for (const name of ['duplicates', 'scalar', 'scalar_index', 'rows', 'index_matrix', 'empty']) {
      same(`${group}/${name}`, run());
    }
    same(`${group}/int64_indices`, run('int64'));
    same(`${group}/int`, run('int32', 'int32'));
    for (const name of ['out_of_range', 'negative', 'wrong_values']) same(`${group}/${name}`, run());
    // TF reads past the row and does not notice.
    differs(`${group}/wrong_rows`, ({ inputs }) => {
      const wrong = () => updated(inputs.v, null, (v) => v[method](new tf.IndexedSlices([[1, 2, 3]], [0])));
      expect(wrong).toThrow(InvalidArgumentError);
      expect(wrong).toThrow(new RegExp(`${method}.*\\[1,3\\]`, 's'));
    });
    differs(`${group}/not_slices`, ({ inputs }) => {
      const wrong = () =>
        updated(inputs.v, null, (v) => v[method](tf.constant([1]) as unknown as tf.IndexedSlices));
      expect(wrong).toThrow(TypeError);
      expect(wrong).toThrow(/must be a `?tf\.IndexedSlices/);
    });
    differs(`${group}/dtype`, ({ inputs }) => {
      const wrong = () =>
        updated(inputs.v, null, (v) => v[method](new tf.IndexedSlices(tf.constant([1], 'float64'), [0])));
      expect(wrong).toThrow(InvalidArgumentError);
      expect(wrong).toThrow('Tensor conversion requested dtype float32 for Tensor with dtype float64');
    });
  });
}

describe('special cases', () => {
  // TF leaves 10 in element 0.
  differs('scatter_update/after_error', ({ inputs }) => {
    const v = new tf.Variable(inputs.v as never);
    expect(() => v.scatterUpdate(new tf.IndexedSlices([10, 20], [0, 5]))).toThrow(
      'indices[1] = 5 is not in [0, 2)',
    );
    expect(v.array()).toEqual(inputs.v);
  });
  const ints = (values: number[], indices: number[]) => (inputs: Inputs) =>
    updated(inputs.v, 'int32', (v) =>
      v.scatterDiv(new tf.IndexedSlices(tf.constant(values, 'int32'), indices)),
    );
  same('scatter_div/int_by_zero', ints([0], [0]));
  same('scatter_div/int_negative', ints([2, -2], [0, 1]));
  same('scatter_update/bool', (inputs) =>
    updated(inputs.v, null, (v) => v.scatterUpdate(new tf.IndexedSlices([false], [1]))),
  );
  for (const method of ['Max', 'Min'] as const) {
    same(`scatter_${method.toLowerCase()}/nan`, (inputs) =>
      updated(inputs.v, null, (v) =>
        v[`scatter${method}`](new tf.IndexedSlices(decode(inputs.values), [0, 1])),
      ),
    );
  }
  differs('scatter_add/returned', ({ inputs, result }) => {
    const v = new tf.Variable(inputs.v as never);
    const returned = v.scatterAdd(new tf.IndexedSlices([1], [0]));
    expect(returned).toBe(v);
    expect(returned.array()).toEqual((result as { returned: { values: number[] } }).returned.values);
  });
});

for (const suffix of nd) {
  const method = `scatterNd${suffix}` as const;
  const group = `scatter_nd_${suffix.toLowerCase()}`;
  describe(method, () => {
    for (const name of Object.keys(all).filter((n) => n.startsWith(`${group}/`))) {
      same(name, (inputs) =>
        updated(inputs.v, null, (v) =>
          v[method](tf.constant(inputs.indices, 'int32'), tf.constant(inputs.values)),
        ),
      );
    }
  });
}

describe('batchScatterUpdate', () => {
  const run = (v: unknown, indices: number[][], values: tf.TensorLike) =>
    updated(v, null, (v) =>
      v.batchScatterUpdate(new tf.IndexedSlices(values, tf.constant(indices, 'int32'))),
    );
  for (const name of ['elements', 'duplicates', 'rows']) {
    same(`batch_scatter_update/${name}`, ({ v, indices, values }) => run(v, indices, values));
  }
  // TF names the element's whole position; here the index alone says what is wrong with it.
  differs('batch_scatter_update/out_of_range', ({ inputs }) => {
    const wrong = () =>
      run(
        inputs.v,
        [
          [0, 3],
          [1, 2],
        ],
        [
          [9, 8],
          [7, 6],
        ],
      );
    expect(wrong).toThrow(InvalidArgumentError);
    expect(wrong).toThrow('[batchScatterUpdate] indices[0,1] = 3 is not in [0, 3)');
  });
});

facts.complete();
