/// <reference lib="es2018.asynciterable" preserve="true" />
/** Batches by their number. */
import { withDefaults } from '../base/named_options';
import { describe } from '../../core/shape';
import type { BatchSequence } from '../training/sequence_source';

export interface PyDatasetOptions {
  /** The number of batches that are asked for at a time, for a `getItem` that returns promises. Default 1. */
  workers?: number;
}

/**
 * Base class of datasets whose batches are computed when they are needed. A subclass has `length`, the number of batches, or null for
 * an endless one, and `getItem(index)`, which returns a batch, [x, y], [x, y, sampleWeight] or x, or a promise of one. `fit` asks for
 * the batches in another random order in each epoch unless `shuffle: false`; `evaluate` and `predict` in their order. `onEpochBegin`
 * and `onEpochEnd` are called around each pass. @tf tf.keras.utils.PyDataset @tf tf.keras.utils.Sequence
 */
export abstract class PyDataset implements BatchSequence {
  readonly workers: number;
  /** The number of batches; null: endless, for a `fit` with `stepsPerEpoch`. */
  abstract readonly length: number | null;

  constructor(options: PyDatasetOptions = {}) {
    const { workers } = withDefaults(options, { workers: 1 }, 'PyDataset');
    if (!Number.isInteger(workers) || workers < 1)
      throw new TypeError(`[PyDataset] \`workers\` must be a positive integer; got ${describe(workers)}`);
    this.workers = workers;
  }

  /** The batch of that number. */
  abstract getItem(index: number): unknown;

  /** Called before the first batch of each epoch; a promise is waited for. */
  onEpochBegin(): void | Promise<void> {}

  /** Called after the last batch of each epoch; a promise is waited for. */
  onEpochEnd(): void | Promise<void> {}

  /** The number of batches, as Keras calls it. */
  get numBatches(): number | null {
    return this.length;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<unknown> {
    for (let i = 0; this.length === null || i < this.length; i++) yield await this.getItem(i);
  }
}
