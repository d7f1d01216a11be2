/** The type of a workload: one computation that every library performs on the same inputs. */

export type ElementType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool';
export type Elements = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** An input: elements drawn uniformly from [low, high) by `elements` (inputs.ts), the same for every library. */
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

/** The tolerance of a comparison: |a − b| ≤ absolute + relative · |b|. */
export interface Tolerance {
  relative: number;
  absolute: number;
  /** Alternatively ‖a − b‖ ≤ l2 · ‖b‖ for the whole tensor (the error of Winograd's algorithm is bounded like that). */
  l2?: number;
}

/** The target of a row. */
export type Target =
  /** At most `ratio` of the time of the best peer, or of the best of those named in `to`. */
  | { kind: 'ratio'; ratio: number; to?: readonly string[] }
  /** At most `ratio` of gradtape's own time for another workload. */
  | { kind: 'own'; ratio: number; workload: string }
  /** At most `ns` nanoseconds. */
  | { kind: 'time'; ns: number };

export interface Workload {
  /** Unique: `matmul/1024`. */
  name: string;
  /** The name of the function in each library that computes it. */
  kind: string;
  params: Readonly<Record<string, Parameter>>;
  inputs: readonly InputSpec[];
  /** Arithmetic operations or accessed elements: predicts which workloads would take a slow library too long. */
  cost: number;
  target?: Target;
  /**
   * Seconds of warm-up for every library, if longer than usual: a JIT compiler may need thousands of steps until dozens of JavaScript calls
   * are optimised.
   */
  warmUp?: number;
  /** What is measured: the time of a call, or the growth of a process by the first call and 20 more. */
  quantity?: 'memory';
  tolerance: Tolerance;
  /** null: results are checked by `check`, or compared only with gradtape's. */
  reference: ((inputs: readonly Elements[]) => readonly Expected[]) | null;
  /** For results that differ between libraries (random numbers): returns what is wrong with them, or null. */
  check?: (results: readonly { shape: readonly number[]; data: Elements }[]) => string | null;
}

export const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** The rounding error of float32 results that are one or a few operations away from their inputs. */
export const close: Tolerance = { relative: 4e-6, absolute: 1e-6 };

/** The rounding error of a sum of `n` products of numbers in [−1, 1]. */
export function sumOf(n: number, unit = 2 ** -24): Tolerance {
  return { relative: 1e-6 * (unit / 2 ** -24), absolute: 32 * Math.sqrt(n) * unit };
}
