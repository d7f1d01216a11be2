/** Adjustments of images: brightness, contrast, saturation, hue, gamma, standardization. */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypes, numeric } from '../../core/dtype';
import type { DTypeOf } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { options } from '../../core/options';
import { describe, showShape, sizeOf } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { composite } from '../../op/define/composite';
import { sample } from '../../op/registry';
import { cast } from '../array/cast';
import { identity } from '../array/views';
import { add, floormod, maximum, multiply, pow, realDivide, subtract } from '../math/binary';
import { greater } from '../math/compare';
import { clipByValue, select } from '../math/select';
import { abs } from '../math/unary';
import { reduceMean, reduceStd, reduceSum } from '../reduce/reduce';
import { stridedSlice } from '../array/slicing';
import { computedIn, converted, hueOf, sharesOf } from './color';
import { imageBatchDims, imageOperand } from './resize';

/** Applies f to an image of floats, in [0, 1] if it has integers, and converts the result back. */
function adjusted(
  image: TensorLike,
  op: string,
  saturate: boolean,
  f: (x: Tensor) => Tensor,
  argument = 'image',
): Tensor {
  const x = imageOperand(image, op, argument);
  const y = converted(f(converted(x, computedIn(x.dt), false)), x.dt, saturate);
  return y === x ? identity(y) : y;
}

const bytes = { dtype: 'uint8', domain: [0, 255] } as const;

/**
 * Adds `delta` to all pixels. Integers are computed as floats in [0, 1], so that delta should be in (−1, 1), and saturate.
 * @tf tf.image.adjust_brightness
 */
export const adjustBrightness: <X extends TensorLike>(image: X, delta: TensorLike) => Tensor<DTypeOf<X>> =
  composite(
    'adjustBrightness',
    {
      tf: 'tf.image.adjust_brightness',
      dtypes: numeric,
      domain: [0, 1],
      ulp: 4,
      examples: [
        { args: [sample([2, 3, 3], { dtype: 'float32' }), 0.25] },
        { args: [sample([2, 3, 1], bytes), 0.5] },
        { args: [sample([2, 3, 1], bytes), -0.3] },
      ],
    },
    (image: TensorLike, delta: TensorLike): Tensor =>
      adjusted(image, 'adjustBrightness', true, (x) =>
        add(x, cast(toTensor(delta, null, 'adjustBrightness', 'delta'), x.dtype)),
      ),
  );

/**
 * Scales the contrast of each channel of each image: (x − mean)·contrastFactor + mean. Integers are computed as floats in
 * [0, 1] and saturate. The images have at least 3 dimensions, of which the last are height, width and channels.
 * @tf tf.image.adjust_contrast
 */
export const adjustContrast: <X extends TensorLike>(
  images: X,
  contrastFactor: TensorLike,
) => Tensor<DTypeOf<X>> = composite(
  'adjustContrast',
  {
    tf: 'tf.image.adjust_contrast',
    dtypes: numeric,
    domain: [0, 1],
    ulp: 8,
    examples: [
      { args: [sample([2, 3, 3], { dtype: 'float32' }), 2] },
      { args: [sample([2, 3, 2, 1], { dtype: 'float32' }), 0.5] },
      { args: [sample([2, 3, 1], bytes), 1.5] },
      { args: [sample([2, 3], { dtype: 'float32' }), 1.5] },
    ],
  },
  (images: TensorLike, contrastFactor: TensorLike): Tensor => {
    const name = 'adjustContrast';
    const adjust = (x: Tensor): Tensor => {
      if (x.rank < 3) {
        throw new InvalidArgumentError(
          `[${name}] input must be at least 3-D, got shape ${showShape(shapeOf(x))}`,
        );
      }
      const mean = reduceMean(x, { axis: [-3, -2], keepdims: true });
      const factor = toTensor(contrastFactor, dtypes.float32, name, 'contrastFactor');
      return add(multiply(subtract(x, mean), cast(factor, x.dtype)), mean);
    };
    return adjusted(images, name, true, adjust, 'images');
  },
);

/** A number, or the value of a scalar argument. */
function finiteNumber(value: unknown, op: string, argument: string): number {
  if (typeof value !== 'number')
    throw new TypeError(`[${op}] ${argument} must be a number; got ${describe(value)}`);
  return value;
}

/** Checks that an image has three channels. */
function checkRgb(x: Tensor, op: string): void {
  if (x.rank < 3 || shapeOf(x)[x.rank - 1] !== 3) {
    throw new InvalidArgumentError(
      `[${op}] image must be at least 3-D and have 3 channels in its last dimension; got shape ${showShape(shapeOf(x))}`,
    );
  }
}

/**
 * Rotates the hue of RGB images by `delta`, in [−1, 1], a full turn being 1. Integers are computed as floats in [0, 1].
 * @tf tf.image.adjust_hue
 */
export const adjustHue: <X extends TensorLike>(image: X, delta: number) => Tensor<DTypeOf<X>> = composite(
  'adjustHue',
  {
    tf: 'tf.image.adjust_hue',
    dtypes: numeric,
    domain: [0, 1],
    ulp: 16,
    examples: [
      { args: [sample([2, 3, 3], { dtype: 'float32' }), 0.25], noGradient: true },
      { args: [sample([2, 3, 3], { dtype: 'float32' }), -0.4], noGradient: true },
      { args: [sample([2, 3, 3], bytes), 0.1] },
      { args: [sample([2, 3, 3], { dtype: 'float32' }), 1.5] },
      { args: [sample([2, 3, 2], { dtype: 'float32' }), 0.5] },
    ],
  },
  (image: TensorLike, delta: number): Tensor => {
    const name = 'adjustHue';
    const turn = finiteNumber(delta, name, 'delta');
    if (!(turn >= -1 && turn <= 1))
      throw new InvalidArgumentError(`[${name}] delta must be in the interval [-1, 1]; got ${turn}`);
    return adjusted(image, name, false, (x) => {
      checkRgb(x, name);
      const { hue, most, least } = hueOf(x);
      const shares = sharesOf(floormod(add(hue, 6 * turn), 6));
      return add(least, multiply(subtract(most, least), shares));
    });
  },
);

/**
 * Multiplies the saturation of RGB images by a factor, and clips it to [0, 1]. Integers are computed as floats in [0, 1].
 * @tf tf.image.adjust_saturation
 */
export const adjustSaturation: <X extends TensorLike>(
  image: X,
  saturationFactor: number,
) => Tensor<DTypeOf<X>> = composite(
  'adjustSaturation',
  {
    tf: 'tf.image.adjust_saturation',
    dtypes: numeric,
    domain: [0, 1],
    ulp: 16,
    examples: [
      { args: [sample([2, 3, 3], { dtype: 'float32' }), 0.5], noGradient: true },
      { args: [sample([2, 3, 3], { dtype: 'float32' }), 3], noGradient: true },
      { args: [sample([2, 3, 3], bytes), 1.2] },
      { args: [sample([2, 3, 2], { dtype: 'float32' }), 0.5] },
    ],
  },
  (image: TensorLike, saturationFactor: number): Tensor => {
    const name = 'adjustSaturation';
    const factor = finiteNumber(saturationFactor, name, 'saturationFactor');
    return adjusted(image, name, false, (x) => {
      checkRgb(x, name);
      const { hue, most, least } = hueOf(x);
      const positive = greater(most, 0);
      const saturation = select(positive, realDivide(subtract(most, least), select(positive, most, 1)), 0);
      const chroma = multiply(clipByValue(multiply(saturation, factor), 0, 1), most);
      return add(subtract(most, chroma), multiply(chroma, sharesOf(hue)));
    });
  },
);

export interface AdjustGammaOptions {
  /** The exponent, at least 0. Default 1. */
  gamma?: number;
  /** Default 1. */
  gain?: number;
}

const gammaDefaults: Required<AdjustGammaOptions> = { gamma: 1, gain: 1 };

/** Gamma correction: gain · x^gamma, of integers as floats in [0, 1]; they saturate. @tf tf.image.adjust_gamma */
export const adjustGamma: <X extends TensorLike>(
  image: X,
  options?: AdjustGammaOptions | number,
) => Tensor<DTypeOf<X>> = composite(
  'adjustGamma',
  {
    tf: 'tf.image.adjust_gamma',
    dtypes: numeric,
    domain: [0.1, 1],
    ulp: 4,
    examples: [
      { args: [sample([2, 3, 1], { dtype: 'float32' })], options: { gamma: 0.5 } },
      { args: [sample([2, 3, 1], bytes)], options: { gamma: 2, gain: 1.5 } },
      { args: [sample([2, 3, 1], { dtype: 'float32' })] },
      { args: [sample([2, 3, 1], { dtype: 'float32' })], options: { gamma: -1 } },
    ],
  },
  (image: TensorLike, given?: AdjustGammaOptions | number): Tensor => {
    const name = 'adjustGamma';
    const o = options<Record<keyof AdjustGammaOptions, unknown>>(given, 'gamma', gammaDefaults, name);
    const gamma = finiteNumber(o.gamma, name, 'gamma');
    const gain = finiteNumber(o.gain, name, 'gain');
    if (!(gamma >= 0))
      throw new InvalidArgumentError(`[${name}] Gamma should be a non-negative real number; got ${gamma}`);
    return adjusted(image, name, true, (x) => multiply(pow(x, gamma), gain));
  },
);

/**
 * Scales each image to mean 0 and variance 1: (x − mean) / max(stddev, 1/√N), over its N elements, computed in
 * float64; the result is float32.
 * @tf tf.image.per_image_standardization
 */
export const perImageStandardization: (image: TensorLike) => Tensor<'float32'> = composite(
  'perImageStandardization',
  {
    tf: 'tf.image.per_image_standardization',
    dtypes: numeric,
    domain: [0, 10],
    ulp: 16,
    examples: [
      { args: [sample([2, 3, 3])] },
      { args: [sample([2, 3, 2, 1], { dtype: 'float32' })] },
      { args: [sample([2, 3], { dtype: 'float32' })] },
    ],
  },
  (image: TensorLike): Tensor => {
    const name = 'perImageStandardization';
    // In float64, since the mean cancels most digits of elements near it.
    const x = cast(imageOperand(image, name), 'float64');
    if (x.rank < 3) {
      throw new InvalidArgumentError(
        `[${name}] 'image' must be at least three-dimensional; got shape ${showShape(shapeOf(x))}`,
      );
    }
    const axis = [-1, -2, -3];
    const least = 1 / Math.sqrt(sizeOf(shapeOf(x).slice(-3)));
    const deviation = maximum(reduceStd(x, { axis, keepdims: true }), least);
    const y = realDivide(subtract(x, reduceMean(x, { axis, keepdims: true })), deviation);
    return cast(y, 'float32');
  },
);

/**
 * The total variation of each image: the sum of the absolute differences of neighbouring pixels. A scalar for one image, a
 * vector for a batch. @tf tf.image.total_variation
 */
export const totalVariation: <X extends TensorLike>(images: X) => Tensor<DTypeOf<X>> = composite(
  'totalVariation',
  {
    tf: 'tf.image.total_variation',
    dtypes: numeric,
    domain: [0, 10],
    ulp: 8,
    examples: [
      { args: [sample([3, 4, 2])] },
      { args: [sample([2, 3, 4, 1], { dtype: 'float32' })] },
      { args: [sample([3, 4], { dtype: 'float32' })] },
    ],
  },
  (images: TensorLike): Tensor => {
    const x = imageOperand(images, 'totalVariation', 'images');
    const batch = imageBatchDims(x, 'totalVariation', 'images');
    const axis = [batch, batch + 1, batch + 2];
    const variation = (along: number): Tensor => {
      const zeros = shapeOf(x).map(() => 0);
      const begin = zeros.map((_, d) => (d === along ? 1 : 0));
      const end = shapeOf(x).map((n, d) => (d === along ? Math.max(n - 1, 0) : n));
      const later = stridedSlice(x, begin, [...shapeOf(x)]);
      return reduceSum(abs(subtract(later, stridedSlice(x, zeros, end))), { axis });
    };
    return add(variation(batch), variation(batch + 1));
  },
);
