/** A part of the fuzzer: values that are drawn, checked, shrunk and printed. The loop over all of them is here. */
import * as fs from 'node:fs';
import fc from 'fast-check';
import { valueBegins } from './cpu_limit';

export interface Part<T> {
  readonly name: string;
  readonly arbitrary: fc.Arbitrary<T>;
  /** Rejects where something is wrong. */
  check(value: T): Promise<void>;
  /** The value as a person reads and runs it. */
  print(value: T): Promise<string> | string;
}

export interface Run {
  readonly seconds: number;
  readonly seed: number;
  /** `SEED:PATH` of a failure that is run again. */
  readonly replay: string | null;
  /** Where the position of a value that is about to be drawn or checked is written, for who finds this process dead. */
  readonly progress: number | null;
}

/** So many values are drawn from one seed. */
const valuesPerSeed = 20;
/** Seconds that shrinking may take beyond the time of a run. */
export const mostShrinking = 30;

/** Failures of one kind have the same class, and where it has kinds, kind. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'kind' in error ? String(error.kind) : error.constructor.name;
}

export interface Found<T> {
  /** `SEED:PATH`. */
  readonly place: string;
  readonly value: T;
  readonly error: unknown;
}

/** What happens to a value. */
export type Stage = 'draw' | 'check';

/** Checks the values of one seed, and shrinks the first that fails, to failures of its kind only. */
export async function checkSeed<T>(
  part: Pick<Part<T>, 'arbitrary' | 'check'>,
  seed: number,
  path: string,
  begins: (run: number, stage: Stage) => void = () => undefined,
): Promise<Found<T> | null> {
  let kind: string | null = null;
  let runs = 0;
  let deadline = Infinity;
  const enter = (stage: Stage): void => {
    valueBegins();
    begins(runs, stage);
  };
  const property = fc.asyncProperty(part.arbitrary, async (value) => {
    if (Date.now() > deadline) return;
    enter('check');
    try {
      await part.check(value);
    } catch (error) {
      if (kind === null) deadline = Date.now() + mostShrinking * 1000;
      kind ??= kindOf(error);
      if (kindOf(error) === kind) throw error;
    } finally {
      runs++;
      // The next one.
      enter('draw');
    }
  });
  enter('draw');
  const details = await fc.check(property, { seed, path, numRuns: path === '' ? valuesPerSeed : 1 });
  if (!details.failed || details.counterexample === null) return null;
  return {
    place: `${seed}:${details.counterexamplePath ?? ''}`,
    value: details.counterexample[0],
    error: details.errorInstance,
  };
}

export function splitPlace(place: string): { seed: number; path: string } {
  const [seed, ...path] = place.split(':');
  if (!/^-?\d+$/.test(seed)) throw new Error(`--replay takes SEED:PATH as a failure prints it; got ${place}`);
  return { seed: Number(seed), path: path.join(':') };
}

export async function report<T>(
  part: Part<T>,
  { place, value, error }: Found<T>,
  isa: string,
): Promise<string> {
  const message = error instanceof Error ? error.message : String(error);
  return [
    `FAIL: ${part.name}: ${message}`,
    '',
    await part.print(value),
    '',
    `again: npm run fuzz -- --only ${part.name} --isa ${isa} --replay ${place}`,
  ].join('\n');
}

/** Megabytes that the process holds after a collection. */
function held(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, arrayBuffers, external } = process.memoryUsage();
  return (heapUsed + Math.max(arrayBuffers, external)) / 2 ** 20;
}

/** Checks values until the time is over; null where none failed. */
export async function runPart<T>(part: Part<T>, run: Run): Promise<Found<T> | null> {
  if (run.replay !== null) {
    const { seed, path } = splitPlace(run.replay);
    return checkSeed(part, seed, path);
  }
  const begin = Date.now();
  const end = begin + run.seconds * 1000;
  let values = 0;
  let early: number | null = null;
  for (let seed = run.seed; Date.now() < end; seed = (seed + 1) | 0) {
    const found = await checkSeed(part, seed, '', (k, stage) => {
      if (stage === 'check') values++;
      if (run.progress !== null) fs.writeSync(run.progress, `${seed}:${k} ${stage}`.padEnd(40), 0);
    });
    if (found !== null) return found;
    if (early === null && Date.now() > begin + run.seconds * 300) early = held();
  }
  const seconds = ((Date.now() - begin) / 1000).toFixed(1);
  const memory =
    early === null ? '' : `, ${early.toFixed(0)} MB held early on and ${held().toFixed(0)} MB at the end`;
  console.log(`${part.name}: ${values} in ${seconds} s${memory}`);
  return null;
}
