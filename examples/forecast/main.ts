/**
 * Forecasts the next 24 hours of a time series at once: a linear model of the last 72 hours (autoregression) with a compiled step, compared
 * with yesterday's values as forecast.
 *
 * `node dist/examples/forecast/main.js --help` lists the options.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as tf from 'gradtape';
import * as plot from 'gradtape/plot';
import { readOptions, start } from '../shared/options';

const past = 72;
const ahead = 24;
const batch = 64;

/** A daily and a weekly rhythm, a slow rise, and noise: [hours]. */
function makeSeries(hours: number, seed: number): tf.Tensor {
  const t = tf.range(hours, { dtype: 'float32' });
  const wave = (period: number): tf.Tensor => tf.sin(tf.multiply(t, (2 * Math.PI) / period));
  const rhythm = tf.add(wave(24), tf.multiply(wave(168), 0.6));
  const rise = tf.multiply(t, 0.5 / hours);
  return tf.add(tf.add(rhythm, rise), tf.random.statelessNormal([hours], [seed, 1], { stddev: 0.1 }));
}

/** Windows that begin at the hours `first`, [n]: the past [n, 72] and what follows [n, 24]. */
function windows(series: tf.Tensor, first: tf.Tensor): tf.Tensor[] {
  const places = tf.add(tf.expandDims(first, 1), tf.range(past + ahead));
  return tf.split(tf.gather(series, places), [past, ahead], 1);
}

start(async () => {
  const options = readOptions('forecast', 'Forecasts a day of a time series.', 'steps', 2000, 600);
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
  tf.random.setSeed(seed);
  const hours = 4000;
  const series = makeSeries(hours, seed);
  const end = Math.floor(0.8 * hours);
  const w = new tf.Variable(tf.zeros([past, ahead]));
  const b = new tf.Variable(tf.zeros([ahead]));
  const forecast = (x: tf.Tensor): tf.Tensor => tf.add(tf.matmul(x, w), b);
  const optimizer = new tf.keras.optimizers.Adam(2e-3);
  const step = tf.function((first: tf.Tensor) => {
    const [x, y] = windows(series, first);
    const tape = new tf.GradientTape();
    const loss = tape.run(() => tf.reduceMean(tf.square(tf.subtract(forecast(x), y))));
    const [dw, db] = tape.gradient(loss, [w, b]);
    optimizer.applyGradients([
      [dw, w],
      [db, b],
    ]);
    return loss;
  });
  for (let i = 1; i <= options.length; i++) {
    const first = tf.random.uniform([batch], { minval: 0, maxval: end - past - ahead, dtype: 'int32' });
    const loss = Number(step(first).item());
    if (i % 200 === 0) console.log(`step ${i} of ${options.length}  loss ${loss.toFixed(4)}`);
  }

  // Windows of hours that were not trained on.
  const [x, y] = windows(series, tf.range(end, hours - past - ahead));
  const error = (values: tf.Tensor): string =>
    Number(tf.reduceMean(tf.abs(tf.subtract(values, y))).item()).toFixed(3);
  const yesterday = tf.slice(x, [0, past - ahead], [x.shape[0], ahead]);
  console.log(`Mean error of yesterday as forecast: ${error(yesterday)}`);
  console.log(`Mean error: ${error(forecast(x))}`);
  if (options.out === null) return;
  const row = (t: tf.Tensor): number[] => [...(tf.gather(t, 0).data() as Float32Array)];
  const future = Array.from({ length: ahead }, (_, i) => i);
  const chart = plot
    .chart({ title: 'A forecast of 24 hours', xTitle: 'hour', width: 640 })
    .line(
      Array.from({ length: past }, (_, i) => i - past),
      row(x),
      { label: 'past' },
    )
    .scatter(future, row(y), { label: 'data' })
    .line(future, row(forecast(x)), { label: 'forecast', color: 'red' });
  await fs.mkdir(options.out, { recursive: true });
  for (const type of ['svg', 'png']) await chart.save(path.join(options.out, `forecast.${type}`));
});
