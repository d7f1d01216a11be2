/** The matrix product in every instruction set that this machine can run, on one thread and on several. */
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

function run(isa: string, threads: number): Report | null {
  const child = spawnSync(process.execPath, [path.join(__dirname, 'matmul_check.js')], {
    encoding: 'utf8',
    env: { ...process.env, GRADTAPE_FORCE_ISA: isa, GRADTAPE_NUM_THREADS: String(threads) },
  });
  if (child.stderr.includes('cannot run on this CPU')) return null;
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout) as Report;
}

describe.each(['portable', 'avx2', 'avx512', 'neon'])('matmul, %s', (isa) => {
  const one = run(isa, 1);
  (one === null ? test.skip : test)('agrees with plain loops, refuses bad frames, knows no threads', () => {
    const { isa: ran, failures, bad, checked, digest } = one as Report;
    expect({ ran, failures, bad }).toEqual({ ran: isa, failures: [], bad: [] });
    expect(checked).toBeGreaterThan(3000);
    const three = run(isa, 3) as Report;
    expect(three.threads).toBe(3);
    expect(three.failures).toEqual([]);
    expect(three.digest).toBe(digest);
  });
});
