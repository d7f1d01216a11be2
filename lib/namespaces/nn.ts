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
export { topK } from '../ops/sort';
export { relu } from '../ops/unary';
export { sigmoid, softplus, tanh } from '../ops/unary_math';
export { logSoftmax, softmax, type SoftmaxOptions } from '../ops/softmax';
export {
  softmaxCrossEntropyWithLogits,
  sparseSoftmaxCrossEntropyWithLogits,
  type SoftmaxCrossEntropyOptions,
} from '../ops/cross_entropy';
export { depthwiseConv2d, separableConv2d, type DepthwiseConv2dOptions } from '../ops/depthwise';
export {
  avgPool,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  maxPool,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  maxPoolWithArgmax,
  pool,
  type MaxPoolWithArgmaxOptions,
  type PoolOptions,
  type PoolWindowOptions,
} from '../ops/pooling';
export { layerNorm, type LayerNormOptions } from '../ops/layer_norm';
export { batchNormalization, fusedBatchNorm, type FusedBatchNormOptions } from '../ops/batch_norm';
export {
  biasAdd,
  l2Normalize,
  localResponseNormalization,
  moments,
  type BiasAddOptions,
  type L2NormalizeOptions,
  type LocalResponseNormalizationOptions,
  type MomentsOptions,
} from '../ops/normalization';
export type { Padding, PadPair, PerDimension } from '../ops/window';
export {
  conv1d,
  conv2d,
  conv3d,
  convolution,
  type ConvOptions,
  type ConvPadding,
  type ConvolutionOptions,
} from '../ops/conv';
export {
  conv1dTranspose,
  conv2dTranspose,
  conv3dTranspose,
  convTranspose,
  type ConvTransposeOptions,
} from '../ops/conv_transpose';
