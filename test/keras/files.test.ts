/** Files of models: damaged ones are errors, and what was good before stays. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';

const { layers } = tf.keras;
let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-files-'))));
afterAll(() => fs.rmSync(folder, { recursive: true }));
const small = (): tf.keras.Sequential => new tf.keras.Sequential([tf.keras.Input([2]), new layers.Dense(3)]);

test('damaged files are errors that name the file', async () => {
  const file = path.join(folder, 'm.keras');
  await small().save(file);
  const bytes = fs.readFileSync(file);
  const damaged = path.join(folder, 'damaged.keras');
  for (let i = 0; i < 60; i++) {
    const copy = Buffer.from(bytes);
    const at = Math.floor((i / 60) * copy.length);
    copy.fill(i * 37, at, at + 16);
    fs.writeFileSync(damaged, i % 3 === 0 ? copy.subarray(0, at) : copy);
    try {
      await tf.keras.models.loadModel(damaged);
    } catch (error) {
      expect((error as Error).message).toMatch(/damaged\.keras|Dense|dense|Input|shape|config|units/);
    }
  }
  fs.writeFileSync(damaged, 'text');
  await expect(tf.keras.models.loadModel(damaged)).rejects.toThrow(/damaged\.keras.*not a readable zip file/);
});

test('a save that fails leaves the file of before', async () => {
  const file = path.join(folder, 'kept.keras');
  await small().save(file);
  const before = fs.readFileSync(file);
  class Odd extends layers.Layer {
    other = { notInConfig: () => 1 };
    call(x: tf.Tensor): tf.Tensor {
      return x;
    }
    override getConfig(): Record<string, unknown> {
      return { ...super.getConfig(), odd: Symbol('no') };
    }
  }
  const model = new tf.keras.Sequential([tf.keras.Input([2]), new Odd()]);
  await expect(model.save(file)).rejects.toThrow('cannot be written into a config');
  expect(fs.readFileSync(file).equals(before)).toBe(true);
  expect(fs.readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  await expect(model.save(path.join(folder, 'm.h6'))).rejects.toThrow('Please add the `.keras` extension');
});

test('weights go from model to model', async () => {
  const file = path.join(folder, 'a.weights.h5');
  const [a, b] = [small(), small()];
  await a.saveWeights(file);
  await b.loadWeights(file);
  expect(b.getWeights().map((w) => w.array())).toEqual(a.getWeights().map((w) => w.array()));
  const other = new tf.keras.Sequential([tf.keras.Input([2]), new layers.Dense(4)]);
  await expect(other.loadWeights(file)).rejects.toThrow(/layers\/dense\/vars\/0 has the shape \[2,3\]/);
});

test('classes of the user are found by their registration or in customObjects', async () => {
  class Scale extends layers.Layer {
    static override readonly positional = ['factor'];
    constructor(
      readonly factor: number,
      options: tf.keras.layers.LayerOptions = {},
    ) {
      super(options);
    }
    call(x: tf.Tensor): tf.Tensor {
      return tf.multiply(x, this.factor);
    }
    override getConfig(): Record<string, unknown> {
      return { ...super.getConfig(), factor: this.factor };
    }
  }
  const file = path.join(folder, 'scale.keras');
  await new tf.keras.Sequential([tf.keras.Input([2]), new Scale(3)]).save(file);
  await expect(tf.keras.models.loadModel(file)).rejects.toThrow("Could not locate class 'Scale'");
  const model = await tf.keras.models.loadModel(file, { customObjects: { Scale } });
  expect(model<tf.Tensor>([[1, 2]]).array()).toEqual([[3, 6]]);
});

test('loading draws no random values but for weights that the file does not have', async () => {
  class Own extends layers.Layer {
    declare noise: tf.Variable;
    override build(): void {
      this.noise = this.addWeight({
        name: 'noise',
        shape: [2, 3],
        initializer: new tf.keras.initializers.RandomNormal({ seed: 3 }),
      });
    }
    call(x: tf.Tensor): tf.Tensor {
      return x.matmul(this.noise);
    }
    override savedVariables(): [] {
      return [];
    }
  }
  const drawn = jest.spyOn(tf.keras.initializers.GlorotUniform.prototype, 'call');
  const file = path.join(folder, 'drawn.keras');
  const model = new tf.keras.Sequential([
    tf.keras.Input([2]),
    new Own(),
    new layers.Dense(3),
    new layers.Dense(3),
  ]);
  expect(drawn).toHaveBeenCalledTimes(2);
  await model.save(file);
  const loaded = await tf.keras.models.loadModel(file, { customObjects: { Own } });
  expect(drawn).toHaveBeenCalledTimes(2);
  drawn.mockRestore();
  const values = (m: tf.keras.Model): unknown[] => m.weights.map((w) => w.array());
  expect(values(loaded)).toEqual(values(model));
  const noise = (m: tf.keras.Model): unknown => (m.layers[0] as Own).noise.array();
  expect(noise(loaded)).toEqual(noise(model));
  // None shares its memory with another.
  loaded.layers[1].weights[0].assign(tf.ones([3, 3]));
  expect(loaded.layers[2].weights[0].array()).toEqual(model.layers[2].weights[0].array());
});
