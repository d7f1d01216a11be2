/** Examples of tf.keras, a paragraph for each function: see scripts/docs/examples.mjs. */

tf.keras.metrics.binaryAccuracy([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.metrics.categoricalAccuracy([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.metrics.topKCategoricalAccuracy([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.metrics.accuracy([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.metrics.pearsonCorrelation([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.metrics.concordanceCorrelation([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.metrics.sparseCategoricalAccuracy([1, 0], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.metrics.sparseTopKCategoricalAccuracy([1, 0], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.huber([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.klDivergence([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.logCosh([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.cosineSimilarity([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.meanAbsoluteError([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.meanAbsolutePercentageError([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.meanSquaredError([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.meanSquaredLogarithmicError([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.poisson([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.binaryCrossentropy([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.binaryFocalCrossentropy([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.categoricalCrossentropy([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.categoricalFocalCrossentropy([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.categoricalHinge([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.hinge([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.squaredHinge([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.dice([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.tversky([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.categoricalGeneralizedCrossEntropy([1, 0], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.sparseCategoricalCrossentropy([1, 0], [[0.6, 0.4], [0.4, 0.6]]);

tf.keras.losses.circle([1, 2, 1], [[1, 0], [0, 1], [0.8, 0.6]]);

tf.keras.losses.ctc([[1, 2]], tf.zeros([1, 4, 3]));

tf.keras.layers.add([tf.constant([[1, 2]]), tf.constant([[3, 4]])]);

tf.keras.layers.average([tf.constant([[1, 2]]), tf.constant([[3, 4]])]);

tf.keras.layers.concatenate([tf.constant([[1, 2]]), tf.constant([[3, 4]])]);

tf.keras.layers.maximum([tf.constant([[1, 2]]), tf.constant([[3, 4]])]);

tf.keras.layers.minimum([tf.constant([[1, 2]]), tf.constant([[3, 4]])]);

tf.keras.layers.multiply([tf.constant([[1, 2]]), tf.constant([[3, 4]])]);

tf.keras.layers.subtract([tf.constant([[1, 2]]), tf.constant([[3, 4]])]);

tf.keras.layers.dot([tf.constant([[1, 2]]), tf.constant([[3, 4]])], { axes: 1 });

typeof tf.keras.activations.get('relu');

// tf.keras.activations.serialize
tf.keras.activations.serialize(tf.keras.activations.get('relu'));

// tf.keras.activations.deserialize
const config = tf.keras.activations.serialize(tf.keras.activations.get('relu'));
typeof tf.keras.activations.deserialize(config);

typeof tf.keras.constraints.get('non_neg');

// tf.keras.constraints.serialize
tf.keras.constraints.serialize(tf.keras.constraints.get('non_neg'));

// tf.keras.constraints.deserialize
const config = tf.keras.constraints.serialize(tf.keras.constraints.get('non_neg'));
typeof tf.keras.constraints.deserialize(config);

typeof tf.keras.initializers.get('glorot_uniform');

// tf.keras.initializers.serialize
tf.keras.initializers.serialize(tf.keras.initializers.get('glorot_uniform'));

// tf.keras.initializers.deserialize
const config = tf.keras.initializers.serialize(tf.keras.initializers.get('glorot_uniform'));
typeof tf.keras.initializers.deserialize(config);

typeof tf.keras.losses.get('mse');

// tf.keras.losses.serialize
tf.keras.losses.serialize(tf.keras.losses.get('mse'));

// tf.keras.losses.deserialize
const config = tf.keras.losses.serialize(tf.keras.losses.get('mse'));
typeof tf.keras.losses.deserialize(config);

typeof tf.keras.metrics.get('mse');

// tf.keras.metrics.serialize
tf.keras.metrics.serialize(tf.keras.metrics.get('mse'));

// tf.keras.metrics.deserialize
const config = tf.keras.metrics.serialize(tf.keras.metrics.get('mse'));
typeof tf.keras.metrics.deserialize(config);

typeof tf.keras.optimizers.get('adam');

// tf.keras.optimizers.serialize
tf.keras.optimizers.serialize(tf.keras.optimizers.get('adam'));

// tf.keras.optimizers.deserialize
const config = tf.keras.optimizers.serialize(tf.keras.optimizers.get('adam'));
typeof tf.keras.optimizers.deserialize(config);

typeof tf.keras.regularizers.get('l2');

// tf.keras.regularizers.serialize
tf.keras.regularizers.serialize(tf.keras.regularizers.get('l2'));

// tf.keras.regularizers.deserialize
const config = tf.keras.regularizers.serialize(tf.keras.regularizers.get('l2'));
typeof tf.keras.regularizers.deserialize(config);

tf.keras.layers.serialize(new tf.keras.layers.Flatten({ name: 'flat' }));

// tf.keras.layers.deserialize
const config = tf.keras.layers.serialize(new tf.keras.layers.Flatten({ name: 'flat' }));
tf.keras.layers.deserialize(config).name;

tf.keras.activations.linear(tf.constant([[-1, 0, 2]]));

tf.keras.activations.logSoftmax(tf.constant([[-1, 0, 2]]));

tf.keras.activations.sigmoid(tf.constant([[-1, 0, 2]]));

tf.keras.activations.softmax(tf.constant([[-1, 0, 2]]));

tf.keras.activations.leakyRelu(tf.constant([[-1, 0, 2]]));

tf.keras.activations.relu(tf.constant([[-1, 0, 2]]));

tf.keras.activations.silu(tf.constant([[-1, 0, 2]]));

tf.keras.ops.einsum('ij,j->i', [[1, 2], [3, 4]], [1, 1]);

tf.keras.ops.shape(tf.zeros([2, 3]));

tf.keras.ops.ndim(tf.zeros([2, 3]));

tf.keras.ops.dtype(tf.zeros([2]));

tf.keras.ops.isTensor(tf.zeros([2]));

tf.keras.ops.convertToNumpy(tf.constant([1, 2]));

tf.keras.ops.full([2], 7);

tf.keras.ops.arange(2, 8, 2);

tf.keras.ops.meshgrid([[1, 2], [3, 4]]);

tf.keras.ops.zeros([2]);

tf.keras.ops.ones([2]);

tf.keras.ops.eye(2);

tf.keras.ops.tri(3);

tf.keras.ops.identity(2);

tf.keras.ops.bartlett(5);

tf.keras.ops.hamming(5);

tf.keras.ops.hanning(5);

tf.keras.ops.blackman(5);

tf.keras.ops.kaiser(5, 14);

tf.keras.ops.qr([[3, 0], [4, 5]]);

tf.keras.ops.nanmin([1, NaN, 2]);

tf.keras.ops.nanprod([3, NaN, 2]);

tf.keras.ops.nanstd([1, NaN, 3]);

tf.keras.ops.nanargmin([NaN, 2, 1]);

tf.keras.ops.nancumsum([1, NaN, 2]);

tf.keras.ops.nancumprod([3, NaN, 2]);

tf.keras.ops.unique([2, 1, 2]);

tf.keras.ops.argpartition([3, 1, 2], 1);

tf.keras.ops.nanquantile([1, NaN, 3], 0.5);

tf.keras.ops.nanpercentile([1, NaN, 3], 50);

tf.keras.ops.nanmedian([1, NaN, 3]);

tf.keras.ops.adaptiveAveragePool(tf.reshape(tf.range(8, { dtype: 'float32' }), [1, 8, 1]), 2);

tf.keras.ops.adaptiveMaxPool(tf.reshape(tf.range(8, { dtype: 'float32' }), [1, 8, 1]), 2);

tf.keras.ops.conj([1, 2]);

tf.keras.ops.associativeScan((a, b) => tf.add(a, b), tf.constant([1, 2, 3]));

tf.keras.ops.cond(true, () => tf.constant(1), () => tf.constant(2));

tf.keras.ops.foriLoop(0, 3, (i, sum) => tf.add(sum, 2), tf.constant(0));

tf.keras.ops.map((x) => tf.square(x), tf.constant([1, 2, 3]));

tf.keras.ops.scan((sum, x) => [tf.add(sum, x), tf.add(sum, x)], tf.constant(0), tf.constant([1, 2, 3]));

tf.keras.ops.switch(1, [(x) => tf.square(x), (x) => tf.negative(x)], tf.constant(3));

tf.keras.ops.vectorizedMap((x) => tf.square(x), tf.constant([1, 2, 3]));

tf.keras.ops.whileLoop((i) => tf.less(i, 5), (i) => [tf.add(i, 2)], [tf.constant(0)]);

tf.keras.ops.empty([2, 3]).shape;

tf.keras.random.normal([3], { seed: 1 });

tf.keras.random.truncatedNormal([3], { seed: 1 });

tf.keras.random.uniform([3], { seed: 1 });

tf.keras.random.randint([3], 0, 10, { seed: 1 });

tf.keras.random.categorical([[0, 1, 2]], 4, { seed: 1 });

tf.keras.random.dropout(tf.ones([6]), 0.5, { seed: 1 });

tf.keras.random.shuffle([1, 2, 3, 4], { seed: 1 });

tf.keras.random.gamma([3], 2, { seed: 1 });

tf.keras.random.binomial([3], 10, 0.5, { seed: 1 });

tf.keras.random.beta([3], 2, 3, { seed: 1 });

tf.keras.Input([28, 28, 1]).shape;

tf.keras.config.dtypePolicy().name;

// tf.keras.config.setDtypePolicy
tf.keras.config.setDtypePolicy('mixed_bfloat16');
const policy = new tf.keras.layers.Dense(1).dtypePolicy.name;
tf.keras.config.setDtypePolicy('float32');
console.log(policy);

// tf.keras.models.saveModel
const model = new tf.keras.Sequential([tf.keras.Input([2]), new tf.keras.layers.Dense(1)]);
await tf.keras.models.saveModel(model, 'm.keras');
(await tf.keras.models.loadModel('m.keras')).countParams();

// tf.keras.models.loadModel
const model = new tf.keras.Sequential([tf.keras.Input([2]), new tf.keras.layers.Dense(1)]);
await model.save('m.keras');
(await tf.keras.models.loadModel('m.keras')).countParams();

// tf.keras.models.modelFromJson
const model = new tf.keras.Sequential([tf.keras.Input([2]), new tf.keras.layers.Dense(1)]);
tf.keras.models.modelFromJson(model.toJson()).countParams();

// tf.keras.models.cloneModel
const model = new tf.keras.Sequential([tf.keras.Input([2]), new tf.keras.layers.Dense(1)]);
tf.keras.models.cloneModel(model).countParams();

// tf.keras.saving.saveWeights
const model = new tf.keras.Sequential([tf.keras.Input([2]), new tf.keras.layers.Dense(1)]);
await tf.keras.saving.saveWeights(model, 'm.weights.h5');

// tf.keras.saving.loadWeights
const model = new tf.keras.Sequential([tf.keras.Input([2]), new tf.keras.layers.Dense(1)]);
await model.saveWeights('m.weights.h5');
await tf.keras.saving.loadWeights(model, 'm.weights.h5');

// tf.keras.utils.modelToSvg
const model = new tf.keras.Sequential([tf.keras.Input([2]), new tf.keras.layers.Dense(1)]);
tf.keras.utils.modelToSvg(model).slice(0, 4);

// tf.keras.utils.plotModel
const model = new tf.keras.Sequential([tf.keras.Input([2]), new tf.keras.layers.Dense(1)]);
await tf.keras.utils.plotModel(model, { toFile: 'model.svg' });

// tf.keras.utils.setRandomSeed
tf.keras.utils.setRandomSeed(1);
tf.random.normal([2]);

tf.keras.utils.normalize([[3, 4]]);

tf.keras.utils.padSequences([[1, 2], [3]]);

tf.keras.utils.toCategorical([0, 2, 1]);

tf.keras.utils.packXYSampleWeight(tf.constant([1]), tf.constant([2]));

tf.keras.utils.unpackXYSampleWeight([tf.constant([1]), tf.constant([2])]);

// tf.keras.utils.splitDataset
const [left, right] = tf.keras.utils.splitDataset(tf.constant([1, 2, 3, 4]), { leftSize: 0.5 });
[...left].length;

// tf.keras.utils.timeseriesDatasetFromArray
const windows = tf.keras.utils.timeseriesDatasetFromArray([1, 2, 3, 4, 5], null, 3);
[...windows].length;

tf.keras.saving.getCustomObjects();

tf.keras.saving.getRegisteredName(tf.keras.layers.Dense);

tf.keras.saving.getRegisteredObject('Unknown');

tf.keras.saving.serializeKerasObject(new tf.keras.regularizers.L2(0.1));

// tf.keras.saving.deserializeKerasObject
const config = tf.keras.saving.serializeKerasObject(new tf.keras.regularizers.L2(0.1));
typeof tf.keras.saving.deserializeKerasObject(config);

// tf.keras.saving.registerKerasSerializable
class Twice extends tf.keras.layers.Layer {
  call(x) {
    return tf.multiply(x, 2);
  }
}
tf.keras.saving.registerKerasSerializable()(Twice);
tf.keras.saving.getRegisteredName(Twice);

// tf.keras.saving.customObjectScope
tf.keras.saving.customObjectScope({}, () => 'inside');

// tf.keras.utils.textDatasetFromDirectory
const fs = require('node:fs');
for (const name of ['bad', 'good']) {
  fs.mkdirSync(`reviews/${name}`, { recursive: true });
  fs.writeFileSync(`reviews/${name}/1.txt`, `a ${name} film`);
}
const texts = tf.keras.utils.textDatasetFromDirectory('reviews');
texts.classNames;
