/** Losses by name. */
import type { TensorLike } from '../../core/convert';
import type { Tensor } from '../../core/tensor';
import { isClass, Lookup } from '../base/lookup';
import * as classes from './classes';
import * as functions from './functions';
import { Loss } from './loss';

/** A function of labels and predictions: the values of the examples, or a scalar. */
export type LossFunction = (yTrue: TensorLike, yPred: TensorLike) => Tensor;
/** A loss, its name, or a function. */
export type LossLike = Loss | LossFunction | string;

/** Short names. */
const aliases: Readonly<Record<string, string>> = {
  bce: 'binaryCrossentropy',
  BCE: 'binaryCrossentropy',
  kld: 'klDivergence',
  KLD: 'klDivergence',
  mae: 'meanAbsoluteError',
  MAE: 'meanAbsoluteError',
  mse: 'meanSquaredError',
  MSE: 'meanSquaredError',
  mape: 'meanAbsolutePercentageError',
  MAPE: 'meanAbsolutePercentageError',
  msle: 'meanSquaredLogarithmicError',
  MSLE: 'meanSquaredLogarithmicError',
};

// A name in snake case is that of the function, as in Keras; that of a class makes an object.
const lookup = new Lookup<Loss | LossFunction>('loss', { ...functions, ...classes }, aliases, (found) =>
  isClass(found, Loss) ? new (found as new () => Loss)() : (found as LossFunction),
);

/** The loss that a name or an object stands for. @tf tf.keras.losses.get */
export function get(identifier: LossLike, where = 'losses.get'): Loss | LossFunction {
  return lookup.get(identifier, where);
}
