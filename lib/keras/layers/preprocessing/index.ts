/** Layers that prepare data: text, categories, numbers, images. */
export { StringLookup, type StringLookupOptions } from './string_lookup';
export { IntegerLookup, type IntegerLookupOptions } from './integer_lookup';
export { CategoryEncoding, type CategoryEncodingOptions } from './category_encoding';
export { Discretization, type DiscretizationOptions } from './discretization';
export { HashedCrossing, Hashing, type HashedCrossingOptions, type HashingOptions } from './hashing';
export { Normalization, type NormalizationOptions } from './normalization';
export { Rescaling, type RescalingOptions } from './rescaling';
export {
  TextVectorization,
  type Split as TextSplit,
  type Standardize as TextStandardize,
  type TextVectorizationOptions,
} from './text_vectorization';
export * from './audio';
export * from './image';
export { Pipeline, type PipelineOptions } from './pipeline';
