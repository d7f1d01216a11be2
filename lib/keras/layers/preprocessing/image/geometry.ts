/** Images, flipped, turned, moved and zoomed at random. */
import { InvalidArgumentError } from '../../../../core/errors';
import { describe } from '../../../../core/shape';
import type { Tensor } from '../../../../core/tensor';
import { onesLike, zerosLike } from '../../../../ops/array/creation';
import { stack } from '../../../../ops/array/joining';
import { reverse } from '../../../../ops/array/movement';
import { reshape } from '../../../../ops/array/views';
import {
  affineInterpolations,
  affineTransform,
  fillModes,
  type AffineInterpolation,
  type FillMode,
} from '../../../../ops/image/projective';
import { add, multiply, subtract } from '../../../../ops/math/binary';
import { lessEqual } from '../../../../ops/math/compare';
import { select } from '../../../../ops/math/select';
import { cos, sin } from '../../../../ops/math/unary_math';
import type { Config } from '../../../base/keras_object';
import { namedOptions } from '../../../base/named_options';
import { boundsOf, RandomImageLayer, type Factor, type RandomImageOptions } from './image_layer';

const flipModes = ['horizontal', 'vertical', 'horizontal_and_vertical'] as const;

export interface RandomFlipOptions extends RandomImageOptions {
  /** Which way. Default 'horizontal_and_vertical': both or none. */
  mode?: (typeof flipModes)[number];
}

/** In training, flips half of the images. @tf tf.keras.layers.RandomFlip */
export class RandomFlip extends RandomImageLayer {
  readonly mode: (typeof flipModes)[number];

  constructor(options: RandomFlipOptions = {}) {
    const { mode = 'horizontal_and_vertical', ...others } = namedOptions(options, 'RandomFlip');
    super(others);
    if (!flipModes.includes(mode))
      throw new InvalidArgumentError(
        `[RandomFlip] mode must be one of ${flipModes.join(', ')}; got ${describe(mode)}`,
      );
    this.mode = mode;
  }

  protected override planFor(batch: number): Tensor {
    return lessEqual(this.draw([batch, 1, 1, 1], 0, 1), 0.5);
  }

  protected transform(images: Tensor, flips: Tensor): Tensor {
    const axes = [...(this.mode === 'vertical' ? [] : [2]), ...(this.mode === 'horizontal' ? [] : [1])];
    return select(flips, reverse(images, axes), images);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), mode: this.mode };
  }
}

export interface RandomAffineOptions extends RandomImageOptions {
  /** What lies beyond the edge: 'reflect' (default), 'wrap', 'constant' or 'nearest'. */
  fillMode?: FillMode;
  /** 'bilinear' (default) or 'nearest'. */
  interpolation?: AffineInterpolation;
  /** What 'constant' fills in. Default 0. */
  fillValue?: number;
}

/** A layer that moves pixels by a random affine map for each image. */
export abstract class RandomAffine extends RandomImageLayer {
  readonly fillMode: FillMode;
  readonly interpolation: AffineInterpolation;
  readonly fillValue: number;

  constructor(options: RandomAffineOptions, where: string) {
    const { fillMode = 'reflect', interpolation = 'bilinear', fillValue = 0, ...others } = options;
    super(others);
    if (!fillModes.includes(fillMode))
      throw new InvalidArgumentError(
        `[${where}] Unknown \`fillMode\` ${describe(fillMode)}. Expected of one ${fillModes.join(', ')}.`,
      );
    if (!affineInterpolations.includes(interpolation))
      throw new InvalidArgumentError(
        `[${where}] Unknown \`interpolation\` ${describe(interpolation)}. Expected of one ${affineInterpolations.join(', ')}.`,
      );
    if (typeof fillValue !== 'number')
      throw new TypeError(`[${where}] fillValue must be a number; got ${describe(fillValue)}`);
    this.fillMode = fillMode;
    this.interpolation = interpolation;
    this.fillValue = fillValue;
  }

  protected transform(images: Tensor, maps: Tensor, isMask: boolean): Tensor {
    const { fillMode, fillValue, interpolation } = this;
    return affineTransform(images, maps, {
      ...{ fillMode, fillValue },
      interpolation: isMask ? 'nearest' : interpolation,
    });
  }

  override getConfig(): Config {
    const { fillMode, fillValue, interpolation } = this;
    return { ...super.getConfig(), fillMode, fillValue, interpolation };
  }
}

/** In training, turns each image by a random part of a full turn, between the bounds of `factor`. @tf tf.keras.layers.RandomRotation */
export class RandomRotation extends RandomAffine {
  static override readonly positional = ['factor'];
  readonly factor: readonly [number, number];

  constructor(factor: Factor, options: RandomAffineOptions = {}) {
    super(namedOptions(options, 'RandomRotation'), 'RandomRotation');
    this.factor = boundsOf(factor, [-1, 1], 'RandomRotation');
  }

  protected override planFor(batch: number, height: number, width: number): Tensor {
    const degrees = this.draw([batch], this.factor[0] * 360, this.factor[1] * 360);
    const angle = multiply(degrees, Math.PI / 180);
    const [c, s] = [cos(angle), sin(angle)];
    const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
    const a2 = add(subtract(cx, multiply(c, cx)), multiply(s, cy));
    const b2 = subtract(subtract(cy, multiply(s, cx)), multiply(c, cy));
    return stack([c, multiply(s, -1), a2, s, c, b2], { axis: 1 });
  }

  override getConfig(): Config {
    return { ...super.getConfig(), factor: this.factor };
  }
}

/** The bounds of a factor, all in [−1, 1]. */
function strictBounds(factor: Factor, layer: string, name: string): readonly [number, number] {
  const bounds = boundsOf(factor, [-1, 1], layer, name);
  return boundsOf(bounds[0], [-1, 1], layer, name) && boundsOf(bounds[1], [-1, 1], layer, name) && bounds;
}

/** Six numbers for each image, where a and b say how columns and rows are scaled and moved. */
const scaling = (a: Tensor, a2: Tensor, b: Tensor, b2: Tensor): Tensor =>
  stack([a, zerosLike(a), a2, zerosLike(a), b, b2], { axis: 1 });

/**
 * In training, moves each image by a random part of its height and width, between the bounds of the factors.
 * @tf tf.keras.layers.RandomTranslation
 */
export class RandomTranslation extends RandomAffine {
  static override readonly positional = ['heightFactor', 'widthFactor'];
  readonly heightFactor: Factor;
  readonly widthFactor: Factor;
  private readonly heightBounds: readonly [number, number];
  private readonly widthBounds: readonly [number, number];

  constructor(heightFactor: Factor, widthFactor: Factor, options: RandomAffineOptions = {}) {
    super(namedOptions(options, 'RandomTranslation'), 'RandomTranslation');
    this.heightFactor = heightFactor;
    this.widthFactor = widthFactor;
    this.heightBounds = strictBounds(heightFactor, 'RandomTranslation', 'heightFactor');
    this.widthBounds = strictBounds(widthFactor, 'RandomTranslation', 'widthFactor');
  }

  protected override planFor(batch: number, height: number, width: number): Tensor {
    const down = reshape(multiply(this.draw([batch, 1], ...this.heightBounds), height), [batch]);
    const right = reshape(multiply(this.draw([batch, 1], ...this.widthBounds), width), [batch]);
    return scaling(onesLike(down), multiply(right, -1), onesLike(down), multiply(down, -1));
  }

  override getConfig(): Config {
    const { heightFactor, widthFactor } = this;
    return { ...super.getConfig(), heightFactor, widthFactor };
  }
}

export interface RandomZoomOptions extends RandomAffineOptions {
  /** That of the width. Default: zooms keep the aspect ratio. */
  widthFactor?: Factor | null;
}

/**
 * In training, zooms each image by a random factor: out by a positive one, in by a negative one. @tf tf.keras.layers.RandomZoom
 */
export class RandomZoom extends RandomAffine {
  static override readonly positional = ['heightFactor'];
  readonly heightFactor: Factor;
  readonly widthFactor: Factor | null;
  private readonly heightBounds: readonly [number, number];
  private readonly widthBounds: readonly [number, number] | null;

  constructor(heightFactor: Factor, options: RandomZoomOptions = {}) {
    const { widthFactor = null, ...others } = namedOptions(options, 'RandomZoom');
    super(others, 'RandomZoom');
    this.heightFactor = heightFactor;
    this.widthFactor = widthFactor;
    this.heightBounds = strictBounds(heightFactor, 'RandomZoom', 'heightFactor');
    this.widthBounds = widthFactor === null ? null : strictBounds(widthFactor, 'RandomZoom', 'widthFactor');
  }

  protected override planFor(batch: number, height: number, width: number): Tensor {
    const zoom = ([low, high]: readonly [number, number]): Tensor =>
      reshape(this.draw([batch, 1], 1 + low, 1 + high), [batch]);
    const rows = zoom(this.heightBounds);
    const columns = this.widthBounds === null ? rows : zoom(this.widthBounds);
    const offset = (z: Tensor, n: number): Tensor => multiply(subtract(1, z), (n - 1) / 2);
    return scaling(columns, offset(columns, width), rows, offset(rows, height));
  }

  override getConfig(): Config {
    const { heightFactor, widthFactor } = this;
    return { ...super.getConfig(), heightFactor, widthFactor };
  }
}
