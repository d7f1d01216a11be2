/** The course of a training as a picture. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type * as tf from 'gradtape';
import * as plot from 'gradtape/plot';

/** Writes history.svg and .png into `folder`; none if it is null. */
export async function drawHistory(
  history: tf.keras.callbacks.History,
  title: string,
  folder: string | null,
  names: readonly string[] = ['loss'],
): Promise<void> {
  if (folder === null) return;
  await save(plot.historyPlot(history, { title, names, width: 640 }), folder, 'history');
}

export async function save(chart: plot.Chart, folder: string, name: string): Promise<void> {
  await fs.mkdir(folder, { recursive: true });
  for (const type of ['svg', 'png']) await chart.save(path.join(folder, `${name}.${type}`));
  console.log(`Picture: ${path.join(folder, name)}.png (and .svg)`);
}
