/** keras.ops against Keras (test/golden/keras/ops.py): with tensors, in functional models, and read from configs. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { fromPythonName, resetNames } from '../../lib/keras/base/naming';
import { deserialize, serialize, type Json } from '../../lib/keras/saving/serialize';
import { flat, recordedTensor, type Recorded } from './recorded';

type Loose = (...args: unknown[]) => unknown;
interface Case {
  readonly name: string;
  readonly args: readonly (Recorded | readonly Recorded[])[];
  readonly options: Readonly<Record<string, unknown>>;
  /** Operands among the options. */
  readonly operands?: Readonly<Record<string, Recorded>>;
  readonly outputs: readonly Recorded[];
  readonly config: { readonly config: { readonly layers: unknown[] } } & Record<string, Json>;
}

const { cases } = JSON.parse(
  fs.readFileSync(path.join(__dirname, '../golden/fixtures/keras/ops.json'), 'utf8'),
) as { cases: Case[] };
const ops = tf.keras.ops as unknown as Record<string, Loose>;

/** The item of an index, of [':'], [1, 3]… as the recording script has them. */
const item = (part: unknown): unknown =>
  Array.isArray(part)
    ? (part as unknown[]).length === 1
      ? ':'
      : part.map((end) => (end === ':' ? '' : String(end))).join(':')
    : part;

/** The same, of functions whose others have options of these names. */
const positionalOf: Readonly<Record<string, readonly string[]>> = {
  moments: ['axes'],
  threshold: ['threshold', 'defaultValue'],
  batch_normalization: ['axis'],
};

/** Positional arguments of JavaScript that have names in Python. */
const positional = [
  'newshape',
  'axis1',
  'axis2',
  'shape',
  'dtype',
  'xMin',
  'xMax',
  'indicesOrSections',
  'repeats',
  'padWidth',
  'numClasses',
  'poolSize',
];

function call(
  { name, options }: Case,
  args: readonly unknown[],
  operands: Readonly<Record<string, unknown>>,
): unknown {
  const f = ops[fromPythonName(name)];
  if (name === 'einsum') return f(options.subscripts, ...args);
  if (name === 'get_item')
    return f(args[0], Array.isArray(options.key) ? options.key.map(item) : options.key);
  const entries = Object.entries(options).map(([key, value]) => [fromPythonName(key), value] as const);
  const isPositional = ([key]: readonly [string, unknown]): boolean =>
    (positional.includes(key) && !/like$|^one_hot$/.test(name)) ||
    key === 'numClasses' ||
    (positionalOf[name] ?? []).includes(key) ||
    (name === 'expand_dims' && key === 'axis');
  const rest = { ...Object.fromEntries(entries.filter((entry) => !isPositional(entry))), ...operands };
  return f(
    ...args,
    ...entries.filter(isPositional).map(([, value]) => value),
    ...(Object.keys(rest).length > 0 ? [rest] : []),
  );
}

function expectEqual(got: unknown, expected: Recorded): void {
  const t = got as tf.Tensor;
  expect({ shape: [...t.shape], dtype: t.dtype }).toEqual({ shape: expected.shape, dtype: expected.dtype });
  const scale = Math.max(1e-6, ...expected.values.map((v) => Math.abs(Number(v))).filter(Number.isFinite));
  [...(t.data() as Iterable<number>)].forEach((value, k) => {
    const wanted = Number(expected.values[k]);
    if (!Object.is(Number(value), wanted))
      expect(Math.abs(Number(value) - wanted)).toBeLessThanOrEqual(2e-6 * scale);
  });
}

const map = <T>(args: Case['args'], f: (recorded: Recorded) => T): (T | T[])[] =>
  args.map((arg) => (Array.isArray(arg) ? (arg as Recorded[]).map(f) : f(arg as Recorded)));

const mapValues = <T, U>(values: Readonly<Record<string, T>>, f: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, f(value)]));

test.each(cases.map((recorded, i) => [`${i}: ${recorded.name}`, recorded] as const))('%s', (_, recorded) => {
  const args = map(recorded.args, recordedTensor);
  const others = mapValues(recorded.operands ?? {}, recordedTensor);
  const eager = flat(call(recorded, args, others));
  expect(eager).toHaveLength(recorded.outputs.length);
  recorded.outputs.forEach((expected, i) => expectEqual(eager[i], expected));

  resetNames();
  const symbol = ({ shape, dtype }: Recorded): tf.keras.KerasTensor =>
    tf.keras.Input(shape.slice(1), { batchSize: shape[0], dtype });
  const symbols = map(recorded.args, symbol);
  const symbolicOthers = mapValues(recorded.operands ?? {}, symbol);
  const outputs = flat(call(recorded, symbols, symbolicOthers)) as tf.keras.KerasTensor[];
  const inputs = [...(flat(symbols) as tf.keras.KerasTensor[]), ...Object.values(symbolicOthers)];
  const model = new tf.keras.Model(inputs, outputs);
  expect(serialize(model)).toEqual(recorded.config);
  const loaded = deserialize(recorded.config, { file: 'fixture', customObjects: {} }) as tf.keras.Model;
  for (const m of [model, loaded]) {
    const results = flat(m<unknown>([...(flat(args) as tf.Tensor[]), ...Object.values(others)]));
    recorded.outputs.forEach((expected, i) => expectEqual(results[i], expected));
  }
  expect(serialize(loaded)).toEqual(recorded.config);
});

test('dimensions that vary', () => {
  const x = tf.keras.Input([null, 4]);
  const shapes = [
    ops.reshape(x, [-1, 8]),
    ops.reshape(x, [-1, 2, 2]),
    ops.getItem(x, [':', '1:3']),
    ops.getItem(x, ['...', 0]),
    ops.getItem(x, [null, 0, '::2', '::-2']),
    ops.concatenate([x, x], { axis: 1 }),
    ops.mean(x, { axis: 1 }),
    ops.matmul(x, ops.swapaxes(x, 1, 2)),
  ].map((t) => (t as tf.keras.KerasTensor).shape);
  expect(shapes).toEqual([
    [null, 8],
    [null, 2, 2],
    [null, null, 4],
    [null, null],
    [1, null, 2],
    [null, null, 4],
    [null, 4],
    [null, null, null],
  ]);
});

test('errors name the function and the argument', () => {
  const x = tf.keras.Input([4]);
  expect(() => ops.reshape(x, 'a')).toThrow('[reshape] newshape must be a list of integers');
  expect(() => ops.reshape(tf.ones([2]), [-2])).toThrow('[reshape]');
  expect(() => ops.add(x)).toThrow('[add] needs the arguments x1, x2');
  expect(() => ops.mean(x, { axes: 1 })).toThrow("[mean] has no option 'axes'; it takes axis, keepdims");
  expect(() => ops.add(x, x, 1)).toThrow('[add] got too many arguments; it takes x1, x2');
  expect(() => ops.getItem(x, [0, 0, 0])).toThrow('Too many indices for a tensor of shape (None, 4)');
  expect(() => ops.getItem(x, [0, 4])).toThrow('index 4 is out of bounds for axis 1');
  expect(() => ops.cast(x, 'float')).toThrow('[cast] dtype');
});

test('models with operations train, and go through files', async () => {
  const x = tf.keras.Input([3]);
  const h = new tf.keras.layers.Dense(4, { activation: 'tanh' })(x);
  const scaled = tf.keras.ops.multiply(tf.keras.ops.add(h, 1), 0.5);
  const model = new tf.keras.Model(x, tf.keras.ops.sum(scaled, { axis: -1, keepdims: true }));
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  const data = tf.random.uniform([16, 3], { seed: 1 });
  const { history } = await model.fit(data, tf.reduceSum(data, { axis: 1, keepdims: true }), {
    epochs: 5,
    verbose: 0,
  });
  expect(history.loss[4]).toBeLessThan(history.loss[0]);
});
