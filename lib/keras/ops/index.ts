/** `tf.keras.ops`. */
export * as image from './image';
export * as linalg from './namespaces/linalg';
export * as nn from './namespaces/nn';
export * as numpy from './namespaces/numpy';
export * from './arithmetic';
export {
  allclose,
  fmax,
  fmin,
  fmod,
  gcd,
  heaviside,
  hypot,
  isclose,
  isin,
  lcm,
  ldexp,
  logaddexp,
  logaddexp2,
  psnr,
  type IscloseOptions,
} from './arithmetic_more';
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
export {
  cbrt,
  conj,
  conjugate,
  copy,
  deg2rad,
  fabs,
  imag,
  isneginf,
  isposinf,
  isreal,
  nanToNum,
  rad2deg,
  realPart as real,
  round,
  signbit,
  sinc,
  trunc,
} from './elementwise_more';
export * from './factorizations';
export * from './fourier';
export * from './linalg';
export * from './matrices';
export * from './movement';
export {
  arraySplit,
  diff,
  dsplit,
  dstack,
  fliplr,
  flipud,
  hsplit,
  hstack,
  moveaxis,
  nonzero,
  ravel,
  roll,
  rot90,
  select,
  takeAlongAxis,
  trapezoid,
  unravelIndex,
  unstack,
  vsplit,
  vstack,
} from './movement_more';
export * from './nan_reductions';
export * from './ordering';
export * from './patches';
export * from './products';
export * from './quantiles';
export * from './rearrange';
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
