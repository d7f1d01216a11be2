/** Tensors, read at coordinates and resampled; edges and similarity of images. */
import { toTensor, type TensorLike } from '../../../core/convert';
import { InvalidArgumentError } from '../../../core/errors';
import { describe, sameShape, showShape } from '../../../core/shape';
import { shapeOf, type Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { constant } from '../../../ops/array/convert';
import { onesLike, range } from '../../../ops/array/creation';
import { unstack } from '../../../ops/array/joining';
import { broadcastTo, transpose } from '../../../ops/array/movement';
import { pad } from '../../../ops/array/padding';
import { identity, reshape, squeeze } from '../../../ops/array/views';
import { gather } from '../../../ops/index/indexing';
import { tensordot } from '../../../ops/linalg/tensordot';
import { add, divide, floormod, maximum, multiply, subtract } from '../../../ops/math/binary';
import { greater, greaterEqual, less, lessEqual, logicalAnd } from '../../../ops/math/compare';
import { clipByValue, select } from '../../../ops/math/select';
import { abs, floor, round } from '../../../ops/math/unary';
import { sin } from '../../../ops/math/unary_math';
import { depthwiseConv2d } from '../../../ops/nn/depthwise';
import { reduceMax, reduceMean, reduceMin, reduceSum } from '../../../ops/reduce/reduce';
import { gaussian } from '../../layers/preprocessing/image/warps';
import type { KerasTensor } from '../../symbolic/keras_tensor';
import { oneOf } from '../define';
import { floating, promoted } from '../dtypes';
import { flag, integer, number, operation } from '../operation';
import type { Binary, Operand, Unary } from '../types';
import { batchOf, exactRank, floatImages, formatOf, imagesOf, type DataFormatOption } from './common';

const coordinateModes = ['constant', 'nearest', 'wrap', 'mirror', 'reflect'] as const;
type CoordinateMode = (typeof coordinateModes)[number];

/** Element numbers along an axis of n elements for those outside. */
function inside(i: Tensor, n: number, mode: CoordinateMode): Tensor {
  if (mode === 'constant' || mode === 'nearest' || n <= 1) return clipByValue(i, 0, n - 1);
  if (mode === 'wrap') return floormod(i, n);
  if (mode === 'mirror') {
    const rest = floormod(i, 2 * n - 2);
    return select(less(rest, n), rest, subtract(2 * n - 2, rest));
  }
  const rest = floormod(abs(i), 2 * n);
  return select(less(rest, n), rest, subtract(2 * n - 1, rest));
}

/** An element number along an axis and its weight. */
type Tap = readonly [index: Tensor, weight: Tensor | null];

function tapsOf(coordinate: Tensor, order: number): readonly Tap[] {
  if (order === 0) return [[cast(round(coordinate), 'int32'), null]];
  const lower = floor(coordinate);
  const upper = subtract(coordinate, lower);
  const index = cast(lower, 'int32');
  return [
    [index, subtract(1, upper)],
    [add(index, 1), upper],
  ];
}

/** All combinations of taps, one of each axis. */
const combinations = (axes: readonly (readonly Tap[])[]): readonly (readonly Tap[])[] =>
  axes.reduce<readonly (readonly Tap[])[]>(
    (rows, taps) => rows.flatMap((row) => taps.map((tap) => [...row, tap])),
    [[]],
  );

function readAt(
  x: Tensor,
  coordinates: readonly Tensor[],
  config: Readonly<Record<string, unknown>>,
): Tensor {
  const mode = config.fillMode as CoordinateMode;
  const { dtype } = coordinates[0];
  const flat = reshape(x, [-1]);
  const fill = cast(constant(config.fillValue as number, { dtype: 'float64' }), dtype);
  const read = (taps: readonly Tap[]): Tensor => {
    let place: Tensor | null = null;
    let within: Tensor | null = null;
    let weight: Tensor | null = null;
    taps.forEach(([index, share], axis) => {
      const n = shapeOf(x)[axis];
      const own = inside(index, n, mode);
      place = place === null ? own : add(multiply(place, n), own);
      const valid = logicalAnd(greaterEqual(index, 0), less(index, n));
      within = within === null ? valid : logicalAnd(within, valid);
      if (share !== null) weight = weight === null ? share : multiply(weight, share);
    });
    const found = cast(gather(flat, place as unknown as Tensor), dtype);
    const value = mode === 'constant' ? select(within as unknown as Tensor, found, fill) : found;
    return weight === null ? value : multiply(weight, value);
  };
  const axes = coordinates.map((coordinate) => tapsOf(coordinate, config.order as number));
  const sum = combinations(axes)
    .map(read)
    .reduce((a, b) => add(a, b));
  return cast(x.dt.kind === 'int' ? round(sum) : sum, x.dtype);
}

export interface MapCoordinatesOptions {
  /** What lies beyond the edge: 'constant' (default), 'nearest', 'wrap', 'mirror' or 'reflect'. */
  fillMode?: CoordinateMode;
  /** The value of elements from outside. Default 0. */
  fillValue?: number;
}

/**
 * The elements of a tensor at coordinates, [rank, …], which need not be whole: the nearest element for order 0, linear interpolation for
 * order 1. @tf tf.keras.ops.image.map_coordinates
 */
export const mapCoordinates = operation<
  Binary<[order: number, options?: MapCoordinatesOptions | CoordinateMode]>
>({
  module: 'image',
  className: 'MapCoordinates',
  functionName: 'image.mapCoordinates',
  tensors: ['inputs', 'coordinates'],
  required: ['order'],
  optional: { fillMode: 'constant', fillValue: 0 },
  check: (config) => {
    const op = 'image.mapCoordinates';
    const order = integer(config.order, 'order', op);
    if (order !== 0 && order !== 1)
      throw new InvalidArgumentError(`[${op}] order must be 0 or 1; got ${order}`);
    const fillMode = oneOf(config.fillMode, coordinateModes, 'fillMode', op);
    return { order, fillMode, fillValue: number(config.fillValue, 'fillValue', op) };
  },
  run: ([inputs, coordinates], config) => {
    const op = 'image.mapCoordinates';
    const x = toTensor(inputs, null, op, 'inputs');
    const at = floating(toTensor(coordinates, null, op, 'coordinates'), op);
    if (at.rank < 2 || shapeOf(at)[0] !== x.rank)
      throw new InvalidArgumentError(
        `[${op}] coordinates must have shape [rank of inputs, …], at least 2 dimensions; got ${showShape(shapeOf(at))} for ` +
          `inputs of shape ${showShape(shapeOf(x))}`,
      );
    if (x.size === 0 || x.dt.kind === 'bool')
      throw new InvalidArgumentError(
        `[${op}] inputs must be numbers, and not empty; got ${x.dtype} ${showShape(shapeOf(x))}`,
      );
    return readAt(x, unstack(at), config);
  },
});

const scaleMethods = {
  ...{ linear: 'linear', bilinear: 'linear', trilinear: 'linear', triangle: 'linear' },
  ...{ cubic: 'cubic', bicubic: 'cubic', tricubic: 'cubic', lanczos3: 'lanczos3', lanczos5: 'lanczos5' },
} as const;
type ScaleMethod = keyof typeof scaleMethods;

function lanczos(radius: number, x: Tensor): Tensor {
  const angle = multiply(x, Math.PI);
  const isNear = lessEqual(x, 1e-3);
  const safe = select(isNear, onesLike(x), angle);
  const product = multiply(multiply(sin(angle), sin(divide(angle, radius))), radius);
  const value = select(isNear, onesLike(x), divide(product, multiply(safe, safe)));
  return select(greater(x, radius), 0, value);
}

/** The weight of an element at a distance ≥ 0. */
const kernels: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  linear: (x) => maximum(subtract(1, x), 0),
  cubic: (x) => {
    const near = add(multiply(multiply(subtract(multiply(x, 1.5), 2.5), x), x), 1);
    const far = add(multiply(subtract(multiply(add(multiply(x, -0.5), 2.5), x), 4), x), 2);
    return select(greaterEqual(x, 2), 0, select(greaterEqual(x, 1), far, near));
  },
  lanczos3: (x) => lanczos(3, x),
  lanczos5: (x) => lanczos(5, x),
};

/** The weights of m elements in each of n samples: [m, n]. */
function sampleWeights(
  [m, n]: readonly [number, number],
  scale: Tensor,
  translation: Tensor,
  kernel: (x: Tensor) => Tensor,
  antialias: boolean,
): Tensor {
  const { dtype } = scale;
  const count = (length: number): Tensor => cast(range(0, length, 1, { dtype: 'float32' }), dtype);
  const inverse = divide(1, scale);
  const width = antialias ? maximum(inverse, 1) : onesLike(inverse);
  const at = subtract(subtract(multiply(add(count(n), 0.5), inverse), multiply(translation, inverse)), 0.5);
  const distance = divide(abs(subtract(reshape(at, [1, n]), reshape(count(m), [m, 1]))), width);
  const weights = kernel(distance);
  const sums = reduceSum(weights, { axis: 0, keepdims: true });
  const isEmpty = lessEqual(abs(sums), 1000 * 2 ** -23);
  const shares = select(isEmpty, 0, divide(weights, select(isEmpty, onesLike(sums), sums)));
  const within = logicalAnd(greaterEqual(at, -0.5), lessEqual(at, m - 0.5));
  return select(reshape(within, [1, n]), shares, 0);
}

/** x with an axis multiplied by weights [its length, new length]. */
function alongAxis(x: Tensor, axis: number, weights: Tensor): Tensor {
  const product = tensordot(x, weights, [[axis], [0]]);
  const order = shapeOf(x).map((_, d) => d);
  order.splice(axis, 0, order.pop() as number);
  return transpose(product, { perm: order });
}

interface ScaleAndTranslate {
  (
    images: KerasTensor,
    outputShape: readonly number[],
    scale: Operand,
    translation: Operand,
    spatialDims: readonly number[],
    method: ScaleMethod,
    options?: { antialias?: boolean } | boolean,
  ): KerasTensor;
  (
    images: TensorLike,
    outputShape: readonly number[],
    scale: TensorLike,
    translation: TensorLike,
    spatialDims: readonly number[],
    method: ScaleMethod,
    options?: { antialias?: boolean } | boolean,
  ): Tensor;
}

/** A list of integers. */
function integerList(value: unknown, name: string, op: string): readonly number[] {
  if (!Array.isArray(value))
    throw new TypeError(`[${op}] ${name} must be a list of integers; got ${describe(value)}`);
  return value.map((n: unknown) => integer(n, name, op));
}

/**
 * Tensors, resampled along `spatialDims` to `outputShape`: what is at x comes to x·scale + translation, where elements have their centers
 * at halves. What lies outside is 0. `scale` and `translation` have an element for each of those dimensions. method: 'linear', 'cubic',
 * 'lanczos3' or 'lanczos5'. @tf tf.keras.ops.image.scale_and_translate
 */
export const scaleAndTranslate = operation<ScaleAndTranslate>({
  module: 'image',
  className: 'ScaleAndTranslate',
  functionName: 'image.scaleAndTranslate',
  tensors: ['images', 'outputShape', 'scale', 'translation'],
  required: ['spatialDims', 'method'],
  optional: { antialias: true },
  check: ({ spatialDims, method, antialias }) => {
    const op = 'image.scaleAndTranslate';
    return {
      spatialDims: integerList(spatialDims, 'spatialDims', op),
      method: oneOf(method, Object.keys(scaleMethods), 'method', op),
      antialias: flag(antialias, 'antialias', op),
    };
  },
  run: ([images, outputShape, scale, translation], config) => {
    const op = 'image.scaleAndTranslate';
    const x = toTensor(images, null, op, 'images');
    const sizes = integerList(outputShape, 'outputShape', op);
    const [scales, moves] = promoted([scale, translation] as TensorLike[], op).map((t) => floating(t, op));
    const dims = config.spatialDims as readonly number[];
    if (sizes.length !== x.rank || dims.some((d) => d < -x.rank || d >= x.rank))
      throw new InvalidArgumentError(
        `[${op}] outputShape must have ${x.rank} sizes, and spatialDims be of images of shape ${showShape(shapeOf(x))}; got ` +
          `${describe(outputShape)} and ${describe(dims)}`,
      );
    if (!sameShape(shapeOf(scales), [dims.length]) || !sameShape(shapeOf(moves), [dims.length]))
      throw new InvalidArgumentError(
        `[${op}] scale and translation must have shape [${dims.length}], an element for each of spatialDims; got ` +
          `${showShape(shapeOf(scales))} and ${showShape(shapeOf(moves))}`,
      );
    if (dims.length === 0) return identity(x);
    if (sizes.some((n) => n < 0 || n >= 2 ** 31))
      throw new InvalidArgumentError(
        `[${op}] outputShape must have sizes of tensors; got ${describe(sizes)}`,
      );
    const kernel = kernels[scaleMethods[config.method as ScaleMethod]];
    let y = floating(x, op);
    dims.forEach((dim, i) => {
      const axis = dim < 0 ? dim + x.rank : dim;
      const ends = [shapeOf(x)[axis], sizes[axis]] as const;
      const own = [gather(scales, i), gather(moves, i)] as const;
      const weights = sampleWeights(ends, own[0], own[1], kernel, config.antialias as boolean);
      y = alongAxis(y, axis, cast(weights, y.dtype));
    });
    if (x.dt.kind === 'float') return y;
    const [least, most] = [reduceMin(x), reduceMax(x)].map((t) => cast(t, y.dtype));
    return cast(clipByValue(round(y), least, most), x.dtype);
  },
});

/**
 * The Sobel edges of a batch of images: [dy, dx] in a new last dimension. The images are mirrored at their borders.
 * @tf tf.keras.ops.image.sobel_edges
 */
export const sobelEdges = operation<Unary<[options?: DataFormatOption | null]>>({
  module: 'image',
  className: 'SobelEdges',
  functionName: 'image.sobelEdges',
  tensors: ['images'],
  optional: { dataFormat: null },
  check: ({ dataFormat }) => ({ dataFormat: formatOf(dataFormat, 'image.sobelEdges') }),
  run: ([value], { dataFormat }) => {
    const op = 'image.sobelEdges';
    const given = toTensor(value, null, op, 'images');
    exactRank(given, [4], op, 'images');
    const { images, restore } = batchOf(floatImages(given, op), dataFormat);
    const [batch, height, width, channels] = shapeOf(images);
    if (height < 2 || width < 2)
      throw new InvalidArgumentError(`[${op}] images must have 2×2 pixels or more; got ${height}×${width}`);
    const kernel = constant([-1, -1, -2, 0, -1, 1, 0, -2, 0, 0, 0, 2, 1, -1, 2, 0, 1, 1], {
      dtype: images.dtype,
      shape: [3, 3, 1, 2],
    });
    const sides = [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ];
    const padded = pad(images, sides, { mode: 'REFLECT' });
    const edges = depthwiseConv2d(padded, broadcastTo(kernel, [3, 3, channels, 2]), [1, 1, 1, 1], 'VALID');
    return restore(reshape(edges, [batch, height, width, channels, 2]));
  },
});

export interface SsimOptions extends DataFormatOption {
  /** The largest value of a pixel. Default 1. */
  maxVal?: number;
  /** The size of the Gaussian filter. Default 11. */
  filterSize?: number;
  /** Its standard deviation. Default 1.5. */
  filterSigma?: number;
  /** Default 0.01. */
  k1?: number;
  /** Default 0.03. */
  k2?: number;
}

function similarity(a: Tensor, b: Tensor, config: Readonly<Record<string, unknown>>): Tensor {
  const size = config.filterSize as number;
  const row = gaussian(size, constant(config.filterSigma as number, { dtype: a.dtype }));
  const channels = shapeOf(a)[3];
  const plane = multiply(reshape(row, [size, 1, 1, 1]), reshape(row, [1, size, 1, 1]));
  const kernel = broadcastTo(plane, [size, size, channels, 1]);
  const smooth = (x: Tensor): Tensor => depthwiseConv2d(x, kernel, [1, 1, 1, 1], 'VALID');
  const [c1, c2] = [config.k1, config.k2].map((k) => ((k as number) * (config.maxVal as number)) ** 2);
  const [ma, mb] = [smooth(a), smooth(b)];
  const product = multiply(ma, mb);
  const squares = add(multiply(ma, ma), multiply(mb, mb));
  const covariance = subtract(smooth(multiply(a, b)), product);
  const variances = subtract(add(smooth(multiply(a, a)), smooth(multiply(b, b))), squares);
  const above = multiply(add(multiply(product, 2), c1), add(multiply(covariance, 2), c2));
  const below = multiply(add(squares, c1), add(variances, c2));
  return reduceMean(divide(above, below), { axis: [1, 2, 3] });
}

/** The structural similarity of images, one number for each pair. @tf tf.keras.ops.image.ssim */
export const ssim = operation<Binary<[options?: SsimOptions | number]>>({
  module: 'image',
  className: 'SSIM',
  functionName: 'image.ssim',
  tensors: ['image1', 'image2'],
  optional: { maxVal: 1, filterSize: 11, filterSigma: 1.5, k1: 0.01, k2: 0.03, dataFormat: null },
  check: (config) => {
    const op = 'image.ssim';
    const numbers = ['maxVal', 'filterSigma', 'k1', 'k2'].map((name) => [
      name,
      number(config[name], name, op),
    ]);
    const filterSize = integer(config.filterSize, 'filterSize', op);
    if (filterSize < 1 || filterSize > 2 ** 15)
      throw new InvalidArgumentError(`[${op}] filterSize must be from 1 to 32768; got ${filterSize}`);
    const dataFormat = formatOf(config.dataFormat, op);
    return { ...(Object.fromEntries(numbers) as Record<string, number>), filterSize, dataFormat };
  },
  run: ([first, second], config) => {
    const op = 'image.ssim';
    const [a, b] = [imagesOf(first, op, 'image1'), imagesOf(second, op, 'image2')];
    if (!sameShape(shapeOf(a), shapeOf(b)))
      throw new InvalidArgumentError(
        `[${op}] image1 and image2 must have the same shape; got ${showShape(shapeOf(a))} and ${showShape(shapeOf(b))}`,
      );
    const { images } = batchOf(floating(a, op), config.dataFormat);
    const others = cast(batchOf(floating(b, op), config.dataFormat).images, images.dtype);
    const [height, width] = shapeOf(images).slice(1, 3);
    if (Math.min(height, width) < (config.filterSize as number))
      throw new InvalidArgumentError(
        `[${op}] images of ${height}×${width} pixels are smaller than the filter of ${describe(config.filterSize)}`,
      );
    const found = similarity(images, others, config);
    return cast(a.rank === 3 ? squeeze(found, 0) : found, a.dtype);
  },
});
