/** Cross-entropies: the values of the examples. */
import { toTensor, type TensorLike } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import { options as readOptions } from '../../core/options';
import { describe, sameShape, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { oneHot } from '../../ops/array/patterns';
import { expandDims, reshape, squeeze } from '../../ops/array/views';
import { add, divide, multiply, pow, subtract } from '../../ops/math/binary';
import { notEqual } from '../../ops/math/compare';
import { clipByValue, select } from '../../ops/math/select';
import { negative } from '../../ops/math/unary';
import { log } from '../../ops/math/unary_math';
import {
  softmaxCrossEntropyWithLogits,
  sparseSoftmaxCrossEntropyWithLogits,
} from '../../ops/nn/cross_entropy';
import { sigmoidCrossEntropyWithLogits } from '../../ops/nn/sigmoid_cross_entropy';
import { reduceMean, reduceSum } from '../../ops/reduce/reduce';
import { sigmoid, softmax } from '../activations/probabilities';
import { logitsOf } from '../base/logits';
import { setMask } from '../layers/call_context';
import { epsilon, pair } from './operands';

export interface CrossentropyOptions {
  /** Whether predictions are logits. Default false: probabilities. */
  fromLogits?: boolean;
  /** Above 0, labels are moved towards the uniform distribution. Default 0. */
  labelSmoothing?: number;
  /** The axis of the classes. Default −1. */
  axis?: number;
}

export const crossentropyDefaults: Required<CrossentropyOptions> = {
  fromLogits: false,
  labelSmoothing: 0,
  axis: -1,
};

/** The logits of predictions, where they are known; else null. */
const knownLogits = (predictions: Tensor, fromLogits: boolean): Tensor | null =>
  logitsOf(predictions) ?? (fromLogits ? predictions : null);

const probabilities = (p: Tensor): Tensor => clipByValue(p, epsilon(), 1 - epsilon());

function checkShapes(name: string, target: Tensor, output: Tensor, hint = ''): void {
  if (sameShape(shapeOf(target), shapeOf(output)) && output.rank > 0) return;
  throw new InvalidArgumentError(
    `[${name}] Arguments \`target\` and \`output\` must have the same shape. Received: ` +
      `target.shape=${showShape(target.shape)}, output.shape=${showShape(output.shape)}${hint}`,
  );
}

function smoothed(name: string, truth: Tensor, amount: number, towards: number): Tensor {
  if (typeof amount !== 'number' || !(amount >= 0 && amount <= 1))
    throw new InvalidArgumentError(
      `[${name}] labelSmoothing must be a number from 0 to 1; got ${describe(amount)}`,
    );
  return amount === 0 ? truth : add(multiply(truth, 1 - amount), amount * towards);
}

const classCount = (t: Tensor): number => t.shape[t.rank - 1] ?? 1;
const sparseHint = '. Labels that are class numbers take sparseCategoricalCrossentropy';

/** −Σ yTrue·log(yPred) along the classes. @tf tf.keras.losses.categorical_crossentropy */
export function categoricalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options?: CrossentropyOptions | boolean,
): Tensor {
  const name = 'categoricalCrossentropy';
  const { fromLogits, labelSmoothing, axis } = readOptions(options, 'fromLogits', crossentropyDefaults, name);
  const [t, p] = pair(yTrue, yPred, name);
  checkShapes(name, t, p, sparseHint);
  const truth = smoothed(name, t, labelSmoothing, 1 / classCount(t));
  const logits = knownLogits(p, fromLogits);
  if (logits !== null) return softmaxCrossEntropyWithLogits(truth, logits, { axis });
  const q = probabilities(divide(p, reduceSum(p, { axis, keepdims: true })));
  return negative(reduceSum(multiply(truth, log(q)), { axis }));
}

export interface CategoricalFocalCrossentropyOptions extends CrossentropyOptions {
  /** The weight of the classes: one number, or one for each. Default 0.25. */
  alpha?: number | readonly number[];
  /** The exponent of 1 − yPred. Default 2. */
  gamma?: number;
}

export const categoricalFocalDefaults: Required<CategoricalFocalCrossentropyOptions> = {
  alpha: 0.25,
  gamma: 2,
  ...crossentropyDefaults,
};

/** −Σ alpha·(1 − yPred)^gamma·yTrue·log(yPred) along the classes. @tf tf.keras.losses.categorical_focal_crossentropy */
export function categoricalFocalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options?: CategoricalFocalCrossentropyOptions | number,
): Tensor {
  const name = 'categoricalFocalCrossentropy';
  const o = readOptions(options, 'alpha', categoricalFocalDefaults, name);
  const [t, p] = pair(yTrue, yPred, name);
  const truth = smoothed(name, t, o.labelSmoothing, 1 / classCount(t));
  const { axis } = o;
  const output = o.fromLogits ? softmax(p, { axis }) : p;
  const q = probabilities(divide(output, reduceSum(output, { axis, keepdims: true })));
  const values = multiply(negative(truth), log(q));
  return reduceSum(multiply(multiply(pow(subtract(1, q), o.gamma), o.alpha as TensorLike), values), { axis });
}

export interface SparseCategoricalCrossentropyOptions {
  /** Whether predictions are logits. Default false: probabilities. */
  fromLogits?: boolean;
  /** The label of examples that do not count. Default null: all count. */
  ignoreClass?: number | null;
  /** The axis of the classes; only the last is possible. Default −1. */
  axis?: number;
}

export const sparseCrossentropyDefaults: Required<SparseCategoricalCrossentropyOptions> = {
  fromLogits: false,
  ignoreClass: null,
  axis: -1,
};

function sparseValues(name: string, labels: Tensor, p: Tensor, fromLogits: boolean): Tensor {
  if (p.rank === 0 || !sameShape(shapeOf(labels), shapeOf(p).slice(0, -1)))
    throw new InvalidArgumentError(
      `[${name}] Argument \`output\` must have the shape of \`target\` and the axis of the classes. ` +
        `Received: target.shape=${showShape(labels.shape)}, output.shape=${showShape(p.shape)}`,
    );
  const logits = knownLogits(p, fromLogits) ?? log(probabilities(p));
  if (logits.rank <= 2) return sparseSoftmaxCrossEntropyWithLogits(labels, logits);
  const rows = reshape(logits, [labels.size, classCount(logits)]);
  return reshape(sparseSoftmaxCrossEntropyWithLogits(reshape(labels, [-1]), rows), labels.shape);
}

/** −log(yPred[class]), with labels that are class numbers. @tf tf.keras.losses.sparse_categorical_crossentropy */
export function sparseCategoricalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options?: SparseCategoricalCrossentropyOptions | boolean,
): Tensor {
  const name = 'sparseCategoricalCrossentropy';
  const { fromLogits, ignoreClass, axis } = readOptions(
    options,
    'fromLogits',
    sparseCrossentropyDefaults,
    name,
  );
  const p = pair(0, yPred, name)[1];
  let labels = cast(toTensor(yTrue, null, name, 'yTrue'), 'int64') as Tensor;
  if (axis !== -1 && axis !== p.rank - 1)
    throw new InvalidArgumentError(
      `[${name}] Only axis=-1 is currently supported. Received: axis=${describe(axis)}`,
    );
  if (labels.rank === p.rank && classCount(labels) === 1 && labels.rank > 0) labels = squeeze(labels, -1);
  if (ignoreClass === null) return sparseValues(name, labels, p, fromLogits);
  if (!Number.isInteger(ignoreClass))
    throw new InvalidArgumentError(
      `[${name}] ignoreClass must be an integer or null; got ${describe(ignoreClass)}`,
    );
  const counts = notEqual(labels, ignoreClass);
  const kept = select(expandDims(counts, -1), p, 0);
  const values = select(counts, sparseValues(name, select(counts, labels, 0), kept, fromLogits), 0);
  setMask(values, counts);
  return values;
}

/** @internal The cross-entropy of each element. */
export function binaryValues(name: string, truth: Tensor, p: Tensor, fromLogits: boolean): Tensor {
  checkShapes(name, truth, p);
  const logits = knownLogits(p, fromLogits);
  if (logits !== null) return sigmoidCrossEntropyWithLogits(truth, logits);
  const q = probabilities(p);
  return negative(add(multiply(truth, log(q)), multiply(subtract(1, truth), log(subtract(1, q)))));
}

/** −mean(yTrue·log(yPred) + (1 − yTrue)·log(1 − yPred)) along an axis. @tf tf.keras.losses.binary_crossentropy */
export function binaryCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options?: CrossentropyOptions | boolean,
): Tensor {
  const name = 'binaryCrossentropy';
  const { fromLogits, labelSmoothing, axis } = readOptions(options, 'fromLogits', crossentropyDefaults, name);
  const [t, p] = pair(yTrue, yPred, name);
  return reduceMean(binaryValues(name, smoothed(name, t, labelSmoothing, 0.5), p, fromLogits), { axis });
}

export interface BinaryFocalCrossentropyOptions extends CrossentropyOptions {
  /** Whether classes are weighted by `alpha`. Default false. */
  applyClassBalancing?: boolean;
  /** The weight of class 1; that of class 0 is 1 − alpha. Default 0.25. */
  alpha?: number;
  /** The exponent of the probability of the wrong class. Default 2. */
  gamma?: number;
}

export const binaryFocalDefaults: Required<BinaryFocalCrossentropyOptions> = {
  applyClassBalancing: false,
  alpha: 0.25,
  gamma: 2,
  ...crossentropyDefaults,
};

/**
 * The mean along an axis of the binary cross-entropies, weighted by (1 − p)^gamma, where p is the predicted probability of the
 * true class. @tf tf.keras.losses.binary_focal_crossentropy
 */
export function binaryFocalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options?: BinaryFocalCrossentropyOptions | boolean,
): Tensor {
  const name = 'binaryFocalCrossentropy';
  const o = readOptions(options, 'applyClassBalancing', binaryFocalDefaults, name);
  const [t, p] = pair(yTrue, yPred, name);
  const truth = smoothed(name, t, o.labelSmoothing, 0.5);
  const output = o.fromLogits ? sigmoid(p) : p;
  const values = binaryValues(name, truth, output, false);
  const other = subtract(1, truth);
  const ofTruth = add(multiply(truth, output), multiply(other, subtract(1, output)));
  let focal = multiply(pow(subtract(1, ofTruth), o.gamma), values);
  if (o.applyClassBalancing)
    focal = multiply(add(multiply(truth, o.alpha), multiply(other, 1 - o.alpha)), focal);
  return reduceMean(focal, { axis: o.axis });
}

export interface GeneralizedCrossEntropyOptions {
  /** Between 0 (cross-entropy) and 1 (mean absolute error). Default 0.5. */
  q?: number;
}

export const generalizedDefaults: Required<GeneralizedCrossEntropyOptions> = { q: 0.5 };

/** (1 − yPred[class]^q) / q, with labels that are class numbers. @tf tf.keras.losses.categorical_generalized_cross_entropy */
export function categoricalGeneralizedCrossEntropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options?: GeneralizedCrossEntropyOptions | number,
): Tensor {
  const name = 'categoricalGeneralizedCrossEntropy';
  const { q } = readOptions(options, 'q', generalizedDefaults, name);
  if (typeof q !== 'number' || !(q > 0 && q < 1))
    throw new InvalidArgumentError(`[${name}] q must be in the interval (0, 1); got ${describe(q)}`);
  const p = pair(0, yPred, name)[1];
  const labels = cast(toTensor(yTrue, null, name, 'yTrue'), 'int64');
  const classes = oneHot(labels, classCount(p), { dtype: p.dtype });
  const ofTruth = reduceSum(multiply(p, classes), { axis: -1 });
  return divide(subtract(1, pow(ofTruth, q)), q);
}
