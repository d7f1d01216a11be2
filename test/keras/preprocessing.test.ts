/** Layers that prepare data, as users meet them: arrays, files, functions of their own, compiled code, errors. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';

const { layers } = tf.keras;
const { InvalidArgumentError } = tf.errors;

test('text and categories come as arrays', () => {
  const lookup = new layers.StringLookup({ vocabulary: ['a', 'b'] });
  expect(lookup(['a', 'c']).array()).toEqual([1n, 0n]);
  expect(lookup([['b'], ['a']]).array()).toEqual([[2n], [1n]]);
  expect(lookup('b').array()).toBe(2n);
  expect(new layers.IntegerLookup({ vocabulary: [5, 2 ** 40] })([2 ** 40, 1]).array()).toEqual([2n, 0n]);
  const words = new layers.StringLookup({ vocabulary: ['a', 'b'], invert: true });
  expect(
    words(
      tf.constant(
        [
          [1, 2],
          [0, 9],
        ],
        'int32',
      ),
    ).array(),
  ).toEqual([
    ['a', 'b'],
    ['[UNK]', '[UNK]'],
  ]);
  expect(
    new layers.HashedCrossing(10)([
      ['a', 'b'],
      ['c', 'd'],
    ]).array(),
  ).toEqual(new layers.HashedCrossing(10)([tf.constant(['a', 'b']), tf.constant(['c', 'd'])]).array());
  const vectorize = new layers.TextVectorization({ vocabulary: ['a', 'b'] });
  expect(vectorize(['a b', 'B!']).array()).toEqual([
    [2n, 3n],
    [3n, 0n],
  ]);
});

test('integer categories are looked up, hashed and encoded in compiled functions', () => {
  const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const lookup = new layers.IntegerLookup({ vocabulary: [5, 7], outputMode: 'count' });
  const hashing = new layers.Hashing(6);
  const x = tf.constant(
    [
      [5, 7, 5],
      [1, 5, 2],
    ],
    'int32',
  );
  const f = tf.function((t: tf.Tensor) => [lookup(t), hashing(t)] as const);
  const [counts, hashes] = f(x);
  expect(counts.array()).toEqual(lookup(x).array());
  expect(hashes.array()).toEqual(hashing(x).array());
  expect(warning).not.toHaveBeenCalled();
  warning.mockRestore();
});

test('a vocabulary may be a file, but none that a config names', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-vocabulary-'));
  const file = path.join(folder, 'words.txt');
  fs.writeFileSync(file, 'a\nb\n');
  const lookup = new layers.StringLookup({ vocabulary: file });
  expect(lookup.getVocabulary()).toEqual(['[UNK]', 'a', 'b']);
  expect(lookup.getConfig().vocabulary).toBeNull();
  expect(() => layers.StringLookup.fromConfig({ vocabulary: file })).toThrow(/it is disallowed/);
  expect(() => layers.TextVectorization.fromConfig({ vocabulary: file })).toThrow(/it is disallowed/);
  fs.rmSync(folder, { recursive: true });
  expect(() => new layers.StringLookup({ vocabulary: file })).toThrow(tf.errors.NotFoundError);
});

test('text is standardized and split by functions', () => {
  const vectorize = new layers.TextVectorization({
    standardize: (text) => tf.strings.regexReplace(text, '<br>', ' '),
    split: (text) => tf.strings.split(text, ' '),
    vocabulary: ['a', 'b'],
  });
  expect(vectorize(['a<br>b', 'b']).array()).toEqual([
    [2n, 3n],
    [3n, 0n],
  ]);
  const halves = new layers.TextVectorization({ split: () => [['a', 'b'], ['c']], vocabulary: ['a', 'b'] });
  expect(halves(['x', 'y']).array()).toEqual([
    [2n, 3n],
    [1n, 0n],
  ]);
});

test('images come with labels and masks, which move as they do', () => {
  const images = tf.reshape(tf.range(0, 12, 1, { dtype: 'float32' }), [2, 2, 3, 1]);
  const data = { images, labels: tf.constant([1, 0]), segmentationMasks: images };
  const flip = new layers.RandomFlip({ seed: 3 });
  const flipped = flip<typeof data>(data);
  expect(flipped.segmentationMasks.array()).toEqual(flipped.images.array());
  expect(flipped.labels).toBe(data.labels);
  expect(flip(images, { training: false }).array()).toEqual(images.array());
  const bright = new layers.RandomBrightness(0.5, { seed: 3 })<typeof data>(data);
  expect(bright.segmentationMasks.array()).toEqual(images.array());
  expect(bright.images.array()).not.toEqual(images.array());
  expect(() => flip({ images, boundingBoxes: {} } as never)).toThrow(tf.errors.UnimplementedError);
});

test('layers that mix images mix labels and boxes, too', () => {
  const images = tf.random.uniform([4, 5, 6, 3], { seed: 1 });
  const labels = tf.oneHot([0, 1, 2, 1], 3);
  const boundingBoxes = { boxes: tf.random.uniform([4, 2, 4], { seed: 2 }), labels: tf.ones([4, 2]) };
  const data = { images, labels, boundingBoxes, segmentationMasks: images };
  const mixUp = new layers.MixUp({ alpha: 2, seed: 3, boundingBoxFormat: 'xyxy' })<typeof data>(data);
  expect(mixUp.segmentationMasks.array()).toEqual(mixUp.images.array());
  expect(mixUp.boundingBoxes.boxes.shape).toEqual([4, 4, 4]);
  expect(mixUp.boundingBoxes.labels.shape).toEqual([4, 4]);
  const { boundingBoxes: _, ...unboxed } = data;
  const cutMix = new layers.CutMix({ seed: 3 })<typeof unboxed>(unboxed);
  expect(cutMix.segmentationMasks.array()).toEqual(cutMix.images.array());
  for (const mixed of [mixUp.labels, cutMix.labels]) {
    expect(mixed.array()).not.toEqual(labels.array());
    for (const sum of tf.reduceSum(mixed, { axis: 1 }).data() as Float32Array) expect(sum).toBeCloseTo(1, 5);
  }
  expect(() => new layers.CutMix({ boundingBoxFormat: 'xyxy' })(data)).toThrow(tf.errors.UnimplementedError);
  expect(() => new layers.MixUp()(data)).toThrow(/Pass the option `boundingBoxFormat`/);
});

test('layers that mix images are compiled, and draw anew in each run', () => {
  const images = tf.random.uniform([4, 5, 6, 3], { seed: 1 });
  for (const make of [() => new layers.MixUp({ seed: 3 }), () => new layers.CutMix({ seed: 3 })]) {
    const [eager, inside] = [make(), make()];
    const compiled = tf.function((x: tf.Tensor) => inside(x, { training: true }));
    const first = compiled(images);
    expect(first.array()).toEqual(eager(images, { training: true }).array());
    expect(compiled(images).array()).toEqual(eager(images, { training: true }).array());
    expect(compiled(images).array()).not.toEqual(first.array());
  }
});

test('the number of bounding boxes is filled up or cut', () => {
  const images = tf.ones([1, 2, 2, 1]);
  const boundingBoxes = { boxes: tf.ones([1, 2, 4]), labels: tf.constant([[5, 6]]) };
  const after = (n: number): typeof boundingBoxes =>
    new layers.MaxNumBoundingBoxes(n, { boundingBoxFormat: 'xyxy' })<{ boundingBoxes: typeof boundingBoxes }>(
      {
        images,
        boundingBoxes,
      } as never,
    ).boundingBoxes;
  expect(after(3).labels.array()).toEqual([[5, 6, -1]]);
  expect(after(3).boxes.shape).toEqual([1, 3, 4]);
  expect(after(1).labels.array()).toEqual([[5]]);
  const config = new layers.MaxNumBoundingBoxes(3, { fillValue: 0 }).getConfig();
  expect(layers.MaxNumBoundingBoxes.fromConfig<tf.keras.layers.MaxNumBoundingBoxes>(config).fillValue).toBe(
    0,
  );
});

test('chains of augmentations are the same for a seed, and within the range of values', () => {
  const images = tf.random.uniform([2, 6, 6, 3], { maxval: 255, seed: 4 });
  const mix = (): unknown => new layers.AugMix({ factor: 0.5, seed: 9 })(images).array();
  expect(mix()).toEqual(mix());
  const values = new layers.AugMix({ seed: 9 })(images).data() as Float32Array;
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values)).toBeLessThanOrEqual(255);
});

test('random layers draw anew in each compiled step', async () => {
  const model = new tf.keras.Sequential([
    tf.keras.Input([4, 4, 1]),
    new layers.RandomFlip({ seed: 1 }),
    new layers.RandomRotation(0.2, { seed: 2 }),
    new layers.Flatten(),
    new layers.Dense(1),
  ]);
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  const images = tf.random.uniform([8, 4, 4, 1]);
  const state = (): unknown[] => model.layers.flatMap(({ variables }) => variables.map((v) => v.array()));
  const before = state();
  await model.fit(images, tf.ones([8, 1]), { verbose: 0, batchSize: 4 });
  expect(state()[0]).toEqual([1n, 2n]);
  expect(before[0]).toEqual([1n, 0n]);
});

test.each([
  [() => new layers.StringLookup({ maxTokens: 1 }), /`maxTokens` must be an integer greater than 1/],
  [() => new layers.StringLookup({ padToMaxTokens: true }), /must set `maxTokens`/],
  [() => new layers.StringLookup({ vocabulary: ['a', 'a'] }), /repeated terms are: 'a'/],
  [() => new layers.StringLookup({ vocabulary: ['b', ''], maskToken: '' }), /reserved mask token/],
  [() => new layers.StringLookup({ vocabulary: ['a', 'b'], maxTokens: 2 }), /larger than the maximum/],
  [() => new layers.StringLookup({ outputMode: 'int', idfWeights: [1] }), /only be set if `outputMode`/],
  [() => new layers.StringLookup({ vocabulary: ['a'], outputMode: 'tf_idf' }), /`idfWeights` argument must/],
  [() => new layers.StringLookup({ vocabulary: ['a'] }).adapt(['b']), /Cannot adapt layer/],
  [() => new layers.StringLookup({ vocabulary: ['a'], numOovIndices: 0 })(['b']), /found OOV value 'b'/],
  [
    () => new layers.StringLookup({ vocabulary: ['a'] })([1]),
    /the inputs must be strings; got dtype float32/,
  ],
  [() => new layers.StringLookup({ outputMode: 'x' as never }), /must be one of 'int', 'one_hot'/],
  [() => new layers.IntegerLookup({ vocabulary: [1], salt: 3 }), /`salt` can only be used when/],
  [() => new layers.TextVectorization({ ngrams: 0 }), /`ngrams` must be null, a positive integer/],
  [() => new layers.TextVectorization({ split: 'x' as never }), /must be null, a function, or one of/],
  [() => new layers.TextVectorization({ vocabulary: ['a'] })([['a', 'b']]), /last shape dimension must be 1/],
  [() => new layers.Normalization({ mean: 1 }), /both `mean` and `variance` must be set/],
  [() => new layers.Normalization({ axis: 3 })([[1, 2]]), /must be in the range \[-ndim, ndim\)/],
  [() => new layers.Normalization().adapt([][Symbol.iterator]()), /empty iterable/],
  [() => new layers.Discretization(), /need to set either `numBins` or `binBoundaries`/],
  [() => new layers.Discretization({ numBins: 2 })([1]), /call `adapt\(dataset\)`/],
  [() => new layers.Discretization({ binBoundaries: [2, 1] }), /ascending order/],
  [() => new layers.CategoryEncoding({ numTokens: 0 }), /`numTokens` must be an integer >= 1/],
  [() => new layers.Hashing(0), /The `numBins` for `Hashing`/],
  [() => new layers.HashedCrossing(4)([tf.constant(['a'])]), /at least two inputs/],
  [() => new layers.HashedCrossing(4)([tf.constant(['a']), tf.constant([1])]), /integer or string dtype/],
  [() => new layers.Resizing(2, 0), /width must be a positive integer/],
  [() => new layers.RandomRotation(2), /in the range \[-1, 1\]/],
  [() => new layers.RandomRotation(0.2, { fillMode: 'x' as never }), /Unknown `fillMode` 'x'/],
  [() => new layers.CutMix({ factor: 2 }), /in the range \[0, 1\]/],
  [() => new layers.MixUp({ alpha: 0 }), /alpha must be a positive number/],
  [() => new layers.RandomShear({ xFactor: -0.1 }), /in the range \[0, 1\]/],
  [() => new layers.RandomGaussianBlur({ kernelSize: 2 }), /kernelSize must be an odd number/],
  [() => new layers.RandomPerspective({ scale: 2 }), /in the range \[0,1\]/],
  [() => new layers.MaxNumBoundingBoxes(0), /maxNumber must be a positive integer/],
  [() => new layers.RandomFlip()(tf.ones([2, 2])), /to have rank 3 \(single image\) or 4/],
])('errors %#', (f, message) => {
  expect(f).toThrow(InvalidArgumentError);
  expect(f).toThrow(message);
});
