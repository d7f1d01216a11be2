/** `tf.keras.activations`. */
export {
  elu,
  gelu,
  leakyRelu,
  logSigmoid,
  relu6,
  selu,
  silu,
  silu as swish,
  softsign,
} from '../ops/nn/activations';
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
} from '../ops/nn/activations_keras';
export { softmax, logSoftmax } from '../ops/nn/softmax';
export { relu } from '../ops/math/unary';
export { sigmoid, softplus, tanh } from '../ops/math/unary_math';
