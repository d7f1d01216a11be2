/** Event files as Keras's TensorBoard callback writes them (test/golden/keras/tensorboard_events.py). */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as zlib from 'node:zlib';
import * as tf from 'gradtape';

interface Event {
  version?: string;
  writer?: string;
  step: number;
  tag: string;
  plugin: string;
  value: string | null;
  image: [string, string] | null;
  pixels: number[][] | null;
}
interface Case {
  options: tf.keras.callbacks.TensorBoardOptions;
  files: Record<string, Event[] | string | null>;
  frames: string[];
}
const { logs, weights, cases } = JSON.parse(
  fs.readFileSync(path.join(__dirname, '../golden/fixtures/keras/tensorboard.json'), 'utf8'),
) as { logs: Record<string, number>[]; weights: number[][]; cases: Case[] };

/** The payloads of the records of a file. */
function payloads(data: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < data.length;) {
    const length = Number(data.readBigUInt64LE(at));
    found.push(data.subarray(at + 12, at + 12 + length));
    at += length + 16;
  }
  return found;
}

type Fields = Map<number, (Buffer | number)[]>;
/** The fields of a message. */
function fieldsOf(data: Buffer): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = (): number => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = data[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  };
  while (at < data.length) {
    const key = varint();
    let value: Buffer | number;
    if ((key & 7) === 0) value = varint();
    else {
      const length = (key & 7) === 1 ? 8 : varint();
      value = data.subarray(at, at + length);
      at += length;
    }
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), value]);
  }
  return fields;
}
const child = (fields: Fields, ...numbers: number[]): Fields =>
  numbers.reduce((parent, n) => fieldsOf(parent.get(n)?.[0] as Buffer), fields);
const textAt = (fields: Fields, n: number): string => String(fields.get(n)?.[0] ?? '');

/** The pixels of a PNG whose rows have no filter. */
function decodePng(png: Buffer): number[] {
  const [height, length] = [png.readUInt32BE(20), png.readUInt32BE(33)];
  expect(png.readUInt32BE(33 + 8 + length)).toBe(
    zlib.crc32?.(png.subarray(37, 41 + length)) ?? expect.anything(),
  );
  const rows = zlib.inflateSync(png.subarray(41, 41 + length));
  const stride = rows.length / height;
  return Array.from({ length: height }, (_, y) => [
    ...rows.subarray(y * stride + 1, (y + 1) * stride),
  ]).flat();
}

function eventOf(payload: Buffer): Partial<Event> {
  const event = fieldsOf(payload);
  expect((event.get(1)?.[0] as Buffer).readDoubleLE(0)).toBeGreaterThan(1.5e9);
  if (event.has(3)) return { version: textAt(event, 3), writer: textAt(child(event, 10), 1) };
  const value = child(event, 5, 1);
  const plugin = textAt(child(value, 9, 1), 1);
  const strings = (child(value, 8).get(8) ?? []) as Buffer[];
  const isOwn = plugin === 'images' || plugin === 'graph_keras_model';
  return {
    step: (event.get(2)?.[0] ?? 0) as number,
    tag: textAt(value, 1),
    plugin,
    value: isOwn ? null : (child(event, 5).get(1)?.[0] as Buffer).toString('base64'),
    image: plugin === 'images' ? (strings.slice(0, 2).map(String) as [string, string]) : null,
    pixels: plugin === 'images' ? strings.slice(2).map(decodePng) : null,
  };
}

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-tensorboard-'));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

/** Files by name, without time, host and process. */
function filesIn(root: string): Map<string, string> {
  const names = (fs.readdirSync(root, { recursive: true }) as string[]).filter((name) =>
    fs.statSync(path.join(root, name)).isFile(),
  );
  return new Map(names.map((name) => [name.replace(/tfevents\..*/, 'tfevents'), path.join(root, name)]));
}

function smallModel(): tf.keras.Sequential {
  const { Dense, Embedding, Flatten, Reshape } = tf.keras.layers;
  const layers = [
    new Embedding(4, 2, { name: 'embedding' }),
    new Flatten(),
    new Reshape([3, 2]),
    new Dense(3, { name: 'dense' }),
  ];
  const model = new tf.keras.Sequential([tf.keras.Input([3]), ...layers], { name: 'small' });
  model.compile({ optimizer: new tf.keras.optimizers.SGD(0.125), loss: 'mse', metrics: ['accuracy'] });
  model.setWeights(weights.map((values) => tf.constant(values)));
  return model;
}

async function runTensorBoard(options: tf.keras.callbacks.TensorBoardOptions): Promise<void> {
  const callback = new tf.keras.callbacks.TensorBoard({ ...options, logDir: folder });
  const callbacks = new tf.keras.callbacks.CallbackList([callback], { model: smallModel(), epochs: 2 });
  await callbacks.onTrainBegin();
  for (const [epoch, values] of logs.entries()) {
    await callbacks.onEpochBegin(epoch);
    for (let batch = 0; batch < 3; batch++) {
      await callbacks.onTrainBatchBegin(batch);
      await callbacks.onTrainBatchEnd(batch, { loss: epoch + batch / 4 });
    }
    await callbacks.onTestBegin();
    await callbacks.onTestEnd({ loss: values.val_loss });
    // fit reports values by name in alphabetical order.
    await callbacks.onEpochEnd(epoch, Object.fromEntries(Object.entries(values).sort()));
  }
  await callbacks.onTrainEnd();
}

test.each(cases)('TensorBoard $options', async ({ options, files }) => {
  await runTensorBoard(options);
  const found = filesIn(folder);
  expect([...found.keys()].sort()).toEqual(Object.keys(files).sort());
  for (const [name, expected] of Object.entries(files)) {
    const file = found.get(name) as string;
    if (typeof expected === 'string') expect(fs.readFileSync(file, 'utf8')).toBe(expected);
    if (!Array.isArray(expected)) continue;
    const events = payloads(fs.readFileSync(file)).map(eventOf);
    // With fewer batches, Keras leaves out the values of epochs whose last batch is left out.
    const missing = (e: Partial<Event>): boolean =>
      options.updateFreq === 2 && e.tag?.startsWith('batch_') === false;
    expect(events.filter((e) => !missing(e))).toEqual(expected.filter((e) => !missing(e)));
  }
});

test('records are framed as TensorFlow frames them', async () => {
  jest.spyOn(Date, 'now');
  for (const { options, frames } of cases.slice(0, 2)) {
    for (const frame of frames) {
      const recorded = Buffer.from(frame, 'base64');
      const time = fieldsOf(payloads(recorded)[0]).get(1)?.[0] as Buffer;
      jest.mocked(Date.now).mockReturnValue(time.readDoubleLE(0) * 1000);
      await runTensorBoard(options);
      const written = [...filesIn(folder).entries()].filter(([name]) => name.startsWith('validation'));
      expect(written.some(([, file]) => fs.readFileSync(file).includes(recorded))).toBe(true);
      for (const name of fs.readdirSync(folder)) fs.rmSync(path.join(folder, name), { recursive: true });
    }
  }
  jest.restoreAllMocks();
});

test('fit writes what TensorBoard shows', async () => {
  const model = new tf.keras.Sequential([tf.keras.Input([2]), new tf.keras.layers.Dense(1)]);
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  const x = tf.ones([8, 2]);
  const y = tf.ones([8, 1]);
  const callback = new tf.keras.callbacks.TensorBoard({
    logDir: folder,
    updateFreq: 'batch',
    writeStepsPerSecond: true,
  });
  await model.fit(x, y, {
    epochs: 2,
    batchSize: 4,
    verbose: 0,
    validationData: [x, y],
    callbacks: [callback],
  });
  const tags = (name: string): string[] =>
    payloads(fs.readFileSync(filesIn(folder).get(`${name}/events.out.tfevents`) as string)).map(
      (payload) => eventOf(payload).tag ?? 'version',
    );
  const batch = ['batch_steps_per_second', 'batch_loss'];
  const epoch = [...batch, ...batch, 'epoch_loss', 'epoch_learning_rate', 'epoch_steps_per_second'];
  expect(tags('train')).toEqual(['version', 'keras', ...epoch, ...epoch]);
  const evaluation = ['evaluation_loss_vs_iterations', 'epoch_loss'];
  expect(tags('validation')).toEqual(['version', ...evaluation, ...evaluation]);
});

test('TensorBoard checks its options', () => {
  const { TensorBoard } = tf.keras.callbacks;
  expect(() => new TensorBoard({ updateFreq: 0 })).toThrow(tf.errors.InvalidArgumentError);
  expect(() => new TensorBoard({ histogramFreq: -1 })).toThrow(tf.errors.InvalidArgumentError);
  expect(() => new TensorBoard({ logDir: 3 as never })).toThrow(TypeError);
  expect(() => new TensorBoard({ logdir: 'a' } as never)).toThrow(TypeError);
  const callback = new TensorBoard({ logDir: folder, embeddingsFreq: 1, embeddingsMetadata: { other: 'a' } });
  expect(() => callback.setModel(smallModel())).toThrow('Unrecognized `Embedding` layer names');
});
