/** Symbolic tensors of layers, and models of some of the layers. */
import * as tf from 'gradtape';

const { layers } = tf.keras;

test('a model of the first layers of another', () => {
  const x = tf.keras.Input([4]);
  const model = new tf.keras.Model(x, new layers.Dense(2)(new layers.Dense(3, { name: 'features' })(x)));
  expect(model.input).toBe(x);
  expect(model.getLayer('features').input).toBe(x);
  const part = new tf.keras.Model({ inputs: model.input, outputs: model.getLayer('features').output });
  expect(part.outputShape).toEqual([null, 3]);
  const features = model.getLayer({ index: 1 })(tf.ones([2, 4]));
  expect(part(tf.ones([2, 4])).array()).toEqual(features.array());
});

test('Sequential has the tensors of its layers once it is built', () => {
  const model = new tf.keras.Sequential([new layers.Dense(3, { name: 'first' }), new layers.Dense(2)], {
    name: 'net',
  });
  expect(() => model.inputs).toThrow("Sequential model 'net' has no defined inputs yet.");
  expect(() => model.getLayer('first').output).toThrow(
    'The layer first has never been called and thus has no defined output.',
  );
  model.build([null, 4]);
  const part = new tf.keras.Model({
    inputs: model.input,
    outputs: model.getLayer('first').output,
    name: 'part',
  });
  expect(part.name).toBe('part');
  expect(part(tf.ones([2, 4])).array()).toEqual(model.layers[0](tf.ones([2, 4])).array());
});

test('of several calls, the first counts; several inputs and named outputs keep their structure', () => {
  const [a, b] = [tf.keras.Input([2]), tf.keras.Input([2])];
  const shared = new layers.Dense(2);
  const first = shared(a);
  shared(b);
  expect(shared.output).toBe(first);
  const sum = new layers.Add();
  const y = sum([a, b]);
  expect(sum.input).toEqual([a, b]);
  const model = new tf.keras.Model([a, b], { y });
  expect(model.input).toEqual([a, b]);
  expect(model.output).toEqual({ y });
});

test('getLayer refuses what is not there', () => {
  const model = new tf.keras.Sequential([tf.keras.Input([4]), new layers.Dense(3, { name: 'only' })]);
  expect(() => model.getLayer('other')).toThrow('No such layer: other. Existing layers are: only.');
  expect(() => model.getLayer({ index: 3 })).toThrow(
    'Was asked to retrieve layer at index 3 but model only has 1 layers.',
  );
  expect(() => model.getLayer({ name: 'only', index: 0 })).toThrow(
    'Provide only a layer name or a layer index.',
  );
  expect(() => model.getLayer({})).toThrow('Provide either a layer name or layer index.');
});
