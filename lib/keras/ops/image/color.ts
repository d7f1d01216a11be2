/** Colors and sizes of images: `tf.keras.ops.image`. */
import { InvalidArgumentError } from '../../../core/errors';
import { shapeOf, type Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { constant } from '../../../ops/array/convert';
import { identity, reshape } from '../../../ops/array/views';
import * as colors from '../../../ops/image/color';
import { resizeMethods, type ResizeMethod } from '../../../ops/image/resampling';
import { multiply } from '../../../ops/math/binary';
import { reduceSum } from '../../../ops/reduce/reduce';
import { resizeImages } from '../../layers/preprocessing/image/aspect';
import { oneOf } from '../define';
import { flag, number, operation, positive } from '../operation';
import type { Unary } from '../types';
import { batchOf, floatImages, formatOf, imagesOf, pairOf, type DataFormatOption } from './common';
import type { DataFormat } from '../../layers/window_arguments';

type OfImages = Unary<[options?: DataFormatOption | DataFormat | null]>;

/** An operation on images with a data format as its only option. */
const ofImages = (className: string, name: string, f: (x: Tensor, format: unknown) => Tensor): OfImages =>
  operation<OfImages>({
    module: 'image',
    className,
    functionName: `image.${name}`,
    tensors: ['images'],
    optional: { dataFormat: null },
    check: ({ dataFormat }) => ({ dataFormat: formatOf(dataFormat, `image.${name}`) }),
    run: ([images], { dataFormat }) => f(imagesOf(images, `image.${name}`), dataFormat),
  });

/** The channels as one: 0.2989·red + 0.587·green + 0.114·blue; images of one stay as they are. @tf tf.keras.ops.image.rgb_to_grayscale */
export const rgbToGrayscale = ofImages('RGBToGrayscale', 'rgbToGrayscale', (images, format) => {
  const axis = images.rank - (format === 'channels_first' ? 3 : 1);
  const channels = shapeOf(images)[axis];
  if (channels !== 1 && channels !== 3)
    throw new InvalidArgumentError(
      `[image.rgbToGrayscale] Invalid channel size: expected 3 (RGB) or 1 (Grayscale). Received: ${channels}`,
    );
  if (channels === 1) return identity(images);
  const x = images.dt.kind === 'float' ? images : cast(images, 'float32');
  const shape = shapeOf(x).map((_, d) => (d === axis ? 3 : 1));
  const weights = reshape(constant([0.2989, 0.587, 0.114], { dtype: x.dtype }), shape);
  return cast(reduceSum(multiply(x, weights), { axis, keepdims: true }), images.dtype);
});

/** A function of the channels of floating images. */
const ofColors = (className: string, name: string, f: (images: Tensor) => Tensor): OfImages =>
  ofImages(className, name, (x, format) => {
    const { images, restore } = batchOf(floatImages(x, `image.${name}`), format);
    return restore(f(images));
  });

/** Red, green and blue in [0, 1] as hue, saturation and value. @tf tf.keras.ops.image.rgb_to_hsv */
export const rgbToHsv = ofColors('RGBToHSV', 'rgbToHsv', (x) => colors.rgbToHsv(x));
/** And back. @tf tf.keras.ops.image.hsv_to_rgb */
export const hsvToRgb = ofColors('HSVToRGB', 'hsvToRgb', (x) => colors.hsvToRgb(x));

export interface ResizeOptions extends DataFormatOption {
  /** 'bilinear' (default), 'nearest', 'bicubic', 'lanczos3', 'lanczos5' or 'area'. */
  interpolation?: ResizeMethod;
  /** Whether the kernel is widened where images shrink. Default false. */
  antialias?: boolean;
  /** Whether what does not fit the aspect ratio is cut off first. Default false. */
  cropToAspectRatio?: boolean;
  /** Whether images are padded to the aspect ratio first. Default false. */
  padToAspectRatio?: boolean;
  /** Only 'constant'. */
  fillMode?: 'constant';
  /** What images are padded with. Default 0. */
  fillValue?: number;
}

/** The interpolations that Keras has. */
export const interpolations = resizeMethods.filter((method) =>
  ['bilinear', 'nearest', 'lanczos3', 'lanczos5', 'bicubic', 'area'].includes(method),
);

/** Images, resized to [height, width]; results have the dtype of the images. @tf tf.keras.ops.image.resize */
export const resize = operation<
  Unary<[size: readonly [number, number] | readonly number[], options?: ResizeOptions | ResizeMethod]>
>({
  module: 'image',
  className: 'Resize',
  functionName: 'image.resize',
  tensors: ['images'],
  required: ['size'],
  optional: {
    interpolation: 'bilinear',
    antialias: false,
    cropToAspectRatio: false,
    padToAspectRatio: false,
    fillMode: 'constant',
    fillValue: 0,
    dataFormat: null,
  },
  check: (config) => {
    const op = 'image.resize';
    const [cropToAspectRatio, padToAspectRatio, antialias] = [
      'cropToAspectRatio',
      'padToAspectRatio',
      'antialias',
    ].map((name) => flag(config[name], name, op));
    if (cropToAspectRatio && padToAspectRatio)
      throw new InvalidArgumentError(
        `[${op}] Only one of \`padToAspectRatio\` & \`cropToAspectRatio\` can be \`true\`.`,
      );
    return {
      size: pairOf(config.size, 'size', op, positive),
      interpolation: oneOf(config.interpolation, interpolations, 'interpolation', op),
      ...{ antialias, cropToAspectRatio, padToAspectRatio },
      fillMode: oneOf(config.fillMode, ['constant'], 'fillMode', op),
      fillValue: number(config.fillValue, 'fillValue', op),
      dataFormat: formatOf(config.dataFormat, op),
    };
  },
  run: ([value], config) => {
    const { images, restore } = batchOf(imagesOf(value, 'image.resize'), config.dataFormat);
    const y = resizeImages(images, config.size as readonly [number, number], {
      method: config.interpolation as ResizeMethod,
      antialias: config.antialias as boolean,
      cropToAspectRatio: config.cropToAspectRatio as boolean,
      padToAspectRatio: config.padToAspectRatio as boolean,
      fillValue: config.fillValue as number,
    });
    return restore(y);
  },
});
