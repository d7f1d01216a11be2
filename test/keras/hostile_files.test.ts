/**
 * Files that were tampered with: every mutation gives a model or tensors, or a typed error; never another exception, a hang, or
 * memory beyond the order of the file. GRADTAPE_FUZZ_FILES=100000 sets the number of mutations, GRADTAPE_FUZZ_SEED
 * which they are.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';

const { layers } = tf.keras;
const count = Number(process.env.GRADTAPE_FUZZ_FILES ?? 300);
const seed = Number(process.env.GRADTAPE_FUZZ_SEED ?? 7);
let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-hostile-'))));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** Numbers from 0 to n - 1, the same in each run. */
function generator(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

const odd = [0, 1, 0x7f, 0x80, 0xff];
function mutate(bytes: Buffer, draw: (n: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  for (let k = 1 + draw(4); k > 0; k--) {
    const at = draw(copy.length);
    const kind = draw(6);
    if (kind === 0) copy[at] = draw(256);
    else if (kind === 1) copy.fill(odd[draw(odd.length)], at, Math.min(copy.length, at + 1 + draw(8)));
    else if (kind === 2) copy[at] ^= 1 << draw(8);
    else if (kind === 3) copy.copyWithin(at, draw(copy.length), draw(copy.length));
    else if (kind === 4) copy.writeUInt32LE(draw(2 ** 32), Math.min(at, copy.length - 4));
    else return copy.subarray(0, at);
  }
  return copy;
}

const small = (): tf.keras.Sequential =>
  new tf.keras.Sequential([
    tf.keras.Input([2]),
    new layers.Dense(3),
    new layers.Dense(1, { dtype: 'bfloat16' }),
  ]);

/** Zip files whose checksums are right are what an attacker would make. */
const kinds: Record<
  string,
  { name: string; write(file: string): Promise<void>; read(file: string): Promise<unknown> }
> = {
  keras: {
    name: 'm.keras',
    write: (file) => small().save(file),
    read: (file) => tf.keras.models.loadModel(file),
  },
  legacy: {
    name: 'm.h5',
    write: async (file) => {
      const model = small();
      model.compile({ optimizer: new tf.keras.optimizers.Adam(), loss: 'mse' });
      await model.save(file);
    },
    read: (file) => tf.keras.models.loadModel(file),
  },
  weights: {
    name: 'm.weights.h5',
    write: (file) => small().saveWeights(file),
    read: (file) => small().loadWeights(file),
  },
  safetensors: {
    name: 'm.safetensors',
    write: (file) => tf.io.saveSafetensors(file, { a: tf.ones([2, 3]), b: tf.constant([1n]) }),
    read: (file) => tf.io.loadSafetensors(file),
  },
  npy: {
    name: 'm.npy',
    write: (file) => tf.io.saveNpy(file, tf.ones([2, 3])),
    read: (file) => tf.io.loadNpy(file),
  },
  tfjs: {
    name: 'm.json',
    write: (file) => {
      const recorded = path.join(__dirname, '../golden/fixtures/keras/tfjs/dense');
      fs.cpSync(recorded, path.dirname(file), { recursive: true });
      fs.renameSync(path.join(path.dirname(file), 'model.json'), file);
      return Promise.resolve();
    },
    read: (file) => tf.keras.models.loadLayersModel(file),
  },
  npz: {
    name: 'm.npz',
    write: (file) => tf.io.saveNpz(file, { a: tf.ones([2, 3]) }),
    read: (file) => tf.io.loadNpz(file),
  },
};

test.each(Object.keys(kinds))(
  'mutated files: %s',
  async (key) => {
    const { name } = kinds[key];
    const original = path.join(folder, name);
    await kinds[key].write(original);
    const bytes = fs.readFileSync(original);
    const file = path.join(folder, `mutated-${name}`);
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const draw = generator(seed);
    let refused = 0;
    for (let i = 0; i < count; i++) {
      const before = process.memoryUsage().arrayBuffers;
      fs.writeFileSync(file, mutate(bytes, draw));
      const start = performance.now();
      try {
        await kinds[key].read(file);
      } catch (error) {
        refused++;
        const known = error instanceof tf.errors.OpError || error instanceof TypeError;
        if (!known) throw new Error(`mutation ${i}: ${String((error as Error).stack)}`, { cause: error });
        expect(error.message).toContain('[');
      }
      expect(performance.now() - start).toBeLessThan(5000);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 27);
    }
    expect(refused).toBeGreaterThan(count / 20);
    warnings.mockRestore();
  },
  600_000,
);

test('a config cannot ask for more weights than the file has', async () => {
  const file = path.join(folder, 'large.h5');
  await small().save(file);
  const bytes = fs.readFileSync(file);
  // The same number of bytes: the length of the text stays.
  const at = bytes.indexOf('"units":3,"activation":"linear"');
  expect(at).toBeGreaterThan(0);
  bytes.write('"units":300000000,"activation":""'.slice(0, 31), at, 'latin1');
  fs.writeFileSync(file, bytes);
  await expect(tf.keras.models.loadModel(file)).rejects.toThrow(tf.errors.OpError);
});
