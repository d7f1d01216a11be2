/** Images under maps of their coordinates: affine, projective and elastic ones. */
import { toTensor } from '../../../core/convert';
import { InvalidArgumentError } from '../../../core/errors';
import { sameShape, showShape } from '../../../core/shape';
import { shapeOf, type Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { constant } from '../../../ops/array/convert';
import { range } from '../../../ops/array/creation';
import { expandDims, reshape, squeeze } from '../../../ops/array/views';
import {
  affineInterpolations,
  affineTransform as transformed,
  fillModes,
  readPixels,
  type AffineInterpolation,
  type FillMode,
} from '../../../ops/image/projective';
import { add, multiply } from '../../../ops/math/binary';
import { statelessNormal } from '../../../ops/random/random';
import { drawSeed, type SeedLike } from '../../base/seed';
import { blur, gaussian, homography } from '../../layers/preprocessing/image/warps';
import { KerasTensor } from '../../symbolic/keras_tensor';
import { oneOf } from '../define';
import { integer, number, operation, positive } from '../operation';
import type { Operand, Unary } from '../types';
import { batchOf, exactRank, floatImages, formatOf, imagesOf, pairOf, type DataFormatOption } from './common';

type Config = Readonly<Record<string, unknown>>;

export interface WarpOptions extends DataFormatOption {
  /** 'bilinear' (default) or 'nearest'. */
  interpolation?: AffineInterpolation;
  /** The value of pixels from outside. Default 0. */
  fillValue?: number;
}
export interface AffineTransformOptions extends WarpOptions {
  /** What lies beyond the edge: 'constant' (default), 'nearest', 'wrap' or 'reflect'. */
  fillMode?: FillMode;
}

function checkWarp(config: Config, op: string): Config {
  const mode = 'fillMode' in config ? { fillMode: oneOf(config.fillMode, fillModes, 'fillMode', op) } : {};
  return {
    interpolation: oneOf(config.interpolation, affineInterpolations, 'interpolation', op),
    ...mode,
    fillValue: number(config.fillValue, 'fillValue', op),
    dataFormat: formatOf(config.dataFormat, op),
  };
}

/** InvalidArgumentError unless there is one map, or one for each image. */
function checkMaps(images: Tensor, maps: Tensor, op: string, argument: string): void {
  const [batch] = shapeOf(images);
  const [count] = shapeOf(maps);
  if (count !== 1 && count !== batch)
    throw new InvalidArgumentError(
      `[${op}] ${argument} must have one entry or one for each of ${batch} images; got ${count}`,
    );
}

/** A function of images and of other tensors. */
type Warp<Others extends readonly unknown[], O> = {
  (images: KerasTensor, ...rest: [...Others, options?: O]): KerasTensor;
  (images: Operand, ...rest: [...Others, options?: O]): Tensor;
};

/**
 * Images whose pixel (x, y) is what is at (a₀x + a₁y + a₂, b₀x + b₁y + b₂), both divided by c₀x + c₁y + 1. `transform`: [8] or, for each
 * image, [batch, 8] with a₀, a₁, a₂, b₀, b₁, b₂, c₀, c₁. @tf tf.keras.ops.image.affine_transform
 */
export const affineTransform = operation<
  Warp<[transform: Operand], AffineTransformOptions | AffineInterpolation>
>({
  module: 'image',
  className: 'AffineTransform',
  functionName: 'image.affineTransform',
  tensors: ['images', 'transform'],
  optional: { interpolation: 'bilinear', fillMode: 'constant', fillValue: 0, dataFormat: null },
  check: (config) => checkWarp(config, 'image.affineTransform'),
  run: ([value, transform], config) => {
    const op = 'image.affineTransform';
    const { images, restore } = batchOf(imagesOf(value, op), config.dataFormat);
    const given = toTensor(transform, null, op, 'transform');
    exactRank(given, [1, 2], op, 'transform');
    const maps = given.rank === 1 ? expandDims(given, 0) : given;
    if (shapeOf(maps)[1] !== 8)
      throw new InvalidArgumentError(
        `[${op}] transform must have shape [8] or [batch, 8]; got ${showShape(shapeOf(given))}`,
      );
    checkMaps(images, maps, op, 'transform');
    const { interpolation, fillMode, fillValue } = config as unknown as Required<AffineTransformOptions>;
    return restore(transformed(images, maps, { interpolation, fillMode, fillValue }));
  },
});

/** Four points for each image: [batch, 4, 2] or [4, 2]. */
function pointsOf(value: unknown, op: string, argument: string): Tensor {
  const x = toTensor(value, null, op, argument);
  const [points, coordinates] = shapeOf(x).slice(-2);
  if ((x.rank !== 2 && x.rank !== 3) || points !== 4 || coordinates !== 2)
    throw new InvalidArgumentError(
      `[${op}] Invalid ${argument} shape: expected (4,2) for a single image or (N,4,2) for a batch. Received shape: ` +
        showShape(shapeOf(x)),
    );
  return cast(x.rank === 2 ? expandDims(x, 0) : x, 'float32');
}

/**
 * Images under the projective map that takes four points (x, y) to four others: `startPoints` in the image to `endPoints` in the result,
 * [4, 2] or [batch, 4, 2]. @tf tf.keras.ops.image.perspective_transform
 */
export const perspectiveTransform = operation<
  Warp<[startPoints: Operand, endPoints: Operand], WarpOptions | AffineInterpolation>
>({
  module: 'image',
  className: 'PerspectiveTransform',
  functionName: 'image.perspectiveTransform',
  tensors: ['images', 'startPoints', 'endPoints'],
  optional: { interpolation: 'bilinear', fillValue: 0, dataFormat: null },
  check: (config) => checkWarp(config, 'image.perspectiveTransform'),
  run: ([value, from, to], config) => {
    const op = 'image.perspectiveTransform';
    const { images, restore } = batchOf(imagesOf(value, op), config.dataFormat);
    const start = pointsOf(from, op, 'startPoints');
    const end = pointsOf(to, op, 'endPoints');
    if (!sameShape(shapeOf(start), shapeOf(end)))
      throw new InvalidArgumentError(
        `[${op}] startPoints and endPoints must have the same shape; got ${showShape(shapeOf(start))} and ` +
          showShape(shapeOf(end)),
      );
    checkMaps(images, start, op, 'startPoints');
    const { interpolation, fillValue } = config as unknown as Required<WarpOptions>;
    const options = { interpolation, fillMode: 'constant', fillValue } as const;
    return restore(transformed(images, homography(start, end), options));
  },
});

export interface GaussianBlurOptions extends DataFormatOption {
  /** The height and width of the kernel. Default [3, 3]. */
  kernelSize?: readonly [number, number] | readonly number[];
  /** The standard deviations. Default [1, 1]. */
  sigma?: readonly [number, number] | readonly number[];
}

/** The largest kernel of a blur, in pixels of each direction. */
const largestKernel = 2 ** 15;

function checkKernel(size: number, op: string): void {
  if (size > largestKernel)
    throw new InvalidArgumentError(
      `[${op}] the kernel must have at most ${largestKernel} pixels; got ${size}`,
    );
}

/** Images, convolved with a Gaussian kernel. @tf tf.keras.ops.image.gaussian_blur */
export const gaussianBlur = operation<Unary<[options?: GaussianBlurOptions | readonly number[]]>>({
  module: 'image',
  className: 'GaussianBlur',
  functionName: 'image.gaussianBlur',
  tensors: ['images'],
  optional: { kernelSize: [3, 3], sigma: [1, 1], dataFormat: null },
  check: ({ kernelSize, sigma, dataFormat }) => {
    const op = 'image.gaussianBlur';
    const sizes = pairOf(kernelSize, 'kernelSize', op, positive);
    for (const size of sizes) checkKernel(size, op);
    return {
      kernelSize: sizes,
      sigma: pairOf(sigma, 'sigma', op, number),
      dataFormat: formatOf(dataFormat, op),
    };
  },
  run: ([value], { kernelSize, sigma, dataFormat }) => {
    const op = 'image.gaussianBlur';
    const { images, restore } = batchOf(floatImages(imagesOf(value, op), op), dataFormat);
    const sizes = kernelSize as readonly [number, number];
    // As in Keras, the first numbers are those of the kernel's height and of the factor along the width.
    const [x, y] = (sigma as readonly number[]).map((width, i) =>
      gaussian(sizes[i], constant(width, { dtype: images.dtype })),
    );
    return restore(blur(images, x, y, sizes));
  },
});

export interface ElasticTransformOptions extends AffineTransformOptions {
  /** How far pixels move. Default 20. */
  alpha?: number;
  /** The standard deviation of the noise and of the kernel that smooths it. Default 5. */
  sigma?: number;
  /** An integer, or a generator. Default: the global generator. */
  seed?: SeedLike;
}

/** Images whose pixels are moved by smoothed noise. @tf tf.keras.ops.image.elastic_transform */
export const elasticTransform = operation<Unary<[options?: ElasticTransformOptions | number]>>({
  module: 'image',
  className: 'ElasticTransform',
  functionName: 'image.elasticTransform',
  tensors: ['images'],
  optional: {
    ...{ alpha: 20, sigma: 5, interpolation: 'bilinear', fillMode: 'reflect', fillValue: 0 },
    ...{ seed: null, dataFormat: null },
  },
  check: (config) => {
    const op = 'image.elasticTransform';
    const { seed } = config;
    const [alpha, sigma] = ['alpha', 'sigma'].map((name) => number(config[name], name, op));
    if (!(sigma >= 0) || !Number.isFinite(sigma))
      throw new InvalidArgumentError(`[${op}] sigma must be a number that is not negative; got ${sigma}`);
    checkKernel(6 * Math.trunc(sigma) + 1, op);
    if (typeof seed === 'number') integer(seed, 'seed', op);
    return { alpha, sigma, ...checkWarp(config, op), seed };
  },
  spec: ([x]) => new KerasTensor((x as KerasTensor).shape, (x as KerasTensor).dtype),
  run: ([value], config) => {
    const op = 'image.elasticTransform';
    const { images, restore } = batchOf(floatImages(imagesOf(value, op), op), config.dataFormat);
    const { alpha, sigma, seed, ...options } = config as unknown as Required<ElasticTransformOptions>;
    const [batch, height, width] = shapeOf(images);
    const { dtype } = images;
    const noise = statelessNormal([batch, height, width], drawSeed(seed), { dtype });
    const size = 6 * Math.trunc(sigma) + 1;
    const kernel = gaussian(size, constant(sigma, { dtype }));
    const smooth = squeeze(blur(expandDims(multiply(noise, sigma), 3), kernel, kernel, [size, size]), 3);
    // As in Keras, one seed serves both directions: pixels move along a diagonal.
    const shift = multiply(smooth, alpha);
    const columns = add(reshape(cast(range(0, width, 1, { dtype: 'float32' }), dtype), [1, 1, width]), shift);
    const rows = add(reshape(cast(range(0, height, 1, { dtype: 'float32' }), dtype), [1, height, 1]), shift);
    const { interpolation, fillMode, fillValue } = options;
    return restore(readPixels(images, rows, columns, { interpolation, fillMode, fillValue }));
  },
});
