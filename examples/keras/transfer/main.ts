/**
 * Transfer: a network that Python's Keras trained on the digits 0 to 4 (digits.keras, by test/golden/keras/transfer.py) learns 5 to 9
 * from a few examples. Its convolutions stay as they are; only a new output layer is trained.
 *
 * `node dist/examples/keras/transfer/main.js --help` lists the options.
 */
import * as path from 'node:path';
import * as tf from 'gradtape';
import { loadDigits, type Digits } from '../../shared/digits';
import { readOptions, start } from '../../shared/options';
import { drawHistory } from '../history';

const { layers, models } = tf.keras;
const file = path.join(__dirname, '../../../../examples/keras/transfer/digits.keras');

/** The first `n` of the digits 5 to 9, with labels from 0. */
function highDigits({ images, labels }: Digits, n: number): Digits {
  const places = tf.slice(tf.where(tf.greaterEqual(labels, 5)), [0, 0], [n, 1]);
  const order = tf.reshape(places, [n]);
  return { images: tf.gather(images, order), labels: tf.subtract(tf.gather(labels, order), 5) };
}

/** The model without its last layer, and a new one for five classes. */
function withNewHead(base: tf.keras.Model): tf.keras.Model {
  const head = new layers.Dense(5, { activation: 'softmax', name: 'head' });
  const model = new tf.keras.Sequential([tf.keras.Input([28, 28, 1]), ...base.layers.slice(0, -1), head]);
  model.compile({
    optimizer: new tf.keras.optimizers.Adam(5e-3),
    loss: 'sparse_categorical_crossentropy',
    metrics: ['accuracy'],
  });
  return model;
}

start(async () => {
  const options = readOptions('keras/transfer', 'Trains the last layer of a network.', 'epochs', 30, 20);
  if (options.seed !== null) tf.keras.utils.setRandomSeed(options.seed);
  const [first, second] = loadDigits(400, 2000);
  const training = highDigits(first, 50);
  const test = highDigits(second, options.quick ? 300 : 800);

  const trained = await models.loadModel(file);
  const scratch = withNewHead(models.cloneModel(trained));
  for (const layer of trained.layers) layer.trainable = false;
  const transferred = withNewHead(trained);
  transferred.summary();

  const accuracyOf = async (model: tf.keras.Model): Promise<string> => {
    const { accuracy } = await model.evaluate(test.images, test.labels, { verbose: 0 });
    return `${(100 * Number(accuracy)).toFixed(1)}%`;
  };
  const settings = {
    epochs: options.length,
    batchSize: 10,
    validationData: [test.images, test.labels],
  } as const;
  const history = await transferred.fit(training.images, training.labels, settings);
  await scratch.fit(training.images, training.labels, { ...settings, verbose: 0 });
  console.log(`All layers, from new weights: ${await accuracyOf(scratch)}`);
  console.log(`Test accuracy: ${await accuracyOf(transferred)}`);
  await drawHistory(history, 'The digits 5 to 9 from 50 examples', options.out, ['accuracy']);
});
