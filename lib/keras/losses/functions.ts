/** Losses as functions: the values of the examples, of shape [batch, …] without the last axis. */
export {
  huber,
  klDivergence,
  logCosh,
  cosineSimilarity,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
  type CosineSimilarityOptions,
  type HuberOptions,
} from './regression';
export {
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  categoricalGeneralizedCrossEntropy,
  sparseCategoricalCrossentropy,
  type BinaryFocalCrossentropyOptions,
  type CategoricalFocalCrossentropyOptions,
  type CrossentropyOptions,
  type GeneralizedCrossEntropyOptions,
  type SparseCategoricalCrossentropyOptions,
} from './crossentropy';
export { categoricalHinge, hinge, squaredHinge } from './hinge';
export { ctc } from './ctc';
export { circle, dice, tversky, type CircleOptions, type DiceOptions, type TverskyOptions } from './overlap';
