/** `tf.keras.ops.nn`: functions of neural networks, which `tf.keras.ops` has too. */
export { psnr } from '../arithmetic_more';
export { dotProductAttention } from '../attention';
export { binaryCrossentropy, categoricalCrossentropy, sparseCategoricalCrossentropy } from '../crossentropy';
export { ctcDecode, ctcLoss } from '../ctc';
export {
  celu,
  elu,
  gelu,
  glu,
  hardShrink,
  hardSigmoid,
  hardSilu,
  hardSwish,
  hardTanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softShrink,
  softmax,
  softplus,
  softsign,
  sparsePlus,
  sparseSigmoid,
  sparsemax,
  squareplus,
  swish,
  tanhShrink,
  threshold,
} from '../elementwise';
export { oneHot } from '../movement';
export {
  batchNormalization,
  layerNormalization,
  moments,
  normalize,
  rmsNormalization,
} from '../normalization';
export { multiHot } from '../ordering';
export { depthToSpace, fold, spaceToDepth, unfold } from '../patches';
export {
  adaptiveAveragePool,
  adaptiveMaxPool,
  averagePool,
  conv,
  convTranspose,
  depthwiseConv,
  maxPool,
  separableConv,
} from '../windows';
