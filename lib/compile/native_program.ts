/** A program in the addon: loading validates it, and the addon frees it after this object has been garbage-collected. */
import { native } from '../binding';
import type { DTypeTable } from '../core/dtype';
import { writeProgramRun } from '../op/kernels';

/** `Float64Array<ArrayBuffer>`, which TypeScript has from 5.7 on. */
type Table = DTypeTable['float64']['array'];

const freed = new FinalizationRegistry<number>((number) => {
  native.freeProgram(number);
});

const nothing = new ArrayBuffer(0);

export class NativeProgram {
  private readonly number: number;
  readonly words: number;
  /** A template for the storages of a run, which fills a copy. */
  readonly storages: readonly ArrayBuffer[];
  /** The byte offset of each storage, then the run's scalars. */
  readonly table: Table;
  private readonly tableBuffer: ArrayBuffer;

  /** `code` is described in native/program/run.h; `storages` and `scalars` count those of a run. */
  constructor(code: ArrayBuffer, storages: number, scalars: number) {
    this.number = native.loadProgram(code, storages, scalars);
    this.words = code.byteLength / 8;
    this.storages = Array.from({ length: storages }, () => nothing);
    this.table = new Float64Array(storages + scalars);
    this.tableBuffer = this.table.buffer;
    freed.register(this, this.number);
  }

  /** Runs the program; returns the word of an instruction that stopped it with an exceptional result, or undefined. */
  run(storages: readonly ArrayBuffer[], from = 0, to = this.words): number | undefined {
    writeProgramRun(this.number, from, to);
    return native.runProgram(this.tableBuffer, ...storages);
  }

  /** Like `run`, on another thread; storages and table must not change until the promise is settled. */
  start(
    storages: readonly ArrayBuffer[],
    table: Table,
    from = 0,
    to = this.words,
  ): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      writeProgramRun(this.number, from, to);
      const done = (stopped: number, error: Error | undefined): void => {
        if (error !== undefined) reject(error);
        else resolve(stopped === -1 ? undefined : stopped);
      };
      native.startProgram(done, table.buffer, ...storages);
    });
  }
}
