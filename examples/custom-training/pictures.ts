/** The charts of the example: data and fit before and after training, and the history of the parameters. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type * as tf from 'gradtape';
import * as plot from 'gradtape/plot';

export interface Run {
  inputs: tf.Tensor;
  outputs: tf.Tensor;
  /** Predictions for the inputs before and after training. */
  before: tf.Tensor;
  after: tf.Tensor;
  Ws: readonly number[];
  bs: readonly number[];
  trueW: number;
  trueB: number;
}

/** The least and the largest of the values, and a margin. */
function rangeOf(...tensors: readonly tf.Tensor[]): [number, number] {
  let [low, high] = [0, 0];
  for (const t of tensors) {
    for (const value of t.data() as Float32Array) {
      if (value < low && value > -Infinity) low = value;
      if (value > high && value < Infinity) high = value;
    }
  }
  const margin = 0.05 * (high - low) || 1;
  return [low - margin, high + margin];
}

/** The data and the predictions `of` the model; the axes are those of both charts. */
function fit(title: string, run: Run, of: 'before' | 'after'): plot.Chart {
  const { inputs, outputs, before, after } = run;
  return plot
    .chart({
      title,
      xTitle: 'x',
      yTitle: 'y',
      xRange: rangeOf(inputs),
      yRange: rangeOf(outputs, before, after),
    })
    .scatter(inputs, outputs, { label: 'Data', color: 'blue', opacity: 0.4 })
    .scatter(inputs, run[of], { label: 'Predictions', color: 'red', opacity: 0.4 });
}

function progress(run: Run): plot.Chart {
  return plot
    .chart({ title: 'W and b over the Epochs', xTitle: 'Epoch', yTitle: 'Value' })
    .line(run.Ws, { label: 'W', color: 'red' })
    .line(run.bs, { label: 'b', color: 'blue' })
    .rule({ y: run.trueW, label: 'True W', color: 'red', dashed: true })
    .rule({ y: run.trueB, label: 'True b', color: 'blue', dashed: true });
}

/** The fit as text, for a terminal. */
export function showFit(run: Run): void {
  const width = Math.min(process.stdout.columns, 100);
  console.log(`\n${fit('After Training', run, 'after').toText({ width, height: 20, color: true })}`);
}

/** Writes before, after and progress as SVG and PNG into `folder`. */
export async function drawPictures(run: Run, folder: string): Promise<void> {
  const charts: [string, plot.Chart][] = [
    ['before', fit('Before Training', run, 'before')],
    ['after', fit('After Training', run, 'after')],
  ];
  // Without epochs there is no history to plot.
  if (run.Ws.length > 0) charts.push(['progress', progress(run)]);
  await fs.mkdir(folder, { recursive: true });
  for (const [name, chart] of charts) {
    for (const type of ['svg', 'png']) await chart.save(path.join(folder, `${name}.${type}`));
  }
  console.log(
    `\nPictures: ${charts.map(([name]) => path.join(folder, `${name}.png`)).join(', ')} (and .svg)`,
  );
}
