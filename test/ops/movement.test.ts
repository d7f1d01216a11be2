import * as tf from 'gradtape';
import { bufferOf } from '../../lib/core/tensor';

const iota = (shape: number[]): tf.Tensor => {
  const n = shape.reduce((a, b) => a * b, 1);
  return tf.constant(
    Array.from({ length: n }, (_, i) => i),
    { shape },
  );
};

/** The gradient of Σ f(x)·w, w = 1, 2, 3, … */
function weighted(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): tf.Tensor {
  const tape = new tf.GradientTape();
  tape.watch(x);
  const y = tape.run(() => {
    const out = f(x);
    return out.mul(iota([...out.shape]).add(1));
  });
  return tape.gradient(y, x) as tf.Tensor;
}

describe('views', () => {
  test('reshape keeps the elements, infers one dimension and shares storage', () => {
    const x = iota([2, 3]);
    const y = tf.reshape(x, [3, -1]);
    expect(y.array()).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect(bufferOf(y)).toBe(bufferOf(x));
    expect(y.offset).toBe(x.offset);
    expect(tf.reshape(x, tf.constant([6], 'int32')).shape).toEqual([6]);
    expect(tf.reshape(tf.zeros([0, 3]), [3, 0]).shape).toEqual([3, 0]);
    expect(tf.reshape(5, []).shape).toEqual([]);
    expect(x.reshape([1, 6]).shape).toEqual([1, 6]);
  });

  test('reshape says what does not fit', () => {
    const x = iota([2, 3]);
    expect(() => tf.reshape(x, [4, 2])).toThrow(
      'Input to reshape is a tensor with 6 values (shape [2,3]), but the requested shape [4,2] has 8',
    );
    expect(() => tf.reshape(x, [4, -1])).toThrow('requires a multiple of 4');
    expect(() => tf.reshape(x, [-1, -1])).toThrow('Only one input size may be -1, not both 0 and 1');
    expect(() => tf.reshape(x, [-2, 3])).toThrow('Size 0 must be non-negative, not -2');
    expect(() => tf.reshape(tf.zeros([0]), [0, -1])).toThrow('cannot infer the missing input size');
    expect(() => tf.reshape(x, [1.5, 4])).toThrow(tf.errors.InvalidArgumentError);
    expect(() => tf.reshape(x, [NaN])).toThrow(tf.errors.InvalidArgumentError);
    expect(() => tf.reshape(x, 'ab' as never)).toThrow(TypeError);
  });

  test('expandDims and squeeze', () => {
    const x = iota([2, 3]);
    expect(tf.expandDims(x, 0).shape).toEqual([1, 2, 3]);
    expect(tf.expandDims(x, -1).shape).toEqual([2, 3, 1]);
    expect(tf.expandDims(x, 1).shape).toEqual([2, 1, 3]);
    expect(() => tf.expandDims(x, 3)).toThrow('axis = 3 is out of range');
    expect(() => tf.expandDims(x, -4)).toThrow(tf.errors.InvalidArgumentError);
    const y = tf.zeros([1, 2, 1, 3]);
    expect(tf.squeeze(y).shape).toEqual([2, 3]);
    expect(tf.squeeze(y, 0).shape).toEqual([2, 1, 3]);
    expect(tf.squeeze(y, { axis: [0, -2] }).shape).toEqual([2, 3]);
    expect(() => tf.squeeze(y, 1)).toThrow('Can not squeeze dim[1], expected a dimension of 1, got 2');
    expect(() => tf.squeeze(y, { axes: 1 } as never)).toThrow("has no option 'axes'");
  });

  test('identity is another tensor with the same elements', () => {
    const x = iota([2]);
    const y = tf.identity(x);
    expect(y).not.toBe(x);
    expect(y.array()).toEqual([0, 1]);
  });
});

describe('transpose', () => {
  test('reverses by default, follows perm, takes negative axes', () => {
    const x = iota([2, 3]);
    expect(tf.transpose(x).array()).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
    const y = iota([2, 3, 4]);
    expect(tf.transpose(y, [2, 0, 1]).shape).toEqual([4, 2, 3]);
    expect(tf.transpose(y, { perm: [0, 2, 1] }).array()).toEqual([
      [
        [0, 4, 8],
        [1, 5, 9],
        [2, 6, 10],
        [3, 7, 11],
      ],
      [
        [12, 16, 20],
        [13, 17, 21],
        [14, 18, 22],
        [15, 19, 23],
      ],
    ]);
    expect(tf.transpose(y, [-1, 0, -2]).array()).toEqual(tf.transpose(y, [2, 0, 1]).array());
    expect(tf.transpose(3).array()).toBe(3);
    expect(x.transpose().shape).toEqual([3, 2]);
  });

  test('is right for every dtype and for sizes around the tile', () => {
    for (const dtype of ['float32', 'float64', 'int32', 'int64', 'uint8', 'bool'] as const) {
      for (const [r, c] of [
        [1, 7],
        [16, 16],
        [17, 33],
        [70, 65],
      ]) {
        const x = tf.cast(iota([r, c]), dtype);
        const from = x.data();
        const to = tf.transpose(x).data();
        for (let i = 0; i < r; i++) {
          for (let j = 0; j < c; j++) {
            if (to[j * r + i] !== from[i * c + j]) throw new Error(`${dtype} ${r}×${c} at ${i},${j}`);
          }
        }
      }
    }
  });

  test('errors', () => {
    const x = iota([2, 3]);
    expect(() => tf.transpose(x, [0])).toThrow(
      'transpose expects a vector of size 2. But perm is a vector of size 1',
    );
    expect(() => tf.transpose(x, [0, 0])).toThrow('1 is missing from perm [0,0]');
    expect(() => tf.transpose(x, [0, 2])).toThrow('perm = 2 is out of range');
  });
});

describe('joining and splitting', () => {
  test('concat', () => {
    const a = iota([2, 2]);
    const b = iota([2, 1]).add(10);
    expect(tf.concat([a, b], 1).array()).toEqual([
      [0, 1, 10],
      [2, 3, 11],
    ]);
    expect(tf.concat([a, a], 0).shape).toEqual([4, 2]);
    expect(tf.concat([a, b], -1).shape).toEqual([2, 3]);
    expect(tf.concat([[1, 2], tf.constant([3], 'int32')], 0).dtype).toBe('int32');
    expect(tf.concat([tf.zeros([0, 2]), a], 0).array()).toEqual(a.array());
    expect(() => tf.concat([], 0)).toThrow('values is empty');
    expect(() => tf.concat([a, b], 0)).toThrow('values[0] has shape [2,2], values[1] has [2,1]');
    expect(() => tf.concat([a, tf.cast(a, 'int32')], 0)).toThrow(
      'was expected to be a float32 tensor but is a int32',
    );
    expect(() => tf.concat([1, 2], 0)).toThrow('tf.stack');
    expect(() => tf.concat([a, a], 2)).toThrow('axis = 2 is out of range');
    expect(() => tf.concat(a as never, 0)).toThrow(TypeError);
  });

  test('stack and unstack', () => {
    const a = iota([2]);
    const b = a.add(10);
    expect(tf.stack([a, b]).array()).toEqual([
      [0, 1],
      [10, 11],
    ]);
    expect(tf.stack([a, b], 1).array()).toEqual([
      [0, 10],
      [1, 11],
    ]);
    expect(tf.stack([a, b], { axis: -1 }).array()).toEqual(tf.stack([a, b], 1).array());
    expect(tf.stack([1, 2, 3]).array()).toEqual([1, 2, 3]);
    expect(tf.stack([]).shape).toEqual([0]);
    expect(() => tf.stack([a, iota([3])])).toThrow('Shapes of all inputs must match: values[0].shape = [2]');
    const parts = tf.unstack(iota([2, 3]), { axis: 1 });
    expect(parts.map((p) => p.array())).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
    expect(tf.unstack(tf.zeros([0, 2]))).toEqual([]);
    expect(() => tf.unstack(iota([2, 3]), 3)).toThrow('num is 3, but axis 0');
    expect(() => tf.unstack(1)).toThrow('scalar');
  });

  test('split', () => {
    const x = iota([2, 6]);
    expect(tf.split(x, 3, 1).map((p) => p.array())).toEqual([
      [
        [0, 1],
        [6, 7],
      ],
      [
        [2, 3],
        [8, 9],
      ],
      [
        [4, 5],
        [10, 11],
      ],
    ]);
    expect(tf.split(x, [1, -1, 2], { axis: -1 }).map((p) => p.shape)).toEqual([
      [2, 1],
      [2, 3],
      [2, 2],
    ]);
    expect(() => tf.split(x, 4, 1)).toThrow(
      'should evenly divide the split dimension, but got split_dim 1 (size = 6)',
    );
    expect(() => tf.split(x, [1, 2], 1)).toThrow('add up to the size of axis 1, 6');
    expect(() => tf.split(x, [7, -1], 1)).toThrow(tf.errors.InvalidArgumentError);
    expect(() => tf.split(x, 0, 1)).toThrow(tf.errors.InvalidArgumentError);
  });
});

describe('repeating and turning', () => {
  test('tile', () => {
    const x = iota([2, 2]);
    expect(tf.tile(x, [2, 3]).array()).toEqual([
      [0, 1, 0, 1, 0, 1],
      [2, 3, 2, 3, 2, 3],
      [0, 1, 0, 1, 0, 1],
      [2, 3, 2, 3, 2, 3],
    ]);
    expect(tf.tile(x, [0, 1]).shape).toEqual([0, 2]);
    expect(() => tf.tile(x, [2])).toThrow(
      'Expected multiples argument to be a vector of length 2 but got length 1',
    );
    expect(() => tf.tile(x, [-1, 1])).toThrow(tf.errors.InvalidArgumentError);
  });

  test('broadcastTo', () => {
    expect(tf.broadcastTo([1, 2], [2, 2]).array()).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(tf.broadcastTo([[1], [2]], [2, 3]).array()).toEqual([
      [1, 1, 1],
      [2, 2, 2],
    ]);
    expect(tf.broadcastTo(7, [2, 1, 2]).array()).toEqual([[[7, 7]], [[7, 7]]]);
    expect(() => tf.broadcastTo([1, 2], [3])).toThrow('Incompatible shapes: [2] vs. [3]');
    expect(() => tf.broadcastTo([[1, 2]], [2])).toThrow(tf.errors.InvalidArgumentError);
  });

  test('reverse and roll', () => {
    const x = iota([2, 3]);
    expect(tf.reverse(x, [1]).array()).toEqual([
      [2, 1, 0],
      [5, 4, 3],
    ]);
    expect(tf.reverse(x, [0, -1]).array()).toEqual([
      [5, 4, 3],
      [2, 1, 0],
    ]);
    expect(() => tf.reverse(x, [0, 0])).toThrow('twice');
    expect(tf.roll(iota([5]), 2, 0).array()).toEqual([3, 4, 0, 1, 2]);
    expect(tf.roll(x, [1, -1], [0, 1]).array()).toEqual([
      [4, 5, 3],
      [1, 2, 0],
    ]);
  });

  test('pad', () => {
    const x = iota([2, 3]).add(1);
    expect(
      tf
        .pad(x, [
          [1, 0],
          [0, 2],
        ])
        .array(),
    ).toEqual([
      [0, 0, 0, 0, 0],
      [1, 2, 3, 0, 0],
      [4, 5, 6, 0, 0],
    ]);
    expect(tf.pad([1, 2], [[1, 1]], { constantValues: 9 }).array()).toEqual([9, 1, 2, 9]);
    const around = [
      [1, 1],
      [2, 2],
    ];
    expect(tf.pad(x, around, 'REFLECT').array()).toEqual([
      [6, 5, 4, 5, 6, 5, 4],
      [3, 2, 1, 2, 3, 2, 1],
      [6, 5, 4, 5, 6, 5, 4],
      [3, 2, 1, 2, 3, 2, 1],
    ]);
    expect(tf.pad(x, around, { mode: 'symmetric' }).array()).toEqual([
      [2, 1, 1, 2, 3, 3, 2],
      [2, 1, 1, 2, 3, 3, 2],
      [5, 4, 4, 5, 6, 6, 5],
      [5, 4, 4, 5, 6, 6, 5],
    ]);
    expect(tf.pad(tf.constant([true]), [[1, 0]]).array()).toEqual([false, true]);
    expect(tf.pad(tf.constant([1n]), [[1, 0]], { constantValues: 2 }).array()).toEqual([2n, 1n]);
    expect(() => tf.pad(x, [[1, 1]])).toThrow('paddings must have shape [2,2]');
    expect(() => tf.pad([1], [[-1, 0]])).toThrow('Paddings must be non-negative: -1 0');
    expect(() => tf.pad([1, 2], [[2, 0]], 'REFLECT')).toThrow(
      'paddings must be less than the dimension size: 2, 0',
    );
    expect(() => tf.pad([1, 2], [[3, 0]], 'SYMMETRIC')).toThrow('no greater than the dimension size');
    expect(() => tf.pad([1], [[1, 0]], 'EDGE')).toThrow('Unknown padding mode');
  });
});

describe('slices', () => {
  const x = iota([3, 4]);
  test('slice', () => {
    expect(tf.slice(x, [1, 1], [2, 2]).array()).toEqual([
      [5, 6],
      [9, 10],
    ]);
    expect(tf.slice(x, [1, 2], [-1, -1]).array()).toEqual([
      [6, 7],
      [10, 11],
    ]);
    expect(tf.slice(x, [3, 0], [0, 4]).shape).toEqual([0, 4]);
    expect(() => tf.slice(x, [4, 0], [1, 1])).toThrow('Expected begin[0] in [0, 3], but got 4');
    expect(() => tf.slice(x, [2, 0], [2, 1])).toThrow('Expected size[0] in [0, 1], but got 2');
    expect(() => tf.slice(x, [2], [2])).toThrow('1-D tensors of size 2');
    expect(() => tf.slice(x, [-1, 0], [1, 1])).toThrow('Expected begin[0] in [0, 3], but got -1');
  });

  test('stridedSlice', () => {
    expect(tf.stridedSlice(x, [0, 1], [3, 4], { strides: [2, 2] }).array()).toEqual([
      [1, 3],
      [9, 11],
    ]);
    expect(tf.stridedSlice(x, [2, -1], [-5, -4], [-1, -2]).array()).toEqual([
      [11, 9],
      [7, 5],
      [3, 1],
    ]);
    expect(tf.stridedSlice(x, [1], [2]).array()).toEqual([[4, 5, 6, 7]]);
    expect(tf.stridedSlice(x, [1], [2], { shrinkAxisMask: 1 }).array()).toEqual([4, 5, 6, 7]);
    expect(tf.stridedSlice(x, [1, 1], [2, 2], { beginMask: 1, endMask: 2 }).array()).toEqual([
      [1, 2, 3],
      [5, 6, 7],
    ]);
    expect(tf.stridedSlice(x, [0, 0], [0, 2], { newAxisMask: 1 }).shape).toEqual([1, 2, 4]);
    expect(tf.stridedSlice(x, [0, 1], [0, 2], { ellipsisMask: 1 }).array()).toEqual([[1], [5], [9]]);
    expect(tf.stridedSlice(x, [-100], [100]).shape).toEqual([3, 4]);
    expect(() => tf.stridedSlice(x, [0], [2], { strides: [0] })).toThrow('strides[0] must be non-zero');
    expect(() => tf.stridedSlice(x, [3], [4], { shrinkAxisMask: 1 })).toThrow(
      'slice index 3 of dimension 0 out of bounds.',
    );
    expect(() => tf.stridedSlice(x, [0, 0, 0], [1, 1, 1])).toThrow('input has only 2 dims');
  });
});

describe('gradients put the elements back where they came from', () => {
  const x = iota([2, 3]);
  test.each<[string, (t: tf.Tensor) => tf.Tensor, number[][]]>([
    [
      'reshape',
      (t) => tf.reshape(t, [3, 2]),
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
    [
      'transpose',
      (t) => tf.transpose(t),
      [
        [1, 3, 5],
        [2, 4, 6],
      ],
    ],
    [
      'concat',
      (t) => tf.concat([t, t], 0),
      [
        [8, 10, 12],
        [14, 16, 18],
      ],
    ],
    [
      'stack',
      (t) => tf.stack([t, t], 2),
      [
        [3, 7, 11],
        [15, 19, 23],
      ],
    ],
    [
      'unstack',
      (t) => tf.unstack(t, { axis: 1 })[1],
      [
        [0, 1, 0],
        [0, 2, 0],
      ],
    ],
    [
      'split',
      (t) => tf.split(t, [1, 2], 1)[1],
      [
        [0, 1, 2],
        [0, 3, 4],
      ],
    ],
    [
      'tile',
      (t) => tf.tile(t, [1, 2]),
      [
        [5, 7, 9],
        [17, 19, 21],
      ],
    ],
    [
      'broadcastTo',
      (t) => tf.broadcastTo(t, [2, 2, 3]),
      [
        [8, 10, 12],
        [14, 16, 18],
      ],
    ],
    [
      'reverse',
      (t) => tf.reverse(t, [1]),
      [
        [3, 2, 1],
        [6, 5, 4],
      ],
    ],
    [
      'roll',
      (t) => tf.roll(t, 1, 1),
      [
        [2, 3, 1],
        [5, 6, 4],
      ],
    ],
    [
      'pad',
      (t) =>
        tf.pad(t, [
          [1, 0],
          [0, 1],
        ]),
      [
        [5, 6, 7],
        [9, 10, 11],
      ],
    ],
    [
      'reflect',
      (t) =>
        tf.pad(
          t,
          [
            [0, 0],
            [1, 0],
          ],
          'REFLECT',
        ),
      [
        [2, 4, 4],
        [6, 12, 8],
      ],
    ],
    [
      'slice',
      (t) => tf.slice(t, [0, 1], [2, 2]),
      [
        [0, 1, 2],
        [0, 3, 4],
      ],
    ],
    [
      'stridedSlice',
      (t) => tf.stridedSlice(t, [1, 2], [-9, -9], [-1, -2]),
      [
        [4, 0, 3],
        [2, 0, 1],
      ],
    ],
    [
      'expandDims',
      (t) => tf.expandDims(t, 1),
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
    [
      'identity',
      (t) => tf.identity(t),
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
  ])('%s', (_, f, expected) => {
    expect(weighted(f, x).array()).toEqual(expected);
  });

  test('of second order', () => {
    const v = tf.constant([1, 2, 3]);
    const outer = new tf.GradientTape();
    outer.watch(v);
    const g = outer.run(() => {
      const inner = new tf.GradientTape();
      inner.watch(v);
      const y = inner.run(() =>
        tf
          .reverse(tf.pad(tf.slice(v, [1], [2]), [[1, 1]]), 0)
          .square()
          .mul(v.slice([0], [1])),
      );
      return inner.gradient(y, v) as tf.Tensor;
    });
    // y = v₀(v₁² + v₂²): ∇ = (v₁² + v₂², 2v₀v₁, 2v₀v₂), and the sum of its rows' gradients:
    expect(g.array()).toEqual([13, 4, 6]);
    expect((outer.gradient(g, v) as tf.Tensor).array()).toEqual([10, 6, 8]);
  });
});

describe('creation', () => {
  test('zeros, ones, fill and their kin', () => {
    expect(tf.zeros([2, 2]).array()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(tf.ones([2], 'int64').array()).toEqual([1n, 1n]);
    expect(tf.ones([2], { dtype: 'bool' }).array()).toEqual([true, true]);
    expect(tf.zerosLike(tf.constant([1, 2], 'int32')).dtype).toBe('int32');
    expect(tf.onesLike([1, 2], 'float64').dtype).toBe('float64');
    expect(tf.fill([2], 3).array()).toEqual([3, 3]);
    expect(tf.fill([2, 0], true).shape).toEqual([2, 0]);
    expect(() => tf.fill([2], [1])).toThrow('value must be a scalar');
    expect(() => tf.zeros([-1])).toThrow('Dimension -1 must be >= 0');
    expect(() => tf.zeros([NaN])).toThrow(tf.errors.InvalidArgumentError);
    expect(() => tf.zeros([2 ** 31, 4])).toThrow(tf.errors.ResourceExhaustedError);
    expect(() => tf.zeros([2], 'float17' as never)).toThrow(TypeError);
  });

  test('constant', () => {
    expect(tf.constant([1, 2]).dtype).toBe('float32');
    expect(tf.constant([1, 2], 'int32').array()).toEqual([1, 2]);
    expect(tf.constant(3, { shape: [2, 2] }).array()).toEqual([
      [3, 3],
      [3, 3],
    ]);
    expect(tf.constant(new Float64Array([1, 2, 3, 4]), { shape: [2, 2] }).dtype).toBe('float64');
    expect(() => tf.constant([1, 2, 3], { shape: [2, 2] })).toThrow('has 3 elements (shape [3])');
    expect(() => tf.constant(1.5, 'int32')).toThrow(tf.errors.InvalidArgumentError);
    expect(() => tf.constant([[1], [1, 2]])).toThrow('ragged');
    expect(() => tf.constant(tf.constant(1), 'int32')).toThrow('use tf.cast');
  });

  test('a disposed constant does not take the literal with it', () => {
    tf.constant(41).dispose();
    tf.constant(41, { shape: [] }).dispose();
    expect(tf.constant(1).add(41).item()).toBe(42);
  });

  test('the gradient passes through constant(tensor)', () => {
    const x = tf.constant([1, 2]);
    expect(weighted((t) => tf.constant(t), x).array()).toEqual([1, 2]);
  });

  test('range', () => {
    expect(tf.range(3).array()).toEqual([0, 1, 2]);
    expect(tf.range(3).dtype).toBe('int32');
    expect(tf.range(2, 9, 3).array()).toEqual([2, 5, 8]);
    expect(tf.range(3, 0, -1).array()).toEqual([3, 2, 1]);
    expect(tf.range(0, 1, 0.25).array()).toEqual([0, 0.25, 0.5, 0.75]);
    expect(tf.range(0, 1, 0.1).size).toBe(10);
    expect(tf.range(3, 'int64').array()).toEqual([0n, 1n, 2n]);
    expect(tf.range(0n, 5n, 2n).array()).toEqual([0n, 2n, 4n]);
    expect(tf.range(5n, 0n, -2n).array()).toEqual([5n, 3n, 1n]);
    expect(tf.range(tf.constant(2, 'int32')).array()).toEqual([0, 1]);
    expect(tf.range(2, { dtype: 'float64' }).dtype).toBe('float64');
    expect(tf.range(0).shape).toEqual([0]);
    expect(() => tf.range(5, 0)).toThrow('Requires start <= limit when delta > 0: 5/0');
    expect(() => tf.range(0, 5, 0)).toThrow('Requires delta != 0');
    expect(() => tf.range(0, 5, -1)).toThrow('Requires start >= limit when delta < 0');
    expect(() => tf.range(NaN)).toThrow(tf.errors.InvalidArgumentError);
    expect(() => tf.range('a' as never)).toThrow(TypeError);
  });

  test('many tensors are joined and cut in one go, and more than one call takes', () => {
    for (const n of [1, 2, 3, 9, 10, 11, 252, 253, 600]) {
      const parts = Array.from({ length: n }, (_, i) => tf.reshape(tf.constant([i, -i, i, 1]), [2, 2]));
      for (const axis of [0, 1]) {
        const whole = tf.concat(parts, axis);
        expect(tf.split(whole, n, { axis }).map((t) => t.array())).toEqual(parts.map((t) => t.array()));
        const stacked = tf.stack(parts, { axis });
        expect(tf.unstack(stacked, { axis }).map((t) => t.array())).toEqual(parts.map((t) => t.array()));
      }
    }
  });
  test('linspace', () => {
    expect(tf.linspace(0, 1, 5).array()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(tf.linspace(2, 3, 1).array()).toEqual([2]);
    expect(tf.linspace(2, 3, 0).shape).toEqual([0]);
    expect(tf.linspace(2, 3, 2).array()).toEqual([2, 3]);
    expect(tf.linspace([0, 10], [1, 20], 3).array()).toEqual([
      [0, 10],
      [0.5, 15],
      [1, 20],
    ]);
    expect(tf.linspace([0, 10], [1, 20], 3, 1).shape).toEqual([2, 3]);
    for (const n of [256, 257, 5000]) {
      // Short or long, each step rounds to float32.
      const { fround } = Math;
      const [first, delta] = [fround(-3.3), fround(fround(fround(7.1) - fround(-3.3)) / (n - 1))];
      const want = Array.from({ length: n }, (_, i) => fround(first + fround(delta * i)));
      want[n - 1] = fround(7.1);
      expect(tf.linspace(-3.3, 7.1, n).array()).toEqual(want);
    }
    expect(() => tf.linspace(0, 1, -1)).toThrow('Requires num >= 0');
    expect(() => tf.linspace(tf.constant(1, 'int32'), 2, 3)).toThrow(tf.errors.InvalidArgumentError);
  });

  test('eye', () => {
    expect(tf.eye(2).array()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(tf.eye(2, 3).array()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(tf.eye(3, { numColumns: 2, batchShape: [2], dtype: 'int32' }).array()).toEqual([
      [
        [1, 0],
        [0, 1],
        [0, 0],
      ],
      [
        [1, 0],
        [0, 1],
        [0, 0],
      ],
    ]);
    expect(tf.eye(0).shape).toEqual([0, 0]);
  });

  test('oneHot', () => {
    expect(tf.oneHot([0, 2, -1, 3], 3).array()).toEqual([
      [1, 0, 0],
      [0, 0, 1],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(tf.oneHot([0, 2], 3, { axis: 0, onValue: 5, offValue: -1 }).array()).toEqual([
      [5, -1],
      [-1, -1],
      [-1, 5],
    ]);
    expect(tf.oneHot(1, 2, { dtype: 'bool' }).array()).toEqual([false, true]);
    expect(tf.oneHot(new Uint8Array([1, 255]), 300, { dtype: 'int32' }).shape).toEqual([2, 300]);
    expect(tf.oneHot([[1]], 2).shape).toEqual([1, 1, 2]);
    expect(tf.oneHot([], 2).shape).toEqual([0, 2]);
    expect(() => tf.oneHot([1.5], 2)).toThrow(tf.errors.InvalidArgumentError);
    expect(() => tf.oneHot([1], -2)).toThrow('Dimension -2 must be >= 0');
  });
});
