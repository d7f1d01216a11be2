/**
 * The numeric families of the addon in every instruction set that this machine can run, on one thread and on several.
 * Each script checks a family in a process of its own: the instruction set is chosen when the addon loads.
 */
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';

interface Report {
  isa: string;
  threads: number;
  checked: number;
  failures: string[];
  bad: string[];
  digest: string;
}

function run(script: string, isa: string, threads: number): Report | null {
  const child = spawnSync(process.execPath, [path.join(__dirname, script)], {
    encoding: 'utf8',
    env: { ...process.env, GRADTAPE_FORCE_ISA: isa, GRADTAPE_NUM_THREADS: String(threads) },
  });
  if (child.stderr.includes('cannot run on this CPU')) return null;
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout) as Report;
}

const scripts = [
  { script: 'matmul_check.js', least: 3000 },
  { script: 'softmax_check.js', least: 400 },
  { script: 'reduce_check.js', least: 50_000 },
];

describe.each(scripts)('$script', ({ script, least }) => {
  test.each(['portable', 'avx2', 'avx512', 'neon'])(
    '%s agrees with plain loops, refuses bad frames, knows no threads',
    (isa) => {
      const one = run(script, isa, 1);
      if (one === null) return; // not on this CPU
      expect({ ran: one.isa, failures: one.failures, bad: one.bad }).toEqual({
        ran: isa,
        failures: [],
        bad: [],
      });
      expect(one.checked).toBeGreaterThan(least);
      const three = run(script, isa, 3) as Report;
      expect(three.threads).toBe(3);
      expect(three.failures).toEqual([]);
      expect(three.digest).toBe(one.digest);
    },
    60_000,
  );
});
