/** Seeds of initializers, dropout and the like: integers, or generators that keep their state in a variable. */
import { InvalidArgumentError } from '../../core/errors';
import { initScope } from '../../function/eager';
import { describe } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { constant } from '../../ops/array/convert';
import { cast } from '../../ops/array/cast';
import { add, floormod, multiply } from '../../ops/math/binary';
import { MersenneTwister } from '../../ops/random/mersenne_twister';
import { setSeed } from '../../ops/random/random_seed';
import { namedOptions, withDefaults } from './named_options';
import { uniqueName } from './naming';
import { Weight } from './weight';

/** Python's `random` after `setRandomSeed`; null draws from the process's randomness. */
let twister: MersenneTwister | null = null;

let orders: MersenneTwister | null = null;

/** An integer from 0 to n − 1, for orders of examples. */
export const drawBelow = (n: number): number =>
  orders === null ? Math.floor(Math.random() * n) : orders.next() % n;

/**
 * Makes what Keras draws reproducible: seeds that are not given, and the random ops of TensorFlow.
 * @tf tf.keras.utils.set_random_seed
 */
export function setRandomSeed(seed: number): void {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
    throw new InvalidArgumentError(
      `[setRandomSeed] seed must be an integer from 0 to 4294967295; got ${describe(seed)}`,
    );
  twister = new MersenneTwister(BigInt(seed));
  // Orders of examples are drawn by themselves, so that seeds of layers are those of Keras.
  orders = new MersenneTwister(BigInt(seed));
  globalGenerator = null;
  setSeed(seed);
}

/** An integer from 1 to 10⁹, as Python's `random.randint(1, 1000000000)` draws it. */
export function defaultSeed(): number {
  const bound = 1e9;
  if (twister === null) return 1 + Math.floor(Math.random() * bound);
  for (;;) {
    const bits = twister.next() >>> 2;
    if (bits < bound) return 1 + bits;
  }
}

/** TensorFlow's stateless ops take int32 seeds: what Keras makes of wider ones. */
const seedLimit = 2 ** 31 - 2;

const generatorDefaults: { seed: number | null; name: string | null } = { seed: null, name: null };

/**
 * Draws a seed at each use, from a state that is a variable: inside compiled functions too. @tf tf.keras.random.SeedGenerator
 */
export class SeedGenerator {
  readonly name: string;
  /** The seed that it was given, or null. */
  readonly seed: number | null;
  /** The seed and the number of draws, int64. */
  readonly state: Weight;

  constructor(options: { seed?: number | null; name?: string } | number | null = {}) {
    const bare = typeof options !== 'object' || options === null;
    const { seed, name } = withDefaults(
      bare ? { seed: options } : options,
      generatorDefaults,
      'SeedGenerator',
    );
    if (seed !== null && !Number.isInteger(seed))
      throw new InvalidArgumentError(`[SeedGenerator] seed must be an integer; got ${describe(seed)}`);
    this.name = name ?? uniqueName('seed_generator');
    this.seed = seed;
    this.state = initScope(
      () =>
        new Weight(constant([BigInt(seed ?? defaultSeed()), 0n], { dtype: 'int64' }), {
          name: 'seed_generator_state',
          trainable: false,
          constraint: null,
          regularizer: null,
          autocast: false,
        }),
    );
  }

  /**
   * The next seed of stateless ops, int32 of shape [2]. The state counts the draws or, if not `ordered`, is a generator of its own.
   */
  next(ordered = true): Tensor {
    const seed = this.state.read();
    const int64 = (value: bigint | bigint[]): Tensor => constant(value, { dtype: 'int64' });
    this.state.assign(
      ordered
        ? add(seed, int64([0n, 1n]))
        : floormod(multiply(add(seed, int64(1n)), int64(5387n)), int64(933199n)),
    );
    return cast(floormod(seed, constant(BigInt(seedLimit), { dtype: 'int64' })), 'int32');
  }

  getConfig(): { seed: number | null; name: string } {
    return { seed: this.seed, name: this.name };
  }

  static fromConfig(config: { seed: number | null; name: string }): SeedGenerator {
    return new SeedGenerator(namedOptions(config, 'SeedGenerator.fromConfig'));
  }
}

let globalGenerator: SeedGenerator | null = null;

export type SeedLike = number | SeedGenerator | null;

/** The seed of stateless ops that Keras draws from an integer, a generator, or null for the global one. */
export function drawSeed(seed: SeedLike): readonly [number, number] | Tensor {
  if (typeof seed === 'number' && Number.isInteger(seed))
    return [((seed % seedLimit) + seedLimit) % seedLimit, 0];
  if (seed instanceof SeedGenerator) return seed.next();
  if ((seed as unknown) !== null)
    throw new InvalidArgumentError(
      `[keras.random] Argument \`seed\` must be either an integer or an instance of \`SeedGenerator\`. Received: ${describe(seed)}`,
    );
  globalGenerator ??= new SeedGenerator();
  return globalGenerator.next(false);
}
