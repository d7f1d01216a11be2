/** `tf.keras.saving`, and `serialize` and `deserialize` of the modules of `tf.keras`. */
import * as tf from 'gradtape';

const { saving, layers } = tf.keras;

class Scale extends layers.Layer {
  static override readonly positional = ['factor'];
  constructor(
    readonly factor: number,
    options: tf.keras.layers.LayerOptions = {},
  ) {
    super(options);
  }
  call(x: tf.Tensor): tf.Tensor {
    return tf.multiply(x, this.factor);
  }
  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), factor: this.factor };
  }
}

test('objects come back from their configs', () => {
  const dense = new layers.Dense(3, { activation: 'relu', kernelRegularizer: 'l2', name: 'd' });
  const config = saving.serializeKerasObject(dense);
  expect(config).toMatchObject({ module: 'keras.layers', class_name: 'Dense', registered_name: null });
  const back = saving.deserializeKerasObject(config) as tf.keras.layers.Dense;
  expect(saving.serializeKerasObject(back)).toEqual(config);
  expect(layers.deserialize(layers.serialize(dense)).name).toBe('d');
  // As Keras 2 and TensorFlow.js write it.
  const old = {
    class_name: 'Dense',
    config: { name: 'o', units: 2, batch_input_shape: [null, 3], dtype: 'float32' },
  };
  expect((layers.deserialize(old) as tf.keras.layers.Dense).units).toBe(2);
});

test.each([
  ['losses', new tf.keras.losses.BinaryCrossentropy({ fromLogits: true }), 'mse'],
  ['metrics', new tf.keras.metrics.Mean({ name: 'm' }), 'accuracy'],
  ['optimizers', new tf.keras.optimizers.Adam(0.5), 'sgd'],
  ['initializers', new tf.keras.initializers.GlorotUniform({ seed: 3 }), 'zeros'],
  ['regularizers', new tf.keras.regularizers.L2(0.5), 'l1'],
  ['constraints', new tf.keras.constraints.MaxNorm(3), 'non_neg'],
  ['activations', tf.keras.activations.relu, 'tanh'],
] as const)('keras.%s has serialize and deserialize', (module, object, name) => {
  const { serialize, deserialize } = tf.keras[module] as unknown as {
    serialize: (object: unknown) => unknown;
    deserialize: (config: unknown) => unknown;
  };
  const config = serialize(object);
  expect(serialize(deserialize(config))).toEqual(config);
  expect(deserialize(name)).toBeDefined();
  expect(() => serialize(3)).toThrow(tf.errors.InvalidArgumentError);
  expect(() => deserialize('no such name')).toThrow(tf.errors.InvalidArgumentError);
});

test('customObjectScope lasts as long as what it runs', async () => {
  const config = saving.serializeKerasObject(new Scale(3));
  expect(() => saving.deserializeKerasObject(config)).toThrow("Could not locate class 'Scale'");
  const late = saving.customObjectScope({ Scale }, async () => {
    await Promise.resolve();
    return saving.deserializeKerasObject(config);
  });
  expect(() => saving.deserializeKerasObject(config)).toThrow("Could not locate class 'Scale'");
  expect(((await late) as Scale).factor).toBe(3);
  expect((saving.deserializeKerasObject(config, { customObjects: { Scale } }) as Scale).factor).toBe(3);
  expect(saving.customObjectScope({ Scale }, () => saving.getRegisteredObject('Scale'))).toBe(Scale);
});

test('registered names', () => {
  class Named extends Scale {}
  expect(saving.getRegisteredName(Named)).toBe('Named');
  expect(saving.registerKerasSerializable('mine')(Named)).toBe(Named);
  expect(saving.getRegisteredName(Named)).toBe('mine>Named');
  expect(saving.getRegisteredObject('mine>Named')).toBe(Named);
  expect(saving.getCustomObjects()['mine>Named']).toBe(Named);
  expect(saving.getRegisteredName(layers.Dense)).toBe('Dense');
  expect(saving.getRegisteredObject('toString')).toBeNull();
  expect(saving.getRegisteredObject('x', { moduleObjects: { x: Scale } })).toBe(Scale);
  saving.getCustomObjects()['Later'] = Scale;
  expect(saving.getRegisteredObject('Later')).toBe(Scale);
  delete saving.getCustomObjects()['Later'];
  expect(() => saving.registerKerasSerializable()(class {})).toThrow(/getConfig/);
});

test('functions that objects inherit are none of the user', () => {
  const config = {
    module: 'builtins',
    class_name: 'function',
    config: 'toString',
    registered_name: 'toString',
  };
  expect(() => saving.deserializeKerasObject(config, { customObjects: {} })).toThrow(/which is not known/);
});

test('models come back from their JSON', () => {
  const model = new tf.keras.Sequential([tf.keras.Input([2]), new layers.Dense(3)]);
  const back = tf.keras.models.modelFromJson(model.toJson());
  expect(back.toJson()).toBe(model.toJson());
  expect(() => tf.keras.models.modelFromJson('{')).toThrow(tf.errors.DataLossError);
  expect(() => tf.keras.models.modelFromJson('{"a":1}')).toThrow(tf.errors.InvalidArgumentError);
});
