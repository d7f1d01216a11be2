/** The types of a batcher's arguments and results. */
import type * as tf from 'gradtape';

type Signal = NonNullable<tf.AsyncOptions['signal']>;

/** What a batch function returns: tensors with a row for each row of the batch. */
export type BatchResult = tf.Tensor | readonly tf.Tensor[] | Readonly<Record<string, tf.Tensor>>;

/**
 * Computes a batch: rows along the first axis. It must compute each row by itself. The signal is aborted when all callers of
 * the batch have aborted.
 */
export type BatchFunction<R extends BatchResult = tf.Tensor> = (
  batch: tf.Tensor,
  options: { signal: Signal },
) => R | Promise<R>;

export interface BatcherOptions {
  /** The most rows of a batch. Default 32. */
  maxBatchSize?: number;
  /** How long (ms) a request waits for others to fill its batch, while the function is free. Default 2. */
  maxLatency?: number;
  /** The most rows that wait; further requests are refused. Default 1024. */
  maxQueue?: number;
  /** The most batches in progress at a time. Default 1. */
  maxRunning?: number;
  /**
   * The sizes that batches are padded to with zeros, so that a compiled function is traced for few shapes. Default null: powers of
   * two, and `maxBatchSize`. An empty array: no padding.
   */
  batchSizes?: readonly number[] | null;
}

export interface RunOptions {
  /** Rejects the request with its reason, and removes it from the queue. */
  signal?: Signal | null;
}

/** What a batcher has done so far. */
export interface BatcherStats {
  /** Rows that wait, and batches in progress, now. */
  queued: number;
  running: number;
  /** Requests that were accepted, refused since the queue was full, failed and aborted. */
  requests: number;
  refused: number;
  failed: number;
  aborted: number;
  /** Batches that were begun, their rows, and the rows of zeros that filled them up. */
  batches: number;
  rows: number;
  padding: number;
}
