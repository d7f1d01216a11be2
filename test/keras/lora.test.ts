/** LoRA: `enableLora`, training and files, against what Keras recorded (test/golden/keras/lora.py). */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { openHdf5 } from '../../lib/io/hdf5';
import { withFile } from '../../lib/io/source';
import { recordedTensor, type Recorded } from './recorded';

const { layers } = tf.keras;
const fixtures = path.join(__dirname, '../golden/fixtures/keras');
const { recorded } = JSON.parse(fs.readFileSync(path.join(fixtures, 'lora.json'), 'utf8')) as {
  recorded: {
    before: Recorded[];
    start: { weights: { name: string; trainable: boolean; value: Recorded }[]; trainable: string[] };
    x: Recorded;
    y: Recorded;
    predicted: Recorded;
    losses: number[];
    after: Recorded;
    loadedZeros: string[];
    config: Record<string, { lora_rank?: number; lora_alpha?: number }>;
    shapes: Record<string, number[]>;
  };
};

interface LoraLayer extends tf.keras.layers.Layer {
  enableLora(rank: number, options?: tf.keras.layers.LoraOptions): void;
  readonly loraRank: number | null;
  readonly loraAlpha: number | null;
  readonly loraEnabled: boolean;
}
const names = ['embedding', 'conv', 'einsum', 'dense'];

/** The model of the recording. */
function recordedModel(): tf.keras.Sequential {
  const model = new tf.keras.Sequential(
    [
      new layers.InputLayer({ shape: [5], dtype: 'int32' }),
      new layers.Embedding(6, 4, { name: 'embedding' }),
      new layers.Conv1D(3, 2, { activation: 'tanh', name: 'conv' }),
      new layers.EinsumDense('abc,cd->abd', [4, 4], { biasAxes: 'd', name: 'einsum' }),
      new layers.Flatten({ name: 'flatten' }),
      new layers.Dense(2, { name: 'dense' }),
    ],
    { name: 'lora' },
  );
  model.setWeights(recorded.before.map(recordedTensor));
  names.forEach((name, i) =>
    (model.getLayer(name) as LoraLayer).enableLora(2, { loraAlpha: 3 + i, bInitializer: 'random_normal' }),
  );
  return model;
}
const withStart = (): tf.keras.Sequential => {
  const model = recordedModel();
  model.setWeights(recorded.start.weights.map(({ value }) => recordedTensor(value)));
  return model;
};
const numbers = (t: tf.Tensor): number[] => [...(t.data() as Iterable<number>)];
function expectClose(got: tf.Tensor, wanted: tf.Tensor, most = 2e-6): void {
  expect(got.shape).toEqual(wanted.shape);
  const expected = numbers(wanted);
  numbers(got).forEach((v, i) => expect(Math.abs(v - expected[i])).toBeLessThanOrEqual(most));
}
let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lora-'))));
afterAll(() => fs.rmSync(folder, { recursive: true }));

test('weights have the order, the names and the trainability of Keras', () => {
  const model = recordedModel();
  expect(
    model.weights.map(({ path: name, trainable, shape }) => ({ name, trainable, shape: [...shape] })),
  ).toEqual(
    recorded.start.weights.map(({ name, trainable, value }) => ({ name, trainable, shape: value.shape })),
  );
  expect(model.trainableWeights.map((w) => w.path)).toEqual(recorded.start.trainable);
});

test('a model predicts and trains as Keras does, and kernels stay', async () => {
  const model = withStart();
  const [x, y] = [recordedTensor(recorded.x), recordedTensor(recorded.y)];
  expectClose(await model.predict<tf.Tensor>(x, { verbose: 0 }), recordedTensor(recorded.predicted));
  const before = model.nonTrainableWeights.map((w) => numbers(w.read()));
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  const { history } = await model.fit(x, y, { batchSize: 4, epochs: 3, shuffle: false, verbose: 0 });
  history.loss.forEach((loss, i) => expect(loss).toBeCloseTo(recorded.losses[i], 5));
  expectClose(await model.predict<tf.Tensor>(x, { verbose: 0 }), recordedTensor(recorded.after));
  expect(model.nonTrainableWeights.map((w) => numbers(w.read()))).toEqual(before);

  // The file has the sums alone, as that of Keras.
  const file = path.join(folder, 'model.keras');
  await model.save(file);
  const loaded = (await tf.keras.models.loadModel(file)) as tf.keras.Sequential;
  expectClose(await loaded.predict<tf.Tensor>(x, { verbose: 0 }), recordedTensor(recorded.after));
  expect(
    loaded.weights
      .filter((w) => numbers(w.read()).every((v) => v === 0))
      .map((w) => w.path.split('/').slice(-2).join('/')),
  ).toEqual(recorded.loadedZeros);
  const weights = path.join(folder, 'all.weights.h5');
  await model.saveWeights(weights);
  withFile(weights, 'test', (source) => {
    const root = openHdf5(source);
    for (const [name, shape] of Object.entries(recorded.shapes)) {
      const parts = name.split('/');
      const group = root.group(parts.slice(0, -1).join('/'));
      expect(group?.dataset(parts[parts.length - 1])?.shape).toEqual(shape);
      expect(group?.keys().length).toBe(
        Object.keys(recorded.shapes).filter((other) => path.dirname(other) === path.dirname(name)).length,
      );
    }
  });
});

test("Keras's file loads: the sum as the kernel, A and B zero", async () => {
  const model = (await tf.keras.models.loadModel(path.join(fixtures, 'lora.keras'))) as tf.keras.Sequential;
  expectClose(
    await model.predict<tf.Tensor>(recordedTensor(recorded.x), { verbose: 0 }),
    recordedTensor(recorded.after),
  );
  names.forEach((name) => {
    const layer = model.getLayer(name) as LoraLayer;
    expect(layer.loraEnabled).toBe(true);
    const { lora_rank: rank, lora_alpha: alpha } = recorded.config[name];
    expect(layer.getConfig()).toMatchObject({ loraRank: rank, loraAlpha: alpha });
  });
});

test('files of weights and shards go between models with and without LoRA', async () => {
  const model = withStart();
  const plain = recordedModel();
  const x = recordedTensor(recorded.x);
  for (const file of ['a.weights.h5', 'a.weights.json']) {
    await model.saveWeights(path.join(folder, file), file.endsWith('json') ? { maxShardSize: 1 } : {});
    await plain.loadWeights(path.join(folder, file));
    expectClose(plain.call(x) as tf.Tensor, recordedTensor(recorded.predicted));
  }
  const dense = new tf.keras.Sequential([new layers.InputLayer({ shape: [3] }), new layers.Dense(2)]);
  await dense.saveWeights(path.join(folder, 'd.weights.h5'));
  const value = numbers(dense.weights[0].read());
  (dense.layers[0] as tf.keras.layers.Dense).enableLora(1, { bInitializer: 'ones' });
  await dense.loadWeights(path.join(folder, 'd.weights.h5'));
  expect(numbers(dense.weights[0].read())).toEqual(value);
  expect(numbers(dense.weights[3].read())).toEqual([0, 0]);
});

test('a legacy .h5 file and a checkpoint bring the predictions back', async () => {
  const model = withStart();
  const x = recordedTensor(recorded.x);
  const file = path.join(folder, 'model.h5');
  await model.save(file);
  const loaded = (await tf.keras.models.loadModel(file)) as tf.keras.Sequential;
  expectClose(await loaded.predict<tf.Tensor>(x, { verbose: 0 }), recordedTensor(recorded.predicted));

  const prefix = await new tf.train.Checkpoint({ model }).save(path.join(folder, 'checkpoint'));
  const other = recordedModel();
  await new tf.train.Checkpoint({ model: other }).restore(prefix);
  expectClose(await other.predict<tf.Tensor>(x, { verbose: 0 }), recordedTensor(recorded.predicted));
  // The factors themselves, not their product alone.
  expect(other.weights.map((w) => numbers(w.read()))).toEqual(model.weights.map((w) => numbers(w.read())));
});

test('B is zero at first: the layer computes what it did', () => {
  const layer = new layers.Conv2D(3, 2);
  const x = tf.random.normal([1, 4, 4, 2]);
  const before = numbers(layer(x));
  layer.enableLora(4);
  expect(layer.loraAlpha).toBe(4);
  expect(numbers(layer(x))).toEqual(before);
  expect(layer.loraKernelA?.shape).toEqual([2, 2, 2, 4]);
  expect(layer.loraKernelB?.shape).toEqual([4, 3]);
});

test('the kernel stays frozen when the layer is frozen and thawed', () => {
  const layer = new layers.Dense(2);
  layer.build([null, 3]);
  layer.enableLora(1);
  layer.trainable = false;
  expect(layer.trainableWeights).toEqual([]);
  layer.trainable = true;
  expect(layer.trainableWeights.map((w) => w.name)).toEqual(['bias:0', 'lora_kernel_a:0', 'lora_kernel_b:0']);
  expect(layer.kernel?.trainable).toBe(false);
});

test.each(['mixed_float16', 'bfloat16', 'float64'] as const)(
  'A and B are float32 under the policy %s',
  (dtype) => {
    const all: [LoraLayer, tf.Tensor][] = [
      [new layers.Dense(2, { dtype }), tf.ones([2, 3])],
      [new layers.EinsumDense('ab,bcd->acd', [2, 2], { dtype }), tf.ones([2, 3])],
      [new layers.Embedding(4, 2, { dtype }), tf.constant([1, 2], { dtype: 'int32' })],
      [new layers.Conv1D(2, 2, { dtype }), tf.ones([1, 4, 3])],
    ];
    for (const [layer, x] of all) {
      const expected = layer(x).dtype;
      layer.enableLora(2, { bInitializer: 'ones' });
      expect(layer.weights.slice(-2).map((w) => w.dtype)).toEqual(['float32', 'float32']);
      const [y, gradients] = tape(layer, x);
      expect(y.dtype).toBe(expected);
      gradients.forEach((g) =>
        expect(g?.dtype).toBe(g === gradients[0] && gradients.length > 2 ? layer.variableDtype : 'float32'),
      );
    }
  },
);

function tape(layer: LoraLayer, x: tf.Tensor): [tf.Tensor, (tf.Tensor | null)[]] {
  const t = new tf.GradientTape();
  const y = t.run(() => tf.cast(layer(x), 'float32'));
  const found = t.gradient(y, layer.trainableWeights) as (tf.Tensor | null)[];
  return [layer(x), found.map((g) => (g === null ? null : tf.convertToTensor(g)))];
}

test('what cannot have LoRA is refused', () => {
  const layer = new layers.Dense(2);
  expect(() => layer.enableLora(2)).toThrow("isn't yet built");
  layer.build([null, 3]);
  expect(() => layer.enableLora(0)).toThrow('the rank of LoRA must be a positive integer; got 0');
  expect(() => layer.enableLora(1.5)).toThrow(tf.errors.InvalidArgumentError);
  expect(() => layer.enableLora(1, { loraAlpha: NaN })).toThrow('loraAlpha must be a finite number');
  expect(() => layer.enableLora(1, { loraAlfa: 2 } as never)).toThrow('loraAlfa');
  expect(layer.weights).toHaveLength(2);
  layer.enableLora(2);
  expect(() => layer.enableLora(2)).toThrow('lora is already enabled');
  const limited = new layers.Embedding(3, 2, { embeddingsConstraint: 'unit_norm' });
  limited.build();
  expect(() => limited.enableLora(2)).toThrow('`embeddingsConstraint`');
  expect(() => new layers.Conv2D(2, 2, { loraRank: -1 })).toThrow('[Conv2D] the rank of LoRA');
});
