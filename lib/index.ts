/** What `import * as tf from 'gradtape'` gives. Public exports, nothing else. */
export { Tensor } from './core/tensor';
export { Variable } from './core/variable';
export { IndexedSlices } from './core/indexed_slices';
export { memory } from './core/storage';
export { tidy, keep } from './core/tidy';
export * as errors from './core/errors';
export type { DType } from './core/dtype';
export type { TensorLike } from './core/convert';
export { GradientTape } from './autodiff/gradient_tape';
export { customGradient, stopGradient } from './autodiff/custom_gradient';
export { grad, valueAndGrad } from './autodiff/grad';
import './ops/methods';
export { add, subtract, multiply, less } from './ops/binary';
export { negative, square, exp, isNan, logicalNot } from './ops/unary';
