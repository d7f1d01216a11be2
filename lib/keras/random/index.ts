/** `tf.keras.random`: random values from integers, seed generators, or the global one that `tf.keras.utils.setRandomSeed` starts. */
import type { TensorLike } from '../../core/convert';
import { dtypeInfo, type DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { options as resolveOptions, throwExtraArguments } from '../../core/options';
import { describe, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import type { ShapeLike } from '../../ops/random/random_values';
import { cast } from '../../ops/array/cast';
import { convertToTensor } from '../../ops/array/convert';
import { zerosLike } from '../../ops/array/creation';
import { broadcastTo } from '../../ops/array/movement';
import { gather } from '../../ops/index/indexing';
import { argsort } from '../../ops/index/sort';
import { add, divide } from '../../ops/math/binary';
import { statelessDropout } from '../../ops/nn/dropout';
import { statelessCategorical } from '../../ops/random/categorical';
import { statelessBinomial, statelessGamma } from '../../ops/random/distributions';
import { statelessNormal, statelessTruncatedNormal, statelessUniform } from '../../ops/random/random';
import { drawSeed, type SeedLike } from '../base/seed';
import { floatx } from '../base/settings';

export { SeedGenerator, type SeedLike } from '../base/seed';

export interface RandomOptions {
  /** Default: `tf.keras.config.floatx()`, float32; for integers, int32. */
  dtype?: DType;
  /** An integer: the same values at each call; or a generator. Default: the global generator. */
  seed?: SeedLike;
}
export interface NormalOptions extends RandomOptions {
  /** Default 0. */
  mean?: number;
  /** Default 1. */
  stddev?: number;
}
export interface UniformOptions extends RandomOptions {
  /** Default 0. */
  minval?: number;
  /** Default 1. */
  maxval?: number;
}
export interface RandomDropoutOptions {
  /** The shape of the mask, which is broadcast: 1 where it is shared, null for the size of the input. Default: that of the input. */
  noiseShape?: readonly (number | null)[] | null;
  seed?: SeedLike;
}
export interface ShuffleOptions {
  /** Default 0. */
  axis?: number;
  seed?: SeedLike;
}

/** Defaults whose dtype is `floatx()` at the time of the call; objects that inherit them may have their own. */
const withFloatx = <T extends object>(defaults: T): T & { readonly dtype: DType } =>
  Object.defineProperty(defaults, 'dtype', {
    enumerable: true,
    get: floatx,
    set(this: object, value: unknown) {
      Object.defineProperty(this, 'dtype', { value, enumerable: true, writable: true, configurable: true });
    },
  }) as T & { readonly dtype: DType };

const normalDefaults = withFloatx({ mean: 0, stddev: 1, seed: null });
const uniformDefaults = withFloatx({ minval: 0, maxval: 1, seed: null });
const floatDefaults = withFloatx({ seed: null });
const integerDefaults = { dtype: 'int32', seed: null } as const;
const dropoutDefaults = { noiseShape: null, seed: null } as const;
const shuffleDefaults = { axis: 0, seed: null } as const;

/** The options of a function, whose arguments before them are `count`. */
function parse<O>(
  args: IArguments,
  count: number,
  first: string,
  defaults: object,
  where: string,
): Required<O> {
  if (args.length > count + 1) throwExtraArguments(where, count + 1, args, defaults);
  return resolveOptions<Required<O>>(args[count], first as never, defaults as never, where);
}

/** The options, with a dtype of a kind. */
function parseTyped(
  args: IArguments,
  count: number,
  defaults: typeof floatDefaults | typeof integerDefaults,
  where: string,
): Required<RandomOptions> {
  const o = parse<RandomOptions>(args, count, 'dtype', defaults, where);
  checkKind(o.dtype, defaults === floatDefaults ? 'a floating point' : 'an integer', where);
  return o;
}

function checkKind(dtype: unknown, kind: 'a floating point' | 'an integer', where: string): void {
  const { kind: found } = dtypeInfo(dtype, `[${where}] dtype`);
  if ((found === 'float') === (kind === 'a floating point') && (found === 'float' || isInteger(found)))
    return;
  throw new InvalidArgumentError(
    `[${where}] \`keras.${where}\` requires ${kind} \`dtype\`. Received: dtype=${describe(dtype)}`,
  );
}
const isInteger = (kind: string): boolean => kind !== 'bool' && kind !== 'string' && kind !== 'complex';

/** The dtype in which rejection sampling is done: as in Keras, bfloat16 is rounded from float32. */
const sampledIn = (dtype: DType): DType => (dtype === 'bfloat16' ? 'float32' : dtype);

/** Normally distributed values. @tf tf.keras.random.normal */
export function normal(shape: ShapeLike, _options?: NormalOptions | number): Tensor {
  // eslint-disable-next-line prefer-rest-params
  const o = parse<NormalOptions>(arguments, 1, 'mean', normalDefaults, 'random.normal');
  checkKind(o.dtype, 'a floating point', 'random.normal');
  return statelessNormal(shape, drawSeed(o.seed), { mean: o.mean, stddev: o.stddev, dtype: o.dtype });
}

/** Normally distributed values; those farther than two standard deviations from the mean are drawn again. @tf tf.keras.random.truncated_normal */
export function truncatedNormal(shape: ShapeLike, _options?: NormalOptions | number): Tensor {
  // eslint-disable-next-line prefer-rest-params
  const o = parse<NormalOptions>(arguments, 1, 'mean', normalDefaults, 'random.truncatedNormal');
  checkKind(o.dtype, 'a floating point', 'random.truncatedNormal');
  return statelessTruncatedNormal(shape, drawSeed(o.seed), {
    mean: o.mean,
    stddev: o.stddev,
    dtype: o.dtype,
  });
}

/** Uniformly distributed values in [minval, maxval). @tf tf.keras.random.uniform */
export function uniform(shape: ShapeLike, _options?: UniformOptions | number): Tensor {
  // eslint-disable-next-line prefer-rest-params
  const o = parse<UniformOptions>(arguments, 1, 'minval', uniformDefaults, 'random.uniform');
  checkKind(o.dtype, 'a floating point', 'random.uniform');
  const { minval, maxval, dtype } = o;
  return statelessUniform(shape, drawSeed(o.seed), { minval, maxval, dtype });
}

/** Uniformly distributed integers in [minval, maxval). @tf tf.keras.random.randint */
export function randint(
  shape: ShapeLike,
  minval: TensorLike,
  maxval: TensorLike,
  _options?: RandomOptions | DType,
): Tensor {
  // eslint-disable-next-line prefer-rest-params
  const { dtype, seed } = parseTyped(arguments, 3, integerDefaults, 'random.randint');
  const drawnIn = dtype === 'int32' ? 'int32' : 'int64';
  const bound = (value: TensorLike): Tensor => cast(convertToTensor(value), drawnIn);
  const drawn = statelessUniform(shape, drawSeed(seed), {
    minval: bound(minval),
    maxval: bound(maxval),
    dtype: drawnIn,
  });
  return dtype === drawnIn ? drawn : cast(drawn, dtype);
}

/** Class numbers drawn with the probabilities softmax(logits): [batch, classes] → [batch, numSamples]. @tf tf.keras.random.categorical */
export function categorical(
  logits: TensorLike,
  numSamples: number,
  _options?: RandomOptions | DType,
): Tensor {
  // eslint-disable-next-line prefer-rest-params
  const { dtype, seed } = parseTyped(arguments, 2, integerDefaults, 'random.categorical');
  const t = convertToTensor(logits);
  if (t.rank !== 2)
    throw new InvalidArgumentError(
      `[random.categorical] \`logits\` should be a 2-D tensor with shape [batch_size, num_classes]; got the shape ` +
        showShape(shapeOf(t)),
    );
  const drawn = statelessCategorical(t, numSamples, drawSeed(seed), 'int64');
  return dtype === 'int64' ? drawn : cast(drawn, dtype);
}

/** Sets elements to 0 with the probability `rate`, and divides the others by 1 − rate. @tf tf.keras.random.dropout */
export function dropout(
  inputs: TensorLike,
  rate: number,
  _options?: RandomDropoutOptions | RandomDropoutOptions['noiseShape'],
): Tensor {
  const where = 'random.dropout';
  // eslint-disable-next-line prefer-rest-params
  const o = parse<RandomDropoutOptions>(arguments, 2, 'noiseShape', dropoutDefaults, where);
  const { noiseShape, seed } = o;
  const x = convertToTensor(inputs);
  if (typeof rate !== 'number')
    throw new TypeError(`[${where}] rate must be a number; got ${describe(rate)}`);
  if (!(rate >= 0 && rate <= 1))
    throw new InvalidArgumentError(`[${where}] rate must be a number in the range [0, 1]. Received: ${rate}`);
  if (rate === 1) return zerosLike(x);
  if (rate === 0) return x;
  return statelessDropout(x, rate, drawSeed(seed), { noiseShape: noiseShape as number[] | null });
}

/** The slices along an axis in random order. @tf tf.keras.random.shuffle */
export function shuffle(x: TensorLike, _options?: ShuffleOptions | number): Tensor {
  // eslint-disable-next-line prefer-rest-params
  const { axis, seed } = parse<ShuffleOptions>(arguments, 1, 'axis', shuffleDefaults, 'random.shuffle');
  const t = convertToTensor(x);
  const { rank } = t;
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw new InvalidArgumentError(
      `[random.shuffle] axis ${describe(axis)} is out of bounds for a tensor of the shape ${showShape(shapeOf(t))}`,
    );
  const n = shapeOf(t)[axis < 0 ? axis + rank : axis];
  return gather(t, argsort(statelessUniform([n], drawSeed(seed))), { axis });
}

/** Gamma distributed values; `shape` ends with that of alpha. @tf tf.keras.random.gamma */
export function gamma(shape: ShapeLike, alpha: TensorLike, _options?: RandomOptions | DType): Tensor {
  // eslint-disable-next-line prefer-rest-params
  const { dtype, seed } = parseTyped(arguments, 2, floatDefaults, 'random.gamma');
  return cast(gammaValues(shape, drawSeed(seed), alpha, dtype), dtype);
}

/** A parameter in a dtype; numbers of the host are not rounded to float32 before. */
const asFloat = (value: TensorLike, dtype: DType): Tensor =>
  cast(convertToTensor(value, { dtypeHint: dtype }), dtype);

const gammaValues = (
  shape: ShapeLike,
  seed: ReturnType<typeof drawSeed>,
  alpha: TensorLike,
  dtype: DType,
): Tensor => statelessGamma(shape, seed, asFloat(alpha, sampledIn(dtype)), { dtype: sampledIn(dtype) });

/** Binomially distributed values: the numbers of successes in `counts` trials. @tf tf.keras.random.binomial */
export function binomial(
  shape: ShapeLike,
  counts: TensorLike,
  probabilities: TensorLike,
  _options?: RandomOptions | DType,
): Tensor {
  // eslint-disable-next-line prefer-rest-params
  const { dtype, seed } = parseTyped(arguments, 3, floatDefaults, 'random.binomial');
  return cast(statelessBinomial(shape, drawSeed(seed), counts, probabilities, sampledIn(dtype)), dtype);
}

/** Beta distributed values; alpha and beta are broadcast to the shape. @tf tf.keras.random.beta */
export function beta(
  shape: ShapeLike,
  alpha: TensorLike,
  beta: TensorLike,
  _options?: RandomOptions | DType,
): Tensor {
  // eslint-disable-next-line prefer-rest-params
  const { dtype, seed } = parseTyped(arguments, 3, floatDefaults, 'random.beta');
  const first = convertToTensor(drawSeed(seed) as TensorLike, { dtype: 'int32' });
  const draw = (pair: Tensor, value: TensorLike): Tensor => {
    const whole = broadcastTo(asFloat(value, sampledIn(dtype)), shape);
    return cast(gammaValues(shape, pair, whole, dtype), dtype);
  };
  const a = draw(first, alpha);
  const b = draw(add(first, 12), beta);
  return divide(a, add(a, b));
}
