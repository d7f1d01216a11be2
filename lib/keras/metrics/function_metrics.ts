/** Metrics that are means of losses' values. */
import type { TensorLike } from '../../core/convert';
import { options } from '../../core/options';
import type { Tensor } from '../../core/tensor';
import { sqrt } from '../../ops/math/unary';
import { squaredDifference } from '../../ops/math/binary';
import { withDefaults } from '../base/named_options';
import { toSameRank } from '../base/ranks';
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
  sparseCrossentropyDefaults,
  crossentropyDefaults,
  type CrossentropyOptions,
  type SparseCategoricalCrossentropyOptions,
} from '../losses/crossentropy';
import { categoricalHinge, hinge, squaredHinge } from '../losses/hinge';
import {
  cosine,
  cosineSimilarityDefaults,
  klDivergence,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
  type CosineSimilarityOptions,
} from '../losses/regression';
import { named, type MetricOptions } from './metric';
import { FunctionMetric, Mean } from './reduction_metrics';

/** The mean of (yTrue − yPred)². @tf tf.keras.metrics.MeanSquaredError */
export class MeanSquaredError extends FunctionMetric {
  constructor(options: MetricOptions = {}) {
    super(meanSquaredError, options, 'MeanSquaredError', { name: 'mean_squared_error' });
  }
}

/** The mean of |yTrue − yPred|. @tf tf.keras.metrics.MeanAbsoluteError */
export class MeanAbsoluteError extends FunctionMetric {
  constructor(options: MetricOptions = {}) {
    super(meanAbsoluteError, options, 'MeanAbsoluteError', { name: 'mean_absolute_error' });
  }
}

/** The mean of 100·|yTrue − yPred| / |yTrue|. @tf tf.keras.metrics.MeanAbsolutePercentageError */
export class MeanAbsolutePercentageError extends FunctionMetric {
  constructor(options: MetricOptions = {}) {
    super(meanAbsolutePercentageError, options, 'MeanAbsolutePercentageError', {
      name: 'mean_absolute_percentage_error',
    });
  }
}

/** The mean of (log(yTrue + 1) − log(yPred + 1))². @tf tf.keras.metrics.MeanSquaredLogarithmicError */
export class MeanSquaredLogarithmicError extends FunctionMetric {
  constructor(options: MetricOptions = {}) {
    super(meanSquaredLogarithmicError, options, 'MeanSquaredLogarithmicError', {
      name: 'mean_squared_logarithmic_error',
    });
  }
}

/** The mean of log(cosh(yPred − yTrue)). @tf tf.keras.metrics.LogCoshError */
export class LogCoshError extends FunctionMetric {
  constructor(options: MetricOptions = {}) {
    super(logCosh, options, 'LogCoshError', { name: 'logcosh' });
  }
}

/** The mean of max(1 − yTrue·yPred, 0), of labels −1 and 1, or 0 and 1. @tf tf.keras.metrics.Hinge */
export class Hinge extends FunctionMetric {
  constructor(options: MetricOptions = {}) {
    super(hinge, options, 'Hinge', { name: 'hinge' });
  }
}

/** The mean of max(1 − yTrue·yPred, 0)², of labels −1 and 1, or 0 and 1. @tf tf.keras.metrics.SquaredHinge */
export class SquaredHinge extends FunctionMetric {
  constructor(options: MetricOptions = {}) {
    super(squaredHinge, options, 'SquaredHinge', { name: 'squared_hinge' });
  }
}

/** The mean of max(neg − pos + 1, 0), where pos = Σ yTrue·yPred and neg = max((1 − yTrue)·yPred). @tf tf.keras.metrics.CategoricalHinge */
export class CategoricalHinge extends FunctionMetric {
  constructor(options: MetricOptions = {}) {
    super(categoricalHinge, options, 'CategoricalHinge', { name: 'categorical_hinge' });
  }
}

/** The mean of Σ yTrue·log(yTrue / yPred), of distributions. @tf tf.keras.metrics.KLDivergence */
export class KLDivergence extends FunctionMetric {
  constructor(options: MetricOptions = {}) {
    super(klDivergence, options, 'KLDivergence', { name: 'kl_divergence' });
  }
}

/** The mean of yPred − yTrue·log(yPred). @tf tf.keras.metrics.Poisson */
export class Poisson extends FunctionMetric {
  constructor(options: MetricOptions = {}) {
    super(poisson, options, 'Poisson', { name: 'poisson' });
  }
}

/** The square root of the mean of (yTrue − yPred)². @tf tf.keras.metrics.RootMeanSquaredError */
export class RootMeanSquaredError extends Mean {
  constructor(options: MetricOptions = {}) {
    super(withDefaults(options, named('root_mean_squared_error'), 'RootMeanSquaredError'));
  }

  override updateState(yTrue: TensorLike, yPred?: unknown, sampleWeight?: unknown): void {
    const [t, p] = toSameRank(this.argument(yTrue, 'yTrue'), this.argument(yPred, 'yPred'));
    super.updateState(squaredDifference(p, t), sampleWeight);
  }

  override result(): Tensor {
    return sqrt(super.result());
  }
}

function cosineOf(yTrue: TensorLike, yPred: TensorLike, given?: CosineSimilarityOptions): Tensor {
  const { axis } = options(given, 'axis', cosineSimilarityDefaults, 'CosineSimilarity');
  return cosine(yTrue, yPred, axis, 'CosineSimilarity');
}

/** The mean of the cosines of the angles between yTrue and yPred. @tf tf.keras.metrics.CosineSimilarity */
export class CosineSimilarity extends FunctionMetric {
  declare readonly axis: number;

  constructor(options: MetricOptions & CosineSimilarityOptions = {}) {
    super(cosineOf, options, 'CosineSimilarity', { name: 'cosine_similarity' }, cosineSimilarityDefaults);
  }
}

const { fromLogits, labelSmoothing } = crossentropyDefaults;

/** The mean cross-entropy of labels that are 0 or 1. @tf tf.keras.metrics.BinaryCrossentropy */
export class BinaryCrossentropy extends FunctionMetric {
  declare readonly fromLogits: boolean;
  declare readonly labelSmoothing: number;

  constructor(options: MetricOptions & Omit<CrossentropyOptions, 'axis'> = {}) {
    const name = 'binary_crossentropy';
    super(binaryCrossentropy, options, 'BinaryCrossentropy', { name, fromLogits, labelSmoothing });
  }
}

/** The mean cross-entropy of labels in one-hot form, or of distributions. @tf tf.keras.metrics.CategoricalCrossentropy */
export class CategoricalCrossentropy extends FunctionMetric {
  declare readonly fromLogits: boolean;
  declare readonly labelSmoothing: number;
  declare readonly axis: number;

  constructor(options: MetricOptions & CrossentropyOptions = {}) {
    const name = 'categorical_crossentropy';
    super(categoricalCrossentropy, options, 'CategoricalCrossentropy', { name, ...crossentropyDefaults });
  }
}

/** The mean cross-entropy of labels that are class numbers. @tf tf.keras.metrics.SparseCategoricalCrossentropy */
export class SparseCategoricalCrossentropy extends FunctionMetric {
  declare readonly fromLogits: boolean;
  declare readonly ignoreClass: number | null;
  declare readonly axis: number;

  constructor(options: MetricOptions & SparseCategoricalCrossentropyOptions = {}) {
    const name = 'sparse_categorical_crossentropy';
    const where = 'SparseCategoricalCrossentropy';
    super(sparseCategoricalCrossentropy, options, where, { name, ...sparseCrossentropyDefaults });
  }
}
