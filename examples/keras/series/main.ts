/**
 * Forecasts a time series with an LSTM: a daily and a weekly rhythm with noise, hour by hour.
 *
 * `node dist/examples/keras/series/main.js --help` lists the options.
 */
import * as tf from 'gradtape';
import * as plot from 'gradtape/plot';
import { readOptions, start } from '../../shared/options';
import { drawHistory, save } from '../history';

const { layers } = tf.keras;
const length = 48;

/** The values of `hours` hours: [hours, 1]. */
function makeSeries(hours: number): tf.Tensor {
  const t = tf.range(hours, { dtype: 'float32' });
  const daily = tf.sin(tf.multiply(t, (2 * Math.PI) / 24));
  const weekly = tf.cos(tf.multiply(t, (2 * Math.PI) / 168));
  const noise = tf.random.statelessNormal([hours], [1, 2], { stddev: 0.1 });
  return tf.reshape(tf.add(tf.add(daily, tf.multiply(weekly, 0.5)), noise), [hours, 1]);
}

start(async () => {
  const options = readOptions('keras/series', 'Forecasts a time series with an LSTM.', 'epochs', 8, 3);
  if (options.seed !== null) tf.keras.utils.setRandomSeed(options.seed);
  const hours = options.quick ? 1500 : 3000;
  const series = makeSeries(hours);
  const held = Math.floor(hours * 0.8);
  /** Windows of `length` hours, and the hour after each. */
  const windows = (
    first: number,
    end: number,
    shuffle: boolean,
  ): ReturnType<typeof tf.keras.utils.timeseriesDatasetFromArray> => {
    const part = tf.slice(series, [first, 0], [end - first, 1]);
    const next = tf.slice(series, [first + length, 0], [end - first - length, 1]);
    return tf.keras.utils.timeseriesDatasetFromArray(part, next, length, { batchSize: 64, shuffle });
  };

  const model = new tf.keras.Sequential([
    tf.keras.Input([length, 1]),
    new layers.LSTM(24),
    new layers.Dense(1),
  ]);
  model.compile({ optimizer: new tf.keras.optimizers.Adam(5e-3), loss: 'mse', metrics: ['mae'] });
  const history = await model.fit(windows(0, held, true), null, {
    epochs: options.length,
    validationData: windows(held, hours, false),
    callbacks: [new tf.keras.callbacks.ReduceLROnPlateau({ patience: 1 })],
  });

  const forecast = await model.predict(windows(held, hours, false), { verbose: 0 });
  const actual = tf.slice(series, [held + length, 0], [hours - held - length, 1]);
  const before = tf.slice(series, [held + length - 1, 0], [hours - held - length, 1]);
  const error = (values: tf.Tensor): string =>
    Number(tf.reduceMean(tf.abs(tf.subtract(values, actual))).item()).toFixed(3);
  console.log(`Mean error of the hour before as forecast: ${error(before)}`);
  console.log(`Mean error of the LSTM: ${error(forecast)}`);
  await drawHistory(history, 'Forecasts of an hour', options.out);
  if (options.out === null) return;
  const shown = Array.from({ length: 168 }, (_, i) => i);
  const firstWeek = (values: tf.Tensor): number[] => [...(values.data() as Float32Array)].slice(0, 168);
  const chart = plot
    .chart({ title: 'A Week of the Test Data', xTitle: 'Hour', width: 640 })
    .scatter(shown, firstWeek(actual), { label: 'data' })
    .line(shown, firstWeek(forecast), { label: 'forecast', color: 'red' });
  await save(chart, options.out, 'forecast');
});
