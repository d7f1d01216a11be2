/** Summaries of models as Keras prints them (test/golden/keras/summaries.py). */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';

interface Case {
  name: string;
  compiled: boolean;
  options: Parameters<tf.keras.Model['summary']>[0];
  text: string;
}
const { models, cases } = JSON.parse(
  fs.readFileSync(path.join(__dirname, '../golden/fixtures/keras/summaries.json'), 'utf8'),
) as { models: Record<string, string>; cases: Case[] };

const columns = process.env.COLUMNS;
beforeAll(() => {
  process.env.COLUMNS = '300';
});
afterAll(() => {
  if (columns === undefined) delete process.env.COLUMNS;
  else process.env.COLUMNS = columns;
});

test.each(cases)('$name $options $compiled', ({ name, compiled, options, text }) => {
  const model = tf.keras.models.modelFromJson(models[name]);
  if (compiled) {
    model.compile({ optimizer: 'adam', loss: 'mse' });
    model.optimizer?.build(model.trainableWeights);
  }
  const shown: string[] = [];
  const print = (): void => model.summary({ ...options, printFn: (line) => shown.push(line) });
  if (text.startsWith('error: ')) {
    const [message] = text.slice('error: '.length).split(' Received');
    expect(print).toThrow(message);
  } else {
    print();
    expect(shown).toEqual([text]);
  }
});

/** The places from which arguments and outputs of functional models come, in order. */
function places(json: unknown): unknown[] {
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([key, value]) =>
    key === 'keras_history' || key === 'output_layers' ? [value as unknown] : places(value),
  );
}

test.each(Object.keys(models))('the config of %s, read and written, has the places of Keras', (name) => {
  const model = tf.keras.models.modelFromJson(models[name]);
  const json = model.toJson();
  expect(places(JSON.parse(json))).toEqual(places(JSON.parse(models[name])));
  expect(() => tf.keras.models.modelFromJson(json)).not.toThrow();
});

test('layers without symbolic calls show the shape for which they were built', () => {
  class Twice extends tf.keras.Model {
    readonly dense = new tf.keras.layers.Dense(3, { name: 'dense' });
    override call(x: tf.Tensor): unknown {
      return this.dense.invoke(x);
    }
  }
  const model = new Twice({ name: 'twice' });
  model.invoke(tf.zeros([5, 2]));
  const shown: string[] = [];
  model.summary({ printFn: (text) => shown.push(text) });
  expect(shown[0]).toContain(
    '│ dense (Dense)                        │ (5, 3)                      │               9 │',
  );
});

test('summary checks its options', () => {
  const model = tf.keras.models.modelFromJson(models.dense);
  const summary = model.summary.bind(model) as (options: unknown) => void;
  expect(() => summary({ lineLenth: 3 })).toThrow("[summary] has no option 'lineLenth'");
  expect(() => summary({ lineLength: 10 })).toThrow('Insufficient console width');
  expect(() => summary({ lineLength: 1e9 })).toThrow(tf.errors.InvalidArgumentError);
  expect(() => summary({ positions: 'a' })).toThrow(TypeError);
  expect(() => summary({ positions: [1] })).toThrow('one number for each column');
  expect(() => summary({ printFn: 3 })).toThrow(TypeError);
  expect(() => summary({ layerRange: ['a'] })).toThrow('two strings');
});

// Printed by Keras 3.15.1: models of subclasses show how many examples they are called with.
test.each([
  ['fit', 6, 4, 'None'],
  ['fit', 8, 4, '4'],
  ['evaluate', 6, 4, 'None'],
  ['predict', 6, 4, '4'],
  ['trainOnBatch', 6, 6, '6'],
  ['testOnBatch', 6, 6, '6'],
  ['predictOnBatch', 6, 6, '6'],
] as const)('%s of %i examples by %i shows the batch size %s', async (method, n, batchSize, shown) => {
  const { layers } = tf.keras;
  class Net extends tf.keras.Model {
    readonly d = new layers.Dense(3, { name: 'd' });
    readonly e = new layers.Dense(2, { name: 'e' });
    override call(x: tf.Tensor): unknown {
      return this.e(this.d(x));
    }
  }
  const model = new Net();
  model.compile({ loss: 'mse' });
  const [x, y] = [tf.ones([n, 5]), tf.ones([n, 2])];
  if (method === 'predict') await model.predict(x, { batchSize });
  else if (method === 'predictOnBatch') model.predictOnBatch(x);
  else if (method === 'trainOnBatch' || method === 'testOnBatch') await model[method](x, y);
  else await model[method](x, y, { batchSize, verbose: 0 });
  const lines: string[] = [];
  model.summary({ lineLength: 80, printFn: (text) => lines.push(...text.split('\n')) });
  expect(lines.filter((line) => line.startsWith('│')).map((line) => line.replace(/ +/g, ' '))).toEqual([
    `│ d (Dense) │ (${shown}, 3) │ 18 │`,
    `│ e (Dense) │ (${shown}, 2) │ 8 │`,
  ]);
});
