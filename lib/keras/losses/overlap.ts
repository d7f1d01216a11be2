/** Losses of how far predicted and true regions overlap, and of distances between examples. */
import { toTensor, type TensorLike } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import { options as readOptions } from '../../core/options';
import { describe, showShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { transpose } from '../../ops/array/movement';
import { eye } from '../../ops/array/patterns';
import { reshape } from '../../ops/array/views';
import { matmul } from '../../ops/linalg/matmul';
import { add, divide, maximum, multiply, subtract } from '../../ops/math/binary';
import { equal, greater, logicalAnd } from '../../ops/math/compare';
import { select } from '../../ops/math/select';
import { logicalNot } from '../../ops/math/unary';
import { softplus } from '../../ops/math/unary_math';
import { reduceLogsumexp, reduceSum } from '../../ops/reduce/reduce';
import { setMask } from '../layers/call_context';
import { epsilon, pair } from './operands';

export interface DiceOptions {
  /** The axes that are summed over. Default: all. */
  axis?: number | readonly number[] | null;
}

export const diceDefaults: Required<DiceOptions> = { axis: null };

/** 1 − 2·Σ yTrue·yPred / (Σ yTrue + Σ yPred), summed over some or all axes. @tf tf.keras.losses.dice */
export function dice(
  yTrue: TensorLike,
  yPred: TensorLike,
  options?: DiceOptions | DiceOptions['axis'],
): Tensor {
  const { axis } = readOptions(options, 'axis', diceDefaults, 'dice');
  const [t, p] = pair(yTrue, yPred, 'dice');
  const shared = multiply(reduceSum(multiply(t, p), { axis }), 2);
  const sums = add(add(reduceSum(t, { axis }), reduceSum(p, { axis })), epsilon());
  return subtract(1, divide(shared, sums));
}

export interface TverskyOptions extends DiceOptions {
  /** The weight of false positives. Default 0.5. */
  alpha?: number;
  /** The weight of false negatives. Default 0.5. */
  beta?: number;
}

export const tverskyDefaults: Required<TverskyOptions> = { alpha: 0.5, beta: 0.5, axis: null };

/**
 * 1 − s / (s + alpha·Σ (1 − yPred)·yTrue + beta·Σ yPred·(1 − yTrue)), where s = Σ yTrue·yPred, summed over some or all axes.
 * @tf tf.keras.losses.tversky
 */
export function tversky(yTrue: TensorLike, yPred: TensorLike, options?: TverskyOptions | number): Tensor {
  const { alpha, beta, axis } = readOptions(options, 'alpha', tverskyDefaults, 'tversky');
  const [t, p] = pair(yTrue, yPred, 'tversky');
  const shared = reduceSum(multiply(t, p), { axis });
  const onlyTrue = reduceSum(multiply(subtract(1, p), t), { axis });
  const onlyPredicted = reduceSum(multiply(p, subtract(1, t)), { axis });
  const total = add(add(shared, multiply(onlyTrue, alpha)), multiply(onlyPredicted, beta));
  return subtract(1, divide(shared, add(total, epsilon())));
}

export interface CircleOptions {
  /** The labels of the embeddings that the examples are compared with. Default: those of the examples. */
  refLabels?: TensorLike | null;
  /** The embeddings that the examples are compared with. Default: the examples'. */
  refEmbeddings?: TensorLike | null;
  /** Whether examples are not compared with themselves. Default true. */
  removeDiagonal?: boolean;
  /** The factor of the distances. Default 80. */
  gamma?: number;
  /** The margin between examples of one class and of others. Default 0.4. */
  margin?: number;
}

export const circleDefaults: Required<CircleOptions> = {
  refLabels: null,
  refEmbeddings: null,
  removeDiagonal: true,
  gamma: 80,
  margin: 0.4,
};

/** Class numbers [n] or [n, 1] as a column. */
function column(labels: Tensor, what: string): Tensor {
  if (labels.rank === 1) return reshape(labels, [-1, 1]);
  if (labels.rank === 2 && labels.shape[1] === 1) return labels;
  throw new InvalidArgumentError(
    `[circle] ${what} must be class numbers of shape [examples]; got shape ${showShape(labels.shape)}`,
  );
}

/**
 * The circle loss of embeddings [n, dims] of length 1 with class numbers [n]: softplus(logsumexp(−γ·aₚ·(m − d)) +
 * logsumexp(γ·aₙ·(1 − m − d))) over the examples of the same class and of others at the cosine distances d, with the weights
 * aₚ = m + d and aₙ = 1 + m − d. Examples whose loss is 0 are masked. @tf tf.keras.losses.circle
 */
export function circle(yTrue: TensorLike, yPred: TensorLike, options?: CircleOptions): Tensor {
  const o = readOptions(options, 'refLabels', circleDefaults, 'circle');
  for (const name of ['gamma', 'margin'] as const)
    if (typeof o[name] !== 'number')
      throw new TypeError(`[circle] ${name} must be a number; got ${describe(o[name])}`);
  const { gamma, margin } = o;
  const [, p] = pair(0, yPred, 'circle');
  const labels = column(cast(toTensor(yTrue, null, 'circle', 'yTrue'), 'int32'), 'yTrue');
  const others = o.refEmbeddings === null ? p : pair(0, o.refEmbeddings, 'circle')[1];
  const otherLabels =
    o.refLabels === null
      ? labels
      : column(cast(toTensor(o.refLabels, null, 'circle', 'refLabels'), 'int32'), 'refLabels');
  const distances = maximum(subtract(1, matmul(p, transpose(others))), 0);
  const same = equal(labels, transpose(otherLabels));
  const isSelf = cast(eye(labels.size, { numColumns: otherLabels.size }), 'bool');
  const positive = o.removeDiagonal ? logicalAnd(same, logicalNot(isSelf)) : same;
  const negative = logicalNot(same);
  const weigh = (mask: Tensor, weights: Tensor): Tensor => maximum(multiply(weights, cast(mask, p.dtype)), 0);
  const positives = multiply(
    multiply(weigh(positive, add(distances, margin)), -gamma),
    subtract(margin, distances),
  );
  const negatives = multiply(
    multiply(weigh(negative, subtract(1 + margin, distances)), gamma),
    subtract(1 - margin, distances),
  );
  const over = (mask: Tensor, x: Tensor): Tensor => reduceLogsumexp(select(mask, x, -Infinity), { axis: 1 });
  const loss = softplus(add(over(positive, positives), over(negative, negatives)));
  setMask(loss, greater(loss, 0));
  return loss;
}
