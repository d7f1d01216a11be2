/** Batch normalisation: the fused op for training, and normalisation with given statistics. */
import { notRecorded } from '../../core/context';
import { native } from '../../binding';
import { toTensor, type TensorLike } from '../../core/convert';
import { floating } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { describe, showShape } from '../../core/shape';
import { makeTensor, shapeOf, type Tensor } from '../../core/tensor';
import { add, multiply, subtract } from '../math/binary';
import { badDType, explain, kernelNumber, mixedDTypes } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { multiOp } from '../../op/define/general';
import { options } from '../../core/options';
import type { DTypeOf } from '../../core/dtype_of';
import { checkEpsilon, normalizationSecondGradient, sumOf, indicesUpTo } from './layer_norm';
import { broadcastTo } from '../array/movement';
import { fitsFusedKernel } from '../../op/define/reduction';
import { sample, type GradContext } from '../../op/registry';
import { identity } from '../array/views';
import { negative, rsqrt } from '../math/unary';
import { fromChannelsLast, toChannelsLast, windowAxes } from './window';
import { fillWith } from '../../op/strided';
import * as kernels from '../../op/kernels';

interface Epsilon {
  epsilon: number;
}

function runTraining(
  x: Tensor,
  scale: Tensor,
  offset: Tensor,
  epsilon: number,
  y: Tensor,
  mean: Tensor,
  variance: Tensor,
): void {
  const channels = scale.size;
  kernels.batchNorm(x, scale, offset, y, mean, variance, x.size / channels, channels, x.dt.code, epsilon);
}

/** Eager fast path of `batchNormTraining`, without recording. */
function fusedTraining(x: Tensor, scale: Tensor, offset: Tensor, epsilon: number): [Tensor, Tensor, Tensor] {
  const y = makeTensor(x.dt, shapeOf(x), x.size);
  const mean = makeTensor(x.dt, shapeOf(scale), scale.size);
  const variance = makeTensor(x.dt, shapeOf(scale), scale.size);
  try {
    runTraining(x, scale, offset, epsilon, y, mean, variance);
  } catch (error) {
    throw explain(error, 'fusedBatchNorm', [x, scale, offset]);
  }
  return [y, mean, variance];
}

/** [y, mean, unbiased variance]; the statistics are per channel, which is the last dimension. */
export const batchNormTraining = multiOp<
  [x: Tensor, scale: Tensor, offset: Tensor, epsilon: number],
  Epsilon
>('batchNormTraining', {
  tf: '',
  dtypes: floating,
  args: (x, scale, offset, epsilon) => [[x, scale, offset], { epsilon }],
  infer: ([x, scale]) => [
    { shape: shapeOf(x), dt: x.dt },
    { shape: shapeOf(scale), dt: x.dt },
    { shape: shapeOf(scale), dt: x.dt },
  ],
  run: ([x, scale, offset], { epsilon }, [y, mean, variance]) => {
    if (x.size > 0) {
      runTraining(x, scale, offset, epsilon, y, mean, variance);
      return;
    }
    fillWith(mean, NaN);
    fillWith(variance, NaN);
  },
  saves: { inputs: [0, 1], outputs: true },
  partialDy: true,
  gradient: (upstream, { x, y, attrs }: GradContext<Epsilon>) => {
    const [dy, dmean, dvariance] = upstream as readonly (Tensor | null)[];
    const [dx, dscale, doffset] =
      dy === null ? [null, null, null] : batchNormGradient(dy, x[0], x[1], y[1], y[2], attrs.epsilon);
    const count = x[0].size / x[1].size;
    // d mean / dx = 1/N, d variance / dx = 2·(x − mean)/(N − 1).
    const dxOfVariance =
      dvariance === null
        ? null
        : multiply(subtract(x[0], y[1]), multiply(dvariance, 2 / Math.max(1, count - 1)));
    const dxTotal = sumOf([dx, dxOfVariance]);
    if (dmean === null) return [dxTotal, dscale, doffset];
    const dxOfMean = multiply(dmean, 1 / count);
    return [
      dxTotal === null ? broadcastTo(dxOfMean, shapeOf(x[0])) : add(dxTotal, dxOfMean),
      dscale,
      doffset,
    ];
  },
});

type GradientArgs = [dy: Tensor, x: Tensor, scale: Tensor, mean: Tensor, variance: Tensor, epsilon: number];

/**
 * The gradients of y with respect to x, scale and offset. mean and variance are functions of x, not independent inputs: the
 * derivatives with respect to x include theirs.
 */
const batchNormGradient = multiOp<GradientArgs, Epsilon>('batchNormGradient', {
  tf: '',
  dtypes: floating,
  args: (dy, x, scale, mean, variance, epsilon) => [[dy, x, scale, mean, variance], { epsilon }],
  infer: ([, x, scale]) => [
    { shape: shapeOf(x), dt: x.dt },
    { shape: shapeOf(scale), dt: x.dt },
    { shape: shapeOf(scale), dt: x.dt },
  ],
  run: ([dy, x, scale, mean, variance], { epsilon }, [dx, dscale, doffset]) => {
    if (x.size === 0) {
      fillWith(dscale, 0);
      fillWith(doffset, 0);
      return;
    }
    const channels = scale.size;
    kernels.batchNormGradient(
      dy,
      x,
      scale,
      mean,
      variance,
      dx,
      dscale,
      doffset,
      x.size / channels,
      channels,
      x.dt.code,
      epsilon,
    );
  },
  saves: { inputs: [0, 1, 2] },
  partialDy: true,
  gradient: (upstream, { x, attrs, shapes }: GradContext<Epsilon>) => {
    const reducedAxes = indicesUpTo(shapes[1].length - 1);
    const gradients = normalizationSecondGradient(
      upstream,
      [x[0], x[1], x[2]],
      reducedAxes,
      reducedAxes,
      attrs.epsilon,
    );
    return [...gradients, null, null];
  },
});

export interface FusedBatchNormOptions {
  /** The mean to normalise with, or the previous value of its moving average. */
  mean?: TensorLike | null;
  /** The variance to normalise with, or the previous value of its moving average. */
  variance?: TensorLike | null;
  /** Added to the variance; at least 1.001e-5 is used. Default 0.001. */
  epsilon?: number;
  /** 'NHWC' (default), 'NCHW', 'NDHWC' or 'NCDHW'. */
  dataFormat?: string;
  /** Compute mean and variance from x (default), or use the given ones. */
  isTraining?: boolean;
  /** The weight of x's mean and variance in the returned moving averages. Default 1. */
  exponentialAvgFactor?: number;
}

const noOptions: Required<FusedBatchNormOptions> = {
  mean: null,
  variance: null,
  epsilon: 1e-3,
  dataFormat: 'NHWC',
  isTraining: true,
  exponentialAvgFactor: 1,
};

function perChannel(name: string, what: string, value: TensorLike, x: Tensor, channels: number): Tensor {
  const t = toTensor(value, x.dt, name, what);
  if (t.dt !== x.dt) throw mixedDTypes(name, x, t);
  if (shapeOf(t).length === 1 && shapeOf(t)[0] === channels) return t;
  throw new InvalidArgumentError(
    `[${name}] ${what} must be a vector with as many elements as x has channels, ${channels}; got shape ` +
      `${showShape(shapeOf(t))} for x of shape ${showShape(shapeOf(x))}`,
  );
}

/**
 * Fused batch normalisation. y = (x − mean)/√(variance + epsilon)·scale + offset for each channel; returns [y, mean,
 * variance]. In training, the statistics are those of x over all dimensions but the channels: y is computed with the biased
 * variance, the returned variance has the denominator N − 1, and both are averaged with the given ones if
 * exponentialAvgFactor is not 1. Otherwise, the given ones are used. x has 4 or 5 dimensions; scale, offset, mean and
 * variance are vectors. Gradients pass through all three results.
 * InvalidArgumentError for incompatible shapes, or if mean and variance are missing.
 * @tf tf.compat.v1.nn.fused_batch_norm
 */
export const fusedBatchNorm: <X extends TensorLike>(
  x: X,
  scale: TensorLike,
  offset: TensorLike,
  options?: FusedBatchNormOptions,
) => [y: Tensor<DTypeOf<X>>, mean: Tensor<DTypeOf<X>>, variance: Tensor<DTypeOf<X>>] = composite(
  'fusedBatchNorm',
  {
    tf: 'tf.compat.v1.nn.fused_batch_norm',
    dtypes: floating,
    domain: [-3, 3],
    ulp: 8,
    examples: [
      { args: [sample([2, 3, 2, 3]), sample([3]), sample([3])] },
      { args: [sample([1, 1, 2, 20]), sample([20]), sample([20])], options: { epsilon: 0.1 } },
      { args: [sample([2, 5, 5, 1]), sample([1]), sample([1])] },
      { args: [sample([2, 2, 2, 2, 2]), sample([2]), sample([2])], options: { dataFormat: 'NDHWC' } },
      {
        args: [sample([1, 2, 2, 2]), sample([2]), sample([2])],
        options: { mean: sample([2]), variance: sample([2], { domain: [0.5, 2] }), isTraining: false },
      },
      {
        args: [sample([1, 2, 2, 2]), sample([2]), sample([2])],
        options: {
          mean: sample([2]),
          variance: sample([2], { domain: [0.5, 2] }),
          exponentialAvgFactor: 0.25,
        },
      },
      { args: [sample([0, 2, 2, 3]), sample([3]), sample([3])], noGradient: true },
    ],
  },
  (
    x: TensorLike,
    scale: TensorLike,
    offset: TensorLike,
    given?: FusedBatchNormOptions,
  ): [Tensor, Tensor, Tensor] => {
    const name = 'fusedBatchNorm';
    const t = toTensor(x, null, name, 'x');
    if (t.dt.kind !== 'float') throw badDType(name, 'x', t.dt, floating);
    const o = options<Required<FusedBatchNormOptions>>(given, 'mean', noOptions, name);
    const rank = shapeOf(t).length;
    if (rank !== 4 && rank !== 5) {
      throw new InvalidArgumentError(
        `[${name}] input must be 4 or 5-dimensional; got shape ${showShape(shapeOf(t))}`,
      );
    }
    const isVolume = o.dataFormat === 'NDHWC' || o.dataFormat === 'NCDHW';
    // As in TensorFlow, NHWC also stands for five dimensions with the channels last.
    const axes = windowAxes(
      rank === 5 && o.dataFormat === 'NHWC' ? 'NDHWC' : o.dataFormat,
      isVolume ? 3 : rank - 2,
      name,
    );
    if (axes.n !== rank - 2) {
      throw new InvalidArgumentError(
        `[${name}] dataFormat ${describe(o.dataFormat)} is for five dimensions; x has shape ${showShape(shapeOf(t))}`,
      );
    }
    const channels = shapeOf(t)[axes.channelsFirst ? 1 : rank - 1];
    const s = perChannel(name, 'scale', scale, t, channels);
    const b = perChannel(name, 'offset', offset, t, channels);
    const epsilon = Math.max(checkEpsilon(o.epsilon, name), 1.001e-5);
    const factor = checkEpsilon(o.exponentialAvgFactor, name, 'exponentialAvgFactor');
    const last = toChannelsLast(t, axes);
    if (o.isTraining && factor === 1) {
      if (!axes.channelsFirst && fitsFusedKernel(t)) return fusedTraining(last, s, b, epsilon);
      const [y, mean, variance] = batchNormTraining(last, s, b, epsilon);
      return [fromChannelsLast(y, axes), mean, variance];
    }
    if (o.mean === null || o.variance === null) {
      throw new InvalidArgumentError(
        `[${name}] Both mean and variance must be a 1D tensor when isTraining is false or exponentialAvgFactor is not 1`,
      );
    }
    const m = perChannel(name, 'mean', o.mean, t, channels);
    const v = perChannel(name, 'variance', o.variance, t, channels);
    if (!o.isTraining) {
      const y = batchNormalization(last, m, v, b, s, epsilon);
      return [fromChannelsLast(y, axes), identity(m), identity(v)];
    }
    const [y, mean, variance] = batchNormTraining(last, s, b, epsilon);
    const blend = (old: Tensor, batch: Tensor): Tensor =>
      add(multiply(old, 1 - factor), multiply(batch, factor));
    return [fromChannelsLast(y, axes), blend(m, mean), blend(v, variance)];
  },
);

/**
 * Batch normalisation with a given mean and variance. y = (x − mean)·scale/√(variance + varianceEpsilon) + offset; all
 * operands broadcast. offset and scale may be null. @tf tf.nn.batch_normalization
 */
export const batchNormalization: <X extends TensorLike>(
  x: X,
  mean: TensorLike,
  variance: TensorLike,
  offset: TensorLike | null,
  scale: TensorLike | null,
  varianceEpsilon: number,
) => Tensor<DTypeOf<X>> = composite(
  'batchNormalization',
  {
    tf: 'tf.nn.batch_normalization',
    dtypes: floating,
    domain: [0.25, 2],
    ulp: 8,
    examples: [
      { args: [sample([2, 3]), sample([3]), sample([3]), sample([3]), sample([3]), 0.001] },
      { args: [sample([2, 3]), sample([3]), sample([3]), null, sample([3]), 0.001] },
      { args: [sample([2, 3]), sample([3]), sample([3]), sample([3]), null, 0.1] },
      { args: [sample([2, 2, 3]), sample([2, 2, 1]), sample([2, 2, 1]), null, null, 0.001] },
      { args: [sample([0, 3]), sample([3]), sample([3]), sample([3]), sample([3]), 0.001] },
    ],
  },
  (
    x: TensorLike,
    mean: TensorLike,
    variance: TensorLike,
    offset: TensorLike | null,
    scale: TensorLike | null,
    varianceEpsilon: number,
  ): Tensor => {
    const name = 'batchNormalization';
    const t = toTensor(x, null, name, 'x');
    if (t.dt.kind !== 'float') throw badDType(name, 'x', t.dt, floating);
    const epsilon = checkEpsilon(varianceEpsilon, name, 'varianceEpsilon');
    const m = toTensor(mean, t.dt, name, 'mean');
    const v = toTensor(variance, t.dt, name, 'variance');
    const b = offset === null ? null : toTensor(offset, t.dt, name, 'offset');
    const s = scale === null ? null : toTensor(scale, t.dt, name, 'scale');
    if (
      notRecorded() &&
      fitsLastDimension(t, m) &&
      fitsLastDimension(t, v) &&
      fitsLastDimension(t, b) &&
      fitsLastDimension(t, s) &&
      t.size > 0
    )
      return runBatchNormalization(name, t, m, v, b, s, epsilon);
    const r = rsqrt(add(v, epsilon));
    const factor = s === null ? r : multiply(r, s);
    const shift = multiply(m, factor);
    return add(multiply(t, factor), b === null ? negative(shift) : subtract(b, shift));
  },
);

/** Whether p is null or a vector of the size of x's last dimension, and that size is small enough for the fused kernel. */
function fitsLastDimension(x: Tensor, p: Tensor | null): boolean {
  if (p === null) return true;
  const n = shapeOf(x)[shapeOf(x).length - 1];
  return p.dt === x.dt && shapeOf(p).length === 1 && shapeOf(p)[0] === n && n <= 1024;
}

const [rootKernel, negativeKernel] = ['rsqrt', 'negative'].map((f) => kernelNumber(native.unaryNames, f));
const [addKernel, subtractKernel, multiplyKernel] = ['add', 'subtract', 'multiply'].map((f) =>
  kernelNumber(native.binaryNames, f),
);

/** Fused eager kernel of batchNormalization: the intermediate values that all rows share are not allocated as tensors. */
function runBatchNormalization(
  name: string,
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  offset: Tensor | null,
  scale: Tensor | null,
  epsilon: number,
): Tensor {
  const y = makeTensor(x.dt, shapeOf(x), x.size);
  const channels = mean.size;
  try {
    kernels.batchNormGiven(
      x,
      mean,
      variance,
      offset,
      scale,
      y,
      x.size / channels,
      channels,
      x.dt.code,
      epsilon,
      rootKernel,
      negativeKernel,
      addKernel,
      subtractKernel,
      multiplyKernel,
    );
  } catch (error) {
    throw explain(error, name, [x, mean, variance, offset ?? x, scale ?? x]);
  }
  return y;
}
