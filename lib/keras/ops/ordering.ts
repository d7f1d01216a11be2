/** Orders, positions and counts: sorting, the largest elements, bins. */
import { toTensor, type TensorLike } from '../../core/convert';
import { InvalidArgumentError, UnimplementedError } from '../../core/errors';
import { describe } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { fill, linspace, onesLike, range as rangeOp } from '../../ops/array/creation';
import { split } from '../../ops/array/joining';
import { pad } from '../../ops/array/padding';
import { slice } from '../../ops/array/slicing';
import { expandDims, reshape } from '../../ops/array/views';
import { bincount as bincountOp, inTopK as inTopKOp } from '../../ops/index/counting';
import { booleanMask, gather } from '../../ops/index/indexing';
import { unsortedSegmentMin } from '../../ops/index/segments';
import { scatterNd } from '../../ops/index/scatter';
import { searchsorted as searchsortedOp } from '../../ops/index/search';
import { argsort as argsortOp, sort as sortOp, topK as topKOp } from '../../ops/index/sort';
import { uniqueWithCounts } from '../../ops/index/unique';
import { add } from '../../ops/math/binary';
import { greaterEqual, lessEqual, logicalAnd, notEqual } from '../../ops/math/compare';
import { reduceMax, reduceMin } from '../../ops/reduce/reduce';
import { oneHot } from '../../ops/array/patterns';
import type { DType } from '../../core/dtype';
import type { KerasShape } from '../base/shapes';
import { KerasTensor } from '../symbolic/keras_tensor';
import { floatx } from '../base/settings';
import { as, dtypeOrNull, likes, oneOf, only } from './define';
import { promoted } from './dtypes';
import { flag, integer, operation } from './operation';
import type { AxisOption, Binary, Unary } from './types';

const numpy = 'numpy';
type OverAxis = Unary<[options?: AxisOption | number | null]>;

const sorting = (className: string, f: (x: Tensor, axis: number) => Tensor): OverAxis =>
  operation<OverAxis>({
    module: numpy,
    className,
    tensors: ['x'],
    optional: { axis: -1 },
    check: ({ axis }) => ({ axis: axis === null ? null : integer(axis, 'axis', className) }),
    run: (args, { axis }) => {
      const x = only(args, className);
      return axis === null ? f(reshape(x, [-1]), 0) : f(x, axis as number);
    },
  });

/** The elements in ascending order along an axis (default: the last); null: of all. @tf tf.keras.ops.sort */
export const sort = sorting('Sort', (x, axis) =>
  x.dtype === 'bool' ? as(sortOp(as(x, 'uint8'), axis), 'bool') : sortOp(x, axis),
);
/** The indices that sort x along an axis, int32. @tf tf.keras.ops.argsort */
export const argsort = sorting('Argsort', (x, axis) => {
  if (x.rank === 0) return fill([1], toTensor(0, null, 'argsort', 'x'));
  return argsortOp(x.dtype === 'bool' ? as(x, 'uint8') : x, axis);
});

/** The indices that bring the kth element to its place, smaller ones before it, larger ones after it. @tf tf.keras.ops.argpartition */
export const argpartition = operation<Unary<[kth: number, options?: AxisOption | number | null]>>({
  module: numpy,
  className: 'Argpartition',
  tensors: ['x'],
  required: ['kth'],
  optional: { axis: -1 },
  check: ({ kth, axis }) => ({
    kth: integer(kth, 'kth', 'argpartition'),
    axis: axis === null ? null : integer(axis, 'axis', 'argpartition'),
  }),
  run: (args, { axis }) => {
    const x = only(args, 'argpartition');
    return axis === null ? argsortOp(reshape(x, [-1]), 0) : argsortOp(x, axis);
  },
});

/** The positions at which values can be inserted into a sorted vector, int32. @tf tf.keras.ops.searchsorted */
export const searchsorted = operation<Binary<[options?: { side?: 'left' | 'right' } | 'left' | 'right']>>({
  module: numpy,
  className: 'SearchSorted',
  functionName: 'searchsorted',
  tensors: ['sortedSequence', 'values'],
  optional: { side: 'left' },
  check: ({ side }) => ({ side: oneOf(side, ['left', 'right'], 'side', 'searchsorted') }),
  run: (args, { side }) => {
    const [sequence, values] = promoted(likes(args), 'searchsorted');
    return positions(sequence, values, side as 'left', 'searchsorted');
  },
});

function positions(sequence: Tensor, values: Tensor, side: 'left' | 'right', op: string): Tensor {
  if (sequence.rank !== 1)
    throw new InvalidArgumentError(`[${op}] the sorted sequence must be a vector; got rank ${sequence.rank}`);
  return reshape(searchsortedOp(sequence, reshape(values, [-1]), { side }), values.shape);
}

/** The bin of each element: the number of edges at or below it, int32. `bins` has the edges in ascending order. @tf tf.keras.ops.digitize */
export const digitize = operation<Binary>({
  module: numpy,
  className: 'Digitize',
  tensors: ['x', 'bins'],
  run: ([x, bins]) => {
    const values = as(toTensor(x, null, 'digitize', 'x'), 'float64');
    const edges = as(toTensor(bins, null, 'digitize', 'bins'), 'float64');
    return positions(edges, values, 'right', 'digitize');
  },
});

interface BincountOptions {
  /** What each element counts. Default: 1. */
  weights?: TensorLike | null;
  /** The smallest number of bins. Default 0. */
  minlength?: number;
}

/** How often each integer occurs, along the last axis; the size is the largest one + 1, and depends on the values. @tf tf.keras.ops.bincount */
export const bincount = operation<Unary<[options?: BincountOptions | null]>>({
  module: numpy,
  className: 'Bincount',
  tensors: ['x'],
  optional: { weights: null, minlength: 0, sparse: false },
  check: (config) => {
    if (config.sparse === true) throw new InvalidArgumentError('[bincount] there are no sparse tensors');
    return { ...config, minlength: integer(config.minlength, 'minlength', 'bincount') };
  },
  run: (args, { weights, minlength }) => {
    const x = only(args, 'bincount');
    const whole = x.dtype === 'int64' ? x : as(x, 'int32');
    if (weights === null) return bincountOp(whole, { minlength: minlength as number, axis: -1 });
    const [w] = promoted([weights as TensorLike, x], 'bincount');
    return as(bincountOp(whole, { weights: w, minlength: minlength as number, axis: -1 }), w.dtype);
  },
});

/** The counts of the elements of a vector in equal bins, and the edges of these: `[counts, edges]`. @tf tf.keras.ops.histogram */
export const histogram = operation<
  Unary<
    [options?: { bins?: number; range?: readonly [number, number] | null } | number],
    Tensor[],
    KerasTensor[]
  >
>({
  module: numpy,
  className: 'Histogram',
  tensors: ['x'],
  optional: { bins: 10, range: null },
  check: ({ bins, range }) => {
    const count = integer(bins, 'bins', 'histogram');
    if (count < 1) throw new InvalidArgumentError(`[histogram] bins must be positive; got ${count}`);
    if (
      range !== null &&
      !(Array.isArray(range) && range.length === 2 && Number(range[1]) >= Number(range[0]))
    )
      throw new TypeError(`[histogram] range must be a pair [low, high]; got ${describe(range)}`);
    return { bins: count, range };
  },
  run: (args, { bins, range }) => {
    const x = only(args, 'histogram');
    if (x.rank !== 1) throw new InvalidArgumentError(`[histogram] x must be a vector; got rank ${x.rank}`);
    const count = bins as number;
    const at = x.dt.kind === 'float' ? x : as(x, 'float64');
    const ends = range as readonly number[] | null;
    const [low, high] =
      ends === null
        ? [reduceMin(at), reduceMax(at)]
        : ends.map((end) => toTensor(end, at.dt, 'histogram', 'range'));
    const edges = as(linspace(low, high, count + 1), x.dtype);
    const inside = booleanMask(x, logicalAnd(greaterEqual(at, low), lessEqual(at, high)));
    const inner = split(edges, count === 1 ? [2] : [1, count - 1, 1])[1];
    const bin =
      count === 1 ? onesLike(inside, { dtype: 'int32' }) : positions(inner, inside, 'right', 'histogram');
    const places = count === 1 ? add(bin, -1) : bin;
    return [scatterNd(expandDims(places, -1), onesLike(inside), [count]), edges];
  },
});

/** The k largest elements along the last axis in descending order, and their indices, int32: `[values, indices]`. @tf tf.keras.ops.top_k */
export const topK = operation<
  Unary<[k: number, options?: { sorted?: boolean } | boolean], Tensor[], KerasTensor[]>
>({
  module: 'math',
  className: 'TopK',
  tensors: ['x'],
  required: ['k'],
  optional: { sorted: true },
  check: ({ k, sorted }) => ({ k: integer(k, 'k', 'topK'), sorted: flag(sorted, 'sorted', 'topK') }),
  run: (args, { k }) => {
    const { values, indices } = topKOp(only(args, 'topK'), { k: k as number });
    return [values, indices];
  },
});

/** Whether the prediction for each target is among the k largest of its row. @tf tf.keras.ops.in_top_k */
export const inTopK = operation<Binary<[k: number]>>({
  module: 'math',
  className: 'InTopK',
  tensors: ['targets', 'predictions'],
  required: ['k'],
  check: ({ k }) => ({ k: integer(k, 'k', 'inTopK') }),
  run: ([targets, predictions], { k }) =>
    inTopKOp(targets as TensorLike, predictions as TensorLike, k as number),
});

interface UniqueOptions {
  /** Ascending order (default), or that of the first occurrences. */
  sorted?: boolean;
  /** Whether the index of the first occurrence of each is in the result. */
  returnIndex?: boolean;
  /** Whether the inverse is in the result: for each element, its index among the distinct ones. */
  returnInverse?: boolean;
  /** Whether the counts are. */
  returnCounts?: boolean;
  /** How many there are in the result: the first, or all and `fillValue` behind them. Default: as many as there are. */
  size?: number | null;
  /** Default 0. */
  fillValue?: number | null;
}

/** Cuts a vector off, or appends a value. */
function toSize(x: Tensor, size: number | null, value: number): Tensor {
  if (size === null) return x;
  const count = Math.min(size, x.shape[0]);
  return pad(slice(x, [0], [count]), [[0, size - count]], { constantValues: value });
}

/**
 * The distinct elements of all, or `[values, index, inverse, counts]` with those asked for. Their number depends on the values unless there
 * is a `size`. @tf tf.keras.ops.unique
 */
export const unique = operation<
  Unary<[options?: UniqueOptions | boolean], Tensor | Tensor[], KerasTensor | KerasTensor[]>
>({
  module: numpy,
  className: 'Unique',
  tensors: ['x'],
  optional: {
    sorted: true,
    returnIndex: false,
    returnInverse: false,
    returnCounts: false,
    axis: null,
    size: null,
    fillValue: null,
  },
  check: (config) => {
    for (const name of ['sorted', 'returnIndex', 'returnInverse', 'returnCounts'])
      flag(config[name], name, 'unique');
    if (config.axis !== null) throw new UnimplementedError('[unique] axis must be null: of all elements');
    if (config.size !== null && integer(config.size, 'size', 'unique') < 0)
      throw new InvalidArgumentError(`[unique] size must not be negative; got ${describe(config.size)}`);
    return config;
  },
  spec: ([x], { returnIndex, returnInverse, returnCounts, size }) => {
    const { shape, dtype } = x as KerasTensor;
    const numbers = (of: KerasShape): KerasTensor => new KerasTensor(of, 'int32');
    const vector = [size as number | null];
    const results = [new KerasTensor(vector, dtype)];
    if (returnIndex) results.push(numbers(vector));
    if (returnInverse) results.push(numbers(shape));
    if (returnCounts) results.push(numbers(vector));
    return results.length === 1 ? results[0] : results;
  },
  run: (args, config) => {
    const x = only(args, 'unique');
    const size = config.size as number | null;
    const { y, idx, count } = uniqueWithCounts(reshape(x, [-1]));
    const order = config.sorted ? argsortOp(y, { axis: 0 }) : null;
    const inOrder = (t: Tensor, filler: number): Tensor =>
      toSize(order === null ? t : gather(t, order), size, filler);
    const results = [inOrder(y, (config.fillValue as number | null) ?? 0)];
    if (config.returnIndex) {
      const first = unsortedSegmentMin(rangeOp(x.size, { dtype: 'int32' }), idx, y.shape[0]);
      // Keras's own filler of indices is 1.
      results.push(inOrder(first, 1));
    }
    if (config.returnInverse)
      results.push(reshape(order === null ? idx : gather(argsortOp(order, { axis: 0 }), idx), x.shape));
    if (config.returnCounts) results.push(inOrder(count, 0));
    return results.length === 1 ? results[0] : results;
  },
});

interface MultiHotOptions {
  /** The axis of the classes. Default: the last. */
  axis?: number;
  /** Default: the dtype of layers. */
  dtype?: DType | null;
}

/** 1 at each of the places that the indices of a row name, 0 elsewhere. @tf tf.keras.ops.multi_hot */
export const multiHot = operation<Unary<[numClasses: number, options?: MultiHotOptions | number]>>({
  module: 'nn',
  className: 'MultiHot',
  tensors: ['inputs'],
  required: ['numClasses'],
  optional: { axis: -1, dtype: null, sparse: false },
  check: ({ numClasses, axis, dtype, sparse }) => ({
    numClasses: integer(numClasses, 'numClasses', 'multiHot'),
    axis: integer(axis, 'axis', 'multiHot'),
    dtype: dtypeOrNull(dtype, 'multiHot') ?? floatx(),
    sparse,
  }),
  run: (args, { numClasses, axis, dtype }) => {
    const x = only(args, 'multiHot');
    const to = dtype as DType;
    const hot = oneHot(x, numClasses as number, {
      axis: axis as number,
      dtype: to === 'bool' ? 'uint8' : to,
    });
    const most = reduceMax(hot, { axis: x.rank > 1 ? 1 : 0 });
    return to === 'bool' ? notEqual(most, 0) : most;
  },
});
