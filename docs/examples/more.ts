/** Examples of what came last, a paragraph for each function: see scripts/docs/examples.mjs. */

// plot.show
await plot.show(tf.constant([[1, 2], [3, 4]]));

// tf.keras.ops.bitwiseLeftShift
tf.keras.ops.bitwiseLeftShift(tf.constant([1, 2], 'int32'), tf.constant([3, 1], 'int32'));

// tf.keras.ops.view
tf.keras.ops.view(tf.constant([1, -1]), 'int32');

// tf.keras.ops.eigh
tf.keras.ops.eigh([[2, 0], [0, 3]])[0];

// tf.keras.ops.svd
tf.keras.ops.svd([[3, 0], [0, 4]], { computeUv: false });

// tf.keras.ops.luFactor
tf.keras.ops.luFactor([[1, 2], [3, 4]]);

// tf.keras.ops.fft
tf.keras.ops.fft([[1, 0, 0, 0], [0, 0, 0, 0]]);

// tf.keras.ops.fft2
tf.keras.ops.fft2([[[1, 0], [0, 0]], [[0, 0], [0, 0]]]);

// tf.keras.ops.ifft2
tf.keras.ops.ifft2([[[4, 0], [0, 0]], [[0, 0], [0, 0]]]);

// tf.keras.ops.rfft
tf.keras.ops.rfft([1, 2, 3, 4]);

// tf.keras.ops.irfft
tf.keras.ops.irfft([[10, -2, -2], [0, 2, 0]]);

// tf.keras.ops.stft
tf.keras.ops.stft(tf.ones([16]), 8, 4, 8)[0].shape;

// tf.keras.ops.istft
const [real, imaginary] = tf.keras.ops.stft(tf.ones([16]), 8, 4, 8);
tf.keras.ops.istft([real, imaginary], 8, 4, 8).shape;

// tf.keras.ops.rearrange
tf.keras.ops.rearrange(tf.ones([2, 3, 4]), 'a b c -> (b a) c').shape;

tf.keras.config.floatx();

tf.keras.config.epsilon();

tf.keras.config.imageDataFormat();

tf.keras.config.isInteractiveLoggingEnabled();

tf.keras.config.maxEpochs();

tf.keras.config.maxStepsPerEpoch();

// tf.keras.config.setFloatx
tf.keras.config.setFloatx('float32');
tf.keras.config.floatx();

// tf.keras.config.setEpsilon
tf.keras.config.setEpsilon(1e-7);
tf.keras.config.epsilon();

// tf.keras.config.setImageDataFormat
tf.keras.config.setImageDataFormat('channels_last');
tf.keras.config.imageDataFormat();

// tf.keras.config.setMaxEpochs
tf.keras.config.setMaxEpochs(null); // no limit

// tf.keras.config.setMaxStepsPerEpoch
tf.keras.config.setMaxStepsPerEpoch(null); // no limit

// tf.keras.config.disableInteractiveLogging
tf.keras.config.disableInteractiveLogging();
tf.keras.config.enableInteractiveLogging();

// tf.keras.config.enableInteractiveLogging
tf.keras.config.enableInteractiveLogging();
tf.keras.config.isInteractiveLoggingEnabled();

tf.keras.utils.clearSession();

// tf.keras.utils.getSourceInputs
const input = tf.keras.Input([2]);
tf.keras.utils.getSourceInputs(tf.keras.ops.add(input, 1)).length;

tf.keras.utils.isKerasTensor(tf.keras.Input([2]));

tf.keras.optimizers.schedules.serialize(new tf.keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.9));

// tf.keras.optimizers.schedules.deserialize
const schedule = tf.keras.optimizers.schedules.serialize(new tf.keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.9));
tf.keras.optimizers.schedules.deserialize(schedule)(100);

// tf.keras.ops.image.resize
tf.keras.ops.image.resize(tf.ones([2, 2, 3]), [4, 4]).shape;

// tf.keras.ops.image.rgbToGrayscale
tf.keras.ops.image.rgbToGrayscale(tf.ones([2, 2, 3])).shape;

// tf.keras.ops.image.padImages
tf.keras.ops.image.padImages(tf.ones([2, 2, 3]), { topPadding: 1, leftPadding: 1, targetHeight: 4, targetWidth: 4 }).shape;

// tf.keras.ops.image.cropImages
tf.keras.ops.image.cropImages(tf.ones([4, 4, 3]), { topCropping: 1, leftCropping: 1, targetHeight: 2, targetWidth: 2 }).shape;

// tf.keras.ops.image.extractPatches
tf.keras.ops.image.extractPatches(tf.ones([1, 4, 4, 3]), 2).shape;

// tf.keras.ops.image.gaussianBlur
tf.keras.ops.image.gaussianBlur(tf.ones([1, 4, 4, 3])).shape;

// tf.keras.ops.image.elasticTransform
tf.keras.ops.image.elasticTransform(tf.ones([1, 8, 8, 3]), { seed: 1 }).shape;

// tf.keras.ops.image.mapCoordinates
tf.keras.ops.image.mapCoordinates([[1, 2], [3, 4]], [[0.5], [0.5]], 1);

// gradtape/serving.shareWeights
const trained = new tf.keras.Sequential([tf.keras.Input([2]), new tf.keras.layers.Dense(1)]);
serving.shareWeights(trained).buffer.byteLength;

// gradtape/serving.useSharedWeights
const make = () => new tf.keras.Sequential([tf.keras.Input([2]), new tf.keras.layers.Dense(1)]);
const model = serving.useSharedWeights(make(), serving.shareWeights(make())); // in a worker, with what was posted
model.countParams();
