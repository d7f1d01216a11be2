/** A program that the addon has checked and holds: loaded once, freed with this object. */
import { frame, native } from '../binding';

const freed = new FinalizationRegistry<number>((number) => {
  frame[0] = number;
  native.freeProgram();
});

const nothing = new ArrayBuffer(0);

export class NativeProgram {
  private readonly number: number;
  readonly words: number;
  /** As many as a run works on, none of them there yet: runs fill copies. */
  readonly storages: readonly ArrayBuffer[];
  /** The byte offset of each storage, then the numbers that the run brings. */
  readonly table: Float64Array<ArrayBuffer>;
  private readonly tableBuffer: ArrayBuffer;

  /** `code` as native/program/run.h describes it, over so many storages, and numbers that each run brings. */
  constructor(code: ArrayBuffer, storages: number, scalars: number) {
    frame[0] = storages;
    frame[1] = scalars;
    this.number = native.loadProgram(code);
    this.words = code.byteLength / 8;
    this.storages = Array.from({ length: storages }, () => nothing);
    this.table = new Float64Array(storages + scalars);
    this.tableBuffer = this.table.buffer;
    freed.register(this, this.number);
  }

  /** The word of an instruction that gave an unusual result, or undefined. */
  run(storages: readonly ArrayBuffer[], from = 0, to = this.words): number | undefined {
    frame[0] = this.number;
    frame[1] = from;
    frame[2] = to;
    return native.runProgram(this.tableBuffer, ...storages);
  }

  /** The same on another thread, over storages and a table that nobody else changes until it is done. */
  start(
    storages: readonly ArrayBuffer[],
    table: Float64Array<ArrayBuffer>,
    from = 0,
    to = this.words,
  ): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      frame[0] = this.number;
      frame[1] = from;
      frame[2] = to;
      const done = (stopped: number, error: Error | undefined): void => {
        if (error !== undefined) reject(error);
        else resolve(stopped === -1 ? undefined : stopped);
      };
      native.startProgram(done, table.buffer, ...storages);
    });
  }
}
