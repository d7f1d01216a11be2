/**
 * Calls beyond the examples that op definitions have: refusals, ties, duplicates, special values, odd ranks. They are
 * recorded and checked like those; here they cost users of the library nothing.
 *
 * This file imports types only: scripts/dump-registry.js runs it as it is.
 */
import type { DType } from '../../lib/core/dtype';
import type { Example, ExampleArgument, TensorSample } from '../../lib/op/registry';

type Options = Omit<TensorSample['tensor'], 'shape'>;

/** A tensor of the definition's dtypes, one after another. */
const t = (shape: readonly number[], options: Options = {}): TensorSample => ({
  tensor: { shape, ...options },
});
const typed =
  (dtype: DType) =>
  (shape: readonly number[], values?: unknown): TensorSample =>
    t(shape, values === undefined ? { dtype } : { dtype, values });
const f32 = typed('float32');
const f64 = typed('float64');
const i32 = typed('int32');
const i64 = typed('int64');
const u8 = typed('uint8');
const bool = typed('bool');

const call = (args: readonly ExampleArgument[], options?: Example['options']): Example =>
  options === undefined ? { args } : { args, options };
/** A call that TensorFlow refuses. */
const bad = call;

const nan = 'NaN';
const inf = 'Infinity';

const scatters: Example[] = [
  call([t([4], { domain: [0, 9] }), i64([3, 1], [1, 3, 0]), t([3])]),
  call([t([2, 2, 2]), i32([2, 1, 2], [0, 1, 1, 0]), t([2, 1, 2])]),
  bad([f32([3]), i32([1, 1], [3]), f32([1])]),
  bad([f32([3]), i32([1, 1], [-1]), f32([1])]),
  bad([f32([3]), i32([2, 1], [0, 1]), f32([3])]),
];
/** Duplicates have one meaning where the order does not matter. */
const duplicates: Example[] = [
  call([t([4]), i32([5, 1], [1, 1, 3, 1, 3]), t([5])]),
  call([t([2, 3]), i32([3, 2], [0, 2, 0, 2, 1, 0]), t([3])]),
  call([t([3, 2]), i32([3, 1], [2, 2, 2]), t([3, 2])]),
];

const sums: Example[] = [
  call([t([])], { axis: -1 }),
  call([t([2, 0, 3])], { axis: 1 }),
  call([t([4])], { axis: -1, exclusive: true }),
  call([t([3, 2, 2])], { axis: 0, reverse: true }),
  call([f32([6], [1, 2, inf, 3, nan, 4])]),
  call([f64([5], [1, 0, 2, 0, 3])], { exclusive: true, reverse: true }),
  bad([f32([2, 3])], { axis: 2 }),
  bad([f32([2, 3])], { axis: -3 }),
  call([t([2, 3])], { axis: i32([], 1) }),
];

const extremes: Example[] = [
  call([f32([7], [nan, 1, 3, nan, 3, inf, inf])]),
  call([f64([2, 3], [nan, nan, nan, 1, nan, 0])], { axis: 1 }),
  call([f32([3], [nan, nan, nan])]),
  call([f32([4], ['-Infinity', '-0', 0, '-Infinity'])]),
  call([i32([4], [-2147483648, 2147483647, 2147483647, -2147483648])]),
  call([i64([3], ['-9223372036854775808', '9223372036854775807', 0])]),
  call([u8([4], [0, 255, 255, 0])]),
  call([t([3, 2])], { axis: -1 }),
  call([t([0, 3])], { axis: 1 }),
  bad([f32([2, 0])], { axis: 1 }),
  bad([f32([2, 3])], { axis: 2 }),
  bad([f32([])]),
  call([t([2, 3])], { axis: i64([], -1) }),
];

const softmaxes: Example[] = [
  call([t([2, 3])], { axis: -2 }),
  call([f32([2, 3], [nan, 0, 1, inf, 0, 1])]),
  call([f32([2, 3], ['-Infinity', 0, 1, '-Infinity', '-Infinity', '-Infinity'])]),
  call([f64([2, 2], [1e300, -1e300, 1000, 1001])]),
  bad([f32([])]),
  bad([f32([2, 3])], { axis: 2 }),
  // A row with an infinity is NaN throughout, on every path: of a few elements, of many, of float64.
  call([f64([3, 2], [inf, 0, 0, nan, inf, '-Infinity'])]),
  call([f32([1, 18], [0, 1, 2, 3, 4, 5, 6, 7, 8, inf, 0, 1, 2, 3, 4, 5, 6, 7])]),
  call([f32([2, 3], [inf, 0, 1, 2, 3, 4])], { axis: 0 }),
];

/** By op. An op that is not listed has its own examples, or the standard ones of its kind. */
export const moreExamples: Readonly<Record<string, readonly Example[]>> = {
  reshape: [
    call([t([]), [1, 1]]),
    call([t([2, 3, 4]), [4, -1, 2]]),
    call([t([0]), [0, 3]]),
    bad([f32([2, 3]), [4]]),
    bad([f32([2, 3]), [-1, -1]]),
    bad([f32([2, 3]), [-1, 4]]),
    bad([f32([2, 3]), [-2, 3]]),
  ],
  expandDims: [call([t([0, 2]), 1]), call([t([2, 3]), -3]), bad([f32([2]), 2]), bad([f32([2]), -3])],
  squeeze: [
    call([t([1, 1])], { axis: [0, 1] }),
    call([t([1, 0, 1])]),
    call([t([2, 3])]),
    call([t([1, 2, 1])], { axis: [-3] }),
    bad([f32([1, 3])], { axis: 1 }),
    bad([f32([1, 3])], { axis: 2 }),
  ],
  matmul: [
    call([t([17, 33]), t([33, 19])]),
    call([f32([2, 2], [1, inf, nan, 0]), f32([2, 2], [1, 2, 0, 1])]),
    call([t([0, 2, 3]), t([0, 3, 4])]),
    call([t([1, 1]), t([1, 1])]),
    bad([f32([2, 3]), f32([2, 3])]),
    bad([f32([3]), f32([3])]),
    bad([f32([2, 2, 3]), f32([3, 3, 4])]),
    bad([f32([2, 3]), f64([3, 2])]),
  ],
  matvec: [call([t([0, 3]), t([3])]), call([t([2, 0]), t([0])]), bad([f32([2, 3]), f32([2])])],
  cast: [
    call([f32([7], [1.9, -1.9, 0, '-0', 255.5, -0.5, 100]), 'int32']),
    call([f64([5], [1.9, -1.9, 4294967296.5, -2147483648.5, 0.1]), 'int64']),
    call([f64([6], [1e300, -1e300, 1e-300, nan, inf, 0.1]), 'float32']),
    call([f32([6], [nan, inf, '-Infinity', '-0', 0, 1e-30]), 'bool']),
    call([i32([4], [256, -1, 2147483647, -2147483648]), 'uint8']),
    call([i64([4], ['4294967297', '-1', '9223372036854775807', '9007199254740993']), 'int32']),
    call([i64([3], ['9007199254740993', '-9007199254740995', '9223372036854775807']), 'float64']),
    call([i32([3], [16777217, -16777219, 2147483647]), 'float32']),
    call([bool([2], [true, false]), 'float32']),
    call([f64([2, 3]), 'float32']),
    bad([f32([2]), 'nothing']),
  ],
  where: [
    call([bool([2, 2]), t([]), t([])]),
    call([bool([2, 3]), f32([2, 3], [nan, 1, inf, 2, nan, 3]), f32([3], [0, nan, 1])]),
    bad([bool([2]), f32([3]), f32([3])]),
    bad([bool([2]), f32([2]), f64([2])]),
    bad([f32([2]), f32([2]), f32([2])]),
  ],
  clipByValue: [
    call([f32([7], [nan, inf, '-Infinity', '-0', 1, 4, 5]), f32([], 1), f32([], 4)]),
    call([f32([3], [0, 2, 5]), f32([], 4), f32([], 1)]),
    bad([f32([2]), f32([3]), f32([])]),
  ],
  cumsum: sums,
  cumprod: sums,
  argmax: extremes,
  argmin: extremes,
  concat: [
    call([[t([1, 2, 2]), t([1, 1, 2])], -2]),
    call([[t([0]), t([3]), t([2])], 0]),
    bad([[f32([2, 3]), f32([3, 2])], 0]),
    bad([[f32([2]), f64([2])], 0]),
    bad([[f32([2]), f32([2, 1])], 0]),
    bad([[f32([]), f32([])], 0]),
    bad([[f32([2]), f32([2])], 1]),
  ],
  stack: [
    call([[t([0, 2]), t([0, 2])]], { axis: -3 }),
    call([[t([2, 2])]], { axis: 2 }),
    bad([[f32([2]), f32([3])]]),
    bad([[f32([2]), f32([2])]], { axis: 2 }),
    bad([[f32([2]), f64([2])]]),
  ],
  unstack: [bad([f32([2, 3])], { num: 3 }), bad([f32([])]), bad([f32([2])], { axis: 1 }), call([t([0, 3])])],
  split: [
    call([t([0, 4]), 2], { axis: 1 }),
    call([t([5]), [2, 0, 3]]),
    bad([f32([5]), 2]),
    bad([f32([5]), [2, 2]]),
    bad([f32([5]), [-1, -1]]),
    bad([f32([4]), 2], { axis: 1 }),
    bad([f32([0, 3]), []]),
    bad([f32([0, 3]), 0]),
  ],
  gather: [
    call([t([4, 3]), i64([2], [3, 0])], { axis: -2 }),
    call([t([2, 3, 2]), i32([1, 2], [1, 1])], { axis: 1 }),
    call([t([0, 2]), i32([0], [])]),
    bad([f32([3]), i32([1], [3])]),
    bad([f32([3]), i32([1], [-1])]),
    bad([f32([3]), f32([1])]),
    bad([f32([3]), i32([1], [0])], { axis: 1 }),
    bad([f32([2, 3]), i32([3, 1], [0, 0, 0])], { batchDims: 1 }),
    call([t([2, 3]), i32([2], [2, 0])], { axis: i32([], 1) }),
  ],
  gatherNd: [
    call([t([2, 2, 2]), i64([2, 3], [0, 1, 1, 1, 0, 0])]),
    call([t([3]), i32([4, 1], [2, 2, 2, 0])]),
    bad([f32([3, 4]), i32([1, 2], [3, 0])]),
    bad([f32([3]), i32([1, 2], [0, 0])]),
    bad([f32([3, 4]), i32([1, 2], [-1, 0])]),
  ],
  scatterNd: [
    call([i32([5, 1], [1, 1, 3, 1, 3]), t([5]), [4]]),
    call([i64([2, 1], [1, 0]), t([2, 2, 3]), [3, 2, 3]]),
    bad([i32([1, 1], [4]), f32([1]), [4]]),
    bad([i32([1, 1], [-1]), f32([1]), [4]]),
    bad([i32([2, 1], [0, 1]), f32([3]), [4]]),
  ],
  tensorScatterNdUpdate: scatters,
  tensorScatterNdAdd: [...scatters, ...duplicates],
  tensorScatterNdSub: [...scatters, ...duplicates],
  tensorScatterNdMin: [...scatters, call([f32([3], [2, 2, 5]), i32([3, 1], [0, 0, 2]), f32([3], [2, 2, 7])])],
  tensorScatterNdMax: [...scatters, call([f32([3], [2, 2, 5]), i32([3, 1], [0, 0, 2]), f32([3], [2, 2, 3])])],
  booleanMask: [
    call([t([0, 2]), bool([0], [])]),
    call([t([2, 2, 2]), bool([2, 2], [true, false, false, true])], { axis: 1 }),
    bad([f32([3]), bool([2], [true, false])]),
    bad([f32([2, 3]), bool([3], [true, false, true])]),
  ],
  nonzero: [
    call([f32([5], [0, '-0', nan, 1, -2])]),
    call([i64([2, 2], [0, 1, -1, 0])]),
    call([u8([0], [])]),
    call([bool([1, 2, 2], [true, false, false, true])]),
    call([bool([], true)]),
  ],
  transpose: [
    call([t([5])]),
    call([t([2, 3, 2, 2])], { perm: [3, 1, 0, 2] }),
    call([t([1, 3])], { perm: [1, 0] }),
    bad([f32([2, 3])], { perm: [0, 0] }),
    bad([f32([2, 3])], { perm: [0] }),
    bad([f32([2, 3])], { perm: [0, 2] }),
  ],
  broadcastTo: [
    call([t([3, 1]), [2, 3, 4]]),
    call([t([0]), [2, 0]]),
    bad([f32([3]), [2]]),
    bad([f32([2, 3]), [3]]),
    bad([f32([3]), [-1, 3]]),
  ],
  tile: [call([t([2, 1, 2]), [1, 3, 2]]), bad([f32([2]), [1, 2]]), bad([f32([2]), [-1]])],
  moments: [call([t([2, 3]), i32([2], [1, 0])], { keepdims: true })],
  l2Normalize: [call([t([3, 4])], { axis: i32([], 1) })],
  reverse: [
    call([t([2, 0]), [1]]),
    bad([f32([2]), [1]]),
    bad([f32([2, 2]), [0, 0]]),
    bad([f32([2, 2]), [0, -2]]),
    call([t([2, 3]), i32([2], [1, 0])]),
  ],
  roll: [
    call([t([2, 3]), -7, 1]),
    call([t([2, 3]), [1, 1], [1, 1]]),
    bad([f32([2]), 1, 1]),
    bad([f32([2, 2]), [1, 2], [0]]),
  ],
  softmax: softmaxes,
  logSoftmax: softmaxes,
  softmaxCrossEntropyWithLogits: [
    call([f32([2, 2], [1, 0, 0, 1]), f32([2, 2], [inf, 0, nan, 1])]),
    call([f32([1, 3], [1, 0, 0]), f32([1, 3], [200, 0, -200])]),
    bad([f32([]), f32([])]),
    call([f32([2], [0, 1]), f64([2])]),
  ],
  sparseSoftmaxCrossEntropyWithLogits: [
    call([i64([0], []), f32([0, 3])]),
    call([i32([2], [1, 0]), f32([2, 2], [nan, 0, inf, 1])]),
    bad([i32([1], [-1]), f32([1, 3])]),
    bad([i32([1], [3]), f32([1, 3])]),
    bad([i32([2], [0, 1]), f32([3, 3])]),
    bad([f32([1]), f32([1, 3])]),
    bad([i32([], 0), f32([])]),
  ],
  slice: [
    call([t([0, 2]), [0, 0], [0, 2]]),
    call([t([]), [], []]),
    bad([f32([3]), [2], [2]]),
    bad([f32([3]), [-1], [1]]),
    bad([f32([3]), [0, 0], [1, 1]]),
    bad([f32([3]), [4], [-1]]),
  ],
  stridedSlice: [
    call([t([5]), [-3], [100]]),
    call([t([5]), [4], [-100]], { strides: [-1] }),
    call([t([3, 4]), [0, 0], [3, 4]], { strides: [2, 3] }),
    call([t([3]), [1], [1]]),
    call([t([2, 3, 4]), [0, 0, -1], [0, 0, 0]], { beginMask: 3, endMask: 3, shrinkAxisMask: 4 }),
    bad([f32([3]), [0], [3]], { strides: [0] }),
    bad([f32([3]), [3], [4]], { shrinkAxisMask: 1 }),
    bad([f32([3]), [0, 0], [1, 1]]),
  ],
  pad: [
    call([t([]), []]),
    call([
      t([2, 2]),
      [
        [0, 0],
        [0, 0],
      ],
    ]),
    call(
      [
        t([1, 3]),
        [
          [0, 0],
          [3, 3],
        ],
      ],
      { mode: 'SYMMETRIC' },
    ),
    bad([f32([3]), [[-1, 0]]]),
    bad([f32([3]), [[3, 0]]], { mode: 'REFLECT' }),
    bad([f32([3]), [[4, 0]]], { mode: 'SYMMETRIC' }),
    bad([
      f32([3]),
      [
        [1, 1],
        [1, 1],
      ],
    ]),
    bad([f32([3]), [[1, 1]]], { mode: 'EDGE' }),
    call([t([2]), i32([1, 2], [[1, 0]])]),
    bad([f32([2]), i32([], 1)]),
    bad([f32([2]), f32([1, 2], [[1, 0]])]),
  ],
  zerosLike: [call([t([0, 2])]), call([f32([2], [nan, inf])])],
  onesLike: [call([t([0, 2])])],
  fill: [call([[], t([])]), bad([[-1], f32([])]), bad([[2], f32([2])])],
  range: [
    call([0]),
    call([3, 3]),
    call([1, 2, 0.25]),
    call([-1, -5, -2]),
    bad([5, 0]),
    bad([0, 5, 0]),
    bad([0, 5, -1]),
    call([3, 3, -5]),
    bad([3, 2, 5]),
    bad([2, 3, -5]),
  ],
  linspace: [call([t([2, 2]), t([2, 2]), 3], { axis: -1 }), call([t([]), t([]), 2]), call([t([]), t([]), 0])],
  eye: [call([2], { batchShape: [0] }), bad([-1])],
  oneHot: [
    call([i64([3], [2, 0, 5]), 3], { axis: -1 }),
    call([u8([2], [1, 255]), 2]),
    call([i32([0], []), 3]),
    call([i32([2], [0, 1]), 0]),
    bad([f32([2]), 3]),
    bad([i32([2], [0, 1]), -1]),
    bad([i32([2], [0, 1]), 3], { axis: 3 }),
  ],
};
