/** The table of figures in the README, between two marks. */
import { verdict, type Row } from '../host/rows';
import { show } from '../measure';
import type { Results } from './markdown';
import { table } from './table';

export const begin = '<!-- figures: npm run bench:report writes what is between these marks -->';
export const end = '<!-- end of the figures -->';

/** What the README shows of `npm run bench:peers`. */
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
}

/** A text with what is between the marks replaced. */
export function withFigures(text: string, results: Results): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the README has no marks ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${figures(results)}\n\n${text.slice(to)}`;
}
