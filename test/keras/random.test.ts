/** tf.keras.random draws the numbers that Keras 3.15 draws on TensorFlow. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { fromPythonName } from '../../lib/keras/base/naming';

interface Encoded {
  shape: number[];
  dtype: tf.DType;
  values: (number | string)[];
}
interface Case {
  name: string;
  args: unknown[];
  options: Record<string, unknown>;
  seed: number | { generator: number } | null;
  results: Encoded[];
}
const golden = JSON.parse(
  fs.readFileSync(path.join(__dirname, '../golden/fixtures/keras/random.json'), 'utf8'),
) as { randomSeed: number; cases: Case[] };

const { random } = tf.keras;
const isEncoded = (x: unknown): x is Encoded => typeof x === 'object' && x !== null && 'dtype' in x;
const decode = ({ shape, dtype, values }: Encoded): tf.Tensor =>
  tf.reshape(tf.cast(tf.constant(Float64Array.from(values.map(Number))), dtype), shape);

test.each([false, true])('compiled: %s', (compiled) => {
  // With the seed of a generator, which is a tensor, the function is not compiled.
  jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  tf.keras.utils.setRandomSeed(golden.randomSeed);
  golden.cases.forEach((c, i) => {
    const { seed } = c;
    const given = seed !== null && typeof seed === 'object' ? new random.SeedGenerator(seed.generator) : seed;
    const options: Record<string, unknown> = {
      seed: given,
      ...Object.fromEntries(Object.entries(c.options).map(([key, value]) => [fromPythonName(key), value])),
    };
    const args = c.args.map((arg) => (isEncoded(arg) ? decode(arg) : arg));
    const f = (random as unknown as Record<string, (...all: unknown[]) => tf.Tensor>)[fromPythonName(c.name)];
    const draw = (): tf.Tensor => f(...args, options);
    const call = compiled ? tf.function(draw) : draw;
    // Rejection in float64 goes through logarithms, whose last bit may differ.
    const units = ['gamma', 'beta'].includes(c.name) && options.dtype === 'float64' ? 2 : 0;
    c.results.forEach((want, k) => {
      const got = call();
      expect([...got.shape, got.dtype]).toEqual([...want.shape, want.dtype]);
      const round = want.dtype === 'float32' ? Math.fround : Number;
      const bad = [...(got.data() as Iterable<number | bigint>)].map(Number).flatMap((value, at) => {
        const wanted = round(Number(want.values[at]));
        const far = Math.abs(value - wanted) > units * 2 ** -52 * Math.abs(wanted) || Number.isNaN(value);
        return far ? [{ at, value, wanted }] : [];
      });
      expect({ case: `${i} ${c.name}, draw ${k}`, bad }).toEqual({
        case: `${i} ${c.name}, draw ${k}`,
        bad: [],
      });
    });
  });
});

test('refusals', () => {
  expect(() => random.uniform([2], { dtype: 'int32' })).toThrow('requires a floating point `dtype`');
  expect(() => random.randint([2], 0, 5, 'float32')).toThrow('requires an integer `dtype`');
  expect(() => random.categorical([1, 2], 3)).toThrow('should be a 2-D tensor');
  expect(() => random.normal([2], { seed: 0.5 })).toThrow(
    'must be either an integer or an instance of `SeedGenerator`',
  );
  expect(() => random.dropout([1, 2], 1.5)).toThrow('in the range [0, 1]');
  expect(() => random.shuffle([1, 2], 1)).toThrow('axis 1 is out of bounds');
  expect(() => random.normal([2], { mena: 1 } as never)).toThrow(TypeError);
});

afterEach(() => {
  jest.restoreAllMocks();
});
