/** The command line. */
import { parseArgs } from 'node:util';

export interface Options {
  readonly seconds: number;
  readonly seed: number;
  readonly only: string | null;
  readonly isa: string | null;
  readonly replay: string | null;
  /** Between the processes of the fuzzer: the part to run, where it writes how far it is, the part whose value is given. */
  readonly child: string | null;
  readonly progress: string | null;
  readonly value: string | null;
}

export const usage = `npm run fuzz -- [options]
  --seconds S     for how long, all parts together (60)
  --seed N        where to begin (default: another one each time)
  --only PART     programs, storages or addon
  --isa ISA       portable, avx2, avx512 or neon
  --replay PLACE  runs a failure again, with --only: SEED:PATH as it was printed`;

/** Null where they make no sense. */
export function parseOptions(args: readonly string[], parts: readonly string[]): Options | null {
  const text = { type: 'string' } as const;
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        seconds: text,
        seed: text,
        only: text,
        isa: text,
        replay: text,
        child: text,
        progress: text,
        value: text,
      },
    }));
  } catch (error) {
    console.error(String(error instanceof Error ? error.message : error));
    return null;
  }
  const seconds = Number(values.seconds ?? 60);
  const seed = Number(values.seed ?? Date.now() & 0x7fffffff);
  const only = values.only ?? null;
  const isGood =
    seconds > 0 &&
    Number.isInteger(seed) &&
    (only === null || parts.includes(only)) &&
    (values.replay === undefined || only !== null || values.child !== undefined);
  if (!isGood) return null;
  const { isa = null, replay = null, child = null, progress = null, value = null } = values;
  return { seconds, seed, only, isa, replay, child, progress, value };
}
