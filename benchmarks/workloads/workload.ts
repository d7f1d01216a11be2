/** What a workload is: one computation that every library is asked to do on the same inputs. */

export type ElementType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool';
export type Elements = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** An input: elements drawn evenly from [low, high) by `elements` (inputs.ts), the same for every library. */
export interface InputSpec {
  shape: readonly number[];
  dtype?: 'float32' | 'float64' | 'int32';
  /** Default −1 and 1. Integers are rounded down. */
  low?: number;
  high?: number;
}

export type Parameter = number | string | boolean | readonly number[];

/** A result's shape and its elements by flat index, computed in double precision from the definition. */
export interface Expected {
  shape: readonly number[];
  at: (index: number) => number;
}

/** What counts as equal: |a − b| ≤ absolute + relative · |b|. */
export interface Tolerance {
  relative: number;
  absolute: number;
  /** Equal too: ‖a − b‖ ≤ l2 · ‖b‖, whatever single elements show (Winograd's error is stated so). */
  l2?: number;
}

/** What a row is meant to reach. */
export type Target =
  /** At most `ratio` of the time of the best peer, or of the best of those named in `to`. */
  | { kind: 'ratio'; ratio: number; to?: readonly string[] }
  /** At most `ratio` of this library's own time for another workload. */
  | { kind: 'own'; ratio: number; workload: string }
  /** At most so many nanoseconds. */
  | { kind: 'time'; ns: number };

export interface Workload {
  /** Unique: `matmul/1024`. */
  name: string;
  /** What the workers look up: one kind is one function in each library. */
  kind: string;
  params: Readonly<Record<string, Parameter>>;
  inputs: readonly InputSpec[];
  /** Arithmetic operations or elements touched: predicts which workloads would take a slow library too long. */
  cost: number;
  target?: Target;
  /**
   * Seconds that every library runs it before anything counts, where that is longer than usual: what an engine compiles as
   * it runs, such as a step of dozens of calls in JavaScript, is at its speed after some thousand steps.
   */
  warmUp?: number;
  /** What is compared: the time of a call, or how much a process grows by the first call and 20 more. */
  quantity?: 'memory';
  tolerance: Tolerance;
  /** null: the results are checked by `check`, or against this library's alone. */
  reference: ((inputs: readonly Elements[]) => readonly Expected[]) | null;
  /** Says what is wrong with results that no two libraries have in common (random numbers), or null. */
  check?: (results: readonly { shape: readonly number[]; data: Elements }[]) => string | null;
}

export const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Rounding of float32 results that are one or a few operations away from their inputs. */
export const close: Tolerance = { relative: 4e-6, absolute: 1e-6 };

/** Rounding of a sum of `n` products of numbers in [−1, 1]. */
export function sumOf(n: number, unit = 2 ** -24): Tolerance {
  return { relative: 1e-6 * (unit / 2 ** -24), absolute: 32 * Math.sqrt(n) * unit };
}
