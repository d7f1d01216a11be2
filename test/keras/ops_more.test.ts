/** More of keras.ops against Keras (test/golden/keras/ops_more.py): values, gradients, compiled functions, models and their configs. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { fromPythonName, resetNames } from '../../lib/keras/base/naming';
import { deserialize, serialize, type Json } from '../../lib/keras/saving/serialize';
import { flat, recordedTensor, type Recorded } from './recorded';

type Loose = (...args: unknown[]) => unknown;
interface Case {
  readonly name: string;
  readonly args: readonly (Recorded | readonly Recorded[])[];
  /** Plain arguments after the tensors. */
  readonly pos: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly outputs: readonly Recorded[];
  readonly gradients?: readonly Recorded[];
  readonly config?: Record<string, Json>;
}

const { cases } = JSON.parse(
  fs.readFileSync(path.join(__dirname, '../golden/fixtures/keras/ops_more.json'), 'utf8'),
) as { cases: Case[] };
const ops = tf.keras.ops as unknown as Record<string, Loose>;

function call({ name, pos, options }: Case, args: readonly unknown[]): unknown {
  const named = Object.entries(options).map(([key, value]) => [fromPythonName(key), value] as const);
  const operands = name === 'meshgrid' ? [args] : args;
  const rest = named.length > 0 ? [Object.fromEntries(named)] : [];
  return ops[fromPythonName(name)](...operands, ...pos, ...rest);
}

/** These pass through exp and log, factorizations or long sums. */
const loose =
  /^(cholesky|det|inv|logdet|slogdet|solve|lstsq|corrcoef|geomspace|logspace|logaddexp|norm|correlate|psnr)/;

function expectEqual(got: unknown, expected: Recorded, tolerance: number): void {
  const t = got as tf.Tensor;
  expect({ shape: [...t.shape], dtype: t.dtype }).toEqual({ shape: expected.shape, dtype: expected.dtype });
  const wanted = expected.values.map(Number);
  const scale = Math.max(1e-6, ...wanted.map(Math.abs).filter(Number.isFinite));
  [...(t.data() as Iterable<number>)].map(Number).forEach((value, k) => {
    if (Object.is(value, wanted[k]) || value === wanted[k]) return;
    expect(Math.abs(value - wanted[k])).toBeLessThanOrEqual(tolerance * scale);
  });
}

const map = <T>(args: Case['args'], f: (recorded: Recorded) => T): (T | T[])[] =>
  args.map((arg) => (Array.isArray(arg) ? (arg as Recorded[]).map(f) : f(arg as Recorded)));
const isFloat = (t: tf.Tensor): boolean => t.dtype.startsWith('float');

/** What gradients of an output are taken with, as in recording.py. */
const cotangent = (t: tf.Tensor): tf.Tensor =>
  tf.reshape(
    tf.cast(tf.constant(new Float64Array(t.size).map((_, k) => Math.cos(k * 0.7 + 0.3))), t.dtype),
    t.shape,
  );

function expectGradients(recorded: Case, tolerance: number): void {
  const args = map(recorded.args, recordedTensor);
  const sources = (flat(args) as tf.Tensor[]).filter(isFloat);
  const tape = new tf.GradientTape();
  tape.watch(sources);
  const total = tape.run(() => {
    const outputs = (flat(call(recorded, args)) as tf.Tensor[]).filter(isFloat);
    return outputs.map((t) => tf.reduceSum(tf.multiply(t, cotangent(t)))).reduce((a, b) => tf.add(a, b));
  });
  const found = tape.gradient(total, sources, { unconnectedGradients: 'zero' }) as tf.Tensor[];
  recorded.gradients?.forEach((expected, k) => {
    expectEqual(tf.add(found[k], 0), expected, tolerance);
  });
}

function expectModel(recorded: Case, tolerance: number): void {
  resetNames();
  const args = map(recorded.args, recordedTensor);
  const symbols = map(recorded.args, ({ shape, dtype }) =>
    tf.keras.Input(shape.slice(1), { batchSize: shape[0], dtype }),
  );
  const outputs = flat(call(recorded, symbols)) as tf.keras.KerasTensor[];
  const model = new tf.keras.Model(flat(symbols) as tf.keras.KerasTensor[], outputs);
  expect(serialize(model)).toEqual(recorded.config);
  const loaded = deserialize(recorded.config as Json, {
    file: 'fixture',
    customObjects: {},
  }) as tf.keras.Model;
  for (const m of [model, loaded]) {
    const results = flat(m<unknown>(flat(args) as tf.Tensor[]));
    recorded.outputs.forEach((expected, k) => {
      expectEqual(results[k], expected, tolerance);
    });
  }
  expect(serialize(loaded)).toEqual(recorded.config);
}

/** Their results' shapes depend on values. */
const isDynamic = ({ name, options }: Case): boolean =>
  /^(nonzero|bincount|histogram)$/.test(name) || (name.startsWith('segment') && !('num_segments' in options));

const rows = cases.map(
  (recorded, k) => [`${k}: ${recorded.name} ${JSON.stringify(recorded.options)}`, recorded] as const,
);

test.each(rows)('%s', (_, recorded) => {
  const tolerance = loose.test(recorded.name) ? 3e-5 : 2e-6;
  const args = map(recorded.args, recordedTensor);
  const eager = flat(call(recorded, args));
  expect(eager).toHaveLength(recorded.outputs.length);
  recorded.outputs.forEach((expected, k) => {
    expectEqual(eager[k], expected, tolerance);
  });
  if (!isDynamic(recorded)) {
    const compiled = tf.function((...tensors: tf.Tensor[]) => {
      let next = 0;
      return flat(
        call(
          recorded,
          map(recorded.args, () => tensors[next++]),
        ),
      ) as tf.Tensor[];
    });
    const results = compiled(...(flat(args) as tf.Tensor[]));
    recorded.outputs.forEach((expected, k) => {
      expectEqual(results[k], expected, tolerance);
    });
  }
  if (recorded.gradients !== undefined) expectGradients(recorded, 10 * tolerance);
  if (recorded.config !== undefined) expectModel(recorded, tolerance);
});
