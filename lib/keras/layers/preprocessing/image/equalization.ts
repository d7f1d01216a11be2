/** Histograms of images, equalized. */
import { InvalidArgumentError } from '../../../../core/errors';
import { describe } from '../../../../core/shape';
import { shapeOf, type Tensor } from '../../../../core/tensor';
import { cast } from '../../../../ops/array/cast';
import { constant } from '../../../../ops/array/convert';
import { onesLike, range } from '../../../../ops/array/creation';
import { concat, stack } from '../../../../ops/array/joining';
import { transpose } from '../../../../ops/array/movement';
import { pad } from '../../../../ops/array/padding';
import { slice } from '../../../../ops/array/slicing';
import { reshape } from '../../../../ops/array/views';
import { gather } from '../../../../ops/index/indexing';
import { unsortedSegmentSum } from '../../../../ops/index/segments';
import { add, divide, multiply, subtract } from '../../../../ops/math/binary';
import { equal, greater, lessEqual } from '../../../../ops/math/compare';
import { cumsum } from '../../../../ops/math/scan';
import { clipByValue, select } from '../../../../ops/math/select';
import { round } from '../../../../ops/math/unary';
import { reduceMin, reduceSum } from '../../../../ops/reduce/reduce';
import type { Config } from '../../../base/keras_object';
import { namedOptions } from '../../../base/named_options';
import { KerasTensor } from '../../../symbolic/keras_tensor';
import { rangeOf } from './color';
import { checkPixels, ImageLayer, type ImageLayerOptions } from './image_layer';

type Range = readonly [number, number];

/** How often each number from 0 to bins − 1 occurs, int32 or float32. */
const countsOf = (indices: Tensor, bins: number, ones: 'int32' | 'float32'): Tensor => {
  const flat = reshape(indices, [-1]);
  return unsortedSegmentSum(cast(onesLike(flat), ones), flat, bins);
};

export interface EqualizationOptions extends ImageLayerOptions {
  /** The least and the greatest value of a pixel. Default [0, 255]. */
  valueRange?: Range | readonly number[];
  /** The number of bins of the histogram. Default 256. */
  bins?: number;
}

/**
 * Maps the values of each channel through their cumulative histogram, which spreads them over the whole range; the histogram is that of
 * all images of a batch. Without `training` images stay as they are. @tf tf.keras.layers.Equalization
 */
export class Equalization extends ImageLayer {
  readonly valueRange: Range;
  readonly bins: number;

  constructor(options: EqualizationOptions = {}) {
    const { valueRange = [0, 255], bins = 256, ...others } = namedOptions(options, 'Equalization');
    super(others);
    const [a, b] = rangeOf(valueRange, 'Equalization');
    this.valueRange = [Math.min(a, b), Math.max(a, b)];
    this.bins = checkPixels(bins, 'bins', 'Equalization');
  }

  protected override get trainsOnly(): boolean {
    return true;
  }

  protected override get movesPixels(): boolean {
    return false;
  }

  protected override get convertsImages(): boolean {
    return false;
  }

  protected transform(images: Tensor): Tensor {
    const x = cast(images, this.computeDtype);
    const [batch, height, width, channels] = shapeOf(x);
    const parts = Array.from({ length: channels }, (_, i) =>
      this.equalized(reshape(slice(x, [0, 0, 0, i], [batch, height, width, 1]), [batch, height, width])),
    );
    return stack(parts, { axis: 3 });
  }

  private equalized(channel: Tensor): Tensor {
    const [low, high] = this.valueRange;
    const scale = 255 / (high - low);
    const x = add(multiply(channel, scale), -low * scale);
    const { bins } = this;
    const scaled = divide(multiply(cast(x, 'float32'), bins - 1), 255);
    const counts = countsOf(clipByValue(cast(scaled, 'int32'), 0, bins - 1), bins, 'int32');
    // In float64 all counts are exact, and so is rounding.
    const cumulated = cast(cumsum(counts), 'float64');
    const least = reduceMin(select(greater(cumulated, 0), cumulated, Infinity));
    const rest = subtract(gather(cumulated, bins - 1), least);
    const table = divide(
      multiply(subtract(cumulated, least), 255),
      select(equal(rest, 0), onesLike(rest), rest),
    );
    const rounded = clipByValue(round(table), 0, 255);
    const indices = cast(clipByValue(multiply(divide(x, 255), bins - 1), 0, bins - 1), 'int32');
    const used = reduceSum(cast(greater(counts, 0), 'int32'));
    const y = select(lessEqual(used, 1), x, cast(gather(rounded, indices), x.dtype));
    return add(multiply(y, (high - low) / 255), low);
  }

  override computeOutputSpec(data: KerasTensor | Record<string, KerasTensor>): unknown {
    return data instanceof KerasTensor ? new KerasTensor(data.shape, data.dtype) : { ...data };
  }

  override getConfig(): Config {
    const { bins, valueRange } = this;
    return { ...super.getConfig(), bins, valueRange };
  }
}

export interface ClaheOptions extends ImageLayerOptions {
  /** The least and the greatest value of a pixel. Default [0, 255]. */
  valueRange?: Range | readonly number[];
  /** Counts above this multiple of the mean count are spread over all bins; 0: none. Default 4. */
  clipLimit?: number;
  /** The numbers of rows and columns of tiles. Default [8, 8]. */
  tileGridSize?: readonly [number, number] | readonly number[];
}

/** Where pixels lie between the centers of tiles, of which there is one more on either side: the tiles around, and how far. */
function placesOf(tiles: number, size: number) {
  const at = (y: number): number => Math.fround(Math.fround(Math.fround(y - size / 2) / size) + 1);
  const places = Array.from({ length: tiles * size }, (_, y) => at(y));
  const within = (i: number): number => Math.max(0, Math.min(tiles + 1, i));
  return {
    first: Int32Array.from(places, (p) => within(Math.floor(p))),
    second: Int32Array.from(places, (p) => within(Math.floor(p) + 1)),
    parts: Float32Array.from(places, (p) => p - Math.floor(p)),
  };
}

/**
 * Equalizes the histograms of tiles of each image and channel, whose counts are limited; between the centers of tiles, results are
 * interpolated. Results have the dtype of the images. @tf tf.keras.layers.ContrastLimitedAdaptiveHistogramEqualization
 */
export class ContrastLimitedAdaptiveHistogramEqualization extends ImageLayer {
  readonly valueRange: Range;
  readonly clipLimit: number;
  readonly tileGridSize: readonly [number, number];

  constructor(options: ClaheOptions = {}) {
    const where = 'ContrastLimitedAdaptiveHistogramEqualization';
    const {
      valueRange = [0, 255],
      clipLimit = 4,
      tileGridSize = [8, 8],
      ...others
    } = namedOptions(options, where);
    super(others);
    this.valueRange = rangeOf(valueRange, where);
    if (typeof clipLimit !== 'number' || Number.isNaN(clipLimit))
      throw new TypeError(`[${where}] clipLimit must be a number; got ${describe(clipLimit)}`);
    this.clipLimit = clipLimit;
    if (!Array.isArray(tileGridSize) || tileGridSize.length !== 2)
      throw new InvalidArgumentError(
        `[${where}] tileGridSize must be two positive integers; got ${describe(tileGridSize)}`,
      );
    const [rows, columns] = tileGridSize as unknown[];
    this.tileGridSize = [
      checkPixels(rows, 'tileGridSize[0]', where),
      checkPixels(columns, 'tileGridSize[1]', where),
    ];
  }

  protected override get movesPixels(): boolean {
    return false;
  }

  protected override get convertsImages(): boolean {
    return false;
  }

  protected transform(images: Tensor): Tensor {
    const [low, high] = this.valueRange;
    const isBytes = low === 0 && high === 255;
    const x = isBytes
      ? images
      : multiply(divide(subtract(cast(images, 'float32'), low), Math.fround(high - low)), 255);
    const y = this.equalized(x);
    const result = isBytes ? y : add(multiply(divide(y, 255), Math.fround(high - low)), low);
    return cast(result, images.dtype);
  }

  private equalized(images: Tensor): Tensor {
    const [batch, height, width, channels] = shapeOf(images);
    const [gridRows, gridColumns] = this.tileGridSize;
    const [rows, columns] = [Math.ceil(height / gridRows), Math.ceil(width / gridColumns)];
    const [bottom, right] = [rows * gridRows - height, columns * gridColumns - width];
    const none = [0, 0];
    const padded =
      bottom === 0 && right === 0
        ? images
        : pad(images, [none, [0, bottom], [0, right], none], { mode: 'SYMMETRIC' });
    const pixels = clipByValue(cast(padded, 'int32'), 0, 255);
    const tiled = transpose(
      reshape(pixels, [batch, gridRows, rows, gridColumns, columns, channels]),
      [0, 1, 3, 5, 2, 4],
    );
    const tiles = batch * gridRows * gridColumns * channels;
    const own = reshape(range(0, tiles * 256, 256, { dtype: 'int32' }), [tiles, 1]);
    const ids = add(reshape(tiled, [tiles, rows * columns]), own);
    const counts = reshape(countsOf(ids, tiles * 256, 'float32'), [
      batch,
      gridRows,
      gridColumns,
      channels,
      256,
    ]);
    const table = this.bordered(this.tableOf(counts, rows * columns));
    const y = placesOf(gridRows, rows);
    const x = placesOf(gridColumns, columns);
    const perColumn = channels * 256;
    const perRow = perColumn * (gridColumns + 2);
    const numbers = (n: number, step: number, shape: number[]): Tensor =>
      reshape(range(0, n * step, step, { dtype: 'int32' }), shape);
    const base = add(
      add(pixels, numbers(batch, perRow * (gridRows + 2), [batch, 1, 1, 1])),
      numbers(channels, 256, [1, 1, 1, channels]),
    );
    const flat = reshape(table, [-1]);
    const read = (r: Int32Array, c: Int32Array): Tensor => {
      const row = reshape(constant(r.map((i) => i * perRow)), [1, -1, 1, 1]);
      const column = reshape(constant(c.map((i) => i * perColumn)), [1, 1, -1, 1]);
      return gather(flat, add(base, add(row, column)));
    };
    const down = reshape(constant(y.parts), [1, -1, 1, 1]);
    const along = reshape(constant(x.parts), [1, 1, -1, 1]);
    const mix = (a: Tensor, b: Tensor, part: Tensor): Tensor =>
      add(multiply(a, subtract(1, part)), multiply(b, part));
    const above = mix(read(y.first, x.first), read(y.first, x.second), along);
    const below = mix(read(y.second, x.first), read(y.second, x.second), along);
    return slice(mix(above, below, down), [0, 0, 0, 0], [batch, height, width, channels]);
  }

  /** What each value of a tile becomes, from the counts of its values. */
  private tableOf(counts: Tensor, pixels: number): Tensor {
    let limited = counts;
    if (this.clipLimit > 0) {
      const clipped = clipByValue(counts, 0, Math.fround((this.clipLimit * pixels) / 256));
      const excess = reduceSum(subtract(counts, clipped), { axis: -1, keepdims: true });
      limited = add(clipped, divide(excess, 256));
    }
    const cumulated = cumsum(limited, { axis: -1 });
    const least = reduceMin(cumulated, { axis: -1, keepdims: true });
    const rest = subtract(pixels, least);
    const divisor = select(equal(rest, 0), onesLike(rest), rest);
    return clipByValue(divide(multiply(subtract(cumulated, least), 255), divisor), 0, 255);
  }

  /** With the outermost tiles once more on each side. */
  private bordered(table: Tensor): Tensor {
    const repeated = (t: Tensor, axis: number): Tensor => {
      const shape = [...shapeOf(t)];
      const part = (at: number): Tensor =>
        slice(
          t,
          shape.map((_, i) => (i === axis ? at : 0)),
          shape.map((n, i) => (i === axis ? 1 : n)),
        );
      return concat([part(0), t, part(shape[axis] - 1)], axis);
    };
    return repeated(repeated(table, 1), 2);
  }

  override getConfig(): Config {
    const { valueRange, clipLimit, tileGridSize } = this;
    return { ...super.getConfig(), valueRange, clipLimit, tileGridSize };
  }
}
