/** What a benchmark is: a named row that yields one or more results. */
import type { Timing } from './measure';

export interface Result {
  /** `eager/add 4` */
  name: string;
  /** What was measured, by contender; the first is gradtape. */
  timings: readonly { name: string; timing: Timing }[];
  /** Figures that are not times per call: GF/s, MB. */
  figures?: Readonly<Record<string, string>>;
  /** The aim, in words, and whether this run met it. */
  aim?: { text: string; met: boolean };
}

export interface Benchmark {
  name: string;
  run(): Result | Result[];
}

/** Options of the run that benchmarks need to know. */
export interface Settings {
  /** Seconds per row. */
  seconds: number;
}
