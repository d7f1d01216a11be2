/** `tf.keras.ops`. */
export * from './arithmetic';
export * from './crossentropy';
export * from './ctc';
export { dotProductAttention, type DotProductAttentionOptions } from './attention';
export * from './elementwise';
export * from './movement';
export * from './normalization';
export * from './windows';
export {
  all,
  amax,
  amin,
  any,
  argmax,
  argmin,
  cumprod,
  cumsum,
  logsumexp,
  max,
  mean,
  min,
  prod,
  std,
  sum,
  variance as var,
} from './reductions';
export type { Axes, AxisOption, Binary, Nary, Operand, ReductionOptions, Unary } from './types';
