/** Runs compiled steps one after the other and leaves the event loop time between them. */
import { setImmediate } from 'node:timers/promises';
import type { Tensor } from '../../core/tensor';
import type { Batch } from './data';

/** Milliseconds after which other events get their turn. */
const slice = 4;

/**
 * Runs steps. Short ones run at once, and other events get their turn every few milliseconds; long ones run on other threads.
 * The change of threads costs about as much as a step of a small model.
 */
export class StepRunner<A extends unknown[] = [unknown, unknown, unknown], R = Record<string, Tensor>> {
  private since = performance.now();
  /** The time of the step before, in milliseconds; null: not known yet. */
  private last: number | null = null;

  constructor(
    private readonly step: (...args: A) => R,
    /** Null: steps run op by op, on this thread. */
    private readonly async: ((...args: A) => Promise<R>) | null,
  ) {}

  async runWith(...args: A): Promise<R> {
    const begin = performance.now();
    if (begin - this.since > slice) {
      await setImmediate();
      this.since = performance.now();
    }
    const start = performance.now();
    // The first step is traced, on this thread either way.
    const isLong = this.last !== null && this.last > slice && this.async !== null;
    const result = isLong && this.async !== null ? await this.async(...args) : this.step(...args);
    if (isLong) this.since = performance.now();
    this.last = performance.now() - start;
    return result;
  }

  run(batch: Batch): Promise<R> {
    return this.runWith(...([batch.x, batch.y, batch.sampleWeight] as unknown as A));
  }
}
