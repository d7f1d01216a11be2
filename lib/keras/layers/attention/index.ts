/** Layers of attention. */
export {
  AdditiveAttention,
  Attention,
  type AdditiveAttentionOptions,
  type AttentionCallOptions,
  type AttentionOptions,
} from './attention';
export { GroupQueryAttention, type GroupQueryAttentionOptions } from './group_query_attention';
export type { HeadAttentionCallOptions, HeadAttentionOptions } from './head_attention';
export { MultiHeadAttention, type MultiHeadAttentionOptions } from './multi_head_attention';
