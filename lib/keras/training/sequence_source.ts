/// <reference lib="es2018.asynciterable" preserve="true" />
/** Batches of objects that have them by number. */
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import { batchOf, permutation, type Batch, type BatchSource } from './data';

/** Batches by their number: a PyDataset, or any object like it. */
export interface BatchSequence {
  /** The number of batches; null: endless. */
  readonly length: number | null;
  /** A batch, [x, y], [x, y, sampleWeight] or x, or a promise of one. */
  getItem(index: number): unknown;
  /** The number of batches that are asked for at a time. Default 1. */
  readonly workers?: number;
  onEpochBegin?(): void | Promise<void>;
  onEpochEnd?(): void | Promise<void>;
}

/** Whether a value has batches by number. */
export const isBatchSequence = (value: unknown): value is BatchSequence =>
  typeof value === 'object' &&
  value !== null &&
  'length' in value &&
  'getItem' in value &&
  typeof value.getItem === 'function';

/** The batches of a sequence, in their order or a random one. */
export class SequenceSource implements BatchSource {
  constructor(
    private readonly sequence: BatchSequence,
    private readonly shuffle: boolean,
    private readonly where: string,
    private readonly change: (batch: Batch) => Batch = (batch) => batch,
  ) {
    const count = this.steps;
    if (count !== null && (!Number.isInteger(count) || count < 1))
      throw new InvalidArgumentError(
        `[${where}] \`length\` of a dataset must be its number of batches, a positive integer, or null if it is endless; got ` +
          describe(count),
      );
  }

  get steps(): number | null {
    return this.sequence.length;
  }

  /** The numbers of the batches of an epoch. */
  private *order(): Iterable<number> {
    const count = this.steps;
    if (this.shuffle && count !== null) yield* permutation(count, 1);
    else for (let i = 0; count === null || i < count; i++) yield i;
  }

  async *epoch(): AsyncIterable<Batch> {
    const { sequence, where } = this;
    await sequence.onEpochBegin?.();
    const numbers = this.order()[Symbol.iterator]();
    const pending: Promise<unknown>[] = [];
    // What `getItem` throws is a failure of its promise, too.
    const ask = (index: number): Promise<unknown> => Promise.resolve().then(() => sequence.getItem(index));
    for (;;) {
      while (pending.length < (sequence.workers ?? 1)) {
        const next = numbers.next();
        if (next.done === true) break;
        const batch = ask(next.value);
        // A failure is reported in its turn.
        batch.catch(() => undefined);
        pending.push(batch);
      }
      const batch = pending.shift();
      if (batch === undefined) break;
      yield this.change(batchOf(await batch, where));
    }
    await sequence.onEpochEnd?.();
  }
}
