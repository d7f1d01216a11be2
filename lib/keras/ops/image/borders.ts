/** Borders of images, added and cut off, and patches. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe, showShape } from '../../../core/shape';
import { shapeOf, type Tensor } from '../../../core/tensor';
import { toTensor } from '../../../core/convert';
import { constant } from '../../../ops/array/convert';
import { transpose } from '../../../ops/array/movement';
import { pad } from '../../../ops/array/padding';
import { slice } from '../../../ops/array/slicing';
import { expandDims, reshape, squeeze } from '../../../ops/array/views';
import { gather } from '../../../ops/index/indexing';
import { oneOf } from '../define';
import { integer, operation, positive } from '../operation';
import type { Unary } from '../types';
import { exactRank, formatOf, imagesOf, type DataFormatOption } from './common';

type Config = Readonly<Record<string, unknown>>;

/** The sides along one axis: two of these three are named. */
interface Sides {
  readonly before: number | null;
  readonly after: number | null;
  readonly target: number | null;
}

const axisNames = [
  ['top', 'bottom', 'Height'],
  ['left', 'right', 'Width'],
] as const;

/** The sides along both axes; InvalidArgumentError unless two of three are named, and not negative. */
function sidesOf(config: Config, suffix: string, op: string): readonly Sides[] {
  return axisNames.map(([first, last, size]) => {
    const names = [`${first}${suffix}`, `${last}${suffix}`, `target${size}`];
    const [before, after, target] = names.map((name) => {
      const value = config[name];
      if (value === null) return null;
      const n = integer(value, name, op);
      if (n < 0) throw new InvalidArgumentError(`[${op}] ${name} must be >= 0. Received: ${name}=${n}`);
      return n;
    });
    if ([before, after, target].filter((n) => n === null).length !== 1)
      throw new InvalidArgumentError(
        `[${op}] Must specify exactly two of ${names.join(', ')}. Received: ` +
          names.map((name) => `${name}=${describe(config[name])}`).join(', '),
      );
    return { before, after, target };
  });
}

/** The first of the two spatial axes. */
const firstAxis = (x: Tensor, format: unknown): number => x.rank - (format === 'channels_first' ? 2 : 3);

function border(suffix: 'Padding' | 'Cropping', op: string) {
  const names = ['top', 'left', 'bottom', 'right'].map((side) => `${side}${suffix}`);
  return {
    module: 'image' as const,
    functionName: op,
    tensors: ['images'],
    optional: Object.fromEntries(
      [...names, 'targetHeight', 'targetWidth', 'dataFormat'].map((name) => [name, null]),
    ),
    check: (config: Config) => {
      sidesOf(config, suffix, op);
      return { ...config, dataFormat: formatOf(config.dataFormat, op) };
    },
  };
}

export interface PadImagesOptions extends DataFormatOption {
  topPadding?: number | null;
  leftPadding?: number | null;
  bottomPadding?: number | null;
  rightPadding?: number | null;
  targetHeight?: number | null;
  targetWidth?: number | null;
}

/** Images with zeros around them: for each axis, two of both sides and the resulting size are named. @tf tf.keras.ops.image.pad_images */
export const padImages = operation<Unary<[options: PadImagesOptions]>>({
  ...border('Padding', 'image.padImages'),
  className: 'PadImages',
  run: ([value], config) => {
    const op = 'image.padImages';
    const images = imagesOf(value, op);
    const first = firstAxis(images, config.dataFormat);
    const widths = shapeOf(images).map(() => [0, 0]);
    sidesOf(config, 'Padding', op).forEach(({ before, after, target }, i) => {
      const own = shapeOf(images)[first + i];
      const sides = [
        before ?? (target ?? 0) - (after ?? 0) - own,
        after ?? (target ?? 0) - (before ?? 0) - own,
      ];
      if (sides[0] < 0 || sides[1] < 0)
        throw new InvalidArgumentError(
          `[${op}] images of shape ${showShape(shapeOf(images))} are larger than the target: paddings would be ${sides.join(' and ')}`,
        );
      widths[first + i] = sides;
    });
    return pad(images, widths);
  },
});

export interface CropImagesOptions extends DataFormatOption {
  topCropping?: number | null;
  leftCropping?: number | null;
  bottomCropping?: number | null;
  rightCropping?: number | null;
  targetHeight?: number | null;
  targetWidth?: number | null;
}

/** Images without their borders: for each axis, two of both sides and the resulting size are named. @tf tf.keras.ops.image.crop_images */
export const cropImages = operation<Unary<[options: CropImagesOptions]>>({
  ...border('Cropping', 'image.cropImages'),
  className: 'CropImages',
  run: ([value], config) => {
    const op = 'image.cropImages';
    const images = imagesOf(value, op);
    const first = firstAxis(images, config.dataFormat);
    const begin = shapeOf(images).map(() => 0);
    const sizes = [...shapeOf(images)];
    sidesOf(config, 'Cropping', op).forEach(({ before, after, target }, i) => {
      const own = sizes[first + i];
      const start = before ?? own - (target ?? 0) - (after ?? 0);
      const size = target ?? own - start - (after ?? 0);
      if (start < 0 || size < 0 || start + size > own)
        throw new InvalidArgumentError(
          `[${op}] [${start}, ${start + size}) is not within the ${own} pixels of images of shape ${showShape(shapeOf(images))}`,
        );
      begin[first + i] = start;
      sizes[first + i] = size;
    });
    return slice(images, begin, sizes);
  },
});

type PatchSize = number | readonly number[];
export interface ExtractPatchesOptions extends DataFormatOption {
  /** The distance of patches. Default: their size. */
  strides?: PatchSize | null;
  /** The distance of the pixels of a patch. Default 1. */
  dilationRate?: PatchSize;
  /** 'valid' (default) or 'same': with zeros around the images. */
  padding?: 'valid' | 'same';
}

/** Positive integers, one for each axis. */
function perAxis(value: unknown, n: number, name: string, op: string): readonly number[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : Array<unknown>(n).fill(value);
  if (list.length !== n)
    throw new InvalidArgumentError(
      `[${op}] ${name} must be an integer or a list of ${n}; got ${describe(value)}`,
    );
  return list.map((size) => positive(size, name, op));
}

/** The windows along an axis, as a new axis after it. */
function windows(
  x: Tensor,
  axis: number,
  size: number,
  stride: number,
  rate: number,
  padding: unknown,
  op: string,
): Tensor {
  const n = shapeOf(x)[axis];
  const reach = (size - 1) * rate + 1;
  const isSame = padding === 'same';
  const count = isSame ? Math.ceil(n / stride) : Math.floor((n - reach) / stride) + 1;
  if (count < 1)
    throw new InvalidArgumentError(
      `[${op}] patches of ${reach} pixels do not fit into an axis of ${n}: shape ${showShape(shapeOf(x))}`,
    );
  const total = isSame ? Math.max(0, (count - 1) * stride + reach - n) : 0;
  const before = Math.floor(total / 2);
  const padded =
    total === 0
      ? x
      : pad(
          x,
          shapeOf(x).map((_, d) => (d === axis ? [before, total - before] : [0, 0])),
        );
  const at = (i: number): number => Math.floor(i / size) * stride + (i % size) * rate;
  const positions = new Int32Array(count * size).map((_, i) => at(i));
  return gather(padded, constant(positions, { shape: [count, size] }), { axis });
}

function patches(images: Tensor, config: Config, op: string): Tensor {
  const sizes = config.size as readonly number[];
  const n = sizes.length;
  exactRank(images, [n + 1, n + 2], op, n === 2 ? 'images' : 'volumes');
  const isOne = images.rank === n + 1;
  const isFirst = config.dataFormat === 'channels_first';
  const axes = sizes.map((_, i) => i);
  let x = isOne ? expandDims(images, 0) : images;
  if (isFirst) x = transpose(x, { perm: [0, ...axes.map((i) => i + 2), 1] });
  const strides = perAxis(config.strides ?? sizes, n, 'strides', op);
  const rates = perAxis(config.dilationRate, n, 'dilationRate', op);
  // Each axis becomes two, from the last on: [batch, counts and sizes in turn, channels].
  for (let i = n - 1; i >= 0; i--) x = windows(x, i + 1, sizes[i], strides[i], rates[i], config.padding, op);
  const channels = shapeOf(x)[2 * n + 1];
  const order = [0, ...axes.map((i) => 2 * i + 1), ...axes.map((i) => 2 * i + 2), 2 * n + 1];
  const counts = axes.map((i) => shapeOf(x)[2 * i + 1]);
  const length = sizes.reduce((product, size) => product * size, channels);
  const moved = reshape(transpose(x, { perm: order }), [shapeOf(x)[0], ...counts, length]);
  const y = isFirst ? transpose(moved, { perm: [0, n + 1, ...axes.map((i) => i + 1)] }) : moved;
  return isOne ? squeeze(y, 0) : y;
}

type Patches = Unary<[size: PatchSize, options?: ExtractPatchesOptions | PatchSize | null]>;

function patchOperation(op: string, sizeOf: (size: unknown) => readonly number[]): Patches {
  return operation<Patches>({
    module: 'image',
    className: 'ExtractPatches',
    functionName: op,
    tensors: ['images'],
    required: ['size'],
    optional: { strides: null, dilationRate: 1, padding: 'valid', dataFormat: null },
    check: (config) => {
      const size = sizeOf(config.size);
      perAxis(config.strides ?? size, size.length, 'strides', op);
      perAxis(config.dilationRate, size.length, 'dilationRate', op);
      return {
        size,
        strides: config.strides ?? config.size,
        dilationRate: config.dilationRate,
        padding: oneOf(config.padding, ['valid', 'same'], 'padding', op),
        dataFormat: formatOf(config.dataFormat, op),
      };
    },
    run: ([images], config) => patches(toTensor(images, null, op, 'images'), config, op),
  });
}

/** The patches of volumes [batch, depth, height, width, channels], each with its elements in the last dimension. @tf tf.keras.ops.image.extract_patches_3d */
export const extractPatches3d = patchOperation('image.extractPatches3d', (size) =>
  perAxis(size, 3, 'size', 'image.extractPatches3d'),
);
/**
 * The patches of images [batch, height, width, channels], or one of them, each with its pixels in the last dimension; three sizes: of
 * volumes. @tf tf.keras.ops.image.extract_patches
 */
export const extractPatches = patchOperation('image.extractPatches', (size) =>
  perAxis(size, Array.isArray(size) && size.length === 3 ? 3 : 2, 'size', 'image.extractPatches'),
);
