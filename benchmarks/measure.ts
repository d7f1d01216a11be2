/** Timing: medians and quartiles of many samples; the contenders of one row are sampled in turn. */

export interface Timing {
  /** The median of the samples, in nanoseconds per call (or in bytes), and the quartiles. */
  median: number;
  low: number;
  high: number;
  samples: number;
  unit?: 'bytes';
}

export interface Contender {
  name: string;
  run: () => unknown;
}

/**
 * A timing loop for each contender, compiled separately: a shared loop would call all of them from one megamorphic call site, and the first
 * one timed would be optimised as the only one. Results are dropped, as in Python, where a result without a name is freed immediately: a
 * variable of the loop would keep each tensor alive while the next one is computed. Numbers are kept, so that their computation is not
 * optimised away.
 */
export function timer(run: () => unknown): (calls: number) => number {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const make = new Function(
    'run',
    `const once = () => {
      const result = run();
      return typeof result === 'object' ? undefined : result;
    };
    return (calls) => {
      let last;
      const start = process.hrtime.bigint();
      for (let i = 0; i < calls; i++) last = once();
      const end = process.hrtime.bigint();
      if (last === run) throw new Error('never');
      return Number(end - start) / calls;
    };`,
  ) as (run: () => unknown) => (calls: number) => number;
  return make(run);
}

export interface MeasureOptions {
  /** Samples per contender. */
  rounds?: number;
  /** Seconds of warm-up per contender, in which its code is optimised. */
  warmUp?: number;
}

/** The number of calls that take about `target` nanoseconds, and the nanoseconds of one. */
function calibrate(
  sample: (calls: number) => number,
  target: number,
  warmUp: number,
): { calls: number; perCall: number } {
  let calls = 1;
  let perCall = 0;
  for (let spent = 0; spent < warmUp; spent += perCall * calls) {
    if (perCall * calls < warmUp / 20) calls *= 2;
    perCall = sample(calls);
  }
  return { calls: Math.max(1, Math.round(target / perCall)), perCall };
}

export function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  return sorted[low] + (sorted[Math.ceil(at)] - sorted[low]) * (at - low);
}

/** Median and quartiles of samples. */
export function summary(samples: readonly number[]): Timing {
  const sorted = [...samples].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
    samples: sorted.length,
  };
}

/**
 * Times the contenders in turn, round by round, so that changes of the machine's speed affect all of them. A slow one gets fewer samples:
 * as many as fit four times its share of the time.
 */
export function measure(
  contenders: readonly Contender[],
  seconds = 1,
  { rounds = 21, warmUp = 0.2 }: MeasureOptions = {},
): Timing[] {
  const perSample = (seconds * 1e9) / rounds / contenders.length;
  const timers = contenders.map((c) => timer(c.run));
  const plans = timers.map((sample) => calibrate(sample, perSample, warmUp * 1e9));
  const samples = contenders.map(() => [] as number[]);
  for (let round = 0; round < rounds; round++) {
    timers.forEach((sample, i) => {
      const { calls, perCall } = plans[i];
      const affordable = Math.max(1, Math.floor((4 * perSample * rounds) / (calls * perCall)));
      if (round < affordable) samples[i].push(sample(calls));
    });
  }
  return samples.map(summary);
}

/** The geometric mean, by which ratios are averaged. */
export function geometricMean(ratios: readonly number[]): number {
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}

/** A timing as text. */
export function show({ median, low, high, unit }: Timing): { median: string; low: string; high: string } {
  const one = unit === 'bytes' ? showBytes : showTime;
  return { median: one(median), low: one(low), high: one(high) };
}

export const showBytes = (bytes: number): string => `${(bytes / 2 ** 20).toPrecision(3)} MB`;

export function showTime(ns: number): string {
  if (ns < 1e3) return `${ns.toFixed(ns < 10 ? 1 : 0)} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toPrecision(3)} µs`;
  if (ns < 1e9) return `${(ns / 1e6).toPrecision(3)} ms`;
  return `${(ns / 1e9).toPrecision(3)} s`;
}
