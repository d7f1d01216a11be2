/** The functions of tf.keras.activations, recorded from Keras (test/golden/keras/activations.py). */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { fromPythonName } from '../../lib/keras/base/naming';
import { serialize } from '../../lib/keras/saving/serialize';

interface Recorded {
  readonly shape: readonly number[];
  readonly dtype: tf.DType;
  readonly values: readonly (number | string)[];
}
interface Case {
  readonly name: string;
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly serialized: string | null;
  readonly x: Recorded;
  readonly y: Recorded;
  readonly dx: Recorded;
  readonly distance: number;
  readonly gradientDistance: number;
  readonly integers: Recorded | null;
}

const file = path.join(__dirname, '../golden/fixtures/keras/activations.json');
const { cases } = JSON.parse(fs.readFileSync(file, 'utf8')) as { cases: Case[] };

const { activations } = tf.keras;
type Loose = (x: tf.Tensor, ...rest: unknown[]) => tf.Tensor;
const functionOf = (name: string): Loose =>
  (activations as unknown as Record<string, Loose>)[fromPythonName(name)];

function invoke({ name, kwargs }: Case, x: tf.Tensor): tf.Tensor {
  const f = functionOf(name);
  if (name === 'threshold') return f(x, kwargs.threshold, kwargs.default_value);
  const options = Object.fromEntries(
    Object.entries(kwargs).map(([key, value]) => [fromPythonName(key), value]),
  );
  return Object.keys(options).length === 0 ? f(x) : f(x, options);
}

function expectClose(t: tf.Tensor, expected: Recorded, distance: number): void {
  expect({ shape: [...t.shape], dtype: t.dtype }).toEqual({ shape: expected.shape, dtype: expected.dtype });
  const values = [...(t.data() as Iterable<number>)];
  const bad = values.flatMap((value, i) => {
    const wanted = Number(expected.values[i]);
    // Denormals are 0 in TensorFlow.
    const most = Math.max(1e-6 * Math.abs(wanted), 4 * distance, 1e-37);
    return Math.abs(value - wanted) <= most ? [] : [{ i, value, wanted, most }];
  });
  expect(bad).toEqual([]);
}

test.each(
  cases.map((recorded) => [`${recorded.name} ${JSON.stringify(recorded.kwargs)}`, recorded] as const),
)('%s', (_, recorded) => {
  const { x: given, y, dx, distance, gradientDistance, integers } = recorded;
  const x = tf.reshape(tf.constant(given.values as number[]), given.shape);
  const step = (): [tf.Tensor, tf.Tensor] => {
    const tape = new tf.GradientTape();
    return tape.run(() => {
      tape.watch(x);
      const found = invoke(recorded, x);
      const weights = tf.constant(
        Float32Array.from({ length: found.size }, (__, i) => Math.cos(0.7 * i + 0.3)),
      );
      const loss = tf.reduceSum(tf.multiply(found, tf.reshape(weights, found.shape)));
      return [found, tape.gradient(loss, x) as tf.Tensor];
    });
  };
  for (const run of [step, tf.function(step)]) {
    const [found, gradient] = run();
    expectClose(found, y, distance);
    expectClose(gradient, dx, gradientDistance);
  }
  if (integers !== null) {
    const found = invoke(recorded, tf.constant([-3, 0, 9], 'int32'));
    expect({ dtype: found.dtype, values: [...(found.data() as Int32Array)] }).toEqual({
      dtype: integers.dtype,
      values: integers.values,
    });
  }
});

test('names in configs', () => {
  for (const { name, serialized } of cases) {
    if (serialized === null) continue;
    expect(serialize(functionOf(name))).toBe(serialized);
    for (const identifier of [name, fromPythonName(name)])
      expect(activations.get(identifier)).toBe(functionOf(name));
  }
});

test('bad arguments', () => {
  const x = tf.constant([1, 2]);
  const { InvalidArgumentError } = tf.errors;
  expect(() => activations.relu(x, { maxValue: NaN })).toThrow(InvalidArgumentError);
  expect(() => activations.relu(x, { threshold: 'a' as never })).toThrow(
    /\[relu\] threshold must be a finite number/,
  );
  expect(() => activations.elu(x, { alpha: null as never })).toThrow(TypeError);
  expect(() => activations.leakyRelu(x, { alpha: 1 } as never)).toThrow(/alpha/);
  expect(() => activations.leakyRelu(x, 'a' as never)).toThrow(TypeError);
  expect(() => activations.threshold(x, 1, undefined as never)).toThrow(TypeError);
  expect(() => activations.sparsemax(tf.constant(1))).toThrow(InvalidArgumentError);
  expect(() => activations.sparsemax(tf.constant([1, 2], 'int32'))).toThrow(/sparsemax/);
  expect(() => activations.softmax(x, { axis: 2 })).toThrow(InvalidArgumentError);
  expect(() => activations.softmax(x, { axes: 2 } as never)).toThrow(/axes/);
  expect(() => activations.get('hard')).toThrow(/Could not interpret activation identifier: 'hard'/);
});
