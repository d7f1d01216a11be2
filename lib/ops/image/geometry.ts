/** Flips, rotations, crops and borders of images, composed of views and copies. */
import { toTensor, type TensorLike } from '../../core/convert';
import { everyType, numeric } from '../../core/dtype';
import type { DTypeOf } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { options } from '../../core/options';
import { describe, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { badDType } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { sample, type Example } from '../../op/registry';
import { integer } from '../../op/strided';
import { reverse, transpose } from '../array/movement';
import { pad } from '../array/padding';
import { slice } from '../array/slicing';
import { identity } from '../array/views';
import { imageBatchDims } from './resize';

type ImageOp = <X extends TensorLike>(image: X) => Tensor<DTypeOf<X>>;

const examples: readonly Example[] = [
  { args: [sample([2, 3, 2])] },
  { args: [sample([2, 2, 3, 1])] },
  { args: [sample([2, 3], { dtype: 'float32' })] },
];

/** An op on images that keeps their dtype; f gets the number of leading dimensions. */
function imageOp(name: string, tf: string, f: (x: Tensor, batch: number) => Tensor): ImageOp {
  return composite(name, { tf, dtypes: everyType, ulp: 0, examples }, (image: TensorLike): Tensor => {
    const x = toTensor(image, null, name, 'image');
    return f(x, imageBatchDims(x, name));
  });
}

/** Exchanges height and width. */
function exchanged(x: Tensor, batch: number): Tensor {
  return transpose(x, { perm: batch === 0 ? [1, 0, 2] : [0, 2, 1, 3] });
}

/** Flips images horizontally: reverses their columns. @tf tf.image.flip_left_right */
export const flipLeftRight: ImageOp = imageOp('flipLeftRight', 'tf.image.flip_left_right', (x, batch) =>
  reverse(x, [batch + 1]),
);

/** Flips images vertically: reverses their rows. @tf tf.image.flip_up_down */
export const flipUpDown: ImageOp = imageOp('flipUpDown', 'tf.image.flip_up_down', (x, batch) =>
  reverse(x, [batch]),
);

/** Exchanges the rows and columns of images. @tf tf.image.transpose */
export const transposeImage: ImageOp = imageOp('transposeImage', 'tf.image.transpose', exchanged);

/** Rotates images counter-clockwise by k times 90 degrees. Default k: 1. @tf tf.image.rot90 */
export const rot90: <X extends TensorLike>(
  image: X,
  options?: { k?: number } | number,
) => Tensor<DTypeOf<X>> = composite(
  'rot90',
  {
    tf: 'tf.image.rot90',
    dtypes: everyType,
    ulp: 0,
    examples: [
      ...examples,
      { args: [sample([2, 3, 1], { dtype: 'float32' })], options: { k: 2 } },
      { args: [sample([2, 2, 3, 1], { dtype: 'float32' })], options: { k: 3 } },
      { args: [sample([2, 3, 1], { dtype: 'float32' })], options: { k: -1 } },
      { args: [sample([2, 3, 1], { dtype: 'float32' })], options: { k: 4 } },
    ],
  },
  (image: TensorLike, given?: { k?: number } | number): Tensor => {
    const x = toTensor(image, null, 'rot90', 'image');
    const batch = imageBatchDims(x, 'rot90');
    const k = integer(options<{ k: unknown }>(given, 'k', rot90Defaults, 'rot90').k, 'rot90', 'k');
    switch (((k % 4) + 4) % 4) {
      case 1:
        return exchanged(reverse(x, [batch + 1]), batch);
      case 2:
        return reverse(x, [batch, batch + 1]);
      case 3:
        return reverse(exchanged(x, batch), [batch + 1]);
      default:
        return identity(x);
    }
  },
);
const rot90Defaults = { k: 1 } as const;

/** Parses the numbers of a bounding box. */
const integersOf = (op: string, values: Record<string, unknown>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, integer(value, op, name)]));

function check(op: string, holds: boolean, message: string, x: Tensor): void {
  if (!holds) throw new InvalidArgumentError(`[${op}] ${message}; image has shape ${showShape(shapeOf(x))}`);
}

function cropped(x: Tensor, batch: number, top: number, left: number, height: number, width: number): Tensor {
  const [begin, size] = [new Array<number>(x.rank).fill(0), [...shapeOf(x)]];
  [begin[batch], begin[batch + 1]] = [top, left];
  [size[batch], size[batch + 1]] = [height, width];
  return slice(x, begin, size);
}

function padded(x: Tensor, batch: number, top: number, left: number, height: number, width: number): Tensor {
  const below = height - top - shapeOf(x)[batch];
  const right = width - left - shapeOf(x)[batch + 1];
  const pairs = shapeOf(x).map((_, d): [number, number] =>
    d === batch ? [top, below] : d === batch + 1 ? [left, right] : [0, 0],
  );
  return pad(x, pairs);
}

type BoxOp = <X extends TensorLike>(
  image: X,
  offsetHeight: number,
  offsetWidth: number,
  targetHeight: number,
  targetWidth: number,
) => Tensor<DTypeOf<X>>;

/**
 * The part of images from row `offsetHeight` and column `offsetWidth` on, of targetHeight × targetWidth pixels.
 * InvalidArgumentError if the images do not contain it. @tf tf.image.crop_to_bounding_box
 */
export const cropToBoundingBox: BoxOp = composite(
  'cropToBoundingBox',
  {
    tf: 'tf.image.crop_to_bounding_box',
    dtypes: everyType,
    ulp: 0,
    examples: [
      { args: [sample([4, 5, 2]), 1, 2, 3, 2] },
      { args: [sample([2, 4, 5, 1]), 0, 1, 2, 3] },
      { args: [sample([4, 5, 1], { dtype: 'float32' }), 2, 0, 3, 2] },
      { args: [sample([4, 5, 1], { dtype: 'float32' }), -1, 0, 3, 2] },
      { args: [sample([4, 5, 1], { dtype: 'float32' }), 0, 0, 0, 2] },
    ],
  },
  (
    image: TensorLike,
    offsetHeight: number,
    offsetWidth: number,
    targetHeight: number,
    targetWidth: number,
  ) => {
    const name = 'cropToBoundingBox';
    const x = toTensor(image, null, name, 'image');
    const batch = imageBatchDims(x, name);
    const box = integersOf(name, { offsetHeight, offsetWidth, targetHeight, targetWidth });
    check(name, box.offsetHeight >= 0 && box.offsetWidth >= 0, 'offsets must be >= 0.', x);
    check(name, box.targetHeight > 0 && box.targetWidth > 0, 'targetHeight and targetWidth must be > 0.', x);
    const [height, width] = shapeOf(x).slice(batch);
    check(name, width >= box.targetWidth + box.offsetWidth, 'width must be >= target + offset.', x);
    check(name, height >= box.targetHeight + box.offsetHeight, 'height must be >= target + offset.', x);
    return cropped(x, batch, box.offsetHeight, box.offsetWidth, box.targetHeight, box.targetWidth);
  },
);

/**
 * Images with `offsetHeight` rows of zeros above, `offsetWidth` columns on the left, and as many below and on the right as
 * make targetHeight × targetWidth pixels. @tf tf.image.pad_to_bounding_box
 */
export const padToBoundingBox: BoxOp = composite(
  'padToBoundingBox',
  {
    tf: 'tf.image.pad_to_bounding_box',
    dtypes: everyType,
    ulp: 0,
    examples: [
      { args: [sample([2, 3, 2]), 1, 2, 4, 5] },
      { args: [sample([2, 2, 3, 1]), 0, 1, 2, 5] },
      { args: [sample([2, 3, 1], { dtype: 'float32' }), 2, 0, 3, 3] },
      { args: [sample([2, 3, 1], { dtype: 'float32' }), -1, 0, 3, 3] },
    ],
  },
  (
    image: TensorLike,
    offsetHeight: number,
    offsetWidth: number,
    targetHeight: number,
    targetWidth: number,
  ) => {
    const name = 'padToBoundingBox';
    const x = toTensor(image, null, name, 'image');
    const batch = imageBatchDims(x, name);
    const box = integersOf(name, { offsetHeight, offsetWidth, targetHeight, targetWidth });
    const [height, width] = shapeOf(x).slice(batch);
    check(name, box.offsetHeight >= 0 && box.offsetWidth >= 0, 'offsets must be >= 0', x);
    check(name, box.targetWidth - box.offsetWidth >= width, 'width must be <= target - offset', x);
    check(name, box.targetHeight - box.offsetHeight >= height, 'height must be <= target - offset', x);
    return padded(x, batch, box.offsetHeight, box.offsetWidth, box.targetHeight, box.targetWidth);
  },
);

/**
 * Crops images around their center, or pads them with zeros on all sides, to targetHeight × targetWidth pixels.
 * @tf tf.image.resize_with_crop_or_pad
 */
export const resizeWithCropOrPad: <X extends TensorLike>(
  image: X,
  targetHeight: number,
  targetWidth: number,
) => Tensor<DTypeOf<X>> = composite(
  'resizeWithCropOrPad',
  {
    tf: 'tf.image.resize_with_crop_or_pad',
    dtypes: everyType,
    ulp: 0,
    examples: [
      { args: [sample([4, 5, 2]), 3, 2] },
      { args: [sample([2, 2, 3, 1]), 5, 6] },
      { args: [sample([5, 2, 1], { dtype: 'float32' }), 2, 5] },
      { args: [sample([5, 2, 1], { dtype: 'float32' }), 0, 5] },
    ],
  },
  (image: TensorLike, targetHeight: number, targetWidth: number): Tensor => {
    const name = 'resizeWithCropOrPad';
    const x = toTensor(image, null, name, 'image');
    const batch = imageBatchDims(x, name);
    const target = integersOf(name, { targetHeight, targetWidth });
    check(
      name,
      target.targetHeight > 0 && target.targetWidth > 0,
      'targetHeight and targetWidth must be > 0.',
      x,
    );
    const wanted = [target.targetHeight, target.targetWidth];
    const sizes = shapeOf(x).slice(batch, batch + 2);
    const least = sizes.map((n, i) => Math.min(n, wanted[i]));
    const cuts = sizes.map((n, i) => Math.max(Math.floor((n - wanted[i]) / 2), 0));
    const borders = sizes.map((n, i) => Math.max(Math.floor((wanted[i] - n) / 2), 0));
    const part = cropped(x, batch, cuts[0], cuts[1], least[0], least[1]);
    return padded(part, batch, borders[0], borders[1], wanted[0], wanted[1]);
  },
);

/** The central part of images, of `centralFraction`, in (0, 1], of their height and width. @tf tf.image.central_crop */
export const centralCrop: <X extends TensorLike>(image: X, centralFraction: number) => Tensor<DTypeOf<X>> =
  composite(
    'centralCrop',
    {
      tf: 'tf.image.central_crop',
      dtypes: numeric,
      ulp: 0,
      examples: [
        { args: [sample([6, 5, 2]), 0.5] },
        { args: [sample([2, 7, 4, 1]), 0.6] },
        { args: [sample([2, 3, 1], { dtype: 'float32' }), 1] },
        { args: [sample([2, 3, 1], { dtype: 'float32' }), 0] },
      ],
    },
    (image: TensorLike, centralFraction: number): Tensor => {
      const name = 'centralCrop';
      const x = toTensor(image, null, name, 'image');
      if (!numeric.includes(x.dtype)) throw badDType(name, 'image', x.dt, numeric);
      const batch = imageBatchDims(x, name);
      if (typeof centralFraction !== 'number')
        throw new TypeError(`[${name}] centralFraction must be a number; got ${describe(centralFraction)}`);
      if (!(centralFraction > 0 && centralFraction <= 1))
        throw new InvalidArgumentError(
          `[${name}] centralFraction must be within (0, 1]; got ${centralFraction}`,
        );
      const [height, width] = shapeOf(x).slice(batch);
      const top = Math.trunc((height - height * centralFraction) / 2);
      const left = Math.trunc((width - width * centralFraction) / 2);
      return cropped(x, batch, top, left, height - 2 * top, width - 2 * left);
    },
  );
