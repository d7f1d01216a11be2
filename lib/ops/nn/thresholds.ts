/** Elementwise activation functions of `tf.keras.activations` with a threshold, a maximum or slopes. */
import { toTensor, type TensorLike } from '../../core/convert';
import { floating, numeric } from '../../core/dtype';
import type { DTypeOf } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { options } from '../../core/options';
import { describe } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { badDType } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { sample } from '../../op/registry';
import { multiply, subtract } from '../math/binary';
import { greater } from '../math/compare';
import { clipByValue, select } from '../math/select';
import { negative, relu } from '../math/unary';
import { elu, leakyRelu, relu6 } from './activations';

const thresholdedReluDefaults = { negativeSlope: 0, maxValue: null, threshold: 0 } as const;
const scaledEluDefaults = { alpha: 1 } as const;

function operand(x: TensorLike, op: string): Tensor {
  const t = toTensor(x, null, op, 'x');
  if (t.dt.kind !== 'float') throw badDType(op, 'x', t.dt, floating);
  return t;
}

function finite(value: unknown, op: string, argument: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const Class = typeof value === 'number' ? InvalidArgumentError : TypeError;
  throw new Class(`[${op}] ${argument} must be a finite number; got ${describe(value)}`);
}

export interface ReluOptions {
  /** The slope below the threshold. Default 0. */
  negativeSlope?: number;
  /** The largest result. Default null: none. */
  maxValue?: number | null;
  /** What is not above it becomes negativeSlope·(x − threshold). Default 0. */
  threshold?: number;
}

/**
 * Rectified linear unit with a threshold, elementwise. y = min(x, maxValue) where x > threshold, else
 * negativeSlope·(x − threshold). Floating dtypes. @tf tf.keras.activations.relu
 */
export const thresholdedRelu: <X extends TensorLike>(
  x: X,
  options?: ReluOptions | number,
) => Tensor<DTypeOf<X>> = composite(
  'thresholdedRelu',
  {
    tf: 'tf.keras.activations.relu',
    dtypes: floating,
    domain: [-4, 8],
    ulp: 2,
    examples: [
      { args: [sample([2, 3])] },
      { args: [sample([3, 7])], options: { negativeSlope: 0.25 } },
      { args: [sample([3, 7])], options: { maxValue: 6 } },
      { args: [sample([3, 7])], options: { maxValue: 2.5, negativeSlope: 0.5 } },
      { args: [sample([3, 7])], options: { threshold: 1.5 } },
      { args: [sample([3, 7])], options: { negativeSlope: 0.125, maxValue: 4, threshold: 1.5 } },
      { args: [sample([3, 7])], options: { threshold: -1, maxValue: 3 } },
      { args: [sample([2, 0])], options: { threshold: 1 } },
    ],
  },
  (x: TensorLike, given?: ReluOptions | number): Tensor => {
    const op = 'relu';
    const t = operand(x, op);
    const o = options<Record<string, unknown>>(given, 'negativeSlope', thresholdedReluDefaults, op);
    const slope = finite(o.negativeSlope, op, 'negativeSlope');
    const threshold = finite(o.threshold, op, 'threshold');
    const most = o.maxValue === null ? null : finite(o.maxValue, op, 'maxValue');
    if (threshold === 0 && most === null) return slope === 0 ? relu(t) : leakyRelu(t, slope);
    const above = threshold === 0 ? relu(t) : select(greater(t, threshold), t, 0);
    const y = most === null ? above : most === 6 && threshold === 0 ? relu6(t) : clipByValue(above, 0, most);
    if (slope === 0) return y;
    const below = threshold === 0 ? relu(negative(t)) : relu(subtract(threshold, t));
    return subtract(y, multiply(below, slope));
  },
);

/** Exponential linear unit with a scale. y = x where x > 0, else alpha·(eˣ − 1). Floating dtypes. @tf tf.keras.activations.elu */
export const scaledElu: <X extends TensorLike>(
  x: X,
  options?: { alpha?: number } | number,
) => Tensor<DTypeOf<X>> = composite(
  'scaledElu',
  {
    tf: 'tf.keras.activations.elu',
    dtypes: floating,
    domain: [-5, 5],
    ulp: 3,
    examples: [
      { args: [sample([2, 3])] },
      { args: [sample([3, 5])], options: { alpha: 0.5 } },
      { args: [sample([2, 0])], options: { alpha: 2 } },
    ],
  },
  (x: TensorLike, given?: { alpha?: number } | number): Tensor => {
    const t = operand(x, 'elu');
    const alpha = finite(
      options<{ alpha: unknown }>(given, 'alpha', scaledEluDefaults, 'elu').alpha,
      'elu',
      'alpha',
    );
    const y = elu(t);
    return alpha === 1 ? y : select(greater(t, 0), y, multiply(y, alpha));
  },
);

/** Threshold, elementwise. y = x where x > threshold, else defaultValue. @tf tf.keras.activations.threshold */
export const threshold: <X extends TensorLike>(
  x: X,
  threshold: number,
  defaultValue: number,
) => Tensor<DTypeOf<X>> = composite(
  'threshold',
  {
    tf: 'tf.keras.activations.threshold',
    dtypes: numeric,
    domain: [-4, 4],
    ulp: 0,
    examples: [
      { args: [sample([3, 5]), 1, 2] },
      { args: [sample([3, 5]), 0, 0] },
      { args: [sample([0]), 1, 3] },
    ],
  },
  (x: TensorLike, least: number, defaultValue: number): Tensor => {
    const t = toTensor(x, null, 'threshold', 'x');
    if (!numeric.includes(t.dtype)) throw badDType('threshold', 'x', t.dt, numeric);
    const from = finite(least, 'threshold', 'threshold');
    return select(greater(t, from), t, finite(defaultValue, 'threshold', 'defaultValue'));
  },
);
