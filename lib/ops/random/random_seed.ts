/** Seeds of random ops: the global one, the ops' own, and where each op's stream stands. */
import { randomBytes } from 'node:crypto';
import { describe } from '../../core/shape';
import { MersenneTwister } from './mersenne_twister';
import { fourWords, twoWords, words, type Stream } from './philox';

export type Seed = number | bigint | null;

const maxInt32 = 2n ** 31n - 1n;
/** TensorFlow's global seed where only ops have seeds. */
const defaultGlobalSeed = 87654321n;

/** Blocks of 128 bits that each element may use. */
export const blocksPerElement = 256;

let globalSeed: bigint | null = null;
let twister: MersenneTwister | null = null;
/** Blocks used by each op, dtype and pair of seeds since the global seed was set. */
const used = new Map<string, number>();

/** Any integer as a bigint; a TypeError for anything else. */
export function checkInteger(value: unknown, where: string): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  throw new TypeError(
    `${where} must be an integer (a number below 2⁵³, or a bigint); got ${describe(value)}`,
  );
}

/**
 * Sets the global seed: from here on, random ops without a seed of their own draw the same numbers in the same order as
 * TensorFlow's do after its `set_seed`. @tf tf.random.set_seed
 */
export function setSeed(seed: number | bigint): void {
  globalSeed = checkInteger(seed, '[setSeed] seed');
  twister = new MersenneTwister(globalSeed);
  used.clear();
}

/** The remainder that is never negative. */
function truncate(seed: bigint): bigint {
  const rest = seed % maxInt32;
  return rest < 0n ? rest + maxInt32 : rest;
}

/** Seeds the op; both are null where nothing was ever seeded. Draws from the Mersenne Twister if the op has no seed. */
function seedsFor(opSeed: Seed, op: string): readonly [bigint, bigint] | null {
  const own = opSeed === null ? null : checkInteger(opSeed, `[${op}] seed`);
  if (globalSeed === null && own === null) return null;
  const first = truncate(globalSeed ?? defaultGlobalSeed);
  const second = truncate(own ?? BigInt((twister as MersenneTwister).seed31()));
  return first === 0n && second === 0n ? [0n, maxInt32] : [first, second];
}

let unseeded: { key: readonly [number, number]; high: readonly [number, number]; blocks: number } | null =
  null;

/** A stream that nobody can foresee, one per process, each draw further along. */
function unforeseen(blocks: number): Stream {
  if (unseeded === null) {
    const [k0, k1, c2, c3] = new Uint32Array(new Uint8Array(randomBytes(16)).buffer);
    unseeded = { key: twoWords(k0, k1), high: twoWords(c2, c3), blocks: 0 };
  }
  const at = unseeded.blocks;
  unseeded.blocks += blocks;
  const [c2, c3] = unseeded.high;
  return { key: unseeded.key, counter: fourWords(at % 2 ** 32, Math.floor(at / 2 ** 32), c2, c3) };
}

/**
 * Where the next draw of an op starts. What shares a stream is TensorFlow's kernel and dtype; the draw
 * moves it on by `blocks`.
 */
export function nextStream(kernel: string, dtype: string, opSeed: Seed, blocks: number, op: string): Stream {
  const seeds = seedsFor(opSeed, op);
  if (seeds === null) return unforeseen(blocks);
  const key = `${kernel}/${dtype}/${seeds[0]}/${seeds[1]}`;
  const at = used.get(key) ?? 0;
  // Streams of seeds that the Mersenne Twister gave are used once: only those of explicit seeds are worth remembering.
  if (opSeed !== null || at > 0) used.set(key, at + blocks);
  const [c2, c3] = words(seeds[1]);
  return { key: words(seeds[0]), counter: fourWords(at % 2 ** 32, Math.floor(at / 2 ** 32), c2, c3) };
}

/** 64 random bits from the operating system, as a signed integer. */
export function nonDeterministicInt64(): bigint {
  return BigInt.asIntN(64, BigInt(`0x${randomBytes(8).toString('hex')}`));
}
