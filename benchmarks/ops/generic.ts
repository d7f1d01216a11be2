/** Cases for any op definition: an elementwise one with a loop over its `js`, or one of its examples enlarged. */
import * as tf from 'gradtape';
import { mapLoop, zipLoop, type NumbersType } from '../loops/elementwise';
import { elements } from '../workloads/inputs';
import { product } from '../workloads/workload';
import type { Case } from './case';
import { bools, floats } from './data';
import { functions } from './functions';

type Call = (...args: unknown[]) => unknown;

interface Sample {
  shape: readonly number[];
  dtype?: tf.DType;
  domain?: readonly [number, number];
  integers?: boolean;
  values?: unknown;
}

const isFloat = (definition: tf.OpInfo): boolean => definition.dtypes.includes('float32');

/** Numbers in the op definition's domain, or bools; small integers for integer ops. */
function operand(
  definition: tf.OpInfo,
  shape: readonly number[],
): { tensor: tf.Tensor; array: Float32Array | Uint8Array } {
  const [low, high] = definition.domain ?? [-1, 1];
  if (!isFloat(definition) && definition.dtypes.includes('bool')) return bools(shape);
  return floats(shape, Math.max(low, -1e6), Math.min(high, 1e6));
}

/** An elementwise definition on arrays of n elements. */
export function elementwiseCase(definition: tf.OpInfo, n: number): Case {
  const [x, y] = [operand(definition, [n]), operand(definition, [n])];
  const unary =
    definition.kind === 'unary' ||
    (definition.kind === 'composite' && functions[definition.name]?.length === 1);
  const js = definition.js ?? functions[definition.name];
  const args = unary ? [x.tensor] : [x.tensor, y.tensor];
  if (js === undefined) return { args };
  const first = (definition.call as unknown as Call)(...args.map((t) => tf.reshape(t, [n])));
  const Type: NumbersType = first instanceof tf.Tensor && first.dtype === 'bool' ? Uint8Array : Float32Array;
  if (unary) {
    const loop = mapLoop(js as (x: number) => number, Type);
    return { args, loop: () => loop(x.array) };
  }
  const loop = zipLoop(js, Type);
  return { args, loop: () => loop(x.array, y.array) };
}

function isSample(value: unknown): value is { tensor: Sample } {
  return typeof value === 'object' && value !== null && 'tensor' in value;
}

/** The tensors in an example's arguments. */
function samplesIn(value: unknown): Sample[] {
  if (isSample(value)) return [value.tensor];
  if (Array.isArray(value)) return value.flatMap(samplesIn);
  return [];
}

let salt = 0;

function draw(definition: tf.OpInfo, s: Sample, factor: number): tf.Tensor {
  const dtype = s.dtype ?? (isFloat(definition) ? 'float32' : definition.dtypes[0]);
  if (s.values !== undefined) {
    const flat = (Array.isArray(s.values) ? s.values.flat(Infinity) : [s.values]) as number[];
    return tf.cast(tf.reshape(tf.constant(flat.map(Number), { dtype: 'float64' }), s.shape), dtype);
  }
  const shape = s.shape.map((n) => (n > 1 ? n * factor : n));
  const [low, high] = s.domain ?? definition.domain ?? [-1, 1];
  const whole = s.integers === true || !dtype.startsWith('float');
  const data = elements(
    { shape, low, high: whole ? high + 1 : high, dtype: whole ? 'int32' : 'float32' },
    ++salt,
  );
  return tf.cast(tf.reshape(tf.constant(data), shape), dtype);
}

function place(definition: tf.OpInfo, value: unknown, factor: number): unknown {
  if (isSample(value)) return draw(definition, value.tensor, factor);
  return Array.isArray(value) ? value.map((v) => place(definition, v, factor)) : value;
}

/**
 * An example of the op definition with every dimension above 1 multiplied by a factor, so that its largest tensor has about `n` elements;
 * the largest example that the op accepts. null if no example can be called.
 */
export function exampleCase(definition: tf.OpInfo, n: number): Case | null {
  let best: { args: unknown[]; size: number } | null = null;
  for (const example of definition.examples) {
    const values = [...example.args, ...Object.values(example.options ?? {})];
    const samples = samplesIn(values).filter(({ values }) => values === undefined);
    if (samples.some((s) => product(s.shape) === 0)) continue;
    const largest = Math.max(1, ...samples.map((s) => product(s.shape)));
    const dims = Math.max(1, ...samples.map((s) => s.shape.filter((d) => d > 1).length));
    for (const factor of [Math.max(1, Math.floor((n / largest) ** (1 / dims))), 1]) {
      const size = largest * factor ** dims;
      if (best !== null && size <= best.size) continue;
      try {
        const args = example.args.map((a) => place(definition, a, factor));
        if (example.options !== undefined) {
          const entries = Object.entries(example.options).map(
            ([k, v]) => [k, place(definition, v, factor)] as const,
          );
          args.push(Object.fromEntries(entries));
        }
        (definition.call as unknown as Call)(...args);
        best = { args, size };
        break;
      } catch {
        // An example of an error, or one whose other arguments do not fit the enlarged tensors.
      }
    }
  }
  return best;
}
