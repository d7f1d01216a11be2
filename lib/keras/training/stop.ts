/** What ends training between two steps: an AbortSignal, or Ctrl-C. */
import { describe } from '../../core/shape';
import type { StopSignal } from './options';

/** An AbortSignal, which ends it by an error, and Ctrl-C, which ends it as `stopTraining` does. */
export class Stop {
  /** Whether Ctrl-C was pressed. */
  interrupted = false;

  constructor(
    private readonly signal: StopSignal | null,
    where: string,
  ) {
    if (
      signal !== null &&
      (typeof signal.aborted !== 'boolean' || typeof signal.throwIfAborted !== 'function')
    )
      throw new TypeError(`[${where}] signal must be an AbortSignal; got ${describe(signal)}`);
  }

  /** Whether it should end. Throws the reason of the signal. */
  isDue(): boolean {
    this.signal?.throwIfAborted();
    return this.interrupted;
  }

  /**
   * Runs f; if nothing else listens for SIGINT, the first Ctrl-C ends it, and a second the process. `isShown`: progress is
   * shown on a terminal, so that someone watches.
   */
  async catchInterrupt<T>(isShown: boolean, f: () => Promise<T>): Promise<T> {
    if (!isShown || process.stdout.isTTY !== true || process.listenerCount('SIGINT') > 0) return f();
    const interrupt = (): void => {
      this.interrupted = true;
      process.stdout.write(
        '\nInterrupted: training ends after this step. Press Ctrl-C again to end the process.\n',
      );
    };
    process.once('SIGINT', interrupt);
    try {
      return await f();
    } finally {
      process.removeListener('SIGINT', interrupt);
    }
  }
}
