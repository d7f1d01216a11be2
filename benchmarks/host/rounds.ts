/** Times contenders in turn, round by round, so that changes of the machine's speed affect all of them. */
import { summary, type Timing } from '../measure';

export interface Timed {
  /** Nanoseconds of `calls` calls. */
  time: (calls: number) => Promise<number>;
}

export interface RoundSettings {
  /** Total seconds of timed calls per contender. */
  seconds: number;
  rounds: number;
  /** Seconds of warm-up calls per contender. */
  warmUp: number;
  /**
   * Untimed calls before each sample: seconds, and a minimum of calls unless these take ten times as long. After waiting for its turn a
   * contender has cold caches, V8 has returned memory that it allocates again in the first milliseconds, and the system may have reclaimed
   * idle pages. The steady state is to be measured.
   */
  wake: { seconds: number; calls: number };
  /** Seconds between two contenders, in which threads that spin for work stop. */
  pause: number;
}

/** Samples take 30 ms. */
export const defaultRounds: RoundSettings = {
  seconds: 0.21,
  rounds: 7,
  warmUp: 0.08,
  wake: { seconds: 0.015, calls: 16 },
  pause: 0.01,
};

const rest = (seconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, seconds * 1000);
  });

interface Plan {
  calls: number;
  /** Untimed calls before a sample. */
  wake: number;
  rounds: number;
  /** Samples that were taken during planning, of a contender too slow for more. */
  samples: number[];
}

/** Warms up, and determines the number of calls per sample and of samples. */
async function plan({ time }: Timed, settings: RoundSettings): Promise<Plan> {
  const sample = (settings.seconds * 1e9) / settings.rounds;
  let calls = 1;
  let perCall = 0;
  for (let spent = 0; spent < settings.warmUp * 1e9;) {
    const ns = await time(calls);
    spent += ns;
    perCall = ns / calls;
    if (ns < sample) calls *= 2;
  }
  const inSample = Math.max(1, Math.floor(sample / perCall));
  // A slow contender gets fewer samples: as many as fit four times the budget of the others.
  const affordable = Math.floor((4 * settings.seconds * 1e9) / (perCall * inSample));
  if (affordable === 0) return { calls: 0, wake: 0, rounds: 0, samples: [perCall] };
  const inTime = (settings.wake.seconds * 1e9) / perCall;
  const wake = Math.floor(Math.max(inTime, Math.min(settings.wake.calls, 10 * inTime)));
  return { calls: inSample, wake, rounds: Math.min(settings.rounds, affordable), samples: [] };
}

/** The timing of each contender, or the error if it failed. */
export async function timeInRounds(
  contenders: readonly Timed[],
  settings: RoundSettings,
): Promise<(Timing | Error)[]> {
  const failures = contenders.map((): Error | null => null);
  const guard = async <T>(i: number, f: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await f();
    } catch (error) {
      failures[i] = error as Error;
      return otherwise;
    }
  };
  const plans: Plan[] = [];
  for (const [i, contender] of contenders.entries()) {
    plans.push(
      await guard(i, () => plan(contender, settings), { calls: 0, wake: 0, rounds: 0, samples: [] }),
    );
    await rest(settings.pause);
  }
  const samples = plans.map((p) => p.samples);
  for (let round = 0; round < settings.rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      const { calls, wake, rounds } = plans[i];
      if (failures[i] !== null || round >= rounds) continue;
      if (wake > 0) await guard(i, () => contender.time(wake), 0);
      const ns = await guard(i, () => contender.time(calls), 0);
      samples[i].push(ns / calls);
      await rest(settings.pause);
    }
  }
  return samples.map((list, i) => failures[i] ?? summary(list));
}
