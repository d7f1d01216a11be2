/** Cross-entropies as objects. */
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import {
  binaryCrossentropy,
  binaryFocalCrossentropy,
  binaryFocalDefaults,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  categoricalFocalDefaults,
  categoricalGeneralizedCrossEntropy,
  crossentropyDefaults,
  generalizedDefaults,
  sparseCategoricalCrossentropy,
  sparseCrossentropyDefaults,
  type BinaryFocalCrossentropyOptions,
  type CategoricalFocalCrossentropyOptions,
  type CrossentropyOptions,
  type GeneralizedCrossEntropyOptions,
  type SparseCategoricalCrossentropyOptions,
} from './crossentropy';
import { FunctionLoss } from './function_loss';
import type { LossOptions } from './loss';

/** The cross-entropy of labels that are 0 or 1. @tf tf.keras.losses.BinaryCrossentropy */
export class BinaryCrossentropy extends FunctionLoss {
  declare readonly fromLogits: boolean;
  declare readonly labelSmoothing: number;
  declare readonly axis: number;

  constructor(options: LossOptions & CrossentropyOptions = {}) {
    super(binaryCrossentropy, options, 'BinaryCrossentropy', crossentropyDefaults);
  }
}

/**
 * The cross-entropy of labels that are 0 or 1, in which examples that are classified well count less: it is multiplied by
 * (1 − p)^gamma, where p is the predicted probability of the true class.
 * @tf tf.keras.losses.BinaryFocalCrossentropy
 */
export class BinaryFocalCrossentropy extends FunctionLoss {
  declare readonly fromLogits: boolean;
  declare readonly labelSmoothing: number;
  declare readonly axis: number;
  declare readonly applyClassBalancing: boolean;
  declare readonly alpha: number;
  declare readonly gamma: number;

  constructor(options: LossOptions & BinaryFocalCrossentropyOptions = {}) {
    super(binaryFocalCrossentropy, options, 'BinaryFocalCrossentropy', binaryFocalDefaults);
  }
}

/** The cross-entropy of labels in one-hot form, or of distributions. @tf tf.keras.losses.CategoricalCrossentropy */
export class CategoricalCrossentropy extends FunctionLoss {
  declare readonly fromLogits: boolean;
  declare readonly labelSmoothing: number;
  declare readonly axis: number;

  constructor(options: LossOptions & CrossentropyOptions = {}) {
    super(categoricalCrossentropy, options, 'CategoricalCrossentropy', crossentropyDefaults);
  }
}

/**
 * The cross-entropy of labels in one-hot form, in which examples that are classified well count less:
 * −Σ alpha·(1 − yPred)^gamma·yTrue·log(yPred).
 * @tf tf.keras.losses.CategoricalFocalCrossentropy
 */
export class CategoricalFocalCrossentropy extends FunctionLoss {
  declare readonly fromLogits: boolean;
  declare readonly labelSmoothing: number;
  declare readonly axis: number;
  declare readonly alpha: number | readonly number[];
  declare readonly gamma: number;

  constructor(options: LossOptions & CategoricalFocalCrossentropyOptions = {}) {
    super(categoricalFocalCrossentropy, options, 'CategoricalFocalCrossentropy', categoricalFocalDefaults);
  }
}

/** The cross-entropy of labels that are class numbers. @tf tf.keras.losses.SparseCategoricalCrossentropy */
export class SparseCategoricalCrossentropy extends FunctionLoss {
  declare readonly fromLogits: boolean;
  declare readonly ignoreClass: number | null;
  declare readonly axis: number;

  constructor(options: LossOptions & SparseCategoricalCrossentropyOptions = {}) {
    const { fromLogits, ignoreClass, axis } = sparseCrossentropyDefaults;
    super(
      sparseCategoricalCrossentropy,
      options,
      'SparseCategoricalCrossentropy',
      { fromLogits, ignoreClass },
      { axis },
    );
  }
}

/**
 * (1 − p^q) / q of the predicted probability p of the true class, with labels that are class numbers: wrong labels matter less
 * than in a cross-entropy.
 * @tf tf.keras.losses.CategoricalGeneralizedCrossEntropy
 */
export class CategoricalGeneralizedCrossEntropy extends FunctionLoss {
  declare readonly q: number;

  constructor(options: LossOptions & GeneralizedCrossEntropyOptions = {}) {
    super(
      categoricalGeneralizedCrossEntropy,
      options,
      'CategoricalGeneralizedCrossEntropy',
      generalizedDefaults,
    );
    if (!(this.q > 0 && this.q < 1))
      throw new InvalidArgumentError(
        `[CategoricalGeneralizedCrossEntropy] q must be in the interval (0, 1); got ${describe(this.q)}`,
      );
  }
}
