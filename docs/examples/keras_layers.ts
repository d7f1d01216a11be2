/** Examples of the layers of tf.keras, a paragraph for each class: see scripts/docs/examples.mjs. */

// tf.keras.layers.Layer
class Scale extends tf.keras.layers.Layer {
  build() {
    this.factor = this.addWeight({ shape: [], initializer: 'ones', name: 'factor' });
    this.built = true;
  }
  call(x) {
    return tf.multiply(x, this.factor);
  }
}
const scale = new Scale();
scale([1, 2, 3]);

const dense = new tf.keras.layers.Dense(2, { activation: 'relu', kernelInitializer: 'ones' });
dense([[1, 2, 3], [-4, -5, -6]]);

const attend = new tf.keras.layers.EinsumDense('abc,cd->abd', [null, 8], { biasAxes: 'd' });
attend(tf.ones([2, 5, 4])).shape;

// A row of numbers for each word.
const embedding = new tf.keras.layers.Embedding(1000, 4);
embedding([[4, 10, 7], [0, 2, 1]]).shape;

const embedding = new tf.keras.layers.ReversibleEmbedding(1000, 8);
const hidden = embedding([[4, 10, 7]]);
const logits = embedding(hidden, { reverse: true });
console.log(hidden.shape, logits.shape);

const input = new tf.keras.layers.InputLayer({ shape: [28, 28, 1], name: 'image' });
input.output.shape;

const spec = new tf.keras.InputSpec({ ndim: 3, axes: { [-1]: 8 } });
spec.toString();

const double = new tf.keras.layers.Lambda((x) => tf.multiply(x, 2));
double([1, 2, 3]);

// Steps in which all elements are the mask value are skipped by the layers that follow.
const masking = new tf.keras.layers.Masking({ maskValue: 0 });
const lstm = new tf.keras.layers.LSTM(3);
lstm(masking([[[1, 2], [0, 0]]])).shape;

new tf.keras.layers.Identity()([1, 2]);

// tf.keras.layers.Wrapper
class Twice extends tf.keras.layers.Wrapper {
  call(x) {
    return this.layer(this.layer(x));
  }
}
const twice = new Twice(new tf.keras.layers.Dense(2, { kernelInitializer: 'ones' }));
twice([[1, 2]]);

new tf.keras.layers.Activation('tanh')([-1, 0, 1]);

new tf.keras.layers.ReLU({ maxValue: 6 })([-1, 3, 8]);

new tf.keras.layers.LeakyReLU({ negativeSlope: 0.1 })([-2, 3]);

new tf.keras.layers.ELU()([-1, 0, 2]);

// The slope of negative values is a weight.
const prelu = new tf.keras.layers.PReLU({ alphaInitializer: 'ones' });
prelu([[-1, 2]]);

new tf.keras.layers.Softmax()([[1, 2, 3]]);

const attention = new tf.keras.layers.Attention();
const [query, value] = [tf.random.normal([2, 3, 8]), tf.random.normal([2, 5, 8])];
attention([query, value]).shape;

const attention = new tf.keras.layers.AdditiveAttention();
const [query, value] = [tf.random.normal([2, 3, 8]), tf.random.normal([2, 5, 8])];
attention([query, value]).shape;

const attention = new tf.keras.layers.MultiHeadAttention(2, 4);
const x = tf.random.normal([1, 5, 8]);
const [y, scores] = attention(x, x, { useCausalMask: true, returnAttentionScores: true });
console.log(y.shape, scores.shape);

// Four query heads share two key-value heads.
const attention = new tf.keras.layers.GroupQueryAttention(4, 4, 2);
const x = tf.random.normal([1, 5, 8]);
attention(x, x).shape;

new tf.keras.layers.Add()([tf.constant([[1, 2]]), tf.constant([[3, 4]])]);

new tf.keras.layers.Subtract()([tf.constant([[1, 2]]), tf.constant([[3, 4]])]);

new tf.keras.layers.Multiply()([tf.constant([[1, 2]]), tf.constant([[3, 4]])]);

new tf.keras.layers.Average()([tf.constant([[1, 2]]), tf.constant([[3, 4]])]);

new tf.keras.layers.Maximum()([tf.constant([[1, 5]]), tf.constant([[3, 4]])]);

new tf.keras.layers.Minimum()([tf.constant([[1, 5]]), tf.constant([[3, 4]])]);

new tf.keras.layers.Concatenate({ axis: 1 })([tf.constant([[1, 2]]), tf.constant([[3]])]);

new tf.keras.layers.Dot(1)([tf.constant([[1, 2]]), tf.constant([[3, 4]])]);

// During training, features have mean 0 and variance 1 over the batch; predictions use moving averages.
const normalize = new tf.keras.layers.BatchNormalization();
normalize([[1, 10], [3, 30]], { training: true });

new tf.keras.layers.LayerNormalization()([[1, 2, 3], [10, 20, 30]]);

const normalize = new tf.keras.layers.GroupNormalization({ groups: 2 });
normalize([[1, 3, 10, 30]]);

new tf.keras.layers.RMSNormalization()([[3, 4]]);

new tf.keras.layers.UnitNormalization()([[3, 4]]);

const normalized = new tf.keras.layers.SpectralNormalization(new tf.keras.layers.Dense(2));
normalized(tf.ones([1, 3]), { training: true }).shape;

// Kept elements are scaled by 1 / (1 - rate); without `training`, nothing happens.
const dropout = new tf.keras.layers.Dropout(0.5, { seed: 1 });
dropout(tf.ones([6]), { training: true });

const dropout = new tf.keras.layers.AlphaDropout(0.2, { seed: 1 });
dropout([1, 2, 3, 4], { training: true }).shape;

const dropout = new tf.keras.layers.GaussianDropout(0.2, { seed: 1 });
dropout([1, 2, 3, 4], { training: true }).shape;

const noise = new tf.keras.layers.GaussianNoise(0.1, { seed: 1 });
noise([1, 2, 3, 4], { training: true }).shape;

// Drops whole channels.
const dropout = new tf.keras.layers.SpatialDropout1D(0.5, { seed: 1 });
dropout(tf.ones([1, 3, 4]), { training: true });

const dropout = new tf.keras.layers.SpatialDropout2D(0.5, { seed: 1 });
dropout(tf.ones([1, 8, 8, 4]), { training: true }).shape;

const dropout = new tf.keras.layers.SpatialDropout3D(0.5, { seed: 1 });
dropout(tf.ones([1, 4, 8, 8, 4]), { training: true }).shape;

const layer = new tf.keras.layers.ActivityRegularization({ l2: 0.01 });
layer([[1, 2], [3, 4]]);
layer.losses;

const flatten = new tf.keras.layers.Flatten();
flatten(tf.ones([2, 28, 28])).shape;

const reshape = new tf.keras.layers.Reshape([3, -1]);
reshape(tf.ones([2, 12])).shape;

const permute = new tf.keras.layers.Permute([2, 1]); // the batch is dimension 0
permute(tf.ones([2, 10, 64])).shape;

new tf.keras.layers.RepeatVector(3)([[1, 2]]);

new tf.keras.layers.ZeroPadding1D(1)([[[1], [2]]]);

const pad = new tf.keras.layers.ZeroPadding2D([1, 2]);
pad(tf.ones([1, 4, 4, 3])).shape;

const pad = new tf.keras.layers.ZeroPadding3D(1);
pad(tf.ones([1, 4, 4, 4, 3])).shape;

new tf.keras.layers.Cropping1D(1)([[[1], [2], [3], [4]]]);

const crop = new tf.keras.layers.Cropping2D([[1, 1], [2, 2]]);
crop(tf.ones([1, 8, 8, 3])).shape;

const crop = new tf.keras.layers.Cropping3D(1);
crop(tf.ones([1, 8, 8, 8, 3])).shape;

new tf.keras.layers.UpSampling1D(2)([[[1], [2]]]);

const enlarge = new tf.keras.layers.UpSampling2D(2, { interpolation: 'bilinear' });
enlarge(tf.ones([1, 4, 4, 3])).shape;

const enlarge = new tf.keras.layers.UpSampling3D(2);
enlarge(tf.ones([1, 2, 2, 2, 3])).shape;
