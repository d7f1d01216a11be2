import * as tf from 'gradtape';

const iota = (shape: number[]): tf.Tensor =>
  tf.reshape(tf.cast(tf.range(shape.reduce((a, b) => a * b, 1)), 'float32'), shape);

const gradient = (f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): unknown => {
  const tape = new tf.GradientTape();
  tape.watch(x);
  const y = tape.run(() => f(x));
  const g = tape.gradient(y, x);
  return g === null ? null : tf.identity(g).array();
};

describe('gather', () => {
  const x = iota([3, 4]);
  test('rows, columns, batches, scalars', () => {
    expect(tf.gather(x, [2, 0]).array()).toEqual([
      [8, 9, 10, 11],
      [0, 1, 2, 3],
    ]);
    expect(tf.gather(x, [3, 3], 1).array()).toEqual([
      [3, 3],
      [7, 7],
      [11, 11],
    ]);
    expect(tf.gather(x, 1, { axis: -1 }).array()).toEqual([1, 5, 9]);
    expect(tf.gather(x, [[0, 1]], 0).shape).toEqual([1, 2, 4]);
    expect(tf.gather(x, [[0], [3], [1]], { batchDims: 1 }).array()).toEqual([[0], [7], [9]]);
    expect(tf.gather(x, [[0], [3], [1]], { batchDims: -1, axis: 1 }).array()).toEqual([[0], [7], [9]]);
    expect(tf.gather(x, new BigInt64Array([1n])).array()).toEqual([[4, 5, 6, 7]]);
    expect(tf.gather(tf.zeros([0, 3]), []).shape).toEqual([0, 3]);
    expect(tf.gather(tf.zeros([3, 0]), [1, 1]).shape).toEqual([2, 0]);
    expect(x.gather([1]).shape).toEqual([1, 4]);
  });

  test('many indices, over the chunk in which rows are numbered', () => {
    const n = 1500;
    const at = Int32Array.from({ length: n }, (_, i) => (i * 7) % 3);
    const y = tf.gather(x, at).data();
    for (let i = 0; i < n; i++) if (y[4 * i + 1] !== 4 * at[i] + 1) throw new Error(`row ${i}`);
    const z = tf.gather(x, at, 1).data();
    for (let r = 0; r < 3; r++) {
      for (let i = 0; i < n; i++) if (z[r * n + i] !== 4 * r + at[i]) throw new Error(`row ${r}, ${i}`);
    }
  });

  test('errors say where, and nothing is clamped', () => {
    expect(() => tf.gather(x, [0, 3])).toThrow('[gather] indices[1] = 3 is not in [0, 3)');
    expect(() => tf.gather(x, [[0, 1], [-1, 0]])).toThrow('indices[1,0] = -1 is not in [0, 3)'); // prettier-ignore
    expect(() => tf.gather(x, 7)).toThrow('indices = 7 is not in [0, 3)');
    expect(() => tf.gather(x, [2n ** 40n])).toThrow(tf.errors.InvalidArgumentError);
    expect(() => tf.gather(x, new BigInt64Array([2n ** 40n]))).toThrow(
      `indices[0] = ${2n ** 40n} is not in [0, 3)`,
    );
    expect(() => tf.gather(tf.zeros([0, 3]), [0])).toThrow('indices[0] = 0 is not in [0, 0)');
    expect(() => tf.gather(x, [0.5])).toThrow(tf.errors.InvalidArgumentError);
    expect(() => tf.gather(x, tf.constant([0]))).toThrow('indices has dtype float32');
    expect(() => tf.gather(3, [0])).toThrow('at least 1 dimensional');
    expect(() => tf.gather(x, [0], 2)).toThrow('axis = 2 is out of range');
    expect(() => tf.gather(x, [[0]], { batchDims: 1 })).toThrow(
      'params.shape[0]: 3 should be equal to indices.shape[0]: 1',
    );
    expect(() => tf.gather(x, [[0], [0], [0]], { batchDims: 1, axis: 0 })).toThrow(
      'batchDims (1) must be less than or equal to axis (0)',
    );
    expect(() => tf.gather(x, [0], { batchDims: 2 })).toThrow('batchDims = 2 must be in');
  });

  test('gradients sum over repeated indices', () => {
    expect(gradient((t) => tf.gather(t, [2, 0, 2]), iota([3, 1]))).toEqual([[1], [0], [2]]);
    expect(gradient((t) => tf.gather(t, [1, 1, 0], 1).mul([1, 10, 100]), iota([2, 2]))).toEqual([
      [100, 11],
      [100, 11],
    ]);
    expect(gradient((t) => tf.gather(t, [[1, 1], [0, 1]], { batchDims: 1 }), iota([2, 2]))).toEqual([[0, 2], [1, 1]]); // prettier-ignore
    expect(gradient((t) => tf.gather(t, 1), iota([3]))).toEqual([0, 1, 0]);
  });
});

describe('gatherNd and scatterNd', () => {
  const x = iota([2, 3, 2]);
  test('gatherNd', () => {
    expect(tf.gatherNd(x, [[0, 2], [1, 0]]).array()).toEqual([[4, 5], [6, 7]]); // prettier-ignore
    expect(tf.gatherNd(x, [1, 2, 1]).array()).toBe(11);
    expect(tf.gatherNd(x, [[[1]], [[0]]]).shape).toEqual([2, 1, 3, 2]);
    expect(tf.gatherNd(x, [[2], [0]], { batchDims: 1 }).array()).toEqual([[4, 5], [6, 7]]); // prettier-ignore
    expect(tf.gatherNd(x, tf.zeros([2, 0], 'int32')).shape).toEqual([2, 2, 3, 2]);
    expect(() => tf.gatherNd(x, [[0, 0], [0, 3]])).toThrow('indices[1] = [0, 3] does not index into param shape [2,3,2]'); // prettier-ignore
    expect(() => tf.gatherNd(x, [-1])).toThrow('indices = [-1] does not index into param shape [2,3,2]');
    expect(() => tf.gatherNd(x, [[0, 0, 0, 0]])).toThrow('saw: 4 vs. 3');
    expect(() => tf.gatherNd(x, 0)).toThrow(tf.errors.InvalidArgumentError);
    expect(gradient((t) => tf.gatherNd(t, [[0, 1], [0, 1], [1, 0]]), iota([2, 2]))).toEqual([[0, 2], [1, 0]]); // prettier-ignore
  });

  test('scatterNd sums duplicates', () => {
    expect(tf.scatterNd([[4], [3], [1], [4]], [9, 10, 11, 12], [6]).array()).toEqual([0, 11, 0, 10, 21, 0]);
    expect(tf.scatterNd([[1]], [[1, 2]], [3, 2]).array()).toEqual([[0, 0], [1, 2], [0, 0]]); // prettier-ignore
    expect(tf.scatterNd([1], 5, [3]).array()).toEqual([0, 5, 0]);
    expect(() => tf.scatterNd([[3]], [1], [3])).toThrow('indices[0] = [3] does not index into shape [3]');
    expect(() => tf.scatterNd([[0]], [1, 2], [3])).toThrow(
      'must match dimensions [0,1) of updates[shape=[2]] = 2',
    );
    expect(() => tf.scatterNd([[0, 0]], [1], [3])).toThrow(tf.errors.InvalidArgumentError);
    expect(gradient((u) => tf.scatterNd([[1], [1], [0]], u, [2]).mul([10, 1]), iota([3]))).toEqual([
      1, 1, 10,
    ]);
  });

  test('tensorScatterNd', () => {
    const v = tf.constant([1, 2, 3, 4]);
    const at = [[1], [1], [3]];
    const u = [10, 0, 5];
    expect(tf.tensorScatterNdUpdate(v, at, u).array()).toEqual([1, 0, 3, 5]);
    expect(tf.tensorScatterNdAdd(v, at, u).array()).toEqual([1, 12, 3, 9]);
    expect(tf.tensorScatterNdSub(v, at, u).array()).toEqual([1, -8, 3, -1]);
    expect(tf.tensorScatterNdMin(v, at, u).array()).toEqual([1, 0, 3, 4]);
    expect(tf.tensorScatterNdMax(v, at, u).array()).toEqual([1, 10, 3, 5]);
    expect(v.array()).toEqual([1, 2, 3, 4]);
    expect(tf.tensorScatterNdUpdate(tf.constant([true, true]), [[0]], [false]).array()).toEqual([
      false,
      true,
    ]);
    expect(() => tf.tensorScatterNdAdd(v, [[4]], [1])).toThrow(
      'indices[0] = [4] does not index into shape [4]',
    );
    expect(() => tf.tensorScatterNdAdd(v, [[0]], tf.constant([1], 'int32'))).toThrow(
      tf.errors.InvalidArgumentError,
    );
    expect(() => tf.tensorScatterNdAdd([true], [[0]], [true])).toThrow('tensor has dtype bool');
    expect(gradient((t) => tf.tensorScatterNdUpdate(t, [[1]], [7]).mul([1, 2, 3]), iota([3]))).toEqual([
      1, 0, 3,
    ]);
    // Three equal values share.
    expect(gradient((t) => tf.tensorScatterNdMax(t, [[0], [0]], [5, 5]), tf.constant([5, 1]))).toEqual(
      [1 / 3, 1].map(Math.fround),
    );
  });
});

describe('masks', () => {
  const x = iota([2, 3]);
  test('booleanMask', () => {
    expect(tf.booleanMask(x, [true, false]).array()).toEqual([[0, 1, 2]]);
    expect(tf.booleanMask(x, [true, false, true], 1).array()).toEqual([[0, 2], [3, 5]]); // prettier-ignore
    expect(tf.booleanMask(x, [[true, false, true], [false, true, false]]).array()).toEqual([0, 2, 4]); // prettier-ignore
    expect(tf.booleanMask(x, [false, false]).shape).toEqual([0, 3]);
    expect(tf.booleanMask([1n, 2n], [false, true]).array()).toEqual([2n]);
    expect(() => tf.booleanMask(x, true)).toThrow('mask cannot be scalar');
    expect(() => tf.booleanMask(x, [true])).toThrow('Shapes [2] and [1] are incompatible');
    expect(() => tf.booleanMask(x, tf.constant([1, 0]))).toThrow(tf.errors.InvalidArgumentError);
    expect(gradient((t) => tf.booleanMask(t, [true, false, true], 1).mul([[1, 2], [3, 4]]), x)).toEqual([[1, 0, 2], [3, 0, 4]]); // prettier-ignore
  });

  test('where gives coordinates, or chooses', () => {
    expect(tf.where([[true, false], [false, true]]).array()).toEqual([[0, 0], [1, 1]]); // prettier-ignore
    expect(tf.where([0, 2, -1, NaN]).array()).toEqual([[1], [2], [3]]);
    expect(tf.where([true]).dtype).toBe('int32');
    expect(tf.where([true], 'int64').array()).toEqual([[0n]]);
    expect(tf.where([true, false], { dtype: 'int64' }).dtype).toBe('int64');
    expect(tf.where(true).shape).toEqual([1, 0]);
    expect(tf.where(false).shape).toEqual([0, 0]);
    expect(tf.where([[], []] as never).shape).toEqual([0, 2]);
    expect(tf.where([true, false], [1, 2], [3, 4]).array()).toEqual([1, 4]);
    expect(() => tf.where([true], tf.constant([1]) as never)).toThrow(
      'x and y must both be given, or neither',
    );
    // @ts-expect-error -- an integer type
    expect(() => tf.where([true], 'float32')).toThrow('dtype must be int32 or int64');
  });

  test('a mask of more elements than one chunk', () => {
    const n = 5000;
    const mask = tf.constant(
      Uint8Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 1 : 0)),
      'bool',
    );
    const kept = tf.booleanMask(iota([n]), mask).data();
    expect(kept.length).toBe(Math.ceil(n / 3));
    for (let i = 0; i < kept.length; i++) if (kept[i] !== 3 * i) throw new Error(`at ${i}`);
    expect(tf.where(mask).size).toBe(kept.length);
  });
});

describe('at', () => {
  const x = iota([3, 4]);
  test.each<[string, tf.IndexPart[], unknown]>([
    ['x[0]', [0], [0, 1, 2, 3]],
    ['x[-1]', [-1], [8, 9, 10, 11]],
    ['x[1, 2]', [1, 2], 6],
    ['x[1:3, :, ] of the last column', ['1:3', -1], [7, 11]],
    ['x[:, 1]', [':', 1], [1, 5, 9]],
    ['x[..., 1]', ['...', 1], [1, 5, 9]],
    ['x[::-1, ::2]', ['::-1', '::2'], [[8, 10], [4, 6], [0, 2]]], // prettier-ignore
    ['x[2:0:-1, 3]', ['2:0:-1', 3], [11, 7]],
    ['x[-2:, -2:]', ['-2:', '-2:'], [[6, 7], [10, 11]]], // prettier-ignore
    ['x[5:]', ['5:'], []],
    ['x[:100, 0]', [':100', 0], [0, 4, 8]],
    ['x[newaxis, 1]', [tf.newaxis, 1], [[4, 5, 6, 7]]],
    ['x[[1, 2]] means x[1, 2]', [[1, 2]], 6],
    ['x[constant]', [tf.constant(1, 'int32'), tf.constant(2n)], 6],
    ['x[1n]', [1n], [4, 5, 6, 7]],
    ['x[mask]', [[true, false, true]], [[0, 1, 2, 3], [8, 9, 10, 11]]], // prettier-ignore
    ['x[ 1 : 2 , 0 ] with spaces', [' 1 : 2 ', 0], [4]],
  ])('%s', (_, parts, expected) => {
    expect(x.at(...parts).array()).toEqual(expected);
  });

  test('shapes', () => {
    expect(x.at().shape).toEqual([3, 4]);
    expect(x.at('...').shape).toEqual([3, 4]);
    expect(x.at('...', tf.newaxis).shape).toEqual([3, 4, 1]);
    expect(x.at(tf.newaxis, '...', tf.newaxis, 0).shape).toEqual([1, 3, 1]);
    expect(x.at('1:1').shape).toEqual([0, 4]);
    expect(tf.constant(5).at('...').array()).toBe(5);
    expect(tf.constant(5).at(tf.newaxis).shape).toEqual([1]);
    expect(x.at(x.greater(5)).array()).toEqual([6, 7, 8, 9, 10, 11]);
  });

  test('errors', () => {
    expect(() => x.at(5)).toThrow('slice index 5 of dimension 0 out of bounds.');
    expect(() => x.at(0, -5)).toThrow('slice index -5 of dimension 1 out of bounds.');
    expect(() => x.at('::0')).toThrow('strides[0] must be non-zero');
    expect(() => x.at(0, 0, 0)).toThrow('input has only 2 dims');
    expect(() => x.at('...', '...')).toThrow('Multiple ellipses');
    expect(() => x.at(1.5)).toThrow('Only integers, slices');
    expect(() => x.at(1.5)).toThrow(TypeError);
    expect(() => x.at(tf.constant([1, 0], 'int32'))).toThrow('got a int32 tensor of shape [2]');
    expect(() => x.at('1')).toThrow(TypeError);
    expect(() => x.at('a:b')).toThrow(TypeError);
    expect(() => x.at(undefined as never)).toThrow(TypeError);
    expect(() => x.at({} as never)).toThrow(TypeError);
    expect(() => x.at(NaN)).toThrow(TypeError);
  });

  test('gradients', () => {
    expect(gradient((t) => t.at('::2', -1).mul([10, 100]), iota([3, 2]))).toEqual([
      [0, 10],
      [0, 0],
      [0, 100],
    ]);
    expect(gradient((t) => t.at([true, false, true]).square(), iota([3]))).toEqual([0, 0, 4]);
  });
});
