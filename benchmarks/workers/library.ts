/** The interface of a JavaScript library in `bench:peers`. */
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

/** A prepared workload. */
export interface Task {
  /** Computes the workload as user code would: a new result in each call, or a promise of one. */
  run: () => unknown;
  /** The elements of a result. */
  outputs: (result: never) => readonly Output[] | Promise<readonly Output[]>;
  /** Frees a result, if users must do so; included in the time. */
  free?: (result: never) => void;
  note?: string;
  compiled?: boolean;
}

export type Params = Readonly<Record<string, Parameter>>;

/** Prepares a workload, or returns why the library cannot compute it. */
export type Maker = (params: never, inputs: readonly Input[]) => Task | string | Promise<Task | string>;

export interface Library extends Opened {
  kinds: Readonly<Record<string, Maker>>;
}

/** Loads a library; `setting` is specific to the module (a backend, a folder). */
export type Open = (threads: number, setting: string) => Library | Promise<Library>;
