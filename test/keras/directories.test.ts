/** Datasets from folders as Keras has them (test/golden/keras/directories.py). */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';

interface Recorded {
  shape: number[];
  dtype: string;
  values: (number | string)[];
}
interface Case {
  kind: 'image' | 'text';
  options: Record<string, unknown>;
  classNames: string[] | null;
  files: string[] | null;
  batches: Recorded[][] | null;
}
const { files, cases } = JSON.parse(
  fs.readFileSync(path.join(__dirname, '../golden/fixtures/keras/directories.json'), 'utf8'),
) as { files: Record<string, string>; cases: Case[] };
const { imageDatasetFromDirectory, textDatasetFromDirectory } = tf.keras.utils;

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-folder-'));
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), Buffer.from(content, 'base64'));
  }
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
async function batchesOf(dataset: AsyncIterable<tf.Tensor | [tf.Tensor, tf.Tensor]>): Promise<tf.Tensor[][]> {
  const batches: tf.Tensor[][] = [];
  for await (const batch of dataset) batches.push([batch].flat());
  return batches;
}

test.each(cases.map((c) => [c.kind, JSON.stringify(c.options), c] as const))('%s %s', async (_, __, c) => {
  const options = {
    ...Object.fromEntries(Object.entries(c.options).map(([name, value]) => [camel(name), value])),
    verbose: false,
  };
  const make: typeof textDatasetFromDirectory =
    c.kind === 'image' ? imageDatasetFromDirectory : textDatasetFromDirectory;
  const dataset = make(folder, options);
  expect(dataset.classNames).toEqual(c.classNames);
  // Keras has no paths of texts.
  if (c.files !== null) expect(dataset.filePaths.map((file) => path.relative(folder, file))).toEqual(c.files);
  if (c.batches === null) return;
  const batches = await batchesOf(dataset);
  expect(dataset).toHaveLength(c.batches.length);
  expect(batches.map((batch) => batch.map(({ shape, dtype }) => ({ shape: [...shape], dtype })))).toEqual(
    // Keras has uint8 images with 'nearest'; docs/differences.md.
    c.batches.map((batch) =>
      batch.map(({ shape, dtype }) => ({ shape, dtype: dtype === 'uint8' ? 'float32' : dtype })),
    ),
  );
  batches.flat().forEach((t, i) => {
    const { values } = c.batches!.flat()[i];
    const found = [t.array()].flat(4) as unknown[];
    if (typeof values[0] === 'string')
      expect(found).toEqual(values.map((v) => Buffer.from(v as string, 'latin1').toString('utf8')));
    else values.forEach((value, k) => expect(found[k]).toBeCloseTo(value as number, 3));
  });
});

test('fit takes them, with both parts, and epochs have different orders', async () => {
  const [training, validation] = imageDatasetFromDirectory(folder, {
    ...{ imageSize: 4, batchSize: 3, validationSplit: 0.25, subset: 'both', seed: 1, verbose: false },
  });
  expect(training.filePaths.length + validation.filePaths.length).toBe(8);
  const orders = [await batchesOf(training), await batchesOf(training)].map((batches) =>
    batches.map(([x]) => x.array()),
  );
  expect(orders[0]).not.toEqual(orders[1]);
  const { layers } = tf.keras;
  const model = new tf.keras.Sequential([
    tf.keras.Input([4, 4, 3]),
    new layers.Flatten(),
    new layers.Dense(2, { activation: 'softmax' }),
  ]);
  model.compile({ loss: 'sparse_categorical_crossentropy' });
  const { history } = await model.fit(training, null, { epochs: 2, validationData: validation, verbose: 0 });
  expect(history.val_loss).toHaveLength(2);
});

test('`decode` reads other formats, damaged files and contradictions are errors', async () => {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-folder-'));
  try {
    fs.writeFileSync(path.join(scratch, 'x.jpg'), Buffer.from([0xff, 0xd8, 7]));
    const options = { labels: null, imageSize: 2, verbose: false };
    const ones = imageDatasetFromDirectory(scratch, { ...options, decode: () => tf.ones([3, 3, 1]) });
    expect((await batchesOf(ones))[0][0].shape).toEqual([1, 2, 2, 3]);
    await expect(
      batchesOf(imageDatasetFromDirectory(scratch, { ...options, decode: () => tf.ones([3]) })),
    ).rejects.toThrow('`decode` must give a tensor [height, width, channels]');
    const png = Buffer.from(files['a/f0.png'], 'base64');
    for (let length = 0; length < png.length; length++) {
      fs.writeFileSync(path.join(scratch, 'x.jpg'), png.subarray(0, length));
      await expect(batchesOf(imageDatasetFromDirectory(scratch, options))).rejects.toThrow(/x\.jpg: /);
    }
  } finally {
    fs.rmSync(scratch, { recursive: true });
  }
  const wrong = [
    { labelMode: 'many' },
    { labels: [1, 2] },
    { labels: null, classNames: ['a'] },
    { classNames: ['c'] },
    { validationSplit: 0.5 },
    { validationSplit: 0.5, subset: 'training' },
    { batchSize: 0 },
    { imageSize: [1] },
    { colorMode: 'cmyk' },
    { cropToAspectRatio: true, padToAspectRatio: true },
  ];
  for (const options of wrong)
    expect(() => imageDatasetFromDirectory(folder, { ...options, verbose: false } as never)).toThrow(
      tf.errors.InvalidArgumentError,
    );
  expect(() => textDatasetFromDirectory(path.join(folder, 'none'))).toThrow('must be a folder');
});
