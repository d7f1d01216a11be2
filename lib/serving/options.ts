/** Options of a batcher, checked. */
import * as tf from 'gradtape';
import type { BatcherOptions, RunOptions } from './types';

/** All options; the sizes increase. */
export type Options = Required<BatcherOptions> & { batchSizes: readonly number[] };

const defaults = { maxBatchSize: 32, maxLatency: 2, maxQueue: 1024, maxRunning: 1, batchSizes: null };

function powersOfTwo(most: number): number[] {
  const sizes: number[] = [];
  for (let n = 1; n < most; n *= 2) sizes.push(n);
  return [...sizes, most];
}

function whole(name: string, value: unknown): number {
  if (Number.isInteger(value) && (value as number) > 0) return value as number;
  throw new tf.errors.InvalidArgumentError(
    `[Batcher] ${name} must be a whole number above 0; got ${String(value)}`,
  );
}

export function checkOptions(options: BatcherOptions): Options {
  for (const name of Object.keys(options)) {
    if (!(name in defaults)) {
      throw new TypeError(
        `[Batcher] there is no option ${name}; there are ${Object.keys(defaults).join(', ')}`,
      );
    }
  }
  const o: Required<BatcherOptions> = { ...defaults, ...options };
  const maxBatchSize = whole('maxBatchSize', o.maxBatchSize);
  if (!(o.maxLatency >= 0 && o.maxLatency < 2 ** 31)) {
    throw new tf.errors.InvalidArgumentError(
      `[Batcher] maxLatency must be a number of milliseconds, 0 or more; got ${String(o.maxLatency)}`,
    );
  }
  const maxQueue = whole('maxQueue', o.maxQueue);
  const maxRunning = whole('maxRunning', o.maxRunning);
  const sizes = o.batchSizes === null ? powersOfTwo(maxBatchSize) : [...o.batchSizes];
  for (const size of sizes) whole('each of batchSizes', size);
  return {
    maxBatchSize,
    maxLatency: o.maxLatency,
    maxQueue,
    maxRunning,
    batchSizes: sizes.sort((a, b) => a - b),
  };
}

/** The signal of a request, or null. Throws its reason if it is aborted. */
export function checkSignal({ signal = null }: RunOptions): AbortSignal | null {
  if (signal === null) return null;
  if (!(signal instanceof AbortSignal))
    throw new TypeError(`[Batcher] run: signal must be an AbortSignal; got ${String(signal)}`);
  signal.throwIfAborted();
  return signal;
}
