/** The model that is served: 784 pixels, 128 units, 10 digits. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { loadDigits } from '../shared/digits';

export const pixels = 784;
export const digits = 10;
export const maxBatchSize = 64;
/** The sizes that batches are padded to. */
export const batchSizes: readonly number[] = [1, 2, 4, 8, 16, 32, 64];

const { layers, models } = tf.keras;

export function buildModel(): tf.keras.Sequential {
  return new tf.keras.Sequential([
    tf.keras.Input([pixels]),
    new layers.Dense(128, { activation: 'relu' }),
    new layers.Dense(digits, { activation: 'softmax' }),
  ]);
}

/** Trains the model and saves it as a .keras file; returns the accuracy on test data. */
export async function trainModel(file: string, epochs: number, seed = 1): Promise<number> {
  tf.keras.utils.setRandomSeed(seed);
  const [training, test] = loadDigits(8960, 1000);
  const flat = (images: tf.Tensor): tf.Tensor => tf.reshape(images, [-1, pixels]);
  const model = buildModel();
  model.compile({
    optimizer: new tf.keras.optimizers.Adam(1e-3),
    loss: 'sparse_categorical_crossentropy',
    metrics: ['accuracy'],
  });
  await model.fit(flat(training.images), training.labels, { epochs, batchSize: 64, verbose: 0 });
  const { accuracy } = await model.evaluate(flat(test.images), test.labels, { verbose: 0 });
  await fs.mkdir(path.dirname(file), { recursive: true });
  await model.save(file);
  return Number(accuracy);
}

/** Loads the file and checks that it has the inputs and outputs that the server promises. */
export async function loadServed(file: string): Promise<tf.keras.Model> {
  const model = await models.loadModel(file, { compile: false });
  const shape = model(tf.zeros([1, pixels])).shape;
  if (shape.join() !== `1,${digits}`)
    throw new Error(`${file}: the model gives [${shape.join(',')}], not [1,${digits}]`);
  return model;
}

/** The model as a compiled function, traced for all sizes of batches: no request waits for a trace. */
export function compile(
  model: tf.keras.Model,
  batchSizes: readonly number[],
): tf.CompiledFunction<[tf.Tensor], tf.Tensor> {
  const predict = tf.function((x: tf.Tensor) => model(x));
  for (const n of batchSizes) predict.getConcreteFunction(new tf.TensorSpec([n, pixels]));
  return predict;
}
