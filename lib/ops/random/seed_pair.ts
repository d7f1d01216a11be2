/** Seeds of stateless random ops: pairs of integers. */
import { context } from '../../core/context';
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypes } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { describe, showShape } from '../../core/shape';
import { shapeOf, storageView, type Tensor, viewOf } from '../../core/tensor';
import { requireConcrete } from '../../op/traced';
import { cast } from '../array/cast';
import { statelessStream, words, type SeededStream, type Stream, type Words } from './philox';

/** A random number algorithm, by TensorFlow's name. */
export type Algorithm = 'philox' | 'auto_select';

/** A pair of integers: numbers, bigints or a tensor of shape [2]. */
export type SeedPair = readonly [number | bigint, number | bigint] | TensorLike;

/** A seed of two numbers as words; null if it is something else. */
function numberPair(seed: SeedPair): readonly [Words, Words] | null {
  if (
    Array.isArray(seed) &&
    seed.length === 2 &&
    Number.isSafeInteger(seed[0]) &&
    Number.isSafeInteger(seed[1])
  )
    return [words(seed[0] as number), words(seed[1] as number)];
  return null;
}

function seedTensor(seed: SeedPair, op: string): Tensor {
  const t = toTensor(
    Array.isArray(seed) ? seed.map((s: unknown) => (typeof s === 'number' ? toInt64(s, op) : s)) : seed,
    null,
    op,
    'seed',
  );
  if (t.rank !== 1 || t.size !== 2) {
    throw new InvalidArgumentError(`[${op}] seed must have shape [2], not ${showShape(shapeOf(t))}`);
  }
  if (t.dt !== dtypes.int32 && t.dt !== dtypes.int64) {
    throw new InvalidArgumentError(`[${op}] seed must be int32 or int64, not ${t.dtype}`);
  }
  return t;
}

/** The stream of a stateless seed pair. Its value may be unknown in a trace. */
export function streamOfSeed(seed: SeedPair, op: string): Stream | SeededStream {
  const numbers = numberPair(seed);
  if (numbers !== null) return statelessStream(numbers);
  const t = seedTensor(seed, op);
  if (context.tracer !== null && t.isSymbolic) return { seed: cast(t, 'int64') };
  return statelessStream(pairOf(t, op));
}

function pairOf(t: Tensor, op: string): readonly [Words, Words] {
  if (context.tracer === null) {
    const elements = storageView(t);
    const at = t.offset / t.dt.bytes;
    return [words(elements[at]), words(elements[at + 1])];
  }
  const [a, b] = viewOf(requireConcrete(t, op));
  return [words(a), words(b)];
}

/** Converts an integer literal of a seed to int64; throws for other numbers. */
export function toInt64(value: number, op: string): bigint {
  if (Number.isSafeInteger(value)) return BigInt(value);
  throw new InvalidArgumentError(`[${op}] seed must consist of integers; got ${value}`);
}

/** Checks the name of an algorithm. */
export function checkAlgorithm(alg: unknown, op: string): void {
  if (alg === 'philox' || alg === 'auto_select') return;
  throw new InvalidArgumentError(
    `[${op}] alg must be 'philox' or 'auto_select' (which is Philox); got ${describe(alg)}`,
  );
}
