/** Counts: of integers, of values in bins, of pairs of classes, and of better predictions. */
import { toTensor, type TensorLike } from '../../core/convert';
import { type DType, dtypeInfo, everyType, floating, numeric } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { options } from '../../core/options';
import { describe, sameShape, showShape } from '../../core/shape';
import { shapeOf, type Tensor, viewOf } from '../../core/tensor';
import { badDType, mixedDTypes } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { indexTensor } from '../../op/index_rows';
import { sample } from '../../op/registry';
import { integer } from '../../op/strided';
import { requireConcrete } from '../../op/traced';
import { cast } from '../array/cast';
import { ones, onesLike, range, zeros } from '../array/creation';
import { stack } from '../array/joining';
import { expandDims, reshape, squeeze } from '../array/views';
import { add, minimum, multiply, realDivide, subtract } from '../math/binary';
import { greater, less, lessEqual, greaterEqual, logicalAnd } from '../math/compare';
import { clipByValue, select } from '../math/select';
import { floor, isFinite } from '../math/unary';
import { reduceAll, reduceSum } from '../reduce/reduce';
import { gather } from './indexing';
import { unsortedSegmentSum } from './segments';
import { scatterNd } from './scatter';

const ints = (shape: readonly number[], values: readonly number[]) =>
  sample(shape, { dtype: 'int32', values });

export interface BincountOptions<D extends DType = DType> {
  /** What each occurrence counts for: a tensor of the shape of `arr`. Default: 1. Its dtype is that of the result. */
  weights?: TensorLike | null;
  /** The least size of the result. */
  minlength?: number | null;
  /** The greatest size of the result; integers from there on are not counted. */
  maxlength?: number | null;
  /** The dtype of counts without weights. Default int32. */
  dtype?: D;
  /** 0 or null (default): counts all elements; −1: counts in each row of a matrix. */
  axis?: 0 | -1 | null;
  /** Whether integers occur, instead of how often. Default false. */
  binaryOutput?: boolean;
}

const bincountDefaults = {
  weights: null,
  minlength: null,
  maxlength: null,
  dtype: 'int32',
  axis: null,
  binaryOutput: false,
} as const;

/** The size of the result of bincount: the greatest integer + 1, within the given bounds. */
function binCount(arr: Tensor, minlength: unknown, maxlength: unknown): number {
  const name = 'bincount';
  let least = 0;
  let greatest = -1;
  for (const value of viewOf(requireConcrete(arr, name)) as ArrayLike<number | bigint> &
    Iterable<number | bigint>) {
    greatest = Math.max(greatest, Number(value));
    least = Math.min(least, Number(value));
  }
  if (least < 0)
    throw new InvalidArgumentError(`[${name}] Input arr must be non-negative! It has the element ${least}`);
  let bins = greatest + 1;
  if (minlength !== null) bins = Math.max(bins, integer(minlength, name, 'minlength'));
  if (maxlength !== null) bins = Math.min(bins, integer(maxlength, name, 'maxlength'));
  if (bins < 0) throw new InvalidArgumentError(`[${name}] size (${bins}) must be non-negative`);
  return bins;
}

/**
 * Counts the occurrences of each integer: result element i is the number of elements of `arr` that are i, or the sum of
 * their weights. The size of the result is the greatest integer + 1, within `minlength` and `maxlength`. Other dtypes than
 * integers are cast to int32. InvalidArgumentError for negative integers, or weights of another shape. @tf tf.math.bincount
 */
export const bincount: <D extends DType = 'int32'>(
  arr: TensorLike,
  options?: BincountOptions<D> | TensorLike,
) => Tensor<NoInfer<D>> = composite(
  'bincount',
  {
    tf: 'tf.math.bincount',
    dtypes: everyType,
    ulp: 4,
    examples: [
      { args: [ints([6], [1, 1, 2, 0, 1, 5])] },
      { args: [ints([2, 3], [1, 1, 2, 0, 1, 4])], options: { minlength: 8 } },
      { args: [ints([2, 3], [1, 1, 2, 0, 1, 4])], options: { maxlength: 3, dtype: 'float32' } },
      { args: [ints([4], [1, 1, 2, 0]), sample([4], { dtype: 'float32' })], noGradient: true },
      { args: [ints([2, 3], [1, 1, 2, 0, 1, 4])], options: { axis: -1 } },
      { args: [ints([2, 3], [1, 1, 2, 0, 1, 4])], options: { axis: -1, binaryOutput: true } },
      { args: [ints([0], [])] },
      { args: [ints([3], [0, -1, 2])] },
      { args: [ints([3], [0, 1, 2])], options: { axis: 1 } },
    ],
  },
  (arr: TensorLike, given?: BincountOptions | TensorLike): Tensor => {
    const name = 'bincount';
    const o = options<Record<keyof BincountOptions, unknown>>(given, 'weights', bincountDefaults, name);
    const { weights, minlength, maxlength, dtype, axis, binaryOutput } = o;
    if (typeof binaryOutput !== 'boolean')
      throw new TypeError(`[${name}] binaryOutput must be a boolean; got ${describe(binaryOutput)}`);
    if (axis !== null && axis !== 0 && axis !== -1) {
      throw new InvalidArgumentError(
        `[${name}] Unsupported value for argument axis=${describe(axis)}. Only 0 and -1 are currently supported.`,
      );
    }
    if (weights !== null && binaryOutput)
      throw new InvalidArgumentError(`[${name}] binaryOutput and weights are mutually exclusive`);
    let x = toTensor(arr, null, name, 'arr');
    if (x.dt.kind !== 'int' || (x.dtype !== 'int32' && x.dtype !== 'int64')) x = cast(x, 'int32');
    const w = weights === null ? null : toTensor(weights, null, name, 'weights');
    if (w !== null && !sameShape(shapeOf(w), shapeOf(x))) {
      throw new InvalidArgumentError(
        `[${name}] weights must have the shape of arr, ${showShape(shapeOf(x))}; got ${showShape(shapeOf(w))}`,
      );
    }
    const { name: type } = w === null ? dtypeInfo(dtype, `[${name}] dtype`) : w.dt;
    if (!numeric.includes(type)) throw badDType(name, 'dtype', dtypeInfo(type), numeric);
    if (axis === -1 && x.rank > 2)
      throw new InvalidArgumentError(
        `[${name}] arr must have at most 2 dimensions for axis -1; got ${x.rank}`,
      );
    const bins = binCount(x, minlength, maxlength);
    const rows = axis === -1 && x.rank === 2 ? shapeOf(x)[0] : null;
    // Integers from `maxlength` on get a negative number, which is not counted.
    let ids: Tensor = select(less(x, bins), x, -1);
    if (rows !== null) {
      const offsets = expandDims(range(0, rows * bins, Math.max(bins, 1), { dtype: x.dtype as 'int32' }), 1);
      ids = bins === 0 ? ids : select(greaterEqual(ids, 0), add(ids, offsets), -1);
    }
    const values = w ?? ones(shapeOf(x), { dtype: type });
    const sums = unsortedSegmentSum(values, ids, bins * (rows ?? 1));
    const counted = binaryOutput ? minimum(sums, 1) : sums;
    return rows === null ? counted : reshape(counted, [rows, bins]);
  },
);

export interface HistogramOptions<I extends 'int32' | 'int64' = 'int32' | 'int64'> {
  /** The number of bins. Default 100. */
  nbins?: number;
  /** 'int32' (default) or 'int64'. */
  dtype?: I;
}

const histogramDefaults = { nbins: 100, dtype: 'int32' } as const;

/** The bin of each value: bins of equal width divide the range; values outside belong to the first or last one. */
function binsOf(
  name: string,
  values: TensorLike,
  valueRange: TensorLike,
  given: HistogramOptions | number | undefined,
): { bins: Tensor; nbins: number; dtype: 'int32' | 'int64' } {
  const { nbins: count, dtype } = options<{ nbins: unknown; dtype: unknown }>(
    given,
    'nbins',
    histogramDefaults,
    name,
  );
  if (dtype !== 'int32' && dtype !== 'int64')
    throw new InvalidArgumentError(`[${name}] dtype must be int32 or int64; got ${describe(dtype)}`);
  const nbins = integer(count, name, 'nbins');
  if (nbins <= 0) throw new InvalidArgumentError(`[${name}] nbins should be a positive number, got ${nbins}`);
  const x = toTensor(values, null, name, 'values');
  if (!histogramTypes.includes(x.dtype)) throw badDType(name, 'values', x.dt, histogramTypes);
  const limits = toTensor(valueRange, x.dt, name, 'valueRange');
  if (limits.dt !== x.dt) throw mixedDTypes(name, x, limits);
  if (limits.rank !== 1 || limits.size !== 2) {
    throw new InvalidArgumentError(
      `[${name}] valueRange must be a vector of 2 elements; got shape ${showShape(shapeOf(limits))}`,
    );
  }
  const [low, high] = viewOf(requireConcrete(limits, name)) as ArrayLike<number> & Iterable<number>;
  if (!(low < high)) {
    throw new InvalidArgumentError(
      `[${name}] valueRange should satisfy valueRange[0] < valueRange[1], but got [${low}, ${high}]`,
    );
  }
  const float = x.dt.kind === 'float' ? x.dtype : 'float64';
  const from = gather(cast(limits, float), 0);
  const to = gather(cast(limits, float), 1);
  const scaled = realDivide(subtract(cast(x, float), from), subtract(to, from));
  const bins = clipByValue(floor(multiply(scaled, nbins)), 0, nbins - 1);
  return { bins: cast(bins, 'int32'), nbins, dtype };
}

const histogramTypes: readonly DType[] = ['float32', 'float64', 'int32', 'int64'];

/**
 * The number of values in each of `nbins` bins of equal width, which divide the interval `valueRange`, a vector of two
 * elements. Values outside belong to the first or the last bin. @tf tf.histogram_fixed_width
 */
export const histogramFixedWidth: <I extends 'int32' | 'int64' = 'int32'>(
  values: TensorLike,
  valueRange: TensorLike,
  options?: HistogramOptions<I> | number,
) => Tensor<NoInfer<I>> = composite(
  'histogramFixedWidth',
  {
    tf: 'tf.histogram_fixed_width',
    dtypes: histogramTypes,
    ulp: 0,
    examples: [
      {
        args: [sample([6], { values: [-1, 0, 1, 2, 5, 15] }), sample([2], { values: [0, 5] })],
        options: { nbins: 5 },
      },
      { args: [sample([3, 4], { domain: [0, 9] }), sample([2], { values: [0, 9] })] },
      { args: [sample([0]), sample([2], { values: [0, 9] })], options: { nbins: 3 } },
      { args: [sample([3]), sample([2], { values: [5, 5] })], options: { nbins: 3 } },
      { args: [sample([3]), sample([2], { values: [0, 5] })], options: { nbins: 0 } },
    ],
  },
  (values: TensorLike, valueRange: TensorLike, given?: HistogramOptions | number): Tensor => {
    const { bins, nbins, dtype } = binsOf('histogramFixedWidth', values, valueRange, given);
    return unsortedSegmentSum(onesLike(bins, { dtype }), bins, nbins);
  },
);

/** The int32 numbers of the bins in which values lie; see `histogramFixedWidth`. @tf tf.histogram_fixed_width_bins */
export const histogramFixedWidthBins: (
  values: TensorLike,
  valueRange: TensorLike,
  options?: HistogramOptions<'int32'> | number,
) => Tensor<'int32'> = composite(
  'histogramFixedWidthBins',
  {
    tf: 'tf.histogram_fixed_width_bins',
    dtypes: histogramTypes,
    ulp: 0,
    examples: [
      {
        args: [
          sample([6], { dtype: 'float32', values: [-1, 0, 1, 2, 5, 15] }),
          sample([2], { dtype: 'float32', values: [0, 5] }),
        ],
        options: { nbins: 5 },
      },
      {
        args: [
          sample([3, 4], { dtype: 'float64', domain: [0, 9] }),
          sample([2], { dtype: 'float64', values: [0, 9] }),
        ],
      },
    ],
  },
  (values: TensorLike, valueRange: TensorLike, given?: HistogramOptions<'int32'> | number): Tensor =>
    binsOf('histogramFixedWidthBins', values, valueRange, given).bins,
);

export interface ConfusionMatrixOptions<D extends DType = DType> {
  /** The number of classes. Default: the greatest class number + 1. */
  numClasses?: number | null;
  /** What each prediction counts for. Default: 1. */
  weights?: TensorLike | null;
  /** Default int32. */
  dtype?: D;
}

const confusionDefaults = { numClasses: null, weights: null, dtype: 'int32' } as const;

/** The number of classes; checks that all class numbers are less. */
function classCount(labels: Tensor, predictions: Tensor, given: unknown): number {
  const name = 'confusionMatrix';
  let greatest = -1;
  for (const [t, argument] of [
    [labels, 'labels'],
    [predictions, 'predictions'],
  ] as const) {
    for (const value of viewOf(requireConcrete(t, name)) as Iterable<number | bigint>) {
      if (value < 0)
        throw new InvalidArgumentError(
          `[${name}] \`${argument}\` contains negative values, such as ${value}`,
        );
      greatest = Math.max(greatest, Number(value));
    }
  }
  if (given === null) return greatest + 1;
  const classes = integer(given, name, 'numClasses');
  if (greatest >= classes) {
    throw new InvalidArgumentError(
      `[${name}] class ${greatest} in labels or predictions is out of bound: numClasses is ${classes}`,
    );
  }
  return classes;
}

/**
 * The confusion matrix of a classification: element [i, j] is the number of examples with label i and prediction j, or the
 * sum of their weights. labels and predictions are vectors of class numbers; one of them may have an additional last
 * dimension of size 1. InvalidArgumentError for negative class numbers, or ones that are not less than `numClasses`.
 * @tf tf.math.confusion_matrix
 */
export const confusionMatrix: <D extends DType = 'int32'>(
  labels: TensorLike,
  predictions: TensorLike,
  options?: ConfusionMatrixOptions<D> | number,
) => Tensor<NoInfer<D>> = composite(
  'confusionMatrix',
  {
    tf: 'tf.math.confusion_matrix',
    dtypes: everyType,
    ulp: 4,
    examples: [
      { args: [ints([3], [1, 2, 4]), ints([3], [2, 2, 4])] },
      { args: [ints([3], [1, 2, 1]), ints([3], [2, 2, 2])], options: { numClasses: 4, dtype: 'float32' } },
      {
        args: [ints([3], [1, 2, 1]), ints([3, 1], [2, 2, 2])],
        options: { weights: sample([3], { dtype: 'float32' }), dtype: 'float32' },
        noGradient: true,
      },
      { args: [ints([2], [0, -1]), ints([2], [0, 1])] },
      { args: [ints([2], [0, 1]), ints([2], [0, 5])], options: { numClasses: 3 } },
      { args: [ints([2], [0, 1]), ints([3], [0, 1, 2])] },
    ],
  },
  (labels: TensorLike, predictions: TensorLike, given?: ConfusionMatrixOptions | number): Tensor => {
    const name = 'confusionMatrix';
    const o = options<Record<keyof ConfusionMatrixOptions, unknown>>(
      given,
      'numClasses',
      confusionDefaults,
      name,
    );
    const { name: type } = dtypeInfo(o.dtype, `[${name}] dtype`);
    let t = cast(toTensor(labels, null, name, 'labels'), 'int64') as Tensor;
    let p = cast(toTensor(predictions, null, name, 'predictions'), 'int64') as Tensor;
    if (t.rank === p.rank + 1 && shapeOf(t)[p.rank] === 1) t = squeeze(t, -1);
    else if (p.rank === t.rank + 1 && shapeOf(p)[t.rank] === 1) p = squeeze(p, -1);
    if (t.rank !== 1 || !sameShape(shapeOf(t), shapeOf(p))) {
      throw new InvalidArgumentError(
        `[${name}] labels and predictions must be vectors of the same size; got shapes ${showShape(shapeOf(t))} and ` +
          showShape(shapeOf(p)),
      );
    }
    const classes = classCount(t, p, o.numClasses);
    const w = o.weights === null ? null : cast(toTensor(o.weights, null, name, 'weights'), type);
    if (w !== null && !sameShape(shapeOf(w), shapeOf(p))) {
      throw new InvalidArgumentError(
        `[${name}] weights must have the shape of predictions, ${showShape(shapeOf(p))}; got ${showShape(shapeOf(w))}`,
      );
    }
    if (t.size === 0) return zeros([classes, classes], { dtype: type });
    const updates = w ?? ones(shapeOf(p), { dtype: type });
    return scatterNd(stack([t, p], 1), updates, [classes, classes]);
  },
);

/**
 * Whether the target class of each row is among its k highest predictions: fewer than k classes have a higher one. False
 * for a row with an element that is not finite, or a target out of range. targets is an int32 or int64 vector, predictions a
 * matrix of shape [targets, classes]. @tf tf.math.in_top_k
 */
export const inTopK: (targets: TensorLike, predictions: TensorLike, k: number) => Tensor<'bool'> = composite(
  'inTopK',
  {
    tf: 'tf.math.in_top_k',
    dtypes: ['int32', 'int64'],
    ulp: 0,
    examples: [
      { args: [ints([3], [0, 2, 1]), sample([3, 4], { dtype: 'float32' }), 2] },
      { args: [ints([2], [0, 1]), sample([2, 3], { dtype: 'float32', values: [1, 1, 2, 3, 3, 3] }), 1] },
      {
        args: [
          ints([2], [0, 1]),
          sample([2, 3], { dtype: 'float32', values: [1, 'NaN', 2, 3, 'Infinity', 3] }),
          2,
        ],
      },
      { args: [ints([2], [-1, 3]), sample([2, 3], { dtype: 'float32' }), 3] },
      { args: [ints([2], [0, 1]), sample([2, 3], { dtype: 'float32' }), 0] },
      { args: [ints([2], [0, 1]), sample([3, 3], { dtype: 'float32' }), 1] },
    ],
  },
  (targets: TensorLike, predictions: TensorLike, k: number): Tensor => {
    const name = 'inTopK';
    const t = indexTensor(targets, name, 'targets');
    const p = toTensor(predictions, null, name, 'predictions');
    if (!floating.includes(p.dtype)) throw badDType(name, 'predictions', p.dt, floating);
    if (t.rank !== 1 || p.rank !== 2 || shapeOf(t)[0] !== shapeOf(p)[0]) {
      throw new InvalidArgumentError(
        `[${name}] First dimension of predictions ${showShape(shapeOf(p))} must match length of targets ` +
          `${showShape(shapeOf(t))}; predictions must be a matrix, targets a vector`,
      );
    }
    const most = integer(k, name, 'k');
    const classes = shapeOf(p)[1];
    if (classes === 0) return zeros(shapeOf(t), { dtype: 'bool' });
    const inRange = logicalAnd(greaterEqual(t, 0), less(t, classes));
    const own = gather(p, clipByValue(expandDims(t, 1), 0, classes - 1), { axis: 1, batchDims: 1 });
    const better = reduceSum(cast(greater(p, own), 'int32'), { axis: 1 });
    const valid = logicalAnd(inRange, reduceAll(isFinite(p), { axis: 1 }));
    return logicalAnd(valid, lessEqual(better, most - 1));
  },
);
