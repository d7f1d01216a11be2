/** Models that begin with text: training, prediction, files. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';

const { layers } = tf.keras;
const texts = ['good film', 'bad film', 'good good', 'so bad', 'good', 'bad bad film'];
const labels = [1, 0, 1, 0, 1, 0];

let warnings: jest.SpyInstance;
beforeEach(() => {
  warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  tf.keras.utils.setRandomSeed(1);
});
afterEach(() => {
  warnings.mockRestore();
});

function close(a: tf.Tensor, b: tf.Tensor): void {
  expect(tf.reduceMax(tf.abs(tf.subtract(a, b))).item()).toBeLessThan(1e-5);
}

function textModel(): tf.keras.Sequential {
  const vectorize = new layers.TextVectorization({ outputSequenceLength: 3 });
  vectorize.adapt(texts);
  return new tf.keras.Sequential([
    tf.keras.Input([], { dtype: 'string' }),
    vectorize,
    new layers.Embedding(6, 4, { maskZero: true }),
    new layers.LSTM(3),
    new layers.Dense(1, { activation: 'sigmoid' }),
  ]);
}

test('a model of text is trained by compiled steps, without a warning', async () => {
  const model = textModel();
  model.compile({ optimizer: new tf.keras.optimizers.Adam(0.1), loss: 'binary_crossentropy' });
  const y = tf.constant(labels.map((l) => [l]));
  const { history } = await model.fit(tf.constant(texts), y, { epochs: 20, verbose: 0, batchSize: 3 });
  expect(history.loss.at(-1)).toBeLessThan(0.1);
  const predicted = await model.predict(texts);
  expect([...(predicted.data() as Float32Array)].map(Math.round)).toEqual(labels);
  expect((await model.evaluate(texts, y, { verbose: 0 })).loss).toBeLessThan(0.1);
  expect(model.predictOnBatch(texts).shape).toEqual([6, 1]);
  // The compiled step and the call are one function.
  close(predicted, model(tf.constant(texts)));
  await model.trainOnBatch(texts, y);
  expect(warnings).not.toHaveBeenCalled();
});

test('a functional model takes text beside numbers', async () => {
  const words = tf.keras.Input([1], { dtype: 'string', name: 'word' });
  const numbers = tf.keras.Input([2], { name: 'number' });
  const lookup = new layers.StringLookup({ vocabulary: ['a', 'b'], outputMode: 'one_hot' });
  const joined = new layers.Concatenate()<tf.keras.KerasTensor>([lookup(words), numbers]);
  const model = new tf.keras.Model({ word: words, number: numbers }, new layers.Dense(1)(joined));
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  const x = { word: tf.constant([['a'], ['b'], ['c']]), number: tf.ones([3, 2]) };
  await model.fit(x, tf.constant([[1], [2], [3]]), { verbose: 0, epochs: 2 });
  const y = await model.predict(x);
  expect(y.shape).toEqual([3, 1]);
  close(y, model(x));
  expect(warnings).not.toHaveBeenCalled();
});

test('weights of a nested model of text are trained, op by op', async () => {
  const inner = textModel();
  const input = tf.keras.Input([], { dtype: 'string' });
  const model = new tf.keras.Model(input, inner(input));
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  const before = inner.trainableWeights.map((w) => w.array());
  await model.fit(texts, tf.constant(labels.map((l) => [l])), { verbose: 0 });
  inner.trainableWeights.forEach((w, i) => expect(w.array()).not.toEqual(before[i]));
});

test('vocabularies that were learned are files of their own', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-text-'));
  const file = path.join(folder, 'm.keras');
  const model = textModel();
  await model.save(file);
  const loaded = (await tf.keras.models.loadModel(file)) as tf.keras.Sequential;
  const vectorize = loaded.layers[0] as tf.keras.layers.TextVectorization;
  expect(vectorize.getVocabulary()).toEqual(['', '[UNK]', 'good', 'bad', 'film', 'so']);
  expect((await loaded.predict(texts)).array()).toEqual((await model.predict(texts)).array());
  fs.rmSync(folder, { recursive: true });
});

test('encoded categories are floats for the layers after them', async () => {
  const model = new tf.keras.Sequential([
    new layers.StringLookup({ vocabulary: ['a', 'b'], outputMode: 'multi_hot' }),
    new layers.Dense(1),
  ]);
  expect(
    model(
      tf.constant([
        ['a', 'b'],
        ['b', 'c'],
      ]),
    ).shape,
  ).toEqual([2, 1]);
  expect(
    (
      await model.predict([
        ['a', 'b'],
        ['b', 'c'],
      ])
    ).shape,
  ).toEqual([2, 1]);
  expect(warnings).not.toHaveBeenCalled();
});
