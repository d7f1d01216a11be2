/**
 * A functional model with two inputs: rents from numbers (area, rooms, floor) and from the district, a category.
 *
 * `node dist/examples/keras/two-inputs/main.js --help` lists the options.
 */
import * as tf from 'gradtape';
import { readOptions, start } from '../../shared/options';
import { drawHistory } from '../history';

const { layers } = tf.keras;
const districts = ['Harbour', 'Old Town', 'Hill', 'Station', 'Park'];
/** What a square metre costs there. */
const prices = [14, 18, 22, 11, 16];

/** Invented flats, and their rents in thousands. */
function flats(
  n: number,
  seed: number,
): { x: { numbers: tf.Tensor; district: tf.Tensor }; rents: tf.Tensor } {
  const uniform = (k: number): tf.Tensor => tf.random.statelessUniform([n, 1], [seed, k]);
  const area = tf.add(tf.multiply(uniform(1), 100), 20);
  const rooms = tf.ceil(tf.divide(area, 30));
  const floor = tf.floor(tf.multiply(uniform(2), 6));
  const district = tf.cast(tf.floor(tf.multiply(uniform(3), districts.length)), 'int32');
  const noise = tf.random.statelessNormal([n, 1], [seed, 4], { stddev: 0.03 });
  const perMetre = tf.add(tf.gather(tf.constant(prices), district), tf.multiply(floor, 0.3));
  const rents = tf.add(tf.divide(tf.multiply(area, perMetre), 1000), noise);
  return { x: { numbers: tf.concat([tf.divide(area, 100), rooms, floor], 1), district }, rents };
}

start(async () => {
  const options = readOptions('keras/two-inputs', 'Learns rents from two inputs.', 'epochs', 30, 12);
  if (options.seed !== null) tf.keras.utils.setRandomSeed(options.seed);
  const training = flats(options.quick ? 2000 : 4000, 1);
  const test = flats(500, 2);

  const numbers = tf.keras.Input([3], { name: 'numbers' });
  const district = tf.keras.Input([1], { name: 'district', dtype: 'int32' });
  const vectors = new layers.Flatten()(
    new layers.Embedding(districts.length, 3, { name: 'districts' })(district),
  );
  const joined = new layers.Concatenate()([numbers, vectors]);
  const hidden = new layers.Dense(32, { activation: 'relu' })(joined);
  const rent = new layers.Dense(1, { name: 'rent' })(new layers.Dense(16, { activation: 'relu' })(hidden));
  const model = new tf.keras.Model({ numbers, district }, rent);
  model.summary();

  model.compile({ optimizer: new tf.keras.optimizers.Adam(3e-3), loss: 'mse', metrics: ['mae'] });
  const history = await model.fit(training.x, training.rents, {
    epochs: options.length,
    batchSize: 64,
    validationSplit: 0.1,
    callbacks: [new tf.keras.callbacks.EarlyStopping({ patience: 8, restoreBestWeights: true })],
  });

  const { mae } = await model.evaluate(test.x, test.rents, { verbose: 0 });
  console.log(`Mean error: ${(1000 * Number(mae)).toFixed(0)}; the data have a noise of 24`);
  for (const [i, name] of districts.entries()) {
    const flat = { numbers: tf.constant([[0.6, 2, 1]]), district: tf.constant([[i]], 'int32') };
    const learned = 1000 * Number(model(flat).item());
    console.log(
      `60 m², first floor, ${name.padEnd(8)}  ${learned.toFixed(0)}, really ${(60 * (prices[i] + 0.3)).toFixed(0)}`,
    );
  }
  await drawHistory(history, 'Rents', options.out);
});
