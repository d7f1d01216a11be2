export type { LoraLayerOptions, LoraOptions } from '../lora';
export { Dense, type DenseOptions } from './dense';
export { EinsumDense, type EinsumDenseOptions } from './einsum_dense';
export {
  Embedding,
  ReversibleEmbedding,
  type EmbeddingOptions,
  type ReversibleEmbeddingOptions,
} from './embedding';
export { Input, InputLayer, type InputLayerOptions, type InputOptions } from './input_layer';
export { Lambda, type LambdaFunction, type LambdaOptions } from './lambda';
export { Identity, Masking, Wrapper, type MaskingOptions } from './masking';
