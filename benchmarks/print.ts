/** Prints the results of `npm run bench` on a terminal. */
import { geometricMean, showTime } from './measure';
import { showLimits } from './roofline/levels';
import type { Result } from './suite';

function showSpread({ median, low, high }: { median: number; low: number; high: number }): string {
  return `${showTime(median).padStart(8)} (${showTime(low)} – ${showTime(high)})`;
}

/** The speed-up over the plain loop; undefined without one. */
export function speedUp({ timings }: Result): number | undefined {
  return timings.length < 2 ? undefined : timings[1].timing.median / timings[0].timing.median;
}

/** A line with the timings, and further lines for other figures. */
export function showResult(result: Result): string {
  const { name, timings, figures = {}, aim, sizes, limit, limits } = result;
  const lines: string[] = [];
  const [first, second] = timings;
  const by = speedUp(result);
  const parts = [name.padEnd(44)];
  if (first !== undefined) parts.push(showSpread(first.timing).padEnd(32));
  if (limit !== undefined) parts.push(`${(100 * limit.share).toFixed(0)}% of ${limit.text}`);
  if (second !== undefined) parts.push(`${second.name} ${showSpread(second.timing).padEnd(32)}`);
  if (by !== undefined) parts.push(`${by.toFixed(by < 10 ? 2 : 0)}×`);
  lines.push(parts.join(' ').trimEnd());
  for (const { name: other, timing } of timings.slice(2)) lines.push(`  ${other}: ${showSpread(timing)}`);
  for (const [what, value] of Object.entries(figures)) lines.push(`  ${what}: ${value}`);
  if (limits !== undefined)
    lines.push(
      ...showLimits(limits)
        .split('\n')
        .map((l) => `  ${l}`),
    );
  if (sizes !== undefined) {
    lines.push(...sizes.map(({ n, timing }) => `  ${String(n).padStart(10)} ${showSpread(timing)}`));
  }
  if (aim !== undefined) lines.push(`  target: ${aim.text}: ${aim.met ? 'met' : 'NOT met'} in this run`);
  return lines.join('\n');
}

/** The mean speed-up of the rows that have a plain loop. */
export function showSummary(results: readonly Result[]): string {
  const lines: string[] = [];
  for (const [size, text] of [
    ['large', 'about a million elements'],
    ['small', '64 elements'],
  ]) {
    const rows = results
      .filter((r) => r.name.startsWith('ops/') && r.name.endsWith(` ${size}`))
      .map((r) => ({ name: r.name, by: speedUp(r) }))
      .filter((r): r is { name: string; by: number } => r.by !== undefined);
    if (rows.length === 0) continue;
    const mean = geometricMean(rows.map(({ by }) => by));
    const slower = rows.filter(({ by }) => by < 1).map(({ name }) => name.slice(4, -size.length - 1));
    lines.push(
      `ops on ${text}: ${mean.toFixed(1)}× as fast as the plain loop (geometric mean of ${rows.length} rows)` +
        (slower.length === 0 ? '' : `; slower: ${slower.join(', ')}`),
    );
  }
  return lines.join('\n');
}
