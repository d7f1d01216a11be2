/** Models that TensorFlow.js saved (test/golden/generate_tfjs.js) predict what it predicted; damaged ones are typed errors. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';

const recorded = path.join(__dirname, '../golden/fixtures/keras/tfjs');
interface Values {
  shape: number[];
  values: number[];
}
const { models } = JSON.parse(fs.readFileSync(path.join(recorded, 'predictions.json'), 'utf8')) as {
  models: Record<string, { inputs: Values[]; outputs: Values[] }>;
};
const { loadLayersModel } = tf.keras.models;
const pathOf = (name: string): string => path.join(recorded, name, 'model.json');

test.each(Object.keys(models))('%s', async (name) => {
  const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const model = await loadLayersModel(pathOf(name));
  expect(warnings).not.toHaveBeenCalled();
  warnings.mockRestore();
  const { inputs, outputs } = models[name];
  const x = inputs.map(({ shape, values }) => tf.reshape(tf.constant(values), shape));
  const y = model<tf.Tensor | tf.Tensor[]>(x.length === 1 ? x[0] : x);
  const found = Array.isArray(y) ? y : [y];
  expect(found).toHaveLength(outputs.length);
  found.forEach((t, i) => {
    expect(t.shape).toEqual(outputs[i].shape);
    [...(t.data() as Iterable<number>)].forEach((value, k) => {
      const wanted = outputs[i].values[k];
      expect(Math.abs(value - wanted)).toBeLessThan(2e-6 * Math.max(1, Math.abs(wanted)));
    });
  });
});

describe('damaged models', () => {
  let folder: string;
  beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-tfjs-'))));
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  interface Manifest {
    weightsManifest: { paths: string[]; weights: Record<string, unknown>[] }[];
  }
  /** The model `dense` with changes, in a folder of its own. */
  function changed(change: (json: Manifest & Record<string, unknown>) => unknown): string {
    const own = fs.mkdtempSync(path.join(folder, 'm'));
    fs.cpSync(path.join(recorded, 'dense'), own, { recursive: true });
    const file = path.join(own, 'model.json');
    const json = JSON.parse(fs.readFileSync(file, 'utf8')) as Manifest & Record<string, unknown>;
    fs.writeFileSync(file, JSON.stringify(change(json) ?? json));
    return file;
  }
  const errorOf = async (file: string): Promise<Error> =>
    loadLayersModel(file).then(
      () => new Error('no error'),
      (error: unknown) => error as Error,
    );
  const { DataLossError, InvalidArgumentError, NotFoundError, UnimplementedError } = tf.errors;

  test.each<
    [string, (json: Manifest & Record<string, unknown>) => unknown, typeof tf.errors.OpError, RegExp]
  >([
    ['no object', () => [1], DataLossError, /no JSON object/],
    ['a graph model', (j) => void (j.format = 'graph-model'), UnimplementedError, /graph model/],
    ['no topology', (j) => void delete j.modelTopology, DataLossError, /no modelTopology/],
    ['no manifest', (j) => ({ ...j, weightsManifest: undefined }), DataLossError, /no weightsManifest/],
    ['a group that is none', (j) => ({ ...j, weightsManifest: [1] }), DataLossError, /paths and weights/],
    [
      'a path that leaves the folder',
      (j) => void (j.weightsManifest[0].paths[0] = '../x.bin'),
      DataLossError,
      /in the folder/,
    ],
    [
      'an absolute path',
      (j) => void (j.weightsManifest[0].paths[0] = '/etc/passwd'),
      DataLossError,
      /in the folder/,
    ],
    [
      'a path that is none',
      (j) => void ((j.weightsManifest[0].paths as unknown[])[0] = 7),
      DataLossError,
      /in the folder/,
    ],
    [
      'a path of Windows',
      (j) => void (j.weightsManifest[0].paths[0] = 'C:\\x'),
      DataLossError,
      /in the folder/,
    ],
    [
      'a file that is missing',
      (j) => void (j.weightsManifest[0].paths[0] = 'x.bin'),
      NotFoundError,
      /no file/,
    ],
    [
      'a folder as a file',
      (j) => void (j.weightsManifest[0].paths[0] = '.'),
      InvalidArgumentError,
      /regular file/,
    ],
    [
      'a large tensor',
      (j) => void (j.weightsManifest[0].weights[0].shape = [1e6, 1e6]),
      DataLossError,
      /damaged|no tensor has/,
    ],
    [
      'a shape that is none',
      (j) => void (j.weightsManifest[0].weights[0].shape = [-1, 5]),
      DataLossError,
      /name, shape and dtype/,
    ],
    [
      'a dtype of strings',
      (j) => void (j.weightsManifest[0].weights[0].dtype = 'string'),
      UnimplementedError,
      /dtype string/,
    ],
    [
      'files that are too long',
      (j) => void j.weightsManifest[0].weights.pop(),
      DataLossError,
      /the files have/,
    ],
    [
      'a quantization without its scale',
      (j) => void (j.weightsManifest[0].weights[0].quantization = { dtype: 'uint8', min: 0 }),
      DataLossError,
      /scale and min/,
    ],
    [
      'two weights of a name',
      (j) => void (j.weightsManifest[0].weights[1].name = j.weightsManifest[0].weights[0].name),
      DataLossError,
      /twice/,
    ],
    [
      'a weight of no layer',
      (j) => void (j.weightsManifest[0].weights[0].name = 'other/kernel'),
      InvalidArgumentError,
      /no weight for/,
    ],
    [
      'a wrong shape',
      (j) => void (j.weightsManifest[0].weights[0].shape = [5, 4]),
      InvalidArgumentError,
      /has the shape \[5,4\]/,
    ],
    [
      'a topology of no model',
      (j) => ({ ...j, modelTopology: { class_name: 'Dense', config: { units: 1 } } }),
      DataLossError,
      /not that of a model/,
    ],
    [
      'a topology without layers',
      (j) => ({ ...j, modelTopology: { class_name: 'Sequential', config: 3 } }),
      DataLossError,
      /list of layers/,
    ],
    [
      'names of Object.prototype',
      (j) => ({
        ...j,
        modelTopology: {
          class_name: 'Sequential',
          config: {
            layers: [
              {
                class_name: 'constructor',
                config: { name: 'toString', valueOf: 1, activation: 'constructor' },
              },
            ],
          },
        },
      }),
      tf.errors.OpError,
      /constructor/,
    ],
    ['a training config that is none', (j) => void (j.trainingConfig = 7), DataLossError, /trainingConfig/],
  ])('%s', async (_, change, kind, message) => {
    const error = await errorOf(changed(change));
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^\[/);
  });

  test('a weight that no layer has', async () => {
    const file = changed(
      (j) =>
        void j.weightsManifest.push({ paths: [], weights: [{ name: 'a/b', shape: [0], dtype: 'float32' }] }),
    );
    const error = await errorOf(file);
    expect(error.message).toMatch(/no target variable: a\/b/);
  });

  test('arguments', async () => {
    await expect(loadLayersModel(3 as never)).rejects.toThrow(TypeError);
    await expect(loadLayersModel(path.join(folder, 'none.json'))).rejects.toThrow(NotFoundError);
    await expect(loadLayersModel('x', { strict: true } as never)).rejects.toThrow(TypeError);
  });
});

test('what the names of weights may look like', async () => {
  const own = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-tfjs-'));
  const read = async (name: string, rename: (weight: string) => string): Promise<tf.Tensor[]> => {
    fs.cpSync(path.join(recorded, name), own, { recursive: true });
    const text = fs
      .readFileSync(pathOf(name), 'utf8')
      .replace(/"name": "([^"]*\/[^"]*)"/g, (_, w: string) => `"name": "${rename(w)}"`);
    fs.writeFileSync(path.join(own, 'model.json'), text);
    return (await loadLayersModel(`file://${own}/model.json`)).weights.map((w) => w.value());
  };
  try {
    // Those of Python: cells have names, and tensors numbers.
    for (const rename of [(w: string) => `${w}:0`, (w: string) => w.replace(/\/(\w+)$/, '/lstm_cell_7/$1')]) {
      const [plain, renamed] = [await read('lstm', (w) => w), await read('lstm', rename)];
      expect(renamed.map((t) => t.array())).toEqual(plain.map((t) => t.array()));
    }
    // Those of Keras 3's converter.
    const counts = new Map<string, number>();
    const number = (w: string): string => {
      const layer = w.split('/')[0];
      counts.set(layer, (counts.get(layer) ?? -1) + 1);
      return `${layer}/${counts.get(layer)}`;
    };
    const [plain, renamed] = [await read('quantized', (w) => w), await read('quantized', number)];
    expect(renamed.map((t) => t.array())).toEqual(plain.map((t) => t.array()));
  } finally {
    fs.rmSync(own, { recursive: true });
  }
});

test('the model is compiled as it was; its hard sigmoid is that of Keras 2, also in .keras files', async () => {
  const compiled = await loadLayersModel(pathOf('compiled'));
  expect(compiled.optimizer).toBeInstanceOf(tf.keras.optimizers.Adam);
  expect(compiled.optimizer?.getConfig()).toMatchObject({ learningRate: Math.fround(0.01) });
  expect((await loadLayersModel(pathOf('compiled'), { compile: false })).optimizer).toBe(null);
  await compiled.fit(tf.ones([4, 4]), tf.ones([4, 1]), { verbose: 0 });

  const model = await loadLayersModel(pathOf('lstm'));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-tfjs-'));
  try {
    const file = path.join(folder, 'm.keras');
    await model.save(file);
    const again = await tf.keras.models.loadModel(file);
    const x = tf.random.statelessUniform([2, 5, 3], [1, 2]);
    expect(again<tf.Tensor>(x).array()).toEqual(model<tf.Tensor>(x).array());
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
