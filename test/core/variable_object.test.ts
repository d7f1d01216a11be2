/** Variables and IndexedSlices as objects: construction, reading, what is refused. */
import * as tf from 'gradtape';

const { InvalidArgumentError, FailedPreconditionError } = tf.errors;

function refuses(f: () => unknown, type: new (...args: never[]) => Error, text: string | RegExp): void {
  expect(f).toThrow(type);
  expect(f).toThrow(text);
}

describe('Variable', () => {
  test('takes numbers, bigints, booleans, nested and typed arrays, tensors, variables, functions', () => {
    const dtypeOf = (value: tf.TensorLike | (() => tf.TensorLike)) => new tf.Variable(value).dtype;
    expect(dtypeOf(1)).toBe('float32');
    expect(dtypeOf(1n)).toBe('int64');
    expect(dtypeOf(false)).toBe('bool');
    expect(dtypeOf([[1], [2]])).toBe('float32');
    expect(dtypeOf(new Int32Array(2))).toBe('int32');
    expect(dtypeOf(new tf.Variable(new Float64Array(2)))).toBe('float64');
    expect(dtypeOf(() => [1, 2])).toBe('float32');
    expect(new tf.Variable(() => [1, 2], { dtype: 'int32' }).dtype).toBe('int32');
    expect(new tf.Variable(new tf.IndexedSlices([1, 2], [1, 1], [3])).array()).toEqual([0, 3, 0]);
  });

  test('the slot after the value also takes trainable alone', () => {
    expect(new tf.Variable(1, false).trainable).toBe(false);
    expect(new tf.Variable(1).trainable).toBe(true);
  });

  test('does not see later changes of the array that it was made of', () => {
    const given = new Float32Array([1, 2]);
    const v = new tf.Variable(given);
    given[0] = 9;
    expect(v.array()).toEqual([1, 2]);
    v.assign(given);
    given[0] = 7;
    expect(v.array()).toEqual([9, 2]);
  });

  test('a partly known shape allows what fits', () => {
    const v = new tf.Variable([[1, 2]], { shape: [null, 2] });
    v.assign([
      [1, 2],
      [3, 4],
    ]);
    expect([v.shape, v.rank, v.size]).toEqual([[2, 2], 2, 4]);
    refuses(
      () => v.assign([[1, 2, 3]]),
      InvalidArgumentError,
      'The variable shape (None, 2), and the assigned value shape (1, 3)',
    );
    v.assign(tf.zeros([0, 2]));
    expect(v.shape).toEqual([0, 2]);
  });

  test('refuses what it cannot use', () => {
    const make = (options: unknown) => () => new tf.Variable([1, 2], options as object);
    refuses(
      make({ trainabel: true }),
      TypeError,
      "no option 'trainabel'; it takes trainable, name, dtype, shape, constraint",
    );
    refuses(make({ trainable: 'yes' }), TypeError, "trainable must be true or false; got 'yes'");
    refuses(make({ name: 3 }), TypeError, 'name must be a string; got 3');
    refuses(make({ constraint: 3 }), TypeError, 'constraint must be a function; got 3');
    refuses(make({ dtype: 'float' }), TypeError, '[Variable] dtype');
    refuses(make({ shape: 2 }), TypeError, 'shape must be an array of dimensions');
    refuses(make({ shape: [-2] }), InvalidArgumentError, '[Variable] shape: dimension 0 must be an integer');
    refuses(make({ shape: [1.5] }), InvalidArgumentError, '[Variable] shape: dimension 0 must be an integer');
    refuses(
      () => new tf.Variable([[1], [2, 3]]),
      InvalidArgumentError,
      '[Variable] initialValue: the array is ragged',
    );
    refuses(() => new tf.Variable('text' as never), TypeError, '[Variable] initialValue must be');
    refuses(
      () => new tf.Variable((async () => Promise.resolve(1)) as never),
      TypeError,
      'tf.Variable: the callback returned a Promise',
    );
    const gone = tf.ones([2]);
    gone.dispose();
    refuses(() => new tf.Variable(gone), FailedPreconditionError, 'was disposed');
  });

  test('a refused assignment leaves the value as it was', () => {
    const v = new tf.Variable([1, 2]);
    const gone = tf.ones([2]);
    gone.dispose();
    for (const value of [[1], 'text', gone, [true, false], [[1, 2]], null, undefined, NaN]) {
      expect(() => v.assign(value as never)).toThrow();
    }
    expect(v.array()).toEqual([1, 2]);
  });

  test('assignment and reading return what can be chained', () => {
    const v = new tf.Variable([1, 2]);
    expect(v.assign([3, 4])).toBe(v);
    expect(v.assign([3, 4]).assignSub([1, 1]).mul(2).array()).toEqual([4, 6]);
    expect(v.read()).not.toBe(v.read());
    expect(v.value().array()).toEqual([2, 3]);
    expect(v.readValue().dtype).toBe('float32');
    expect(v.data()).toEqual(new Float32Array([2, 3]));
  });

  test('disposing what was assigned or read does not touch the value', () => {
    for (const make of [() => tf.ones([3]), () => tf.ones([1024, 64])]) {
      const given = make();
      const v = new tf.Variable(given);
      given.dispose();
      const read = v.read();
      read.dispose();
      for (let k = 0; k < 4; k++) make().mul(9).dispose();
      expect(v.data()[2]).toBe(1);
      tf.tidy(() => v.assign(make().mul(5)));
      for (let k = 0; k < 4; k++) make().mul(9).dispose();
      expect(v.data()[2]).toBe(5);
    }
  });

  test('one number converts to a number, more do not', () => {
    expect(Number(new tf.Variable(3))).toBe(3);
    expect(`${String(new tf.Variable(3, { name: 'w' }))}`).toBe(
      "<tf.Variable 'w:0' shape=() dtype=float32, numpy=3.0>",
    );
    expect(JSON.stringify({ v: new tf.Variable([1, 2]) })).toBe('{"v":[1,2]}');
    expect(() => Number(new tf.Variable([1, 2]))).toThrow(TypeError);
  });
});

describe('IndexedSlices', () => {
  test('takes tensors and host values; int64 indices stay int64', () => {
    const s = new tf.IndexedSlices([[1, 2]], tf.constant([3], 'int64'), [5, 2]);
    expect([s.dtype, s.indices.dtype, s.shape]).toEqual(['float32', 'int64', [5, 2]]);
    expect(new tf.IndexedSlices([1], [0]).denseShape).toBeNull();
  });

  test('refuses other indices and shapes that are none', () => {
    refuses(
      () => new tf.IndexedSlices([1], tf.constant([0], 'float32')),
      InvalidArgumentError,
      '[IndexedSlices] indices must be int32 or int64; got a float32 tensor',
    );
    refuses(() => new tf.IndexedSlices([1], [0], [1.5]), InvalidArgumentError, '[IndexedSlices] denseShape');
    refuses(() => new tf.IndexedSlices([1], [0.5]), InvalidArgumentError, '[IndexedSlices] indices');
  });

  test('a tensor where one is wanted, with the gradient of its values', () => {
    const values = tf.constant([
      [1, 2],
      [3, 4],
    ]);
    const tape = new tf.GradientTape();
    tape.watch(values);
    const y = tape.run(() => {
      const s = new tf.IndexedSlices(values, [2, 2], [3, 2]);
      return tf.reduceSum(tf.square(s));
    });
    expect(y.item()).toBe(16 + 36);
    expect((tape.gradient(y, values) as tf.Tensor).array()).toEqual([
      [8, 12],
      [8, 12],
    ]);
  });

  test('what does not fit together is said when the whole tensor is wanted', () => {
    refuses(
      () => tf.convertToTensor(new tf.IndexedSlices([[1, 2, 3]], [0], [4, 2])),
      InvalidArgumentError,
      'IndexedSlices of dense shape [4,2] with indices of shape [1] must have values of shape [1,2]; got [1,3]',
    );
    refuses(
      () => tf.convertToTensor(new tf.IndexedSlices([1], [7], [4])),
      InvalidArgumentError,
      'indices[0] = 7 is not in [0, 4)',
    );
  });

  test('index types may differ between the parts of a gradient', () => {
    const v = new tf.Variable([
      [1, 2],
      [3, 4],
    ]);
    const tape = new tf.GradientTape();
    const y = tape.run(() => tf.gather(v, [1]).add(tf.gather(v, tf.constant([0], 'int64'))));
    const s = tape.gradient(y, v) as tf.IndexedSlices;
    expect(s.indices.dtype).toBe('int64');
    expect(tf.convertToTensor(s).array()).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });
});
