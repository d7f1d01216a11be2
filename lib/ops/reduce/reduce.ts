/** Reductions over axes. */
import { frame, native } from '../../binding';
import type { TensorLike } from '../../core/convert';
import { toTensor } from '../../core/convert';
import { booleans, dtypes, floating, integers, numeric, type DType } from '../../core/dtype';
import { sizeBetween, sizeOf, type Shape } from '../../core/shape';
import { bufferOf, makeTensor, shapeOf, type Tensor } from '../../core/tensor';
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
  broadcastAlong,
  sumTo,
  type LogicalReduction,
  type ReduceAttrs,
  type ReduceOptions,
  type Reduction,
  type ReductionSaved,
} from '../../op/define/reduction';
import { scanAxes } from '../math/scan';
import { select } from '../math/select';
import { softmax } from '../nn/softmax';
import { fillWith } from '../../op/strided';
import { sqrt, square } from '../math/unary';
import { reshape } from '../array/views';

const sum = defineReduction('reduceSum', 'sum', {
  tf: 'tf.math.reduce_sum',
  dtypes: numeric,
  domain: [-10, 10],
  ulp: 4,
  gradient: (dy, { axes, shape }) => broadcastAlong(dy, axes, shape),
});
setSum((t, axes, shape) => sum.apply(t, { axes, keepdims: false }, shape));

/**
 * Sum over axes; integers wrap. y = Σ x. An empty sum is 0. @tf tf.math.reduce_sum
 */
export const reduceSum: Reduction = sum.call;

const sumInt64Kernel = kernelOf('sumLong');

/** Sum of integers, accumulated and returned as int64. */
const reduceSumInt64 = op<
  [x: Tensor, axes: readonly number[], shape: Shape],
  Pick<ReduceAttrs, 'axes'> & { shape: Shape }
>('reduceSumInt64', {
  tf: '',
  dtypes: integers,
  args: (x, axes, shape) => [[x], { axes, shape }],
  infer: (_, { shape }) => ({ shape, dt: dtypes.int64 }),
  run: ([x], { axes }, [y]) => {
    runReduce(sumInt64Kernel, x, y, axes, 'reduceMean');
  },
  gradient: null,
});

/** Sums in int64 (or uint64) and rounds the quotient towards zero. The mean of no elements is 0. */
function integerMean(x: Tensor, { axes }: ReduceAttrs, shape: Shape): Tensor {
  const count = reducedCount(shapeOf(x), axes);
  if (count === 0) return zeros(shape, x.dtype);
  const sum = reduceSumInt64(x, axes, shape);
  return cast(truncatediv(x.dt.name === 'uint64' ? cast(sum, 'uint64') : sum, count), x.dtype);
}

/** dy / count, also if count exceeds the range of float16. */
function dividedBy(dy: Tensor, count: number): Tensor {
  if (count <= dy.dt.max) return realDivide(dy, count);
  return cast(realDivide(cast(dy, 'float32'), count), dy.dtype);
}

/**
 * Mean over axes. y = Σ x / n; integers are summed as int64, and the quotient is rounded towards zero. The mean of no
 * elements is NaN (0 for integers). @tf tf.math.reduce_mean
 */
export const reduceMean: Reduction = reduction('reduceMean', 'mean', {
  tf: 'tf.math.reduce_mean',
  dtypes: numeric,
  domain: [-10, 10],
  ulp: 4,
  ofIntegers: integerMean,
  gradient: (dy, { axes, shape }) => broadcastAlong(dividedBy(dy, reducedCount(shape, axes)), axes, shape),
});

/**
 * Product over axes; integers wrap. y = Π x. An empty product is 1. The gradient is correct for elements that are 0.
 * @tf tf.math.reduce_prod
 */
export const reduceProd: Reduction = reduction('reduceProd', 'prod', {
  tf: 'tf.math.reduce_prod',
  dtypes: numeric,
  saves: 'input',
  domain: [0.5, 2],
  ulp: 8,
  contiguousAxes: true,
  // dxᵢ = dy · (product of the elements before i) · (product of the elements after i), without a division by xᵢ.
  gradient: (dy, { x, axes, shape }) => {
    const before = scanAxes('cumprod', x, axes, true, false);
    const after = scanAxes('cumprod', x, axes, true, true);
    return multiply(multiply(before, after), broadcastAlong(dy, axes, shape));
  },
});

/** Elements that tie for the extreme share its gradient equally. */
function extremeGradient(dy: Tensor, { x, y, axes, shape }: ReductionSaved): Tensor {
  const isExtreme = cast(equal(x, broadcastAlong(y, axes, shape)), x.dtype);
  const count = sumTo(isExtreme, axes, shapeOf(y));
  return multiply(isExtreme, broadcastAlong(realDivide(dy, count), axes, shape));
}

/**
 * Maximum over axes; NaN if an element is NaN. The maximum of no elements is −∞ (the dtype's smallest value for integers).
 * Elements that tie share the gradient equally. @tf tf.math.reduce_max
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
 * Minimum over axes; NaN if an element is NaN. The minimum of no elements is ∞ (the dtype's largest value for integers).
 * Elements that tie share the gradient equally. @tf tf.math.reduce_min
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
 * Whether any element is true; false for no elements. @tf tf.math.reduce_any
 */
export const reduceAny: LogicalReduction = reduction('reduceAny', 'any', {
  tf: 'tf.math.reduce_any',
  dtypes: booleans,
  gradient: null,
});

/**
 * Whether all elements are true; true for no elements. @tf tf.math.reduce_all
 */
export const reduceAll: LogicalReduction = reduction('reduceAll', 'all', {
  tf: 'tf.math.reduce_all',
  dtypes: booleans,
  gradient: null,
});

const sumSquare = kernelOf('sumSquare');
const sqrtKernel = native.unaryNames.indexOf('sqrt');

/**
 * The norm of integers: the sum of squares wraps, and its root is rounded towards zero. A sum that wrapped to a negative
 * number gives the dtype's smallest value.
 */
function integerNorm(x: Tensor, attrs: ReduceAttrs, shape: Shape): Tensor {
  return cast(sqrt(cast(sum.apply(square(x), attrs, shape), 'float64')), x.dtype);
}

/**
 * Euclidean norm over axes. y = √Σ x². For integers, the sum wraps and the root is rounded towards zero. The gradient at 0
 * is NaN.
 * @tf tf.math.reduce_euclidean_norm
 */
export const reduceEuclideanNorm: Reduction = reduction('reduceEuclideanNorm', 'sumSquare', {
  tf: 'tf.math.reduce_euclidean_norm',
  dtypes: numeric,
  saves: 'both',
  domain: [-10, 10],
  ulp: 4,
  ofIntegers: integerNorm,
  run: (x, y, axes) => {
    runReduce(sumSquare, x, y, axes, 'reduceEuclideanNorm');
    frame[0] = frame[1] = y.offset;
    frame[2] = y.size;
    frame[3] = sqrtKernel;
    frame[4] = y.dt.code;
    native.unary(bufferOf(y), bufferOf(y));
  },
  gradient: (dy, { x, y, axes, shape }) => realDivide(x, broadcastAlong(realDivide(y, dy), axes, shape)),
});

/** Converts the input of a composite reduction, which must be floating-point. */
function floatInput(input: TensorLike, op: string): Tensor {
  const x = toTensor(input, null, op, 'inputTensor');
  if (!floating.includes(x.dt.name)) throw badDType(op, 'inputTensor', x.dt, floating);
  return x;
}

/** Fused eager kernel of the variance or standard deviation (`root`); null if it does not apply. */
function fusedVariance(x: Tensor, attrs: ReduceAttrs, root: boolean, op: string): Tensor | null {
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
 * Population variance over axes. y = Σ (x − mean)² / n, computed in two passes: the mean first.
 * @tf tf.math.reduce_variance
 */
export const reduceVariance: Reduction = compositeReduction(
  'reduceVariance',
  { tf: 'tf.math.reduce_variance', domain: [-10, 10], ulp: 8 },
  (x, attrs) => fusedVariance(x, attrs, false, 'reduceVariance') ?? variance(x, attrs),
);

function variance(x: Tensor, { axes: axis, keepdims }: ReduceAttrs): Tensor {
  const deviation = subtract(x, reduceMean(x, { axis, keepdims: true }));
  return reduceMean(square(deviation), { axis, keepdims });
}

/**
 * Standard deviation over axes. y = √variance. The gradient is NaN if all elements are equal. @tf tf.math.reduce_std
 */
export const reduceStd: Reduction = compositeReduction(
  'reduceStd',
  { tf: 'tf.math.reduce_std', domain: [-10, 10], ulp: 8 },
  (x, attrs) => fusedVariance(x, attrs, true, 'reduceStd') ?? sqrt(variance(x, attrs)),
);

interface LogSumExp {
  /** The number of trailing dimensions to reduce. */
  n: number;
  /** The result's shape. */
  shape: Shape;
}

/**
 * y = log Σ eˣ of a non-empty x over adjacent dimensions, which `inner` elements follow. An `inner` above 1 requires
 * `fitsFusedKernel(x)`.
 */
function runLogSumExp(x: Tensor, y: Tensor, inner: number): void {
  frame[0] = x.offset;
  frame[1] = y.offset;
  frame[2] = y.size;
  frame[3] = x.size / y.size;
  frame[4] = x.dt.code;
  frame[5] = inner;
  native.logSumExp(bufferOf(x), bufferOf(y));
}

/** y = log Σ eˣ over the last n dimensions. */
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
  // dx = dy·softmax(x), except that finite elements next to an infinite one get 0: their softmax would be NaN.
  gradient: ([dy], { x: [x], y: [y], attrs: { n } }) => {
    if (x.size === 0) return [x];
    const keptShape = shapeOf(x).map((d, i) => (i < x.rank - n ? d : 1));
    const weights = reshape(softmax(reshape(x, [y.size, x.size / y.size])), shapeOf(x));
    const isZero = logicalAnd(equal(reshape(y, keptShape), Infinity), less(x, Infinity));
    return [multiply(reshape(dy, keptShape), select(isZero, 0, weights))];
  },
});

/**
 * y = log Σ eˣ over axes, without overflow: the maximum is subtracted first. −∞ for no elements, and if all are −∞.
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
