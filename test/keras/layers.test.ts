/** Layers and models as users write them: calls, weights, names, errors. */
import * as tf from 'gradtape';

const { layers } = tf.keras;
const close = (t: tf.Tensor, values: number[]): void =>
  [...(t.data() as Float32Array)].forEach((v, i) => expect(v).toBeCloseTo(values[i], 5));

test('a layer is called like a function, and builds its weights at the first call', () => {
  const dense = new layers.Dense(2, { activation: 'relu', kernelInitializer: 'ones', name: 'mine' });
  expect(dense.built).toBe(false);
  expect(dense.weights).toEqual([]);
  close(dense([[1, 2, 3]]), [6, 6]);
  expect(dense instanceof layers.Dense && dense instanceof layers.Layer).toBe(true);
  expect(dense.weights.map(({ path, shape }) => [path, [...shape]])).toEqual([
    ['mine/kernel', [3, 2]],
    ['mine/bias', [2]],
  ]);
  expect(dense.countParams()).toBe(8);
  expect(() => dense([[1, 2]])).toThrow('expected axis -1 of input shape to have value 3');
});

test('Keras draws the same weights after setRandomSeed', () => {
  tf.keras.utils.setRandomSeed(42);
  const dense = new layers.Dense(8);
  dense.build([null, 4]);
  expect([...(dense.weights[0].data() as Float32Array)].slice(0, 4)).toEqual(
    [0.50655586, 0.2299915, -0.19981313, 0.6363813].map(Math.fround),
  );
});

test('an initializer may be a function of shape and dtype', () => {
  const dense = new layers.Dense(2, {
    kernelInitializer: (shape: readonly number[], dtype: tf.DType) => tf.fill(shape, tf.constant(0.5, dtype)),
    biasInitializer: (shape: readonly number[]) => tf.ones(shape),
  });
  expect(dense(tf.ones([1, 4])).array()).toEqual([[3, 3]]);
});

test('configs make equal layers', () => {
  const dense = new layers.Dense(3, {
    activation: 'tanh',
    kernelRegularizer: new tf.keras.regularizers.L2(0.5),
  });
  const again = layers.Dense.fromConfig<tf.keras.layers.Dense>(dense.getConfig());
  expect(again.name).toBe(dense.name);
  expect(again.units).toBe(3);
  expect(again.activation).toBe(tf.keras.activations.tanh);
  dense([[1, 1]]);
  again([[1, 1]]);
  again.setWeights(dense.getWeights());
  close(again([[2, 3]]), [...(dense([[2, 3]]).data() as Float32Array)]);
  close(again.losses[0], [...(dense.losses[0].data() as Float32Array)]);
});

test('a functional model computes what lies between its inputs and outputs', () => {
  const a = tf.keras.Input([2], { name: 'a' });
  const b = tf.keras.Input([3], { name: 'b' });
  const shared = new layers.Dense(4, { kernelInitializer: 'ones' });
  const model = new tf.keras.Model({ a, b }, [
    shared(new layers.Dense(5, { kernelInitializer: 'ones' })(a)),
    b,
  ]);
  const [y, same] = model<tf.Tensor[]>({ b: tf.ones([1, 3]), a: tf.ones([1, 2]) });
  close(y, [10, 10, 10, 10]);
  close(same, [1, 1, 1]);
  expect(model.layers.map((layer) => layer.constructor.name)).toContain('Dense');
  expect(model.outputs.map(({ shape }) => shape)).toEqual([
    [null, 4],
    [null, 3],
  ]);
  expect(() => new tf.keras.Model(a, shared(b as never))).toThrow(/incompatible|Graph disconnected/);
});

test('a subclass trains the layers in its properties', async () => {
  class Net extends tf.keras.Model {
    hidden = new layers.Dense(4, { activation: 'relu' });
    out = [new layers.Dense(1)];

    override call(x: tf.Tensor): tf.Tensor {
      return this.out[0](this.hidden(x));
    }
  }
  const net = new Net();
  net.compile({ optimizer: new tf.keras.optimizers.SGD(0.1), loss: 'mse' });
  const x = tf.random.uniform([64, 2], { seed: 1 });
  const y = tf.reduceSum(x, { axis: 1, keepdims: true });
  const { history } = await net.fit(x, y, { epochs: 20, verbose: 0 });
  expect(net.weights).toHaveLength(4);
  expect(history.loss[19]).toBeLessThan(history.loss[0] / 2);
  net.hidden.trainable = false;
  expect(net.trainableWeights).toHaveLength(2);
  expect(net.nonTrainableWeights).toHaveLength(2);
});

test('fit holds back, weights, iterates, stops and validates', async () => {
  const model = new tf.keras.Sequential([new layers.Dense(1, { kernelInitializer: 'zeros' })]);
  model.compile({ optimizer: 'sgd', loss: 'mse', metrics: ['mae'] });
  const [x, y] = [tf.ones([10, 1]), tf.ones([10, 1])];
  const first = await model.fit(x, y, { validationSplit: 0.2, batchSize: 3, verbose: 0 });
  expect(Object.keys(first.history)).toEqual(['loss', 'mae', 'val_loss', 'val_mae']);
  async function* batches(): AsyncGenerator<[tf.Tensor, tf.Tensor]> {
    for (let i = 0; i < 4; i++)
      yield await Promise.resolve([tf.ones([2, 1]), tf.ones([2, 1])] as [tf.Tensor, tf.Tensor]);
  }
  const second = await model.fit(batches(), null, { verbose: 0 });
  expect(second.history.loss).toHaveLength(1);
  const validated = await model.fit(x, y, { validationData: [x, y], verbose: 0 });
  expect(validated.history.val_loss).toHaveLength(1);
  await expect(model.fit(x, y, { validationData: [x], verbose: 0 })).rejects.toThrow(
    'validationData must be [x, y]',
  );
  class Stop extends tf.keras.callbacks.Callback {
    override onEpochEnd(epoch: number): void {
      if (epoch === 1 && this.model !== null) this.model.stopTraining = true;
    }
  }
  const third = await model.fit(x, y, { epochs: 9, callbacks: [new Stop()], verbose: 0 });
  expect(third.epoch).toEqual([0, 1]);
  const before = model.getWeights().map((w) => w.array());
  await model.fit(x, y, { classWeight: { 1: 0 }, verbose: 0 });
  expect(model.getWeights().map((w) => w.array())).toEqual(before);
  await expect(model.fit(x, tf.ones([9, 1]))).rejects.toThrow('Data cardinality is ambiguous');
  await expect(new tf.keras.Sequential([new layers.Dense(1)]).fit(x, y)).rejects.toThrow(
    'You must call `compile()`',
  );
});

test('the event loop runs while a model trains', async () => {
  const model = new tf.keras.Sequential([new layers.Dense(256, { activation: 'relu' }), new layers.Dense(1)]);
  model.compile({ optimizer: 'adam', loss: 'mse' });
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await model.fit(tf.ones([2000, 64]), tf.ones([2000, 1]), { epochs: 5, verbose: 0 });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
});

test('names that mean nothing are errors that list those that do', () => {
  expect(() => new layers.Dense(1, { activation: 'rilu' })).toThrow(/'rilu'.*relu/);
  expect(() => new layers.Dense(1, { kernelInitializer: 'glorot' })).toThrow(/'glorot'.*glorot_uniform/);
  expect(() => new layers.Dense(0)).toThrow('expected a positive integer');
  expect(() => new layers.Dense(1, { units: 3 } as never)).toThrow('Unrecognized keyword arguments');
  const model = new tf.keras.Sequential([tf.keras.Input([1]), new layers.Dense(1)]);
  expect(() => model.compile({ optimizer: 'adum' })).toThrow(/'adum'|adum/);
  expect(() => model.compile({ losses: 'mse' } as never)).toThrow("has no option 'losses'");
});

test('initializers give the shapes and values that they say', () => {
  const { Constant, Identity, VarianceScaling } = tf.keras.initializers;
  close(new Constant(3)([2]), [3, 3]);
  close(new Identity(2)([2, 2]), [2, 0, 0, 2]);
  const seeded = new VarianceScaling({ seed: 7, distribution: 'uniform' });
  expect(seeded([3, 2]).array()).toEqual(seeded([3, 2]).array());
  expect(() => new VarianceScaling({ scale: -1 })).toThrow('must be positive float');
});

test("orthogonal initializers have Keras's values for a seed", () => {
  const { Orthogonal, get } = tf.keras.initializers;
  close(
    new Orthogonal({ seed: 3 })([4, 2]),
    [-0.38062847, 0.67299211, -0.53516203, 0.30284721, 0.71003044, 0.39259747, 0.25412613, 0.54884648],
  );
  const wide = [-0.51606369, -1.38911152, 0.58978593, 0.30176118, -1.16839206, 1.30060196, -0.40277791];
  const orthogonalRows = new Orthogonal({ gain: 2, seed: 4 })([2, 5]);
  close(orthogonalRows, [...wide, -1.2710135, 0.31971836, -0.6546067]);
  close(tf.matmul(orthogonalRows, orthogonalRows, { transposeB: true }), [4, 0, 0, 4]);
  const kernel = [-0.88364291, 0.36083031, 0.26345825, -0.05579421, 0.54777932, -0.68119551, -0.4017733];
  const rest = [-0.68416995, -0.09097929, -0.23375298, -0.3188273, -0.67696768];
  close(new Orthogonal({ seed: 5 })([2, 2, 3]), [...kernel, ...rest]);
  expect(new Orthogonal(2).getConfig()).toEqual({ seed: null, gain: 2 });
  expect(get('orthogonal')).toBeInstanceOf(Orthogonal);
  expect(get('OrthogonalInitializer')).toBeInstanceOf(Orthogonal);
  expect(() => new Orthogonal()([3])).toThrow('must be at least two-dimensional');
});

test('a few rows of inputs alone are inputs, not labels', async () => {
  const model = new tf.keras.Sequential([new layers.Dense(1)]);
  class Size extends layers.Layer {
    call(inputs: tf.Tensor): tf.Tensor {
      this.addLoss(tf.reduceSum(inputs));
      return inputs;
    }
  }
  model.add(new Size());
  model.compile({ optimizer: 'sgd' });
  model([[0, 0]]);
  model.setWeights([tf.ones([2, 1]), tf.zeros([1])]);
  const { loss } = await model.evaluate(
    [
      [1, 2],
      [3, 4],
    ],
    null,
    { verbose: 0 },
  );
  expect(loss).toBeCloseTo(10, 5);
});

test('options that a layer does not have: the message names the layer and what it takes', () => {
  expect(() => new layers.Dense(1, { activaton: 'relu' } as never)).toThrow(TypeError);
  expect(() => new layers.Dense(1, { activaton: 'relu' } as never)).toThrow(
    /^\[dense\] Unrecognized keyword arguments passed to the layer: activaton\. It takes name, trainable, dtype, .*activation, useBias/,
  );
  expect(() => new layers.LSTM(1, { unit: 2 } as never)).toThrow(
    /^\[lstm_cell\].*: unit\. It takes name, trainable, .*recurrentActivation/,
  );
});

// Keras 3.15.1: Lambda(lambda x, k=2.0: x * k + 1, arguments={"k": 3.0}, mask=…), Wrapper, Masking.
test('Lambda computes with its arguments, passes masks and has gradients', () => {
  const lambda = new layers.Lambda(
    (x: tf.Tensor, { k = 2 }: { k?: number } = {}) => tf.add(tf.multiply(x, k), 1),
    {
      arguments: { k: 3 },
    },
  );
  const x = new tf.Variable([[1, -2]]);
  const tape = new tf.GradientTape();
  const y = tape.run(() => lambda(x));
  expect(y.array()).toEqual([[4, -5]]);
  expect(tape.gradient(y, x).array()).toEqual([[3, 3]]);
  expect(lambda(tf.keras.Input([2])).shape).toEqual([null, 2]);
});

test('Wrapper has the weights, the losses and the config of its layer', () => {
  class Scaled extends layers.Wrapper {
    override call(x: tf.Tensor): unknown {
      return tf.multiply(this.layer(x), 2);
    }
  }
  const inner = new layers.Dense(1, { kernelInitializer: 'ones', kernelRegularizer: 'l2', name: 'inner' });
  const scaled = new Scaled(inner, { name: 'scaled' });
  expect(scaled(tf.constant([[1, 2]])).array()).toEqual([[6]]);
  expect(scaled.weights.map((w) => w.path)).toEqual(['scaled/inner/kernel', 'scaled/inner/bias']);
  expect(Number(scaled.losses[0].item())).toBeCloseTo(0.02, 6);
  expect(scaled.getConfig()).toMatchObject({ name: 'scaled', layer: inner });
  expect(() => new Scaled(3 as never)).toThrow(TypeError);
});

test('pooling layers take the size of a window first or among the options', () => {
  const { AveragePooling2D, MaxPooling2D } = tf.keras.layers;
  for (const type of [AveragePooling2D, MaxPooling2D]) {
    const layer = new type({ poolSize: [2, 3], strides: 1 });
    expect(layer.getConfig()).toMatchObject({ poolSize: [2, 3], strides: [1, 1] });
    expect(new type([2, 3], { strides: 1 }).getConfig()).toMatchObject({ poolSize: [2, 3], strides: [1, 1] });
  }
  expect(new MaxPooling2D({ padding: 'same' }).poolSize).toEqual([2, 2]);
  expect(new MaxPooling2D({ poolSize: undefined }).poolSize).toEqual([2, 2]);
  expect(() => new AveragePooling2D({ padding: 'same' } as never)).toThrow('`poolSize` argument must be 2');
});

test('what Keras computes or refuses, in corners', () => {
  const { layers, losses } = tf.keras;
  expect(() => new losses.CategoricalGeneralizedCrossEntropy({ q: 0 })).toThrow('q must be in the interval');
  expect(() => new layers.LSTM(2)(tf.zeros([2, 0, 2]))).toThrow('their shape is [2,0,2]');
  const image = tf.reshape(tf.range(16, { dtype: 'float32' }), [1, 4, 4, 1]);
  const resized = new layers.Resizing(2, 2, { interpolation: 'area' })<tf.Tensor>(image);
  expect([...(resized.data() as Iterable<number>)]).toEqual([2.5, 4.5, 10.5, 12.5]);
});
