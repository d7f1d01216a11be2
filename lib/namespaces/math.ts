/** `tf.math`: arithmetic, elementwise functions, comparisons, reductions. All of them are also in `tf`. */
export {
  add,
  subtract,
  multiply,
  divide,
  divideNoNan,
  multiplyNoNan,
  floordiv,
  floormod,
  floormod as mod,
  truncatediv,
  truncatemod,
  pow,
  maximum,
  minimum,
  squaredDifference,
  xlogy,
  xlog1py,
  xdivy,
  atan2,
  nextafter,
} from '../ops/math/binary';
export * from '../ops/math/compare';
export * from '../ops/math/unary';
export * from '../ops/math/unary_math';
export {
  reduceSum,
  reduceMean,
  reduceProd,
  reduceMax,
  reduceMin,
  reduceAny,
  reduceAll,
  reduceVariance,
  reduceStd,
  reduceLogsumexp,
  reduceEuclideanNorm,
} from '../ops/reduce/reduce';
export { l2Normalize } from '../ops/nn/normalization';
export { logSigmoid, softsign } from '../ops/nn/activations';
export { argmax, argmin } from '../ops/reduce/argreduce';
export type { ArgOptions } from '../ops/reduce/argreduce';
export { topK, type TopK, type TopKOptions } from '../ops/index/sort';
export { cumsum, cumprod } from '../ops/math/scan';
export type { ScanOptions } from '../ops/math/scan';
export type { Axis, OneAxis } from '../op/axis';
export type { ReduceOptions } from '../op/define/reduction';
export {
  segmentMax,
  segmentMean,
  segmentMin,
  segmentProd,
  segmentSum,
  unsortedSegmentMax,
  unsortedSegmentMean,
  unsortedSegmentMin,
  unsortedSegmentProd,
  unsortedSegmentSqrtN,
  unsortedSegmentSum,
} from '../ops/index/segments';
export {
  bincount,
  confusionMatrix,
  inTopK,
  type BincountOptions,
  type ConfusionMatrixOptions,
} from '../ops/index/counting';
