/** Layers that normalize, as users meet them: training in compiled steps, frozen layers, files, errors. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';

const { layers } = tf.keras;
const { InvalidArgumentError } = tf.errors;

test('fit moves the averages of batch normalization; a frozen layer keeps them', async () => {
  tf.keras.utils.setRandomSeed(1);
  const norm = new layers.BatchNormalization({ momentum: 0.5 });
  const frozen = new layers.BatchNormalization({ trainable: false });
  const model = new tf.keras.Sequential([
    tf.keras.Input([3]),
    norm,
    new layers.Dropout(0.25),
    frozen,
    new layers.Dense(1),
  ]);
  model.compile({ optimizer: 'sgd', loss: 'mean_squared_error' });
  const x = tf.add(tf.random.uniform([32, 3]), 4);
  await model.fit(x, tf.ones([32, 1]), { epochs: 12, batchSize: 32, verbose: 0 });
  const mean = (norm.movingMean as NonNullable<typeof norm.movingMean>).read().data() as Float32Array;
  for (const value of mean) expect(Math.abs(value - 4.5)).toBeLessThan(0.3);
  const kept = (frozen.movingMean as NonNullable<typeof frozen.movingMean>).read();
  expect([...(kept.data() as Float32Array)]).toEqual([0, 0, 0]);
});

test('models with these layers come back from their files', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normalization-'));
  try {
    const model = new tf.keras.Sequential([
      tf.keras.Input([4, 6]),
      new layers.SpectralNormalization(new layers.Dense(6, { activation: 'hard_silu' })),
      new layers.BatchNormalization({ renorm: true, renormClipping: { rmax: 2 } }),
      new layers.GroupNormalization({ groups: 3 }),
      new layers.LayerNormalization({ axis: [1, 2] }),
      new layers.PReLU({ sharedAxes: [1] }),
      new layers.SpatialDropout1D(0.5, { seed: 1 }),
      new layers.RMSNormalization(),
      new layers.UnitNormalization(),
    ]);
    const x = tf.random.uniform([2, 4, 6]);
    model(x, { training: true });
    const file = path.join(folder, 'model.keras');
    await model.save(file);
    const loaded = await tf.keras.models.loadModel(file);
    expect((loaded as typeof model)(x).array()).toEqual(model(x).array());
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

test('bad options and inputs are refused with what would be right', () => {
  const x = tf.ones([2, 3]);
  expect(() => new layers.BatchNormalization({ axis: 0.5 })).toThrow(InvalidArgumentError);
  expect(() => new layers.BatchNormalization({ axis: 'a' as never })).toThrow(TypeError);
  expect(() => new layers.BatchNormalization({ center: 1 as never })).toThrow(/center must be true or false/);
  expect(() => new layers.BatchNormalization({ axis: 2 })(x)).toThrow(
    /Axis 2 is out of bounds for input shape \(2, 3\)/,
  );
  expect(() => new layers.BatchNormalization({ renorm: true, renormClipping: { rmax: 1, rmin: 2 } })).toThrow(
    /rmax should be greater than rmin/,
  );
  expect(() => new layers.BatchNormalization({ renorm: true, renormClipping: { max: 1 } as never })).toThrow(
    /invalid keys for `renormClipping` argument: max/,
  );
  expect(() => new layers.BatchNormalization()(x, { training: true, mask: tf.ones([2, 3], 'bool') })).toThrow(
    /one dimension less than the inputs/,
  );
  expect(() => new layers.BatchNormalization()(tf.keras.Input([null]))).toThrow(/must be known/);
  const norm = new layers.BatchNormalization();
  norm(x);
  expect(() => norm(tf.ones([2, 4]))).toThrow(/expected axis -1 of input shape to have value 3/);
  expect(() => new layers.LayerNormalization({ axis: [0.5] })).toThrow(InvalidArgumentError);
  expect(() => new layers.LayerNormalization({ axis: [3] })(x)).toThrow(/Axis 3 is out of bounds/);
  expect(() => new layers.GroupNormalization({ groups: 0 })).toThrow(/positive integer/);
  expect(() => new layers.GroupNormalization({ groups: 4 })(x)).toThrow(
    /cannot be more than the number of channels/,
  );
  expect(() => new layers.GroupNormalization({ groups: 2 })(x)).toThrow(/must be a divisor/);
  expect(() => new layers.UnitNormalization({ axis: 5 })(x)).toThrow(/out of bounds/);
  expect(() => new layers.RMSNormalization({ axis: {} as never })).toThrow(TypeError);
  expect(() => new layers.SpectralNormalization(3 as never)).toThrow(TypeError);
  expect(() => new layers.SpectralNormalization(new layers.Dense(1), { powerIterations: 0 })).toThrow(
    /greater than zero/,
  );
  expect(() => new layers.SpectralNormalization(new layers.ReLU())(x)).toThrow(/no attribute 'kernel'/);
  expect(() => new layers.ReLU({ threshold: -1 })).toThrow(/threshold of a ReLU layer/);
  expect(() => new layers.LeakyReLU({ negativeSlope: null as never })).toThrow(TypeError);
  expect(() => new layers.PReLU({ sharedAxes: [4] })(x)).toThrow(/sharedAxes must be from 1 to 1/);
  expect(() => new layers.Softmax()(x, { mask: tf.ones([4, 2, 3]) })).toThrow(/must be broadcastable/);
  expect(() => new layers.Activation('nothing')).toThrow(/Could not interpret activation identifier/);
});
