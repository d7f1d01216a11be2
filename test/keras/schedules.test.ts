/** Learning rate schedules against Keras 3.15, eagerly, in compiled functions, and in an optimizer. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { deserialize, serialize, type Json } from '../../lib/keras/saving/serialize';

interface Golden {
  steps: number[];
  cases: { config: { class_name: string } & Record<string, Json>; values: number[] }[];
}
const golden = JSON.parse(
  fs.readFileSync(path.join(__dirname, '../golden/fixtures/keras/schedules.json'), 'utf8'),
) as Golden;
const { schedules } = tf.keras.optimizers;

test.each(golden.cases.map((c, i) => [`${i}: ${c.config.class_name}`, c] as const))('%s', (_, c) => {
  const schedule = deserialize(c.config, {
    file: 'fixture',
    customObjects: {},
  }) as tf.keras.optimizers.schedules.LearningRateSchedule;
  expect(serialize(schedule)).toEqual(c.config);
  const compiled = tf.function((step: tf.Tensor) => schedule(step));
  // The logarithm that counts CosineDecayRestarts' periods makes its argument inexact.
  const bound = (wanted: number): number =>
    4 * 2 ** -23 * Math.max(Math.abs(wanted), Math.max(...c.values) / 4);
  golden.steps.forEach((step, i) => {
    for (const got of [
      schedule(step),
      schedule(tf.constant(BigInt(step))),
      compiled(tf.constant(BigInt(step))),
    ]) {
      expect(got.dtype).toBe('float32');
      expect({
        step,
        value: got.item(),
        far: Math.abs(Number(got.item()) - c.values[i]) > bound(c.values[i]),
      }).toEqual({
        step,
        value: got.item(),
        far: false,
      });
    }
  });
  const optimizer = new tf.keras.optimizers.SGD(schedule);
  const v = new tf.Variable(0);
  const step = tf.function(() => optimizer.applyGradients([[tf.constant(1), v]]));
  let sum = 0;
  for (let k = 0; k < 4; k++) {
    step();
    sum -= Number(schedule(k).item());
  }
  expect(v.item()).toBeCloseTo(sum, 5);
  expect(serialize(tf.keras.optimizers.SGD.fromConfig(optimizer.getConfig()))).toEqual(serialize(optimizer));
});

test('a schedule of the user', () => {
  class Halving extends schedules.LearningRateSchedule {
    call(step: tf.TensorLike): tf.Tensor {
      return tf.pow(0.5, tf.cast(step, 'float32'));
    }
  }
  const optimizer = new tf.keras.optimizers.SGD({ learningRate: new Halving() });
  const v = new tf.Variable(0);
  for (let k = 0; k < 3; k++) optimizer.applyGradients([[tf.constant(1), v]]);
  expect(v.item()).toBe(-1.75);
});

test('refusals', () => {
  const { ExponentialDecay, CosineDecay, CosineDecayRestarts, PiecewiseConstantDecay } = schedules;
  expect(() => new ExponentialDecay(0.1, 0, 0.5)).toThrow(
    'Argument `decaySteps` must be > 0. Received: decaySteps=0',
  );
  expect(() => new CosineDecayRestarts(0.1, -1)).toThrow(tf.errors.InvalidArgumentError);
  expect(() => new ExponentialDecay('a' as never, 1, 1)).toThrow(TypeError);
  expect(() => new CosineDecay(0.1, 1, { alpa: 1 } as never)).toThrow(
    "has no option 'alpa'; it takes alpha, name",
  );
  expect(() => new CosineDecay(0.1, 1, { warmupTarget: 'x' as never })).toThrow(
    'warmupTarget must be a number',
  );
  expect(() => new PiecewiseConstantDecay([1, 2], [1])).toThrow('The length of boundaries should be 1 less');
  expect(() => new PiecewiseConstantDecay([1], ['x', 1] as never)).toThrow(TypeError);
});
