/** The hardware and versions of a run, which are stored with its results. */
import { execFileSync } from 'node:child_process';
import * as os from 'node:os';
import * as tf from 'gradtape';

export interface Machine {
  cpu: string;
  cpus: number;
  isa: string;
  threads: number;
  node: string;
  gradtape: string;
  /** The commit that was measured, with `+` if there were uncommitted changes; null outside a checkout. */
  commit: string | null;
  date: string;
}

function commit(): string | null {
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: __dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
    return git('rev-parse', '--short=12', 'HEAD') + (changed ? '+' : '');
  } catch {
    return null;
  }
}

export function machine(threads = tf.config.threading.getIntraOpParallelismThreads()): Machine {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cpus: os.availableParallelism(),
    isa: tf.config.isa(),
    threads,
    node: process.versions.node,
    gradtape: tf.version,
    commit: commit(),
    date: new Date().toISOString(),
  };
}

export function describe(m: Machine): string {
  return Object.entries(m)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ');
}
