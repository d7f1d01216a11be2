/** Functions of keras.ops against Keras: values, gradients, compiled functions, models and their configs. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { fromPythonName, resetNames } from '../../lib/keras/base/naming';
import { deserialize, serialize, type Json } from '../../lib/keras/saving/serialize';
import { flat, recordedTensor, type Recorded } from './recorded';

type Loose = (...args: unknown[]) => unknown;
export interface Case {
  readonly name: string;
  readonly args: readonly (Recorded | readonly Recorded[] | readonly number[])[];
  /** Plain arguments after the tensors. */
  readonly pos: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly outputs: readonly Recorded[];
  readonly gradients?: readonly Recorded[];
  readonly config?: Record<string, Json>;
}

interface Rules {
  /** Relative to the largest element. Default 2e-6. */
  tolerance?: (recorded: Case) => number;
  /** Whether the result's shape depends on values, which compiled functions cannot have. */
  isDynamic?: (recorded: Case) => boolean;
}

function functionOf(name: string): Loose {
  let found: unknown = tf.keras.ops;
  for (const part of name.split('.')) found = (found as Record<string, unknown>)[fromPythonName(part)];
  return found as Loose;
}

function call({ name, pos, options }: Case, args: readonly unknown[]): unknown {
  const named = Object.entries(options).map(([key, value]) => [fromPythonName(key), value] as const);
  const operands = name === 'meshgrid' ? [args] : args;
  const rest = named.length > 0 ? [Object.fromEntries(named)] : [];
  return functionOf(name)(...operands, ...pos, ...rest);
}

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

/** The arguments with tensors in place of what was recorded; a list of numbers is an argument as it is. */
const map = <T>(args: Case['args'], f: (recorded: Recorded) => T): (T | T[])[] =>
  args.map((arg) => {
    if (!Array.isArray(arg)) return f(arg as Recorded);
    return typeof arg[0] === 'number' ? (arg as T[]) : (arg as Recorded[]).map(f);
  });
const tensorsIn = <T = tf.Tensor>(args: unknown): T[] =>
  flat(args).filter((leaf) => typeof leaf === 'object') as T[];
const isFloat = (t: tf.Tensor): boolean => t.dtype.startsWith('float');

/** What gradients of an output are taken with, as in recording.py. */
const cotangent = (t: tf.Tensor): tf.Tensor =>
  tf.reshape(
    tf.cast(tf.constant(new Float64Array(t.size).map((_, k) => Math.cos(k * 0.7 + 0.3))), t.dtype),
    t.shape,
  );

function expectGradients(recorded: Case, tolerance: number): void {
  const args = map(recorded.args, recordedTensor);
  const sources = tensorsIn(args).filter(isFloat);
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
  const model = new tf.keras.Model(tensorsIn<tf.keras.KerasTensor>(symbols), outputs);
  expect(serialize(model)).toEqual(recorded.config);
  const loaded = deserialize(recorded.config as Json, {
    file: 'fixture',
    customObjects: {},
  }) as tf.keras.Model;
  for (const m of [model, loaded]) {
    const results = flat(m<unknown>(tensorsIn(args)));
    recorded.outputs.forEach((expected, k) => {
      expectEqual(results[k], expected, tolerance);
    });
  }
  expect(serialize(loaded)).toEqual(recorded.config);
}

function expectCompiled(recorded: Case, tolerance: number): void {
  const args = map(recorded.args, recordedTensor);
  const compiled = tf.function((...tensors: tf.Tensor[]) => {
    let next = 0;
    const operands = map(recorded.args, () => tensors[next++]);
    return flat(call(recorded, operands)) as tf.Tensor[];
  });
  const results = compiled(...tensorsIn(args));
  recorded.outputs.forEach((expected, k) => {
    expectEqual(results[k], expected, tolerance);
  });
}

/** A test for each case of a file of fixtures/keras. */
export function testRecordedOps(file: string, { tolerance, isDynamic }: Rules): void {
  const { cases } = JSON.parse(
    fs.readFileSync(path.join(__dirname, '../golden/fixtures/keras', file), 'utf8'),
  ) as { cases: Case[] };
  const rows = cases.map(
    (recorded, k) => [`${k}: ${recorded.name} ${JSON.stringify(recorded.options)}`, recorded] as const,
  );
  test.each(rows)('%s', (_, recorded) => {
    const allowed = tolerance?.(recorded) ?? 2e-6;
    const eager = flat(call(recorded, map(recorded.args, recordedTensor)));
    expect(eager).toHaveLength(recorded.outputs.length);
    recorded.outputs.forEach((expected, k) => {
      expectEqual(eager[k], expected, allowed);
    });
    if (isDynamic?.(recorded) !== true) expectCompiled(recorded, allowed);
    if (recorded.gradients !== undefined) expectGradients(recorded, 10 * allowed);
    if (recorded.config !== undefined) expectModel(recorded, allowed);
  });
}
