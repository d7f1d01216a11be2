/** Losses of numbers: the values of the examples. */
import type { TensorLike } from '../../core/convert';
import { options as readOptions } from '../../core/options';
import type { Tensor } from '../../core/tensor';
import { add, divide, maximum, minimum, multiply, squaredDifference, subtract } from '../../ops/math/binary';
import { lessEqual } from '../../ops/math/compare';
import { clipByValue, select } from '../../ops/math/select';
import { abs, negative, rsqrt, square } from '../../ops/math/unary';
import { log, softplus } from '../../ops/math/unary_math';
import { reduceMean, reduceSum } from '../../ops/reduce/reduce';
import { alignedPair, epsilon, pair } from './operands';

/** mean((yTrue − yPred)²) along the last axis. @tf tf.keras.losses.mean_squared_error */
export function meanSquaredError(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [t, p] = alignedPair(yTrue, yPred, 'meanSquaredError');
  return reduceMean(squaredDifference(t, p), { axis: -1 });
}

/** mean(|yTrue − yPred|) along the last axis. @tf tf.keras.losses.mean_absolute_error */
export function meanAbsoluteError(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [t, p] = alignedPair(yTrue, yPred, 'meanAbsoluteError');
  return reduceMean(abs(subtract(t, p)), { axis: -1 });
}

/** 100·mean(|yTrue − yPred| / |yTrue|) along the last axis. @tf tf.keras.losses.mean_absolute_percentage_error */
export function meanAbsolutePercentageError(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [t, p] = alignedPair(yTrue, yPred, 'meanAbsolutePercentageError');
  return multiply(reduceMean(abs(divide(subtract(t, p), maximum(abs(t), epsilon()))), { axis: -1 }), 100);
}

/** mean((log(yTrue + 1) − log(yPred + 1))²) along the last axis. @tf tf.keras.losses.mean_squared_logarithmic_error */
export function meanSquaredLogarithmicError(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [t, p] = alignedPair(yTrue, yPred, 'meanSquaredLogarithmicError');
  const logOf = (x: Tensor): Tensor => log(add(maximum(x, epsilon()), 1));
  return reduceMean(squaredDifference(logOf(p), logOf(t)), { axis: -1 });
}

export interface HuberOptions {
  /** The error from which on the loss grows linearly. Default 1. */
  delta?: number;
}

export const huberDefaults = { delta: 1 };

/**
 * The mean along the last axis of ½·e² for errors |e| ≤ delta, and of delta·|e| − ½·delta² for others.
 * @tf tf.keras.losses.huber
 */
export function huber(yTrue: TensorLike, yPred: TensorLike, options?: HuberOptions | number): Tensor {
  const { delta } = readOptions(options, 'delta', huberDefaults, 'huber');
  const [t, p] = alignedPair(yTrue, yPred, 'huber');
  const error = subtract(p, t);
  const size = abs(error);
  const linear = subtract(multiply(size, delta), 0.5 * delta ** 2);
  const values = select(lessEqual(size, delta), multiply(square(error), 0.5), linear);
  return reduceMean(values, { axis: -1 });
}

/** The mean of log(cosh(yPred − yTrue)) along the last axis. @tf tf.keras.losses.log_cosh */
export function logCosh(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [t, p] = alignedPair(yTrue, yPred, 'logCosh');
  const error = subtract(p, t);
  return reduceMean(subtract(add(error, softplus(multiply(error, -2))), Math.LN2), { axis: -1 });
}

export interface CosineSimilarityOptions {
  /** The axis of the vectors. Default −1. */
  axis?: number;
}

export const cosineSimilarityDefaults = { axis: -1 };

/** Vectors of length 1; those of length 0 stay. */
function normalized(x: Tensor, axis: number): Tensor {
  const inverse = minimum(rsqrt(reduceSum(square(x), { axis, keepdims: true })), 1 / epsilon());
  return multiply(x, inverse);
}

/** The cosine of the angle between yTrue and yPred along an axis. */
export function cosine(yTrue: TensorLike, yPred: TensorLike, axis: number, name: string): Tensor {
  const [t, p] = alignedPair(yTrue, yPred, name);
  return reduceSum(multiply(normalized(t, axis), normalized(p, axis)), { axis });
}

/** −cos(yTrue, yPred) along an axis: −1 for equal directions. @tf tf.keras.losses.cosine_similarity */
export function cosineSimilarity(
  yTrue: TensorLike,
  yPred: TensorLike,
  options?: CosineSimilarityOptions | number,
): Tensor {
  const { axis } = readOptions(options, 'axis', cosineSimilarityDefaults, 'cosineSimilarity');
  return negative(cosine(yTrue, yPred, axis, 'cosineSimilarity'));
}

/** Σ yTrue·log(yTrue / yPred) along the last axis, of distributions. @tf tf.keras.losses.kl_divergence */
export function klDivergence(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [t, p] = pair(yTrue, yPred, 'klDivergence').map((x) => clipByValue(x, epsilon(), 1));
  return reduceSum(multiply(t, log(divide(t, p))), { axis: -1 });
}

/** mean(yPred − yTrue·log(yPred)) along the last axis. @tf tf.keras.losses.poisson */
export function poisson(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [t, p] = pair(yTrue, yPred, 'poisson');
  return reduceMean(subtract(p, multiply(t, log(add(p, epsilon())))), { axis: -1 });
}
