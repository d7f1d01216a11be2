/** What TensorFlow's variables do, recorded, and ours. */
import * as tf from 'gradtape';
import { Facts, type Fact, type Inputs } from '../golden/facts';

const facts = new Facts(['variable', 'assign', 'sliced', 'count_up_to']);
const same = facts.same.bind(facts);
const differs = facts.differs.bind(facts);
const { InvalidArgumentError } = tf.errors;

function refuses(f: () => unknown, type: new (...args: never[]) => Error, text: string | RegExp): void {
  expect(f).toThrow(type);
  expect(f).toThrow(text);
}

describe('construction', () => {
  const about = (v: tf.Variable) => ({
    shape: v.shape,
    dtype: v.dtype,
    trainable: v.trainable,
    name: v.name,
    value: v,
    str: String(v),
    repr: String(v),
  });
  same('variable/float', () => about(new tf.Variable([[1, 2]], { name: 'w' })));
  same('variable/int', () => about(new tf.Variable([1, 2], { dtype: 'int32' })));
  same('variable/bool', () => about(new tf.Variable(true)));
  same('variable/dtype', () => about(new tf.Variable([1, 2], { dtype: 'float64' })));
  same('variable/callable', () => about(new tf.Variable(() => tf.constant([1, 2]))));
  same('variable/frozen', () => about(new tf.Variable(1, { trainable: false })));
  for (const [name, make] of [
    ['no_value', () => new (tf.Variable as unknown as new () => tf.Variable)()],
    ['null_value', () => new tf.Variable(null as never)],
  ] as const) {
    differs(`variable/${name}`, () => {
      refuses(make, InvalidArgumentError, 'The `initialValue` arg to `tf.Variable` must be specified');
    });
  }
  differs('variable/dtype_mismatch', () => {
    refuses(
      () => new tf.Variable(tf.constant([1, 2], 'int32'), { dtype: 'float32' }),
      InvalidArgumentError,
      'initialValue: Tensor conversion requested dtype float32 for Tensor with dtype int32',
    );
  });
  same('variable/shape_mismatch', () => new tf.Variable([1, 2], { shape: [3] }));
  same('variable/from_variable', (inputs) => {
    const v = new tf.Variable(inputs.v);
    const w = new tf.Variable(v);
    v.assign([5, 6]);
    return w;
  });
  // shape is that of the value held: an array of numbers that code can compute with.
  differs('variable/unknown_shape', () => {
    const v = new tf.Variable([1, 2], { shape: [null] });
    v.assign([1, 2, 3]);
    expect(v.array()).toEqual([1, 2, 3]);
    expect(v.shape).toEqual([3]);
    expect(v.read().shape).toEqual([3]);
  });
  same('variable/unknown_shape_mismatch', () => new tf.Variable([1, 2], { shape: [null] }).assign([[1, 2]]));
  same('variable/constraint', () => {
    const v = new tf.Variable([-1, 2], { constraint: tf.relu });
    v.assign([-5, 3]);
    return v;
  });
  facts.absent('variable/len', 'there is no len()');
  facts.absent('variable/hash', 'any object is a key of a Map');
  differs('variable/bool_many', () => {
    refuses(() => Number(new tf.Variable([1, 2])), TypeError, 'is not a number');
  });
});

describe('assignment', () => {
  type Result = { value: unknown; returned: unknown };
  const after =
    (
      method: 'assign' | 'assignAdd' | 'assignSub',
      value: () => tf.TensorLike,
      dtype: tf.DType | null = null,
    ) =>
    (inputs: Inputs): Result => {
      const v = new tf.Variable(inputs.v, { name: 'b', dtype });
      const returned = v[method](value());
      return { value: v.read(), returned: returned.read() };
    };
  /** Everything but sameObject: these methods return the variable itself. */
  const like = (name: string, f: (inputs: Inputs) => unknown) => {
    differs(name, (fact: Fact) => {
      const { value, returned } = f(fact.inputs as never) as Record<string, tf.Tensor>;
      const recorded = fact.result as unknown as Record<string, { shape: number[]; values: number[] }>;
      for (const [key, t] of Object.entries({ value, returned })) {
        expect([t.shape, Array.from(t.data() as Float32Array)]).toEqual([
          recorded[key].shape,
          recorded[key].values,
        ]);
      }
    });
  };
  like(
    'assign/assign',
    after('assign', () => [3, 4]),
  );
  like(
    'assign/add',
    after('assignAdd', () => [3, 4]),
  );
  like(
    'assign/sub',
    after('assignSub', () => [3, 4]),
  );
  facts.absent('assign/read_value_false', 'returning the variable costs nothing, so there is no such option');
  same(
    'assign/shape_mismatch',
    after('assign', () => [1, 2, 3]),
  );
  same(
    'assign/scalar',
    after('assign', () => 3),
  );
  same(
    'assign/add_scalar',
    after('assignAdd', () => 1),
  );
  same(
    'assign/sub_scalar',
    after('assignSub', () => 1),
  );
  same(
    'assign/add_shape',
    after('assignAdd', () => [1, 2, 3]),
  );
  const ints = () => tf.constant([1, 2], 'int32');
  for (const [name, method] of [
    ['tensor_dtype', 'assign'],
    ['add_tensor_dtype', 'assignAdd'],
  ] as const) {
    differs(`assign/${name}`, ({ inputs }) => {
      refuses(
        () => after(method, ints)(inputs as never),
        InvalidArgumentError,
        'Tensor conversion requested dtype float32 for Tensor with dtype int32',
      );
    });
  }
  like(
    'assign/host_ints',
    after('assign', () => [3, 4]),
  );
  differs('assign/float_to_int', ({ inputs }) => {
    refuses(
      () => after('assign', () => [1.5, 2.5], 'int32')(inputs as never),
      InvalidArgumentError,
      /\[assign\] value: cannot convert 1\.5 to an element of dtype int32/,
    );
  });
  differs('assign/add_bool', ({ inputs }) => {
    refuses(() => after('assignAdd', () => true)(inputs as never), InvalidArgumentError, /assignAdd.*bool/);
  });
  like(
    'assign/variable',
    after('assign', () => new tf.Variable([7, 8])),
  );
  const slices = () => new tf.IndexedSlices([1, 2, 4], [0, 2, 0], [3]);
  like('assign/indexed_slices', after('assign', slices));
  like('assign/sub_indexed_slices', after('assignSub', slices));
  like('assign/add_indexed_slices', after('assignAdd', slices));
  same('assign/old_values_stay', (inputs) => {
    const v = new tf.Variable(inputs.v);
    const reads = [v.read()];
    v.assignAdd([10, 10, 10]);
    reads.push(v.value());
    v.scatterUpdate(new tf.IndexedSlices([99], [1]));
    reads.push(v.add(0));
    v.at('0:1').assign([-1]);
    reads.push(v.readValue());
    v.assignSub([1, 1, 1]);
    return { reads, final: v };
  });
  same('assign/chained', (inputs) => new tf.Variable(inputs.v).assign([3, 4]).assignAdd([1, 1]));
  facts.absent('assign/plus_equals', 'JavaScript has no operators for objects');
  same('assign/self', (inputs) => {
    const v = new tf.Variable(inputs.v);
    v.assign(v);
    v.assignAdd(v);
    return v;
  });
  same('assign/int_wraps', () => new tf.Variable(2 ** 31 - 1, { dtype: 'int32' }).assignAdd(1).item());
});

describe('sliced assignment', () => {
  type Index = Parameters<tf.Variable['at']>;
  const sliced = (name: string, index: Index, value: tf.TensorLike) => {
    same(`sliced/${name}`, (inputs) => {
      const v = new tf.Variable(inputs.v);
      v.at(...index).assign(value);
      return v;
    });
  };
  sliced('range', ['1:3'], [20, 30]);
  sliced('reversed', ['::-1'], [10, 20, 30, 40]);
  sliced('step', ['::2'], [10, 30]);
  sliced('index', [2], 30);
  sliced('negative_index', [-1], 40);
  sliced('scalar_broadcast', ['1:3'], 7);
  sliced('one_broadcast', ['1:3'], [7]);
  sliced('wrong_shape', ['1:3'], [1, 2, 3]);
  sliced('column', [':', 1], [20, 50]);
  sliced('row', [1], [7, 8, 9]);
  sliced('row_broadcast', [':', '1:'], [8, 9]);
  sliced(
    'block',
    [':', '1:'],
    [
      [8, 9],
      [1, 2],
    ],
  );
  sliced('ellipsis', ['...', 0], [10, 40]);
  sliced('newaxis', [tf.newaxis, 1], [[7, 8, 9]]);
  sliced('empty', ['2:2'], []);
  sliced('out_of_bounds', [9], 1);
  sliced('clamped', ['2:99'], [30, 40]);
  differs('sliced/assign_add', () => {
    const v = new tf.Variable([1, 2, 3]);
    expect((v.at('1:3') as unknown as { assignAdd?: unknown }).assignAdd).toBeUndefined();
  });
  same('sliced/returned', (inputs) => {
    const v = new tf.Variable(inputs.v);
    return v.at('1:3').assign([20, 30]);
  });
  same('sliced/gradient', (inputs) => {
    const v = new tf.Variable(inputs.v);
    const tape = new tf.GradientTape();
    const y = tape.run(() => v.at('1:3').mul([10, 100]));
    return tape.gradient(y, v);
  });
});

describe('countUpTo', () => {
  const count = (start: number | number[], limit: number, times: number, dtype: tf.DType = 'int32') => {
    const v = new tf.Variable(start, { dtype });
    const returned = Array.from({ length: times }, () => v.countUpTo(limit));
    return { returned, value: v.item() };
  };
  same('count_up_to/twice', () => count(0, 2, 2));
  same('count_up_to/limit', () => count(0, 2, 3));
  same('count_up_to/int64', () => count(5, 7, 2, 'int64'));
  differs('count_up_to/float', () => {
    refuses(() => count(0, 2, 1, 'float32'), InvalidArgumentError, /countUpTo.*float32.*int32.*int64/);
  });
  same('count_up_to/vector', () => count([0, 1], 2, 1));
  same('count_up_to/value_after_error', (inputs) => {
    const v = new tf.Variable(inputs.v, { dtype: 'int32' });
    expect(() => v.countUpTo(2)).toThrow(tf.errors.OutOfRangeError);
    return v.item();
  });
});

facts.complete();
