/** The tables of figures in the README, between two markers. */
import { verdict, type Row } from '../host/rows';
import { show } from '../measure';
import type { Results } from './markdown';
import { table } from './table';

export const begin = '<!-- figures: npm run bench:report writes what is between these marks -->';
export const end = '<!-- end of the figures -->';

<<<<<<< HEAD
/** What the README shows of `npm run bench:peers`. */
=======
/** The rows of `npm run bench` that the README shows: a description and the row's name. */
const own: readonly (readonly [string, string])[] = [
  ['eager `add` of 4 elements', 'eager/add 4'],
  ['the same, on a tape', 'eager/add 4, taped'],
  ['the tutorial’s step, 1,000 points: forward, backward, two updates', 'train/tutorial step, 1,000 points'],
  ['training step, MLP 784-128-10, batch 64, Adam', 'train/MLP 784-128-10, batch 64, Adam'],
  ['training step, MNIST CNN, batch 32, Adam', 'train/MNIST CNN, batch 32, Adam'],
  ['the same step, compiled: MLP', 'training/MLP 784-128-10, batch 64, Adam'],
  ['compiled: MNIST CNN', 'training/MNIST CNN, batch 32, Adam'],
  ['compiled: LSTM h128, T50, batch 32, Adam', 'training/LSTM h128, T50, batch 32, Adam'],
  ['`exp` of a million elements', 'ops/exp large'],
  ['softmax of 1024×1024', 'ops/softmax large'],
  ['matrix product 256×256', 'ops/matmul large'],
];

/** The same for `npm run bench:peers`. */
>>>>>>> nb
const beside: readonly (readonly [string, string])[] = [
  ['add, 1M elements', 'elementwise/add 1M'],
  ['exp, 1M elements', 'elementwise/exp 1M'],
  ['sum, 1M elements', 'reduce/sum all 1M'],
  ['softmax 1024×1024', 'rows/softmax 1024x1024'],
  ['matrix product 1024×1024', 'matmul/1024'],
  ['convolution 3×3, 8×56×56×64', 'conv2d/8x56x56x64, 3x3x64'],
  ['eager add of 4 elements', 'eager/add 4'],
  ['training step, MLP 784-128-10', 'train/MLP 784-128-10, batch 64, Adam'],
  ['training step, MNIST CNN', 'train/MNIST CNN, batch 32, Adam'],
  ['compiled step, MLP 784-128-10', 'training/MLP 784-128-10, batch 64, Adam'],
  ['compiled step, MNIST CNN', 'training/MNIST CNN, batch 32, Adam'],
  ['compiled step, LSTM h128, T50', 'training/LSTM h128, T50, batch 32, Adam'],
  [
    'compiled step, transformer block d128, T64',
    'training/transformer block d128, 4 heads, T64, batch 16, Adam',
  ],
  ['first call of a compiled MLP step', 'training/first call, MLP 784-128-10, batch 64, Adam'],
];

function besideRow(words: string, row: Row, rows: readonly Row[]): string[] {
  const v = verdict(row, rows);
  const other = v.best === null ? '' : `${show(v.best.timing!).median} (${v.best.library})`;
  return [
    words,
    v.ours === null ? '' : show(v.ours).median,
    other,
    v.ratio === null ? '' : v.ratio.toFixed(2),
  ];
}

<<<<<<< HEAD
/** What the README shows: one table, beside other libraries. Empty if these have not been measured. */
export function figures({ peers }: Results): string {
  if (peers === undefined) return '';
  const cells = beside.flatMap(([words, name]) => {
    const row = peers.rows.find((r) => r.workload === name);
    return row === undefined ? [] : [besideRow(words, row, peers.rows)];
  });
  const { machine } = peers;
  return [
    `Measured with ${machine.threads} threads of ${machine.cpu} (${machine.isa}). The ratio is gradtape's time divided by that of the ` +
      'best other library; below 1, gradtape is faster:',
    table(['workload', 'gradtape', 'best other', 'ratio'], cells),
  ].join('\n\n');
=======
/** The tables; empty without results. */
export function figures({ peers, bench }: Results): string {
  const parts: string[] = [];
  const run = bench?.runs[0];
  if (run !== undefined) {
    const { machine, rows } = run;
    const cells = own.flatMap(([words, name]) => {
      const row = rows.find((r) => r.name === name);
      return row === undefined ? [] : [ownRow(words, row)];
    });
    for (const { name, figures: made } of rows) {
      if (!name.startsWith('memory/') || made === undefined) continue;
      const [[what, value]] = Object.entries(made);
      cells.push([`${name.slice('memory/'.length)}: ${what}`, value, '', '']);
    }
    parts.push(
      `\`npm run bench\`, ${machine.threads} threads of ${machine.cpu} (${machine.isa}), Node ${machine.node}:`,
      table(['workload', 'gradtape', 'plain JS', 'speed-up'], cells),
    );
  }
  if (peers !== undefined) {
    const cells = beside.flatMap(([words, name]) => {
      const row = peers.rows.find((r) => r.workload === name);
      return row === undefined ? [] : [besideRow(words, row, peers.rows)];
    });
    const { machine } = peers;
    parts.push(
      `\`npm run bench:peers\`, ${machine.threads} threads of ${machine.cpu} (${machine.isa}); all rows and libraries are in ` +
        "`benchmarks/RESULTS.md`.\nThe ratio is gradtape's time divided by that of the best other library; below 1, gradtape is faster:",
      table(['workload', 'gradtape', 'best other', 'ratio'], cells),
    );
  }
  return parts.join('\n\n');
>>>>>>> nb
}

/** The text with the part between the markers replaced. */
export function withFigures(text: string, results: Results): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the README has no marks ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${figures(results)}\n\n${text.slice(to)}`;
}
