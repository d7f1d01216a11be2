/** Layers that draw random numbers: those of Keras, to the last bits. What they compute is in recorded_layers.test.ts. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { deserialize, type Json } from '../../lib/keras/saving/serialize';

const { layers } = tf.keras;

interface Recorded {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: readonly (number | string)[];
}
interface Case {
  readonly config: { readonly class_name: string; readonly config: { readonly dtype: unknown } } & Record<
    string,
    Json
  >;
  readonly args: readonly [Recorded];
  readonly call: { readonly training?: boolean };
  readonly calls: number;
  readonly outputs: readonly [Recorded];
}

const file = path.join(__dirname, '../golden/fixtures/keras/layers/regularization.json');
const parsed = JSON.parse(fs.readFileSync(file, 'utf8')) as { cases: Case[] };
const drawn = parsed.cases.filter(
  ({ call, outputs: [{ dtype }] }) => call.training === true && dtype === 'float32',
);

/** The position of a float32 among all of them. */
function place(x: number): number {
  const [bits] = new Int32Array(new Float32Array([x]).buffer);
  return bits < 0 ? -(bits & 0x7fffffff) : bits;
}

test.each(drawn.map((recorded, i) => [`${i}: ${recorded.config.class_name}`, recorded] as const))(
  '%s has the numbers of Keras',
  (_, { config, args: [given], calls, outputs: [expected] }) => {
    const x = tf.reshape(tf.constant(given.values.map(Number), 'float32'), given.shape);
    for (const compiled of [false, true]) {
      const layer = deserialize(config, { file: 'fixture', customObjects: {} }) as tf.keras.layers.Layer;
      const f = (): tf.Tensor => layer(x, { training: true });
      const run = compiled ? tf.function(f) : f;
      for (let i = 1; i < calls; i++) run();
      const found = [...(run().data() as Iterable<number>)];
      const apart = found.map((value, i) => Math.abs(place(value) - place(Number(expected.values[i]))));
      // Sums and products of normals within 2 units in the last place; elements near 0 are differences.
      const most = /Dropout/.test(config.class_name) && !/Gaussian|Alpha/.test(config.class_name) ? 0 : 4;
      const far = apart.filter((n, i) => n > most && Math.abs(found[i] - Number(expected.values[i])) > 2e-7);
      expect(far).toEqual([]);
    }
  },
);

test('a compiled training step draws anew at each run, from one trace', () => {
  const layer = new layers.Dropout(0.5, { seed: 3 });
  let traces = 0;
  const step = tf.function((x: tf.Tensor) => {
    traces++;
    return layer(x, { training: true });
  });
  const x = tf.ones([64]);
  const results = [step(x), step(x), step(x)].map((t) => t.array());
  const twin = new layers.Dropout(0.5, { seed: 3 });
  expect(results).toEqual(results.map(() => twin(x, { training: true }).array()));
  expect(results[0]).not.toEqual(results[1]);
  expect(traces).toBe(1);
});

test('without a seed, setRandomSeed decides; the state is among the variables, not the weights', () => {
  const draw = (): unknown => {
    tf.keras.utils.setRandomSeed(5);
    return new layers.Dropout(0.5)(tf.ones([64]), { training: true }).array();
  };
  expect(draw()).toEqual(draw());
  const layer = new layers.GaussianNoise(0.5, { seed: 1 });
  expect(layer.weights).toEqual([]);
  expect(layer.variables.map(({ path: at }) => at)).toEqual(['seed_generator_state']);
  expect(layer.getConfig()).toMatchObject({ stddev: 0.5, seed: 1 });
});

test('inputs and masks pass through outside of training', () => {
  const x = tf.ones([2, 3]);
  for (const layer of [new layers.Dropout(0.5), new layers.GaussianNoise(0.5), new layers.AlphaDropout(0.5)])
    expect(layer(x)).toBe(x);
});

test('bad arguments', () => {
  const { InvalidArgumentError } = tf.errors;
  const range =
    /Invalid value received for argument `rate`. Expected a float value between 0 and 1. Received: rate=/;
  for (const Class of [
    layers.Dropout,
    layers.AlphaDropout,
    layers.GaussianDropout,
    layers.SpatialDropout1D,
    layers.SpatialDropout2D,
    layers.SpatialDropout3D,
  ]) {
    expect(() => new Class(1.5)).toThrow(InvalidArgumentError);
    expect(() => new Class(-0.5)).toThrow(range);
    expect(() => new Class('a' as never)).toThrow(TypeError);
    expect(() => new Class(0.5, { rates: 1 } as never)).toThrow(/Unrecognized keyword arguments.*rates/);
    expect(() => new Class(0.5, { seed: 0.5 })).toThrow(InvalidArgumentError);
    expect(() => new Class(0.5, { seed: 'a' as never })).toThrow(TypeError);
    expect(() => new Class(0.5, 3 as never)).toThrow(TypeError);
  }
  expect(() => new layers.GaussianNoise(2)).toThrow(/`stddev`/);
  expect(() => new layers.Dropout(0.5, { noiseShape: [0, 1] })).toThrow(/index 0: 0/);
  expect(() => new layers.Dropout(0.5, { noiseShape: [0.5, 1] })).toThrow(InvalidArgumentError);
  expect(() => new layers.Dropout(0.5, { noiseShape: 'abc' as never })).toThrow(TypeError);
  expect(() => new layers.Dropout(0.5, { noiseShape: [2, 3] })(tf.ones([5, 3]), { training: true })).toThrow(
    /does not broadcast/,
  );
  expect(() =>
    new layers.AlphaDropout(0.5, { noiseShape: [5] })(tf.ones([2, 3]), { training: true }),
  ).toThrow(InvalidArgumentError);
  expect(() => new layers.SpatialDropout2D(0.5)(tf.ones([2, 3]))).toThrow(/expected ndim=4, found ndim=2/);
  expect(() => new layers.SpatialDropout2D(0.5, { dataFormat: 'NHWC' as never })).toThrow(/channels_first/);
  expect(() => new layers.GaussianDropout(1)(tf.ones([2]), { training: true })).toThrow(
    /`rate` must be less than 1/,
  );
  expect(() => new layers.AlphaDropout(1)(tf.ones([2]), { training: true })).toThrow(
    /`rate` must be less than 1/,
  );
  expect(() => new layers.ActivityRegularization({ l1: -1 })).toThrow(InvalidArgumentError);
});
