/** Layers recorded from Keras (test/golden/keras): configs, outputs, gradients, states, masks, shapes. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { mapStructure } from '../../lib/core/nest';
import { fromPythonName } from '../../lib/keras/base/naming';
import { maskOf } from '../../lib/keras/layers/call_context';
import { deserialize, serialize, type Json } from '../../lib/keras/saving/serialize';

interface Recorded {
  readonly shape: readonly number[];
  readonly dtype: tf.DType;
  readonly values: readonly (number | boolean | string)[];
}
interface Case {
  readonly config: { readonly class_name: string } & Record<string, Json>;
  readonly args: readonly unknown[];
  readonly call: Readonly<Record<string, unknown>>;
  readonly calls: number;
  readonly weightNames: readonly string[];
  readonly weights: readonly Recorded[];
  readonly weightsAfter: readonly Recorded[] | null;
  readonly outputs: readonly Recorded[];
  readonly losses: readonly Recorded[];
  readonly masks: readonly (Recorded | null)[];
  readonly symbolic: readonly { shape: (number | null)[]; dtype: tf.DType }[] | null;
  /** How far Keras's float32 is from its float64, at most. */
  readonly distance: readonly number[] | null;
  readonly gradients?: readonly (Recorded | null)[];
  readonly gradientDistance?: readonly number[];
}

const folder = path.join(__dirname, '../golden/fixtures/keras/layers');
const families = fs
  .readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({
    family: path.basename(file, '.json'),
    // Quantization is not supported: configs do not have its null.
    cases: (
      JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8'), (key, value: unknown) =>
        key === 'quantization_config' ? undefined : value,
      ) as { cases: Case[] }
    ).cases,
  }));

const isRecorded = (value: unknown): value is Recorded =>
  typeof value === 'object' && value !== null && 'values' in value && 'shape' in value;
const tensor = ({ shape, dtype, values }: Recorded): tf.Tensor => {
  if (dtype === ('string' as tf.DType)) return tf.reshape(tf.constant(values as never), shape);
  const numbers = new Float64Array(values.map(Number));
  return tf.reshape(tf.cast(tf.constant(numbers), dtype), shape);
};
const tensors = (structure: unknown): unknown => {
  if (isRecorded(structure)) return tensor(structure);
  if (Array.isArray(structure)) return structure.map(tensors);
  if (typeof structure !== 'object' || structure === null) return structure;
  return Object.fromEntries(Object.entries(structure).map(([key, part]) => [key, tensors(part)]));
};
const flat = (structure: unknown): unknown[] => {
  const list: unknown[] = [];
  mapStructure(structure, (leaf) => list.push(leaf));
  return list;
};
const isFloat = (t: unknown): t is tf.Tensor => t instanceof tf.Tensor && /float/.test(t.dtype);

/** Within 1e-5 of each value, or 30 times as far as Keras's float32 is from its float64. */
function expectClose(got: unknown, expected: Recorded, distance: number): void {
  const t = got as tf.Tensor;
  expect({ shape: [...t.shape], dtype: t.dtype }).toEqual({ shape: expected.shape, dtype: expected.dtype });
  const values = [...(t.data() as Iterable<number>)];
  if (!isFloat(t)) {
    expect(values.map(Number)).toEqual(expected.values.map(Number));
    return;
  }
  const scale = Math.max(0, ...expected.values.map((v) => Math.abs(Number(v))).filter(Number.isFinite));
  const bad = values.flatMap((value, i) => {
    const wanted = Number(expected.values[i]);
    const most = Math.max(1e-5 * Math.abs(wanted), 30 * distance, 2e-7 * scale);
    return Object.is(value, wanted) || Math.abs(value - wanted) <= most ? [] : [{ i, value, wanted, most }];
  });
  expect(bad.slice(0, 5)).toEqual([]);
}

const reading = { file: 'fixture', customObjects: {} };

interface Results {
  readonly outputs: readonly unknown[];
  readonly gradients: readonly (tf.Tensor | null)[];
}

/** The outputs of the last call, and the gradients of their sum weighted by cos(0.7·i + 0.3). */
function run(layer: tf.keras.layers.Layer, recorded: Case, args: unknown[], compiled: boolean): Results {
  const options = Object.fromEntries(
    Object.entries(recorded.call).map(([key, value]) => [fromPythonName(key), tensors(value)]),
  );
  const invoke = (...inputs: unknown[]): unknown =>
    (layer as unknown as (...all: unknown[]) => unknown)(
      ...inputs,
      ...(Object.keys(options).length > 0 ? [options] : []),
    );
  for (let i = 1; i < recorded.calls; i++) invoke(...args);
  const sources = [...flat(args), ...flat(options)].filter(isFloat);
  const step = (): Results => {
    const tape = new tf.GradientTape();
    return tape.run(() => {
      sources.forEach((t) => tape.watch(t));
      const outputs = flat(invoke(...args));
      let loss: tf.Tensor = tf.constant(0);
      for (const t of outputs.filter(isFloat)) {
        const weights = tf.constant(Float64Array.from({ length: t.size }, (_, i) => Math.cos(0.7 * i + 0.3)));
        loss = tf.add(
          loss,
          tf.cast(tf.reduceSum(tf.multiply(t, tf.reshape(tf.cast(weights, t.dtype), t.shape))), 'float32'),
        );
      }
      if (recorded.gradients === undefined) return { outputs, gradients: [] };
      const wanted = [...sources, ...layer.trainableWeights];
      return { outputs, gradients: tape.gradient(loss, wanted) as (tf.Tensor | null)[] };
    });
  };
  return compiled ? tf.function(step)() : step();
}

/** As the fixtures' weights were made: by a call with symbolic tensors, which changes no state. */
function build(
  layer: tf.keras.layers.Layer,
  args: unknown[],
  whole: boolean,
  call: Case['call'] = {},
): tf.keras.KerasTensor[] {
  const options = Object.entries(call).filter(([, value]) => typeof value !== 'object' || value === null);
  const symbols = args.map((arg) =>
    mapStructure(arg, (leaf) =>
      leaf instanceof tf.Tensor
        ? tf.keras.Input(leaf.shape.slice(1), { dtype: leaf.dtype, batchSize: whole ? leaf.shape[0] : null })
        : leaf,
    ),
  );
  const rest =
    options.length > 0
      ? [Object.fromEntries(options.map(([key, value]) => [fromPythonName(key), value]))]
      : [];
  return flat(
    (layer as unknown as (...all: unknown[]) => unknown)(...symbols, ...rest),
  ) as tf.keras.KerasTensor[];
}

describe.each(families)('$family', ({ cases }) => {
  test.each(cases.map((recorded, i) => [`${i}: ${recorded.config.class_name}`, recorded] as const))(
    '%s',
    (_, recorded) => {
      const { build_config: built, ...description } = recorded.config;
      // Layers within are built by the call, as this one is.
      const unbuilt = JSON.parse(JSON.stringify(description), (key, value: unknown) =>
        key === 'build_config' ? undefined : value,
      ) as Json;
      const make = (): tf.keras.layers.Layer => deserialize(unbuilt, reading) as tf.keras.layers.Layer;
      const args = recorded.args.map(tensors);
      for (const compiled of [false, true]) {
        const layer = make();
        // A call with shapes alone builds it, and changes no state.
        build(layer, args, true, recorded.call);
        expect(layer.weights.map((w) => w.path.replace(/^[^/]*\//, ''))).toEqual(recorded.weightNames);
        layer.setWeights(recorded.weights.map(tensor));
        const { outputs, gradients } = run(layer, recorded, args, compiled);
        expect(outputs).toHaveLength(recorded.outputs.length);
        recorded.outputs.forEach((expected, i) =>
          expectClose(outputs[i], expected, recorded.distance?.[i] ?? 0),
        );
        recorded.gradients?.forEach((expected, i) => {
          if (expected === null) expect(gradients[i]).toBeNull();
          else {
            const found = gradients[i] as tf.Tensor | tf.IndexedSlices;
            expectClose(
              tf.convertToTensor(found as tf.Tensor),
              expected,
              recorded.gradientDistance?.[i] ?? 0,
            );
          }
        });
        (recorded.weightsAfter ?? recorded.weights).forEach((expected, i) =>
          expectClose(layer.weights[i].read(), expected, 1e-7),
        );
        if (compiled) continue;
        expect(layer.losses).toHaveLength(recorded.losses.length);
        recorded.losses.forEach((expected, i) => expectClose(layer.losses[i], expected, 1e-6));
        recorded.masks.forEach((expected, i) => {
          const mask = maskOf(outputs[i] as tf.Tensor);
          if (expected === null) expect(mask).toBeNull();
          else expectClose(mask, expected, 0);
        });
        expect(serialize(layer)).toEqual({
          ...description,
          ...(built === undefined ? {} : { build_config: built }),
        });
      }
      if (recorded.symbolic === null) return;
      const results = build(make(), args, false);
      expect(results.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(recorded.symbolic);
    },
  );
});
