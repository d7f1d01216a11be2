/** `npm run bench:compare old.json new.json`: changes beyond the noise. */
import type { PeersRun } from '../host/rows';
import { show, type Timing } from '../measure';
import type { BenchFile } from '../suite';

export type ResultFile = BenchFile | PeersRun;

/** Every timing of a file, by run, row and contender. */
export function timingsOf(file: ResultFile): Map<string, Timing> {
  const map = new Map<string, Timing>();
  if (file.suite === 'peers') {
    for (const { workload, entries } of file.rows) {
      for (const { library, timing } of entries)
        if (timing !== undefined) map.set(`${workload} | ${library}`, timing);
    }
    return map;
  }
  for (const { machine, rows } of file.runs) {
    const run = file.runs.length > 1 ? ` | ${machine.isa}, ${machine.threads} threads` : '';
    for (const { name, timings, sizes = [] } of rows) {
      for (const { name: contender, timing } of timings) map.set(`${name}${run} | ${contender}`, timing);
      for (const { n, timing } of sizes) map.set(`${name} ${n}${run} | gradtape`, timing);
    }
  }
  return map;
}

export interface Change {
  name: string;
  before: Timing;
  after: Timing;
  /** The new median divided by the old one: above 1 is slower. */
  ratio: number;
}

export interface Comparison {
  /** Slowest first. */
  changed: readonly Change[];
  unchanged: number;
  onlyBefore: readonly string[];
  onlyAfter: readonly string[];
}

/**
 * A row has changed if the quartiles of the two runs do not overlap and the medians differ by at least `least` (0.03 is 3%). With `ours`,
 * only gradtape's timings are compared.
 */
export function compare(
  before: ResultFile,
  after: ResultFile,
  { least = 0.03, ours = true } = {},
): Comparison {
  const wanted = (name: string): boolean => !ours || name.endsWith(' | gradtape');
  const [a, b] = [timingsOf(before), timingsOf(after)];
  const changed: Change[] = [];
  let unchanged = 0;
  for (const [name, old] of a) {
    const now = b.get(name);
    if (now === undefined || !wanted(name)) continue;
    const ratio = now.median / old.median;
    const apart = now.low > old.high || now.high < old.low;
    if (apart && (ratio >= 1 + least || ratio <= 1 / (1 + least))) {
      changed.push({ name, before: old, after: now, ratio });
    } else {
      unchanged++;
    }
  }
  changed.sort((x, y) => y.ratio - x.ratio);
  return {
    changed,
    unchanged,
    onlyBefore: [...a.keys()].filter((name) => wanted(name) && !b.has(name)),
    onlyAfter: [...b.keys()].filter((name) => wanted(name) && !a.has(name)),
  };
}

export function showComparison({ changed, unchanged, onlyBefore, onlyAfter }: Comparison): string {
  const lines = changed.map(
    ({ name, before, after, ratio }) =>
      `${ratio.toFixed(3).padStart(7)}×  ${show(before).median.padStart(8)} → ${show(after).median.padStart(8)}  ${name}`,
  );
  lines.push(`${changed.length} changed, ${unchanged} within the noise`);
  if (onlyBefore.length > 0) lines.push(`gone: ${onlyBefore.join('; ')}`);
  if (onlyAfter.length > 0) lines.push(`new: ${onlyAfter.join('; ')}`);
  return lines.join('\n');
}
