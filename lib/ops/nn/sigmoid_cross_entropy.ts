/** Losses of single outputs: sigmoid cross entropy and the Poisson loss, composed of elementwise ops. */
import { toTensor, type TensorLike } from '../../core/convert';
import { floating } from '../../core/dtype';
import type { DTypeOfPair } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { options } from '../../core/options';
import { describe, sameShape, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { badDType, mixedDTypes } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { sample } from '../../op/registry';
import { add, multiply, subtract } from '../math/binary';
import { greaterEqual, lessEqual, logicalAnd } from '../math/compare';
import { select } from '../math/select';
import { abs, negative, relu } from '../math/unary';
import { exp, log, log1p } from '../math/unary_math';

/** Converts the target and the prediction of a loss to tensors of one floating dtype and shape. */
function lossOperands(
  name: string,
  target: TensorLike,
  targetName: string,
  prediction: TensorLike,
  predictionName: string,
): [target: Tensor, prediction: Tensor] {
  const x = toTensor(prediction, null, name, predictionName);
  if (!floating.includes(x.dtype)) throw badDType(name, predictionName, x.dt, floating);
  const t = toTensor(target, x.dt, name, targetName);
  if (t.dt !== x.dt) throw mixedDTypes(name, x, t);
  if (!sameShape(shapeOf(x), shapeOf(t))) {
    throw new InvalidArgumentError(
      `[${name}] \`${predictionName}\` and \`${targetName}\` must have the same shape, received ` +
        `(${showShape(shapeOf(x))} vs ${showShape(shapeOf(t))}).`,
    );
  }
  return [t, x];
}

const probabilities = (shape: readonly number[]) => sample(shape, { domain: [0, 1] as const });

/**
 * Sigmoid cross entropy, elementwise: the loss of independent classes. For logits x and labels z in [0, 1] it is
 * max(x, 0) − x·z + log(1 + e^−|x|) = −z·log σ(x) − (1 − z)·log(1 − σ(x)). InvalidArgumentError for different shapes or dtypes.
 * @tf tf.nn.sigmoid_cross_entropy_with_logits
 */
export const sigmoidCrossEntropyWithLogits: <L extends TensorLike, X extends TensorLike>(
  labels: L,
  logits: X,
) => Tensor<DTypeOfPair<X, L>> = composite(
  'sigmoidCrossEntropyWithLogits',
  {
    tf: 'tf.nn.sigmoid_cross_entropy_with_logits',
    dtypes: floating,
    domain: [-5, 5],
    ulp: 8,
    examples: [
      { args: [probabilities([3, 4]), sample([3, 4])] },
      { args: [sample([4], { values: [0, 1, 0.5, 1] }), sample([4], { values: [0, 0, -100, 100] })] },
      { args: [probabilities([]), sample([])] },
      { args: [probabilities([0]), sample([0])] },
      { args: [probabilities([2, 3]), sample([3])] },
    ],
  },
  (labels: TensorLike, logits: TensorLike): Tensor => {
    const [z, x] = lossOperands('sigmoidCrossEntropyWithLogits', labels, 'labels', logits, 'logits');
    const positive = greaterEqual(x, 0);
    const rectified = select(positive, x, 0);
    const negativeAbs = select(positive, negative(x), x);
    return add(subtract(rectified, multiply(x, z)), log1p(exp(negativeAbs)));
  },
);

/**
 * Sigmoid cross entropy whose positive labels are weighted: for logits x, labels z and weight q, it is
 * (1 − z)·x + (1 + (q − 1)·z)·(log(1 + e^−|x|) + max(−x, 0)). A weight above 1 reduces false negatives, one below 1 false
 * positives. @tf tf.nn.weighted_cross_entropy_with_logits
 */
export const weightedCrossEntropyWithLogits: <L extends TensorLike, X extends TensorLike>(
  labels: L,
  logits: X,
  posWeight: TensorLike,
) => Tensor<DTypeOfPair<X, L>> = composite(
  'weightedCrossEntropyWithLogits',
  {
    tf: 'tf.nn.weighted_cross_entropy_with_logits',
    dtypes: floating,
    domain: [-5, 5],
    ulp: 8,
    examples: [
      { args: [probabilities([3, 4]), sample([3, 4]), sample([], { domain: [0.5, 2] })] },
      { args: [probabilities([3, 4]), sample([3, 4]), sample([4], { domain: [0.5, 2] })] },
      { args: [probabilities([5]), sample([5]), 1.5] },
      { args: [probabilities([2]), sample([3]), 1.5] },
    ],
  },
  (labels: TensorLike, logits: TensorLike, posWeight: TensorLike): Tensor => {
    const name = 'weightedCrossEntropyWithLogits';
    const [z, x] = lossOperands(name, labels, 'labels', logits, 'logits');
    const q = toTensor(posWeight, x.dt, name, 'posWeight');
    if (q.dt !== x.dt) throw mixedDTypes(name, x, q);
    const weight = add(multiply(subtract(q, 1), z), 1);
    const softplus = add(log1p(exp(negative(abs(x)))), relu(negative(x)));
    return add(multiply(subtract(1, z), x), multiply(weight, softplus));
  },
);

export interface LogPoissonLossOptions {
  /** Add Stirling's approximation of log(targets!), which does not depend on the prediction. Default false. */
  computeFullLoss?: boolean;
}

const logPoissonDefaults: Required<LogPoissonLossOptions> = { computeFullLoss: false };

/**
 * The negative log likelihood of Poisson distributed targets z for the logarithm c of the predicted mean, elementwise:
 * e^c − z·c, and with `computeFullLoss` also z·log z − z + ½·log(2π·z) for z outside [0, 1].
 * @tf tf.nn.log_poisson_loss
 */
export const logPoissonLoss: <T extends TensorLike, X extends TensorLike>(
  targets: T,
  logInput: X,
  options?: LogPoissonLossOptions | boolean,
) => Tensor<DTypeOfPair<X, T>> = composite(
  'logPoissonLoss',
  {
    tf: 'tf.nn.log_poisson_loss',
    dtypes: floating,
    domain: [-2, 2],
    ulp: 8,
    examples: [
      { args: [sample([3, 4], { domain: [0, 9] }), sample([3, 4])] },
      { args: [sample([6], { domain: [1.5, 9] }), sample([6])], options: { computeFullLoss: true } },
      { args: [sample([4], { values: [0.25, 0.5, 1, 2] }), sample([4])], options: { computeFullLoss: true } },
      { args: [sample([3]), sample([2])] },
    ],
  },
  (targets: TensorLike, logInput: TensorLike, given?: LogPoissonLossOptions | boolean): Tensor => {
    const name = 'logPoissonLoss';
    const [z, c] = lossOperands(name, targets, 'targets', logInput, 'logInput');
    const { computeFullLoss } = options<{ computeFullLoss: unknown }>(
      given,
      'computeFullLoss',
      logPoissonDefaults,
      name,
    );
    if (typeof computeFullLoss !== 'boolean')
      throw new TypeError(`[${name}] computeFullLoss must be a boolean; got ${describe(computeFullLoss)}`);
    const loss = subtract(exp(c), multiply(c, z));
    if (!computeFullLoss) return loss;
    const logRoot = multiply(log(multiply(z, 2 * Math.PI)), 0.5);
    const stirling = add(subtract(multiply(z, log(z)), z), logRoot);
    const isSmall = logicalAnd(greaterEqual(z, 0), lessEqual(z, 1));
    return add(loss, select(isSmall, 0, stirling));
  },
);
