/** What a benchmark is: a named row that yields one or more results. */
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
  /** What was measured, by contender; the first is gradtape. */
  timings: readonly { name: string; timing: Timing }[];
  /** Figures that are not times per call: GF/s, MB. */
  figures?: Readonly<Record<string, string>>;
  /** The aim, in words, and whether this run met it. */
  aim?: { text: string; met: boolean };
  /** Time over size. */
  sizes?: readonly SizePoint[];
  /** What the machine allows, and the share of it that was reached. */
  limit?: { text: string; share: number };
  /** What the machine can do. */
  limits?: Limits;
}

export interface Benchmark {
  name: string;
  run(): Result | Result[];
}

/** Options of the run that benchmarks need to know. */
export interface Settings {
  /** Seconds per row. */
  seconds: number;
  /** Asked for by name: parts that are shortened in the run of everything are not. */
  full: boolean;
}

/** What `npm run bench -- --json` writes: a run for each number of threads and each instruction set asked for. */
export interface BenchFile {
  format: 1;
  suite: 'bench';
  runs: readonly { machine: Machine; rows: readonly Result[] }[];
}
