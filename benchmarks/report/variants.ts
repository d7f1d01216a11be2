/** Runs with other instruction sets or thread counts, compared with the first run of a file. */
import { geometricMean } from '../measure';
import { speedUp } from '../print';
import type { BenchFile, Result } from '../suite';
import { table } from './table';

type Run = BenchFile['runs'][number];

const title = ({ machine }: Run): string =>
  `${machine.isa}, ${machine.threads} thread${machine.threads === 1 ? '' : 's'}`;

function average(ratios: readonly number[]): string {
  if (ratios.length === 0) return '–';
  const mean = geometricMean(ratios);
  return mean.toFixed(mean < 10 ? 2 : 0);
}

/** Rows that are large enough for the instruction set to matter. */
const large = (r: Result): boolean =>
  r.timings.length > 0 && (r.name.endsWith(' large') || r.limit !== undefined);

/** The speed of a run relative to the first one, row by row. */
export function shares(first: Run, run: Run): { name: string; share: number }[] {
  const times = new Map(first.rows.filter(large).map((r) => [r.name, r.timings[0].timing.median]));
  return run.rows.filter(large).flatMap(({ name, timings }) => {
    const time = times.get(name);
    return time === undefined ? [] : [{ name, share: time / timings[0].timing.median }];
  });
}

/** For each run: its speed relative to the first run and to plain JavaScript, and the rows that stand out. */
export function variantsPart(runs: readonly Run[]): string | null {
  const [first, ...others] = runs;
  if (others.length === 0) return null;
  const least = 0.6;
  const rows = runs.map((run) => {
    const kept = shares(first, run);
    const byLoop = run.rows
      .filter(large)
      .flatMap((r) => [{ name: r.name, by: speedUp(r) }])
      .filter((r): r is { name: string; by: number } => r.by !== undefined);
    const names = (list: readonly { name: string }[]): string =>
      list.map(({ name }) => name.replace(/^ops\//, '').replace(/ large$/, '')).join(', ') || 'none';
    return [
      title(run),
      average(kept.map((k) => k.share)),
      average(byLoop.map((r) => r.by)),
      names(kept.filter((k) => k.share < least)),
      names(byLoop.filter((r) => r.by < 1)),
    ];
  });
  return [
    '### Instruction sets and threads',
    'Geometric means over large rows: the speed relative to the first run, and the speed-up over plain JavaScript.',
    table(
      [
        'run',
        'relative to first run',
        'over plain JS',
        `below ${least} of first run`,
        'slower than plain JS',
      ],
      rows,
    ),
  ].join('\n\n');
}
