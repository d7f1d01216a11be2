/** Datasets whose batches have numbers. */
import { setTimeout } from 'node:timers/promises';
import * as tf from 'gradtape';

const { keras } = tf;

class Batches extends keras.utils.PyDataset {
  readonly log: (number | string)[] = [];
  constructor(
    readonly length: number | null = 4,
    options: { workers?: number } = {},
    private readonly delay = 0,
  ) {
    super(options);
  }
  async getItem(index: number): Promise<unknown> {
    this.log.push(index);
    if (this.delay > 0) await setTimeout(this.delay);
    return [tf.fill([2, 1], index), tf.ones([2, 1])];
  }
  override onEpochBegin(): void {
    this.log.push('begin');
  }
  override onEpochEnd(): void {
    this.log.push('end');
  }
}

function makeModel(): InstanceType<typeof keras.Sequential> {
  const model = new keras.Sequential([
    keras.Input([1]),
    new keras.layers.Dense(1, { kernelInitializer: 'ones' }),
  ]);
  model.compile({ optimizer: new keras.optimizers.SGD({ learningRate: 0 }), loss: 'mse' });
  return model;
}

const epochs = (log: readonly (number | string)[]): string[] =>
  log
    .join(' ')
    .split('end')
    .filter((part) => part !== '');

test('fit shuffles the batches of each epoch; evaluate and predict keep their order', async () => {
  keras.utils.setRandomSeed(3);
  const model = makeModel();
  const batches = new Batches(6);
  const held = new Batches(2);
  const { history } = await model.fit(batches, null, { epochs: 2, verbose: 0, validationData: held });
  const [first, second] = epochs(batches.log);
  for (const epoch of [first, second])
    expect(epoch.trim().split(' ').sort()).toEqual(['0', '1', '2', '3', '4', '5', 'begin']);
  expect(first).not.toBe(second);
  expect(held.log).toEqual(['begin', 0, 1, 'end', 'begin', 0, 1, 'end']);
  expect(history.val_loss).toEqual([0.5, 0.5]);
  const ordered = new Batches(3);
  await model.fit(ordered, null, { verbose: 0, shuffle: false });
  await model.evaluate(ordered, null, { verbose: 0 });
  expect(ordered.log).toEqual(['begin', 0, 1, 2, 'end', 'begin', 0, 1, 2, 'end']);
  const predicted = await model.predict(new Batches(3));
  expect(predicted.array()).toEqual([[0], [0], [1], [1], [2], [2]]);
});

test('stepsPerEpoch goes on with the batches that follow; an endless dataset needs it', async () => {
  const model = makeModel();
  const batches = new Batches(4);
  await model.fit(batches, null, { epochs: 3, stepsPerEpoch: 2, shuffle: false, verbose: 0 });
  expect(batches.log).toEqual(['begin', 0, 1, 2, 3, 'end', 'begin', 0, 1]);
  const endless = new Batches(null);
  await model.fit(endless, null, { epochs: 2, stepsPerEpoch: 3, verbose: 0 });
  expect(endless.log).toEqual(['begin', 0, 1, 2, 3, 4, 5]);
});

test('workers ask for several batches at a time, whose order stays', async () => {
  const asked: number[] = [];
  let [open, most] = [0, 0];
  const sequence = {
    length: 5,
    workers: 3,
    async getItem(index: number): Promise<unknown> {
      asked.push(index);
      most = Math.max(most, ++open);
      await setTimeout((5 - index) * 2);
      open--;
      return tf.fill([1, 1], index);
    },
  };
  const predicted = await makeModel().predict(sequence);
  expect(predicted.array()).toEqual([[0], [1], [2], [3], [4]]);
  expect(most).toBe(3);
});

test('it is an async iterable itself, and weights of classes apply', async () => {
  const found: unknown[] = [];
  for await (const batch of new Batches(2)) found.push((batch as tf.Tensor[])[0].array());
  expect(found).toEqual([
    [[0], [0]],
    [[1], [1]],
  ]);
  const sequence = { length: 1, getItem: () => [tf.constant([[0], [0]]), tf.constant([[1], [0]])] };
  const { history } = await makeModel().fit(sequence, null, { classWeight: { 0: 1, 1: 3 }, verbose: 0 });
  expect(history.loss).toEqual([1.5]);
});

test('errors', async () => {
  const model = makeModel();
  await expect(model.fit(new Batches(0), null, { verbose: 0 })).rejects.toThrow(
    /\[fit\] `length` of a dataset must be its number of batches, a positive integer/,
  );
  await expect(model.fit(new Batches(2), tf.ones([2]), { verbose: 0 })).rejects.toThrow(
    /`y` should not be given/,
  );
  const wrong = { length: 1, getItem: () => [1, 2, 3, 4].map((n) => tf.fill([1, 1], n)) };
  await expect(model.fit(wrong, null, { verbose: 0 })).rejects.toThrow(/`getItem` must return a batch/);
  const failing = { length: 2, workers: 2, getItem: () => Promise.reject(new Error('no disk')) };
  await expect(model.fit(failing, null, { verbose: 0 })).rejects.toThrow('no disk');
  expect(() => new Batches(1, { workers: 0 })).toThrow(/`workers` must be a positive integer/);
});
