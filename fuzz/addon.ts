/** Runs test/native/addon_fuzz.test.ts, damaged calls of the addon's entries, with the given time and seed. */
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import type { Options } from './options';

const root = path.join(__dirname, '..');
/** Seconds that jest takes to start. */
const beginning = 6;
/** In fewer seconds it reaches too few of the entries to be worth the start. */
const least = 4;

/** Whether the time is enough for it to mean anything. */
export const addonHasTime = ({ seconds }: Options): boolean => seconds >= beginning + least;

/** False where it failed. */
export function runAddon({ seconds, seed, isa }: Options): boolean {
  const jest = require.resolve('jest/bin/jest');
  const { status } = spawnSync(process.execPath, [jest, 'test/native/addon_fuzz', '-t', 'fuzz seed'], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      ...(isa === null ? {} : { GRADTAPE_FORCE_ISA: isa }),
      GRADTAPE_FUZZ_SECONDS: String(Math.max(least, Math.round(seconds - beginning))),
      GRADTAPE_FUZZ_SEED: String(seed),
    },
  });
  return status === 0;
}
