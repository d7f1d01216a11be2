/**
 * Classifies images of handwritten digits with a convolutional network.
 *
 * `node dist/examples/keras/images/main.js --help` lists the options.
 */
import * as tf from 'gradtape';
import { loadDigits } from '../../shared/digits';
import { readOptions, start } from '../../shared/options';
import { drawHistory } from '../history';

const { layers } = tf.keras;

start(async () => {
  const options = readOptions('keras/images', 'Classifies images of handwritten digits.', 'epochs', 4, 2);
  if (options.seed !== null) tf.keras.utils.setRandomSeed(options.seed);
  const [training, test] = options.quick ? loadDigits(2048, 500) : loadDigits(6400, 1000);

  const model = new tf.keras.Sequential([
    tf.keras.Input([28, 28, 1]),
    new layers.Conv2D(16, 3, { activation: 'relu' }),
    new layers.MaxPooling2D(2),
    new layers.Conv2D(32, 3, { activation: 'relu' }),
    new layers.MaxPooling2D(2),
    new layers.Flatten(),
    new layers.Dropout(0.3),
    new layers.Dense(10, { activation: 'softmax' }),
  ]);
  model.summary();
  model.compile({
    optimizer: new tf.keras.optimizers.Adam(2e-3),
    loss: 'sparse_categorical_crossentropy',
    metrics: ['accuracy'],
  });
  const history = await model.fit(training.images, training.labels, {
    epochs: options.length,
    batchSize: 64,
    validationSplit: 0.1,
  });

  const { accuracy } = await model.evaluate(test.images, test.labels, { verbose: 0 });
  console.log(`Test accuracy: ${(100 * Number(accuracy)).toFixed(1)}%`);
  const some = await model.predict(tf.slice(test.images, [0, 0, 0, 0], [10, 28, 28, 1]), { verbose: 0 });
  console.log(`Ten digits:  ${tf.slice(test.labels, [0], [10]).data().join(' ')}`);
  console.log(`Predictions: ${tf.argmax(some, 1).data().join(' ')}`);
  await drawHistory(history, 'Handwritten digits', options.out, ['loss', 'accuracy']);
});
