/** Random calls of an op definition: its examples, or the standard ones of its kind, with elements drawn from its domain. */
import { dtypes, type DType } from '../../lib/core/dtype';
import { OpError } from '../../lib/core/errors';
import { type Tensor, tensorFrom } from '../../lib/core/tensor';
import { sizeOf } from '../../lib/core/shape';
import { sample, type Example, type OpDefinition, type TensorSample } from '../../lib/op/registry';
import { invoke, Slot, type Call } from './calls';
import { moreExamples } from '../golden/more_examples';
import { elements } from './fixtures';

/** Numbers in [0, 1), the same in every run. */
export function random(seed: string): () => number {
  let state = 2166136261;
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const shapePairs: readonly (readonly [number[], number[]])[] = [
  [[4], [4]],
  [[], [4]],
  [[4], []],
  [[], []],
  [
    [3, 1],
    [1, 4],
  ],
  [[2, 3, 4], [4]],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [[0], [0]],
  [[0], []],
  [[0, 3], [3]],
  [
    [2, 0],
    [1, 1],
  ],
];

function reductionExamples(): Example[] {
  const examples: Example[] = [];
  for (const shape of [[], [5], [3, 4], [2, 3, 4], [0, 3]]) {
    for (const axis of [null, 0, -1, [0, 2], []]) {
      const axes = axis === null ? [] : Array.isArray(axis) ? axis : [axis];
      if (axes.some((a: number) => a >= shape.length || a < -shape.length)) continue;
      for (const keepdims of [false, true])
        examples.push({ args: [sample(shape)], options: { axis, keepdims } });
    }
  }
  return examples;
}

const unaryExamples: Example[] = [[], [7], [3, 5], [0], [2, 0, 3]].map((s) => ({ args: [sample(s)] }));
const binaryExamples: Example[] = shapePairs.map(([a, b]) => ({ args: [sample(a), sample(b)] }));

/** The definition's examples; those of its kind where it names none. */
export function examplesOf(definition: OpDefinition): readonly Example[] {
  const more = moreExamples[definition.name] ?? [];
  if (definition.examples.length + more.length > 0) return [...definition.examples, ...more];
  switch (definition.kind) {
    case 'unary':
      return unaryExamples;
    case 'binary':
    case 'compare':
      return binaryExamples;
    case 'reduction':
      return reductionExamples();
    default:
      // A part of other functions (the generator under tf.random), which have tests of their own.
      if (definition.tf === '') return [];
      throw new Error(
        `definition ${definition.name} of kind ${definition.kind} has no examples: give it some`,
      );
  }
}

function isSample(a: unknown): a is TensorSample {
  return typeof a === 'object' && a !== null && 'tensor' in a;
}

function interval(domain: readonly [number, number] | undefined, dtype: DType): [number, number] {
  const float = dtypes[dtype].kind === 'float';
  const { signed } = dtypes[dtype];
  let [lo, hi] = domain ?? (float ? [-2, 2] : signed ? [-10, 10] : [0, 20]);
  if (!float) {
    lo = Math.ceil(lo);
    hi = Math.floor(hi);
    if (!signed) [lo, hi] = [Math.max(lo, 0), Math.max(hi, 1)];
  }
  return [lo, hi];
}

export interface Draw {
  /** For tensors that have no dtype of their own. */
  dtype: DType;
  seed: string;
  /** Takes the place of dtypes that samples state. */
  retype?: Partial<Record<DType, DType>>;
  /** Changes every sample's shape (samples with values keep theirs). */
  reshape?: (shape: readonly number[]) => readonly number[];
}

function draw(spec: TensorSample['tensor'], definition: OpDefinition, how: Draw, rng: () => number): Tensor {
  const stated = spec.dtype === undefined ? how.dtype : (how.retype?.[spec.dtype] ?? spec.dtype);
  const dt = dtypes[stated];
  if (spec.values !== undefined) {
    const flat = Array.isArray(spec.values) ? (spec.values as unknown[]).flat(Infinity) : [spec.values];
    return tensorFrom(dt, spec.shape, elements(flat, stated));
  }
  const shape = how.reshape === undefined ? spec.shape : how.reshape(spec.shape);
  const [lo, hi] = interval(spec.domain ?? definition.domain, stated);
  const size = sizeOf(shape);
  const out = new dt.array(size);
  const whole = dt.kind !== 'float' || spec.integers === true;
  const [from, width] =
    dt.kind === 'bool' ? [0, 2] : whole ? [Math.ceil(lo), Math.floor(hi) - Math.ceil(lo) + 1] : [lo, hi - lo];
  const values = out as { [i: number]: number | bigint };
  const drawn = Math.min(size, 4099);
  for (let i = 0; i < drawn; i++) {
    const v = from + width * rng();
    values[i] = dt.big ? BigInt(Math.floor(v)) : whole ? Math.floor(v) : v;
  }
  // Large tensors repeat themselves, which drawing would take longer than computing.
  for (let done = drawn; done < size; done *= 2) out.copyWithin(done, 0, Math.min(done, size - done));
  return tensorFrom(dt, shape, out);
}

/** One example as a call. */
export function realize(definition: OpDefinition, example: Example, how: Draw): Call {
  const rng = random(`${definition.name}#${how.seed}`);
  const tensors: Tensor[] = [];
  const place = (a: unknown): unknown => {
    if (isSample(a)) {
      tensors.push(draw(a.tensor, definition, how, rng));
      return new Slot(tensors.length - 1);
    }
    return Array.isArray(a) ? a.map(place) : a;
  };
  const args = example.args.map(place);
  const options =
    example.options === undefined
      ? undefined
      : Object.fromEntries(Object.entries(example.options).map(([key, value]) => [key, place(value)]));
  const shown = tensors.map((t) => `${t.dtype}[${t.shape.join(',')}]`).join(' ');
  const rest = options === undefined ? '' : ` ${JSON.stringify(example.options)}`;
  return { definition, args, options, tensors, label: `${definition.name}(${shown}${rest})` };
}

/** Whether some tensor of the example takes the op definition's dtypes one after another. */
export function hasFreeDType(example: Example): boolean {
  const free = (a: unknown): boolean =>
    isSample(a) ? a.tensor.dtype === undefined : Array.isArray(a) ? a.some(free) : false;
  return example.args.some(free) || Object.values(example.options ?? {}).some(free);
}

/** Every example of an op definition in every dtype it takes. */
export function* everyCall(definition: OpDefinition, seed: string): Generator<Call> {
  for (const [i, example] of examplesOf(definition).entries()) {
    for (const dtype of hasFreeDType(example) ? definition.dtypes : definition.dtypes.slice(0, 1)) {
      yield realize(definition, example, { dtype, seed: `${seed}/${i}/${dtype}` });
    }
  }
}

/** The results of a call, or null where it is an example of an error. */
export function attempt(call: Call): Tensor[] | null {
  try {
    return invoke(call);
  } catch (error) {
    if (error instanceof OpError || error instanceof TypeError) return null;
    throw error;
  }
}

/**
 * At most `most` of the examples with some `target` elements in the largest tensor, the relations of their shapes kept: every dimension
 * above 1 times a factor. Where that makes no sense for an op, it will say so. Largest first.
 */
export function enlarged(definition: OpDefinition, dtype: DType, target: number, most: number): Call[] {
  const made = [...examplesOf(definition).entries()].map(([i, example]) => {
    const own = hasFreeDType(example) ? dtype : definition.dtypes[0];
    const small = realize(definition, example, { dtype: own, seed: 'size' });
    const { tensors } = small;
    // Results count too: an outer product is larger than its operands.
    const all = [...tensors, ...(attempt(small) ?? [])];
    const dims = Math.max(1, ...all.map((t) => t.shape.filter((n) => n > 1).length));
    const largest = Math.max(1, ...all.map((t) => t.size));
    const factor = Math.max(1, Math.floor((target / largest) ** (1 / dims)));
    const reshape = (shape: readonly number[]): number[] => shape.map((n) => (n > 1 ? n * factor : n));
    const size = tensors.reduce((sum, t) => sum + sizeOf(reshape(t.shape)), 0);
    return {
      size,
      call: () => realize(definition, example, { dtype: own, seed: `large/${i}/${own}`, reshape }),
    };
  });
  return made
    .filter(({ size }) => size < 3 * target)
    .sort((a, b) => b.size - a.size)
    .slice(0, most)
    .map(({ call }) => call());
}
