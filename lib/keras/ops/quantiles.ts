/** Medians and other quantiles. */
import { toTensor } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import { onesLike } from '../../ops/array/creation';
import { broadcastTo, transpose } from '../../ops/array/movement';
import { reshape } from '../../ops/array/views';
import { sort } from '../../ops/index/sort';
import { add, maximum, minimum, multiply, subtract } from '../../ops/math/binary';
import { equal, notEqual } from '../../ops/math/compare';
import { select } from '../../ops/math/select';
import { ceil, floor, isNan, round } from '../../ops/math/unary';
import { reduceSum } from '../../ops/reduce/reduce';
import { as, axisOf, oneOf, only } from './define';
import { floating } from './dtypes';
import { alongLast } from './movement_more';
import { axes, flag, number, operation } from './operation';
import type { Axes, Binary, ReductionOptions, Unary } from './types';

const methods = ['linear', 'lower', 'higher', 'midpoint', 'nearest'] as const;
type Method = (typeof methods)[number];

interface Reduced {
  /** The reduced axes together, as the last one. */
  readonly rows: Tensor;
  /** The other dimensions; with keepdims, those reduced are 1. */
  readonly shape: readonly number[];
}

function reduced(x: Tensor, axis: Axes, keepdims: boolean, op: string): Reduced {
  const list = (axis === null ? x.shape.map((_, i) => i) : typeof axis === 'number' ? [axis] : axis).map(
    (a) => axisOf(a, x.rank, op),
  );
  const others = x.shape.map((_, i) => i).filter((i) => !list.includes(i));
  const moved = transpose(x, { perm: [...others, ...list] });
  const size = list.reduce((n, i) => n * x.shape[i], 1);
  return {
    rows: reshape(moved, [others.reduce((n, i) => n * x.shape[i], 1), size]),
    shape: keepdims ? x.shape.map((n, i) => (list.includes(i) ? 1 : n)) : others.map((i) => x.shape[i]),
  };
}

/** The elements of sorted rows at positions, which are between two of them: [rows, quantiles]. */
function interpolated(sorted: Tensor, at: Tensor, method: Method): Tensor {
  const pick = (places: Tensor): Tensor => alongLast(sorted, as(places, 'int32'));
  if (method === 'nearest') return pick(round(at));
  const [below, above] = [pick(floor(at)), pick(ceil(at))];
  if (method === 'lower') return below;
  if (method === 'higher') return above;
  if (method === 'midpoint') return multiply(add(below, above), 0.5);
  const part = as(subtract(at, floor(at)), sorted.dtype);
  // Equal neighbours, which may be infinite, are left alone.
  const between = add(multiply(below, subtract(1, part)), multiply(above, part));
  return select(equal(part, 0), below, between);
}

interface QuantileOptions extends ReductionOptions {
  /** Between two elements: 'linear' (default), 'lower', 'higher', 'midpoint' or 'nearest'. */
  method?: Method;
}

/** Quantiles of rows; q has fractions. Those of rows with NaN are NaN, or NaN are left out. */
function quantiles(
  value: Tensor,
  q: Tensor,
  options: { axis: Axes; method: Method; keepdims: boolean },
  ignoreNan: boolean,
  op: string,
): Tensor {
  const x = floating(value, op);
  const { rows, shape } = reduced(x, options.axis, options.keepdims, op);
  const [count, size] = rows.shape;
  if (size === 0) throw new InvalidArgumentError(`[${op}] there are no elements to reduce`);
  const fractions = as(reshape(q, [1, -1]), 'float64');
  const missing = isNan(rows);
  const lacking = reduceSum(as(missing, 'float64'), { axis: 1, keepdims: true });
  // NaN become ∞, so that sorted rows end with them.
  const sorted = sort(select(missing, toTensor(Infinity, rows.dt, op, 'x'), rows));
  const last = ignoreNan ? maximum(subtract(size - 1, lacking), 0) : subtract(size, onesLike(lacking));
  const at = minimum(maximum(multiply(last, fractions), 0), size - 1);
  const found = interpolated(sorted, broadcastTo(at, [count, fractions.size]), options.method);
  const isNothing = ignoreNan ? equal(lacking, size) : notEqual(lacking, 0);
  const y = select(isNothing, toTensor(NaN, found.dt, op, 'x'), found);
  return q.rank === 0 ? reshape(y, shape) : reshape(transpose(y), [...q.shape, ...shape]);
}

type Quantile = Binary<[options?: QuantileOptions | Axes]>;

const quantileOp = (className: string, op: string, scale: number, ignoreNan: boolean): Quantile =>
  operation<Quantile>({
    module: 'numpy',
    className,
    tensors: ['x', 'q'],
    optional: { axis: null, method: 'linear', keepdims: false },
    check: ({ axis, method, keepdims }) => ({
      axis: axes(axis, 'axis', op),
      method: oneOf(method, methods, 'method', op),
      keepdims: flag(keepdims, 'keepdims', op),
    }),
    run: ([x, q], config) => {
      const fractions = as(toTensor(q, null, op, 'q'), 'float64');
      return quantiles(
        toTensor(x, null, op, 'x'),
        scale === 1 ? fractions : multiply(fractions, 1 / scale),
        config as never,
        ignoreNan,
        op,
      );
    },
  });

/** The quantiles of x for the fractions q, whose dimensions come first. @tf tf.keras.ops.quantile */
export const quantile = quantileOp('Quantile', 'quantile', 1, false);
/** The quantiles of x for the percentages q. @tf tf.keras.ops.percentile */
export const percentile = quantileOp('Percentile', 'percentile', 100, false);
/** The quantiles of the elements that are not NaN. @tf tf.keras.ops.nanquantile */
export const nanquantile = quantileOp('Nanquantile', 'nanquantile', 1, true);
/** The same for percentages. @tf tf.keras.ops.nanpercentile */
export const nanpercentile = quantileOp('Nanpercentile', 'nanpercentile', 100, true);

type Median = Unary<[options?: ReductionOptions | Axes]>;
const medianOp = (className: string, ignoreNan: boolean): Median =>
  operation<Median>({
    module: 'numpy',
    className,
    tensors: ['x'],
    optional: { axis: null, keepdims: false },
    check: ({ axis, keepdims }) => ({
      axis: axes(axis, 'axis', className),
      keepdims: flag(keepdims, 'keepdims', className),
    }),
    run: (args, config) =>
      quantiles(
        only(args, className),
        toTensor(number(0.5, 'q', className), null, className, 'q'),
        { ...(config as { axis: Axes; keepdims: boolean }), method: 'linear' },
        ignoreNan,
        className,
      ),
  });

/** The median over axes. @tf tf.keras.ops.median */
export const median = medianOp('Median', false);
/** The median of the elements that are not NaN. @tf tf.keras.ops.nanmedian */
export const nanmedian = medianOp('Nanmedian', true);
