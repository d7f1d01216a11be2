/** Gamma, Poisson and binomial distributions, with TensorFlow's numbers for the same seeds. */
import { toTensor, convertLike, type TensorLike } from '../../core/convert';
import { context } from '../../core/context';
import { dtypeInfo, floating, leastNormal, numeric, type DType, type DTypeInfo } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { storedElement } from '../../core/half';
import { options, throwExtraArguments } from '../../core/options';
import { broadcastShapes, sameShape, type Shape, showShape, sizeOf } from '../../core/shape';
import { shapeOf, storageView, type Tensor, valuesOf } from '../../core/tensor';
import { badDType } from '../../op/checks';
import { op } from '../../op/define/general';
import { internalBinaryOp } from '../../op/define/internal';
import { broadcastTo } from '../array/movement';
import { maximum, realDivide } from '../math/binary';
import type { Stream } from './philox';
import { statelessStream, words } from './philox';
import { shapeFrom, type ShapeLike } from './random_values';
import { blocksPerElement, nextStream, type Seed } from './random_seed';
import { drawBinomial, drawGamma, drawPoisson, Draws } from './rejection';
import { checkAlgorithm, streamOfSeed, type Algorithm, type SeedPair } from './seed_pair';

type Kind = 'gamma' | 'poisson' | 'binomial';

interface ResultAttrs {
  readonly kind: Kind;
  readonly shape: Shape;
  readonly dt: DTypeInfo;
}
interface DrawAttrs extends ResultAttrs {
  readonly stream: Stream;
}
const inJavaScript = 'the rejection sampler is written in JavaScript';

/**
 * Draws with parameters a (and b, of the same shape), which are those of the last dimensions of the result. The stream is
 * divided by parameters first, then by the draws of each.
 */
function drawInto(y: Tensor, a: Tensor, b: Tensor, { kind, dt }: ResultAttrs, stream: Stream): void {
  const draws = new Draws(stream);
  const first = valuesOf(a) as ArrayLike<number | bigint>;
  const second = valuesOf(b) as ArrayLike<number | bigint>;
  const to = storageView(y) as { [i: number]: number | bigint };
  const start = y.offset / dt.bytes;
  const parameters = a.size;
  const samples = parameters === 0 ? 0 : y.size / parameters;
  for (let i = 0; i < parameters; i++) {
    const [p, q] = [Number(first[i]), Number(second[i])];
    for (let sample = 0; sample < samples; sample++) {
      const index = i * samples + sample;
      const value =
        kind === 'gamma'
          ? drawGamma(draws, index, p)
          : kind === 'poisson'
            ? drawPoisson(draws, index, p)
            : drawBinomial(draws, index, p, q);
      to[start + sample * parameters + i] = storedElement(
        dt,
        dt.big ? BigInt(Number.isFinite(value) ? Math.trunc(value) : 0) : value,
      );
    }
  }
}

/** Draws from a stream that is known. */
const drawRejected = internalBinaryOp<DrawAttrs>('drawRejected', {
  dtypes: numeric,
  infer: (_, { shape, dt }) => ({ shape, dt }),
  host: inJavaScript,
  run: ([a, b], attrs, [y]) => {
    drawInto(y, a, b, attrs, attrs.stream);
  },
  gradient: null,
});

/** Draws from the stream of a seed pair, an int64 tensor that compiled functions compute. */
const drawSeeded = op<[a: Tensor, b: Tensor, seed: Tensor, attrs: ResultAttrs], ResultAttrs>('drawSeeded', {
  tf: '',
  dtypes: numeric,
  args: (a, b, seed, attrs) => [[a, b, seed], attrs],
  infer: (_, { shape, dt }) => ({ shape, dt }),
  host: inJavaScript,
  run: ([a, b, seed], attrs, [y]) => {
    const [low, high] = valuesOf(seed);
    drawInto(y, a, b, attrs, statelessStream([words(low), words(high)]));
  },
  gradient: null,
});

/** Draws with the seed of a stateless op. */
function drawStateless(a: Tensor, b: Tensor, attrs: ResultAttrs, seed: SeedPair, name: string): Tensor {
  const stream = streamOfSeed(seed, name);
  return 'seed' in stream ? drawSeeded(a, b, stream.seed, attrs) : drawRejected(a, b, { ...attrs, stream });
}

/** The stream of a stateful op, which is drawn at each run of a compiled function. */
function drawStateful(
  op: string,
  kind: Kind,
  seed: Seed,
  a: Tensor,
  shape: Shape,
  dt: DTypeInfo,
  key: string,
): Tensor {
  const run = ([parameters]: readonly Tensor[]): Tensor[] => {
    const stream = nextStream(key, dt.name, seed, sizeOf(shape) * blocksPerElement, op);
    return [drawRejected(parameters, parameters, { kind, shape, dt, stream })];
  };
  if (context.tracer === null) return run([a])[0];
  const why = 'the numbers are drawn anew in every run';
  return context.tracer.host({
    name: kind,
    inputs: [a],
    outputs: [{ shape, dt }],
    run,
    why,
    effects: 'order',
  })[0];
}

/** Converts the parameter of a distribution to a floating dtype. */
function parameter(value: TensorLike, dt: DTypeInfo, op: string, argument: string): Tensor {
  return convertLike(value, dt, op, argument);
}

export interface GammaOptions<D extends DType = DType> {
  /** The rate, the inverse of the scale. Default 1. */
  beta?: TensorLike | null;
  /** float32 (default) or another floating dtype. */
  dtype?: D;
  /** The op seed, which is combined with the global seed. */
  seed?: Seed;
}

export interface StatelessGammaOptions<D extends DType = DType> {
  /** The rate, the inverse of the scale. Default 1. */
  beta?: TensorLike | null;
  /** float32 (default) or another floating dtype. */
  dtype?: D;
  /** Only Philox is supported. */
  alg?: Algorithm;
}

const gammaDefaults = { beta: null, dtype: 'float32', seed: null } as const;
const statelessGammaDefaults = { beta: null, dtype: 'float32', alg: 'auto_select' } as const;

/** The parameters of a gamma distribution: alpha, broadcast with beta, and beta. */
function gammaParameters(
  alpha: TensorLike,
  beta: TensorLike | null,
  dtype: unknown,
  op: string,
): { a: Tensor; b: Tensor | null; dt: DTypeInfo } {
  const dt = dtypeInfo(dtype, `[${op}] dtype`);
  if (!floating.includes(dt.name)) throw badDType(op, 'dtype', dt, floating);
  const a = parameter(alpha, dt, op, 'alpha');
  if (beta === null) return { a, b: null, dt };
  const b = parameter(beta, dt, op, 'beta');
  const shape = broadcastShapes(shapeOf(a), shapeOf(b));
  if (shape === null) {
    throw new InvalidArgumentError(
      `[${op}] alpha of shape ${showShape(shapeOf(a))} and beta of shape ${showShape(shapeOf(b))} do not broadcast`,
    );
  }
  return { a: sameShape(shape, shapeOf(a)) ? a : broadcastTo(a, shape), b, dt };
}

/** Divides by the rate. No result is 0. */
function atRate(y: Tensor, beta: Tensor | null): Tensor {
  return maximum(beta === null ? y : realDivide(y, beta), leastNormal(y.dt));
}

/**
 * Gamma distributed values with shape parameter `alpha` and rate `beta`; the result has shape `shape` + that of alpha and
 * beta, broadcast. beta receives a gradient, alpha does not. See `setSeed` for seeds. @tf tf.random.gamma
 */
export function gamma<D extends DType = 'float32'>(
  shape: ShapeLike,
  alpha: TensorLike,
  options?: GammaOptions<D> | TensorLike,
): Tensor<NoInfer<D>>;
export function gamma(shape: ShapeLike, alpha: TensorLike, given?: GammaOptions | TensorLike): Tensor {
  const op = 'random.gamma';
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 3) throwExtraArguments(op, 3, arguments, gammaDefaults);
  const o = options<Required<GammaOptions>>(given, 'beta', gammaDefaults, op);
  const { a, b, dt } = gammaParameters(alpha, o.beta, o.dtype, op);
  const whole = shapeFrom([...shapeFrom(shape, op), ...shapeOf(a)], op);
  return atRate(drawStateful(op, 'gamma', o.seed, a, whole, dt, 'gamma'), b);
}

/** The last dimensions of `shape` must be those of the parameters. */
function checkSuffix(shape: Shape, t: Tensor, op: string, argument: string): void {
  if (t.rank <= shape.length && sameShape(shape.slice(shape.length - t.rank), shapeOf(t))) return;
  throw new InvalidArgumentError(
    `[${op}] Shape passed in must end with the shape of ${argument}: ${showShape(shape)} does not end with ` +
      showShape(shapeOf(t)),
  );
}

/**
 * Gamma distributed values that depend only on `seed`. `shape` ends with the shape of alpha and beta, broadcast.
 * @tf tf.random.stateless_gamma
 */
export function statelessGamma<D extends DType = 'float32'>(
  shape: ShapeLike,
  seed: SeedPair,
  alpha: TensorLike,
  options?: StatelessGammaOptions<D> | TensorLike,
): Tensor<NoInfer<D>>;
export function statelessGamma(
  shape: ShapeLike,
  seed: SeedPair,
  alpha: TensorLike,
  given?: StatelessGammaOptions | TensorLike,
): Tensor {
  const op = 'random.statelessGamma';
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 4) throwExtraArguments(op, 4, arguments, statelessGammaDefaults);
  const o = options<Required<StatelessGammaOptions>>(given, 'beta', statelessGammaDefaults, op);
  checkAlgorithm(o.alg, op);
  const { a, b, dt } = gammaParameters(alpha, o.beta, o.dtype, op);
  const whole = shapeFrom(shape, op);
  checkSuffix(whole, a, op, 'alpha and beta');
  return atRate(drawStateless(a, a, { kind: 'gamma', shape: whole, dt }, seed, op), b);
}

export interface PoissonOptions<D extends DType = DType> {
  /** float32 (default), another floating dtype, int32 or int64. */
  dtype?: D;
  /** The op seed, which is combined with the global seed. */
  seed?: Seed;
}

const countTypes: readonly DType[] = [...floating, 'int32', 'int64'];
const poissonDefaults = { dtype: 'float32', seed: null } as const;
const statelessPoissonDefaults = { dtype: 'int32' } as const;
const binomialDefaults = { outputDtype: 'int32' } as const;

function countType(dtype: unknown, op: string, argument: string): DTypeInfo {
  const dt = dtypeInfo(dtype, `[${op}] ${argument}`);
  if (!countTypes.includes(dt.name)) throw badDType(op, argument, dt, countTypes);
  return dt;
}

/** Converts a parameter, a tensor of any numeric dtype; host values become float32. */
function rateTensor(value: TensorLike, op: string, argument: string): Tensor {
  const t = toTensor(value, null, op, argument);
  if (!numeric.includes(t.dtype)) throw badDType(op, argument, t.dt, numeric);
  return t;
}

/**
 * Poisson distributed values with mean `lam`; the result has shape `shape` + that of lam. See `setSeed` for seeds.
 * @tf tf.random.poisson
 */
export function poisson<D extends DType = 'float32'>(
  shape: ShapeLike,
  lam: TensorLike,
  options?: PoissonOptions<D> | D,
): Tensor<NoInfer<D>>;
export function poisson(shape: ShapeLike, lam: TensorLike, given?: PoissonOptions | DType): Tensor {
  const op = 'random.poisson';
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 3) throwExtraArguments(op, 3, arguments, poissonDefaults);
  const o = options<{ dtype: unknown; seed: Seed }>(given, 'dtype', poissonDefaults, op);
  const dt = countType(o.dtype, op, 'dtype');
  const rate = rateTensor(lam, op, 'lam');
  const whole = shapeFrom([...shapeFrom(shape, op), ...shapeOf(rate)], op);
  return drawStateful(op, 'poisson', o.seed, rate, whole, dt, 'poisson');
}

/** Poisson distributed values that depend only on `seed`. `shape` ends with that of lam. @tf tf.random.stateless_poisson */
export function statelessPoisson<D extends DType = 'int32'>(
  shape: ShapeLike,
  seed: SeedPair,
  lam: TensorLike,
  options?: { dtype?: D } | D,
): Tensor<NoInfer<D>>;
export function statelessPoisson(
  shape: ShapeLike,
  seed: SeedPair,
  lam: TensorLike,
  given?: { dtype?: DType } | DType,
): Tensor {
  const op = 'random.statelessPoisson';
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 4) throwExtraArguments(op, 4, arguments, statelessPoissonDefaults);
  const { dtype } = options<{ dtype: unknown }>(given, 'dtype', statelessPoissonDefaults, op);
  const dt = countType(dtype, op, 'dtype');
  const rate = rateTensor(lam, op, 'lam');
  const whole = shapeFrom(shape, op);
  checkSuffix(whole, rate, op, 'lam');
  return drawStateless(rate, rate, { kind: 'poisson', shape: whole, dt }, seed, op);
}

/**
 * Binomially distributed values, the numbers of successes in `counts` trials with probability `probs`, that depend only on
 * `seed`. `shape`, that of the result, ends with the shape of counts and probs, broadcast. @tf tf.random.stateless_binomial
 */
export function statelessBinomial<D extends DType = 'int32'>(
  shape: ShapeLike,
  seed: SeedPair,
  counts: TensorLike,
  probs: TensorLike,
  options?: { outputDtype?: D } | D,
): Tensor<NoInfer<D>>;
export function statelessBinomial(
  shape: ShapeLike,
  seed: SeedPair,
  counts: TensorLike,
  probs: TensorLike,
  given?: { outputDtype?: DType } | DType,
): Tensor {
  const op = 'random.statelessBinomial';
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 5) throwExtraArguments(op, 5, arguments, binomialDefaults);
  const { outputDtype } = options<{ outputDtype: unknown }>(given, 'outputDtype', binomialDefaults, op);
  const dt = countType(outputDtype, op, 'outputDtype');
  const whole = shapeFrom(shape, op);
  const n = rateTensor(counts, op, 'counts');
  const p = rateTensor(probs, op, 'probs');
  const both = broadcastShapes(shapeOf(n), shapeOf(p));
  if (both === null) {
    throw new InvalidArgumentError(
      `[${op}] counts of shape ${showShape(shapeOf(n))} and probs of shape ${showShape(shapeOf(p))} do not broadcast`,
    );
  }
  const [a, b] = [n, p].map((t) => (sameShape(shapeOf(t), both) ? t : broadcastTo(t, both)));
  checkSuffix(whole, a, op, 'counts and probs');
  return drawStateless(a, b, { kind: 'binomial', shape: whole, dt }, seed, op);
}
