/** The type of a benchmark: a named function that returns one or more results. */
import type { Machine } from './machine';
import type { Timing } from './measure';
import type { Limits } from './roofline/levels';

export interface SizePoint {
  n: number;
  timing: Timing;
}

export interface Result {
  /** `eager/add 4`; unique within a run. */
  name: string;
  /** Timings by contender; the first one is gradtape. */
  timings: readonly { name: string; timing: Timing }[];
  /** Figures other than times per call: GF/s, MB. */
  figures?: Readonly<Record<string, string>>;
  /** The target, as text, and whether this run met it. */
  aim?: { text: string; met: boolean };
  /** Time by size. */
  sizes?: readonly SizePoint[];
  /** The hardware limit, and the share of it that was reached. */
  limit?: { text: string; share: number };
  /** The limits of the hardware. */
  limits?: Limits;
}

export interface Benchmark {
  name: string;
  run(): Result | Result[];
}

/** Options of a run for benchmarks. */
export interface Settings {
  /** Seconds per row. */
  seconds: number;
  /** Whether the benchmark was selected by name: parts that are shortened in a full run are not shortened then. */
  full: boolean;
}

/** The file that `npm run bench -- --json` writes: one run per thread count and instruction set. */
export interface BenchFile {
  format: 1;
  suite: 'bench';
  runs: readonly { machine: Machine; rows: readonly Result[] }[];
}
