/** Reductions over axes. */
import { native } from '../../binding';
import type { TensorLike } from '../../core/convert';
import { toTensor } from '../../core/convert';
import { dtypes, floating, integers, numeric, type DType } from '../../core/dtype';
import { sizeBetween, sizeOf, type Shape } from '../../core/shape';
import { makeTensor, shapeOf, type Tensor } from '../../core/tensor';
import type { Axis } from '../../op/axis';
import { multiply, realDivide, subtract, truncatediv } from '../math/binary';
import { cast } from '../array/cast';
import { equal, less, logicalAnd } from '../math/compare';
import { zeros } from '../array/creation';
import { badDType, explain } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { op } from '../../op/define/general';
import { transpose } from '../array/movement';
import {
  fitsFusedKernel,
  defineReduction,
  kernelOf,
  reduceAttrs,
  reducedCount,
  reducedShape,
  reduction,
  runMoments,
  runReduce,
  setSum,
  spread,
  sumTo,
  type LogicalReduction,
  type ReduceAttrs,
  type ReduceOptions,
  type Reduction,
  type ReductionSaved,
} from '../../op/define/reduction';
import { scanBlock } from '../math/scan';
import { select } from '../math/select';
import { softmax } from '../nn/softmax';
import { fillWith } from '../../op/strided';
import { sqrt, square } from '../math/unary';
import { reshape } from '../array/views';
import { runUnary } from '../../op/define/unary';
import * as kernels from '../../op/kernels';

const sum = defineReduction('reduceSum', 'sum', {
  tf: 'tf.math.reduce_sum',
  dtypes: numeric,
  domain: [-10, 10],
  ulp: 4,
  gradient: (dy, { axes, shape }) => spread(dy, axes, shape),
});
setSum((t, axes, shape) => sum.apply(t, { axes, keepdims: false }, shape));

/**
 * Sum over axes; integers wrap. y = Σ x. An empty sum is 0. @tf tf.math.reduce_sum
 */
export const reduceSum: Reduction = sum.call;

const sumLong = kernelOf('sumLong');

/** Sum of integers as int64. */
const reduceSumLong = op<
  [x: Tensor, axes: readonly number[], shape: Shape],
  Pick<ReduceAttrs, 'axes'> & { shape: Shape }
>('reduceSumLong', {
  tf: '',
  dtypes: integers,
  args: (x, axes, shape) => [[x], { axes, shape }],
  infer: (_, { shape }) => ({ shape, dt: dtypes.int64 }),
  run: ([x], { axes }, [y]) => {
    runReduce(sumLong, x, y, axes, 'reduceMean');
  },
  gradient: null,
});

/** Sums in int64, divides towards zero. An empty mean of integers is 0. */
function integerMean(x: Tensor, { axes }: ReduceAttrs, shape: Shape): Tensor {
  const count = reducedCount(shapeOf(x), axes);
  if (count === 0) return zeros(shape, x.dtype);
  return cast(truncatediv(reduceSumLong(x, axes, shape), count), x.dtype);
}

/**
 * Mean over axes. y = Σ x / n; integers are summed as int64 and divided towards zero. The mean of nothing is NaN (0 for
 * integers). @tf tf.math.reduce_mean
 */
export const reduceMean: Reduction = reduction('reduceMean', 'mean', {
  tf: 'tf.math.reduce_mean',
  dtypes: numeric,
  domain: [-10, 10],
  ulp: 4,
  integers: integerMean,
  gradient: (dy, { axes, shape }) => spread(realDivide(dy, reducedCount(shape, axes)), axes, shape),
});

/**
 * Product over axes; integers wrap. y = Π x. An empty product is 1. The gradient is right where elements are 0.
 * @tf tf.math.reduce_prod
 */
export const reduceProd: Reduction = reduction('reduceProd', 'prod', {
  tf: 'tf.math.reduce_prod',
  dtypes: numeric,
  saves: 'input',
  domain: [0.5, 2],
  ulp: 8,
  oneBlock: true,
  // dxᵢ = dy · (the product of those before) · (the product of those after): no division by an element.
  gradient: (dy, { x, axes, shape }) => {
    const before = scanBlock('cumprod', x, axes, true, false);
    const after = scanBlock('cumprod', x, axes, true, true);
    return multiply(multiply(before, after), spread(dy, axes, shape));
  },
});

/** Elements that equal the extreme share its gradient equally. */
function extremeGradient(dy: Tensor, { x, y, axes, shape }: ReductionSaved): Tensor {
  const chosen = cast(equal(x, spread(y, axes, shape)), x.dtype);
  const count = sumTo(chosen, axes, shapeOf(y));
  return multiply(chosen, spread(realDivide(dy, count), axes, shape));
}

/**
 * Maximum over axes. NaN wins. That of nothing is −∞ (the least value of integers). Elements that tie share the gradient
 * equally. @tf tf.math.reduce_max
 */
export const reduceMax: Reduction = reduction('reduceMax', 'max', {
  tf: 'tf.math.reduce_max',
  dtypes: numeric,
  saves: 'both',
  domain: [-10, 10],
  ulp: 0,
  gradient: extremeGradient,
});

/**
 * Minimum over axes. NaN wins. That of nothing is ∞ (the greatest value of integers). Elements that tie share the
 * gradient equally. @tf tf.math.reduce_min
 */
export const reduceMin: Reduction = reduction('reduceMin', 'min', {
  tf: 'tf.math.reduce_min',
  dtypes: numeric,
  saves: 'both',
  domain: [-10, 10],
  ulp: 0,
  gradient: extremeGradient,
});

/**
 * Whether any element is true. False for nothing. @tf tf.math.reduce_any
 */
export const reduceAny: LogicalReduction = reduction('reduceAny', 'any', {
  tf: 'tf.math.reduce_any',
  dtypes: ['bool'],
  gradient: null,
});

/**
 * Whether all elements are true. True for nothing. @tf tf.math.reduce_all
 */
export const reduceAll: LogicalReduction = reduction('reduceAll', 'all', {
  tf: 'tf.math.reduce_all',
  dtypes: ['bool'],
  gradient: null,
});

const sumSquare = kernelOf('sumSquare');
const sqrtKernel = native.unaryNames.indexOf('sqrt');

/** Sums that wrap as integers do, and their roots rounded towards zero; one that wrapped below 0 gives the least value. */
function integerNorm(x: Tensor, attrs: ReduceAttrs, shape: Shape): Tensor {
  return cast(sqrt(cast(sum.apply(square(x), attrs, shape), 'float64')), x.dtype);
}

/**
 * Euclidean norm over axes. y = √Σ x², for integers rounded towards zero; their sums wrap. Its gradient at 0 is NaN.
 * @tf tf.math.reduce_euclidean_norm
 */
export const reduceEuclideanNorm: Reduction = reduction('reduceEuclideanNorm', 'sumSquare', {
  tf: 'tf.math.reduce_euclidean_norm',
  dtypes: numeric,
  saves: 'both',
  domain: [-10, 10],
  ulp: 4,
  integers: integerNorm,
  run: (x, y, axes) => {
    runReduce(sumSquare, x, y, axes, 'reduceEuclideanNorm');
    runUnary(sqrtKernel, y, y);
  },
  gradient: (dy, { x, y, axes, shape }) => realDivide(x, spread(realDivide(y, dy), axes, shape)),
});

/** The input of a composite reduction of floats. */
function floatInput(input: TensorLike, op: string): Tensor {
  const x = toTensor(input, null, op, 'inputTensor');
  if (!floating.includes(x.dt.name)) throw badDType(op, 'inputTensor', x.dt, floating);
  return x;
}

/** Variance or standard deviation in one call; null where that cannot be. */
function varianceAtOnce(x: Tensor, attrs: ReduceAttrs, root: boolean, op: string): Tensor | null {
  if (!fitsFusedKernel(x)) return null;
  const shape = reducedShape(shapeOf(x), attrs);
  const y = makeTensor(x.dt, shape, sizeOf(shape));
  runMoments(x, y, y, attrs.axes, root, op);
  return y;
}

interface CompositeSpec {
  tf: string;
  domain: readonly [number, number];
  ulp: number;
}

function compositeReduction(
  name: string,
  spec: CompositeSpec,
  f: (x: Tensor, attrs: ReduceAttrs) => Tensor,
): Reduction {
  const dt: readonly DType[] = floating;
  return composite(
    name,
    { ...spec, dtypes: dt, kind: 'reduction' },
    (inputTensor: TensorLike, options?: ReduceOptions | Axis) => {
      const x = floatInput(inputTensor, name);
      return f(x, reduceAttrs(options, shapeOf(x).length, name));
    },
  );
}

/**
 * Variance over axes, dividing by n. y = Σ (x − mean)² / n, computed so: the mean first. @tf tf.math.reduce_variance
 */
export const reduceVariance: Reduction = compositeReduction(
  'reduceVariance',
  { tf: 'tf.math.reduce_variance', domain: [-10, 10], ulp: 8 },
  (x, attrs) => varianceAtOnce(x, attrs, false, 'reduceVariance') ?? variance(x, attrs),
);

function variance(x: Tensor, { axes: axis, keepdims }: ReduceAttrs): Tensor {
  const deviation = subtract(x, reduceMean(x, { axis, keepdims: true }));
  return reduceMean(square(deviation), { axis, keepdims });
}

/**
 * Standard deviation over axes. y = √variance; its gradient is NaN where all elements are equal. @tf tf.math.reduce_std
 */
export const reduceStd: Reduction = compositeReduction(
  'reduceStd',
  { tf: 'tf.math.reduce_std', domain: [-10, 10], ulp: 8 },
  (x, attrs) => varianceAtOnce(x, attrs, true, 'reduceStd') ?? sqrt(variance(x, attrs)),
);

interface LogSumExp {
  /** How many of the last dimensions are summed over. */
  n: number;
  /** The result's shape. */
  shape: Shape;
}

/**
 * log Σ eˣ of an x that has elements over dimensions that lie beside each other, `inner` elements behind them: 1, or
 * more where `fitsFusedKernel` allows it.
 */
function runLogSumExp(x: Tensor, y: Tensor, inner: number): void {
  kernels.logSumExp(x, y, y.size, x.size / y.size, x.dt.code, inner);
}

/** log Σ eˣ over the last n dimensions. */
const logSumExpLast = op<[x: Tensor, n: number, shape: Shape], LogSumExp>('logSumExpLast', {
  tf: '',
  dtypes: floating,
  args: (x, n, shape) => [[x], { n, shape }],
  infer: ([x], { shape }) => ({ shape, dt: x.dt }),
  run: ([x], _, [y]) => {
    if (x.size === 0) {
      fillWith(y, -Infinity);
      return;
    }
    runLogSumExp(x, y, 1);
  },
  saves: { inputs: [0], outputs: true },
  // dx = dy·softmax(x). Beside an infinite element the others have no share, where a softmax is NaN.
  gradient: ([dy], { x: [x], y: [y], attrs: { n } }) => {
    if (x.size === 0) return [x];
    const column = shapeOf(x).map((d, i) => (i < x.rank - n ? d : 1));
    const share = reshape(softmax(reshape(x, [y.size, x.size / y.size])), shapeOf(x));
    const none = logicalAnd(equal(reshape(y, column), Infinity), less(x, Infinity));
    return [multiply(reshape(dy, column), select(none, 0, share))];
  },
});

/**
 * y = log Σ eˣ over axes, without overflow: the maximum is taken out. −∞ for nothing and for nothing but −∞.
 * @tf tf.math.reduce_logsumexp
 */
export const reduceLogsumexp: Reduction = compositeReduction(
  'reduceLogsumexp',
  { tf: 'tf.math.reduce_logsumexp', domain: [-10, 10], ulp: 8 },
  (x, attrs) => {
    const { axes } = attrs;
    const shape = reducedShape(shapeOf(x), attrs);
    const n = axes.length;
    const kept = x.rank - n;
    if (n > 0 && axes[n - 1] - axes[0] === n - 1 && fitsFusedKernel(x)) {
      const y = makeTensor(x.dt, shape, sizeOf(shape));
      try {
        runLogSumExp(x, y, sizeBetween(shapeOf(x), axes[n - 1] + 1, x.rank));
      } catch (error) {
        throw explain(error, 'reduceLogsumexp', [x]);
      }
      return y;
    }
    if (n === 0 || axes[0] === kept) return logSumExpLast(x, n, shape);
    const perm: number[] = [];
    for (let d = 0; d < x.rank; d++) if (!axes.includes(d)) perm.push(d);
    perm.push(...axes);
    return logSumExpLast(transpose(x, perm), n, shape);
  },
);
