/** tf.keras.config, and small functions of tf.keras.utils. */
import * as tf from 'gradtape';

const { keras } = tf;
const { config, layers, utils } = keras;

afterEach(() => {
  config.setFloatx('float32');
  config.setDtypePolicy('float32');
  config.setEpsilon(1e-7);
  config.setImageDataFormat('channels_last');
  config.setMaxEpochs(null);
  config.setMaxStepsPerEpoch(null);
  config.enableInteractiveLogging();
});

test('floatx: inputs, random numbers, metrics, losses and tensors', () => {
  expect(config.floatx()).toBe('float32');
  config.setFloatx('float64');
  expect(keras.Input([2]).dtype).toBe('float64');
  expect(keras.random.uniform([2]).dtype).toBe('float64');
  expect(keras.random.normal([2], { stddev: 2 }).dtype).toBe('float64');
  expect(keras.ops.zeros([2]).dtype).toBe('float64');
  expect(new keras.metrics.Mean().dtype).toBe('float64');
  expect(new keras.losses.MeanSquaredError()([1, 2], [2, 4]).dtype).toBe('float64');
  expect(() => config.setFloatx('int32' as 'float32')).toThrow(
    /\[setFloatx\] Unknown `floatx` value: 'int32'. Expected one of bfloat16, float16/,
  );
});

test('layers take the default dtype until the first was made', () => {
  jest.isolateModules(() => {
    const fresh = jest.requireActual<typeof tf>('../../lib/index');
    fresh.keras.config.setFloatx('float64');
    expect(new fresh.keras.layers.Dense(2).dtype).toBe('float64');
    fresh.keras.config.setFloatx('float32');
    expect(new fresh.keras.layers.Dense(2).dtype).toBe('float64');
  });
});

test('epsilon bounds losses, metrics and constraints', () => {
  const loss = (): number => Number(keras.losses.binaryCrossentropy([[1]], [[0]]).item());
  expect(loss()).toBeCloseTo(-Math.log(1e-7), 2);
  config.setEpsilon(0.125);
  expect(config.epsilon()).toBe(0.125);
  expect(loss()).toBeCloseTo(-Math.log(0.125), 5);
  const unit = new keras.constraints.UnitNorm();
  expect(Number(unit(tf.constant([[3], [4]])).data()[0])).toBeCloseTo(3 / 5.125, 5);
  expect(() => config.setEpsilon(NaN)).toThrow(/\[setEpsilon\] value must be a finite number/);
});

test('the data format is that of layers that are given none', () => {
  config.setImageDataFormat('channels_first');
  expect(new layers.Conv2D(4, 3)(keras.Input([3, 8, 8])).shape).toEqual([null, 4, 6, 6]);
  expect(new layers.RandomFlip().dataFormat).toBe('channels_first');
  expect(new layers.MaxPooling2D()(keras.Input([3, 8, 8])).shape).toEqual([null, 3, 4, 4]);
  expect(new layers.Flatten().getConfig().dataFormat).toBe('channels_first');
  expect(() => config.setImageDataFormat('NHWC' as 'channels_last')).toThrow(
    /one of channels_last, channels_first/,
  );
});

test('limits of epochs and steps', async () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const model = new keras.Sequential([keras.Input([1]), new layers.Dense(1)]);
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  let steps = 0;
  const callbacks = [new keras.callbacks.LambdaCallback({ onTrainBatchEnd: () => void steps++ })];
  config.setMaxEpochs(2);
  config.setMaxStepsPerEpoch(3);
  const x = tf.ones([10, 1]);
  const { epoch } = await model.fit(x, x, { epochs: 5, batchSize: 1, verbose: 0, callbacks });
  expect([epoch.length, steps]).toEqual([2, 6]);
  expect(warn.mock.calls.map(([text]) => text)).toEqual([
    'Limiting epochs to 2',
    'Limiting stepsPerEpoch to 3',
  ]);
  // Enough batches: no limit.
  await model.evaluate(tf.ones([2, 1]), tf.ones([2, 1]), { batchSize: 1, verbose: 0 });
  expect(warn).toHaveBeenCalledTimes(2);
  warn.mockRestore();
  expect(() => config.setMaxEpochs(-1)).toThrow(/\[setMaxEpochs\]/);
  const before = process.env.KERAS_MAX_EPOCHS;
  process.env.KERAS_MAX_EPOCHS = '3';
  jest.isolateModules(() => {
    expect(jest.requireActual<typeof tf>('../../lib/index').keras.config.maxEpochs()).toBe(3);
  });
  if (before === undefined) delete process.env.KERAS_MAX_EPOCHS;
  else process.env.KERAS_MAX_EPOCHS = before;
});

test('without interactive logging nothing is written to the standard output', async () => {
  const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  try {
    const model = new keras.Sequential([keras.Input([1]), new layers.Dense(1)]);
    model.compile({ loss: 'mse' });
    config.disableInteractiveLogging();
    expect(utils.isInteractiveLoggingEnabled()).toBe(false);
    model.summary();
    await model.fit(tf.ones([4, 1]), tf.ones([4, 1]), { epochs: 2 });
    expect(write).not.toHaveBeenCalled();
    utils.enableInteractiveLogging();
    model.summary();
    expect(write).toHaveBeenCalled();
  } finally {
    write.mockRestore();
  }
});

test('source inputs, symbolic tensors, names', () => {
  const [a, b, c] = [keras.Input([2]), keras.Input([2]), keras.Input([2])];
  const sum = layers.add([new layers.Dense(2)(b), a]);
  const output = layers.concatenate([sum, new layers.Dense(2)(sum), c]);
  expect(utils.getSourceInputs(output)).toEqual([b, a, c]);
  expect(utils.getSourceInputs(a)).toEqual([a]);
  expect(() => utils.getSourceInputs(tf.ones([2]) as never)).toThrow(/needs a symbolic tensor/);
  expect([utils.isKerasTensor(a), utils.isKerasTensor(tf.ones([2]))]).toEqual([true, false]);
  utils.clearSession();
  expect([new layers.Dense(1).name, new layers.Dense(1).name]).toEqual(['dense', 'dense_1']);
});

test('schedules have configs', () => {
  const { schedules } = keras.optimizers;
  const decay = new schedules.ExponentialDecay(0.1, 100, 0.5, { staircase: true });
  const config = schedules.serialize(decay);
  expect(config).toMatchObject({ class_name: 'ExponentialDecay', config: { initial_learning_rate: 0.1 } });
  expect(schedules.deserialize(config).getConfig()).toEqual(decay.getConfig());
  expect(() => schedules.serialize(new layers.Dense(1) as never)).toThrow(
    /one of keras.optimizers.schedules/,
  );
});
