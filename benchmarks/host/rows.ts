/** Results of `npm run bench:peers`: a row for each workload, and its comparison with the best other library and the target. */
import type { Machine } from '../machine';
import { showTime, type Timing } from '../measure';
import type { Target } from '../workloads/workload';

export interface Entry {
  library: string;
  timing?: Timing;
  /** Why there is no timing. */
  reason?: string;
  note?: string;
  compiled?: boolean;
}

export interface Row {
  workload: string;
  kind: string;
  target?: Target;
  /** The entry of gradtape is the first one. */
  entries: readonly Entry[];
}

export interface PeersRun {
  format: 1;
  suite: 'peers';
  machine: Machine;
  /** The version of each library, or the reason why it was not measured. */
  libraries: readonly {
    name: string;
    version?: string;
    about?: Readonly<Record<string, string>>;
    absent?: string;
  }[];
  rows: readonly Row[];
}

export interface Verdict {
  ours: Timing | null;
  /** The best library that is compared, and the best of those that compile the whole workload beforehand, if these are not compared. */
  best: Entry | null;
  bestCompiled: Entry | null;
  /** gradtape's time divided by that of the best library. */
  ratio: number | null;
  /** null: no target, or not measured. */
  met: boolean | null;
  /** The target, as text. */
  aim: string;
}

const own = 'gradtape';
/** Targets refer to libraries; the plain loop is listed with them, but compared only if a target names it. */
const baseline = 'plain JS';

function best(entries: readonly Entry[], accept: (e: Entry) => boolean): Entry | null {
  const timed = entries.filter((e) => e.timing !== undefined && e.library !== own && accept(e));
  return timed.reduce<Entry | null>(
    (least, e) => (least === null || e.timing!.median < least.timing!.median ? e : least),
    null,
  );
}

function ownEntry(row: Row | undefined): Entry | undefined {
  return row?.entries.find((e) => e.library === own);
}

const ownTime = (row: Row | undefined): Timing | null => ownEntry(row)?.timing ?? null;

const showRatio = (ratio: number): string => (ratio < 0.1 ? ratio.toFixed(3) : ratio.toFixed(2));

/**
 * Compares a row with its target. Only like systems are compared: libraries that compile the whole workload count if gradtape compiles it,
 * too; otherwise they are only listed. `rows` are all rows of the run, for targets that compare workloads.
 */
export function verdict(row: Row, rows: readonly Row[]): Verdict {
  const ours = ownTime(row);
  const { target } = row;
  const to = target?.kind === 'ratio' ? target.to : undefined;
  const compiled = ownEntry(row)?.compiled === true;
  const peer = best(row.entries, (e) =>
    to === undefined ? (compiled || e.compiled !== true) && e.library !== baseline : to.includes(e.library),
  );
  const bestCompiled = compiled ? null : best(row.entries, (e) => e.compiled === true);
  const ratio = ours !== null && peer !== null ? ours.median / peer.timing!.median : null;
  const made = { ours, best: peer, bestCompiled, ratio };
  if (target === undefined) return { ...made, met: null, aim: '' };
  if (target.kind === 'ratio') {
    return {
      ...made,
      met: ratio === null ? null : ratio <= target.ratio,
      aim: `≤ ${showRatio(target.ratio)}×`,
    };
  }
  if (target.kind === 'time') {
    return { ...made, met: ours === null ? null : ours.median <= target.ns, aim: `≤ ${showTime(target.ns)}` };
  }
  const other = ownTime(rows.find((r) => r.workload === target.workload));
  return {
    ...made,
    met: ours === null || other === null ? null : ours.median <= target.ratio * other.median,
    aim: `≤ ${showRatio(target.ratio)}× its own ${target.workload}`,
  };
}
