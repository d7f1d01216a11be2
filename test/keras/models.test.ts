/** Models recorded from Keras (test/golden/generate_keras.py): loaded, compared, trained, saved and loaded again. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';

interface Recorded {
  shape: number[];
  dtype: tf.DType;
  values: number[];
}
type Structure<T> = T[] | Record<string, T>;
interface Case {
  name: string;
  /** It has layers that draw random numbers, whose states are not in files. */
  draws: boolean;
  x: Structure<Recorded>;
  y: Structure<Recorded>;
  predicted: Structure<Recorded>;
  predictedAfter: Structure<Recorded>;
  evaluated: Record<string, Value>;
  after: Record<string, Value[]>;
}
/** A metric's result: a number, or one for each class. */
type Value = number | number[];
type Outputs = tf.Tensor | Structure<tf.Tensor>;

const folder = path.join(__dirname, '../golden/fixtures/keras');
const { models } = JSON.parse(fs.readFileSync(path.join(folder, 'models.json'), 'utf8')) as {
  models: Case[];
};
const tensor = ({ shape, dtype, values }: Recorded): tf.Tensor =>
  tf.reshape(tf.cast(tf.constant(new Float64Array(values)), dtype), shape);
/** What a person gives to fit: the one tensor, a list of tensors, or an object of them. */
function dataOf(recorded: Structure<Recorded>): Outputs {
  if (!Array.isArray(recorded))
    return Object.fromEntries(Object.entries(recorded).map(([name, r]) => [name, tensor(r)]));
  return recorded.length === 1 ? tensor(recorded[0]) : recorded.map(tensor);
}

/** Elements of an epsilon's size apart: `tolerance` relative to 1 or the larger element. */
function expectClose(outputs: Outputs, expected: Structure<Recorded>, tolerance: number): void {
  const found = outputs instanceof tf.Tensor ? [outputs] : outputs;
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  for (const [key, t] of Object.entries(found)) {
    const { shape, values } = (expected as Record<string, Recorded>)[key];
    expect([...t.shape]).toEqual(shape);
    const far = values.flatMap((value, i) => {
      const got = (t.data() as Float32Array)[i];
      return Math.abs(got - value) <= tolerance * Math.max(1, Math.abs(value)) ? [] : [{ i, got, value }];
    });
    expect(far).toEqual([]);
  }
}

function expectNear(found: Value, expected: Value, tolerance: number): void {
  const [f, e] = [[found].flat(), [expected].flat()];
  const far = e.filter((value, i) => Math.abs(f[i] - value) > tolerance * Math.max(1, Math.abs(value)));
  expect(far.length === 0 ? f.length : f).toEqual(e.length);
}

/** Float32 within a rounding or two of Keras's; of mixed precision, within those of the 16-bit dtype. */
const toleranceOf = (name: string): number => (name.startsWith('mixed') ? 4e-3 : 1e-6);

async function loadCase(file: string): Promise<tf.keras.Model> {
  return await tf.keras.models.loadModel(file);
}

/** The folder for `generate_keras.py --check`, which loads what is written there. */
const written = process.env.GRADTAPE_WRITE_KERAS;

/** The model as it was saved, in Keras's other two formats, and the epoch of training that followed. */
async function writeForPython(name: string, history: Record<string, unknown>): Promise<void> {
  const file = path.join(scratch, name);
  const saved = await loadCase(`${file}.keras`);
  await saved.saveWeights(`${file}.weights.h5`);
  await saved.save(`${file}.h5`);
  fs.writeFileSync(`${file}.json`, JSON.stringify({ history }));
}

let scratch: string;
beforeAll(() => {
  scratch = written ?? fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-keras-'));
});
afterAll(() => {
  if (written === undefined) fs.rmSync(scratch, { recursive: true });
});

describe.each(models)('$name', (recorded) => {
  const x = dataOf(recorded.x);
  const y = dataOf(recorded.y);
  const tolerance = toleranceOf(recorded.name);
  const options = { batchSize: 4, shuffle: false, verbose: 0 } as const;

  test('predicts and evaluates as in Python', async () => {
    const model = await loadCase(path.join(folder, `${recorded.name}.keras`));
    expectClose(await model.predict<Outputs>(x, { verbose: 0 }), recorded.predicted, tolerance);
    const found = await model.evaluate(x, y, { batchSize: 4, verbose: 0 });
    expect(Object.keys(found).sort()).toEqual(Object.keys(recorded.evaluated).sort());
    for (const [name, value] of Object.entries(recorded.evaluated))
      expectNear(found[name], value, 10 * tolerance);
  });

  test('goes on training as in Python, with the state of its optimizer, and its file holds that', async () => {
    const model = await loadCase(path.join(folder, `${recorded.name}.keras`));
    const { history } = await model.fit(x, y, { ...options, epochs: 3 });
    expect(Object.keys(history).sort()).toEqual(Object.keys(recorded.after).sort());
    for (const [name, values] of Object.entries(recorded.after))
      values.forEach((value, i) => expectNear(history[name][i], value, 50 * tolerance));
    expectClose(await model.predict<Outputs>(x, { verbose: 0 }), recorded.predictedAfter, 10 * tolerance);

    const file = path.join(scratch, `${recorded.name}.keras`);
    await model.save(file);
    const again = await loadCase(file);
    const same = (a: tf.Variable[], b: tf.Variable[]): void =>
      expect(b.map((v) => v.array())).toEqual(a.map((v) => v.array()));
    same(model.weights, again.weights);
    same(model.optimizer?.variables ?? [], again.optimizer?.variables ?? []);
    const other = recorded.draws ? await loadCase(file) : model;
    const first = await other.fit(x, y, { ...options, epochs: 1 });
    const second = await again.fit(x, y, { ...options, epochs: 1 });
    if (written !== undefined) await writeForPython(recorded.name, second.history);
    expect(second.history).toEqual(first.history);
  });
});

test('the record of what Python loaded has all models', () => {
  interface Exchange {
    versions: { keras: string };
    models: { name: string; predictions: number; training: number; weightsH5: number; h5: number | string }[];
  }
  const file = path.join(folder, '../../keras/exchange.json');
  const exchange = JSON.parse(fs.readFileSync(file, 'utf8')) as Exchange;
  expect(exchange.versions.keras).toMatch(/^3\./);
  expect(exchange.models.map(({ name }) => name)).toEqual(models.map(({ name }) => name));
  const far = exchange.models.filter(({ name, predictions, training, weightsH5, h5 }) => {
    const limit = name.startsWith('mixed') ? 2e-2 : 1e-4;
    const numbers = [predictions, training, weightsH5, ...(typeof h5 === 'number' ? [h5] : [])];
    return !numbers.every((difference) => difference < limit);
  });
  expect(far).toEqual([]);
  // Keras cannot load the legacy files that it writes itself of these models.
  const refused = exchange.models.filter(({ h5 }) => typeof h5 === 'string');
  expect(refused.map(({ name }) => name).sort()).toEqual([
    'attention',
    'causal_language_model',
    'normalized',
    'operations',
    'operators',
  ]);
  for (const { h5 } of refused) expect(h5).toMatch(/^Keras refuses its own file, too: /);
});
