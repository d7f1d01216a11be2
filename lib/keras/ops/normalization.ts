/** Statistics, and operations that normalize by them. Floats of 16 bits are computed in float32. */
import { toTensor, type TensorLike } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import { describe, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { expandDims, reshape } from '../../ops/array/views';
import { add, divide, maximum, minimum, multiply } from '../../ops/math/binary';
import { norm } from '../../ops/math/norms';
import { rsqrt, square } from '../../ops/math/unary';
import { batchNormalization as normalizeBatch } from '../../ops/nn/batch_norm';
import { layerNorm } from '../../ops/nn/layer_norm';
import { moments as momentsOp } from '../../ops/nn/normalization';
import { reduceMean, reduceSum } from '../../ops/reduce/reduce';
import { checkBounds, listOfAxes } from '../layers/axes';
import { widened } from '../layers/normalization/wide';
import { epsilon as defaultEpsilon } from '../base/settings';
import type { KerasTensor } from '../symbolic/keras_tensor';
import { floating } from './dtypes';
import { axes as axesArgument, flag, integer, integers, number, operation } from './operation';
import type { Axes, Operand, Unary } from './types';

/** An operand that may be missing, as a tensor of a dtype. */
const optional = (value: unknown, like: Tensor, op: string, name: string): Tensor | null =>
  value === null || value === undefined ? null : cast(toTensor(value, null, op, name), like.dtype);

const epsilonOf = (value: unknown, op: string): number | null =>
  value === null ? null : number(value, 'epsilon', op);

export interface MomentsOptions {
  /** Whether the reduced axes stay, with size 1. Default false. */
  keepdims?: boolean;
  /** Has no effect: there is one device. */
  synchronized?: boolean;
}

/** [mean, variance] over axes. @tf tf.keras.ops.moments */
export const moments = operation<
  Unary<
    [axes: number | readonly number[], options?: MomentsOptions | boolean],
    [mean: Tensor, variance: Tensor],
    [mean: KerasTensor, variance: KerasTensor]
  >
>({
  module: 'nn',
  className: 'Moments',
  tensors: ['x'],
  required: ['axes'],
  optional: { keepdims: false, synchronized: false },
  check: ({ axes, keepdims, synchronized }) => ({
    axes: integers(axes, 'axes', 'moments'),
    keepdims: flag(keepdims, 'keepdims', 'moments'),
    synchronized: flag(synchronized, 'synchronized', 'moments'),
  }),
  run: ([value], { axes, keepdims }) => {
    const x = floating(value as TensorLike, 'moments');
    return momentsOp(widened(x), axes as number[], { keepdims: keepdims as boolean }).map((t) =>
      cast(t, x.dtype),
    );
  },
});

export interface NormalizeOptions {
  /** The axis or axes. Default −1. */
  axis?: Axes;
  /** The order of the norm, an integer ≥ 1. Default 2. */
  order?: number;
  /** The least norm that is divided by. Default 1e-7. */
  epsilon?: number | null;
}

/** x divided by its norm over an axis. @tf tf.keras.ops.normalize */
export const normalize = operation<Unary<[options?: NormalizeOptions | Axes]>>({
  module: 'nn',
  className: 'Normalize',
  tensors: ['x'],
  optional: { axis: -1, order: 2, epsilon: null },
  check: ({ axis, order, epsilon }) => {
    if (integer(order, 'order', 'normalize') < 1)
      throw new InvalidArgumentError(
        `[normalize] Argument \`order\` must be an int >= 1. Received: order=${describe(order)}`,
      );
    return {
      axis: axesArgument(axis, 'axis', 'normalize'),
      order,
      epsilon: epsilonOf(epsilon, 'normalize'),
    };
  },
  run: ([value], { axis, order, epsilon }) => {
    const given = floating(value as TensorLike, 'normalize');
    const x = given.rank === 0 ? expandDims(given, 0) : given;
    const least = (epsilon as number | null) ?? defaultEpsilon();
    if (order === 2) {
      const squares = reduceSum(square(x), { axis: axis as Axes, keepdims: true });
      return multiply(x, minimum(rsqrt(squares), 1 / least));
    }
    const size = norm(x, { ord: order as number, axis: axis as number | null, keepdims: true });
    return divide(x, maximum(size, least));
  },
});

export interface BatchNormalizationOptions<T = TensorLike> {
  /** Added to the result. */
  offset?: T | null;
  /** Multiplies what is normalized. */
  scale?: T | null;
  /** Added to the variance. Default 0.001. */
  epsilon?: number;
}

export interface BatchNormalization {
  (
    x: TensorLike,
    mean: TensorLike,
    variance: TensorLike,
    axis: number,
    options?: BatchNormalizationOptions,
  ): Tensor;
  (
    x: Operand,
    mean: Operand,
    variance: Operand,
    axis: number,
    options?: BatchNormalizationOptions<Operand>,
  ): KerasTensor;
}

/** (x − mean) / √(variance + epsilon)·scale + offset, with vectors along an axis. @tf tf.keras.ops.batch_normalization */
export const batchNormalization = operation<BatchNormalization>({
  module: 'nn',
  className: 'BatchNorm',
  functionName: 'batchNormalization',
  tensors: ['x', 'mean', 'variance'],
  named: ['offset', 'scale'],
  namedBy: 'position',
  required: ['axis'],
  optional: { epsilon: 1e-3 },
  check: ({ axis, epsilon }) => ({
    axis: integer(axis, 'axis', 'batchNormalization'),
    epsilon: number(epsilon, 'epsilon', 'batchNormalization'),
  }),
  run: ([value, ...others], { axis, epsilon }) => {
    const op = 'batchNormalization';
    const x = floating(value as TensorLike, op);
    const along = axis as number;
    if (along < -x.rank || along >= x.rank)
      throw new InvalidArgumentError(`[${op}] axis ${along} is out of bounds for an input of rank ${x.rank}`);
    const place = along < 0 ? along + x.rank : along;
    const size = x.shape[place];
    const names = ['mean', 'variance', 'offset', 'scale'];
    const [mean, variance, offset, scale] = names.map((name, i) => {
      const t = optional(others[i], x, op, name);
      if (t === null) return null;
      if (t.rank !== 1 || t.size !== size)
        throw new InvalidArgumentError(
          `[${op}] Arguments \`${name}\` must be a vector of length \`x.shape[axis]\`. Expected: \`[${size}]\`. ` +
            `Received: \`${showShape(shapeOf(t))}.`,
        );
      return place === x.rank - 1
        ? t
        : reshape(
            t,
            x.shape.map((_, d) => (d === place ? size : 1)),
          );
    });
    return normalizeBatch(x, mean as Tensor, variance as Tensor, offset, scale, epsilon as number);
  },
});

export interface LayerNormalizationOptions<T = TensorLike> {
  /** Multiplies what is normalized: in the shape of the axes. */
  gamma?: T | null;
  /** Added to the result: in the shape of the axes. */
  beta?: T | null;
  /** The axis or axes. Default −1. */
  axis?: number | readonly number[];
  /** Added to the variance. Default 1e-7. */
  epsilon?: number | null;
  /** Deprecated: x·gamma/√(variance + epsilon), without mean and beta. Default false. */
  rmsScaling?: boolean;
}

export interface LayerNormalization {
  (x: TensorLike, options?: LayerNormalizationOptions): Tensor;
  (x: Operand, options?: LayerNormalizationOptions<Operand>): KerasTensor;
}

/** (x − mean) / √(variance + epsilon)·gamma + beta, over axes of each example. @tf tf.keras.ops.layer_normalization */
export const layerNormalization = operation<LayerNormalization>({
  module: 'nn',
  className: 'LayerNorm',
  functionName: 'layerNormalization',
  tensors: ['x'],
  named: ['gamma', 'beta'],
  namedBy: 'position',
  optional: { axis: -1, epsilon: null, rmsScaling: false },
  check: ({ axis, epsilon, rmsScaling }) => ({
    axis: integers(axis, 'axis', 'layerNormalization'),
    epsilon: epsilonOf(epsilon, 'layerNormalization'),
    rmsScaling: flag(rmsScaling, 'rmsScaling', 'layerNormalization'),
  }),
  run: ([value, gamma, beta], { axis, epsilon, rmsScaling }) => {
    const op = 'layerNormalization';
    const given = floating(value as TensorLike, op);
    const x = widened(given);
    const axes = listOfAxes(axis, 'axis', op).map((a) => (a < 0 ? a + x.rank : a));
    checkBounds(axes, x.shape, op);
    const sorted = [...axes].sort((a, b) => a - b);
    const sizes = sorted.map((a) => x.shape[a]);
    const vector = (value: unknown, name: string): Tensor | null => {
      const t = optional(value, x, op, name);
      return t === null ? null : reshape(t, sizes);
    };
    const [scale, shift] = [vector(gamma, 'gamma'), vector(beta, 'beta')];
    const eps = (epsilon as number | null) ?? defaultEpsilon();
    if (rmsScaling !== true)
      return cast(layerNorm(x, scale, shift, { axis: sorted, epsilon: eps }), given.dtype);
    const [, variance] = momentsOp(x, sorted, { keepdims: true });
    const scaled = multiply(x, rsqrt(add(variance, eps)));
    if (scale === null) return cast(scaled, given.dtype);
    const factors = reshape(
      scale,
      x.shape.map((n, d) => (sorted.includes(d) ? n : 1)),
    );
    return cast(multiply(scaled, factors), given.dtype);
  },
});

export interface RmsNormalizationOptions<T = TensorLike> {
  /** Multiplies the result. */
  scale?: T | null;
  /** The axis or axes. Default −1. */
  axis?: number | readonly number[];
  /** Added to the mean of the squares. Default 1e-7. */
  epsilon?: number | null;
}

export interface RmsNormalization {
  (x: TensorLike, options?: RmsNormalizationOptions): Tensor;
  (x: Operand, options?: RmsNormalizationOptions<Operand>): KerasTensor;
}

/** x / √(mean(x²) + epsilon)·scale, over axes of each example. @tf tf.keras.ops.rms_normalization */
export const rmsNormalization = operation<RmsNormalization>({
  module: 'nn',
  className: 'RMSNorm',
  functionName: 'rmsNormalization',
  tensors: ['x'],
  named: ['scale'],
  optional: { axis: -1, epsilon: null },
  check: ({ axis, epsilon }) => ({
    axis: integers(axis, 'axis', 'rmsNormalization'),
    epsilon: epsilonOf(epsilon, 'rmsNormalization'),
  }),
  run: ([value, factors], { axis, epsilon }) => {
    const op = 'rmsNormalization';
    const given = floating(value as TensorLike, op);
    const x = widened(given.rank === 0 ? expandDims(given, 0) : given);
    const squares = reduceMean(square(x), { axis: axis as number[], keepdims: true });
    const y = multiply(x, rsqrt(add(squares, (epsilon as number | null) ?? defaultEpsilon())));
    const scale = optional(factors, x, op, 'scale');
    return cast(scale === null ? y : multiply(y, scale), given.dtype);
  },
});
