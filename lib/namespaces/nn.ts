/** `tf.nn`. */
export { embeddingLookup } from '../ops/indexing';
export {
  crelu,
  elu,
  gelu,
  leakyRelu,
  relu6,
  selu,
  silu,
  silu as swish,
  softsign,
  type CreluOptions,
  type GeluOptions,
  type LeakyReluOptions,
  type SiluOptions,
} from '../ops/activations';
export { relu } from '../ops/unary';
export { sigmoid, softplus, tanh } from '../ops/unary_math';
export { logSoftmax, softmax, type SoftmaxOptions } from '../ops/softmax';
export {
  softmaxCrossEntropyWithLogits,
  sparseSoftmaxCrossEntropyWithLogits,
  type SoftmaxCrossEntropyOptions,
} from '../ops/cross_entropy';
