/** `tf.math`: arithmetic, elementwise functions, comparisons, reductions. All of it is in `tf` itself too. */
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
} from '../ops/binary';
export * from '../ops/compare';
export * from '../ops/unary';
export * from '../ops/unary_math';
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
} from '../ops/reduce';
export { l2Normalize } from '../ops/normalization';
export { logSigmoid, softsign } from '../ops/activations';
export { argmax, argmin } from '../ops/argreduce';
export type { ArgOptions } from '../ops/argreduce';
export { topK, type TopK, type TopKOptions } from '../ops/sort';
export { cumsum, cumprod } from '../ops/scan';
export type { ScanOptions } from '../ops/scan';
export type { Axis, OneAxis } from '../ops/axis';
export type { ReduceOptions } from '../ops/reduction';
