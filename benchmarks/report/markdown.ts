/** Writes RESULTS.md from the results files. */
import { verdict, type Entry, type PeersRun, type Row } from '../host/rows';
import type { Machine } from '../machine';
import { show, showTime } from '../measure';
import { speedUp } from '../print';
import type { BenchFile, Result } from '../suite';
import { levels, streams, type Limits } from '../roofline/levels';
import { table, type Cell } from './table';
import { variantsPart } from './variants';

export interface Results {
  peers?: PeersRun;
  bench?: BenchFile;
  /** A run of `sizes` alone, up to 10⁸ elements; without it, the chart shows the sizes of `bench`. */
  sizes?: BenchFile;
}

function about(m: Machine): string {
  return (
    `${m.cpu}, ${m.cpus} CPUs, ${m.threads} threads, ${m.isa}; Node ${m.node}; gradtape ${m.gradtape}, ` +
    `commit ${m.commit ?? 'unknown'}; ${m.date.slice(0, 16).replace('T', ' ')} UTC`
  );
}

const best = (entry: Entry | null): Cell =>
  entry === null ? '–' : `${show(entry.timing!).median} ${entry.library}`;

function peersRow(row: Row, rows: readonly Row[]): Cell[] {
  const v = verdict(row, rows);
  const missing = row.entries[0]?.reason ?? 'not measured';
  const spread = v.ours === null ? missing : `${show(v.ours).low} – ${show(v.ours).high}`;
  const ratio = v.ratio === null ? '–' : v.ratio.toFixed(3);
  return [
    row.workload,
    v.ours === null ? '–' : show(v.ours).median,
    spread,
    best(v.best) + (v.bestCompiled === null ? '' : ` (compiled: ${best(v.bestCompiled)})`),
    ratio,
    v.aim === '' ? '' : v.aim,
    v.met === null ? '' : v.met ? 'yes' : '**no**',
  ];
}

/** Every library's time for every workload. */
function everyLibrary(run: PeersRun): string {
  const names = run.libraries.filter((l) => l.absent === undefined).map((l) => l.name);
  const rows = run.rows.map((row) => [
    row.workload,
    ...names.map((name) => {
      const timing = row.entries.find((e) => e.library === name)?.timing;
      return timing === undefined ? '–' : show(timing).median;
    }),
  ]);
  return table(['workload', ...names], rows);
}

/** Why a library was not measured, grouped by reason. */
function reasons(run: PeersRun): string {
  const lines: string[] = [];
  for (const { name, absent } of run.libraries) {
    if (absent !== undefined) lines.push(`- ${name} was not available: ${absent}`);
    const by = new Map<string, string[]>();
    for (const { workload, entries } of run.rows) {
      const reason = entries.find((e) => e.library === name)?.reason;
      if (reason === undefined) continue;
      const kind = reason.startsWith('too slow') ? 'too slow' : reason;
      by.set(kind, [...(by.get(kind) ?? []), workload]);
    }
    for (const [reason, workloads] of by) lines.push(`- ${name}: ${reason}: ${workloads.join('; ')}`);
  }
  return lines.join('\n');
}

function peersPart(run: PeersRun): string {
  const verdicts = run.rows.map((row) => verdict(row, run.rows));
  const aimed = verdicts.filter(({ aim }) => aim !== '');
  const met = aimed.filter((v) => v.met === true).length;
  const versions = run.libraries.filter((l) => l.version !== undefined).map((l) => `${l.name} ${l.version}`);
  return [
    '## Comparison with other libraries',
    `${about(run.machine)}.\n\n${versions.join(', ')}.`,
    "Medians and quartiles of one run, in which the libraries take turns. The ratio is gradtape's time divided by that of the best " +
      'library, or of the one that the target names; below 1, gradtape is faster. Libraries that compile the whole workload are ' +
      'compared only where gradtape compiles it, too.',
    `${met} of ${aimed.length} targets met.`,
    '![Ratio to the best library, by workload](charts/ratios.svg)',
    '![Matrix products by size](charts/matmul.svg)',
    table(
      ['workload', 'gradtape', 'quartiles', 'best other', 'ratio', 'target', 'met'],
      run.rows.map((row) => peersRow(row, run.rows)),
    ),
    '### All libraries',
    everyLibrary(run),
    '### Not measured',
    reasons(run) || 'None.',
  ].join('\n\n');
}

function limitsPart(limits: Limits): string {
  const rows = limits.threads.flatMap(({ threads, gbps }) =>
    levels.map(({ name }) => [`${threads}`, name, ...streams.map((s) => gbps[name][s].toFixed(0))]),
  );
  const flops = limits.threads.map((t) => `${t.gflops.toFixed(0)} GFLOP/s on ${t.threads}`).join(', ');
  return [
    `float32 multiply-adds: ${flops} threads. A call into the addon: ${limits.call.toFixed(0)} ns; a synchronisation of all ` +
      `threads: ${limits.roundTrip.toFixed(0)} ns. Bandwidth in GB/s:`,
    table(['threads', 'level', ...streams], rows),
  ].join('\n\n');
}

function rooflinePart(rows: readonly Result[]): string | null {
  const limits = rows.find((r) => r.limits !== undefined)?.limits;
  if (limits === undefined) return null;
  const shares = rows
    .filter((r) => r.limit !== undefined)
    .map((r) => [
      r.name.slice('roofline/'.length),
      showTime(r.timings[0].timing.median),
      r.limit!.text,
      `${(100 * r.limit!.share).toFixed(0)}%`,
    ]);
  return [
    '### Hardware limits',
    limitsPart(limits),
    table(['kernel', 'time', 'limit', 'share'], shares),
  ].join('\n\n');
}

function benchPart({ machine, rows }: BenchFile['runs'][number]): string {
  const timed = rows.filter((r) => r.timings.length > 0 && r.limit === undefined);
  const line = (r: Result): Cell[] => {
    const by = speedUp(r);
    const loop = r.timings[1]?.timing;
    return [
      r.name,
      showTime(r.timings[0].timing.median),
      loop === undefined ? '–' : showTime(loop.median),
      by === undefined ? '–' : `${by.toFixed(by < 10 ? 1 : 0)}×`,
    ];
  };
  const parts = [
    '## Comparison with plain JavaScript',
    `${about(machine)}.`,
    table(['row', 'gradtape', 'plain JS', 'speed-up'], timed.map(line)),
  ];
  const figures = rows.filter((r) => r.figures !== undefined);
  if (figures.length > 0) {
    const cells = figures.flatMap((r) =>
      Object.entries(r.figures!).map(([what, value]) => [r.name, what, value]),
    );
    parts.push(table(['row', 'figure', 'value'], cells));
  }
  if (rows.some((r) => r.sizes !== undefined)) {
    parts.push(
      '### Time by size',
      'The dashed lines show the model: overhead of a call + n/rate.',
      '![Time by size](charts/sizes.svg)',
    );
  }
  const roofline = rooflinePart(rows);
  if (roofline !== null) parts.push(roofline);
  return parts.join('\n\n');
}

export function resultsMarkdown({ peers, bench }: Results): string {
  const parts = [
    '# Results',
    'Generated by `npm run bench:report` from the files in `results/`. The methods of measurement are in [README.md](README.md).',
  ];
  if (peers !== undefined) parts.push(peersPart(peers));
  if (bench !== undefined) {
    parts.push(benchPart(bench.runs[0]));
    const variants = variantsPart(bench.runs);
    if (variants !== null) parts.push(variants);
  }
  return `${parts.join('\n\n')}\n`;
}
