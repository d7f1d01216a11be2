/** Images, sheared, seen in perspective, deformed and blurred at random. */
import { InvalidArgumentError } from '../../../../core/errors';
import { describe } from '../../../../core/shape';
import type { Tensor } from '../../../../core/tensor';
import { cast } from '../../../../ops/array/cast';
import { constant } from '../../../../ops/array/convert';
import { onesLike, range, zerosLike } from '../../../../ops/array/creation';
import { stack, unstack } from '../../../../ops/array/joining';
import { expandDims, reshape } from '../../../../ops/array/views';
import {
  affineInterpolations,
  affineTransform,
  fillModes,
  readPixels,
  type AffineInterpolation,
  type FillMode,
} from '../../../../ops/image/projective';
import { add, multiply } from '../../../../ops/math/binary';
import { greater, less } from '../../../../ops/math/compare';
import { clipByValue, select } from '../../../../ops/math/select';
import { floor } from '../../../../ops/math/unary';
import type { Config } from '../../../base/keras_object';
import { namedOptions } from '../../../base/named_options';
import { normal } from '../../../random';
import { rangeOf, type RandomColorOptions } from './color';
import { RandomAffine, type RandomAffineOptions } from './geometry';
import { blur, gaussian, homography } from './warps';
import { boundsOf, RandomImageLayer, type Factor, type RandomImageOptions } from './image_layer';

type Range = readonly [number, number];
const perImage = (x: Tensor): Tensor => reshape(x, [-1, 1, 1, 1]);

export interface RandomShearOptions extends RandomAffineOptions {
  /** How many columns pixels move for each row: up to this to either side, or between two numbers. Default 0. */
  xFactor?: Factor;
  /** How many rows pixels move for each column. Default 0. */
  yFactor?: Factor;
}

/** In training, shears each image by random factors, to either side. @tf tf.keras.layers.RandomShear */
export class RandomShear extends RandomAffine {
  readonly xFactor: Range;
  readonly yFactor: Range;

  constructor(options: RandomShearOptions = {}) {
    const { xFactor = 0, yFactor = 0, ...others } = namedOptions(options, 'RandomShear');
    super(others, 'RandomShear');
    this.xFactor = shearBounds(xFactor, 'xFactor');
    this.yFactor = shearBounds(yFactor, 'yFactor');
  }

  protected override planFor(batch: number): Tensor {
    const side = select(greater(this.draw([batch, 1], 0, 1), 0.5), -1, 1);
    const draw = (bounds: Range): Tensor =>
      reshape(multiply(this.draw([batch, 1], ...bounds), cast(side, 'float32')), [batch]);
    const down = draw(this.yFactor);
    const along = draw(this.xFactor);
    const [one, zero] = [onesLike(along), zerosLike(along)];
    return stack([one, along, zero, down, one, zero], { axis: 1 });
  }

  override getConfig(): Config {
    const { xFactor, yFactor } = this;
    return { ...super.getConfig(), xFactor, yFactor };
  }
}

/** The bounds of a number are itself and its negative, which two numbers may be, too. */
function shearBounds(factor: Factor, name: string): Range {
  if (typeof factor === 'number' && factor < 0)
    throw new InvalidArgumentError(
      `[RandomShear] The \`${name}\` argument should be a number (or a list of two numbers) in the range [0, 1]. ` +
        `Received: ${name}=${describe(factor)}`,
    );
  const bounds = boundsOf(factor, [-1, 1], 'RandomShear', name);
  for (const bound of bounds) boundsOf(bound, [-1, 1], 'RandomShear', name);
  return bounds;
}

function checkInterpolation(interpolation: unknown, layer: string): void {
  if (!affineInterpolations.includes(interpolation as AffineInterpolation))
    throw new InvalidArgumentError(
      `[${layer}] Unknown \`interpolation\` ${describe(interpolation)}. Expected of one ${affineInterpolations.join(', ')}.`,
    );
}

export interface RandomPerspectiveOptions extends RandomImageOptions {
  /** How probable it is for an image: up to this, or between two numbers. Default 1. */
  factor?: Factor;
  /** How far corners move at most: twice the part of height and width. Default 1. */
  scale?: number;
  /** 'bilinear' (default) or 'nearest'. */
  interpolation?: AffineInterpolation;
  /** The value of pixels from outside. Default 0. */
  fillValue?: number;
}

interface Perspective {
  readonly maps: Tensor;
  readonly applies: Tensor;
}

/** In training, moves the corners of each image at random, and the pixels by the projective map of the corners. @tf tf.keras.layers.RandomPerspective */
export class RandomPerspective extends RandomImageLayer {
  readonly factor: Range;
  readonly scale: number;
  readonly interpolation: AffineInterpolation;
  readonly fillValue: number;

  constructor(options: RandomPerspectiveOptions = {}) {
    const where = 'RandomPerspective';
    const {
      factor = 1,
      scale = 1,
      interpolation = 'bilinear',
      fillValue = 0,
      ...others
    } = namedOptions(options, where);
    super(others);
    this.factor = boundsOf(factor, [0, 1], where);
    if (!(typeof scale === 'number' && scale >= 0 && scale <= 1))
      throw new InvalidArgumentError(
        `[${where}] The \`scale\` argument should be a number in the range [0,1]. Received: scale=${describe(scale)}`,
      );
    checkInterpolation(interpolation, where);
    if (typeof fillValue !== 'number')
      throw new TypeError(`[${where}] fillValue must be a number; got ${describe(fillValue)}`);
    this.scale = scale;
    this.interpolation = interpolation;
    this.fillValue = fillValue;
  }

  protected override planFor(batch: number, height: number, width: number): Perspective {
    const probability = this.draw([batch], ...this.factor);
    const applies = less(this.draw([batch], 0, 1), probability);
    const moves = this.draw([batch, 4, 2], -0.5 * this.scale, 0.5 * this.scale);
    const [right, bottom] = [width - 1, height - 1];
    const corners = [0, 0, right, 0, 0, bottom, right, bottom];
    const start = reshape(constant(Float32Array.from(corners)), [1, 4, 2]);
    return { applies, maps: homography(start, add(start, multiply(start, moves))) };
  }

  protected transform(images: Tensor, { maps, applies }: Perspective, isMask: boolean): Tensor {
    const { interpolation, fillValue } = this;
    const moved = affineTransform(images, maps, {
      interpolation: isMask ? 'nearest' : interpolation,
      ...{ fillMode: 'constant', fillValue },
    });
    return select(perImage(applies), moved, images);
  }

  override getConfig(): Config {
    const { factor, scale, interpolation, fillValue } = this;
    return { ...super.getConfig(), factor, scale, interpolation, fillValue };
  }
}

export interface RandomGaussianBlurOptions extends RandomColorOptions {
  /** How probable it is for an image: up to this, or between two numbers. Default 1. */
  factor?: Factor;
  /** The size of the kernel, odd: one number, or that of height and of width. Default 3. */
  kernelSize?: number | readonly [number, number] | readonly number[];
  /** The standard deviation, in pixels: up to this, or between two numbers, in [0, 1]. Default 1. */
  sigma?: Factor;
}

interface Blur {
  readonly applies: Tensor;
  readonly sigmas: Tensor;
}

/** In training, smooths images with a Gaussian kernel of a random width. @tf tf.keras.layers.RandomGaussianBlur */
export class RandomGaussianBlur extends RandomImageLayer {
  readonly factor: Range;
  readonly kernelSize: Range;
  readonly sigma: Range;
  readonly valueRange: Range;

  constructor(options: RandomGaussianBlurOptions = {}) {
    const where = 'RandomGaussianBlur';
    const {
      factor = 1,
      kernelSize = 3,
      sigma = 1,
      valueRange = [0, 255],
      ...others
    } = namedOptions(options, where);
    super(others);
    this.factor = boundsOf(factor, [0, 1], where);
    const sizes = (Array.isArray(kernelSize) ? kernelSize : [kernelSize, kernelSize]) as unknown[];
    const isOdd = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) % 2 === 1;
    const [rows, columns] = sizes;
    if (sizes.length !== 2 || !isOdd(rows) || !isOdd(columns) || rows < 1 || columns < 1)
      throw new InvalidArgumentError(
        `[${where}] kernelSize must be an odd number, or two. Received: kernelSize=${describe(kernelSize)}`,
      );
    this.kernelSize = [rows, columns];
    this.sigma = boundsOf(sigma, [0, 1], where, 'sigma');
    this.valueRange = rangeOf(valueRange, where);
  }

  protected override get movesPixels(): boolean {
    return false;
  }

  protected override planFor(batch: number): Blur {
    const probability = this.draw([batch], ...this.factor);
    const applies = less(this.draw([batch], 0, 1), probability);
    return { applies, sigmas: add(this.draw([2], ...this.sigma), 1e-6) };
  }

  protected transform(images: Tensor, { applies, sigmas }: Blur): Tensor {
    const [first, second] = unstack(sigmas);
    const { kernelSize } = this;
    // As in Keras, the first size is that of the kernel's height and of the factor along the width.
    const blurred = blur(images, gaussian(kernelSize[0], first), gaussian(kernelSize[1], second), kernelSize);
    return clipByValue(select(perImage(applies), blurred, images), ...this.valueRange);
  }

  override getConfig(): Config {
    const { factor, kernelSize, sigma, valueRange } = this;
    return { ...super.getConfig(), factor, kernelSize, sigma, valueRange };
  }
}

export interface RandomElasticTransformOptions extends RandomColorOptions {
  /** How probable it is for an image: up to this, or between two numbers. Default 1. */
  factor?: Factor;
  /** The strength: up to this, or between two numbers, in [0, 1]. Default 1. */
  scale?: Factor;
  /** 'bilinear' (default) or 'nearest'. */
  interpolation?: AffineInterpolation;
  /** What lies beyond the edge: 'reflect' (default), 'wrap', 'constant' or 'nearest'. */
  fillMode?: FillMode;
  /** What 'constant' fills in. Default 0. */
  fillValue?: number;
}

interface Deformation {
  readonly applies: Tensor;
  readonly columns: Tensor;
  readonly rows: Tensor;
}

/**
 * In training, moves the pixels of each image by smoothed noise; the strength, which the images of a batch share, is random.
 * @tf tf.keras.layers.RandomElasticTransform
 */
export class RandomElasticTransform extends RandomImageLayer {
  readonly factor: Range;
  readonly scale: Range;
  readonly interpolation: AffineInterpolation;
  readonly fillMode: FillMode;
  readonly fillValue: number;
  readonly valueRange: Range;

  constructor(options: RandomElasticTransformOptions = {}) {
    const where = 'RandomElasticTransform';
    const { factor = 1, scale = 1, interpolation = 'bilinear', ...rest } = namedOptions(options, where);
    const { fillMode = 'reflect', fillValue = 0, valueRange = [0, 255], ...others } = rest;
    super(others);
    this.factor = boundsOf(factor, [0, 1], where);
    this.scale = boundsOf(scale, [0, 1], where, 'scale');
    checkInterpolation(interpolation, where);
    if (!fillModes.includes(fillMode))
      throw new InvalidArgumentError(
        `[${where}] Unknown \`fillMode\` ${describe(fillMode)}. Expected of one ${fillModes.join(', ')}.`,
      );
    if (typeof fillValue !== 'number')
      throw new TypeError(`[${where}] fillValue must be a number; got ${describe(fillValue)}`);
    this.interpolation = interpolation;
    this.fillMode = fillMode;
    this.fillValue = fillValue;
    this.valueRange = rangeOf(valueRange, where);
  }

  protected override planFor(batch: number, height: number, width: number): Deformation | null {
    if (this.scale[1] === 0 || this.factor[1] === 0) return null;
    const probability = this.draw([batch], ...this.factor);
    const applies = less(this.draw([batch], 0, 1), probability);
    const strength = this.draw([], ...this.scale);
    const alpha = multiply(multiply(strength, 0.1), Math.max(height, width));
    const sigma = multiply(multiply(strength, 0.05), Math.min(height, width));
    const noise = multiply(normal([batch, height, width], { seed: this.source }), sigma);
    // The kernel reaches three times ⌊σ⌋; its size is that of the greatest σ.
    const size = 6 * Math.floor(0.05 * Math.min(height, width) * this.scale[1]) + 1;
    const kernel = gaussian(size, sigma, multiply(floor(sigma), 3));
    const smooth = reshape(blur(expandDims(noise, 3), kernel, kernel, [size, size]), [batch, height, width]);
    // As in Keras, one seed serves both directions: pixels move along a diagonal.
    const shift = multiply(smooth, alpha);
    const x = reshape(range(0, width, 1, { dtype: 'float32' }), [1, 1, width]);
    const y = reshape(range(0, height, 1, { dtype: 'float32' }), [1, height, 1]);
    return { applies, columns: add(x, shift), rows: add(y, shift) };
  }

  protected transform(images: Tensor, plan: Deformation | null, isMask: boolean): Tensor {
    if (plan === null) return images;
    const { fillMode, fillValue } = this;
    const interpolation = isMask ? 'nearest' : this.interpolation;
    const moved = readPixels(images, plan.rows, plan.columns, { interpolation, fillMode, fillValue });
    const y = select(perImage(plan.applies), moved, images);
    return isMask ? y : clipByValue(y, ...this.valueRange);
  }

  override getConfig(): Config {
    const { factor, scale, interpolation, fillMode, fillValue, valueRange } = this;
    return { ...super.getConfig(), factor, scale, interpolation, fillMode, fillValue, valueRange };
  }
}
