/** Brightness and contrast of images, changed at random. */
import { InvalidArgumentError } from '../../../../core/errors';
import { describe } from '../../../../core/shape';
import type { Tensor } from '../../../../core/tensor';
import { cast } from '../../../../ops/array/cast';
import { add, multiply, subtract } from '../../../../ops/math/binary';
import { clipByValue } from '../../../../ops/math/select';
import { reduceMean } from '../../../../ops/reduce/reduce';
import type { Config } from '../../../base/keras_object';
import { namedOptions } from '../../../base/named_options';
import { boundsOf, RandomImageLayer, type Factor, type RandomImageOptions } from './image_layer';

export interface RandomColorOptions extends RandomImageOptions {
  /** The least and the greatest value of a pixel. Default [0, 255]. */
  valueRange?: readonly [number, number] | readonly number[];
}

/** @internal A least and a greatest value. */
export function rangeOf(given: unknown, layer: string): readonly [number, number] {
  if (!Array.isArray(given) || given.length !== 2 || !given.every((v) => typeof v === 'number'))
    throw new InvalidArgumentError(
      `[${layer}] The \`valueRange\` argument should be a list of two numbers. Received: valueRange=${describe(given)}`,
    );
  return [given[0], given[1]];
}

/**
 * In training, adds to each image a random part of the range of values between the bounds of `factor`, and clips to the range.
 * @tf tf.keras.layers.RandomBrightness
 */
export class RandomBrightness extends RandomImageLayer {
  static override readonly positional = ['factor'];
  readonly factor: readonly [number, number];
  readonly valueRange: readonly [number, number];

  constructor(factor: Factor, options: RandomColorOptions = {}) {
    const { valueRange = [0, 255], ...others } = namedOptions(options, 'RandomBrightness');
    super(others);
    this.factor = boundsOf(factor, [-1, 1], 'RandomBrightness');
    const [a, b] = rangeOf(valueRange, 'RandomBrightness');
    this.valueRange = [Math.min(a, b), Math.max(a, b)];
  }

  protected override get movesPixels(): boolean {
    return false;
  }

  protected override planFor(batch: number): Tensor {
    const [low, high] = this.valueRange;
    return multiply(this.draw([batch, 1, 1, 1], ...this.factor), high - low);
  }

  protected transform(images: Tensor, delta: Tensor): Tensor {
    return clipByValue(add(images, cast(delta, images.dtype)), ...this.valueRange);
  }

  override getConfig(): Config {
    const { factor, valueRange } = this;
    return { ...super.getConfig(), factor, valueRange };
  }
}

/**
 * In training, (x − mean)·c + mean of each image and channel with a random c from 1 − lower to 1 + upper bound of `factor`, clipped to the
 * range of values. @tf tf.keras.layers.RandomContrast
 */
export class RandomContrast extends RandomImageLayer {
  static override readonly positional = ['factor'];
  readonly factor: readonly [number, number];
  readonly valueRange: readonly [number, number];

  constructor(factor: Factor, options: RandomColorOptions = {}) {
    const { valueRange = [0, 255], ...others } = namedOptions(options, 'RandomContrast');
    super(others);
    this.factor = boundsOf(factor, [0, 1], 'RandomContrast');
    this.valueRange = rangeOf(valueRange, 'RandomContrast');
  }

  protected override get movesPixels(): boolean {
    return false;
  }

  protected override planFor(batch: number): Tensor {
    return this.draw([batch, 1, 1, 1], 1 - this.factor[0], 1 + this.factor[1]);
  }

  protected transform(images: Tensor, contrast: Tensor): Tensor {
    const rows = reduceMean(images, { axis: 1, keepdims: true });
    const mean = reduceMean(rows, { axis: 2, keepdims: true });
    const scaled = multiply(subtract(images, mean), cast(contrast, images.dtype));
    return clipByValue(add(scaled, mean), ...this.valueRange);
  }

  override getConfig(): Config {
    const { factor, valueRange } = this;
    return { ...super.getConfig(), factor, valueRange };
  }
}
