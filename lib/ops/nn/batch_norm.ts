/** Batch normalisation: the fused form for training, and the plain formula. */
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
import { checkEpsilon, normalizationAgain, sumOf, upTo } from './layer_norm';
import { broadcastTo } from '../array/movement';
import { fitsFusedKernel } from '../../op/define/reduction';
import { sample, type GradContext } from '../../op/registry';
import { notRecorded } from '../../op/not_recorded';
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

/** The same as `batchNormTraining` without what a tape or a tracer needs. */
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

/** y, and mean and unbiased variance of each channel, the last dimension. */
const batchNormTraining = multiOp<[x: Tensor, scale: Tensor, offset: Tensor, epsilon: number], Epsilon>(
  'batchNormTraining',
  {
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
    gradient: (up, { x, y, attrs }: GradContext<Epsilon>) => {
      const [dy, dmean, dvariance] = up as readonly (Tensor | null)[];
      const [dx, dscale, doffset] =
        dy === null ? [null, null, null] : batchNormGradient(dy, x[0], x[1], y[1], y[2], attrs.epsilon);
      const count = x[0].size / x[1].size;
      // d mean / dx = 1/N, d variance / dx = 2·(x − mean)/(N − 1).
      const more =
        dvariance === null
          ? null
          : multiply(subtract(x[0], y[1]), multiply(dvariance, 2 / Math.max(1, count - 1)));
      const all = sumOf([dx, more]);
      if (dmean === null) return [all, dscale, doffset];
      const even = multiply(dmean, 1 / count);
      return [all === null ? broadcastTo(even, shapeOf(x[0])) : add(all, even), dscale, doffset];
    },
  },
);

type GradientArgs = [dy: Tensor, x: Tensor, scale: Tensor, mean: Tensor, variance: Tensor, epsilon: number];

/**
 * The gradients towards x, scale and offset of y alone. mean and variance are those of x, no arguments of their own:
 * derivatives towards x go through them.
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
  gradient: (up, { x, attrs, shapes }: GradContext<Epsilon>) => {
    const across = upTo(shapes[1].length - 1);
    const again = normalizationAgain(up, [x[0], x[1], x[2]], across, across, attrs.epsilon);
    return [...again, null, null];
  },
});

export interface FusedBatchNormOptions {
  /** The mean to use, or that a moving average starts from. */
  mean?: TensorLike | null;
  /** The variance to use, or that a moving average starts from. */
  variance?: TensorLike | null;
  /** Added to the variance; below 1.001e-5 that is used. Default 0.001. */
  epsilon?: number;
  /** 'NHWC' (default), 'NCHW', 'NDHWC' or 'NCDHW'. */
  dataFormat?: string;
  /** Take mean and variance from x (default), or use those given. */
  isTraining?: boolean;
  /** The weight of x's mean and variance in those returned. Default 1. */
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
 * Batch normalisation in one call. y = (x − mean)/√(variance + epsilon)·scale + offset for each channel; gives
 * [y, mean, variance]. In training mean and variance are x's over all but the channels (y is computed with the biased
 * variance, the one returned has N − 1 in its denominator), blended with those given where exponentialAvgFactor is not 1;
 * otherwise those given. x has 4 or 5 dimensions; the others are vectors. Gradients flow through all three results.
 * InvalidArgumentError where shapes do not fit or mean and variance are missing.
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
    const deep = o.dataFormat === 'NDHWC' || o.dataFormat === 'NCDHW';
    // TensorFlow takes NHWC for five dimensions too: the channels are last.
    const axes = windowAxes(
      rank === 5 && o.dataFormat === 'NHWC' ? 'NDHWC' : o.dataFormat,
      deep ? 3 : rank - 2,
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
    const blend = (old: Tensor, now: Tensor): Tensor => add(multiply(old, 1 - factor), multiply(now, factor));
    return [fromChannelsLast(y, axes), blend(m, mean), blend(v, variance)];
  },
);

/**
 * Batch normalisation with a mean and variance that are given. y = (x − mean)·scale/√(variance + varianceEpsilon) +
 * offset; all broadcast. offset and scale may be null. @tf tf.nn.batch_normalization
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
    if (notRecorded() && perLast(t, m) && perLast(t, v) && perLast(t, b) && perLast(t, s) && t.size > 0)
      return runGiven(name, t, m, v, b, s, epsilon);
    const r = rsqrt(add(v, epsilon));
    const factor = s === null ? r : multiply(r, s);
    const shift = multiply(m, factor);
    return add(multiply(t, factor), b === null ? negative(shift) : subtract(b, shift));
  },
);

/** Whether p, unless it is null, is a vector with an element for each of x's last dimension, which is not too long. */
function perLast(x: Tensor, p: Tensor | null): boolean {
  if (p === null) return true;
  const n = shapeOf(x)[shapeOf(x).length - 1];
  return p.dt === x.dt && shapeOf(p).length === 1 && shapeOf(p)[0] === n && n <= 1024;
}

const [rootKernel, negativeKernel] = ['rsqrt', 'negative'].map((f) => kernelNumber(native.unaryNames, f));
const [addKernel, subtractKernel, multiplyKernel] = ['add', 'subtract', 'multiply'].map((f) =>
  kernelNumber(native.binaryNames, f),
);

/** The same kernels in one call: the parts that all rows share are not tensors. */
function runGiven(
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
