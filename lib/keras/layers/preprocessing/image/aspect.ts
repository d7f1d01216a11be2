/** Images of another size and their aspect ratios. */
import { shapeOf, type Tensor } from '../../../../core/tensor';
import { cast } from '../../../../ops/array/cast';
import { pad } from '../../../../ops/array/padding';
import { slice } from '../../../../ops/array/slicing';
import { saturateCast } from '../../../../ops/image/color';
import { resize } from '../../../../ops/image/resize';
import type { ResizeMethod } from '../../../../ops/image/resampling';
import { round } from '../../../../ops/math/unary';

/** A window of images with the channels last. */
export function crop(images: Tensor, top: number, left: number, height: number, width: number): Tensor {
  const [batch, h, w, channels] = shapeOf(images);
  const [rows, columns] = [Math.min(height, h - top), Math.min(width, w - left)];
  return slice(images, [0, top, left, 0], [batch, rows, columns, channels]);
}

/** The largest window of the aspect ratio height : width, in the middle. */
export function aspectWindow(
  h: number,
  w: number,
  height: number,
  width: number,
): { rows: number; columns: number; top: number; left: number } {
  const rows = Math.max(1, Math.min(h, Math.trunc((w * height) / width)));
  const columns = Math.max(1, Math.min(w, Math.trunc((h * width) / height)));
  return { rows, columns, top: Math.trunc((h - rows) / 2), left: Math.trunc((w - columns) / 2) };
}

export interface ResizeImagesOptions {
  readonly method: ResizeMethod;
  readonly antialias: boolean;
  readonly cropToAspectRatio: boolean;
  readonly padToAspectRatio: boolean;
  readonly fillValue: number;
}

type Size = readonly [height: number, width: number];

/** Images [batch, height, width, channels], resized; those of integers are rounded. */
export function resizeImages(images: Tensor, size: Size, options: ResizeImagesOptions): Tensor {
  const { method, antialias } = options;
  const resized: Tensor = resize(inRatio(images, size, options), [...size], { method, antialias });
  if (resized.dt === images.dt) return resized;
  return images.dt.kind === 'int' ? saturateCast(round(resized), images.dtype) : cast(resized, images.dtype);
}

/** The images, cropped or padded to the aspect ratio. */
function inRatio(images: Tensor, [height, width]: Size, options: ResizeImagesOptions): Tensor {
  const [, h, w] = shapeOf(images);
  if (options.cropToAspectRatio) {
    const { rows, columns, top, left } = aspectWindow(h, w, height, width);
    return crop(images, top, left, rows, columns);
  }
  if (!options.padToAspectRatio) return images;
  const rows = Math.trunc((Math.max(h, Math.trunc((w * height) / width)) - h) / 2);
  const columns = Math.trunc((Math.max(w, Math.trunc((h * width) / height)) - w) / 2);
  const sides = [
    [0, 0],
    [rows, rows],
    [columns, columns],
    [0, 0],
  ];
  return pad(images, sides, { constantValues: options.fillValue });
}
