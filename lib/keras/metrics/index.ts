/** `tf.keras.metrics`. */
export { Metric, type MetricOptions } from './metric';
export { Mean, MeanMetricWrapper, Sum, type MetricFunction } from './reduction_metrics';
export * from './accuracy';
export * from './auc';
export * from './confusion_metrics';
export * from './correlation';
export * from './fscore';
export * from './function_metrics';
export * from './iou';
export * from './r2';
export {
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  categoricalHinge,
  hinge,
  huber,
  klDivergence,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
  sparseCategoricalCrossentropy,
  squaredHinge,
} from '../losses/functions';
export { get, type MetricLike } from './get';
export { deserialize, serialize } from './serialization';
