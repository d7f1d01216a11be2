/** Reductions. */
import { toTensor } from '../../core/convert';
import type { DType } from '../../core/dtype';
import type { Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { convertToTensor } from '../../ops/array/convert';
import { maximum, minimum } from '../../ops/math/binary';
import { expandDims, reshape } from '../../ops/array/views';
import { argmax as argmaxOp, argmin as argminOp } from '../../ops/reduce/argreduce';
import * as reduce from '../../ops/reduce/reduce';
import { cumprod as cumprodOp, cumsum as cumsumOp } from '../../ops/math/scan';
import { as, dtypeOrNull, summed } from './define';
import { floating } from './dtypes';
import { axes, integer, operation, type OperationModule } from './operation';
import type { Axes, AxisOption, ReductionOptions, Unary } from './types';

type Reduce = (x: Tensor, options: { axis: Axes; keepdims: boolean }) => Tensor;
interface DTypeOption {
  /** The dtype in which it computes. Default: that of the elements, at least 32 bits in sums and products of all. */
  dtype?: DType | null;
}
interface InitialOption {
  /** A bound of the result: the result of no elements. */
  initial?: number | null;
}

function reduction<More extends object = object>(
  className: string,
  f: Reduce,
  prepare: (x: Tensor) => Tensor,
  more: {
    module?: OperationModule;
    optional?: Record<string, unknown>;
    /** Combines the result with `initial`, if that is an option. */
    combine?: (y: Tensor, initial: Tensor) => Tensor;
  } = {},
): Unary<[options?: (ReductionOptions & More) | Axes]> {
  return operation<Unary<[options?: (ReductionOptions & More) | Axes]>>({
    module: more.module ?? 'numpy',
    className,
    tensors: ['x'],
    optional: { axis: null, keepdims: false, ...more.optional },
    check: ({ axis, keepdims, ...others }) => {
      if (typeof keepdims !== 'boolean') throw new TypeError(`[${className}] keepdims must be true or false`);
      return { axis: axes(axis, 'axis', className), keepdims, ...others };
    },
    run: ([x], { axis, keepdims, dtype = null, initial = null }) => {
      const given = toTensor(x, null, className, 'x');
      const to = dtypeOrNull(dtype, className);
      const y = f(to === null ? prepare(given) : as(given, to), {
        axis: axis as Axes,
        keepdims: keepdims as boolean,
      });
      if (initial === null || more.combine === undefined) return y;
      return more.combine(y, cast(convertToTensor(initial as number), y.dtype));
    },
  });
}

const asFloat = (x: Tensor): Tensor => floating(x, 'mean');
const asBool = (x: Tensor): Tensor => (x.dtype === 'bool' ? x : cast(x, 'bool'));
const same = (x: Tensor): Tensor => x;

/** Of booleans, the maximum is whether any is true, and the minimum whether all are. */
const greatest: Reduce = (x, o) => (x.dtype === 'bool' ? reduce.reduceAny(x, o) : reduce.reduceMax(x, o));
const least: Reduce = (x, o) => (x.dtype === 'bool' ? reduce.reduceAll(x, o) : reduce.reduceMin(x, o));

/** The sum over axes. @tf tf.keras.ops.sum */
export const sum = reduction('Sum', reduce.reduceSum, summed);
/** The mean over axes; of integers as float32. @tf tf.keras.ops.mean */
export const mean = reduction('Mean', reduce.reduceMean, asFloat);
/** The product over axes. @tf tf.keras.ops.prod */
export const prod = reduction<DTypeOption>('Prod', reduce.reduceProd, summed, { optional: { dtype: null } });
/** The maximum over axes. @tf tf.keras.ops.max */
export const max = reduction<InitialOption>('Max', greatest, same, {
  optional: { initial: null },
  combine: maximum,
});
/** The minimum over axes. @tf tf.keras.ops.min */
export const min = reduction<InitialOption>('Min', least, same, {
  optional: { initial: null },
  combine: minimum,
});
/** The maximum over axes. @tf tf.keras.ops.amax */
export const amax = reduction('Amax', greatest, same);
/** The minimum over axes. @tf tf.keras.ops.amin */
export const amin = reduction('Amin', least, same);
/** The variance over axes. @tf tf.keras.ops.var */
export const variance = reduction('Var', reduce.reduceVariance, asFloat);
/** The standard deviation over axes. @tf tf.keras.ops.std */
export const std = reduction('Std', reduce.reduceStd, asFloat);
/** Whether one is true. @tf tf.keras.ops.any */
export const any = reduction('Any', reduce.reduceAny, asBool);
/** Whether all are true. @tf tf.keras.ops.all */
export const all = reduction('All', reduce.reduceAll, asBool);
/** ln Σeˣ over axes. @tf tf.keras.ops.logsumexp */
export const logsumexp = reduction('Logsumexp', reduce.reduceLogsumexp, asFloat, { module: 'math' });

function position(
  className: string,
  f: (x: Tensor, axis: number) => Tensor,
): Unary<[options?: ReductionOptions | Axes]> {
  return reduction(
    className,
    (x, { axis, keepdims }) => {
      if (axis === null) {
        const at = f(reshape(x, [-1]), 0);
        return keepdims
          ? reshape(
              at,
              x.shape.map(() => 1),
            )
          : at;
      }
      const along = integer(axis, 'axis', className);
      const at = f(x, along);
      return keepdims ? expandDims(at, along) : at;
    },
    same,
  );
}

/** The index of the largest element along an axis, int32. @tf tf.keras.ops.argmax */
export const argmax = position('Argmax', (x, axis) => argmaxOp(x, axis));
/** The index of the smallest element along an axis, int32. @tf tf.keras.ops.argmin */
export const argmin = position('Argmin', (x, axis) => argminOp(x, axis));

const scan = (
  className: string,
  f: (x: Tensor, axis: number) => Tensor,
): Unary<[options?: (AxisOption & DTypeOption) | number | null]> =>
  operation<Unary<[options?: (AxisOption & DTypeOption) | number | null]>>({
    module: 'numpy',
    className,
    tensors: ['x'],
    optional: { axis: null, dtype: null },
    check: ({ axis, dtype }) => ({ axis: axis === null ? null : integer(axis, 'axis', className), dtype }),
    run: ([value], { axis, dtype }) => {
      const given = toTensor(value, null, className, 'x');
      const to = dtypeOrNull(dtype, className) ?? (given.dtype === 'bool' ? 'int32' : given.dtype);
      const x = as(given, to);
      return axis === null ? f(reshape(x, [-1]), 0) : f(x, axis as number);
    },
  });

/** The sums up to each element along an axis; null (default): of all elements in their order. @tf tf.keras.ops.cumsum */
export const cumsum = scan('Cumsum', (x, axis) => cumsumOp(x, { axis }));
/** The products up to each element along an axis. @tf tf.keras.ops.cumprod */
export const cumprod = scan('Cumprod', (x, axis) => cumprodOp(x, { axis }));
