/** keras.utils as Keras has it (test/golden/keras/utils.py). */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';

interface Recorded {
  shape: number[];
  values: number[];
}
interface Case {
  name: string;
  args: unknown[];
  options: Record<string, unknown>;
  result: unknown;
}
const { cases } = JSON.parse(
  fs.readFileSync(path.join(__dirname, '../golden/fixtures/keras/utils.json'), 'utf8'),
) as { cases: Case[] };
const { utils } = tf.keras;

const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

function expectSame(found: unknown, expected: unknown): void {
  if (Array.isArray(expected)) {
    expect(found).toHaveLength(expected.length);
    expected.forEach((part, i) => expectSame((found as unknown[])[i], part));
    return;
  }
  const { shape, values } = expected as Recorded;
  const t = found as tf.Tensor;
  expect([...t.shape]).toEqual(shape);
  [...tf.cast(t, 'float64').data()].forEach((value, i) => expect(value).toBeCloseTo(values[i], 5));
}

test.each(cases)('$name $options', ({ name, args, options, result }) => {
  const f = utils[camel(name) as 'splitDataset'] as unknown as (...args: unknown[]) => unknown;
  const found = f(...args, options);
  if (name !== 'timeseries_dataset_from_array') {
    expectSame(found, result);
    return;
  }
  const dataset = found as ReturnType<typeof utils.timeseriesDatasetFromArray>;
  expect(dataset).toHaveLength((result as unknown[]).length);
  // Each time that it is iterated.
  for (let i = 0; i < 2; i++) expectSame([...dataset], result);
});

test('packXYSampleWeight and unpackXYSampleWeight', () => {
  const [x, y, w] = ['x', 'y', 'w'];
  expect(utils.packXYSampleWeight(x)).toBe(x);
  expect(utils.packXYSampleWeight([x, y])).toEqual([[x, y]]);
  expect(utils.packXYSampleWeight(x, y)).toEqual([x, y]);
  expect(utils.packXYSampleWeight(x, y, w)).toEqual([x, y, w]);
  expect(utils.unpackXYSampleWeight(x)).toEqual([x, null, null]);
  expect(utils.unpackXYSampleWeight([x, y])).toEqual([x, y, null]);
  expect(() => utils.unpackXYSampleWeight([])).toThrow(tf.errors.InvalidArgumentError);
});

test('orders are random, and those of a seed', () => {
  const numbers = (t: unknown): number[] => [...(t as tf.Tensor).data()] as number[];
  const data = tf.range(30);
  const split = (seed: number): number[] =>
    utils.splitDataset(data, { leftSize: 10, shuffle: true, seed }).flatMap(numbers);
  expect(split(1)).toEqual(split(1));
  expect(split(1)).not.toEqual(split(2));
  expect([...split(3)].sort((a, b) => a - b)).toEqual(numbers(data));
  const windows = (): number[] =>
    [...utils.timeseriesDatasetFromArray(data, null, 2, { shuffle: true, batchSize: 4 })].flatMap(numbers);
  utils.setRandomSeed(5);
  const first = windows();
  expect(windows()).not.toEqual(first);
  utils.setRandomSeed(5);
  expect(windows()).toEqual(first);
});

test('fit shuffles in the order of setRandomSeed', async () => {
  const run = async (): Promise<number[]> => {
    utils.setRandomSeed(7);
    const model = new tf.keras.Sequential([tf.keras.Input([1]), new tf.keras.layers.Dense(1)]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const x = tf.reshape(tf.cast(tf.range(9), 'float32'), [9, 1]);
    const { history } = await model.fit(x, x, { batchSize: 2, epochs: 2, verbose: 0 });
    return history.loss;
  };
  expect(await run()).toEqual(await run());
});

test('fit trains on windows of a series', async () => {
  const model = new tf.keras.Sequential([tf.keras.Input([3]), new tf.keras.layers.Dense(1)]);
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  const data = tf.linspace(0, 1, 12);
  const dataset = utils.timeseriesDatasetFromArray(data, data, 3, { batchSize: 4 });
  const { history } = await model.fit(dataset, null, { epochs: 3, verbose: 0 });
  expect(history.loss[2]).toBeLessThan(history.loss[0]);
});

test('bad arguments are typed errors', () => {
  const { InvalidArgumentError } = tf.errors;
  const series = tf.zeros([10]);
  expect(() => utils.toCategorical([0, 5], 3)).toThrow('labels must be from 0 to 2');
  expect(() => utils.toCategorical([-1])).toThrow(InvalidArgumentError);
  expect(() => utils.toCategorical([NaN], 2)).toThrow(InvalidArgumentError);
  expect(() => utils.toCategorical([0], 1e12)).toThrow(InvalidArgumentError);
  expect(() => utils.normalize([[1]], { axis: 5 })).toThrow(InvalidArgumentError);
  expect(() => utils.padSequences([[1]], { padding: 'middle' as never })).toThrow('not understood');
  expect(() => utils.padSequences([3])).toThrow('Found non-iterable');
  expect(() => utils.padSequences([[[1, 2]], [[3]]])).toThrow('different from expected shape (2)');
  expect(() => utils.padSequences([[1]], 1e12)).toThrow(InvalidArgumentError);
  expect(() => utils.timeseriesDatasetFromArray(series, null, 0)).toThrow('sequenceLength');
  expect(() => utils.timeseriesDatasetFromArray(series, null, 2, { samplingRate: 10 })).toThrow(
    'samplingRate',
  );
  expect(() => utils.timeseriesDatasetFromArray(series, null, 2, { startIndex: 5, endIndex: 5 })).toThrow(
    'endIndex',
  );
  expect(() => utils.splitDataset(series)).toThrow('At least one');
  expect(() => utils.splitDataset(series, 10)).toThrow('leftSize');
  expect(() => utils.splitDataset(series, { leftSize: 6, rightSize: 5 })).toThrow('The sum');
  expect(() => utils.splitDataset(series, 0.01)).toThrow('would be empty');
});
