/** Draws from categorical distributions. For the same seeds, they return the same numbers as TensorFlow's on one thread. */
import { toTensor, type TensorLike } from '../../core/convert';
import { context } from '../../core/context';
import { dtypes, floating, isDType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { options, throwExtraArguments } from '../../core/options';
import { asShape, describe, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { badDType } from '../../op/checks';
import { integer } from '../../op/strided';
import { cast } from '../array/cast';
import { zeros } from '../array/creation';
import { slice } from '../array/slicing';
import { searchsorted } from '../index/search';
import { multiply, subtract } from '../math/binary';
import { cumsum } from '../math/scan';
import { select } from '../math/select';
import { isFinite } from '../math/unary';
import { exp } from '../math/unary_math';
import { reduceMax } from '../reduce/reduce';
import { draw, type AnyStream, type Stream } from './philox';
import { checkAlgorithm, streamOfSeed, type Algorithm, type SeedPair } from './seed_pair';
import { blocksPerElement, nextStream, type Seed } from './random_seed';

export interface CategoricalOptions<I extends 'int32' | 'int64' = 'int32' | 'int64'> {
  /** int32 (default) or int64. */
  dtype?: I;
  /** The op seed, which is combined with the global seed. */
  seed?: Seed;
}

export interface StatelessCategoricalOptions<I extends 'int32' | 'int64' = 'int32' | 'int64'> {
  /** int32 (default) or int64. */
  dtype?: I;
  /** Only Philox is supported. */
  alg?: Algorithm;
}

const categoricalDefaults = { dtype: 'int32', seed: null } as const;
const statelessDefaults = { dtype: 'int32', alg: 'auto_select' } as const;

/**
 * Classes that are drawn by inversion: the position of a uniform draw among the cumulative sums of the unnormalized
 * probabilities, in float64. As in TensorFlow, logits that are not finite have probability 0.
 */
function drawClasses(
  op: string,
  logits: TensorLike,
  numSamples: unknown,
  dtype: unknown,
  streamOf: (batch: number, samples: number) => AnyStream,
): Tensor {
  if (dtype !== 'int32' && dtype !== 'int64') {
    throw new InvalidArgumentError(
      `[${op}] dtype must be int32 or int64; got ${isDType(dtype) ? dtype : describe(dtype)}`,
    );
  }
  const x = toTensor(logits, null, op, 'logits');
  if (!floating.includes(x.dtype)) throw badDType(op, 'logits', x.dt, floating);
  if (x.rank !== 2) {
    throw new InvalidArgumentError(`[${op}] logits should be a matrix, got shape ${showShape(shapeOf(x))}`);
  }
  const samples = integer(numSamples, op, 'numSamples');
  if (samples < 0) throw new InvalidArgumentError(`[${op}] numSamples should be nonnegative, got ${samples}`);
  const [batch, classes] = shapeOf(x);
  if (classes === 0 && batch * samples > 0)
    throw new InvalidArgumentError(`[${op}] num_classes should be positive, got 0`);
  const stream = streamOf(batch, samples);
  if (batch * samples === 0) return zeros([batch, samples], dtype);
  const wide = cast(x, 'float64');
  const finite = isFinite(wide);
  const largest = reduceMax(select(finite, wide, dtypes.float64.min as number), { axis: 1, keepdims: true });
  const sums = cumsum(select(finite, exp(subtract(wide, largest)), 0), { axis: 1 });
  const u = draw('uniform', asShape([batch, samples]), dtypes.float64, stream);
  const points = multiply(u, slice(sums, [0, classes - 1], [batch, 1]));
  return searchsorted(sums, points, { side: 'right', outType: dtype });
}

/**
 * Draws class numbers: the result, of shape [batch, numSamples], has class k of a row with probability softmax(logits)ₖ.
 * `logits` has shape [batch, classes] and a floating dtype. See `setSeed` for seeds. @tf tf.random.categorical
 */
export function categorical<I extends 'int32' | 'int64' = 'int32'>(
  logits: TensorLike,
  numSamples: number,
  options?: CategoricalOptions<I> | I,
): Tensor<NoInfer<I>>;
export function categorical(
  logits: TensorLike,
  numSamples: number,
  given?: CategoricalOptions | 'int32' | 'int64',
): Tensor {
  const op = 'random.categorical';
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 3) throwExtraArguments(op, 3, arguments, categoricalDefaults);
  const { dtype, seed } = options<{ dtype: unknown; seed: Seed }>(given, 'dtype', categoricalDefaults, op);
  return drawClasses(op, logits, numSamples, dtype, (batch, samples) => {
    // TensorFlow reserves two words for each sample, and samples by fours.
    const blocks = batch * 4 * Math.ceil(samples / 4) * 2 * blocksPerElement;
    const next = (): Stream => nextStream('categorical', String(dtype), seed, blocks, op);
    return context.tracer === null ? next() : { atRun: next, variables: [] };
  });
}

/** Draws class numbers that depend only on `seed`; otherwise like `categorical`. @tf tf.random.stateless_categorical */
export function statelessCategorical<I extends 'int32' | 'int64' = 'int32'>(
  logits: TensorLike,
  numSamples: number,
  seed: SeedPair,
  options?: StatelessCategoricalOptions<I> | I,
): Tensor<NoInfer<I>>;
export function statelessCategorical(
  logits: TensorLike,
  numSamples: number,
  seed: SeedPair,
  given?: StatelessCategoricalOptions | 'int32' | 'int64',
): Tensor {
  const op = 'random.statelessCategorical';
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 4) throwExtraArguments(op, 4, arguments, statelessDefaults);
  const { dtype, alg } = options<{ dtype: unknown; alg: unknown }>(given, 'dtype', statelessDefaults, op);
  checkAlgorithm(alg, op);
  const stream = streamOfSeed(seed, op);
  return drawClasses(op, logits, numSamples, dtype, () => stream);
}
