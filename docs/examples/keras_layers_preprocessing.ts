/** Examples of the layers of tf.keras that prepare data: see scripts/docs/examples.mjs. */

const normalize = new tf.keras.layers.Normalization({ axis: null });
normalize.adapt([1, 2, 3]);
normalize([1, 2, 3]);

new tf.keras.layers.Rescaling(1 / 255)([0, 51, 255]);

const buckets = new tf.keras.layers.Discretization({ binBoundaries: [0, 1, 10] });
buckets([[-3, 0.5, 2, 100]]);

const encode = new tf.keras.layers.CategoryEncoding({ numTokens: 4, outputMode: 'one_hot' });
encode([3, 2, 0]);

new tf.keras.layers.Hashing(8)([['cat'], ['dog']]).shape;

const cross = new tf.keras.layers.HashedCrossing(5);
cross([tf.constant(['A', 'B']), tf.constant([1, 2], 'int32')]).shape;

const lookup = new tf.keras.layers.StringLookup({ vocabulary: ['cat', 'dog'] });
lookup(['dog', 'cat', 'bird']); // 0: not in the vocabulary

const lookup = new tf.keras.layers.IntegerLookup({ vocabulary: [12, 36, 1138] });
lookup([1138, 12, 7]); // 0: not in the vocabulary

const vectorize = new tf.keras.layers.TextVectorization({ outputSequenceLength: 4 });
vectorize.adapt(['the cat sat', 'the dog ran']);
vectorize(['the cat ran home']);

const spectrogram = new tf.keras.layers.STFTSpectrogram({ frameLength: 64, frameStep: 32 });
spectrogram(tf.sin(tf.reshape(tf.linspace(0, 100, 512), [1, 512, 1]))).shape;

const mel = new tf.keras.layers.MelSpectrogram({ numMelBins: 32, samplingRate: 8000, fftLength: 512 });
mel(tf.sin(tf.reshape(tf.linspace(0, 100, 4000), [1, 4000]))).shape;

// Layers of a pipeline run one after the other.
const augment = new tf.keras.layers.Pipeline([new tf.keras.layers.RandomFlip(), new tf.keras.layers.Rescaling(1 / 255)]);
augment(tf.ones([2, 8, 8, 3]), { training: true }).shape;

const resize = new tf.keras.layers.Resizing(16, 24);
resize(tf.ones([2, 32, 32, 3])).shape;

const crop = new tf.keras.layers.CenterCrop(16, 16);
crop(tf.ones([2, 32, 24, 3])).shape;

const crop = new tf.keras.layers.RandomCrop(16, 16, { seed: 1 });
crop(tf.ones([2, 32, 24, 3]), { training: true }).shape;

const flip = new tf.keras.layers.RandomFlip({ mode: 'horizontal', seed: 1 });
flip([[[1], [2], [3]]], { training: true }).shape;

const rotate = new tf.keras.layers.RandomRotation(0.1, { seed: 1 }); // at most a tenth of a turn
rotate(tf.ones([2, 8, 8, 3]), { training: true }).shape;

const translate = new tf.keras.layers.RandomTranslation(0.2, 0.2, { fillMode: 'constant', seed: 1 });
translate(tf.ones([2, 8, 8, 3]), { training: true }).shape;

const zoom = new tf.keras.layers.RandomZoom([-0.2, 0.2], { seed: 1 });
zoom(tf.ones([2, 8, 8, 3]), { training: true }).shape;

const shear = new tf.keras.layers.RandomShear({ xFactor: 0.2, seed: 1 });
shear(tf.ones([2, 8, 8, 3]), { training: true }).shape;

const warp = new tf.keras.layers.RandomPerspective({ factor: 0.5, seed: 1 });
warp(tf.ones([2, 8, 8, 3]), { training: true }).shape;

const warp = new tf.keras.layers.RandomElasticTransform({ factor: 0.5, seed: 1 });
warp(tf.ones([2, 8, 8, 3]), { training: true }).shape;

const erase = new tf.keras.layers.RandomErasing({ factor: 1, seed: 1 });
erase(tf.ones([2, 8, 8, 3]), { training: true }).shape;

const brightness = new tf.keras.layers.RandomBrightness(0.2, { seed: 1 });
brightness(tf.fill([2, 8, 8, 3], 128), { training: true }).shape;

const contrast = new tf.keras.layers.RandomContrast(0.3, { seed: 1 });
contrast(tf.fill([2, 8, 8, 3], 128), { training: true }).shape;

const hue = new tf.keras.layers.RandomHue(0.2, { seed: 1 });
hue(tf.fill([2, 8, 8, 3], 128), { training: true }).shape;

const saturation = new tf.keras.layers.RandomSaturation(0.5, { seed: 1 });
saturation(tf.fill([2, 8, 8, 3], 128), { training: true }).shape;

const jitter = new tf.keras.layers.RandomColorJitter({ brightnessFactor: 0.2, contrastFactor: 0.2, seed: 1 });
jitter(tf.fill([2, 8, 8, 3], 128), { training: true }).shape;

const degenerate = new tf.keras.layers.RandomColorDegeneration(0.5, { seed: 1 });
degenerate(tf.fill([2, 8, 8, 3], 128), { training: true }).shape;

const gray = new tf.keras.layers.RandomGrayscale({ factor: 1, seed: 1 });
gray([[[[100, 200, 0]]]], { training: true });

const blur = new tf.keras.layers.RandomGaussianBlur({ factor: 1, seed: 1 });
blur(tf.fill([2, 8, 8, 3], 128), { training: true }).shape;

const invert = new tf.keras.layers.RandomInvert({ factor: 1, seed: 1 });
invert([[[[0], [255]]]], { training: true }).shape;

const posterize = new tf.keras.layers.RandomPosterization(4, { seed: 1 });
posterize(tf.fill([2, 8, 8, 3], 130), { training: true }).shape;

const sharpen = new tf.keras.layers.RandomSharpness(0.5, { seed: 1 });
sharpen(tf.fill([2, 8, 8, 3], 128), { training: true }).shape;

const solarize = new tf.keras.layers.Solarization({ thresholdFactor: 0.5, seed: 1 });
solarize(tf.fill([2, 8, 8, 3], 200), { training: true }).shape;

const contrast = new tf.keras.layers.AutoContrast();
contrast([[[[50], [100]], [[100], [150]]]]);

const equalize = new tf.keras.layers.Equalization();
equalize(tf.fill([1, 8, 8, 3], 128)).shape;

const equalize = new tf.keras.layers.ContrastLimitedAdaptiveHistogramEqualization();
equalize(tf.fill([1, 16, 16, 3], 128)).shape;

const augment = new tf.keras.layers.AugMix({ seed: 1 });
augment(tf.fill([2, 8, 8, 3], 128), { training: true }).shape;

const augment = new tf.keras.layers.RandAugment({ numOps: 2, factor: 0.5, seed: 1 });
augment(tf.fill([2, 8, 8, 3], 128), { training: true }).shape;

// Images and labels are mixed alike.
const mix = new tf.keras.layers.MixUp({ alpha: 0.2, seed: 1 });
const { images, labels } = mix({ images: tf.ones([2, 8, 8, 3]), labels: [[1, 0], [0, 1]] }, { training: true });
console.log(images.shape, labels.shape);

const mix = new tf.keras.layers.CutMix({ factor: 1, seed: 1 });
const { images, labels } = mix({ images: tf.ones([2, 8, 8, 3]), labels: [[1, 0], [0, 1]] }, { training: true });
console.log(images.shape, labels.shape);

const limit = new tf.keras.layers.MaxNumBoundingBoxes(2, { boundingBoxFormat: 'xyxy' });
const { boundingBoxes } = limit({
  images: tf.ones([1, 8, 8, 3]),
  boundingBoxes: { boxes: tf.ones([1, 3, 4]), labels: [[1, 2, 3]] },
});
console.log(boundingBoxes.boxes.shape, boundingBoxes.labels);
