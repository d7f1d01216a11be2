/** The addon's entries with damaged arguments: test/native/addon_fuzz.test.ts, for as long and from the seed that is given. */
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import type { Options } from './options';

const root = path.join(__dirname, '..');

/** False where it failed. */
export function runAddon({ seconds, seed, isa }: Options): boolean {
  const { status } = spawnSync(
    process.execPath,
    [require.resolve('jest/bin/jest'), 'test/native/addon_fuzz'],
    {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        ...(isa === null ? {} : { GRADTAPE_FORCE_ISA: isa }),
        GRADTAPE_FUZZ_SECONDS: String(seconds),
        GRADTAPE_FUZZ_SEED: String(seed),
      },
    },
  );
  return status === 0;
}
