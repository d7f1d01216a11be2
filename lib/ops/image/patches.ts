/** Crops of images at boxes, and patches of them. */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypes, numeric } from '../../core/dtype';
import type { DTypeOf } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { detached } from '../../core/context';
import { memoized } from '../../core/memoize';
import { options } from '../../core/options';
import { describe, showShape } from '../../core/shape';
import { shapeOf, type Tensor, tensorFrom } from '../../core/tensor';
import { composite } from '../../op/define/composite';
import { badIndex, checkedIndices, indexTensor } from '../../op/index_rows';
import { sample } from '../../op/registry';
import { integerList } from '../../op/strided';
import { cast } from '../array/cast';
import { range } from '../array/creation';
import { transpose } from '../array/movement';
import { pad } from '../array/padding';
import { unstack } from '../array/joining';
import { expandDims, reshape, type ShapeLike } from '../array/views';
import { gather } from '../index/indexing';
import { add, maximum, minimum, multiply, subtract } from '../math/binary';
import { greaterEqual, lessEqual, logicalAnd } from '../math/compare';
import { select } from '../math/select';
import { ceil, floor } from '../math/unary';
import { imageOperand } from './resize';

export interface CropAndResizeOptions {
  /** Default 'bilinear'. */
  method?: 'bilinear' | 'nearest';
  /** The value of pixels outside the image. Default 0. */
  extrapolationValue?: number;
}

const cropDefaults: Required<CropAndResizeOptions> = { method: 'bilinear', extrapolationValue: 0 };

/** The coordinates of crop pixels along one axis, of shape [boxes, m], for an axis of n pixels. */
function coordinates(low: Tensor, high: Tensor, n: number, m: number): Tensor {
  const from = expandDims(low, 1);
  const to = expandDims(high, 1);
  if (m === 1) return multiply(multiply(add(from, to), 0.5), n - 1);
  const step = multiply(subtract(to, from), (n - 1) / (m - 1));
  return add(multiply(from, n - 1), multiply(range(0, m, 1, { dtype: 'float32' }), step));
}

/** Pixel numbers of coordinates, within an axis of n pixels. */
const pixels = (at: Tensor, n: number): Tensor => cast(minimum(maximum(at, 0), n - 1), 'int32');

const insideAxis = (at: Tensor, n: number): Tensor => logicalAnd(greaterEqual(at, 0), lessEqual(at, n - 1));

/**
 * Crops at boxes of images, resized to `cropSize`, [height, width]. `boxes` has shape [boxes, 4] with rows
 * [y1, x1, y2, x2] in coordinates where the corners of the image are 0 and 1; `boxIndices`, an int32 vector, has the image of
 * each box. Pixels outside the image have the value `extrapolationValue`. The result, float32 of shape
 * [boxes, height, width, channels], has gradients with respect to the image and the boxes. @tf tf.image.crop_and_resize
 */
export const cropAndResize: (
  image: TensorLike,
  boxes: TensorLike,
  boxIndices: TensorLike,
  cropSize: ShapeLike,
  options?: CropAndResizeOptions | 'bilinear' | 'nearest',
) => Tensor<'float32'> = composite(
  'cropAndResize',
  {
    tf: 'tf.image.crop_and_resize',
    dtypes: numeric,
    domain: [0, 10],
    ulp: 8,
    examples: [
      {
        args: [
          sample([2, 5, 4, 2]),
          sample([3, 4], {
            dtype: 'float32',
            values: [0, 0, 1, 1, 0.1, 0.2, 0.73, 0.9, 0.8, 0.3, 0.25, 0.61],
          }),
          sample([3], { dtype: 'int32', values: [0, 1, 1] }),
          [3, 4],
        ],
        noGradient: true,
      },
      {
        args: [
          sample([1, 5, 5, 1], { dtype: 'float32' }),
          sample([2, 4], {
            dtype: 'float32',
            values: [0.0625, 0.125, 0.8125, 0.6875, 0.25, 0.1875, 0.5625, 0.875],
          }),
          sample([2], { dtype: 'int32', values: [0, 0] }),
          [3, 2],
        ],
      },
      {
        args: [
          sample([1, 4, 4, 1], { dtype: 'float32' }),
          sample([2, 4], { dtype: 'float32', values: [-0.3, 0.2, 0.7, 1.3, 0.1, 0.1, 0.4, 0.5] }),
          sample([2], { dtype: 'int32', values: [0, 0] }),
          [4, 1],
        ],
        options: { extrapolationValue: 5 },
      },
      {
        args: [
          sample([1, 4, 4, 1], { dtype: 'float32' }),
          sample([1, 4], { dtype: 'float32', values: [0.1, 0.2, 0.7, 0.9] }),
          sample([1], { dtype: 'int32', values: [0] }),
          [3, 5],
        ],
        options: { method: 'nearest' },
        noGradient: true,
      },
      {
        args: [
          sample([1, 4, 4, 1], { dtype: 'float32' }),
          sample([1, 4], { dtype: 'float32', values: [0, 0, 1, 1] }),
          sample([1], { dtype: 'int32', values: [1] }),
          [3, 5],
        ],
      },
      {
        args: [
          sample([1, 4, 4, 1], { dtype: 'float32' }),
          sample([1, 3], { dtype: 'float32' }),
          sample([1], { dtype: 'int32', values: [0] }),
          [3, 5],
        ],
      },
    ],
  },
  (
    image: TensorLike,
    boxes: TensorLike,
    boxIndices: TensorLike,
    cropSize: ShapeLike,
    given?: CropAndResizeOptions | 'bilinear' | 'nearest',
  ): Tensor => {
    const name = 'cropAndResize';
    const { method, extrapolationValue } = options<Record<keyof CropAndResizeOptions, unknown>>(
      given,
      'method',
      cropDefaults,
      name,
    );
    if (method !== 'bilinear' && method !== 'nearest') {
      throw new InvalidArgumentError(
        `[${name}] method must be 'bilinear' or 'nearest'; got ${describe(method)}`,
      );
    }
    if (typeof extrapolationValue !== 'number')
      throw new TypeError(
        `[${name}] extrapolationValue must be a number; got ${describe(extrapolationValue)}`,
      );
    const x = imageOperand(image, name);
    const b = toTensor(boxes, dtypes.float32, name, 'boxes');
    if (b.dt !== dtypes.float32)
      throw new InvalidArgumentError(`[${name}] boxes must be a float32 tensor; got ${b.dtype}`);
    const at = indexTensor(boxIndices, name, 'boxIndices');
    const size = integerList(cropSize, name, 'cropSize');
    if (x.rank !== 4)
      throw new InvalidArgumentError(
        `[${name}] image must have 4 dimensions; got shape ${showShape(shapeOf(x))}`,
      );
    const [images, height, width, channels] = shapeOf(x);
    if (b.rank !== 2 || shapeOf(b)[1] !== 4 || at.rank !== 1 || shapeOf(at)[0] !== shapeOf(b)[0]) {
      throw new InvalidArgumentError(
        `[${name}] boxes must have shape [boxes, 4] and boxIndices [boxes]; got ${showShape(shapeOf(b))} and ` +
          showShape(shapeOf(at)),
      );
    }
    if (size.length !== 2 || size.some((n) => n <= 0) || height * width === 0) {
      throw new InvalidArgumentError(
        `[${name}] crop and image dimensions must be positive; cropSize is ${describe(size)}, image has shape ` +
          showShape(shapeOf(x)),
      );
    }
    const [y1, x1, y2, x2] = unstack<Tensor>(b, { axis: 1 });
    const ys = expandDims(coordinates(y1, y2, height, size[0]), 2);
    const xs = expandDims(coordinates(x1, x2, width, size[1]), 1);
    // Pixels as rows: the number of a pixel is (image · height + row) · width + column.
    const rows = reshape(cast(x, 'float32'), [images * height * width, channels]);
    const inside = checkedIndices(at, images, (t, i) => badIndex(name, t, i, images));
    const first = reshape(multiply(cast(inside, 'int32'), height), [at.size, 1, 1]);
    const pixel = (row: Tensor, column: Tensor): Tensor =>
      gather(rows, add(multiply(add(pixels(row, height), first), width), pixels(column, width)));
    const isInside = expandDims(logicalAnd(insideAxis(ys, height), insideAxis(xs, width)), 3);
    if (method === 'nearest') {
      // Half away from zero, which is up: coordinates inside are not negative.
      const round = (t: Tensor): Tensor => floor(add(t, 0.5));
      return select(isInside, pixel(round(ys), round(xs)), extrapolationValue);
    }
    const [top, left] = [floor(ys), floor(xs)];
    const right = ceil(xs);
    const toRight = expandDims(subtract(xs, left), 3);
    const row = (y: Tensor): Tensor => {
      const from = pixel(y, left);
      return add(from, multiply(subtract(pixel(y, right), from), toRight));
    };
    const upper = row(top);
    const crop = add(upper, multiply(subtract(row(ceil(ys)), upper), expandDims(subtract(ys, top), 3)));
    return select(isInside, crop, extrapolationValue);
  },
);

/** The positions of patch pixels along one axis, patch by patch: an int32 tensor of count·size elements. */
const patchPositions = memoized((count: number, size: number, stride: number, rate: number): Tensor =>
  detached(() =>
    tensorFrom(
      dtypes.int32,
      [count * size],
      Array.from({ length: count * size }, (_, i) => Math.floor(i / size) * stride + (i % size) * rate),
    ),
  ),
);

interface PatchAxis {
  readonly count: number;
  readonly size: number;
  readonly stride: number;
  readonly rate: number;
  /** Zeros before and after. */
  readonly border: readonly [number, number];
}

function patchAxis(
  n: number,
  size: number,
  stride: number,
  rate: number,
  padding: 'SAME' | 'VALID',
): PatchAxis {
  const reach = size + (size - 1) * (rate - 1);
  if (padding === 'VALID') {
    return { count: Math.max(Math.floor((n - reach) / stride) + 1, 0), size, stride, rate, border: [0, 0] };
  }
  const count = Math.ceil(n / stride);
  const total = Math.max((count - 1) * stride + reach - n, 0);
  return { count, size, stride, rate, border: [Math.floor(total / 2), Math.ceil(total / 2)] };
}

/** Parses a list [1, height, width, 1] of positive integers. */
function windowPair(value: unknown, op: string, argument: string): [number, number] {
  const list = integerList(value, op, argument);
  if (list.length !== 4 || list[0] !== 1 || list[3] !== 1 || list.some((n) => n < 1)) {
    throw new InvalidArgumentError(
      `[${op}] ${argument} must be [1, rows, columns, 1] with positive integers; got ${describe(list)}`,
    );
  }
  return [list[1], list[2]];
}

/**
 * Patches of images of shape [batch, height, width, channels]: result [b, i, j] has the pixels of the patch at row
 * i·strides[1] and column j·strides[2], flattened to rows · columns · channels elements. `sizes`, `strides` and `rates` are
 * of the form [1, rows, columns, 1]; `rates` are the distances of a patch's pixels; `padding` is 'VALID' or 'SAME'.
 * @tf tf.image.extract_patches
 */
export const extractPatches: <X extends TensorLike>(
  images: X,
  sizes: readonly number[],
  strides: readonly number[],
  rates: readonly number[],
  padding: 'SAME' | 'VALID',
) => Tensor<DTypeOf<X>> = composite(
  'extractPatches',
  {
    tf: 'tf.image.extract_patches',
    dtypes: numeric,
    ulp: 0,
    examples: [
      { args: [sample([1, 4, 5, 2]), [1, 2, 3, 1], [1, 1, 2, 1], [1, 1, 1, 1], 'VALID'] },
      { args: [sample([2, 4, 3, 1]), [1, 3, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], 'SAME'] },
      { args: [sample([1, 5, 5, 1]), [1, 2, 2, 1], [1, 1, 1, 1], [1, 2, 2, 1], 'VALID'] },
      { args: [sample([4, 5, 2], { dtype: 'float32' }), [1, 2, 2, 1], [1, 1, 1, 1], [1, 1, 1, 1], 'VALID'] },
      {
        args: [sample([1, 4, 5, 1], { dtype: 'float32' }), [1, 2, 2, 2], [1, 1, 1, 1], [1, 1, 1, 1], 'VALID'],
      },
    ],
  },
  (
    images: TensorLike,
    sizes: readonly number[],
    strides: readonly number[],
    rates: readonly number[],
    padding: 'SAME' | 'VALID',
  ): Tensor => {
    const name = 'extractPatches';
    const x = imageOperand(images, name, 'images');
    const lists = [
      windowPair(sizes, name, 'sizes'),
      windowPair(strides, name, 'strides'),
      windowPair(rates, name, 'rates'),
    ];
    if (padding !== 'SAME' && padding !== 'VALID')
      throw new InvalidArgumentError(`[${name}] padding must be 'SAME' or 'VALID'; got ${describe(padding)}`);
    if (x.rank !== 4)
      throw new InvalidArgumentError(
        `[${name}] images must be 4-dimensional; got shape ${showShape(shapeOf(x))}`,
      );
    const [batch, height, width, channels] = shapeOf(x);
    const [rows, columns] = [height, width].map((n, i) =>
      patchAxis(n, lists[0][i], lists[1][i], lists[2][i], padding),
    );
    if (padding === 'VALID' && (rows.count === 0 || columns.count === 0)) {
      throw new InvalidArgumentError(
        `[${name}] patches of sizes ${describe(sizes)} with rates ${describe(rates)} do not fit into images of shape ` +
          showShape(shapeOf(x)),
      );
    }
    const hasBorder = [...rows.border, ...columns.border].some((n) => n > 0);
    const wide = hasBorder ? pad(x, [[0, 0], [...rows.border], [...columns.border], [0, 0]]) : x;
    const positions = ({ count, size, stride, rate }: PatchAxis): Tensor =>
      patchPositions(count, size, stride, rate);
    const lines = gather(wide, positions(rows), { axis: 1 });
    const all = gather(lines, positions(columns), { axis: 2 });
    const split = reshape(all, [batch, rows.count, rows.size, columns.count, columns.size, channels]);
    const patches = transpose(split, { perm: [0, 1, 3, 2, 4, 5] });
    return reshape(patches, [batch, rows.count, columns.count, rows.size * columns.size * channels]);
  },
);
