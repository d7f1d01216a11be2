/** Examples of the convolution, pooling and recurrent layers of tf.keras: see scripts/docs/examples.mjs. */

const conv = new tf.keras.layers.Conv1D(8, 3, { padding: 'causal' });
conv(tf.ones([2, 20, 4])).shape;

const conv = new tf.keras.layers.Conv2D(16, 3, { activation: 'relu', padding: 'same' });
conv(tf.ones([2, 28, 28, 1])).shape;

const conv = new tf.keras.layers.Conv3D(4, 3, { strides: 2 });
conv(tf.ones([1, 9, 9, 9, 2])).shape;

const conv = new tf.keras.layers.Conv1DTranspose(8, 3, { strides: 2 });
conv(tf.ones([2, 10, 4])).shape;

const conv = new tf.keras.layers.Conv2DTranspose(8, 3, { strides: 2, padding: 'same' });
conv(tf.ones([2, 7, 7, 4])).shape;

const conv = new tf.keras.layers.Conv3DTranspose(4, 3);
conv(tf.ones([1, 4, 4, 4, 2])).shape;

const conv = new tf.keras.layers.DepthwiseConv1D(3, { depthMultiplier: 2 });
conv(tf.ones([2, 20, 4])).shape;

const conv = new tf.keras.layers.DepthwiseConv2D(3, { padding: 'same' });
conv(tf.ones([2, 8, 8, 4])).shape;

const conv = new tf.keras.layers.SeparableConv1D(8, 3);
conv(tf.ones([2, 20, 4])).shape;

const conv = new tf.keras.layers.SeparableConv2D(8, 3, { padding: 'same' });
conv(tf.ones([2, 8, 8, 4])).shape;

new tf.keras.layers.MaxPooling1D(2)([[[1], [3], [2], [5]]]);

const pool = new tf.keras.layers.MaxPooling2D(2);
pool(tf.ones([1, 28, 28, 8])).shape;

const pool = new tf.keras.layers.MaxPooling3D(2);
pool(tf.ones([1, 8, 8, 8, 4])).shape;

new tf.keras.layers.AveragePooling1D(2)([[[1], [3], [2], [5]]]);

const pool = new tf.keras.layers.AveragePooling2D(3, { strides: 2, padding: 'same' });
pool(tf.ones([1, 28, 28, 8])).shape;

const pool = new tf.keras.layers.AveragePooling3D(2);
pool(tf.ones([1, 8, 8, 8, 4])).shape;

new tf.keras.layers.GlobalMaxPooling1D()([[[1, 10], [3, 5]]]);

const pool = new tf.keras.layers.GlobalMaxPooling2D();
pool(tf.ones([2, 7, 7, 16])).shape;

const pool = new tf.keras.layers.GlobalMaxPooling3D();
pool(tf.ones([2, 4, 4, 4, 16])).shape;

new tf.keras.layers.GlobalAveragePooling1D()([[[1, 10], [3, 5]]]);

const pool = new tf.keras.layers.GlobalAveragePooling2D({ keepdims: true });
pool(tf.ones([2, 7, 7, 16])).shape;

const pool = new tf.keras.layers.GlobalAveragePooling3D();
pool(tf.ones([2, 4, 4, 4, 16])).shape;

// The result has this many steps, whatever the input has.
new tf.keras.layers.AdaptiveAveragePooling1D(2)([[[1], [3], [2], [4]]]);

const pool = new tf.keras.layers.AdaptiveAveragePooling2D([2, 2]);
pool(tf.ones([1, 9, 7, 3])).shape;

const pool = new tf.keras.layers.AdaptiveAveragePooling3D(2);
pool(tf.ones([1, 4, 4, 4, 3])).shape;

new tf.keras.layers.AdaptiveMaxPooling1D(2)([[[1], [3], [2], [4]]]);

const pool = new tf.keras.layers.AdaptiveMaxPooling2D([2, 2]);
pool(tf.ones([1, 9, 7, 3])).shape;

const pool = new tf.keras.layers.AdaptiveMaxPooling3D(2);
pool(tf.ones([1, 4, 4, 4, 3])).shape;

const lstm = new tf.keras.layers.LSTM(8, { returnSequences: true });
lstm(tf.random.normal([2, 10, 3])).shape;

const gru = new tf.keras.layers.GRU(8, { returnState: true });
const [output, state] = gru(tf.random.normal([2, 10, 3]));
console.log(output.shape, state.shape);

const rnn = new tf.keras.layers.SimpleRNN(8);
rnn(tf.random.normal([2, 10, 3])).shape;

const cell = new tf.keras.layers.LSTMCell(8);
const [output, states] = cell(tf.ones([2, 3]), [tf.zeros([2, 8]), tf.zeros([2, 8])]); // one step
console.log(output.shape, states.length);

const cell = new tf.keras.layers.GRUCell(8);
const [output] = cell(tf.ones([2, 3]), [tf.zeros([2, 8])]); // one step
output.shape;

const cell = new tf.keras.layers.SimpleRNNCell(8);
const [output] = cell(tf.ones([2, 3]), [tf.zeros([2, 8])]); // one step
output.shape;

const rnn = new tf.keras.layers.RNN(new tf.keras.layers.GRUCell(8), { returnSequences: true });
rnn(tf.random.normal([2, 10, 3])).shape;

const cells = new tf.keras.layers.StackedRNNCells([new tf.keras.layers.LSTMCell(8), new tf.keras.layers.LSTMCell(4)]);
new tf.keras.layers.RNN(cells)(tf.random.normal([2, 10, 3])).shape;

const both = new tf.keras.layers.Bidirectional(new tf.keras.layers.LSTM(8));
both(tf.random.normal([2, 10, 3])).shape;

// The same layer for each step.
const perStep = new tf.keras.layers.TimeDistributed(new tf.keras.layers.Dense(4));
perStep(tf.ones([2, 10, 3])).shape;

const lstm = new tf.keras.layers.ConvLSTM1D(4, 3, { padding: 'same' });
lstm(tf.ones([1, 5, 16, 2])).shape;

const lstm = new tf.keras.layers.ConvLSTM2D(4, 3, { padding: 'same', returnSequences: true });
lstm(tf.ones([1, 5, 8, 8, 1])).shape;

const lstm = new tf.keras.layers.ConvLSTM3D(2, 3, { padding: 'same' });
lstm(tf.ones([1, 3, 4, 4, 4, 1])).shape;
