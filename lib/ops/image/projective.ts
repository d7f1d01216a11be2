/** Images under affine and projective maps, as TensorFlow's ImageProjectiveTransformV3. */
import { shapeOf, type Tensor } from '../../core/tensor';
import { cast } from '../array/cast';
import { constant } from '../array/convert';
import { range } from '../array/creation';
import { expandDims, reshape } from '../array/views';
import { gather } from '../index/indexing';
import { add, divide, floormod, multiply, subtract } from '../math/binary';
import { greater, greaterEqual, less, lessEqual, logicalAnd } from '../math/compare';
import { clipByValue, select } from '../math/select';
import { abs, floor, round } from '../math/unary';

/** What lies beyond the edge: the mirrored image, the image again, a value, or its edge. */
export const fillModes = ['reflect', 'wrap', 'constant', 'nearest'] as const;
export type FillMode = (typeof fillModes)[number];
export const affineInterpolations = ['nearest', 'bilinear'] as const;
export type AffineInterpolation = (typeof affineInterpolations)[number];

export interface AffineOptions {
  readonly interpolation: AffineInterpolation;
  readonly fillMode: FillMode;
  readonly fillValue: number;
}

/** The whole part, toward zero. */
const whole = (x: Tensor): Tensor => cast(cast(x, 'int32'), x.dtype);

/** Coordinates in an image of n pixels for those outside. */
function inside(x: Tensor, n: number, mode: FillMode): Tensor {
  if (mode === 'constant') return x;
  const last = n - 1;
  if (mode === 'nearest' || n <= 1) return clipByValue(x, 0, last);
  if (mode === 'wrap') {
    const below = add(x, multiply(add(whole(multiply(x, -1 / last)), 1), n));
    const above = subtract(x, multiply(whole(multiply(x, 1 / last)), n));
    return clipByValue(select(less(x, 0), below, select(greater(x, last), above, x)), 0, last);
  }
  const period = 2 * n;
  const low = add(multiply(whole(multiply(x, -1 / period)), period), x);
  const below = select(less(low, -n), add(low, period), subtract(multiply(low, -1), 1));
  const high = subtract(x, multiply(whole(multiply(x, 1 / period)), period));
  const above = select(greaterEqual(high, n), subtract(period - 1, high), high);
  return clipByValue(select(less(x, 0), below, select(greater(x, last), above, x)), 0, last);
}

/**
 * Images [batch, height, width, channels], where the pixel (x, y) is what `images` have at (a₀x + a₁y + a₂, b₀x + b₁y + b₂); `maps` are
 * [batch, 6]: a₀, a₁, a₂, b₀, b₁, b₂; or [batch, 8] with c₀, c₁, where both coordinates are divided by c₀x + c₁y + 1.
 */
export function affineTransform(images: Tensor, maps: Tensor, options: AffineOptions): Tensor {
  const { interpolation, fillMode, fillValue } = options;
  const [batch, height, width, channels] = shapeOf(images);
  const x = reshape(range(0, width, 1, { dtype: 'float32' }), [1, 1, width]);
  const y = reshape(range(0, height, 1, { dtype: 'float32' }), [1, height, 1]);
  const m = cast(maps, 'float32');
  const entry = (i: number): Tensor => reshape(gather(m, i, { axis: 1 }), [-1, 1, 1]);
  const at = (i: number): Tensor => add(add(multiply(entry(i), x), multiply(entry(i + 1), y)), entry(i + 2));
  const depth = shapeOf(maps)[1] === 8 ? add(add(multiply(entry(6), x), multiply(entry(7), y)), 1) : null;
  const place = (i: number): Tensor => (depth === null ? at(i) : divide(at(i), depth));
  const column = inside(place(0), width, fillMode);
  const row = inside(place(3), height, fillMode);
  const pixels = reshape(images, [batch * height * width, channels]);
  const first = reshape(range(0, batch * height * width, height * width, { dtype: 'int32' }), [batch, 1, 1]);
  const read = (r: Tensor, c: Tensor): Tensor => {
    const within = logicalAnd(
      logicalAnd(greaterEqual(r, 0), lessEqual(r, height - 1)),
      logicalAnd(greaterEqual(c, 0), lessEqual(c, width - 1)),
    );
    const index = add(
      multiply(cast(clipByValue(r, 0, height - 1), 'int32'), width),
      cast(clipByValue(c, 0, width - 1), 'int32'),
    );
    const fill = constant(fillValue, { dtype: images.dtype });
    return select(expandDims(within, -1), gather(pixels, add(index, first)), fill);
  };
  if (interpolation === 'nearest') {
    // Halves are rounded away from zero; below zero nothing is read.
    return read(floor(add(row, 0.5)), floor(add(column, 0.5)));
  }
  const [top, left] = [floor(row), floor(column)];
  const [bottom, right] = [add(top, 1), add(left, 1)];
  const part = (value: Tensor): Tensor => expandDims(cast(value, images.dtype), -1);
  const between = (r: Tensor): Tensor =>
    add(
      multiply(part(subtract(right, column)), read(r, left)),
      multiply(part(subtract(column, left)), read(r, right)),
    );
  return add(
    multiply(part(subtract(bottom, row)), between(top)),
    multiply(part(subtract(row, top)), between(bottom)),
  );
}

/** Pixel numbers in an image of n pixels for those outside, as Keras's map_coordinates has them. */
function indexInside(i: Tensor, n: number, mode: FillMode): Tensor {
  if (mode === 'constant' || mode === 'nearest') return clipByValue(i, 0, n - 1);
  if (mode === 'wrap') return floormod(i, n);
  const rest = floormod(abs(i), 2 * n);
  return select(less(rest, n), rest, subtract(2 * n - 1, rest));
}

/**
 * What images [batch, height, width, channels] have at the coordinates rows and columns, [batch, height, width]: as Keras's
 * map_coordinates, where an edge is passed pixel by pixel.
 */
export function readPixels(images: Tensor, rows: Tensor, columns: Tensor, options: AffineOptions): Tensor {
  const { interpolation, fillMode, fillValue } = options;
  const [batch, height, width, channels] = shapeOf(images);
  const pixels = reshape(images, [batch * height * width, channels]);
  const first = reshape(range(0, batch * height * width, height * width, { dtype: 'int32' }), [batch, 1, 1]);
  const fill = constant(fillValue, { dtype: images.dtype });
  const read = (r: Tensor, c: Tensor): Tensor => {
    const index = add(multiply(indexInside(r, height, fillMode), width), indexInside(c, width, fillMode));
    const found = gather(pixels, add(index, first));
    if (fillMode !== 'constant') return found;
    const within = logicalAnd(
      logicalAnd(greaterEqual(r, 0), less(r, height)),
      logicalAnd(greaterEqual(c, 0), less(c, width)),
    );
    return select(expandDims(within, -1), found, fill);
  };
  const index = (x: Tensor): Tensor => cast(x, 'int32');
  if (interpolation === 'nearest') return read(index(round(rows)), index(round(columns)));
  const [top, left] = [floor(rows), floor(columns)];
  const [below, right] = [subtract(rows, top), subtract(columns, left)];
  const part = (value: Tensor): Tensor => expandDims(cast(value, images.dtype), -1);
  const between = (r: Tensor): Tensor =>
    add(
      multiply(part(subtract(1, right)), read(r, index(left))),
      multiply(part(right), read(r, add(index(left), 1))),
    );
  return add(
    multiply(part(subtract(1, below)), between(index(top))),
    multiply(part(below), between(add(index(top), 1))),
  );
}
