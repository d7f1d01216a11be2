/** Timing: medians and spread of many samples; competitors of one row are sampled in turn. */

export interface Timing {
  /** Nanoseconds per call: the median of the samples, and the quartiles about it. */
  median: number;
  low: number;
  high: number;
  samples: number;
}

export interface Contender {
  name: string;
  run: () => unknown;
}

/** What a call returns is kept here, so that no compiler can leave the call out. */
export let sink: unknown;

function sample(run: () => unknown, calls: number): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < calls; i++) sink = run();
  return Number(process.hrtime.bigint() - start) / calls;
}

/** How many calls make a sample of about `target` nanoseconds; warms up on the way. */
function calibrate(run: () => unknown, target: number): number {
  let calls = 1;
  for (;;) {
    const elapsed = sample(run, calls) * calls;
    if (elapsed >= target) return Math.max(1, Math.round((calls * target) / elapsed));
    calls = elapsed < target / 20 ? calls * 10 : Math.ceil((calls * target * 1.1) / elapsed);
  }
}

function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  return sorted[low] + (sorted[Math.ceil(at)] - sorted[low]) * (at - low);
}

/** Times the contenders in turn, round by round, so that a change of the machine's speed meets all of them. */
export function measure(contenders: readonly Contender[], seconds = 1): Timing[] {
  const rounds = 21;
  const perSample = (seconds * 1e9) / rounds / contenders.length;
  const calls = contenders.map((c) => {
    calibrate(c.run, perSample);
    return calibrate(c.run, perSample);
  });
  const samples = contenders.map(() => [] as number[]);
  for (let round = 0; round < rounds; round++) {
    contenders.forEach((c, i) => samples[i].push(sample(c.run, calls[i])));
  }
  return samples.map((list) => {
    list.sort((a, b) => a - b);
    return {
      median: quantile(list, 0.5),
      low: quantile(list, 0.25),
      high: quantile(list, 0.75),
      samples: list.length,
    };
  });
}

export function showTime(ns: number): string {
  if (ns < 1e3) return `${ns.toFixed(ns < 10 ? 1 : 0)} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toPrecision(3)} µs`;
  return `${(ns / 1e6).toPrecision(3)} ms`;
}
