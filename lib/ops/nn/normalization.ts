/** moments, l2Normalize, localResponseNormalization and biasAdd, composed of other ops. */
import { toTensor, type TensorLike } from '../../core/convert';
import { floating, numeric, type DTypeInfo } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { storedElement } from '../../core/half';
import { memoized } from '../../core/memoize';
import { detached } from '../../core/context';
import { asShape, describe, showShape, sizeOf } from '../../core/shape';
import { makeTensor, shapeOf, type Tensor, viewOf } from '../../core/tensor';
import { axesArgument, type Axis } from '../../op/axis';
import { add, maximum, multiply, pow, realDivide, squaredDifference } from '../math/binary';
import { badDType, mixedDTypes } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { options } from '../../core/options';
import { matmul } from '../linalg/matmul';
import { reduceMean, reduceSum } from '../reduce/reduce';
import { fitsFusedKernel, reducedShape, runMoments, runNormalize } from '../../op/define/reduction';
import { sample } from '../../op/registry';
import { rsqrt, square } from '../math/unary';
import { reshape } from '../array/views';
import type { DTypeOf } from '../../core/dtype_of';

const momentsDefaults = { shift: null, keepdims: false } as const;
const l2NormalizeDefaults = { axis: null, epsilon: 1e-12 } as const;
const localResponseNormalizationDefaults = { depthRadius: 5, bias: 1, alpha: 1, beta: 0.5 } as const;
const biasAddDefaults = { dataFormat: null } as const;

export interface MomentsOptions {
  /** Has no effect, as in TensorFlow. */
  shift?: null;
  /** Keep the reduced axes with size 1. Default false. */
  keepdims?: boolean;
}

/**
 * [mean, variance] over the given axis or axes; the variance is Σ (x − mean)² / N. Differentiable to any order.
 * @tf tf.nn.moments
 */
export const moments: <X extends TensorLike>(
  x: X,
  axes: Exclude<Axis, null>,
  options?: MomentsOptions | null,
) => [mean: Tensor<DTypeOf<X>>, variance: Tensor<DTypeOf<X>>] = composite(
  'moments',
  {
    tf: 'tf.nn.moments',
    dtypes: floating,
    domain: [-3, 3],
    ulp: 8,
    examples: [
      { args: [sample([3, 4]), [0]] },
      { args: [sample([2, 3, 4]), [0, -1]], options: { keepdims: true } },
      { args: [sample([5]), 0] },
    ],
  },
  (x: TensorLike, axes: Exclude<Axis, null>, given?: MomentsOptions | null): [Tensor, Tensor] => {
    const t = toTensor(x, null, 'moments', 'x');
    if (!floating.includes(t.dtype)) throw badDType('moments', 'x', t.dt, floating);
    const { keepdims } = options<{ shift: unknown; keepdims: boolean }>(
      given ?? undefined,
      'shift',
      momentsDefaults,
      'moments',
    );
    const axis = axesArgument(axes, shapeOf(t).length, 'moments', 'axes');
    if (fitsFusedKernel(t)) {
      const shape = reducedShape(shapeOf(t), { axes: axis, keepdims });
      const size = sizeOf(shape);
      const result: [Tensor, Tensor] = [makeTensor(t.dt, shape, size), makeTensor(t.dt, shape, size)];
      runMoments(t, result[0], result[1], axis, false, 'moments');
      return result;
    }
    const mean = reduceMean(t, { axis, keepdims: true });
    const variance = reduceMean(squaredDifference(t, mean), { axis, keepdims });
    return [keepdims ? mean : reshape(mean, shapeOf(variance)), variance];
  },
);

export interface L2NormalizeOptions {
  /** The axis or axes to normalise over. Default: all. */
  axis?: Axis;
  /** Lower bound of the sum of squares. Default 1e-12. */
  epsilon?: number;
}

/** L2 normalisation: x / √max(Σ x², epsilon) over the axes. @tf tf.math.l2_normalize */
export const l2Normalize: <X extends TensorLike>(
  x: X,
  options?: L2NormalizeOptions | Axis,
) => Tensor<DTypeOf<X>> = composite(
  'l2Normalize',
  {
    tf: 'tf.math.l2_normalize',
    dtypes: floating,
    domain: [-3, 3],
    ulp: 4,
    examples: [
      { args: [sample([3, 4])] },
      { args: [sample([3, 4])], options: { axis: 1 } },
      { args: [sample([2, 3, 2])], options: { axis: [0, 2], epsilon: 1e-3 } },
      { args: [sample([2], { values: [0, 0] })], options: { axis: 0 }, noGradient: true },
    ],
  },
  (x: TensorLike, given?: L2NormalizeOptions | Axis): Tensor => {
    const t = toTensor(x, null, 'l2Normalize', 'x');
    if (!floating.includes(t.dtype)) throw badDType('l2Normalize', 'x', t.dt, floating);
    const { axis, epsilon } = options<{ axis: unknown; epsilon: number }>(
      given,
      'axis',
      l2NormalizeDefaults,
      'l2Normalize',
    );
    const axes = axesArgument(axis, shapeOf(t).length, 'l2Normalize');
    if (typeof epsilon === 'number' && fitsFusedKernel(t)) {
      const y = makeTensor(t.dt, shapeOf(t), t.size);
      runNormalize(t, y, axes, epsilon, 'l2Normalize');
      return y;
    }
    return multiply(t, rsqrt(maximum(reduceSum(square(t), { axis: axes, keepdims: true }), epsilon)));
  },
);

export interface LocalResponseNormalizationOptions {
  /** The number of neighbouring channels on either side that are summed over. Default 5. */
  depthRadius?: number;
  /** Default 1. */
  bias?: number;
  /** Default 1. */
  alpha?: number;
  /** Default 0.5. */
  beta?: number;
}

/** A band matrix of ones, whose product with a row of channels sums each channel's neighbourhood. */
const bandTensor = memoized((n: number, radius: number, dt: DTypeInfo): Tensor =>
  detached(() => {
    const t = makeTensor(dt, asShape([n, n]), n * n);
    const band = viewOf(t) as Float32Array;
    const one = storedElement(dt, 1) as number;
    band.fill(0);
    for (let i = 0; i < n; i++) {
      band.fill(one, i * n + Math.max(0, i - radius), i * n + Math.min(n, i + radius + 1));
    }
    return t;
  }),
);

/**
 * Local response normalisation. y = x / (bias + alpha·Σ x²)^beta, where the sum is over the channels within depthRadius of
 * each channel. The input has four dimensions, channels last. @tf tf.nn.local_response_normalization
 */
export const localResponseNormalization: <X extends TensorLike>(
  input: X,
  options?: LocalResponseNormalizationOptions | number,
) => Tensor<DTypeOf<X>> = composite(
  'localResponseNormalization',
  {
    tf: 'tf.nn.local_response_normalization',
    dtypes: floating,
    domain: [-2, 2],
    ulp: 8,
    examples: [
      { args: [sample([1, 2, 2, 9])] },
      { args: [sample([2, 1, 2, 5])], options: { depthRadius: 1, bias: 2, alpha: 0.5, beta: 0.75 } },
    ],
  },
  (input: TensorLike, given?: LocalResponseNormalizationOptions | number): Tensor => {
    const name = 'localResponseNormalization';
    const x = toTensor(input, null, name, 'input');
    if (!floating.includes(x.dtype)) throw badDType(name, 'input', x.dt, floating);
    const o = options<Required<LocalResponseNormalizationOptions>>(
      given,
      'depthRadius',
      localResponseNormalizationDefaults,
      name,
    );
    if (shapeOf(x).length !== 4) {
      throw new InvalidArgumentError(
        `[${name}] input must be 4-dimensional; got shape ${showShape(shapeOf(x))}`,
      );
    }
    if (!Number.isInteger(o.depthRadius) || o.depthRadius < 0) {
      throw new InvalidArgumentError(
        `[${name}] depthRadius must be an integer ≥ 0; got ${describe(o.depthRadius)}`,
      );
    }
    const n = shapeOf(x)[3];
    const band = bandTensor(n, o.depthRadius, x.dt);
    const sums = matmul(reshape(square(x), [x.size / Math.max(1, n), n]), band);
    const scale = pow(add(multiply(reshape(sums, shapeOf(x)), o.alpha), o.bias), o.beta);
    return realDivide(x, scale);
  },
);

export interface BiasAddOptions {
  /** The channels are the last dimension for 'N…C', such as 'NHWC' (default), and the second for 'NC…', such as 'NCHW'. */
  dataFormat?: string | null;
}

/**
 * value + bias, where bias is a vector with one element per channel. InvalidArgumentError if value has fewer than two
 * dimensions or bias has another size. @tf tf.nn.bias_add
 */
export const biasAdd: <X extends TensorLike>(
  value: X,
  bias: TensorLike,
  options?: BiasAddOptions | string | null,
) => Tensor<DTypeOf<X>> = composite(
  'biasAdd',
  {
    tf: 'tf.nn.bias_add',
    dtypes: numeric,
    ulp: 0.5,
    examples: [
      { args: [sample([2, 3]), sample([3])] },
      { args: [sample([2, 3, 4]), sample([4])], options: { dataFormat: 'N..C' } },
      { args: [sample([2, 3, 2, 2]), sample([3])], options: { dataFormat: 'NCHW' } },
      { args: [sample([0, 3]), sample([3])] },
    ],
  },
  (value: TensorLike, bias: TensorLike, given?: BiasAddOptions | string | null): Tensor => {
    const name = 'biasAdd';
    const x = toTensor(value, null, name, 'value');
    if (!numeric.includes(x.dtype)) throw badDType(name, 'value', x.dt, numeric);
    const b = toTensor(bias, x.dt, name, 'bias');
    if (b.dt !== x.dt) throw mixedDTypes(name, x, b);
    const { dataFormat } = options<{ dataFormat: unknown }>(given, 'dataFormat', biasAddDefaults, name);
    const first = typeof dataFormat === 'string' && dataFormat.startsWith('NC');
    const last = dataFormat === null || (typeof dataFormat === 'string' && /^N.*C$/s.test(dataFormat));
    if (!first && !last) {
      throw new InvalidArgumentError(
        `[${name}] dataFormat must be of the form 'N...C' or 'NC...'; got ${describe(dataFormat)}`,
      );
    }
    const rank = shapeOf(x).length;
    if (rank < 2) {
      throw new InvalidArgumentError(
        `[${name}] value must be at least 2D; got shape ${showShape(shapeOf(x))}`,
      );
    }
    if (shapeOf(b).length !== 1) {
      throw new InvalidArgumentError(`[${name}] bias must be 1D; got shape ${showShape(shapeOf(b))}`);
    }
    const channels = shapeOf(x)[first ? 1 : rank - 1];
    if (shapeOf(b)[0] !== channels) {
      throw new InvalidArgumentError(
        `[${name}] Must provide as many biases as the ${first ? 'second' : 'last'} dimension of the input tensor: ` +
          `${showShape(shapeOf(b))} vs. ${showShape(shapeOf(x))}`,
      );
    }
    if (!first || rank === 2) return add(x, b);
    return add(x, reshape(b, [channels, ...new Array<number>(rank - 2).fill(1)]));
  },
);
