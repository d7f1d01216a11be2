/** Initializers that draw random values: the same values at each call, unless their seed is a SeedGenerator. */
import type { DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { options as resolveOptions } from '../../core/options';
import { describe, showShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { diagPart, matrixTranspose } from '../../ops/linalg/structure';
import { qr } from '../../ops/linalg/qr';
import { reshape } from '../../ops/array/views';
import { multiply } from '../../ops/math/binary';
import { sign } from '../../ops/math/unary';
import { statelessNormal, statelessTruncatedNormal, statelessUniform } from '../../ops/random/random';
import type { Config } from '../base/keras_object';
import { defaultSeed, drawSeed, type SeedLike } from '../base/seed';
import { Initializer } from './initializer';

export interface SeedOptions {
  /** An integer, or a generator from which each call draws. Default: an integer drawn when the initializer is made. */
  seed?: SeedLike;
}

/** An initializer with a seed. */
export abstract class RandomInitializer extends Initializer {
  readonly seed: SeedLike;
  private readonly ownSeed: SeedLike;

  constructor(seed: SeedLike) {
    super();
    this.ownSeed = seed;
    this.seed = seed ?? defaultSeed();
  }

  override getConfig(): Config {
    return { seed: this.ownSeed };
  }

  protected uniform(shape: readonly number[], minval: number, maxval: number, dtype: DType): Tensor {
    return statelessUniform(shape, drawSeed(this.seed), { minval, maxval, dtype });
  }

  protected normal(shape: readonly number[], mean: number, stddev: number, dtype: DType): Tensor {
    return statelessNormal(shape, drawSeed(this.seed), { mean, stddev, dtype });
  }

  protected truncated(shape: readonly number[], mean: number, stddev: number, dtype: DType): Tensor {
    return statelessTruncatedNormal(shape, drawSeed(this.seed), { mean, stddev, dtype });
  }
}

export interface RandomNormalOptions extends SeedOptions {
  /** Default 0. */
  mean?: number;
  /** Default 0.05. */
  stddev?: number;
}
const normalDefaults: Required<RandomNormalOptions> = { mean: 0, stddev: 0.05, seed: null };

/** An initializer with a mean and a standard deviation. */
abstract class NormalInitializer extends RandomInitializer {
  readonly mean: number;
  readonly stddev: number;

  constructor(options: RandomNormalOptions | number | undefined, name: string) {
    const o = resolveOptions<Required<RandomNormalOptions>>(options, 'mean', normalDefaults, name);
    super(o.seed);
    this.mean = o.mean;
    this.stddev = o.stddev;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), mean: this.mean, stddev: this.stddev };
  }
}

/** Normal values. @tf tf.keras.initializers.RandomNormal */
export class RandomNormal extends NormalInitializer {
  constructor(options?: RandomNormalOptions | number) {
    super(options, 'RandomNormal');
  }

  call(shape: readonly number[], dtype: DType): Tensor {
    return this.normal(shape, this.mean, this.stddev, dtype);
  }
}

/** Normal values; those farther than two standard deviations from the mean are drawn again. @tf tf.keras.initializers.TruncatedNormal */
export class TruncatedNormal extends NormalInitializer {
  constructor(options?: RandomNormalOptions | number) {
    super(options, 'TruncatedNormal');
  }

  call(shape: readonly number[], dtype: DType): Tensor {
    return this.truncated(shape, this.mean, this.stddev, dtype);
  }
}

export interface RandomUniformOptions extends SeedOptions {
  /** Default −0.05. */
  minval?: number;
  /** Default 0.05. */
  maxval?: number;
}
const uniformDefaults: Required<RandomUniformOptions> = { minval: -0.05, maxval: 0.05, seed: null };

/** Uniform values in [minval, maxval). @tf tf.keras.initializers.RandomUniform */
export class RandomUniform extends RandomInitializer {
  readonly minval: number;
  readonly maxval: number;

  constructor(options?: RandomUniformOptions | number) {
    const o = resolveOptions<Required<RandomUniformOptions>>(
      options,
      'minval',
      uniformDefaults,
      'RandomUniform',
    );
    super(o.seed);
    this.minval = o.minval;
    this.maxval = o.maxval;
  }

  call(shape: readonly number[], dtype: DType): Tensor {
    return this.uniform(shape, this.minval, this.maxval, dtype);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), minval: this.minval, maxval: this.maxval };
  }
}

const modes = ['fan_in', 'fan_out', 'fan_avg'] as const;
const distributions = ['truncated_normal', 'untruncated_normal', 'uniform'] as const;
type Mode = (typeof modes)[number];
type Distribution = (typeof distributions)[number];

export interface VarianceScalingOptions extends SeedOptions {
  /** Default 1. */
  scale?: number;
  /** What the variance is divided by: the number of inputs, of outputs, or their mean. Default 'fan_in'. */
  mode?: Mode;
  /** Default 'truncated_normal'; 'normal' is another name for it. */
  distribution?: Distribution | 'normal';
  /** The axes of the shape that count as inputs, with `outputAxes`. Default: the shape of a kernel, [..., inputs, outputs]. */
  inputAxes?: readonly number[] | null;
  outputAxes?: readonly number[] | null;
}

const scalingDefaults: Required<VarianceScalingOptions> = {
  scale: 1,
  mode: 'fan_in',
  distribution: 'truncated_normal',
  seed: null,
  inputAxes: null,
  outputAxes: null,
};

/** The numbers of inputs and outputs of a weight of that shape. */
function fans(
  shape: readonly number[],
  inputAxes: readonly number[] | null,
  outputAxes: readonly number[] | null,
): [number, number] {
  const product = (axes: readonly number[]): number => axes.reduce((a, i) => a * (shape.at(i) ?? 1), 1);
  if (inputAxes !== null && outputAxes !== null) return [product(inputAxes), product(outputAxes)];
  if (shape.length === 0) return [1, 1];
  if (shape.length === 1) return [shape[0], shape[0]];
  const field = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  return [shape[shape.length - 2] * field, shape[shape.length - 1] * field];
}

/** The standard deviation of a normal distribution cut off at two standard deviations. */
const truncatedDeviation = 0.87962566103423978;

/** Values whose variance is scale / n, with n of `mode`. @tf tf.keras.initializers.VarianceScaling */
export class VarianceScaling extends RandomInitializer {
  readonly scale: number;
  readonly mode: Mode;
  readonly distribution: Distribution;
  readonly inputAxes: readonly number[] | null;
  readonly outputAxes: readonly number[] | null;

  constructor(options?: VarianceScalingOptions | number) {
    const o = resolveOptions<Required<VarianceScalingOptions>>(
      options,
      'scale',
      scalingDefaults,
      'VarianceScaling',
    );
    if (typeof o.scale !== 'number' || !(o.scale > 0))
      throw new InvalidArgumentError(
        `[VarianceScaling] Argument \`scale\` must be positive float. Received: scale=${describe(o.scale)}`,
      );
    if (!modes.includes(o.mode))
      throw new InvalidArgumentError(
        `[VarianceScaling] Invalid \`mode\` argument: ${describe(o.mode)}. Please use one of ${modes.join(', ')}`,
      );
    const lower = typeof o.distribution === 'string' ? o.distribution.toLowerCase() : o.distribution;
    const distribution = lower === 'normal' ? 'truncated_normal' : lower;
    if (!distributions.includes(distribution as Distribution))
      throw new InvalidArgumentError(
        `[VarianceScaling] Invalid \`distribution\` argument: ${describe(o.distribution)}. Please use one of ` +
          distributions.join(', '),
      );
    super(o.seed);
    this.scale = o.scale;
    this.mode = o.mode;
    this.distribution = distribution as Distribution;
    this.inputAxes = o.inputAxes;
    this.outputAxes = o.outputAxes;
  }

  call(shape: readonly number[], dtype: DType): Tensor {
    const [inputs, outputs] = fans(shape, this.inputAxes, this.outputAxes);
    const n = { fan_in: inputs, fan_out: outputs, fan_avg: (inputs + outputs) / 2 }[this.mode];
    const scale = this.scale / Math.max(1, n);
    switch (this.distribution) {
      case 'truncated_normal':
        return this.truncated(shape, 0, Math.sqrt(scale) / truncatedDeviation, dtype);
      case 'untruncated_normal':
        return this.normal(shape, 0, Math.sqrt(scale), dtype);
      case 'uniform': {
        const limit = Math.sqrt(3 * scale);
        return this.uniform(shape, -limit, limit, dtype);
      }
    }
  }

  /** @internal The same with the axes of inputs and outputs, unless it has its own. It draws the same values. */
  withAxes(inputAxes: readonly number[], outputAxes: readonly number[]): VarianceScaling {
    if (this.inputAxes !== null && this.outputAxes !== null) return this;
    const Class = this.constructor as unknown as { fromConfig(config: Config): VarianceScaling };
    const config = { ...this.getConfig(), seed: this.seed, inputAxes, outputAxes };
    return Class.fromConfig(config);
  }

  override getConfig(): Config {
    const { scale, mode, distribution, inputAxes, outputAxes } = this;
    return { ...super.getConfig(), scale, mode, distribution, inputAxes, outputAxes };
  }
}

export type ScalingCaseOptions = Pick<VarianceScalingOptions, 'seed' | 'inputAxes' | 'outputAxes'>;
const caseDefaults: Required<ScalingCaseOptions> = { seed: null, inputAxes: null, outputAxes: null };
type Given = ScalingCaseOptions | SeedLike;

/** A case of VarianceScaling: scale, mode and distribution are its own. */
abstract class ScalingCase extends VarianceScaling {
  constructor(options: Given | undefined, scaling: VarianceScalingOptions, name: string) {
    const { seed, inputAxes, outputAxes } = resolveOptions<Required<ScalingCaseOptions>>(
      options,
      'seed',
      caseDefaults,
      name,
    );
    super({ ...scaling, seed, inputAxes, outputAxes });
  }

  override getConfig(): Config {
    const { seed, inputAxes, outputAxes } = super.getConfig();
    return { seed, inputAxes, outputAxes };
  }
}

/** Uniform in ±√(6 / (inputs + outputs)). @tf tf.keras.initializers.GlorotUniform */
export class GlorotUniform extends ScalingCase {
  constructor(options?: Given) {
    super(options, { scale: 1, mode: 'fan_avg', distribution: 'uniform' }, 'GlorotUniform');
  }
}

/** Truncated normal with the standard deviation √(2 / (inputs + outputs)). @tf tf.keras.initializers.GlorotNormal */
export class GlorotNormal extends ScalingCase {
  constructor(options?: Given) {
    super(options, { scale: 1, mode: 'fan_avg', distribution: 'truncated_normal' }, 'GlorotNormal');
  }
}

/** Truncated normal with the standard deviation √(1 / inputs). @tf tf.keras.initializers.LecunNormal */
export class LecunNormal extends ScalingCase {
  constructor(options?: Given) {
    super(options, { scale: 1, mode: 'fan_in', distribution: 'truncated_normal' }, 'LecunNormal');
  }
}

/** Uniform in ±√(3 / inputs). @tf tf.keras.initializers.LecunUniform */
export class LecunUniform extends ScalingCase {
  constructor(options?: Given) {
    super(options, { scale: 1, mode: 'fan_in', distribution: 'uniform' }, 'LecunUniform');
  }
}

/** Truncated normal with the standard deviation √(2 / inputs). @tf tf.keras.initializers.HeNormal */
export class HeNormal extends ScalingCase {
  constructor(options?: Given) {
    super(options, { scale: 2, mode: 'fan_in', distribution: 'truncated_normal' }, 'HeNormal');
  }
}

/** Uniform in ±√(6 / inputs). @tf tf.keras.initializers.HeUniform */
export class HeUniform extends ScalingCase {
  constructor(options?: Given) {
    super(options, { scale: 2, mode: 'fan_in', distribution: 'uniform' }, 'HeUniform');
  }
}

export interface OrthogonalOptions extends SeedOptions {
  /** What the orthogonal matrix is multiplied by. Default 1. */
  gain?: number;
}
const orthogonalDefaults: Required<OrthogonalOptions> = { gain: 1, seed: null };

/**
 * `gain` times a random matrix with orthonormal columns, or rows where there are fewer of them: Q of the QR decomposition of normal
 * values. All dimensions but the last count as rows. @tf tf.keras.initializers.Orthogonal
 */
export class Orthogonal extends RandomInitializer {
  readonly gain: number;

  constructor(options?: OrthogonalOptions | number) {
    const o = resolveOptions<Required<OrthogonalOptions>>(options, 'gain', orthogonalDefaults, 'Orthogonal');
    super(o.seed);
    this.gain = o.gain;
  }

  call(shape: readonly number[], dtype: DType): Tensor {
    if (shape.length < 2)
      throw new InvalidArgumentError(
        `[Orthogonal] The tensor to initialize must be at least two-dimensional. Received: shape=${showShape(shape)} of ` +
          `rank ${shape.length}.`,
      );
    const columns = shape[shape.length - 1];
    const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
    const { q, r } = qr(this.normal([Math.max(rows, columns), Math.min(rows, columns)], 0, 1, dtype));
    // With a positive diagonal of R the decomposition is unique, and Q is uniformly distributed.
    const unique = multiply(q, sign(diagPart(r)));
    return multiply(reshape(rows < columns ? matrixTranspose(unique) : unique, [...shape]), this.gain);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), gain: this.gain };
  }
}
