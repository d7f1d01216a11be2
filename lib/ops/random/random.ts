/** The functions of tf.random. For the same seeds, they return the same numbers as TensorFlow's. */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypes, type DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { throwExtraArguments } from '../../core/options';
import { context } from '../../core/context';
import { asShape, scalarShape, showShape } from '../../core/shape';
import type { DTypeOf } from '../../core/dtype_of';
import { aliasTensor, storageView, makeTensor, shapeOf, specOf, Tensor, tensorFrom } from '../../core/tensor';
import { Variable } from '../../core/variable';
import { options } from '../../core/options';
import { drawWords, type Stream } from './philox';
import { checkAlgorithm, streamOfSeed, toInt64, type Algorithm, type SeedPair } from './seed_pair';
import { blocksPerElement, nextStream, type Seed } from './random_seed';
import { gatherRows } from '../../op/index_rows';
import { stack } from '../array/joining';
import { normalValues, uniformValues, type ShapeLike, type StreamFor } from './random_values';

const shuffleDefaults = { seed: null } as const;
const splitDefaults = { num: 2, alg: 'auto_select' } as const;
const foldInDefaults = { alg: 'auto_select' } as const;

export { setSeed } from './random_seed';
export {
  categorical,
  statelessCategorical,
  type CategoricalOptions,
  type StatelessCategoricalOptions,
} from './categorical';
export type { Algorithm, SeedPair } from './seed_pair';
export {
  gamma,
  poisson,
  statelessBinomial,
  statelessGamma,
  statelessPoisson,
  type GammaOptions,
  type PoissonOptions,
  type StatelessGammaOptions,
} from './distributions';
export { Generator, getGlobalGenerator, setGlobalGenerator, type GeneratorOptions } from './random_generator';

export interface NormalOptions<D extends DType = DType> {
  /** Default 0. */
  mean?: TensorLike;
  /** Default 1. */
  stddev?: TensorLike;
  /** float32 (default) or float64. */
  dtype?: D;
  /** The op seed, which is combined with the global seed. */
  seed?: Seed;
}

export interface UniformOptions<D extends DType = DType> {
  /** Lower bound, inclusive. Default 0. */
  minval?: TensorLike;
  /** Upper bound, exclusive. Default 1 for floats; required for integers. */
  maxval?: TensorLike | null;
  /** float32 (default), float64, int32 or int64. */
  dtype?: D;
  /** The op seed, which is combined with the global seed. */
  seed?: Seed;
}

export interface StatelessNormalOptions<D extends DType = DType> {
  mean?: TensorLike;
  stddev?: TensorLike;
  dtype?: D;
  /** Only Philox is supported. */
  alg?: Algorithm;
}

export interface StatelessUniformOptions<D extends DType = DType> {
  /** Lower bound, inclusive. Default 0. If both bounds are null: the whole range of an integer dtype. */
  minval?: TensorLike | null;
  /** Upper bound, exclusive. Default 1 for floats; required for integers. */
  maxval?: TensorLike | null;
  dtype?: D;
  alg?: Algorithm;
}

const normalDefaults = { mean: 0, stddev: 1, dtype: 'float32', seed: null } as const;
const uniformDefaults = { minval: 0, maxval: null, dtype: 'float32', seed: null } as const;

/** The stream of a stateful op: see `nextStream`. */
const statefulStream =
  (seed: Seed, op: string): StreamFor =>
  (distribution, dt, size) => {
    const next = (): Stream => nextStream(distribution, dt.name, seed, size * blocksPerElement, op);
    return context.tracer === null ? next() : { atRun: next, variables: [] };
  };

/**
 * Normally distributed values. `mean` and `stddev` broadcast with `shape` and receive gradients. See `setSeed` for seeds.
 * @tf tf.random.normal
 */
export function normal<D extends DType = 'float32'>(
  shape: ShapeLike,
  options?: NormalOptions<D> | TensorLike,
): Tensor<NoInfer<D>>;
export function normal(shape: ShapeLike, given?: NormalOptions | TensorLike): Tensor {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 2) throwExtraArguments('random.normal', 2, arguments, normalDefaults);
  const o = options<Required<NormalOptions>>(given, 'mean', normalDefaults, 'random.normal');
  return normalValues(
    'normal',
    shape,
    o.mean,
    o.stddev,
    o.dtype,
    statefulStream(o.seed, 'random.normal'),
    'random.normal',
  );
}

/**
 * Normally distributed values; those more than two standard deviations from the mean are redrawn.
 * @tf tf.random.truncated_normal
 */
export function truncatedNormal<D extends DType = 'float32'>(
  shape: ShapeLike,
  options?: NormalOptions<D> | TensorLike,
): Tensor<NoInfer<D>>;
export function truncatedNormal(shape: ShapeLike, given?: NormalOptions | TensorLike): Tensor {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 2) throwExtraArguments('random.truncatedNormal', 2, arguments, normalDefaults);
  const op = 'random.truncatedNormal';
  const o = options<Required<NormalOptions>>(given, 'mean', normalDefaults, op);
  return normalValues('truncatedNormal', shape, o.mean, o.stddev, o.dtype, statefulStream(o.seed, op), op);
}

/**
 * Uniformly distributed values in [minval, maxval). For floats, the bounds broadcast with `shape` and receive gradients; for
 * integers, they are scalars and `maxval` is required. @tf tf.random.uniform
 */
export function uniform<D extends DType = 'float32'>(
  shape: ShapeLike,
  options?: UniformOptions<D> | TensorLike,
): Tensor<NoInfer<D>>;
export function uniform(shape: ShapeLike, given?: UniformOptions | TensorLike): Tensor {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 2) throwExtraArguments('random.uniform', 2, arguments, uniformDefaults);
  const o = options<Required<UniformOptions>>(given, 'minval', uniformDefaults, 'random.uniform');
  const stream = statefulStream(o.seed, 'random.uniform');
  return uniformValues(shape, o.minval, o.maxval, o.dtype, stream, 'random.uniform', false);
}

/**
 * Shuffles the slices of `value` along axis 0. @tf tf.random.shuffle
 */
export function shuffle<X extends TensorLike>(value: X, options?: { seed?: Seed } | Seed): Tensor<DTypeOf<X>>;
export function shuffle(value: TensorLike, given?: { seed?: Seed } | Seed): Tensor {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 2) throwExtraArguments('random.shuffle', 2, arguments, shuffleDefaults);
  const { seed } = options<{ seed: Seed }>(given, 'seed', shuffleDefaults, 'random.shuffle');
  const x = toTensor(value, null, 'random.shuffle', 'value');
  if (context.tracer !== null) {
    const run = ([real]: readonly Tensor[]): Tensor[] => [shuffle(real, seed)];
    const why = 'the order is drawn anew in every run';
    return context.tracer.host({
      name: 'shuffle',
      inputs: [x],
      outputs: [specOf(x)],
      run,
      why,
      effects: 'order',
    })[0];
  }
  const rows = x.rank === 0 ? 1 : shapeOf(x)[0];
  const trivial = x.size <= 1 || rows <= 1;
  const blocks = trivial ? 0 : Math.ceil((rows - 1) / 4);
  const stream = nextStream('shuffle', x.dtype, seed, blocks, 'random.shuffle');
  if (trivial) return aliasTensor(x, shapeOf(x), 'random.shuffle');
  x.assertAlive('random.shuffle');
  const order = randomOrder(rows, stream);
  const y = makeTensor(x.dt, shapeOf(x), x.size);
  gatherRows(x, order, y, { batch: 1, outer: 1, k: rows, inner: x.size / rows, dims: [rows] });
  order.dispose();
  return y;
}

/** A random permutation of 0 … n − 1 (Fisher–Yates), drawn from the stream. */
function randomOrder(n: number, stream: Stream): Tensor {
  const drawn = drawWords(n - 1, stream);
  const draws = storageView(drawn) as Int32Array;
  const first = drawn.offset / 4;
  const order = makeTensor(dtypes.int32, asShape([n]), n);
  const to = storageView(order) as Int32Array;
  const at = order.offset / 4;
  for (let i = 0; i < n; i++) to[at + i] = i;
  for (let i = 0; i < n - 1; i++) {
    const j = i + ((draws[first + i] >>> 0) % (n - i));
    const swapped = to[at + i];
    to[at + i] = to[at + j];
    to[at + j] = swapped;
  }
  drawn.dispose();
  return order;
}

const statelessNormalDefaults = { mean: 0, stddev: 1, dtype: 'float32', alg: 'auto_select' } as const;
const statelessUniformDefaults = { minval: 0, maxval: null, dtype: 'float32', alg: 'auto_select' } as const;

function statelessNormalValues(
  distribution: 'normal' | 'truncatedNormal',
  shape: ShapeLike,
  seed: SeedPair,
  given: StatelessNormalOptions | TensorLike | undefined,
  op: string,
): Tensor {
  const o = options<Required<StatelessNormalOptions>>(given, 'mean', statelessNormalDefaults, op);
  checkAlgorithm(o.alg, op);
  const stream = streamOfSeed(seed, op);
  return normalValues(distribution, shape, o.mean, o.stddev, o.dtype, () => stream, op);
}

/**
 * Normally distributed values that depend only on `seed`. @tf tf.random.stateless_normal
 */
export function statelessNormal<D extends DType = 'float32'>(
  shape: ShapeLike,
  seed: SeedPair,
  options?: StatelessNormalOptions<D> | TensorLike,
): Tensor<NoInfer<D>>;
export function statelessNormal(
  shape: ShapeLike,
  seed: SeedPair,
  given?: StatelessNormalOptions | TensorLike,
): Tensor {
  if (arguments.length > 3) {
    // eslint-disable-next-line prefer-rest-params
    throwExtraArguments('random.statelessNormal', 3, arguments, statelessNormalDefaults);
  }
  return statelessNormalValues('normal', shape, seed, given, 'random.statelessNormal');
}

/**
 * Truncated normal values that depend only on `seed`. @tf tf.random.stateless_truncated_normal
 */
export function statelessTruncatedNormal<D extends DType = 'float32'>(
  shape: ShapeLike,
  seed: SeedPair,
  options?: StatelessNormalOptions<D> | TensorLike,
): Tensor<NoInfer<D>>;
export function statelessTruncatedNormal(
  shape: ShapeLike,
  seed: SeedPair,
  given?: StatelessNormalOptions | TensorLike,
): Tensor {
  if (arguments.length > 3)
    // eslint-disable-next-line prefer-rest-params
    throwExtraArguments('random.statelessTruncatedNormal', 3, arguments, statelessNormalDefaults);
  return statelessNormalValues('truncatedNormal', shape, seed, given, 'random.statelessTruncatedNormal');
}

/**
 * Uniformly distributed values that depend only on `seed`. For integers, null for both bounds means the dtype's whole range.
 * @tf tf.random.stateless_uniform
 */
export function statelessUniform<D extends DType = 'float32'>(
  shape: ShapeLike,
  seed: SeedPair,
  options?: StatelessUniformOptions<D> | TensorLike,
): Tensor<NoInfer<D>>;
export function statelessUniform(
  shape: ShapeLike,
  seed: SeedPair,
  given?: StatelessUniformOptions | TensorLike,
): Tensor {
  const op = 'random.statelessUniform';
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 3) throwExtraArguments(op, 3, arguments, statelessUniformDefaults);
  const o = options<Required<StatelessUniformOptions>>(given, 'minval', statelessUniformDefaults, op);
  checkAlgorithm(o.alg, op);
  const stream = streamOfSeed(seed, op);
  return uniformValues(shape, o.minval, o.maxval, o.dtype, () => stream, op, true);
}

/** The dtype of derived seeds; literals are int32, as in TensorFlow. */
function seedType(seed: SeedPair): DType {
  return seed instanceof Tensor || seed instanceof Variable ? seed.dtype : 'int32';
}

/**
 * Derives `num` seed pairs from one; the result has shape [num, 2]. @tf tf.random.split
 */
export function split(
  seed: SeedPair,
  options?: { num?: number; alg?: Algorithm } | number,
): Tensor<'int32' | 'int64'>;
export function split(seed: SeedPair, given?: { num?: number; alg?: Algorithm } | number): Tensor {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 2) throwExtraArguments('random.split', 2, arguments, splitDefaults);
  const { num, alg } = options<{ num: number; alg: Algorithm }>(given, 'num', splitDefaults, 'random.split');
  return statelessUniform([num, 2], seed, { minval: null, maxval: null, dtype: seedType(seed), alg });
}

/**
 * Derives a seed pair from a seed pair and an integer. @tf tf.random.fold_in
 */
export function foldIn(
  seed: SeedPair,
  data: number | bigint | Tensor,
  options?: { alg?: Algorithm } | Algorithm,
): Tensor<'int32' | 'int64'>;
export function foldIn(
  seed: SeedPair,
  data: number | bigint | Tensor,
  given?: { alg?: Algorithm } | Algorithm,
): Tensor {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 3) throwExtraArguments('random.foldIn', 3, arguments, foldInDefaults);
  const { alg } = options<{ alg: Algorithm }>(given, 'alg', foldInDefaults, 'random.foldIn');
  const t =
    typeof data === 'number'
      ? tensorFrom(dtypes.int32, scalarShape, [Number(toInt64(data, 'random.foldIn'))])
      : toTensor(data, null, 'random.foldIn', 'data');
  if (t.rank !== 0 || (t.dt !== dtypes.int32 && t.dt !== dtypes.int64)) {
    throw new InvalidArgumentError(
      `[random.foldIn] data must be an int32 or int64 scalar; got a ${t.dtype} tensor of shape ${showShape(shapeOf(t))}`,
    );
  }
  const first = statelessUniform([], seed, { minval: null, maxval: null, dtype: t.dtype, alg });
  return stack([first, t]);
}
