/** Reductions. */
import { toTensor } from '../../core/convert';
import type { Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { expandDims, reshape } from '../../ops/array/views';
import { argmax as argmaxOp, argmin as argminOp } from '../../ops/reduce/argreduce';
import * as reduce from '../../ops/reduce/reduce';
import { cumprod as cumprodOp, cumsum as cumsumOp } from '../../ops/math/scan';
import { floating } from './dtypes';
import { axes, integer, operation, type OperationModule } from './operation';
import type { Axes, AxisOption, ReductionOptions, Unary } from './types';

type Reduce = (x: Tensor, options: { axis: Axes; keepdims: boolean }) => Tensor;
type Options = ReductionOptions | Axes;

function reduction(
  className: string,
  f: Reduce,
  prepare: (x: Tensor) => Tensor,
  more: { module?: OperationModule; optional?: Record<string, unknown> } = {},
): Unary<[options?: Options]> {
  return operation<Unary<[options?: Options]>>({
    module: more.module ?? 'numpy',
    className,
    tensors: ['x'],
    optional: { axis: null, keepdims: false, ...more.optional },
    check: ({ axis, keepdims, ...others }) => {
      if (typeof keepdims !== 'boolean') throw new TypeError(`[${className}] keepdims must be true or false`);
      return { axis: axes(axis, 'axis', className), keepdims, ...others };
    },
    run: ([x], { axis, keepdims }) =>
      f(prepare(toTensor(x, null, className, 'x')), { axis: axis as Axes, keepdims: keepdims as boolean }),
  });
}

/** Keras sums integers of fewer than 32 bits, and booleans, as 32-bit integers. */
function summed(x: Tensor): Tensor {
  const { kind, bytes, name } = x.dt;
  if (kind === 'bool') return cast(x, 'int32');
  if (kind === 'float' || bytes >= 4) return x;
  return cast(x, name.startsWith('u') ? 'uint32' : 'int32');
}
const asFloat = (x: Tensor): Tensor => floating(x, 'mean');
const asBool = (x: Tensor): Tensor => (x.dtype === 'bool' ? x : cast(x, 'bool'));
const same = (x: Tensor): Tensor => x;

/** The sum over axes. @tf tf.keras.ops.sum */
export const sum = reduction('Sum', reduce.reduceSum, summed);
/** The mean over axes; of integers as float32. @tf tf.keras.ops.mean */
export const mean = reduction('Mean', reduce.reduceMean, asFloat);
/** The product over axes. @tf tf.keras.ops.prod */
export const prod = reduction('Prod', reduce.reduceProd, summed, { optional: { dtype: null } });
/** The maximum over axes. @tf tf.keras.ops.max */
export const max = reduction('Max', reduce.reduceMax, same, { optional: { initial: null } });
/** The minimum over axes. @tf tf.keras.ops.min */
export const min = reduction('Min', reduce.reduceMin, same, { optional: { initial: null } });
/** The maximum over axes. @tf tf.keras.ops.amax */
export const amax = reduction('Amax', reduce.reduceMax, same);
/** The minimum over axes. @tf tf.keras.ops.amin */
export const amin = reduction('Amin', reduce.reduceMin, same);
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

function position(className: string, f: (x: Tensor, axis: number) => Tensor): Unary<[options?: Options]> {
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
): Unary<[options?: AxisOption | number | null]> =>
  operation<Unary<[options?: AxisOption | number | null]>>({
    module: 'numpy',
    className,
    tensors: ['x'],
    optional: { axis: null, dtype: null },
    check: ({ axis, dtype }) => ({ axis: axis === null ? null : integer(axis, 'axis', className), dtype }),
    run: ([value], { axis }) => {
      const x = summed(toTensor(value, null, className, 'x'));
      return axis === null ? f(reshape(x, [-1]), 0) : f(x, axis as number);
    },
  });

/** The sums up to each element along an axis; null (default): of all elements in their order. @tf tf.keras.ops.cumsum */
export const cumsum = scan('Cumsum', (x, axis) => cumsumOp(x, { axis }));
/** The products up to each element along an axis. @tf tf.keras.ops.cumprod */
export const cumprod = scan('Cumprod', (x, axis) => cumprodOp(x, { axis }));
