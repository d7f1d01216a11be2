/** Prints the results of `npm run bench:peers` on a terminal. */
import { show, showTime } from '../measure';
import { verdict, type Entry, type Row } from './rows';

function line(entry: Entry, base: number | undefined): string {
  const name = `  ${entry.library.padEnd(18)}`;
  if (entry.timing === undefined) return `${name} –  ${entry.reason}`;
  const { median, samples } = entry.timing;
  const shown = show(entry.timing);
  const spread = samples > 1 ? `(${shown.low} – ${shown.high})` : '(one sample)';
  const ratio = base === undefined ? '' : `${(median / base).toFixed(2)}×`;
  const notes = [entry.compiled === true ? 'compiled' : '', entry.note ?? '']
    .filter((n) => n !== '')
    .join(', ');
  return `${name} ${shown.median.padStart(9)}  ${spread.padEnd(26)} ${ratio.padStart(9)}  ${notes}`.trimEnd();
}

/** The lines of a workload: one for each library, the fastest first, then the comparison with the target. */
export function showRow(row: Row, rows: readonly Row[]): string {
  const { ours, best, bestCompiled, ratio, met, aim } = verdict(row, rows);
  const time = (e: Entry): number => e.timing?.median ?? Infinity;
  const entries = [...row.entries].sort((a, b) => time(a) - time(b));
  const lines = entries.map((e) => line(e, ours?.median));
  const parts: string[] = [];
  if (ratio !== null && best !== null)
    parts.push(
      `${ratio.toFixed(3)}× ${ours?.unit === undefined ? 'the time' : 'the memory'} of ${best.library}`,
    );
  if (bestCompiled !== null && ours !== null) {
    const r = ours.median / bestCompiled.timing!.median;
    parts.push(`${r.toFixed(3)}× that of ${bestCompiled.library} (compiled)`);
  }
  if (aim !== '') parts.push(`target ${aim}: ${met === null ? 'not measured' : met ? 'met' : 'NOT met'}`);
  return [row.workload, ...lines, `  → ${parts.join('; ')}`].join('\n');
}

export function showSummary(rows: readonly Row[]): string {
  const verdicts = rows.map((row) => ({ row, ...verdict(row, rows) }));
  const aimed = verdicts.filter(({ aim }) => aim !== '');
  const missed = aimed.filter(({ met }) => met === false);
  const unmeasured = aimed.filter(({ met }) => met === null);
  return [
    `${aimed.length - missed.length - unmeasured.length} of ${aimed.length} targets met, ${missed.length} missed, ` +
      `${unmeasured.length} not measured`,
    ...missed.map(({ row, ratio, ours, aim }) => {
      const reached =
        row.target?.kind === 'ratio' && ratio !== null ? `${ratio.toFixed(3)}×` : showTime(ours!.median);
      return `  missed: ${row.workload}: ${reached}, target ${aim}`;
    }),
  ].join('\n');
}
