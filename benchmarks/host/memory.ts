/** The memory of a process, on Linux. */
import * as fs from 'node:fs';

/** Bytes. */
export interface Growth {
  /** Peak since the start of the observation, minus the memory at the start. */
  grown: number;
  /** Peak since the start of the observation. */
  whole: number;
}

function status(pid: number, key: 'VmRSS' | 'VmHWM'): number {
  const text = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  return 1024 * Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]);
}

/** Starts to observe a process; the returned function reports its growth so far. */
export function watchMemory(pid: number): () => Growth {
  if (process.platform !== 'linux') throw new Error('only Linux reports the peak memory of a process');
  // Resets the peak.
  fs.writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const before = status(pid, 'VmRSS');
  return () => {
    const whole = status(pid, 'VmHWM');
    return { grown: whole - before, whole };
  };
}
