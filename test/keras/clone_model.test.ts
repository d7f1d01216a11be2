/** Copies of models: the same computation with weights of their own. */
import * as tf from 'gradtape';

const { layers, models } = tf.keras;
const values = (model: tf.keras.Model): number[][] =>
  model.weights.map((w) => [...(w.data() as Float32Array)]);

function residual(): tf.keras.Model {
  const x = tf.keras.Input([3], { name: 'x' });
  const shared = new layers.Dense(3, { activation: 'relu', name: 'shared' });
  const h = shared(shared(x));
  const scaled = tf.keras.ops.multiply(new layers.Add()([x, h]), 2);
  return new tf.keras.Model(x, new layers.Dense(2, { name: 'out' })(scaled), { name: 'residual' });
}

test('a functional model: shared layers and operations stay, weights are new', () => {
  const model = residual();
  const copy = models.cloneModel(model);
  expect(copy.name).toBe('residual');
  expect(copy.layers.map(({ name }) => name)).toEqual(model.layers.map(({ name }) => name));
  expect(copy.getConfig()).toEqual(model.getConfig());
  expect(copy.weights.length).toBe(4);
  expect(values(copy)).not.toEqual(values(model));
  copy.setWeights(model.getWeights());
  const x = tf.random.statelessNormal([4, 3], [1, 2]);
  expect(copy(x).array()).toEqual(model(x).array());
  model.weights[0].assign(tf.zeros([3, 3]));
  expect(copy(x).array()).not.toEqual(model(x).array());
});

test('a sequential model is compiled as the first is, with an optimizer of its own', async () => {
  const model = new tf.keras.Sequential(
    [tf.keras.Input([2], { name: 'in' }), new layers.Dense(4, { activation: 'tanh' }), new layers.Dense(1)],
    { name: 'seq' },
  );
  model.compile({ optimizer: new tf.keras.optimizers.SGD(0.5), loss: 'mse', metrics: ['mae'] });
  const copy = models.cloneModel(model);
  expect(copy).toBeInstanceOf(tf.keras.Sequential);
  expect(copy.toJson()).toBe(model.toJson());
  expect(copy.optimizer).not.toBe(model.optimizer);
  expect(copy.optimizer?.getConfig()).toEqual(model.optimizer?.getConfig());
  const before = values(model);
  const { history } = await copy.fit(tf.ones([4, 2]), tf.ones([4, 1]), { verbose: 0 });
  expect(Object.keys(history)).toEqual(expect.arrayContaining(['loss', 'mae']));
  expect(values(model)).toEqual(before);
});

test('a sequential model that is not built is a list of new layers', () => {
  const model = new tf.keras.Sequential([new layers.Dense(4), new layers.Dense(1)]);
  const copy = models.cloneModel(model);
  expect(copy.built).toBe(false);
  expect(copy.layers[0]).not.toBe(model.layers[0]);
  const built = models.cloneModel(model, { inputTensors: tf.keras.Input([3]) });
  expect(built.inputShape).toEqual([null, 3]);
  expect(built.countParams()).toBe(4 * 4 + 5);
});

test('cloneFunction and callFunction change layers and calls', () => {
  const model = residual();
  const wide = models.cloneModel(model, {
    cloneFunction: (layer) =>
      layer.name === 'out'
        ? new layers.Dense(5, { name: 'out' })
        : (layer.constructor as typeof layers.Dense).fromConfig(layer.getConfig()),
  });
  expect(wide.outputShape).toEqual([null, 5]);
  const dropped = models.cloneModel(model, {
    cloneFunction: (layer) => layer,
    callFunction: (layer, ...args) => {
      const out = layer(...(args as [never]));
      return layer instanceof layers.Dense ? new layers.Dropout(0.5)(out as never) : out;
    },
  });
  expect(dropped.layers.filter((layer) => layer instanceof layers.Dropout).length).toBe(3);
  expect(dropped.weights[0]).toBe(model.weights[0]);
});

test('models within are made from their configs, or cloned with the same functions where recursive', () => {
  const inner = new tf.keras.Sequential([tf.keras.Input([2]), new layers.Dense(3, { name: 'within' })], {
    name: 'inner',
  });
  const graph = residual();
  const x = tf.keras.Input([2]);
  const model = new tf.keras.Model(x, graph(inner(x)));
  const seen: string[][] = [];
  for (const recursive of [false, true]) {
    const names: string[] = [];
    const cloneFunction = (layer: tf.keras.layers.Layer): tf.keras.layers.Layer => {
      names.push(layer.name);
      return layer instanceof tf.keras.Model
        ? models.cloneModel(layer)
        : (layer.constructor as typeof layers.Dense).fromConfig(layer.getConfig());
    };
    const copy = models.cloneModel(model, { cloneFunction, recursive });
    expect(copy.countParams()).toBe(model.countParams());
    seen.push(names);
  }
  expect(seen).toEqual([
    ['inner', 'residual'],
    ['within', 'shared', expect.stringMatching(/^add/), 'out'],
  ]);
  const copy = models.cloneModel(model);
  expect(copy.weights.length).toBe(6);
  expect(copy.getLayer('inner')).not.toBe(inner);
});

test('several inputs by name, masks, other inputs', () => {
  const a = tf.keras.Input([null], { name: 'a', dtype: 'int32' });
  const b = tf.keras.Input([2], { name: 'b' });
  const words = new layers.LSTM(2)(new layers.Embedding(5, 3, { maskZero: true })(a));
  const model = new tf.keras.Model({ a, b }, new layers.Concatenate()([words, b]));
  const x = {
    a: tf.constant(
      [
        [1, 2, 0],
        [3, 0, 0],
      ],
      'int32',
    ),
    b: tf.ones([2, 2]),
  };
  const copy = models.cloneModel(model);
  copy.setWeights(model.getWeights());
  expect(copy(x).array()).toEqual(model(x).array());
  const inputTensors = {
    a: tf.keras.Input([3], { name: 'a', dtype: 'int32' }),
    b: tf.keras.Input([2], { name: 'b' }),
  };
  expect(models.cloneModel(model, { inputTensors }).inputs.map((t) => t.shape)).toEqual([
    [null, 3],
    [null, 2],
  ]);
  expect(() => models.cloneModel(model, { inputTensors: [b] })).toThrow(
    /same structure as the model's inputs/,
  );
});

test('a subclass is made from its config; nothing can be changed in it', () => {
  class Net extends tf.keras.Model {
    out = new layers.Dense(1);
    override call(x: tf.Tensor): tf.Tensor {
      return this.out(x);
    }
  }
  const net = new Net();
  net(tf.ones([1, 2]));
  const copy = models.cloneModel(net);
  expect(copy).toBeInstanceOf(Net);
  expect(copy).not.toBe(net);
  expect(copy.countParams()).toBe(3);
  expect(() => models.cloneModel(net, { cloneFunction: (layer) => layer })).toThrow(
    /`cloneFunction` is only supported for Sequential models or Functional models/,
  );
});

test.each([
  [() => models.cloneModel(new layers.Dense(1) as never), TypeError, /needs a model/],
  [() => models.cloneModel(residual(), { cloneFunction: 1 as never }), TypeError, /cloneFunction/],
  [
    () => models.cloneModel(residual(), { cloneFunction: () => 1 as never }),
    tf.errors.InvalidArgumentError,
    /must return a layer/,
  ],
  [
    () => models.cloneModel(new tf.keras.Sequential([new layers.Dense(1)]), { callFunction: () => 1 }),
    tf.errors.InvalidArgumentError,
    /not supported with Sequential models/,
  ],
  [
    () => models.cloneModel(new tf.keras.Sequential([new layers.Dense(1)]), { inputTensors: [] }),
    tf.errors.InvalidArgumentError,
    /single KerasTensor/,
  ],
])('errors %#', (f, type, message) => {
  expect(f).toThrow(type);
  expect(f).toThrow(message);
});
