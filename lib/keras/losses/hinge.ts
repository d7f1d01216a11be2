/** Hinge losses: the values of the examples. */
import type { TensorLike } from '../../core/convert';
import type { Tensor } from '../../core/tensor';
import { add, maximum, multiply, subtract } from '../../ops/math/binary';
import { equal, logicalOr } from '../../ops/math/compare';
import { select } from '../../ops/math/select';
import { square } from '../../ops/math/unary';
import { reduceAll, reduceMax, reduceMean, reduceSum } from '../../ops/reduce/reduce';
import { pair } from './operands';

/** Labels of 0 and 1 as −1 and 1; others stay. */
function signed(labels: Tensor): Tensor {
  const isBinary = reduceAll(logicalOr(equal(labels, 0), equal(labels, 1)));
  return select(isBinary, subtract(multiply(labels, 2), 1), labels);
}

function margins(yTrue: TensorLike, yPred: TensorLike, name: string): Tensor {
  const [t, p] = pair(yTrue, yPred, name);
  return maximum(subtract(1, multiply(signed(t), p)), 0);
}

/** mean(max(1 − yTrue·yPred, 0)) along the last axis; labels are −1 and 1, or 0 and 1. @tf tf.keras.losses.hinge */
export const hinge = (yTrue: TensorLike, yPred: TensorLike): Tensor =>
  reduceMean(margins(yTrue, yPred, 'hinge'), { axis: -1 });

/** mean(max(1 − yTrue·yPred, 0)²) along the last axis; labels are −1 and 1, or 0 and 1. @tf tf.keras.losses.squared_hinge */
export const squaredHinge = (yTrue: TensorLike, yPred: TensorLike): Tensor =>
  reduceMean(square(margins(yTrue, yPred, 'squaredHinge')), { axis: -1 });

/**
 * max(neg − pos + 1, 0), where pos = Σ yTrue·yPred and neg = max((1 − yTrue)·yPred) along the last axis, of labels in one-hot form.
 * @tf tf.keras.losses.categorical_hinge
 */
export function categoricalHinge(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [t, p] = pair(yTrue, yPred, 'categoricalHinge');
  const positive = reduceSum(multiply(t, p), { axis: -1 });
  const other = reduceMax(multiply(subtract(1, t), p), { axis: -1 });
  return maximum(add(subtract(other, positive), 1), 0);
}
