/** Activations whose options are Keras's, and those of `tf.nn` other ones. */
import type { TensorLike } from '../../core/convert';
import { options as resolveOptions } from '../../core/options';
import { describe } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { leakyRelu as leakyReluOp, silu as siluOp } from '../../ops/nn/activations';
import { thresholdedRelu, type ReluOptions } from '../../ops/nn/thresholds';
import { relu as reluOp } from '../../ops/math/unary';

/**
 * Rectified linear unit, elementwise. y = min(x, maxValue) where x > threshold, else negativeSlope·(x − threshold); by default
 * max(x, 0). @tf tf.keras.activations.relu
 */
export const relu = (x: TensorLike, options?: ReluOptions | number): Tensor =>
  options === undefined ? reluOp(x) : thresholdedRelu(x, options);

const leakyReluDefaults = { negativeSlope: 0.2 };

/** Leaky rectified linear unit, elementwise. y = x where x > 0, else negativeSlope·x; its default is 0.2. @tf tf.keras.activations.leaky_relu */
export function leakyRelu(x: TensorLike, options?: { negativeSlope?: number } | number): Tensor {
  const { negativeSlope } = resolveOptions<{ negativeSlope: unknown }>(
    options,
    'negativeSlope',
    leakyReluDefaults,
    'leakyRelu',
  );
  if (typeof negativeSlope !== 'number')
    throw new TypeError(`[leakyRelu] negativeSlope must be a number; got ${describe(negativeSlope)}`);
  return leakyReluOp(x, negativeSlope);
}

/** Sigmoid linear unit (swish), elementwise. y = x·sigmoid(x). @tf tf.keras.activations.silu */
export const silu = (x: TensorLike): Tensor => siluOp(x);
