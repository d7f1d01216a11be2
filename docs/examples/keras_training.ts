/** Examples of models, callbacks and helpers of training in tf.keras: see scripts/docs/examples.mjs. */

// tf.keras.Model
const input = tf.keras.Input([4]);
const hidden = new tf.keras.layers.Dense(8, { activation: 'relu' })(input);
const model = new tf.keras.Model(input, new tf.keras.layers.Dense(1)(hidden));
model.compile({ optimizer: 'adam', loss: 'mse' });
await model.fit(tf.ones([16, 4]), tf.ones([16, 1]), { epochs: 2, verbose: 0 });
model.outputShape;

const model = new tf.keras.Sequential([
  tf.keras.Input([4]),
  new tf.keras.layers.Dense(8, { activation: 'relu' }),
  new tf.keras.layers.Dense(1),
]);
model.summary();

// tf.keras.KerasTensor
const x = tf.keras.Input([28, 28, 1]);
const y = new tf.keras.layers.Flatten()(x);
console.log(y instanceof tf.keras.KerasTensor, y.shape);

const policy = new tf.keras.DTypePolicy('mixed_float16');
console.log(policy.computeDtype, policy.variableDtype);
new tf.keras.layers.Dense(2, { dtype: policy })(tf.ones([1, 3])).dtype;

const seeds = new tf.keras.random.SeedGenerator(1);
tf.keras.random.normal([2], { seed: seeds }); // another draw at each call

// tf.keras.callbacks.Callback
class Halve extends tf.keras.callbacks.Callback {
  onEpochBegin(epoch) {
    if (epoch > 0) this.model.optimizer.learningRate = this.model.optimizer.learningRate.item() / 2;
  }
}
const model = new tf.keras.Sequential([tf.keras.Input([1]), new tf.keras.layers.Dense(1)]);
model.compile({ optimizer: new tf.keras.optimizers.SGD(0.1), loss: 'mse' });
await model.fit(tf.ones([8, 1]), tf.ones([8, 1]), { epochs: 3, verbose: 0, callbacks: [new Halve()] });
model.optimizer.learningRate.item();

// tf.keras.callbacks.EarlyStopping
const model = new tf.keras.Sequential([tf.keras.Input([1]), new tf.keras.layers.Dense(1)]);
model.compile({ optimizer: 'sgd', loss: 'mse' });
const stop = new tf.keras.callbacks.EarlyStopping({ monitor: 'loss', patience: 1, minDelta: 0.1 });
const history = await model.fit(tf.ones([8, 1]), tf.ones([8, 1]), { epochs: 100, verbose: 0, callbacks: [stop] });
history.epoch.length < 100;

// tf.keras.callbacks.ModelCheckpoint
const model = new tf.keras.Sequential([tf.keras.Input([1]), new tf.keras.layers.Dense(1)]);
model.compile({ optimizer: 'sgd', loss: 'mse' });
const best = new tf.keras.callbacks.ModelCheckpoint('best.keras', { monitor: 'loss', saveBestOnly: true });
await model.fit(tf.ones([8, 1]), tf.ones([8, 1]), { epochs: 2, verbose: 0, callbacks: [best] });
(await tf.keras.models.loadModel('best.keras')).countParams();

// tf.keras.callbacks.BackupAndRestore
const model = new tf.keras.Sequential([tf.keras.Input([1]), new tf.keras.layers.Dense(1)]);
model.compile({ optimizer: 'sgd', loss: 'mse' });
const backup = new tf.keras.callbacks.BackupAndRestore('backup'); // after a crash, the next run continues
const history = await model.fit(tf.ones([8, 1]), tf.ones([8, 1]), { epochs: 2, verbose: 0, callbacks: [backup] });
history.epoch;

// tf.keras.callbacks.CSVLogger
const model = new tf.keras.Sequential([tf.keras.Input([1]), new tf.keras.layers.Dense(1)]);
model.compile({ optimizer: 'sgd', loss: 'mse' });
const logger = new tf.keras.callbacks.CSVLogger('training.csv');
await model.fit(tf.ones([8, 1]), tf.ones([8, 1]), { epochs: 2, verbose: 0, callbacks: [logger] });
require('node:fs').readFileSync('training.csv', 'utf8').split(/\r?\n/)[0];

// tf.keras.callbacks.TensorBoard
const model = new tf.keras.Sequential([tf.keras.Input([1]), new tf.keras.layers.Dense(1)]);
model.compile({ optimizer: 'sgd', loss: 'mse' });
const board = new tf.keras.callbacks.TensorBoard({ logDir: 'logs' }); // then: tensorboard --logdir logs
await model.fit(tf.ones([8, 1]), tf.ones([8, 1]), { epochs: 2, verbose: 0, callbacks: [board] });
require('node:fs').readdirSync('logs');

// tf.keras.callbacks.LearningRateScheduler
const model = new tf.keras.Sequential([tf.keras.Input([1]), new tf.keras.layers.Dense(1)]);
model.compile({ optimizer: 'sgd', loss: 'mse' });
const schedule = new tf.keras.callbacks.LearningRateScheduler((epoch) => 0.1 / (epoch + 1));
await model.fit(tf.ones([8, 1]), tf.ones([8, 1]), { epochs: 2, verbose: 0, callbacks: [schedule] });
model.optimizer.learningRate.item();

// tf.keras.callbacks.ReduceLROnPlateau
const model = new tf.keras.Sequential([tf.keras.Input([1]), new tf.keras.layers.Dense(1)]);
model.compile({ optimizer: 'sgd', loss: 'mse' });
const plateau = new tf.keras.callbacks.ReduceLROnPlateau({ monitor: 'loss', factor: 0.2, patience: 5 });
const history = await model.fit(tf.ones([8, 1]), tf.ones([8, 1]), { epochs: 2, verbose: 0, callbacks: [plateau] });
history.epoch;

// tf.keras.callbacks.LambdaCallback
const model = new tf.keras.Sequential([tf.keras.Input([1]), new tf.keras.layers.Dense(1)]);
model.compile({ optimizer: 'sgd', loss: 'mse' });
const print = new tf.keras.callbacks.LambdaCallback({ onEpochEnd: (epoch) => console.log(`epoch ${epoch} is over`) });
const history = await model.fit(tf.ones([8, 1]), tf.ones([8, 1]), { epochs: 2, verbose: 0, callbacks: [print] });

// tf.keras.callbacks.SwapEMAWeights
const model = new tf.keras.Sequential([tf.keras.Input([1]), new tf.keras.layers.Dense(1)]);
model.compile({ optimizer: new tf.keras.optimizers.Adam({ learningRate: 0.01, useEma: true }), loss: 'mse' });
const swap = new tf.keras.callbacks.SwapEMAWeights(); // evaluates with the averages of the weights
const history = await model.fit(tf.ones([8, 1]), tf.ones([8, 1]), { epochs: 2, verbose: 0, callbacks: [swap] });
history.epoch;

// tf.keras.callbacks.TerminateOnNaN
const model = new tf.keras.Sequential([tf.keras.Input([1]), new tf.keras.layers.Dense(1)]);
model.compile({ optimizer: 'sgd', loss: 'mse' });
const guard = new tf.keras.callbacks.TerminateOnNaN();
const history = await model.fit([[NaN]], [[1]], { epochs: 10, verbose: 0, callbacks: [guard] });
history.epoch.length < 10;

// tf.keras.callbacks.RemoteMonitor
const monitor = new tf.keras.callbacks.RemoteMonitor({ root: 'http://localhost:9000', sendAsJson: true });
monitor instanceof tf.keras.callbacks.Callback; // as a callback of `fit`, it posts each epoch's values

// tf.keras.callbacks.History
const model = new tf.keras.Sequential([tf.keras.Input([1]), new tf.keras.layers.Dense(1)]);
model.compile({ optimizer: 'sgd', loss: 'mse' });
const history = await model.fit(tf.ones([8, 1]), tf.ones([8, 1]), { epochs: 2, verbose: 0 });
console.log(history instanceof tf.keras.callbacks.History, history.epoch, Object.keys(history.history));

// tf.keras.callbacks.ProgbarLogger
const model = new tf.keras.Sequential([tf.keras.Input([1]), new tf.keras.layers.Dense(1)]);
model.compile({ optimizer: 'sgd', loss: 'mse' });
const progress = new tf.keras.callbacks.ProgbarLogger(); // what `fit` shows with verbose: 1
const history = await model.fit(tf.ones([8, 1]), tf.ones([8, 1]), { verbose: 0, callbacks: [progress] });

// In a training loop of your own.
const callbacks = new tf.keras.callbacks.CallbackList([new tf.keras.callbacks.History()]);
await callbacks.onTrainBegin();
await callbacks.onEpochEnd(0, { loss: 0.5 });
callbacks.history.history;

const bar = new tf.keras.utils.Progbar(3, { verbose: 2 });
for (let i = 1; i <= 3; i++) bar.update(i, [['loss', 1 / i]]);

// tf.keras.utils.PyDataset
class Squares extends tf.keras.utils.PyDataset {
  length = 10;
  getItem(index) {
    const x = tf.fill([4, 1], index / 10);
    return [x, tf.square(x)];
  }
}
const model = new tf.keras.Sequential([tf.keras.Input([1]), new tf.keras.layers.Dense(1)]);
model.compile({ optimizer: 'adam', loss: 'mse' });
await model.fit(new Squares(), null, { epochs: 2, verbose: 0 });
new Squares().getItem(3);

// tf.keras.utils.imageDatasetFromDirectory
const fs = require('node:fs');
for (const name of ['falling', 'rising']) {
  fs.mkdirSync(`charts/${name}`, { recursive: true });
  await plot.line([1, 2], name === 'rising' ? [1, 2] : [2, 1]).save(`charts/${name}/1.png`);
}
const images = tf.keras.utils.imageDatasetFromDirectory('charts', { imageSize: [32, 32], batchSize: 2, seed: 1 });
console.log(images.classNames);
for await (const [x, y] of images) console.log(x.shape, y.shape);
