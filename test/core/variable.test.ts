import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { embeddingLookup } from '../../lib/ops/index/embedding';

/** What TensorFlow does, recorded (test/golden/semantics_variable.py). */
interface Case {
  what: string;
  inputs: Record<string, unknown>;
  result?: unknown;
  error?: { class: string; message: string };
}
const { cases } = JSON.parse(
  fs.readFileSync(path.join(__dirname, '../golden/fixtures/semantics.json'), 'utf8'),
) as { cases: Record<string, Case> };

type Plain = string | number | boolean | null | Plain[] | { [key: string]: Plain };

/** Values as the fixtures write them. */
function plain(value: unknown): Plain {
  if (value instanceof tf.Variable) return plain(value.read());
  if (value instanceof tf.IndexedSlices) {
    const shape = value.denseShape;
    return {
      indexedSlices: true,
      values: plain(value.values),
      indices: plain(value.indices),
      denseShape: shape === null ? null : { shape: [shape.length], dtype: 'int32', values: [...shape] },
    };
  }
  if (value instanceof tf.Tensor) {
    const values: Plain[] = Array.from<number | bigint, Plain>(value.data(), (v) =>
      value.dtype === 'bool' ? v !== 0 : Number.isNaN(v) ? 'NaN' : Number(v),
    );
    return { shape: [...value.shape], dtype: value.dtype, values };
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
  }
  return value as Plain;
}

/** toEqual, with float32 numbers that were printed to 8 digits. */
function expectClose(actual: Plain, expected: Plain, where: string): void {
  if (typeof expected === 'number' && typeof actual === 'number') {
    const error = Math.abs(actual - expected);
    if (!(error <= 1e-6 * Math.max(1, Math.abs(expected))))
      throw new Error(`${where}: ${actual}, not ${expected}`);
  } else if (Array.isArray(expected) && Array.isArray(actual)) {
    expect([where, actual.length]).toEqual([where, expected.length]);
    expected.forEach((e, i) => expectClose(actual[i], e, `${where}[${i}]`));
  } else if (
    typeof expected === 'object' &&
    expected !== null &&
    typeof actual === 'object' &&
    actual !== null &&
    !Array.isArray(actual) &&
    !Array.isArray(expected)
  ) {
    expect([where, Object.keys(actual).sort()]).toEqual([where, Object.keys(expected).sort()]);
    for (const k of Object.keys(expected)) expectClose(actual[k], expected[k], `${where}.${k}`);
  } else {
    expect([where, actual]).toEqual([where, expected]);
  }
}

const tested = new Set<string>();

/** Runs a case: the recorded result, or an error whose message contains TensorFlow's (or the one given). */
function check(name: string, run: () => unknown, message?: string | RegExp): void {
  const recorded = cases[name];
  tested.add(name);
  test(`${name}: ${recorded.what}`, () => {
    if (recorded.error !== undefined) {
      expect(run).toThrow(message ?? recorded.error.message);
      const wanted =
        recorded.error.class === 'TypeError'
          ? TypeError
          : recorded.error.class === 'OutOfRangeError'
            ? tf.errors.OutOfRangeError
            : tf.errors.InvalidArgumentError;
      expect(run).toThrow(wanted);
    } else {
      expectClose(plain(run()), recorded.result as Plain, 'result');
    }
  });
}

const vector = (values: unknown, dtype: tf.DType = 'float32'): tf.Variable =>
  new tf.Variable(tf.constant(values as number[], dtype));
const slices = (indices: unknown, values: unknown, shape: number[] | null = null): tf.IndexedSlices =>
  new tf.IndexedSlices(tf.constant(values as number[]), tf.constant(indices as number[], 'int32'), shape);
const recordedInt32 = (value: unknown): number => (value as tf.Variable).item() as number;

describe('assign', () => {
  const after =
    (method: 'assign' | 'assignAdd' | 'assignSub', value: () => tf.TensorLike, start: unknown = [1, 2]) =>
    () => {
      const v = typeof start === 'boolean' ? new tf.Variable(start) : vector(start);
      const returned = v[method](value());
      // TensorFlow returns another handle of the variable; here it is the variable itself.
      expect(returned).toBe(v);
      return { value: v, returned, sameObject: false };
    };
  check(
    'assign/assign',
    after('assign', () => [3, 4]),
  );
  check(
    'assign/add',
    after('assignAdd', () => [3, 4]),
  );
  check(
    'assign/sub',
    after('assignSub', () => [3, 4]),
  );
  check(
    'assign/shape_mismatch',
    after('assign', () => [1, 2, 3]),
    'The variable shape (2,), and the assigned value shape (3,) are incompatible.',
  );
  check(
    'assign/scalar',
    after('assign', () => 3),
    'The variable shape (2,), and the assigned value shape () are',
  );
  check(
    'assign/add_scalar',
    after('assignAdd', () => 1),
  );
  check(
    'assign/sub_scalar',
    after('assignSub', () => 1),
  );
  check(
    'assign/add_shape',
    after('assignAdd', () => [1, 2, 3]),
  );
  const requested = 'Tensor conversion requested dtype float32 for Tensor with dtype int32';
  check(
    'assign/tensor_dtype',
    after('assign', () => tf.constant([1, 2], 'int32')),
    requested,
  );
  check(
    'assign/add_tensor_dtype',
    after('assignAdd', () => tf.constant([1, 2], 'int32')),
    requested,
  );
  check(
    'assign/host_ints',
    after('assign', () => [3, 4]),
  );
  check(
    'assign/add_bool',
    after('assignAdd', () => true, true),
    '[assignAdd] the variable has dtype bool',
  );
  check(
    'assign/variable',
    after('assign', () => vector([7, 8])),
  );
  const sparse = (): tf.IndexedSlices => slices([0, 2, 0], [1, 2, 4], [3]);
  check('assign/indexed_slices', after('assign', sparse, [1, 2, 3]));
  check('assign/sub_indexed_slices', after('assignSub', sparse, [1, 2, 3]));
  check('assign/add_indexed_slices', after('assignAdd', sparse, [1, 2, 3]));

  check('assign/old_values_stay', () => {
    const v = vector([1, 2, 3]);
    const reads = [v.read()];
    v.assignAdd([10, 10, 10]);
    reads.push(v.value());
    v.scatterUpdate(slices([1], [99]));
    reads.push(v.add(0));
    v.at('0:1').assign([-1]);
    reads.push(v.readValue());
    v.assignSub([1, 1, 1]);
    return { reads, final: v };
  });
  check('assign/chained', () => vector([1, 2]).assign([3, 4]).assignAdd([1, 1]));
  check('assign/self', () => {
    const v = vector([1, 2]);
    v.assign(v);
    return v.assignAdd(v);
  });
  check('assign/int_wraps', () => recordedInt32(vector(2 ** 31 - 1, 'int32').assignAdd(1)));

  test('a failed assignment leaves the variable as it was', () => {
    const v = vector([1, 2]);
    expect(() => v.assignAdd([1, 2, 3])).toThrow();
    expect(() => v.scatterUpdate(slices([0, 5], [9, 9]))).toThrow('indices[1] = 5 is not in [0, 2)');
    expect(() => v.at(7).assign(1)).toThrow();
    expect(v.array()).toEqual([1, 2]);
  });

  test('assignments are not on the tape', () => {
    const v = new tf.Variable(2);
    const tape = new tf.GradientTape();
    const y = tape.run(() => {
      v.assignAdd(1);
      return v.square();
    });
    expect((tape.gradient(y, v) as tf.Tensor).item()).toBe(6);
  });
});

describe('sliced assign', () => {
  const matrix = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  const run =
    (parts: tf.IndexPart[], value: tf.TensorLike, start: unknown = [1, 2, 3, 4]) =>
    (): tf.Variable =>
      vector(start)
        .at(...parts)
        .assign(value);
  check('sliced/range', run(['1:3'], [20, 30]));
  check('sliced/reversed', run(['::-1'], [10, 20, 30, 40]));
  check('sliced/step', run(['::2'], [10, 30]));
  check('sliced/index', run([2], 30));
  check('sliced/negative_index', run([-1], 40));
  check('sliced/scalar_broadcast', run(['1:3'], 7));
  check('sliced/one_broadcast', run(['1:3'], [7]));
  check('sliced/wrong_shape', run(['1:3'], [1, 2, 3]));
  check('sliced/column', run([':', 1], [20, 50], matrix));
  check('sliced/row', run([1], [7, 8, 9], matrix));
  check('sliced/row_broadcast', run([':', '1:'], [8, 9], matrix));
  check('sliced/block', run([':', '1:'], [[8, 9], [1, 2]], matrix)); // prettier-ignore
  check('sliced/ellipsis', run(['...', 0], [10, 40], matrix));
  check('sliced/newaxis', run([tf.newaxis, 1], [[7, 8, 9]], matrix));
  check('sliced/empty', run(['2:2'], []));
  check('sliced/out_of_bounds', run([9], 1));
  check('sliced/clamped', run(['2:99'], [30, 40]));
  check('sliced/returned', run(['1:3'], [20, 30]));
  check('sliced/gradient', () => {
    const v = vector([1, 2, 3, 4]);
    const tape = new tf.GradientTape();
    const y = tape.run(() => v.at('1:3').mul([10, 100]));
    return tape.gradient(y, v);
  });
  test('a slice has no assignAdd, and a mask cannot be assigned', () => {
    const v = vector([1, 2, 3, 4]);
    expect((v.at('1:3') as { assignAdd?: unknown }).assignAdd).toBeUndefined();
    expect(v.at([true, false, true, false]).array()).toEqual([1, 3]);
    expect(() => v.at(tf.constant([true, false, true, false])).assign(1)).toThrow(TypeError);
  });
});

describe('scatter', () => {
  const kinds = ['update', 'add', 'sub', 'mul', 'div', 'min', 'max'] as const;
  const method = (kind: string) =>
    `scatter${kind[0].toUpperCase()}${kind.slice(1)}` as 'scatterUpdate' | 'scatterAdd' | 'scatterDiv';
  const requested = 'Tensor conversion requested dtype float32 for Tensor with dtype float64';
  for (const kind of kinds) {
    const m = method(kind);
    const of = (name: string): string => `scatter_${kind}/${name}`;
    const usual = ['duplicates', 'scalar', 'scalar_index', 'rows', 'index_matrix', 'empty', 'out_of_range'];
    for (const name of [...usual, 'negative', 'wrong_values']) {
      check(of(name), () => {
        const { v, indices, values } = cases[of(name)].inputs;
        return vector(v)[m](slices(indices, values));
      });
    }
    check(of('int64_indices'), () => {
      const { v, indices, values } = cases[of('int64_indices')].inputs;
      const at = tf.constant(indices as number[], 'int64');
      return vector(v)[m](new tf.IndexedSlices(values as number[], at));
    });
    check(of('int'), () => {
      const { v, indices, values } = cases[of('int')].inputs;
      const u = tf.constant(values as number[], 'int32');
      return vector(v, 'int32')[m](new tf.IndexedSlices(u, indices as number[]));
    });
    check(
      of('not_slices'),
      () => vector([1, 2, 3, 4])[m]([1] as never),
      'Argument `sparseDelta` must be a `tf.IndexedSlices`. Received arg: [1]',
    );
    check(of('dtype'), () => vector([1, 2])[m](new tf.IndexedSlices(new Float64Array([1]), [0])), requested);

    // TensorFlow reads past the rows that it was given; here that is an error.
    test(`scatter_${kind}: rows of another length are refused`, () => {
      tested.add(of('wrong_rows'));
      const v = vector([[1, 2], [3, 4]]); // prettier-ignore
      expect(() => v[m](slices([0], [[1, 2, 3]]))).toThrow('updates must have shape [1,2]');
    });
  }
  check('scatter_div/int_by_zero', () =>
    vector([10, 20], 'int32').scatterDiv(new tf.IndexedSlices(tf.constant([0], 'int32'), [0])),
  );
  check('scatter_div/int_negative', () =>
    vector([-7, 7], 'int32').scatterDiv(new tf.IndexedSlices(tf.constant([2, -2], 'int32'), [0, 1])),
  );
  check('scatter_update/bool', () =>
    new tf.Variable([true, true]).scatterUpdate(new tf.IndexedSlices([false], [1])),
  );
  test('a bool variable has no sums', () => {
    expect(() => new tf.Variable([true]).scatterAdd(new tf.IndexedSlices([true], [0]))).toThrow(
      '[scatterAdd] the variable has dtype bool',
    );
  });
  for (const kind of ['min', 'max']) {
    check(`scatter_${kind}/nan`, () => vector([NaN, 1])[method(kind)](slices([0, 1], [1, NaN])));
  }
});

describe('scatterNd', () => {
  for (const kind of ['update', 'add', 'sub', 'min', 'max']) {
    const m = `scatterNd${kind[0].toUpperCase()}${kind.slice(1)}` as 'scatterNdUpdate';
    const names = ['elements', 'duplicates', 'matrix', 'rows', 'out_of_range', 'negative'];
    for (const name of [...names, 'wrong_values', 'too_deep']) {
      const key = `scatter_nd_${kind}/${name}`;
      check(key, () => {
        const { v, indices, values } = cases[key].inputs;
        return vector(v)[m](tf.constant(indices as number[], 'int32'), values as number[]);
      });
    }
  }
});

describe('batchScatterUpdate', () => {
  for (const name of ['elements', 'duplicates', 'rows']) {
    const key = `batch_scatter_update/${name}`;
    check(key, () => {
      const { v, indices, values } = cases[key].inputs;
      return vector(v).batchScatterUpdate(slices(indices, values));
    });
  }
  check(
    'batch_scatter_update/out_of_range',
    () => vector([[1, 2, 3], [4, 5, 6]]).batchScatterUpdate(slices([[0, 3], [1, 2]], [[9, 8], [7, 6]])), // prettier-ignore
    'indices[0,1] = 3 is not in [0, 3)',
  );
});

describe('countUpTo', () => {
  const count = (v: tf.Variable, limit: number, times: number) => ({
    returned: Array.from({ length: times }, () => v.countUpTo(limit)),
    value: Number(v.item()),
  });
  check('count_up_to/twice', () => count(vector(0, 'int32'), 2, 2));
  check('count_up_to/limit', () => count(vector(0, 'int32'), 2, 3));
  check('count_up_to/int64', () => count(vector(5, 'int64'), 10, 2));
  check('count_up_to/float', () => vector(0).countUpTo(2), 'the variable has dtype float32');
  check('count_up_to/vector', () => vector([0, 0], 'int32').countUpTo(2));
  check('count_up_to/value_after_error', () => {
    const v = vector(2, 'int32');
    expect(() => v.countUpTo(2)).toThrow('Reached limit of 2');
    return v.item();
  });
});

describe('IndexedSlices', () => {
  const s = (): tf.IndexedSlices => slices([0, 2, 0], [1, 2, 4], [3]);
  check('indexed_slices/fields', s);
  check('indexed_slices/dense', () => s().read());
  check('indexed_slices/dense_rows', () => slices([1, 1], [[1, 2], [3, 4]], [3, 2]).read()); // prettier-ignore
  check('indexed_slices/negative', () => s().neg());
  check('indexed_slices/scalar_mul', () => tf.scalarMul(3, s()));
  check('indexed_slices/add_dense', () => tf.add(s(), tf.ones([3])));
  check('indexed_slices/multiply', () => tf.multiply(s(), 2));
  check('indexed_slices/str', () => String(s()));
  check('indexed_slices/dense_no_shape', () => slices([0], [1]).read(), /IndexedSlices .*without denseShape/);
  test('indices outside denseShape are refused', () => {
    expect(() => slices([3], [1], [3]).read()).toThrow('indices[0] = 3 is not in [0, 3)');
  });
});

describe('sparse gradients', () => {
  const rows = [
    [1, 2],
    [3, 4],
    [5, 6],
    [7, 8],
  ];
  const gradientOf =
    (f: (v: tf.Variable) => tf.Tensor, start: unknown = rows) =>
    (): unknown => {
      const v = vector(start);
      const tape = new tf.GradientTape();
      const y = tape.run(() => f(v));
      return tape.gradient(y, v);
    };
  check(
    'gather/plain',
    gradientOf((v) => tf.gather(v, [3, 0])),
  );
  check('gather/duplicates', gradientOf((v) => tf.gather(v, [2, 0, 2]).mul([[1, 2], [3, 4], [5, 6]]))); // prettier-ignore
  check('gather/index_matrix', gradientOf((v) => tf.gather(v, [[1, 0], [3, 1]]).mul([[[0, 1], [2, 3]], [[4, 5], [6, 7]]]))); // prettier-ignore
  check(
    'gather/scalar_index',
    gradientOf((v) => tf.gather(v, 2)),
  );
  check(
    'gather/int64',
    gradientOf((v) => tf.gather(v, tf.constant([3, 0], 'int64'))),
  );
  check(
    'gather/vector',
    gradientOf((v) => tf.gather(v, [2, 2]).mul([5, 7]), [1, 2, 3]),
  );
  check(
    'gather/axis_1',
    gradientOf((v) => tf.gather(v, [1, 1], 1)),
  );
  check(
    'gather/batch_dims',
    gradientOf((v) => tf.gather(v, [[1], [0], [1], [1]], { batchDims: 1 })),
  );
  test('gather/two: the rows of both are there, duplicates too', () => {
    tested.add('gather/two');
    const recorded = cases['gather/two'].result as {
      values: { values: number[] };
      indices: { values: number[] };
    };
    const g = gradientOf((v) =>
      tf.reduceSum(tf.gather(v, [3]).mul(2)).add(tf.reduceSum(tf.gather(v, [0, 3]).mul(3))),
    )() as tf.IndexedSlices;
    // In which order is TensorFlow's own affair: it follows its queue of ready ops.
    const rowsOf = (indices: Iterable<number>, values: ArrayLike<number>): string[] =>
      Array.from(indices, (at, i) => `${at}: ${values[2 * i]} ${values[2 * i + 1]}`).sort();
    expect(rowsOf(g.indices.data() as Int32Array, g.values.data() as Float32Array)).toEqual(
      rowsOf(recorded.indices.values, recorded.values.values),
    );
  });
  check(
    'gather/with_dense_use',
    gradientOf((v) => tf.reduceSum(tf.gather(v, [3]).mul(2)).add(tf.reduceSum(v))),
  );
  check(
    'gather/from_expression',
    gradientOf((v) => tf.gather(v.mul(2), [3, 3])),
  );
  check(
    'gather/negative',
    gradientOf((v) => tf.gather(v, [-1])),
  );
  check(
    'gather/out_of_range',
    gradientOf((v) => tf.gather(v, [4])),
  );
  check(
    'gather/empty',
    gradientOf((v) => tf.gather(v, [])),
  );
  check(
    'gather_nd/rows',
    gradientOf((v) => tf.gatherNd(v, [[3], [0], [3]])),
  );
  check('gather_nd/elements', gradientOf((v) => tf.gatherNd(v, [[3, 0], [0, 1], [3, 0]]))); // prettier-ignore
  check(
    'sparse_read',
    gradientOf((v) => v.sparseRead([1, 1])),
  );
  check('gather/tensor_source', () => {
    const x = tf.constant(rows);
    const tape = new tf.GradientTape();
    tape.watch(x);
    const y = tape.run(() => tf.gather(x, [2, 0, 2]));
    return tape.gradient(y, x);
  });
  check('gather/sgd_by_hand', () => {
    const v = vector(rows);
    const tape = new tf.GradientTape();
    const y = tape.run(() => tf.reduceSum(tf.gather(v, [2, 0, 2]).square()));
    const gradient = tape.gradient(y, v) as tf.IndexedSlices;
    v.scatterSub(tf.scalarMul(0.1, gradient));
    return { gradient, variable: v };
  });
  check('gather/second_order', () => {
    const v = vector(rows);
    const outer = new tf.GradientTape();
    const total = outer.run(() => {
      const inner = new tf.GradientTape();
      const y = inner.run(() => tf.reduceSum(tf.gather(v, [2, 0, 2]).pow(3)));
      return tf.reduceSum((inner.gradient(y, v) as tf.IndexedSlices).values);
    });
    return outer.gradient(total, v);
  });
  check('gather/two_variables', () => {
    const a = vector(rows);
    const b = vector(rows);
    const tape = new tf.GradientTape();
    const y = tape.run(() => tf.reduceSum(tf.gather(a, [1]).mul(tf.gather(b, [2]))));
    return tape.gradient(y, [a, b]);
  });
  check('gather/two_targets', () => {
    const v = vector(rows);
    const tape = new tf.GradientTape();
    const ys = tape.run(() => [tf.gather(v, [1]), tf.gather(v, [1, 3])]);
    return tape.gradient(ys, v);
  });
});

describe('embeddingLookup', () => {
  const rows = [
    [1, 2],
    [3, 4],
    [5, 6],
    [7, 8],
  ];
  const gradientOf = (f: (v: tf.Variable) => tf.Tensor) => (): unknown => {
    const v = vector(rows);
    const tape = new tf.GradientTape();
    const y = tape.run(() => f(v));
    return tape.gradient(y, v);
  };
  check(
    'embedding_lookup/duplicates',
    gradientOf((v) => embeddingLookup(v, [2, 0, 2])),
  );
  check('embedding_lookup/value', () => embeddingLookup(vector(rows), [[2], [0]]));
  check('embedding_lookup/max_norm', () => embeddingLookup(vector(rows), [0, 3], { maxNorm: 3 }));
  check(
    'embedding_lookup/max_norm_gradient',
    gradientOf((v) => embeddingLookup(v, [0, 3], 3)),
  );
});

test('every recorded case of these groups is checked, or has no counterpart here', () => {
  const groups =
    /^(assign|sliced|scatter_\w+|batch_scatter_update|count_up_to|indexed_slices|gather|gather_nd|sparse_read|embedding_lookup)(\/|$)/;
  const elsewhere = [
    // No read_value option, no operators on variables, no partial updates after an error.
    'assign/read_value_false',
    'assign/plus_equals',
    'scatter_update/after_error',
    'sliced/assign_add',
    // The variable itself comes back.
    'scatter_add/returned',
    // No such type error: a host number is converted or refused as everywhere.
    'assign/float_to_int',
    // Rows have the methods of tensors, so that gradients of either kind are used alike: test/autodiff/sparse_methods.test.ts.
    'indexed_slices/plus',
    'indexed_slices/times',
    // Fields whose shape differs: denseShape is an array.
    'indexed_slices/shape',
    // Other functions' tests.
    'indexed_slices/add_n',
    'indexed_slices/global_norm',
    'indexed_slices/clip_by_global_norm',
    'indexed_slices/clip_by_norm',
    'gather/output_gradients',
  ];
  const missing = Object.keys(cases).filter(
    (name) => groups.test(name) && !tested.has(name) && !elsewhere.includes(name),
  );
  expect(missing).toEqual([]);
});
