/** Examples of classes, a paragraph for each: see scripts/docs/examples.mjs. */

// tf.Tensor
const x = tf.constant([[1, 2], [3, 4]]);
console.log(x.shape, x.dtype, x.size);
console.log(x.at(0).array(), x.at(':', -1).array(), x.at(1, 0).item());
x.mul(2).add(1);

// tf.Variable
const w = new tf.Variable([1, 2]);
w.assignAdd([10, 20]);
w.at(0).assign(0);
w;

// tf.GradientTape
const x = new tf.Variable(3);
const tape = new tf.GradientTape({ persistent: true });
const [y, z] = tape.run(() => [tf.square(x), tf.exp(x)]);
console.log(tape.gradient(y, x), tape.gradient(z, x));

// tf.IndexedSlices
const table = new tf.Variable([[1, 1], [2, 2], [3, 3]]);
const tape = new tf.GradientTape();
const rows = tape.run(() => tf.gather(table, [2, 0]));
const gradient = tape.gradient(rows, table); // of a lookup: only the rows that were read
console.log(gradient instanceof tf.IndexedSlices, gradient.indices.array());
tf.convertToTensor(gradient);

// tf.TensorSpec
const f = tf.function((x) => tf.reduceSum(x), {
  inputSignature: [new tf.TensorSpec([null, 2], 'float32')],
});
f([[1, 2], [3, 4]]);

// tf.random.Generator
const generator = tf.random.Generator.fromSeed(1);
console.log(generator.normal([2]), generator.uniform([2]));

// tf.errors.OpError
try {
  tf.matmul([[1, 2]], [[3, 4]]);
} catch (error) {
  console.log(error instanceof tf.errors.OpError, error.name);
}

// tf.errors.InvalidArgumentError
try {
  tf.add([1, 2], [1, 2, 3]);
} catch (error) {
  console.log(error instanceof tf.errors.InvalidArgumentError, error.message);
}

// tf.errors.NotFoundError
try {
  await tf.keras.models.loadModel('missing.keras');
} catch (error) {
  console.log(error instanceof tf.errors.NotFoundError);
}

// tf.errors.OutOfRangeError
const counter = new tf.Variable(0, { dtype: 'int32' });
try {
  for (;;) counter.countUpTo(2);
} catch (error) {
  console.log(error instanceof tf.errors.OutOfRangeError, error.message);
}

// tf.errors.FailedPreconditionError
const tape = new tf.GradientTape();
const x = new tf.Variable(3);
const y = tape.run(() => tf.square(x));
tape.gradient(y, x);
try {
  tape.gradient(y, x); // needs { persistent: true }
} catch (error) {
  console.log(error instanceof tf.errors.FailedPreconditionError);
}

// tf.errors.ResourceExhaustedError
const batcher = new serving.Batcher((rows) => rows, { maxBatchSize: 4, maxQueue: 4 });
try {
  await Promise.all([batcher.run([[1], [2], [3]]), batcher.run([[4], [5]])]);
} catch (error) {
  console.log(error.name, error.message); // a server answers it with status 503
}
await batcher.close();

// tf.errors.DataLossError
require('node:fs').writeFileSync('damaged.npy', 'no array');
try {
  await tf.io.loadNpy('damaged.npy');
} catch (error) {
  console.log(error instanceof tf.errors.DataLossError, error.message);
}

// tf.errors.UnimplementedError
try {
  tf.nn.maxPool2d(tf.ones([1, 4, 4, 2]), [1, 2, 2, 2], 1, 'VALID');
} catch (error) {
  console.log(error.name, error.message);
}

// tf.train.Checkpoint
const step = new tf.Variable(7);
const checkpoint = new tf.train.Checkpoint({ step });
const path = await checkpoint.save('model');
step.assign(0);
await checkpoint.restore(path);
step.item();

// tf.train.CheckpointManager
const step = new tf.Variable(0);
const manager = new tf.train.CheckpointManager(new tf.train.Checkpoint({ step }), 'kept', 3);
for (let i = 0; i < 5; i++) await manager.save();
manager.checkpoints.length;

// plot.Chart
const chart = plot.chart({ title: 'Squares', xTitle: 'x', yTitle: 'x²' });
chart.line([1, 2, 3, 4], [1, 4, 9, 16], { label: 'exact' });
chart.toText({ width: 40, height: 10 }); // or: await chart.save('squares.svg')

// plot.MissingPackageError
try {
  await plot.line([1, 2], [1, 4]).save('squares.png');
} catch (error) {
  if (error instanceof plot.MissingPackageError) console.log(error.command);
}

// gradtape/serving.Batcher
const double = tf.function((x) => x.mul(2));
const batcher = new serving.Batcher((x) => double(x), { maxBatchSize: 64, maxLatency: 2 });
const [a, b] = await Promise.all([batcher.run([[1, 2]]), batcher.run([[3, 4]])]);
console.log(a.array(), b.array(), batcher.stats.batches);
await batcher.close();
