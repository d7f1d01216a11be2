/**
 * Classifies short reviews, good or bad, by a convolution over embedded words; beside it, a model that only counts words.
 *
 * The reviews are made so that both opinions use the same words: with all of them in its four words' reach, the convolution is right
 * about nearly every review, sentences that it has not seen included, and the counts about half of them. Real reviews are harder for
 * the former, and easier for the latter.
 *
 * `node dist/examples/keras/text/main.js --help` lists the options.
 */
import * as tf from 'gradtape';
import { readOptions, start } from '../../shared/options';
import { drawHistory } from '../history';
import { makeReviews, type Reviews } from './reviews';

const { layers } = tf.keras;

/** Texts to numbers of words, these to vectors, and runs of four words to features, the strongest of which count. */
function makeConvolution(texts: readonly string[]): tf.keras.Model {
  const words = new layers.TextVectorization({ outputSequenceLength: 16 });
  words.adapt(texts);
  return new tf.keras.Sequential([
    tf.keras.Input([], { dtype: 'string' }),
    words,
    new layers.Embedding(words.vocabularySize(), 16),
    new layers.Conv1D(48, 4, { padding: 'same', activation: 'relu' }),
    new layers.GlobalMaxPooling1D(),
    new layers.Dropout(0.3),
    new layers.Dense(1, { activation: 'sigmoid' }),
  ]);
}

/** The number of times that each word occurs, and a weight for each: the information that does not depend on the order of the words. */
function makeBagOfWords(texts: readonly string[]): tf.keras.Model {
  const words = new layers.TextVectorization({ outputMode: 'count' });
  words.adapt(texts);
  return new tf.keras.Sequential([
    tf.keras.Input([], { dtype: 'string' }),
    words,
    new layers.Dense(1, { activation: 'sigmoid' }),
  ]);
}

async function accuracyOf(model: tf.keras.Model, { texts, labels }: Reviews): Promise<string> {
  const { accuracy } = await model.evaluate(texts, labels, { verbose: 0 });
  return `${(100 * Number(accuracy)).toFixed(1)}%`;
}

start(async () => {
  const options = readOptions('keras/text', 'Classifies short reviews as good or bad.', 'epochs', 6, 4);
  if (options.seed !== null) tf.keras.utils.setRandomSeed(options.seed);
  const { training, similar, unseen } = makeReviews(options.quick ? 2000 : 4000);

  const compiled = (model: tf.keras.Model): tf.keras.Model => {
    model.compile({
      optimizer: new tf.keras.optimizers.Adam(2e-3),
      loss: 'binary_crossentropy',
      metrics: ['accuracy'],
    });
    return model;
  };
  const bag = compiled(makeBagOfWords(training.texts));
  await bag.fit(training.texts, training.labels, { epochs: options.length, verbose: 0 });
  const model = compiled(makeConvolution(training.texts));
  model.summary();
  const history = await model.fit(training.texts, training.labels, {
    epochs: options.length,
    validationSplit: 0.1,
  });

  console.log(`New reviews from the templates trained on: ${await accuracyOf(model, similar)}`);
  console.log(`The same by counts of words: ${await accuracyOf(bag, similar)}`);
  console.log(`Test accuracy: ${await accuracyOf(model, unseen)} (reviews from other templates)`);
  console.log(`The same by counts of words: ${await accuracyOf(bag, unseen)}`);
  const some = [
    'the film was clever, not dull',
    'the film was dull, not clever',
    'I had expected a messy one, it turned out wise',
  ];
  const opinions = await model.predict(some, { verbose: 0 });
  some.forEach((text, i) => {
    console.log(`"${text}": good with probability ${Number(opinions.data()[i]).toFixed(2)}`);
  });
  await drawHistory(history, 'Good and bad reviews', options.out, ['loss', 'accuracy']);
});
