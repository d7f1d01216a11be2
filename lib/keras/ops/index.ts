/** `tf.keras.ops`. */
export * as image from './image';
export * as linalg from './namespaces/linalg';
export * as nn from './namespaces/nn';
export * as numpy from './namespaces/numpy';
export * from './namespaces/numpy';
export * from './arithmetic';
export { psnr, type IscloseOptions } from './arithmetic_more';
export {
  associativeScan,
  cond,
  foriLoop,
  map,
  scan,
  switchBranch as switch,
  vectorizedMap,
  whileLoop,
} from './control';
export * from './bits';
export * from './core';
export * from './creation';
export * from './crossentropy';
export * from './ctc';
export { dotProductAttention, type DotProductAttentionOptions } from './attention';
export * from './elementwise';
export * from './factorizations';
export * from './fourier';
export * from './linalg';
export * from './matrices';
export * from './movement';
export { unstack } from './movement_more';
export * from './nan_reductions';
export * from './ordering';
export * from './patches';
export * from './products';
export * from './quantiles';
export * from './rearrange';
export * from './normalization';
export * from './windows';
export { logsumexp } from './reductions';
export type { Axes, AxisOption, Binary, Nary, Operand, ReductionOptions, Unary } from './types';
