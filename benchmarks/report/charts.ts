/** The charts of RESULTS.md. */
import * as plot from 'gradtape/plot';
import { verdict, type PeersRun } from '../host/rows';
import type { BenchFile, SizePoint } from '../suite';

const colors = [
  '#d62728',
  '#1f77b4',
  '#2ca02c',
  '#9467bd',
  '#ff7f0e',
  '#8c564b',
  '#e377c2',
  '#17becf',
  '#7f7f7f',
];

/** The ratio to the best other library, sorted. */
export function ratiosChart(run: PeersRun): plot.Chart {
  const ratios = run.rows
    .map((row) => verdict(row, run.rows).ratio)
    .filter((r): r is number => r !== null)
    .sort((a, b) => a - b);
  return plot
    .chart({
      title: 'Time relative to the best other library',
      xTitle: 'workloads, in order',
      yTitle: 'ratio',
      yScale: 'log',
      width: 760,
    })
    .scatter(
      ratios.map((_, i) => i + 1),
      ratios,
      { label: 'gradtape', color: colors[0], size: 6 },
    )
    .rule({ y: 1, label: 'as fast', color: 'gray', dashed: true });
}

/** GFLOP/s of square matrix products, by library. */
export function matmulChart(run: PeersRun): plot.Chart {
  const workloads = run.rows
    .map((row) => ({ row, n: Number(/^matmul\/(\d+)$/.exec(row.workload)?.[1]) }))
    .filter(({ n }) => Number.isFinite(n));
  const chart = plot.chart({
    title: 'Matrix products n×n, float32',
    xTitle: 'n',
    yTitle: 'GFLOP/s',
    xScale: 'log',
    yScale: 'log',
    width: 760,
  });
  run.libraries.forEach(({ name }, i) => {
    const points = workloads.flatMap(({ row, n }) => {
      const timing = row.entries.find((e) => e.library === name)?.timing;
      return timing === undefined ? [] : [[n, (2 * n ** 3) / timing.median]];
    });
    if (points.length < 2) return;
    chart.line(
      points.map(([n]) => n),
      points.map(([, y]) => y),
      { label: name, color: colors[i % colors.length], dashed: i >= colors.length },
    );
  });
  return chart;
}

/** The model call + n/rate: the overhead of the smallest size, and the best rate of the larger ones. */
export function model(points: readonly SizePoint[], cost: (n: number) => number): (n: number) => number {
  const call = points[0].timing.median;
  const rate = Math.max(...points.map(({ n, timing }) => cost(n) / timing.median));
  return (n) => call + cost(n) / rate;
}

export function sizesChart(run: BenchFile['runs'][number]): plot.Chart {
  const chart = plot.chart({
    title: 'Time by size',
    xTitle: 'elements (matmul: n)',
    yTitle: 'ns',
    xScale: 'log',
    yScale: 'log',
    width: 760,
  });
  run.rows.forEach(({ name, sizes }) => {
    if (sizes === undefined) return;
    const short = name.slice('sizes/'.length);
    const color = colors[['add', 'exp', 'sum', 'matmul'].indexOf(short) % colors.length];
    const x = sizes.map(({ n }) => n);
    const expected = model(sizes, short === 'matmul' ? (n) => 2 * n ** 3 : (n) => n);
    chart.line(x, x.map(expected), { color, dashed: true, opacity: 0.5, lineWidth: 1 });
    chart.line(
      x,
      sizes.map(({ timing }) => timing.median),
      { label: short, color },
    );
  });
  return chart;
}
