/** Color spaces, and the conversion of images between dtypes. */
import { toTensor, type TensorLike } from '../../core/convert';
import {
  type DType,
  dtypeInfo,
  type DTypeInfo,
  dtypes,
  everyType,
  floating,
  numeric,
} from '../../core/dtype';
import type { DTypeOf } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { rounded } from '../../core/half';
import { options } from '../../core/options';
import { describe, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { badDType } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { sample } from '../../op/registry';
import { cast } from '../array/cast';
import { concat, split } from '../array/joining';
import { broadcastTo } from '../array/movement';
import { expandDims, identity } from '../array/views';
import { tensordot } from '../linalg/tensordot';
import { add, divide, floordiv, maximum, minimum, multiply, subtract } from '../math/binary';
import { equal, greater, less } from '../math/compare';
import { clipByValue, select } from '../math/select';
import { abs } from '../math/unary';
import { reduceMax, reduceMin } from '../reduce/reduce';
import { imageOperand } from './resize';

// ---------------------------------------------------------------------------------------------------- dtypes

/** The bounds of an integer dtype as values of a floating dtype, rounded towards 0. */
function boundsIn(float: DTypeInfo, integer: DTypeInfo): [number, number] {
  return [integer.min, integer.max].map((bound) => {
    const exact = Number(bound);
    const near = rounded(float, exact);
    const outside = Number.isFinite(near)
      ? BigInt(near) < BigInt(integer.min) || BigInt(near) > BigInt(integer.max)
      : true;
    if (!outside) return near;
    return rounded(
      float,
      Number.isFinite(near) ? near * (1 - float.epsilon / 2) : Math.sign(near) * Number(float.max),
    );
  }) as [number, number];
}

/** Casts numbers, of which those that the dtype does not have become its least or greatest value. */
function saturated(x: Tensor, to: DTypeInfo): Tensor {
  if (to.kind === 'float') return cast(x, to.name);
  if (x.dt.kind === 'float') {
    const [least, most] = boundsIn(x.dt, to);
    return cast(clipByValue(x, least, most), to.name);
  }
  const least = BigInt(to.min) > BigInt(x.dt.min) ? to.min : x.dt.min;
  const most = BigInt(to.max) < BigInt(x.dt.max) ? to.max : x.dt.max;
  return cast(minimum(maximum(x, least), most), to.name);
}

/** Casts values, of which those out of range become the least or greatest value of the dtype. @tf tf.saturate_cast */
export const saturateCast: <D extends DType>(value: TensorLike, dtype: D) => Tensor<D> = composite(
  'saturateCast',
  {
    tf: 'tf.saturate_cast',
    dtypes: numeric,
    ulp: 0,
    examples: [
      { args: [sample([6], { dtype: 'float32', values: [-1e10, -1.5, 0, 1.5, 300, 1e20] }), 'int32'] },
      { args: [sample([6], { dtype: 'float32', values: [-1e10, -1.5, 0, 1.5, 300, 1e20] }), 'uint8'] },
      { args: [sample([4], { dtype: 'int32', values: [-300, -5, 5, 300] }), 'int8'] },
      { args: [sample([4], { dtype: 'int32', values: [-300, -5, 5, 300] }), 'uint16'] },
      { args: [sample([3], { dtype: 'float64', values: [-1e30, 0.5, 1e30] }), 'int32'] },
      { args: [sample([3], { dtype: 'int32', values: [-1, 0, 5] }), 'float32'] },
    ],
  },
  (value: TensorLike, dtype: unknown): Tensor => {
    const x = imageOperand(value, 'saturateCast', 'value');
    const to = dtypeInfo(dtype, '[saturateCast] dtype');
    if (!numeric.includes(to.name)) throw badDType('saturateCast', 'dtype', to, numeric);
    return to === x.dt ? identity(x) : saturated(x, to);
  },
);

/** The dtype in which images are computed: float64, float32 and float16 as they are, others as float32. */
export const computedIn = (dt: DTypeInfo): DTypeInfo =>
  dt.kind === 'float' && dt.name !== 'bfloat16' ? dt : dtypes.float32;

/** Converts an image to another dtype and its range: [0, 1] for floats, [0, max] for integers. */
export function converted(x: Tensor, to: DTypeInfo, saturate: boolean): Tensor {
  const from = x.dt;
  if (from === to) return x;
  const castTo = (t: Tensor): Tensor => (saturate ? saturated(t, to) : cast(t, to.name));
  if (from.kind === 'int' && to.kind === 'int') {
    const [most, wanted] = [BigInt(from.max), BigInt(to.max)];
    if (most > wanted) return castTo(floordiv(x, (most + 1n) / (wanted + 1n)));
    return multiply(castTo(x), (wanted + 1n) / (most + 1n));
  }
  if (from.kind === 'float' && to.kind === 'float') return cast(x, to.name);
  if (from.kind === 'int') return multiply(cast(x, to.name), 1 / Number(from.max));
  return castTo(multiply(x, Number(to.max) + 0.5));
}

export interface ConvertImageDtypeOptions {
  /** Clip values out of the range of an integer dtype instead of wrapping them. Default false. */
  saturate?: boolean;
}

const convertDefaults: Required<ConvertImageDtypeOptions> = { saturate: false };

/**
 * Converts images to another dtype and scales their values: floats are in [0, 1], integers in [0, the greatest value].
 * @tf tf.image.convert_image_dtype
 */
export const convertImageDtype: <D extends DType>(
  image: TensorLike,
  dtype: D,
  options?: ConvertImageDtypeOptions | boolean,
) => Tensor<D> = composite(
  'convertImageDtype',
  {
    tf: 'tf.image.convert_image_dtype',
    dtypes: numeric,
    domain: [0, 1],
    ulp: 2,
    examples: [
      { args: [sample([2, 3, 1], { dtype: 'uint8', domain: [0, 255] }), 'float32'] },
      { args: [sample([2, 3, 1], { dtype: 'float32' }), 'uint8'] },
      { args: [sample([2, 3], { dtype: 'float32', domain: [-1, 2] }), 'uint8'], options: { saturate: true } },
      { args: [sample([2, 3], { dtype: 'uint8', domain: [0, 255] }), 'uint16'] },
      { args: [sample([2, 3], { dtype: 'uint16', domain: [0, 65535] }), 'uint8'] },
      { args: [sample([2, 3], { dtype: 'int32', domain: [-9, 1e9] }), 'uint8'], options: { saturate: true } },
      { args: [sample([2, 3], { dtype: 'float32' }), 'float64'] },
      { args: [sample([2, 3], { dtype: 'float32' }), 'float32'] },
      { args: [sample([2, 3], { dtype: 'float64' }), 'int32'] },
    ],
  },
  (image: TensorLike, dtype: unknown, given?: ConvertImageDtypeOptions | boolean): Tensor => {
    const name = 'convertImageDtype';
    const { saturate } = options<{ saturate: unknown }>(given, 'saturate', convertDefaults, name);
    if (typeof saturate !== 'boolean')
      throw new TypeError(`[${name}] saturate must be a boolean; got ${describe(saturate)}`);
    const x = imageOperand(image, name);
    const to = dtypeInfo(dtype, `[${name}] dtype`);
    if (!numeric.includes(to.name)) throw badDType(name, 'dtype', to, numeric);
    return to === x.dt ? identity(x) : converted(x, to, saturate);
  },
);

// ---------------------------------------------------------------------------------------------------- colors

/** Checks that the last dimension has three channels. */
function checkChannels(x: Tensor, op: string): void {
  if (x.rank > 0 && shapeOf(x)[x.rank - 1] === 3) return;
  throw new InvalidArgumentError(
    `[${op}] the last dimension must have 3 channels; got shape ${showShape(shapeOf(x))}`,
  );
}

const colorTypes = floating;

function colorOperand(images: TensorLike, op: string): Tensor {
  const x = imageOperand(images, op, 'images');
  if (!colorTypes.includes(x.dtype)) throw badDType(op, 'images', x.dt, colorTypes);
  checkChannels(x, op);
  return x;
}

/** The hue in sixths of a turn, [0, 6), and the greatest and least channel, each with a last dimension of size 1. */
export function hueOf(x: Tensor): { hue: Tensor; most: Tensor; least: Tensor } {
  const [r, g, b] = split<Tensor>(x, 3, { axis: -1 });
  const most = reduceMax(x, { axis: -1, keepdims: true });
  const least = reduceMin(x, { axis: -1, keepdims: true });
  const span = subtract(most, least);
  const colored = greater(span, 0);
  // Gray has no hue, and no gradient with respect to it.
  const divisor = select(colored, span, 1);
  const hue = select(
    equal(r, most),
    divide(subtract(g, b), divisor),
    select(equal(g, most), add(divide(subtract(b, r), divisor), 2), add(divide(subtract(r, g), divisor), 4)),
  );
  const known = select(colored, hue, 0);
  return { hue: select(less(known, 0), add(known, 6), known), most, least };
}

/** The red, green and blue shares, in [0, 1], of a hue in sixths of a turn. */
export function sharesOf(hue: Tensor): Tensor {
  const clip = (t: Tensor): Tensor => clipByValue(t, 0, 1);
  const red = clip(subtract(abs(subtract(hue, 3)), 1));
  const green = clip(subtract(2, abs(subtract(hue, 2))));
  const blue = clip(subtract(2, abs(subtract(hue, 4))));
  return concat([red, green, blue], -1);
}

/**
 * Converts colors from RGB to HSV (hue, saturation, value), all in [0, 1], in the last dimension. Floating dtypes.
 * @tf tf.image.rgb_to_hsv
 */
export const rgbToHsv: <X extends TensorLike>(images: X) => Tensor<DTypeOf<X>> = composite(
  'rgbToHsv',
  {
    tf: 'tf.image.rgb_to_hsv',
    dtypes: colorTypes,
    domain: [0, 1],
    ulp: 8,
    examples: [
      { args: [sample([2, 3, 3])] },
      {
        args: [sample([5, 3], { values: [1, 0, 0, 0, 1, 0, 0, 0, 1, 0.5, 0.5, 0.5, 0, 0, 0] })],
        noGradient: true,
      },
      { args: [sample([2, 4])] },
    ],
  },
  (images: TensorLike): Tensor => {
    const x = colorOperand(images, 'rgbToHsv');
    const { hue, most, least } = hueOf(x);
    const positive = greater(most, 0);
    const saturation = select(positive, divide(subtract(most, least), select(positive, most, 1)), 0);
    return concat([divide(hue, 6), saturation, most], -1);
  },
);

/**
 * Converts colors from HSV (hue, saturation, value), all in [0, 1], to RGB, in the last dimension. Floating dtypes.
 * @tf tf.image.hsv_to_rgb
 */
export const hsvToRgb: <X extends TensorLike>(images: X) => Tensor<DTypeOf<X>> = composite(
  'hsvToRgb',
  {
    tf: 'tf.image.hsv_to_rgb',
    dtypes: colorTypes,
    domain: [0, 1],
    ulp: 8,
    examples: [
      { args: [sample([2, 3, 3])] },
      {
        args: [sample([4, 3], { values: [0, 1, 1, 0.5, 0.25, 0.75, 1, 0.5, 0.5, 0.2, 0, 0.3] })],
        noGradient: true,
      },
      { args: [sample([2, 4])] },
    ],
  },
  (images: TensorLike): Tensor => {
    const x = colorOperand(images, 'hsvToRgb');
    const [hue, saturation, value] = split<Tensor>(x, 3, { axis: -1 });
    return multiply(add(subtract(1, saturation), multiply(saturation, sharesOf(multiply(hue, 6)))), value);
  },
);

const lumaWeights = [0.2989, 0.587, 0.114];

/**
 * Converts colors from RGB to one channel, 0.2989·r + 0.587·g + 0.114·b, in the last dimension. Integers are computed as
 * floats in [0, 1]. @tf tf.image.rgb_to_grayscale
 */
export const rgbToGrayscale: <X extends TensorLike>(images: X) => Tensor<DTypeOf<X>> = composite(
  'rgbToGrayscale',
  {
    tf: 'tf.image.rgb_to_grayscale',
    dtypes: numeric,
    domain: [0, 1],
    ulp: 4,
    examples: [
      { args: [sample([2, 3, 3], { dtype: 'float32' })] },
      { args: [sample([2, 3, 3], { dtype: 'float64' })] },
      { args: [sample([2, 3], { dtype: 'uint8', domain: [0, 255] })] },
    ],
  },
  (images: TensorLike): Tensor => {
    const name = 'rgbToGrayscale';
    const x = imageOperand(images, name, 'images');
    checkChannels(x, name);
    const gray = tensordot(converted(x, computedIn(x.dt), false), lumaWeights, [-1, -1]);
    return converted(expandDims(gray, -1), x.dt, false);
  },
);

/** Repeats the only channel of images three times. @tf tf.image.grayscale_to_rgb */
export const grayscaleToRgb: <X extends TensorLike>(images: X) => Tensor<DTypeOf<X>> = composite(
  'grayscaleToRgb',
  {
    tf: 'tf.image.grayscale_to_rgb',
    dtypes: everyType,
    ulp: 0,
    examples: [{ args: [sample([2, 3, 1])] }, { args: [sample([2, 3, 2], { dtype: 'float32' })] }],
  },
  (images: TensorLike): Tensor => {
    const name = 'grayscaleToRgb';
    const x = toTensor(images, null, name, 'images');
    if (x.rank === 0 || shapeOf(x)[x.rank - 1] !== 1) {
      throw new InvalidArgumentError(
        `[${name}] Last dimension of a grayscale image should be size 1; got shape ${showShape(shapeOf(x))}`,
      );
    }
    return broadcastTo(x, [...shapeOf(x).slice(0, -1), 3]);
  },
);
