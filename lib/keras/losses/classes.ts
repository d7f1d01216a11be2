/** Losses of numbers, margins and regions as objects. */
import { ctc } from './ctc';
import { FunctionLoss } from './function_loss';
import { categoricalHinge, hinge, squaredHinge } from './hinge';
import type { LossOptions } from './loss';
import {
  circle,
  circleDefaults,
  dice,
  diceDefaults,
  tversky,
  tverskyDefaults,
  type CircleOptions,
  type DiceOptions,
  type TverskyOptions,
} from './overlap';
import {
  cosineSimilarity,
  cosineSimilarityDefaults,
  huber,
  huberDefaults,
  klDivergence,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
  type CosineSimilarityOptions,
  type HuberOptions,
} from './regression';

/** The mean of (yTrue − yPred)². @tf tf.keras.losses.MeanSquaredError */
export class MeanSquaredError extends FunctionLoss {
  constructor(options: LossOptions = {}) {
    super(meanSquaredError, options, 'MeanSquaredError');
  }
}

/** The mean of |yTrue − yPred|. @tf tf.keras.losses.MeanAbsoluteError */
export class MeanAbsoluteError extends FunctionLoss {
  constructor(options: LossOptions = {}) {
    super(meanAbsoluteError, options, 'MeanAbsoluteError');
  }
}

/** The mean of 100·|yTrue − yPred| / |yTrue|. @tf tf.keras.losses.MeanAbsolutePercentageError */
export class MeanAbsolutePercentageError extends FunctionLoss {
  constructor(options: LossOptions = {}) {
    super(meanAbsolutePercentageError, options, 'MeanAbsolutePercentageError');
  }
}

/** The mean of (log(yTrue + 1) − log(yPred + 1))². @tf tf.keras.losses.MeanSquaredLogarithmicError */
export class MeanSquaredLogarithmicError extends FunctionLoss {
  constructor(options: LossOptions = {}) {
    super(meanSquaredLogarithmicError, options, 'MeanSquaredLogarithmicError');
  }
}

/** The mean of log(cosh(yPred − yTrue)). @tf tf.keras.losses.LogCosh */
export class LogCosh extends FunctionLoss {
  constructor(options: LossOptions = {}) {
    super(logCosh, options, 'LogCosh');
  }
}

/** The mean of max(1 − yTrue·yPred, 0), of labels −1 and 1, or 0 and 1. @tf tf.keras.losses.Hinge */
export class Hinge extends FunctionLoss {
  constructor(options: LossOptions = {}) {
    super(hinge, options, 'Hinge');
  }
}

/** The mean of max(1 − yTrue·yPred, 0)², of labels −1 and 1, or 0 and 1. @tf tf.keras.losses.SquaredHinge */
export class SquaredHinge extends FunctionLoss {
  constructor(options: LossOptions = {}) {
    super(squaredHinge, options, 'SquaredHinge');
  }
}

/** max(neg − pos + 1, 0), where pos = Σ yTrue·yPred and neg = max((1 − yTrue)·yPred), of labels in one-hot form. @tf tf.keras.losses.CategoricalHinge */
export class CategoricalHinge extends FunctionLoss {
  constructor(options: LossOptions = {}) {
    super(categoricalHinge, options, 'CategoricalHinge');
  }
}

/** The Kullback-Leibler divergence Σ yTrue·log(yTrue / yPred) of distributions. @tf tf.keras.losses.KLDivergence */
export class KLDivergence extends FunctionLoss {
  constructor(options: LossOptions = {}) {
    super(klDivergence, options, 'KLDivergence');
  }
}

/** The mean of yPred − yTrue·log(yPred). @tf tf.keras.losses.Poisson */
export class Poisson extends FunctionLoss {
  constructor(options: LossOptions = {}) {
    super(poisson, options, 'Poisson');
  }
}

/** −cos(yTrue, yPred): −1 for equal directions, 0 for orthogonal ones. @tf tf.keras.losses.CosineSimilarity */
export class CosineSimilarity extends FunctionLoss {
  declare readonly axis: number;

  constructor(options: LossOptions & CosineSimilarityOptions = {}) {
    super(cosineSimilarity, options, 'CosineSimilarity', {}, cosineSimilarityDefaults);
  }
}

/** The mean of ½·e² for errors |e| ≤ delta, and of delta·|e| − ½·delta² for others. @tf tf.keras.losses.Huber */
export class Huber extends FunctionLoss {
  declare readonly delta: number;

  constructor(options: LossOptions & HuberOptions = {}) {
    super(huber, { name: 'huber_loss', ...options }, 'Huber', {}, huberDefaults);
  }
}

/** 1 − 2·Σ yTrue·yPred / (Σ yTrue + Σ yPred): how far two regions are from overlapping. @tf tf.keras.losses.Dice */
export class Dice extends FunctionLoss {
  declare readonly axis: number | readonly number[] | null;

  constructor(options: LossOptions & DiceOptions = {}) {
    super(dice, options, 'Dice', diceDefaults);
  }
}

/** 1 − s / (s + alpha·Σ (1 − yPred)·yTrue + beta·Σ yPred·(1 − yTrue)), where s = Σ yTrue·yPred. @tf tf.keras.losses.Tversky */
export class Tversky extends FunctionLoss {
  declare readonly alpha: number;
  declare readonly beta: number;
  declare readonly axis: number | readonly number[] | null;

  constructor(options: LossOptions & TverskyOptions = {}) {
    super(tversky, options, 'Tversky', tverskyDefaults);
  }
}

/**
 * The circle loss of embeddings [n, dims] of length 1 with class numbers [n]: examples of one class are to be near each
 * other, others far.
 * @tf tf.keras.losses.Circle
 */
export class Circle extends FunctionLoss {
  declare readonly gamma: number;
  declare readonly margin: number;
  declare readonly removeDiagonal: boolean;

  constructor(options: LossOptions & Omit<CircleOptions, 'refLabels' | 'refEmbeddings'> = {}) {
    const { removeDiagonal, gamma, margin } = circleDefaults;
    super(circle, options, 'Circle', { removeDiagonal, gamma, margin });
  }
}

export * from './crossentropy_classes';

/**
 * The loss of connectionist temporal classification, for labels whose places in the sequence are not known: labels [batch, n], in
 * which 0 is the blank and fills up rows, and logits [batch, time, classes]. @tf tf.keras.losses.CTC
 */
export class CTC extends FunctionLoss {
  constructor(options: LossOptions = {}) {
    super(ctc, options, 'CTC');
  }
}
