/** Correlations of labels and predictions. */
import type { TensorLike } from '../../core/convert';
import { options as readOptions } from '../../core/options';
import type { Tensor } from '../../core/tensor';
import { add, divide, multiply, squaredDifference, subtract } from '../../ops/math/binary';
import { reduceMean, reduceStd, reduceVariance } from '../../ops/reduce/reduce';
import { alignedPair, epsilon } from '../losses/operands';
import type { MetricOptions } from './metric';
import { FunctionMetric } from './reduction_metrics';

export interface CorrelationOptions {
  /** The axis along which values are correlated. Default −1. */
  axis?: number;
}

const defaults: Required<CorrelationOptions> = { axis: -1 };

/** Pearson's correlation of yTrue and yPred along an axis. @tf tf.keras.metrics.pearson_correlation */
export function pearsonCorrelation(
  yTrue: TensorLike,
  yPred: TensorLike,
  options?: CorrelationOptions | number,
): Tensor {
  const { axis } = readOptions(options, 'axis', defaults, 'pearsonCorrelation');
  const standardized = (x: Tensor): Tensor => {
    const centered = subtract(x, reduceMean(x, { axis, keepdims: true }));
    return divide(centered, reduceStd(centered, { axis, keepdims: true }));
  };
  const [t, p] = alignedPair(yTrue, yPred, 'pearsonCorrelation');
  return reduceMean(multiply(standardized(t), standardized(p)), { axis });
}

/** The concordance correlation of yTrue and yPred along an axis. @tf tf.keras.metrics.concordance_correlation */
export function concordanceCorrelation(
  yTrue: TensorLike,
  yPred: TensorLike,
  options?: CorrelationOptions | number,
): Tensor {
  const { axis } = readOptions(options, 'axis', defaults, 'concordanceCorrelation');
  const [t, p] = alignedPair(yTrue, yPred, 'concordanceCorrelation');
  const mean = (x: Tensor): Tensor => reduceMean(x, { axis, keepdims: true });
  const [meanTrue, meanPredicted] = [mean(t), mean(p)];
  const variance = (x: Tensor, center: Tensor): Tensor =>
    reduceVariance(subtract(x, center), { axis, keepdims: true });
  // Keras subtracts the mean of the predictions from the labels too.
  const covariance = multiply(subtract(t, meanPredicted), subtract(p, meanPredicted));
  const norm = add(
    add(variance(t, meanTrue), variance(p, meanPredicted)),
    squaredDifference(meanTrue, meanPredicted),
  );
  return reduceMean(divide(multiply(covariance, 2), add(norm, epsilon())), { axis });
}

/** The mean of Pearson's correlations of the examples. @tf tf.keras.metrics.PearsonCorrelation */
export class PearsonCorrelation extends FunctionMetric {
  declare readonly axis: number;

  constructor(options: MetricOptions & CorrelationOptions = {}) {
    super(pearsonCorrelation, options, 'PearsonCorrelation', { name: 'pearson_correlation', ...defaults });
  }
}

/** The mean of the concordance correlations of the examples. @tf tf.keras.metrics.ConcordanceCorrelation */
export class ConcordanceCorrelation extends FunctionMetric {
  declare readonly axis: number;

  constructor(options: MetricOptions & CorrelationOptions = {}) {
    const name = 'concordance_correlation';
    super(concordanceCorrelation, options, 'ConcordanceCorrelation', { name, ...defaults });
  }
}
