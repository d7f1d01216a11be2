/**
 * Serving models in Node: requests that are computed in batches, and weights that worker threads share. Imported as
 * `gradtape/serving`.
 * @module gradtape/serving
 */
export { Batcher } from './batcher';
export type { BatchFunction, BatcherOptions, BatcherStats, BatchResult, RunOptions } from './types';
export { shareWeights, useSharedWeights } from './shared_weights';
export type { SharedWeight, SharedWeights, WithWeights } from './shared_weights';
