/** Colors of images, changed at random. */
import type { Tensor } from '../../../../core/tensor';
import { cast } from '../../../../ops/array/cast';
import { constant } from '../../../../ops/array/convert';
import { onesLike } from '../../../../ops/array/creation';
import { concat } from '../../../../ops/array/joining';
import { broadcastTo } from '../../../../ops/array/movement';
import { slice } from '../../../../ops/array/slicing';
import { reshape } from '../../../../ops/array/views';
import { hsvToRgb, rgbToGrayscale, rgbToHsv } from '../../../../ops/image/color';
import { add, divide, floordiv, multiply, pow, subtract } from '../../../../ops/math/binary';
import { greater, less } from '../../../../ops/math/compare';
import { clipByValue, select } from '../../../../ops/math/select';
import { floor, isNan } from '../../../../ops/math/unary';
import { depthwiseConv2d } from '../../../../ops/nn/depthwise';
import { reduceMax, reduceMin } from '../../../../ops/reduce/reduce';
import { InvalidArgumentError } from '../../../../core/errors';
import { describe } from '../../../../core/shape';
import type { Config } from '../../../base/keras_object';
import { namedOptions } from '../../../base/named_options';
import { randint } from '../../../random';
import { rangeOf, type RandomColorOptions } from './color';
import {
  boundsOf,
  ImageLayer,
  RandomImageLayer,
  type Factor,
  type ImageLayerOptions,
  type RandomImageOptions,
} from './image_layer';
import { epsilon } from '../../../base/settings';

type Range = readonly [number, number];
const bytes: Range = [0, 255];

/** Values of one range as those of another. */
function toRange(x: Tensor, from: Range, to: Range): Tensor {
  if (from[0] === to[0] && from[1] === to[1]) return x;
  const unit = divide(subtract(x, from[0]), from[1] - from[0]);
  return add(multiply(unit, to[1] - to[0]), to[0]);
}

const sorted = ([a, b]: Range): Range => [Math.min(a, b), Math.max(a, b)];

/** [batch, 1, 1, 1], one for each image. */
const perImage = (x: Tensor): Tensor => reshape(x, [-1, 1, 1, 1]);

export interface AutoContrastOptions extends ImageLayerOptions {
  /** The least and the greatest value of a pixel. Default [0, 255]. */
  valueRange?: Range | readonly number[];
}

/** Stretches the values of each image and channel over the whole range. @tf tf.keras.layers.AutoContrast */
export class AutoContrast extends ImageLayer {
  readonly valueRange: Range;

  constructor(options: AutoContrastOptions = {}) {
    const { valueRange = bytes, ...others } = namedOptions(options, 'AutoContrast');
    super(others);
    this.valueRange = sorted(rangeOf(valueRange, 'AutoContrast'));
  }

  protected override get movesPixels(): boolean {
    return false;
  }

  protected transform(images: Tensor): Tensor {
    const x = toRange(images, this.valueRange, bytes);
    const low = reduceMin(x, { axis: [1, 2], keepdims: true });
    const scale = divide(255, subtract(reduceMax(x, { axis: [1, 2], keepdims: true }), low));
    const stretched = clipByValue(subtract(multiply(x, scale), multiply(low, scale)), 0, 255);
    const result = toRange(stretched, bytes, this.valueRange);
    return select(isNan(result), images, result);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), valueRange: this.valueRange };
  }
}

/** A layer that changes colors by a random factor for each image. */
abstract class RandomColor extends RandomImageLayer {
  readonly factor: Range;
  readonly valueRange: Range;

  constructor(factor: Factor, options: RandomColorOptions, bounds: Range, where: string, sorts = true) {
    const { valueRange = bytes, ...others } = namedOptions(options, where);
    super(others);
    this.factor = boundsOf(factor, bounds, where);
    const range = rangeOf(valueRange, where);
    this.valueRange = sorts ? sorted(range) : range;
  }

  protected override get movesPixels(): boolean {
    return false;
  }

  protected override planFor(batch: number): Tensor {
    return this.draw([batch], ...this.factor);
  }

  override getConfig(): Config {
    const { factor, valueRange } = this;
    return { ...super.getConfig(), factor, valueRange };
  }
}

export interface SolarizationOptions extends RandomColorOptions {
  /** The greatest part of 255 that is added, or the least and the greatest. Default 0. */
  additionFactor?: Factor;
  /** The greatest part of 255 from which on values are inverted, or the least and the greatest. Default 0: all are. */
  thresholdFactor?: Factor;
}

/** In training, adds a random number to each image, and inverts values from a random threshold on. @tf tf.keras.layers.Solarization */
export class Solarization extends RandomImageLayer {
  readonly additionFactor: Range;
  readonly thresholdFactor: Range;
  readonly valueRange: Range;

  constructor(options: SolarizationOptions = {}) {
    const {
      additionFactor = 0,
      thresholdFactor = 0,
      valueRange = bytes,
      ...others
    } = namedOptions(options, 'Solarization');
    super(others);
    this.additionFactor = boundsOf(additionFactor, [0, 1], 'Solarization', 'additionFactor');
    this.thresholdFactor = boundsOf(thresholdFactor, [0, 1], 'Solarization', 'thresholdFactor');
    this.valueRange = sorted(rangeOf(valueRange, 'Solarization'));
  }

  protected override get movesPixels(): boolean {
    return false;
  }

  protected override planFor(batch: number): [Tensor, Tensor] {
    const [from, to] = this.additionFactor;
    const additions = this.draw([batch, 1, 1, 1], from, to * 255);
    const [least, most] = this.thresholdFactor;
    return [additions, this.draw([batch, 1, 1, 1], least, most * 255)];
  }

  protected transform(images: Tensor, [additions, thresholds]: [Tensor, Tensor]): Tensor {
    const x = toRange(images, this.valueRange, bytes);
    const sum = clipByValue(add(x, cast(additions, x.dtype)), 0, 255);
    const inverted = select(less(sum, cast(thresholds, x.dtype)), sum, subtract(255, sum));
    return toRange(inverted, bytes, this.valueRange);
  }

  override getConfig(): Config {
    const { additionFactor, thresholdFactor, valueRange } = this;
    return { ...super.getConfig(), additionFactor, thresholdFactor, valueRange };
  }
}

export interface RandomInvertOptions extends RandomColorOptions {
  /** How probable it is for an image: up to this, or between two numbers. Default 1. */
  factor?: Factor;
}

/** In training, inverts some images: x becomes the greatest value − x. @tf tf.keras.layers.RandomInvert */
export class RandomInvert extends RandomColor {
  constructor(options: RandomInvertOptions = {}) {
    const { factor = 1, ...others } = namedOptions(options, 'RandomInvert');
    super(factor, others, [0, 1], 'RandomInvert', false);
  }

  protected override planFor(batch: number): Tensor {
    const probability = super.planFor(batch);
    return less(this.draw([batch], 0, 1), probability);
  }

  protected transform(images: Tensor, inverts: Tensor): Tensor {
    return select(perImage(inverts), subtract(this.valueRange[1], images), images);
  }
}

export interface RandomGrayscaleOptions extends RandomImageOptions {
  /** How probable it is for an image. Default 0.5. */
  factor?: number;
}

/** In training, makes some images gray, with three equal channels. @tf tf.keras.layers.RandomGrayscale */
export class RandomGrayscale extends RandomImageLayer {
  readonly factor: number;

  constructor(options: RandomGrayscaleOptions = {}) {
    const { factor = 0.5, ...others } = namedOptions(options, 'RandomGrayscale');
    super(others);
    if (!(typeof factor === 'number' && factor >= 0 && factor <= 1))
      throw new InvalidArgumentError(
        `[RandomGrayscale] \`factor\` should be between 0 and 1. Received: factor=${describe(factor)}`,
      );
    this.factor = factor;
  }

  protected override get movesPixels(): boolean {
    return false;
  }

  protected override planFor(batch: number): Tensor {
    return less(this.draw([batch, 1, 1, 1], 0, 1), this.factor);
  }

  protected transform(images: Tensor, grays: Tensor): Tensor {
    return select(grays, rgbToGrayscale(images), images);
  }

  /** As Keras's: without the seed. */
  override getConfig(): Config {
    const { seed: _, ...config } = super.getConfig();
    return { ...config, factor: this.factor };
  }
}

/** In training, keeps a random number of bits of the values of each image, below the upper bound of `factor`. @tf tf.keras.layers.RandomPosterization */
export class RandomPosterization extends RandomColor {
  static override readonly positional = ['factor'];

  constructor(factor: Factor, options: RandomColorOptions = {}) {
    super(factor, options, [1, 8], 'RandomPosterization');
  }

  protected override planFor(batch: number): Tensor {
    const [low, high] = this.factor;
    if (low === high) return multiply(onesLike(constant(new Float32Array(batch))), low);
    return cast(randint([batch], low, high, { dtype: 'int64', seed: this.source }), 'float32');
  }

  protected transform(images: Tensor, bits: Tensor): Tensor {
    const step = pow(2, subtract(8, cast(perImage(bits), images.dtype)));
    const x = floor(toRange(images, this.valueRange, bytes));
    return toRange(multiply(floordiv(x, step), step), bytes, this.valueRange);
  }
}

/** Images of three channels, with one of them changed. */
function withChannel(images: Tensor, channel: number, change: (x: Tensor) => Tensor): Tensor {
  const sizes = [...images.shape.slice(0, 3), 1];
  const parts = [0, 1, 2].map((i) => slice(images, [0, 0, 0, i], sizes));
  parts[channel] = change(parts[channel]);
  return concat(parts, -1);
}

/** In training, turns the hue of each image by a random part of half a turn, to either side. @tf tf.keras.layers.RandomHue */
export class RandomHue extends RandomColor {
  static override readonly positional = ['factor'];

  constructor(factor: Factor, options: RandomColorOptions = {}) {
    super(factor, options, [0, 1], 'RandomHue', false);
  }

  protected override planFor(batch: number): Tensor {
    const side = select(greater(this.draw([batch], 0, 1), 0.5), -1, 1);
    return multiply(multiply(cast(side, 'float32'), super.planFor(batch)), 0.5);
  }

  protected transform(images: Tensor, turns: Tensor): Tensor {
    const hsv = rgbToHsv(toRange(images, this.valueRange, [0, 1]));
    const turned = withChannel(hsv, 0, (hue) => {
      const moved = add(hue, cast(perImage(turns), hue.dtype));
      const below = select(greater(moved, 1), subtract(moved, 1), moved);
      return select(less(below, 0), add(below, 1), below);
    });
    return toRange(clipByValue(hsvToRgb(turned), 0, 1), [0, 1], this.valueRange);
  }
}

/** In training, multiplies the saturation of each image by f / (1 − f) with a random f between the bounds of `factor`. @tf tf.keras.layers.RandomSaturation */
export class RandomSaturation extends RandomColor {
  static override readonly positional = ['factor'];

  constructor(factor: Factor, options: RandomColorOptions = {}) {
    super(factor, options, [-1, 1], 'RandomSaturation');
  }

  protected override planFor(batch: number): Tensor {
    const f = super.planFor(batch);
    return divide(f, add(subtract(1, f), epsilon()));
  }

  protected transform(images: Tensor, factors: Tensor): Tensor {
    const changed = withChannel(rgbToHsv(images), 1, (saturation) =>
      clipByValue(multiply(saturation, cast(perImage(factors), saturation.dtype)), ...this.valueRange),
    );
    return hsvToRgb(changed);
  }
}

/** In training, smooths or sharpens each image: x + (1 − 2f)·(smoothed − x) with a random f. @tf tf.keras.layers.RandomSharpness */
export class RandomSharpness extends RandomColor {
  static override readonly positional = ['factor'];

  constructor(factor: Factor, options: RandomColorOptions = {}) {
    super(factor, options, [0, 1], 'RandomSharpness');
  }

  protected transform(images: Tensor, factors: Tensor): Tensor {
    const channels = images.shape[3];
    const weights = Float32Array.from({ length: 9 }, (_, i) => (i === 4 ? 5 : 1) / 13);
    const kernel = cast(constant(weights, { shape: [3, 3, 1, 1] }), images.dtype);
    const smoothed = depthwiseConv2d(images, broadcastTo(kernel, [3, 3, channels, 1]), [1, 1, 1, 1], 'SAME');
    const part = subtract(1, cast(perImage(multiply(factors, 2)), images.dtype));
    return clipByValue(add(images, multiply(part, subtract(smoothed, images))), ...this.valueRange);
  }
}

/** In training, mixes each image with its gray version, of which it takes a random part. @tf tf.keras.layers.RandomColorDegeneration */
export class RandomColorDegeneration extends RandomColor {
  static override readonly positional = ['factor'];

  constructor(factor: Factor, options: RandomColorOptions = {}) {
    super(factor, options, [-1, 1], 'RandomColorDegeneration');
  }

  protected override planFor(batch: number): Tensor {
    return this.draw([batch, 1, 1, 1], ...this.factor);
  }

  protected transform(images: Tensor, factors: Tensor): Tensor {
    const gray = subtract(rgbToGrayscale(images), images);
    return clipByValue(add(images, multiply(cast(factors, images.dtype), gray)), ...this.valueRange);
  }
}
