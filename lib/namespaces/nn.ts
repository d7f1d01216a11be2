/** `tf.nn`: activations, convolutions, pooling, normalisation, losses. */
export { embeddingLookup, type EmbeddingLookupOptions } from '../ops/index/embedding';
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
} from '../ops/nn/activations';
export { topK } from '../ops/index/sort';
export { relu } from '../ops/math/unary';
export { sigmoid, softplus, tanh } from '../ops/math/unary_math';
export { logSoftmax, softmax, type SoftmaxOptions } from '../ops/nn/softmax';
export {
  softmaxCrossEntropyWithLogits,
  sparseSoftmaxCrossEntropyWithLogits,
  type SoftmaxCrossEntropyOptions,
} from '../ops/nn/cross_entropy';
export {
  logPoissonLoss,
  sigmoidCrossEntropyWithLogits,
  weightedCrossEntropyWithLogits,
  type LogPoissonLossOptions,
} from '../ops/nn/sigmoid_cross_entropy';
export { ctcLoss, type CtcLossOptions } from '../ops/nn/ctc';
export { dropout, type DropoutOptions, type NoiseShape } from '../ops/nn/dropout';
export { depthToSpace, spaceToDepth, type DepthSpaceOptions } from '../ops/nn/depth_space';
export * as experimental from './nn_experimental';
export { depthwiseConv2d, separableConv2d, type DepthwiseConv2dOptions } from '../ops/nn/depthwise';
export {
  avgPool,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  maxPool,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  pool,
  type PoolOptions,
  type PoolWindowOptions,
} from '../ops/nn/pooling';
export { maxPoolWithArgmax, type MaxPoolWithArgmaxOptions } from '../ops/nn/pooling_argmax';
export { layerNorm, type LayerNormOptions } from '../ops/nn/layer_norm';
export { batchNormalization, fusedBatchNorm, type FusedBatchNormOptions } from '../ops/nn/batch_norm';
export {
  biasAdd,
  l2Normalize,
  localResponseNormalization,
  moments,
  type BiasAddOptions,
  type L2NormalizeOptions,
  type LocalResponseNormalizationOptions,
  type MomentsOptions,
} from '../ops/nn/normalization';
export type { Padding, PadPair, PerDimension } from '../ops/nn/window';
export {
  conv1d,
  conv2d,
  conv3d,
  convolution,
  type ConvOptions,
  type ConvPadding,
  type ConvolutionOptions,
} from '../ops/nn/conv';
export {
  conv1dTranspose,
  conv2dTranspose,
  conv3dTranspose,
  convTranspose,
  type ConvTransposeOptions,
} from '../ops/nn/conv_transpose';
