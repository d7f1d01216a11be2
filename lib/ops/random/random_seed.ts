/** Seeds of stateful random ops: the global seed, op seeds, and the position of each op's stream. */
import { randomBytes } from 'node:crypto';
import { describe } from '../../core/shape';
import { MersenneTwister } from './mersenne_twister';
import { fourWords, twoWords, words, type Stream } from './philox';

export type Seed = number | bigint | null;

const maxInt32 = 2n ** 31n - 1n;
/** TensorFlow's global seed for ops with a seed, if no global seed is set. */
const defaultGlobalSeed = 87654321n;

/** The number of 128-bit blocks that are reserved for each element of a draw. */
export const blocksPerElement = 256;

let globalSeed: bigint | null = null;
let twister: MersenneTwister | null = null;
/** The number of blocks used since the global seed was set, by kernel, dtype and pair of seeds. */
const blocksUsed = new Map<string, number>();

/** Converts an integer to a bigint; throws a TypeError for anything else. */
export function checkInteger(value: unknown, where: string): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  throw new TypeError(
    `${where} must be an integer (a number below 2⁵³, or a bigint); got ${describe(value)}`,
  );
}

/**
 * Sets the global seed. From then on, random ops without an op seed draw the same numbers in the same order as TensorFlow
 * after `tf.random.set_seed`. @tf tf.random.set_seed
 */
export function setSeed(seed: number | bigint): void {
  globalSeed = checkInteger(seed, '[setSeed] seed');
  twister = new MersenneTwister(globalSeed);
  blocksUsed.clear();
}

/** The non-negative remainder of a seed modulo 2³¹ − 1. */
function truncate(seed: bigint): bigint {
  const remainder = seed % maxInt32;
  return remainder < 0n ? remainder + maxInt32 : remainder;
}

/**
 * The pair of seeds of an op; null if neither a global nor an op seed is set. For an op without a seed, the second one is
 * drawn from the Mersenne Twister.
 */
function seedsFor(opSeed: Seed, op: string): readonly [bigint, bigint] | null {
  const own = opSeed === null ? null : checkInteger(opSeed, `[${op}] seed`);
  if (globalSeed === null && own === null) return null;
  const first = truncate(globalSeed ?? defaultGlobalSeed);
  const second = truncate(own ?? BigInt((twister as MersenneTwister).seed31()));
  return first === 0n && second === 0n ? [0n, maxInt32] : [first, second];
}

let unseeded: { key: readonly [number, number]; high: readonly [number, number]; blocks: number } | null =
  null;

/** The process's stream of unseeded ops, whose key is random; each draw advances it. */
function nonDeterministicStream(blocks: number): Stream {
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
 * The stream position of an op's next draw, which advances the stream by `blocks`. As in TensorFlow, ops with the same
 * kernel, dtype and seeds share a stream.
 */
export function nextStream(kernel: string, dtype: string, opSeed: Seed, blocks: number, op: string): Stream {
  const seeds = seedsFor(opSeed, op);
  if (seeds === null) return nonDeterministicStream(blocks);
  const key = `${kernel}/${dtype}/${seeds[0]}/${seeds[1]}`;
  const at = blocksUsed.get(key) ?? 0;
  // The stream of a seed from the Mersenne Twister is used only once, so only streams of explicit seeds are kept.
  if (opSeed !== null || at > 0) blocksUsed.set(key, at + blocks);
  const [c2, c3] = words(seeds[1]);
  return { key: words(seeds[0]), counter: fourWords(at % 2 ** 32, Math.floor(at / 2 ** 32), c2, c3) };
}

/** 64 random bits from the operating system, as a signed integer. */
export function nonDeterministicInt64(): bigint {
  return BigInt.asIntN(64, BigInt(`0x${randomBytes(8).toString('hex')}`));
}
