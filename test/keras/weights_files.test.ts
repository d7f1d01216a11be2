/** Legacy `.h5` files, weights in several files, and what `loadWeights` skips. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';

const { layers } = tf.keras;
const recorded = path.join(__dirname, '../golden/fixtures/keras/legacy');
const predictions = JSON.parse(fs.readFileSync(path.join(recorded, 'predictions.json'), 'utf8')) as Record<
  string,
  number[][][]
>;
let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-weights-'))));
afterAll(() => fs.rmSync(folder, { recursive: true }));

function expectPredictions(model: tf.keras.Model, name: string): void {
  const x = tf.divide(tf.reshape(tf.range(8), [2, 4]), 8);
  const y = model<tf.Tensor | tf.Tensor[]>(name === 'functional' ? [x, x] : tf.cast(x, 'float32'));
  (Array.isArray(y) ? y : [y]).forEach((t, i) => {
    const expected = predictions[name][i].flat();
    [...t.data()].forEach((v, k) => expect(Number(v)).toBeCloseTo(expected[k], 5));
  });
}

test.each(['sequential', 'functional'])("Keras's %s.h5 is loaded, written and loaded", async (name) => {
  const model = await tf.keras.models.loadModel(path.join(recorded, `${name}.h5`));
  expectPredictions(model, name);
  if (name === 'sequential') expect(model.optimizer?.variables.length).toBe(10);
  const file = path.join(folder, `${name}.h5`);
  await model.save(file);
  const again = await tf.keras.models.loadModel(file);
  expectPredictions(again, name);
  await again.loadWeights(path.join(recorded, `${name}.h5`), { byName: true });
  expectPredictions(again, name);
  await expect(model.save(file, { overwrite: false })).rejects.toThrow(/overwrite is false/);
});

const make = (units = 3, dtype: tf.DType = 'float32'): tf.keras.Sequential =>
  new tf.keras.Sequential([
    tf.keras.Input([2]),
    new layers.Dense(4, { dtype }),
    new layers.Dense(units, { dtype }),
  ]);
const values = (model: tf.keras.Model): unknown => model.getWeights().map((w) => w.array());

test.each(['float16', 'bfloat16', 'float64'] as const)('weights of %s come back', async (dtype) => {
  const file = path.join(folder, 'a.weights.h5');
  const [a, b] = [make(3, dtype), make(3, dtype)];
  await a.saveWeights(file);
  await b.loadWeights(file);
  expect(values(b)).toEqual(values(a));
});

test('weights in several files come back', async () => {
  const file = path.join(folder, 'b.weights.json');
  const [a, b] = [make(), make()];
  await a.saveWeights(file, { maxShardSize: 60 / 2 ** 30 });
  expect(fs.readdirSync(folder).filter((name) => name.startsWith('b_')).length).toBeGreaterThan(1);
  await b.loadWeights(file);
  expect(values(b)).toEqual(values(a));
  fs.writeFileSync(file, JSON.stringify({ weight_map: { '/vars': '../x.weights.h5' } }));
  await expect(b.loadWeights(file)).rejects.toThrow(tf.errors.DataLossError);
});

test('what does not fit is skipped where that is said, and what is to be skipped is', async () => {
  const file = path.join(folder, 'c.weights.h5');
  const [a, other, b] = [make(), make(5), make()];
  await a.saveWeights(file);
  await expect(other.loadWeights(file)).rejects.toThrow(/layers\/dense_1\/vars\/0 has the shape \[4,3\]/);
  const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  await other.loadWeights(file, { skipMismatch: true });
  expect(JSON.stringify(warnings.mock.calls)).toContain('A total of 1 objects could not be loaded');
  warnings.mockRestore();
  expect(values(other)).toEqual([
    ...(values(a) as unknown[]).slice(0, 2),
    ...(values(other) as unknown[]).slice(2),
  ]);
  const before = values(b) as unknown[];
  await b.loadWeights(file, { objectsToSkip: [b.layers[0]] });
  expect(values(b)).toEqual([...before.slice(0, 2), ...(values(a) as unknown[]).slice(2)]);
});
