/** Images of a batch, mixed with one another, and parts of images, erased. */
import { InvalidArgumentError } from '../../../../core/errors';
import { describe } from '../../../../core/shape';
import type { Tensor } from '../../../../core/tensor';
import { cast } from '../../../../ops/array/cast';
import { constant } from '../../../../ops/array/convert';
import { range } from '../../../../ops/array/creation';
import { concat, unstack } from '../../../../ops/array/joining';
import { transpose } from '../../../../ops/array/movement';
import { reshape } from '../../../../ops/array/views';
import { gather } from '../../../../ops/index/indexing';
import { add, divide, multiply, subtract } from '../../../../ops/math/binary';
import { greaterEqual, less, logicalAnd } from '../../../../ops/math/compare';
import { clipByValue, select } from '../../../../ops/math/select';
import { sqrt } from '../../../../ops/math/unary';
import type { Config } from '../../../base/keras_object';
import { namedOptions } from '../../../base/named_options';
import { beta, normal, shuffle } from '../../../random';
import { rangeOf, type RandomColorOptions } from './color';
import {
  boundsOf,
  RandomImageLayer,
  type BoundingBoxes,
  type Factor,
  type ImageSizes,
  type RandomImageOptions,
} from './image_layer';

type Range = readonly [number, number];

/** [batch] as [batch, 1, …] of a rank. */
const perItem = (x: Tensor, rank: number): Tensor =>
  reshape(x, [-1, ...Array.from({ length: rank - 1 }, () => 1)]);

/** w·x + (1 − w)·x[order]; integers become floats of the dtype of the layer. */
function mixed(x: Tensor, weights: Tensor, order: Tensor, dtype: Tensor['dtype']): Tensor {
  const values = x.dt.kind === 'float' ? x : cast(x, dtype);
  const w = cast(perItem(weights, values.rank), values.dtype);
  return add(multiply(w, values), multiply(subtract(1, w), gather(values, order)));
}

interface Mix {
  readonly order: Tensor;
  readonly weights: Tensor;
}

export interface MixUpOptions extends RandomImageOptions {
  /** The parameter of the beta distribution of the weights, positive. Default 0.2. */
  alpha?: number;
}

/**
 * In training, mixes each image with another one of the batch, w·x + (1 − w)·x′, with w from the distribution beta(alpha, alpha); labels
 * and segmentation masks likewise, and bounding boxes of both are kept. @tf tf.keras.layers.MixUp
 */
export class MixUp extends RandomImageLayer {
  readonly alpha: number;

  constructor(options: MixUpOptions = {}) {
    const { alpha = 0.2, ...others } = namedOptions(options, 'MixUp');
    super(others);
    if (!(typeof alpha === 'number' && alpha > 0))
      throw new InvalidArgumentError(`[MixUp] alpha must be a positive number; got ${describe(alpha)}`);
    this.alpha = alpha;
  }

  protected override get convertsImages(): boolean {
    return false;
  }

  protected override get takesBoxes(): boolean {
    return true;
  }

  protected override planFor(batch: number): Mix {
    const order = shuffle(range(0, batch, 1, { dtype: 'int32' }), { seed: this.source });
    return { order, weights: beta([batch], this.alpha, this.alpha, { seed: this.source }) };
  }

  protected transform(images: Tensor, { weights, order }: Mix, isMask: boolean): Tensor {
    const { computeDtype } = this;
    return mixed(isMask ? images : cast(images, computeDtype), weights, order, computeDtype);
  }

  protected override transformLabels(labels: Tensor, { weights, order }: Mix): Tensor {
    return mixed(labels, weights, order, this.computeDtype);
  }

  protected override transformBoxes(items: BoundingBoxes, { order }: Mix): BoundingBoxes {
    const both = (x: Tensor): Tensor => concat([x, gather(x, order)], 1);
    return { ...items, boxes: both(items.boxes), labels: both(items.labels) };
  }

  override getConfig(): Config {
    return { ...super.getConfig(), alpha: this.alpha };
  }
}

/** A layer that changes a random box of each image. */
abstract class RandomBox extends RandomImageLayer {
  /** Where a part of a length begins and ends. */
  protected boundsIn(length: number, part: Tensor, batch: number): readonly [Tensor, Tensor] {
    const size = cast(multiply(part, length), this.computeDtype);
    const start = multiply(cast(this.draw([batch], 0, 1), this.computeDtype), subtract(length, size));
    return [start, add(start, size)];
  }

  /** The pixels of the boxes, bool [batch, height, width, 1]. */
  protected pixelsOf(
    height: number,
    width: number,
    [x0, x1]: readonly [Tensor, Tensor],
    [y0, y1]: readonly [Tensor, Tensor],
  ): Tensor {
    const { computeDtype: dtype } = this;
    const x = reshape(cast(range(0, width, 1, { dtype: 'float32' }), dtype), [1, 1, width, 1]);
    const y = reshape(cast(range(0, height, 1, { dtype: 'float32' }), dtype), [1, height, 1, 1]);
    const between = (at: Tensor, from: Tensor, to: Tensor): Tensor =>
      logicalAnd(greaterEqual(at, perItem(from, 4)), less(at, perItem(to, 4)));
    return logicalAnd(between(x, x0, x1), between(y, y0, y1));
  }
}

interface Cut extends Mix {
  readonly pixels: Tensor;
}

export interface CutMixOptions extends RandomImageOptions {
  /** The parameter of the beta distribution of what remains: up to this, or between two numbers, in [0, 1]. Default 1. */
  factor?: Factor;
}

/**
 * In training, replaces a random box of each image by that of another one of the batch; labels are mixed by the parts of the area,
 * segmentation masks change as images do. A single image stays as it is. @tf tf.keras.layers.CutMix
 */
export class CutMix extends RandomBox {
  readonly factor: Range;

  constructor(options: CutMixOptions = {}) {
    const { factor = 1, ...others } = namedOptions(options, 'CutMix');
    super(others);
    this.factor = boundsOf(factor, [0, 1], 'CutMix');
  }

  protected override planFor(
    batch: number,
    height: number,
    width: number,
    { isSingle }: ImageSizes,
  ): Cut | null {
    if (isSingle) return null;
    const alpha = add(this.draw([], ...this.factor), 1e-6);
    const part = sqrt(subtract(1, beta([batch], alpha, alpha, { seed: this.source })));
    const x = this.boundsIn(width, part, batch);
    const y = this.boundsIn(height, part, batch);
    const area = multiply(subtract(x[1], x[0]), subtract(y[1], y[0]));
    const weights = subtract(1, divide(area, width * height));
    const pixels = this.pixelsOf(height, width, x, y);
    return { pixels, weights, order: shuffle(range(0, batch, 1, { dtype: 'int32' }), { seed: this.source }) };
  }

  protected transform(images: Tensor, plan: Cut | null): Tensor {
    return plan === null ? images : select(plan.pixels, gather(images, plan.order), images);
  }

  protected override transformLabels(labels: Tensor, plan: Cut | null): Tensor {
    return plan === null ? labels : mixed(labels, plan.weights, plan.order, this.computeDtype);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), factor: this.factor };
  }
}

export interface RandomErasingOptions extends RandomColorOptions {
  /** How probable it is for an image: up to this, or between two numbers. Default 1. */
  factor?: Factor;
  /** The squares of the box's parts of height and width: up to this, or between two numbers. Default [0.02, 0.33]. */
  scale?: Factor;
  /** What boxes are filled with: a number, one for each of three channels, or null (default): normally distributed noise. */
  fillValue?: number | readonly number[] | null;
}

interface Erasure {
  readonly pixels: Tensor;
  readonly fill: Tensor;
  readonly erases: Tensor;
}

/** In training, fills a random box of each image. @tf tf.keras.layers.RandomErasing */
export class RandomErasing extends RandomBox {
  readonly factor: Range;
  readonly scale: Range;
  readonly fillValue: number | readonly number[] | null;
  readonly valueRange: Range;

  constructor(options: RandomErasingOptions = {}) {
    const {
      factor = 1,
      scale = [0.02, 0.33],
      fillValue = null,
      valueRange = [0, 255],
      ...others
    } = namedOptions(options, 'RandomErasing');
    super(others);
    this.factor = boundsOf(factor, [0, 1], 'RandomErasing');
    this.scale = boundsOf(scale, [0, 1], 'RandomErasing', 'scale');
    const isThree =
      Array.isArray(fillValue) && fillValue.length === 3 && fillValue.every((v) => typeof v === 'number');
    if (fillValue !== null && typeof fillValue !== 'number' && !isThree)
      throw new InvalidArgumentError(
        `[RandomErasing] The \`fillValue\` argument should be a number (or a list of three numbers). Received: ` +
          `fillValue=${describe(fillValue)}`,
      );
    this.fillValue = fillValue;
    this.valueRange = rangeOf(valueRange, 'RandomErasing');
  }

  protected override get movesPixels(): boolean {
    return false;
  }

  protected override planFor(
    batch: number,
    height: number,
    width: number,
    { channels }: ImageSizes,
  ): Erasure {
    const [across, down] = unstack(sqrt(this.draw([batch, 2], ...this.scale)), { axis: 1 });
    const x = this.boundsIn(width, across, batch);
    const y = this.boundsIn(height, down, batch);
    const pixels = this.pixelsOf(height, width, x, y);
    const probability = this.draw([batch], ...this.factor);
    const erases = less(this.draw([batch], 0, 1), probability);
    return { pixels, erases, fill: this.fillFor(batch, height, width, channels) };
  }

  private fillFor(batch: number, height: number, width: number, channels: number): Tensor {
    const { fillValue, valueRange, computeDtype: dtype } = this;
    if (fillValue !== null) return clipByValue(cast(constant(fillValue as number), dtype), ...valueRange);
    const isFirst = this.dataFormat === 'channels_first';
    const shape = isFirst ? [batch, channels, height, width] : [batch, height, width, channels];
    const noise = clipByValue(
      multiply(normal(shape, { dtype, seed: this.source }), valueRange[1]),
      ...valueRange,
    );
    return isFirst ? transpose(noise, [0, 2, 3, 1]) : noise;
  }

  protected transform(images: Tensor, { pixels, fill, erases }: Erasure): Tensor {
    return select(logicalAnd(perItem(erases, 4), pixels), cast(fill, images.dtype), images);
  }

  override getConfig(): Config {
    const { factor, scale, fillValue, valueRange } = this;
    return { ...super.getConfig(), factor, scale, fillValue, valueRange };
  }
}
