/** Augmentations that are made of others, chosen at random. */
import { InvalidArgumentError } from '../../../../core/errors';
import { describe } from '../../../../core/shape';
import type { Tensor } from '../../../../core/tensor';
import { zerosLike } from '../../../../ops/array/creation';
import { unstack } from '../../../../ops/array/joining';
import { add, divide, multiply, subtract } from '../../../../ops/math/binary';
import { equal } from '../../../../ops/math/compare';
import { clipByValue, select } from '../../../../ops/math/select';
import { reduceSum } from '../../../../ops/reduce/reduce';
import { cast } from '../../../../ops/array/cast';
import { MersenneTwister } from '../../../../ops/random/mersenne_twister';
import type { AffineInterpolation } from '../../../../ops/image/projective';
import type { Config } from '../../../base/keras_object';
import { namedOptions } from '../../../base/named_options';
import { defaultSeed } from '../../../base/seed';
import { beta, gamma, randint } from '../../../random';
import {
  AutoContrast,
  RandomColorDegeneration,
  RandomHue,
  RandomPosterization,
  RandomSaturation,
  RandomSharpness,
  Solarization,
} from './augmentation';
import { RandomBrightness, RandomContrast, rangeOf, type RandomColorOptions } from './color';
import { Equalization } from './equalization';
import { RandomRotation, RandomTranslation } from './geometry';
import {
  boundsOf,
  RandomImageLayer,
  type Factor,
  type ImageLayer,
  type ImageLayerOptions,
  type ImageSizes,
} from './image_layer';
import { RandomShear } from './warping';

type Range = readonly [number, number];
type Size = readonly [number, number, number];

export interface RandomColorJitterOptions extends RandomColorOptions {
  /** That of RandomBrightness; null (default): brightness stays. */
  brightnessFactor?: Factor | null;
  /** That of RandomContrast; null (default): contrast stays. */
  contrastFactor?: Factor | null;
  /** That of RandomSaturation; null (default): saturation stays. */
  saturationFactor?: Factor | null;
  /** That of RandomHue; null (default): the hue stays. */
  hueFactor?: Factor | null;
}

/** In training, changes brightness, contrast, saturation and hue of each image at random. @tf tf.keras.layers.RandomColorJitter */
export class RandomColorJitter extends RandomImageLayer {
  readonly valueRange: Range;
  readonly brightnessFactor: Factor | null;
  readonly contrastFactor: Factor | null;
  readonly saturationFactor: Factor | null;
  readonly hueFactor: Factor | null;
  private readonly randomBrightness: RandomBrightness | null;
  private readonly randomContrast: RandomContrast | null;
  private readonly randomSaturation: RandomSaturation | null;
  private readonly randomHue: RandomHue | null;

  constructor(options: RandomColorJitterOptions = {}) {
    const { valueRange = [0, 255], ...rest } = namedOptions(options, 'RandomColorJitter');
    const { brightnessFactor = null, contrastFactor = null, saturationFactor = null, ...last } = rest;
    const { hueFactor = null, ...others } = last;
    super(others);
    this.valueRange = rangeOf(valueRange, 'RandomColorJitter');
    this.brightnessFactor = brightnessFactor;
    this.contrastFactor = contrastFactor;
    this.saturationFactor = saturationFactor;
    this.hueFactor = hueFactor;
    const own = { valueRange: this.valueRange, seed: this.seed };
    this.randomBrightness = brightnessFactor === null ? null : new RandomBrightness(brightnessFactor, own);
    this.randomContrast = contrastFactor === null ? null : new RandomContrast(contrastFactor, own);
    this.randomSaturation = saturationFactor === null ? null : new RandomSaturation(saturationFactor, own);
    this.randomHue = hueFactor === null ? null : new RandomHue(hueFactor, own);
  }

  private get parts(): readonly ImageLayer[] {
    const parts = [this.randomBrightness, this.randomContrast, this.randomSaturation, this.randomHue];
    return parts.filter((part) => part !== null);
  }

  protected override get movesPixels(): boolean {
    return false;
  }

  protected override planFor(
    batch: number,
    height: number,
    width: number,
    sizes: ImageSizes,
  ): readonly unknown[] {
    return this.parts.map((part) => part.planWith(this.source, [batch, height, width], sizes));
  }

  protected transform(images: Tensor, plans: readonly unknown[]): Tensor {
    return this.parts.reduce((x, part, i) => part.applyTo(x, plans[i]), images);
  }

  override getConfig(): Config {
    const { valueRange, brightnessFactor, contrastFactor, saturationFactor, hueFactor } = this;
    return {
      ...super.getConfig(),
      ...{ valueRange, brightnessFactor, contrastFactor, saturationFactor, hueFactor },
    };
  }
}

export interface RandomPolicyOptions extends RandomColorOptions {
  /** The strength of the augmentations: up to this, or between two numbers, in [0, 1]. */
  factor?: Factor;
  /** 'bilinear' (default) or 'nearest'. */
  interpolation?: AffineInterpolation;
}

/** A layer that applies layers chosen at random. */
export abstract class RandomPolicy extends RandomImageLayer {
  readonly valueRange: Range;
  readonly factor: Range;
  readonly interpolation: AffineInterpolation;
  protected readonly randomShear: RandomShear;
  protected readonly randomTranslation: RandomTranslation;
  protected readonly randomRotation: RandomRotation;
  protected readonly solarization: Solarization;
  protected readonly randomPosterization: RandomPosterization;
  protected readonly autoContrast: AutoContrast;
  protected readonly equalization: Equalization;
  protected readonly randomBrightness: RandomBrightness | null = null;
  protected readonly randomColorDegeneration: RandomColorDegeneration | null = null;
  protected readonly randomContrast: RandomContrast | null = null;
  protected readonly randomSharpness: RandomSharpness | null = null;

  /** @param changesColors Whether brightness, contrast, saturation and sharpness are among the layers. */
  constructor(options: RandomPolicyOptions, changesColors: boolean, strength: number, where: string) {
    const { valueRange = [0, 255], factor = strength, interpolation = 'bilinear', ...others } = options;
    super(others);
    this.valueRange = rangeOf(valueRange, where);
    this.factor = boundsOf(factor, [0, 1], where);
    this.interpolation = interpolation;
    const { factor: f, seed } = this;
    const common: ImageLayerOptions = { dataFormat: this.dataFormat, dtype: this.dtypePolicy };
    const moving = { ...common, interpolation, seed };
    const coloring = { ...common, valueRange: this.valueRange, seed };
    this.randomShear = new RandomShear({ ...moving, xFactor: f, yFactor: f });
    this.randomTranslation = new RandomTranslation(f, f, moving);
    this.randomRotation = new RandomRotation(f, moving);
    this.solarization = new Solarization({ ...coloring, additionFactor: f, thresholdFactor: f });
    this.randomPosterization = new RandomPosterization(Math.max(1, Math.trunc(8 * f[1])), coloring);
    this.autoContrast = new AutoContrast({ ...common, valueRange: this.valueRange });
    this.equalization = new Equalization({ ...common, valueRange: this.valueRange });
    if (!changesColors) return;
    this.randomBrightness = new RandomBrightness(f, coloring);
    this.randomColorDegeneration = new RandomColorDegeneration(f, coloring);
    this.randomContrast = new RandomContrast(f, coloring);
    this.randomSharpness = new RandomSharpness(f, coloring);
  }

  protected get colorLayers(): readonly ImageLayer[] {
    const { randomBrightness, randomColorDegeneration, randomContrast, randomSharpness } = this;
    return [randomBrightness, randomColorDegeneration, randomContrast, randomSharpness].filter(
      (part) => part !== null,
    );
  }

  protected count(value: unknown, name: string, where: string): number {
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
    throw new InvalidArgumentError(`[${where}] ${name} must be an integer ≥ 0; got ${describe(value)}`);
  }

  override getConfig(): Config {
    const { valueRange, factor, interpolation } = this;
    return { ...super.getConfig(), valueRange, factor, interpolation };
  }
}

export interface RandAugmentOptions extends RandomPolicyOptions {
  /** The number of augmentations that are applied, one after the other. Default 2. */
  numOps?: number;
}

interface Choices {
  readonly plans: readonly unknown[];
  readonly chosen: readonly Tensor[];
}

/**
 * In training, applies `numOps` augmentations that are chosen at random for each batch: shear, translation, rotation, brightness,
 * saturation, contrast, sharpness, posterization, solarization, contrast and equalization to the whole range. `factor`, 0.5 by
 * default, is their strength. Images have three channels. @tf tf.keras.layers.RandAugment
 */
export class RandAugment extends RandomPolicy {
  readonly numOps: number;

  constructor(options: RandAugmentOptions = {}) {
    const { numOps = 2, ...others } = namedOptions(options, 'RandAugment');
    super(others, true, 0.5, 'RandAugment');
    this.numOps = this.count(numOps, 'numOps', 'RandAugment');
  }

  private get choices(): readonly ImageLayer[] {
    return [
      ...[this.randomShear, this.randomTranslation, this.randomRotation],
      ...this.colorLayers,
      ...[this.randomPosterization, this.solarization, this.autoContrast, this.equalization],
    ];
  }

  protected override planFor(batch: number, height: number, width: number, sizes: ImageSizes): Choices {
    const { choices, source, numOps } = this;
    const chosen = unstack(randint([numOps], 0, choices.length, { seed: source }));
    const size: Size = [batch, height, width];
    return { chosen, plans: choices.map((layer) => layer.planWith(source, size, sizes)) };
  }

  protected transform(images: Tensor, { plans, chosen }: Choices, isMask: boolean): Tensor {
    let x = images;
    for (const index of chosen)
      this.choices.forEach((layer, i) => {
        const y = layer.applyTo(x, plans[i], isMask);
        if (y !== x) x = select(equal(index, i), y, x);
      });
    return x;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), numOps: this.numOps };
  }
}

export interface AugMixOptions extends RandomPolicyOptions {
  /** The number of chains that are mixed. Default 3. */
  numChains?: number;
  /** The greatest number of augmentations of a chain. Default 3. */
  chainDepth?: number;
  /** The parameter of the distributions of the weights, positive. Default 1. */
  alpha?: number;
  /** Whether brightness, saturation, contrast and sharpness are among the augmentations. Default true. */
  allOps?: boolean;
}

interface Chains {
  readonly weights: readonly Tensor[];
  readonly share: Tensor;
  readonly chains: readonly (readonly { layer: ImageLayer; plan: unknown }[])[];
}

/**
 * In training, mixes images with weighted sums of chains of augmentations that are chosen at random for each batch; `factor`, 0.3 by
 * default, is their strength. In a compiled function, the choice is that of the trace. Images have three channels if `allOps`.
 * @tf tf.keras.layers.AugMix
 */
export class AugMix extends RandomPolicy {
  readonly numChains: number;
  readonly chainDepth: number;
  readonly alpha: number;
  readonly allOps: boolean;
  readonly #choices: MersenneTwister;

  constructor(options: AugMixOptions = {}) {
    const { numChains = 3, chainDepth = 3, ...rest } = namedOptions(options, 'AugMix');
    const { alpha = 1, allOps = true, ...others } = rest;
    super(others, Boolean(allOps), 0.3, 'AugMix');
    this.numChains = this.count(numChains, 'numChains', 'AugMix');
    this.chainDepth = this.count(chainDepth, 'chainDepth', 'AugMix');
    if (!(typeof alpha === 'number' && alpha > 0))
      throw new InvalidArgumentError(`[AugMix] alpha must be a positive number; got ${describe(alpha)}`);
    this.alpha = alpha;
    this.allOps = Boolean(allOps);
    this.#choices = new MersenneTwister(BigInt(Math.abs(this.seed ?? defaultSeed())));
  }

  private get choices(): readonly ImageLayer[] {
    return [
      ...[this.randomShear, this.randomTranslation, this.randomRotation, this.randomPosterization],
      ...[this.solarization, this.autoContrast, this.equalization],
      ...this.colorLayers,
    ];
  }

  protected override planFor(batch: number, height: number, width: number, sizes: ImageSizes): Chains {
    const { choices, source, alpha, numChains, chainDepth } = this;
    const drawn = gamma([numChains], alpha, { seed: source });
    const weights = unstack(divide(drawn, reduceSum(drawn)));
    const share = beta([], alpha, alpha, { seed: source });
    const size: Size = [batch, height, width];
    const chains = weights.map(() => {
      const chain = [];
      for (let i = 0; i < chainDepth; i++) {
        const choice = this.#choices.next() % (choices.length + 1);
        if (choice === choices.length) continue;
        const layer = choices[choice];
        chain.push({ layer, plan: layer.planWith(source, size, sizes) });
      }
      return chain;
    });
    return { weights, share, chains };
  }

  protected transform(images: Tensor, { weights, share, chains }: Chains, isMask: boolean): Tensor {
    const isFloat = images.dt.kind === 'float';
    const start = isFloat ? images : cast(images, this.computeDtype);
    let sum: Tensor = zerosLike(start);
    chains.forEach((chain, i) => {
      const end = chain.reduce((x, { layer, plan }) => layer.applyTo(x, plan, isMask), start);
      sum = add(sum, multiply(end, cast(weights[i], end.dtype)));
    });
    const part = cast(share, start.dtype);
    const y = add(multiply(part, start), multiply(subtract(1, part), sum));
    return isMask ? y : clipByValue(y, ...this.valueRange);
  }

  override getConfig(): Config {
    const { numChains, chainDepth, alpha, allOps } = this;
    return { ...super.getConfig(), numChains, chainDepth, alpha, allOps };
  }
}
