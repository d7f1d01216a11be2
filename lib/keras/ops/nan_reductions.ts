/** Reductions of the elements that are not NaN, ranges, counts and weighted means. */
import { toTensor, type TensorLike } from '../../core/convert';
import { options as readOptions } from '../../core/options';
import type { Tensor } from '../../core/tensor';
import { onesLike, zerosLike } from '../../ops/array/creation';
import { reshape } from '../../ops/array/views';
import { tensordot } from '../../ops/linalg/tensordot';
import { divide, multiply, subtract } from '../../ops/math/binary';
import { notEqual } from '../../ops/math/compare';
import { cumprod, cumsum } from '../../ops/math/scan';
import { select } from '../../ops/math/select';
import { isNan, logicalNot, sqrt, square } from '../../ops/math/unary';
import * as reduce from '../../ops/reduce/reduce';
import type { KerasTensor } from '../symbolic/keras_tensor';
import { as, dtypeOrNull, only, summed } from './define';
import { floating, promoted } from './dtypes';
import { applyOperation, axes, flag, integer, operation, type OperationDefinition } from './operation';
import { argmax, argmin } from './reductions';
import type { Axes, AxisOption, Operand, ReductionOptions, Unary } from './types';

interface Over {
  readonly axis: Axes;
  readonly keepdims: boolean;
}
type Reduction = Unary<[options?: ReductionOptions | Axes]>;

const reduction = (className: string, f: (x: Tensor, over: Over) => Tensor): Reduction =>
  operation<Reduction>({
    module: 'numpy',
    className,
    tensors: ['x'],
    optional: { axis: null, keepdims: false },
    check: ({ axis, keepdims }) => ({
      axis: axes(axis, 'axis', className),
      keepdims: flag(keepdims, 'keepdims', className),
    }),
    run: (args, config) => f(only(args, className), config as unknown as Over),
  });

const isFloat = (x: Tensor): boolean => x.dt.kind === 'float';
/** x with a number in place of NaN. */
const without = (x: Tensor, value: number): Tensor =>
  isFloat(x) ? select(isNan(x), toTensor(value, x.dt, 'nan', 'x'), x) : x;

const extreme =
  (f: typeof reduce.reduceMax, ofBooleans: typeof reduce.reduceAny, worst: number) =>
  (x: Tensor, over: Over): Tensor => {
    if (x.dtype === 'bool') return ofBooleans(x, over);
    if (!isFloat(x)) return f(x, over);
    const nothing = reduce.reduceAll(isNan(x), over);
    return select(nothing, toTensor(NaN, x.dt, 'nan', 'x'), f(without(x, worst), over));
  };

/** The largest element that is not NaN; NaN if there is none. @tf tf.keras.ops.nanmax */
export const nanmax = reduction('Nanmax', extreme(reduce.reduceMax, reduce.reduceAny, -Infinity));
/** The smallest element that is not NaN; NaN if there is none. @tf tf.keras.ops.nanmin */
export const nanmin = reduction('Nanmin', extreme(reduce.reduceMin, reduce.reduceAll, Infinity));

const nanSum = (x: Tensor, over: Over): Tensor => reduce.reduceSum(summed(without(x, 0)), over);
const counted = (x: Tensor, over: Over): Tensor => reduce.reduceSum(as(logicalNot(isNan(x)), x.dtype), over);
const nanMean = (value: Tensor, over: Over): Tensor => {
  const x = floating(value, 'nanmean');
  return divide(nanSum(x, over), counted(x, over));
};
const nanVariance = (value: Tensor, over: Over): Tensor => {
  const x = floating(value, 'nanvar');
  const mean = nanMean(x, { axis: over.axis, keepdims: true });
  const centered = select(isNan(x), zerosLike(x), subtract(x, mean));
  return divide(reduce.reduceSum(square(centered), over), counted(x, over));
};

/** The sum of the elements that are not NaN. @tf tf.keras.ops.nansum */
export const nansum = reduction('Nansum', nanSum);
/** The product of the elements that are not NaN. @tf tf.keras.ops.nanprod */
export const nanprod = reduction('Nanprod', (x, over) => reduce.reduceProd(summed(without(x, 1)), over));
/** The mean of the elements that are not NaN. @tf tf.keras.ops.nanmean */
export const nanmean = reduction('Nanmean', nanMean);
/** The variance of the elements that are not NaN. @tf tf.keras.ops.nanvar */
export const nanvar = reduction('Nanvar', nanVariance);
/** The standard deviation of the elements that are not NaN. @tf tf.keras.ops.nanstd */
export const nanstd = reduction('Nanstd', (x, over) => sqrt(nanVariance(x, over)));

const position =
  (find: typeof argmax, worst: number) =>
  (x: Tensor, over: Over): Tensor => {
    const found = find(without(x, worst), { axis: over.axis as number, keepdims: over.keepdims });
    if (!isFloat(x)) return found;
    return select(reduce.reduceAll(isNan(x), over), toTensor(-1, found.dt, 'nan', 'x'), found);
  };
/** The index of the largest element that is not NaN along an axis, int32; −1 if there is none. @tf tf.keras.ops.nanargmax */
export const nanargmax = reduction('Nanargmax', position(argmax, -Infinity));
/** The index of the smallest element that is not NaN along an axis, int32; −1 if there is none. @tf tf.keras.ops.nanargmin */
export const nanargmin = reduction('Nanargmin', position(argmin, Infinity));
/** The largest element less the smallest, over axes. @tf tf.keras.ops.ptp */
export const ptp = reduction('Ptp', (x, over) =>
  subtract(reduce.reduceMax(x, over), reduce.reduceMin(x, over)),
);

type Scan = Unary<[options?: (AxisOption & { dtype?: string | null }) | number | null]>;
const scan = (className: string, f: (x: Tensor, axis: number) => Tensor, neutral: number): Scan =>
  operation<Scan>({
    module: 'numpy',
    className,
    tensors: ['x'],
    optional: { axis: null, dtype: null },
    check: ({ axis, dtype }) => ({
      axis: axis === null ? null : integer(axis, 'axis', className),
      dtype: dtypeOrNull(dtype, className),
    }),
    run: (args, { axis, dtype }) => {
      const clean = without(only(args, className), neutral);
      const x = dtype === null ? summed(clean) : as(clean, dtype as 'float32');
      return axis === null ? f(reshape(x, [-1]), 0) : f(x, axis as number);
    },
  });
/** The sums up to each element, NaN counting as 0. @tf tf.keras.ops.nancumsum */
export const nancumsum = scan('Nancumsum', (x, axis) => cumsum(x, { axis }), 0);
/** The products up to each element, NaN counting as 1. @tf tf.keras.ops.nancumprod */
export const nancumprod = scan('Nancumprod', (x, axis) => cumprod(x, { axis }), 1);

/** The number of elements that are not 0, over axes, int32. @tf tf.keras.ops.count_nonzero */
export const countNonzero = operation<Unary<[options?: AxisOption<Axes> | Axes]>>({
  module: 'numpy',
  className: 'CountNonzero',
  tensors: ['x'],
  optional: { axis: null },
  check: ({ axis }) => ({ axis: axes(axis, 'axis', 'countNonzero') }),
  run: (args, { axis }) => {
    const x = only(args, 'countNonzero');
    const isThere = x.dtype === 'bool' ? x : notEqual(x, zerosLike(x));
    return reduce.reduceSum(as(isThere, 'int32'), { axis: axis as Axes });
  },
});

const averageDefinition: OperationDefinition = {
  module: 'numpy',
  className: 'Average',
  tensors: ['x'],
  named: ['weights'],
  optional: { axis: null },
  run: ([x, weights], { axis }) => mean(x as TensorLike, weights as TensorLike | null, axis as number | null),
};
operation(averageDefinition);

function mean(value: TensorLike, weights: TensorLike | null | undefined, axis: number | null): Tensor {
  if (weights === null || weights === undefined)
    return reduce.reduceMean(floating(value, 'average'), { axis });
  const [x, w] = promoted([value, weights], 'average').map((t) => floating(t, 'average'));
  if (axis === null || x.rank === w.rank)
    return divide(
      reduce.reduceSum(multiply(x, w), { axis }),
      reduce.reduceSum(multiply(w, onesLike(w)), { axis }),
    );
  return divide(tensordot(x, w, [[axis], [0]]), reduce.reduceSum(w));
}

export interface AverageOptions {
  /** The axis; null (default): all. */
  axis?: number | null;
  /** Weights in the shape of x, or one for each slice along the axis. */
  weights?: Operand | null;
}

/** The weighted mean. @tf tf.keras.ops.average */
export function average(x: KerasTensor, options?: AverageOptions | number | null): KerasTensor;
export function average(x: TensorLike, options?: AverageOptions | number | null): Tensor;
export function average(x: Operand, options?: AverageOptions | number | null): Tensor | KerasTensor {
  const defaults: Required<AverageOptions> = { axis: null, weights: null };
  const { axis, weights } = readOptions(options, 'axis', defaults, 'average');
  const config = { axis: axis === null ? null : integer(axis, 'axis', 'average') };
  return applyOperation(averageDefinition, [x, { weights }], config) as Tensor;
}
