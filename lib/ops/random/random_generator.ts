/** tf.random.Generator: random numbers from an explicit state. */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypeInfo, dtypes, wideIntegers, type DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { throwExtraArguments } from '../../core/options';
import { context } from '../../core/context';
import { describe, scalarShape, showShape, sizeOf } from '../../core/shape';
import { storageView, makeTensor, shapeOf, type Tensor, tensorFrom, viewOf } from '../../core/tensor';
import { Variable } from '../../core/variable';
import { badDType } from '../../op/checks';
import { options as parseOptions } from '../../core/options';
import { draw, fourWords, twoWords, words, type RuntimeStream, type Stream } from './philox';
import { blocksPerElement, checkInteger, nonDeterministicInt64 } from './random_seed';
import { requireConcrete } from '../../op/traced';
import { normalValues, shapeFrom, uniformValues, type ShapeLike, type StreamFor } from './random_values';

const algDefaults = { alg: null } as const;
const normalDefaults = { mean: 0, stddev: 1, dtype: 'float32' } as const;
const uniformDefaults = { minval: 0, maxval: null, dtype: 'float32' } as const;
const seedsDefaults = { dtype: 'int64' } as const;
const countDefaults = { count: 1 } as const;
const zeroWords = twoWords(0, 0);

export interface GeneratorOptions {
  /** Only Philox is supported; 'auto_select' (default) selects it. */
  alg?: 'philox' | 'auto_select' | null;
}

export interface GeneratorNormalOptions<D extends DType = DType> {
  /** Default 0. */
  mean?: TensorLike;
  /** Default 1. */
  stddev?: TensorLike;
  /** float32 (default) or float64. */
  dtype?: D;
}

export interface GeneratorUniformOptions<D extends DType = DType> {
  /** Lower bound, inclusive. Default 0. If both bounds are null: the whole range of an integer dtype. */
  minval?: TensorLike | null;
  /** Upper bound, exclusive. Default 1 for floats; required for integers. */
  maxval?: TensorLike | null;
  /** float32 (default), float64, int32 or int64. */
  dtype?: D;
}

/** Numbers, bigints, or a tensor of them. */
type Integers = TensorLike;

function checkAlg(options: GeneratorOptions | GeneratorOptions['alg'] | undefined, op: string): void {
  const { alg } = parseOptions<{ alg: unknown }>(options, 'alg', algDefaults, op);
  if (alg === null || alg === 'philox' || alg === 'auto_select') return;
  throw new InvalidArgumentError(
    `[${op}] Argument \`alg\` got unsupported value ${describe(alg)}. Supported values are philox for the Philox ` +
      `algorithm, and auto_select for auto-selection (Philox).`,
  );
}

/** Parses a vector of `count` 64-bit integers. */
function int64s(value: Integers, count: number, op: string, argument: string): bigint[] {
  const given = Array.isArray(value)
    ? value.map((v: unknown) => checkInteger(v, `[${op}] an element of ${argument}`))
    : value;
  const t = toTensor(given, null, op, argument);
  if (t.dt.kind !== 'int') {
    throw new InvalidArgumentError(`[${op}] ${argument} must hold integers; it is a ${t.dtype} tensor`);
  }
  if (t.rank !== 1 || t.size !== count) {
    throw new InvalidArgumentError(
      `[${op}] ${argument} must have shape [${count}], not ${showShape(shapeOf(t))}` +
        (argument === 'state' ? ': [counter low, counter high, key]' : ''),
    );
  }
  return Array.from(viewOf(requireConcrete(t, op)) as ArrayLike<number | bigint>, (v) =>
    BigInt.asIntN(64, BigInt(v)),
  );
}

/** The state of a seed: the seed as a sign-extended 192-bit integer. */
function seedState(seed: unknown, op: string): bigint[] {
  const value = checkInteger(seed, `[${op}] seed`);
  return [0n, 64n, 128n].map((shift) => BigInt.asIntN(64, value >> shift));
}

/**
 * A random number generator with its own state: `[counter low, counter high, key]`. A draw of n elements advances the counter
 * by 256·n. For the same state, it returns the same numbers as TensorFlow's. @tf tf.random.Generator
 */
export class Generator {
  /** The state; to assign to it is the same as `reset`. */
  readonly state: Variable;

  private constructor(state: readonly bigint[]) {
    if (!Array.isArray(state) || state.length !== 3 || state.some((n) => typeof n !== 'bigint')) {
      throw new TypeError(
        '[random.Generator] is created by Generator.fromSeed(seed), fromState(state) or fromNonDeterministicState()',
      );
    }
    this.state = new Variable(tensorFrom(dtypes.int64, [3], state), { trainable: false, name: 'StateVar' });
  }

  /** Creates a generator with state `[seed, 0, 0]`, or `[seed, -1, -1]` for a negative seed. @tf tf.random.Generator.from_seed */
  static fromSeed(seed: number | bigint, options?: GeneratorOptions | GeneratorOptions['alg']): Generator {
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 2) throwExtraArguments('Generator.fromSeed', 2, arguments, algDefaults);
    checkAlg(options, 'Generator.fromSeed');
    return new Generator(seedState(seed, 'Generator.fromSeed'));
  }

  /** Creates a generator with state `[counter low, counter high, key]`. @tf tf.random.Generator.from_state */
  static fromState(state: Integers, options?: GeneratorOptions | GeneratorOptions['alg']): Generator {
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 2) throwExtraArguments('Generator.fromState', 2, arguments, algDefaults);
    checkAlg(options, 'Generator.fromState');
    return new Generator(int64s(state, 3, 'Generator.fromState', 'state'));
  }

  /** Creates a generator with a random state. @tf tf.random.Generator.from_non_deterministic_state */
  static fromNonDeterministicState(options?: GeneratorOptions | GeneratorOptions['alg']): Generator {
    if (arguments.length > 1) {
      // eslint-disable-next-line prefer-rest-params
      throwExtraArguments('Generator.fromNonDeterministicState', 1, arguments, algDefaults);
    }
    checkAlg(options, 'Generator.fromNonDeterministicState');
    return new Generator([nonDeterministicInt64(), nonDeterministicInt64(), nonDeterministicInt64()]);
  }

  /** Creates a generator from a key and a counter (low half, high half). @tf tf.random.Generator.from_key_counter */
  static fromKeyCounter(
    key: number | bigint,
    counter: Integers,
    options?: GeneratorOptions | GeneratorOptions['alg'],
  ): Generator {
    const op = 'Generator.fromKeyCounter';
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 3) throwExtraArguments(op, 3, arguments, algDefaults);
    checkAlg(options, op);
    return new Generator([
      ...int64s(counter, 2, op, 'counter'),
      BigInt.asIntN(64, checkInteger(key, `[${op}] key`)),
    ]);
  }

  /** TensorFlow's number of the algorithm: 1 for Philox. */
  get algorithm(): number {
    return 1;
  }

  /** The key, an int64 scalar. */
  get key(): Tensor {
    return tensorFrom(dtypes.int64, scalarShape, [this.#values()[2]]);
  }

  #values(): BigInt64Array {
    return viewOf(this.state.held) as BigInt64Array;
  }

  private set(values: readonly bigint[]): void {
    this.state.assign(tensorFrom(dtypes.int64, [3], values));
  }

  /** Sets the state. @tf tf.random.Generator.reset */
  reset(state: Integers): void {
    this.set(int64s(state instanceof Variable ? state.read() : state, 3, 'Generator.reset', 'state'));
  }

  /** Sets the state to `[seed, 0, 0]`. @tf tf.random.Generator.reset_from_seed */
  resetFromSeed(seed: number | bigint): void {
    this.set(seedState(seed, 'Generator.resetFromSeed'));
  }

  /** Sets key and counter. @tf tf.random.Generator.reset_from_key_counter */
  resetFromKeyCounter(key: number | bigint, counter: Integers): void {
    const op = 'Generator.resetFromKeyCounter';
    this.set([...int64s(counter, 2, op, 'counter'), BigInt.asIntN(64, checkInteger(key, `[${op}] key`))]);
  }

  /** Advances the counter like a draw of `delta` elements; returns the previous state. @tf tf.random.Generator.skip */
  skip(delta: number | bigint): Tensor {
    const before = this.state.held;
    this.advance(checkInteger(delta, '[Generator.skip] delta'));
    return tensorFrom(dtypes.int64, [3], viewOf(before));
  }

  /**
   * Advances the counter by a draw of that many elements; returns the previous position. It computes with 32-bit words, since
   * an operation on bigints takes as long as a draw.
   */
  private advance(elements: number | bigint): Stream {
    const before = this.state.held;
    const from = storageView(before, dtypes.int32) as Int32Array;
    let at = before.offset / 4;
    const word = (i: number): number => from[at + i] >>> 0;
    const stream: Stream = {
      key: twoWords(word(4), word(5)),
      counter: fourWords(word(0), word(1), word(2), word(3)),
    };
    const [low, high] =
      typeof elements === 'number'
        ? [words(elements * blocksPerElement), zeroWords]
        : [words(elements * BigInt(blocksPerElement)), words((elements * BigInt(blocksPerElement)) >> 64n)];
    const next = makeTensor(dtypes.int64, shapeOf(before), 3);
    const to = storageView(next, dtypes.int32) as Int32Array;
    at = next.offset / 4;
    let sum = 0;
    for (let i = 0; i < 4; i++) {
      sum = Math.floor(sum / 2 ** 32) + stream.counter[i] + (i < 2 ? low : high)[i % 2];
      to[at + i] = sum;
    }
    to[at + 4] = stream.key[0];
    to[at + 5] = stream.key[1];
    if (context.tracer === null) this.state.assignOwned(next);
    else this.state.assign(next);
    return stream;
  }

  private readonly stream: StreamFor = (_distribution, _dt, size) => this.next(size);

  private next(elements: number): Stream | RuntimeStream {
    if (context.tracer === null) return this.advance(elements);
    return { atRun: () => this.advance(elements), variables: [this.state] };
  }

  /** Normally distributed values. @tf tf.random.Generator.normal */
  normal<D extends DType = 'float32'>(
    shape: ShapeLike,
    options?: GeneratorNormalOptions<D> | TensorLike,
  ): Tensor<NoInfer<D>>;
  normal(shape: ShapeLike, options?: GeneratorNormalOptions | TensorLike): Tensor {
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 2) throwExtraArguments('Generator.normal', 2, arguments, normalDefaults);
    return this.normalLike('normal', shape, options, 'Generator.normal');
  }

  /** Normally distributed values within two standard deviations of the mean. @tf tf.random.Generator.truncated_normal */
  truncatedNormal<D extends DType = 'float32'>(
    shape: ShapeLike,
    options?: GeneratorNormalOptions<D> | TensorLike,
  ): Tensor<NoInfer<D>>;
  truncatedNormal(shape: ShapeLike, options?: GeneratorNormalOptions | TensorLike): Tensor {
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 2) throwExtraArguments('Generator.truncatedNormal', 2, arguments, normalDefaults);
    return this.normalLike('truncatedNormal', shape, options, 'Generator.truncatedNormal');
  }

  private normalLike(
    distribution: 'normal' | 'truncatedNormal',
    shape: ShapeLike,
    options: GeneratorNormalOptions | TensorLike | undefined,
    op: string,
  ): Tensor {
    const o = parseOptions<Required<GeneratorNormalOptions>>(options, 'mean', normalDefaults, op);
    return normalValues(distribution, shape, o.mean, o.stddev, o.dtype, this.stream, op);
  }

  /** Uniformly distributed values in [minval, maxval). @tf tf.random.Generator.uniform */
  uniform<D extends DType = 'float32'>(
    shape: ShapeLike,
    options?: GeneratorUniformOptions<D> | TensorLike,
  ): Tensor<NoInfer<D>>;
  uniform(shape: ShapeLike, options?: GeneratorUniformOptions | TensorLike): Tensor {
    const op = 'Generator.uniform';
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 2) throwExtraArguments(op, 2, arguments, uniformDefaults);
    const o = parseOptions<Required<GeneratorUniformOptions>>(options, 'minval', uniformDefaults, op);
    return uniformValues(shape, o.minval, o.maxval, o.dtype, this.stream, op, true);
  }

  /** Integers of the dtype's whole range: int64 (default), int32, uint32 or uint64. @tf tf.random.Generator.uniform_full_int */
  uniformFullInt<D extends 'int32' | 'int64' | 'uint32' | 'uint64' = 'int64'>(
    shape: ShapeLike,
    options?: { dtype?: D } | D,
  ): Tensor<NoInfer<D>>;
  uniformFullInt(shape: ShapeLike, options?: { dtype?: DType } | DType): Tensor {
    const op = 'Generator.uniformFullInt';
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 2) throwExtraArguments(op, 2, arguments, seedsDefaults);
    const { dtype } = parseOptions<{ dtype: DType }>(options, 'dtype', seedsDefaults, op);
    const dt = dtypeInfo(dtype, `[${op}] dtype`);
    if (!wideIntegers.includes(dt.name)) throw badDType(op, 'dtype', dt, wideIntegers);
    const dims = shapeFrom(shape, op);
    return draw('uniformFullInt', dims, dt, this.next(sizeOf(dims)));
  }

  private keys(count: number, op: string): BigInt64Array {
    if (!Number.isInteger(count) || count < 0) {
      throw new InvalidArgumentError(`[${op}] count must be an integer ≥ 0; got ${describe(count)}`);
    }
    return viewOf(this.uniformFullInt([count], 'int64')) as BigInt64Array;
  }

  /**
   * Seeds for stateless functions: an int64 tensor of shape [2, count] with one seed pair per column.
   * @tf tf.random.Generator.make_seeds
   */
  makeSeeds(options?: { count?: number } | number): Tensor<'int64'> {
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 1) throwExtraArguments('Generator.makeSeeds', 1, arguments, countDefaults);
    const { count } = parseOptions<{ count: number }>(options, 'count', countDefaults, 'Generator.makeSeeds');
    const keys = this.keys(count, 'Generator.makeSeeds');
    const seeds = new BigInt64Array(2 * count);
    seeds.set(keys);
    return tensorFrom(dtypes.int64, [2, count], seeds) as Tensor<'int64'>;
  }

  /** `count` generators with independent streams. @tf tf.random.Generator.split */
  split(options?: { count?: number } | number): Generator[] {
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 1) throwExtraArguments('Generator.split', 1, arguments, countDefaults);
    const { count } = parseOptions<{ count: number }>(options, 'count', countDefaults, 'Generator.split');
    return Array.from(this.keys(count, 'Generator.split'), (key) => new Generator([0n, 0n, key]));
  }
}

let globalGenerator: Generator | null = null;

/** The global generator; it is created with a random state at first use. @tf tf.random.get_global_generator */
export function getGlobalGenerator(): Generator {
  globalGenerator ??= Generator.fromNonDeterministicState();
  return globalGenerator;
}

/** Replaces the global generator. @tf tf.random.set_global_generator */
export function setGlobalGenerator(generator: Generator): void {
  if (!(generator instanceof Generator)) {
    throw new TypeError(`[setGlobalGenerator] needs a tf.random.Generator; got ${describe(generator)}`);
  }
  globalGenerator = generator;
}
