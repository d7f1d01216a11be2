/** What a JavaScript library has to offer to take part. */
import type { Opened } from '../host/protocol';
import type { Elements, ElementType, Parameter } from '../workloads/workload';

export interface Input {
  shape: number[];
  dtype: 'float32' | 'float64' | 'int32';
  data: Float32Array | Float64Array | Int32Array;
}

export interface Output {
  shape: readonly number[];
  dtype: ElementType;
  data: Elements;
}

/** A workload that is ready to run. */
export interface Task {
  /** As a user writes it: a fresh result each call, or a promise of one. */
  run: () => unknown;
  /** The elements of a result. */
  outputs: (result: never) => readonly Output[] | Promise<readonly Output[]>;
  /** What a user must do with a result that is no longer needed; part of the time. */
  free?: (result: never) => void;
  note?: string;
  compiled?: boolean;
}

export type Params = Readonly<Record<string, Parameter>>;

/** Prepares a workload, or says why the library cannot do it. */
export type Maker = (params: never, inputs: readonly Input[]) => Task | string | Promise<Task | string>;

export interface Library extends Opened {
  kinds: Readonly<Record<string, Maker>>;
}

/** Loads a library; `setting` is the worker's own (a backend, a folder). */
export type Open = (threads: number, setting: string) => Library | Promise<Library>;
