/** `tf.keras.activations`. */
export { gelu, logSigmoid, relu6, selu, softsign } from '../../ops/nn/activations';
export {
  celu,
  exponential,
  glu,
  hardShrink,
  hardSigmoid,
  hardSilu,
  hardSilu as hardSwish,
  hardTanh,
  mish,
  softShrink,
  sparsePlus,
  sparseSigmoid,
  squareplus,
  tanhShrink,
  type GluOptions,
} from '../../ops/nn/activations_keras';
export { sparsemax } from '../../ops/nn/sparsemax';
export { scaledElu as elu, threshold, type ReluOptions } from '../../ops/nn/thresholds';
export { softplus, tanh } from '../../ops/math/unary_math';
export { logSoftmax, sigmoid, softmax } from './probabilities';
export { leakyRelu, relu, silu, silu as swish } from './units';
