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

function fit(title: string, inputs: tf.Tensor, outputs: tf.Tensor, predicted: tf.Tensor): plot.Chart {
  const x = inputs.data() as Float32Array;
  return plot
    .chart({ title, xTitle: 'x', yTitle: 'y' })
    .scatter(x, outputs.data() as Float32Array, { label: 'Data', color: 'blue' })
    .scatter(x, predicted.data() as Float32Array, { label: 'Predictions', color: 'red' });
}

function progress(run: Run): plot.Chart {
  return plot
    .chart({ title: 'W and b over the epochs', xTitle: 'Epoch', yTitle: 'Value' })
    .line(run.Ws, { label: 'W', color: 'red' })
    .line(run.bs, { label: 'b', color: 'blue' })
    .rule({ y: run.trueW, label: 'True W', color: 'red', dashed: true })
    .rule({ y: run.trueB, label: 'True b', color: 'blue', dashed: true });
}

/** The fit as text, for a terminal. */
export function showFit(run: Run): void {
  const width = Math.min(process.stdout.columns, 100);
  console.log(
    `\n${fit('After training', run.inputs, run.outputs, run.after).toText({ width, height: 20, color: true })}`,
  );
}

/** Writes before, after and progress as SVG and PNG into `folder`. */
export async function drawPictures(run: Run, folder: string): Promise<void> {
  const charts: [string, plot.Chart][] = [
    ['before', fit('Before training', run.inputs, run.outputs, run.before)],
    ['after', fit('After training', run.inputs, run.outputs, run.after)],
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
