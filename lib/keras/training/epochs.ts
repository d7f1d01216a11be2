/// <reference lib="es2018.asynciterable" preserve="true" />
/** The batches of epochs. */
import { InvalidArgumentError } from '../../core/errors';
import { maxStepsPerEpoch } from '../base/settings';
import type { Batch, BatchSource } from './data';

/** The error for data without batches. */
export const noBatches = (where: string): InvalidArgumentError =>
  new InvalidArgumentError(
    `[${where}] the data have no batch: an array needs examples, and an iterable has to give its batches each time it is iterated`,
  );

/** The warning for an epoch that has fewer batches than it should. */
export const warnOutOfData = (): void => {
  process.emitWarning(
    'Your input ran out of data; interrupting training. Make sure that your dataset or generator can generate at least ' +
      '`stepsPerEpoch * epochs` batches.',
  );
};

/** The epochs of a source: all of its batches, or `limit` of them at a time. */
export class Epochs {
  /** What the next epoch goes on with, where there is a limit. */
  private current: AsyncIterator<Batch> | Iterator<Batch> | null = null;
  private seen = 0;
  private readonly limit: number | null;

  constructor(
    private readonly source: BatchSource,
    limit: number | null,
  ) {
    const most = maxStepsPerEpoch() || Infinity;
    const isLimited = most < (limit ?? source.steps ?? Infinity);
    this.limit = isLimited ? most : limit;
    if (isLimited) process.emitWarning(`Limiting stepsPerEpoch to ${most}`);
  }

  /** The number of batches of an epoch; null: not known. */
  get steps(): number | null {
    return this.limit ?? this.source.steps;
  }

  /** The number of examples of every batch; null: it varies, or is not known. */
  get batchSize(): number | null {
    return this.source.batchSize ?? null;
  }

  /** Starts anew. */
  reset(): void {
    this.current = null;
    this.seen = 0;
  }

  next(): AsyncIterable<Batch> | Iterable<Batch> {
    return this.limit === null ? this.source.epoch() : this.take(this.limit);
  }

  private async *take(limit: number): AsyncIterable<Batch> {
    const isEnd = (): boolean => this.source.steps !== null && this.seen >= this.source.steps;
    for (let step = 0; step < limit; step++) {
      const next = isEnd() ? null : await (this.current ??= iteratorOf(this.source.epoch())).next();
      if (next === null || next.done === true) {
        if (step > 0) warnOutOfData();
        this.reset();
        return;
      }
      this.seen++;
      yield next.value;
    }
    if (!isEnd()) return;
    // What follows the last batch: the end of an epoch of a PyDataset.
    await this.current?.next();
    this.reset();
  }
}

const iteratorOf = <T>(list: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> =>
  Symbol.asyncIterator in list ? list[Symbol.asyncIterator]() : list[Symbol.iterator]();
