/** What layers take as input. */
import { inspect } from 'node:util';
import * as tf from 'gradtape';

const { keras } = tf;
const { InputSpec, Layer } = keras.layers;

class Takes extends Layer {
  constructor(spec: InstanceType<typeof Layer>['inputSpec']) {
    super({ name: 'takes' });
    this.inputSpec = spec;
  }
  call(x: unknown): unknown {
    return Array.isArray(x) ? (x as unknown[])[0] : x;
  }
}

test('texts and configs are those of Keras 3.15', () => {
  const spec = new InputSpec({ shape: [null, 28, 28, 1], dtype: 'float32', axes: { [-1]: 1, 2: null } });
  expect(spec.toString()).toBe(
    'InputSpec(dtype=float32, shape=(None, 28, 28, 1), ndim=4, axes={-1: 1, 2: None})',
  );
  expect(inspect(new InputSpec({ minNdim: 2, maxNdim: 4 }))).toBe('InputSpec(max_ndim=4, min_ndim=2)');
  expect(new InputSpec().toString()).toBe('InputSpec()');
  expect(InputSpec.fromConfig(spec.getConfig()).getConfig()).toEqual(spec.getConfig());
  expect(keras.InputSpec).toBe(InputSpec);
});

test('a layer checks its first argument, symbolic or not', () => {
  const layer = new Takes(new InputSpec({ minNdim: 2, axes: { [-1]: 3 } }));
  expect(layer(tf.ones([2, 3])).shape).toEqual([2, 3]);
  expect(() => layer(tf.ones([2, 4]))).toThrow(
    /\[takes\] Input 0 of layer "takes" is incompatible with the layer: expected axis -1 of input shape to have value 3/,
  );
  expect(() => layer(keras.Input([4]))).toThrow(/expected axis -1/);
  expect(() => layer(tf.ones([3]))).toThrow(/expected min_ndim=2, found ndim=1/);
  expect(() => new Takes(new InputSpec({ maxNdim: 2 }))(tf.ones([1, 1, 1]))).toThrow(
    /expected max_ndim=2, found ndim=3/,
  );
  expect(() => new Takes(new InputSpec({ dtype: 'int32' }))(tf.ones([1]))).toThrow(
    /expected dtype=int32, found dtype=float32/,
  );
  expect(() => new Takes(new InputSpec({ shape: [null, 2] }))(tf.ones([1, 3]))).toThrow(
    /expected shape=\(None, 2\), found shape=\(1, 3\)/,
  );
});

test('a last axis of size 1 may be squeezed', () => {
  const layer = new Takes(new InputSpec({ shape: [null, 4, 1], allowLastAxisSqueeze: true }));
  expect(layer(tf.ones([2, 4])).shape).toEqual([2, 4]);
  expect(layer(tf.ones([2, 4, 1])).shape).toEqual([2, 4, 1]);
  expect(() => layer(tf.ones([2, 5, 1]))).toThrow(/expected shape=\(None, 4, 1\)/);
});

test('several inputs, named and optional ones', () => {
  const two = new Takes([new InputSpec({ ndim: 1 }), null]);
  expect(two([tf.ones([2]), tf.ones([3, 3])]).shape).toEqual([2]);
  expect(() => two([tf.ones([2])])).toThrow(/expects 2 input\(s\), but it received 1 input tensors/);
  expect(() => two([tf.ones([2, 2]), tf.ones([2])])).toThrow(/Input 0 of layer "takes"/);
  const named = new Takes([new InputSpec({ name: 'a', ndim: 1 }), new InputSpec({ name: 'b', ndim: 2 })]);
  expect(Object.keys(named({ b: tf.ones([2, 2]), a: tf.ones([2]) }))).toEqual(['b', 'a']);
  expect(() => named({ a: tf.ones([2, 2]), b: tf.ones([2, 2]) })).toThrow(
    /Input 0 with name 'a' of layer "takes"/,
  );
  expect(() => named({ a: tf.ones([2]) })).toThrow(
    /Missing data for input "b".*Expected the following keys: a, b/,
  );
  const optional = new Takes([new InputSpec({ ndim: 1 }), new InputSpec({ ndim: 1, optional: true })]);
  expect(optional([tf.ones([2]), null as never]).shape).toEqual([2]);
});

test('specs that cannot be', () => {
  expect(() => new InputSpec({ ndim: 2, axes: { 2: 1 } })).toThrow(
    /\[InputSpec\] Axis 2 is greater than the maximum allowed value: 1/,
  );
  expect(() => new InputSpec({ axes: { x: 1 } as never })).toThrow(
    /\[InputSpec\] `axes` must be an object whose keys are integers/,
  );
  expect(() => new InputSpec({ shape: 3 as never })).toThrow(
    /\[InputSpec\] `shape` must be an array of sizes and nulls; got 3/,
  );
  expect(() => new InputSpec({ ndim: -1 })).toThrow(/\[InputSpec\] `ndim` must be a number of dimensions/);
  expect(() => new InputSpec({ max_ndim: 1 } as never)).toThrow(
    /\[InputSpec\] has no option 'max_ndim'; it takes dtype, shape/,
  );
  expect(() => new InputSpec({ dtype: 'float' as never })).toThrow(/\[InputSpec\] dtype/);
});
