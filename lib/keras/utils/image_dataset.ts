/** Images in the files of a folder. */
import { readFile } from 'node:fs/promises';
import { InvalidArgumentError } from '../../core/errors';
import { options as resolve } from '../../core/options';
import { describe, showShape } from '../../core/shape';
import { shapeOf, Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { ones } from '../../ops/array/creation';
import { concat, stack } from '../../ops/array/joining';
import { pad } from '../../ops/array/padding';
import { slice } from '../../ops/array/slicing';
import { tile } from '../../ops/array/movement';
import { resizeMethods, type ResizeMethod } from '../../ops/image/resampling';
import { resize } from '../../ops/image/resize';
import { add, multiply } from '../../ops/math/binary';
import { floor } from '../../ops/math/unary';
import { decodeImage } from './decode_image';
import { datasetsOf, directoryDefaults, type DirectoryDataset, type DirectoryOptions } from './directories';

/** Pixels from the bytes of a file: [height, width, channels], from 0 to 255, with 1, 3 or 4 channels, or with 2, gray and alpha. */
export type DecodeImage = (bytes: Uint8Array, file: string) => Tensor | Promise<Tensor>;

export interface ImageDirectoryOptions extends DirectoryOptions {
  /** 'rgb' (default): 3 channels; 'grayscale': 1; 'rgba': 4. */
  colorMode?: 'grayscale' | 'rgb' | 'rgba';
  /** [height, width] of the results. Default [256, 256]. */
  imageSize?: number | readonly [height: number, width: number];
  /** How images are resized: the methods of `tf.image.resize`. Default 'bilinear'. */
  interpolation?: ResizeMethod;
  /** Whether what does not fit the aspect ratio of `imageSize` is cut off first. Default false. */
  cropToAspectRatio?: boolean;
  /** Whether images keep their aspect ratio, and are padded with zeros. Default false. */
  padToAspectRatio?: boolean;
  /** Reads files. Default: PNG and BMP by a decoder of the library, JPEG and GIF by the package `sharp`, which has to be installed. */
  decode?: DecodeImage | null;
}

const defaults: Required<ImageDirectoryOptions> = {
  ...{ ...directoryDefaults, colorMode: 'rgb', imageSize: [256, 256], interpolation: 'bilinear' },
  ...{ cropToAspectRatio: false, padToAspectRatio: false, decode: null },
};

const where = 'imageDatasetFromDirectory';
const formats = ['.bmp', '.gif', '.jpeg', '.jpg', '.png'];
const channelsOf: Readonly<Record<string, number>> = { grayscale: 1, rgb: 3, rgba: 4 };

/** Images with another number of channels, float32: gray ones are repeated, alpha is dropped, or 255. */
function withChannels(image: Tensor, wanted: number): Tensor {
  const [height, width, channels] = shapeOf(image);
  if (channels === wanted) return image;
  const part = (from: number, count: number): Tensor => slice(image, [0, 0, from], [height, width, count]);
  const isGray = channels < 3;
  if (wanted === 1) {
    if (isGray) return part(0, 1);
    // The integers of libpng, whose sums are exact in float32.
    const weighted = [9798, 19235, 3735].map((weight, i) => multiply(part(i, 1), weight));
    return floor(multiply(add(add(weighted[0], weighted[1]), weighted[2]), 2 ** -15));
  }
  const color = isGray ? tile(part(0, 1), [1, 1, 3]) : part(0, 3);
  if (wanted === 3) return color;
  const alpha = channels % 2 === 0 ? part(channels - 1, 1) : multiply(ones([height, width, 1]), 255);
  return concat([color, alpha], 2);
}

interface Fit {
  readonly size: readonly [number, number];
  readonly method: ResizeMethod;
  readonly crop: boolean;
  readonly pad: boolean;
}

/** An image of the size, float32. */
function fitted(image: Tensor, { size: [height, width], method, ...o }: Fit): Tensor {
  const [h, w, channels] = shapeOf(image);
  let part = image;
  if (o.crop) {
    const rows = Math.max(1, Math.min(h, Math.trunc((w * height) / width)));
    const columns = Math.max(1, Math.min(w, Math.trunc((h * width) / height)));
    part = slice(
      image,
      [Math.trunc((h - rows) / 2), Math.trunc((w - columns) / 2), 0],
      [rows, columns, channels],
    );
  }
  if (!o.pad) return cast(resize(part, [height, width], { method }), 'float32');
  // In float32, and with padding of sizes that are not rounded, as TensorFlow computes them.
  const f = Math.fround;
  const ratio = Math.max(f(w / width), f(h / height));
  const [exactRows, exactColumns] = [f(h / ratio), f(w / ratio)];
  const [rows, columns] = [Math.max(1, Math.floor(exactRows)), Math.max(1, Math.floor(exactColumns))];
  const small = cast(resize(part, [rows, columns], { method }), 'float32');
  const [top, left] = [Math.floor((height - exactRows) / 2), Math.floor((width - exactColumns) / 2)].map(
    (padding) => Math.max(0, padding),
  );
  return pad(small, [
    [top, height - rows - top],
    [left, width - columns - left],
    [0, 0],
  ]);
}

function checkOptions(o: Required<ImageDirectoryOptions>): void {
  const fail = (why: string): never => {
    throw new InvalidArgumentError(`[${where}] ${why}`);
  };
  if (!Object.hasOwn(channelsOf, o.colorMode))
    fail(`\`colorMode\` must be 'grayscale', 'rgb' or 'rgba'; got ${describe(o.colorMode)}`);
  const size: unknown = typeof o.imageSize === 'number' ? [o.imageSize, o.imageSize] : o.imageSize;
  if (!Array.isArray(size) || size.length !== 2 || !size.every((n) => Number.isInteger(n) && n > 0))
    fail(`\`imageSize\` must be [height, width], positive integers; got ${describe(o.imageSize)}`);
  if (!resizeMethods.includes(o.interpolation))
    fail(`\`interpolation\` must be one of ${resizeMethods.join(', ')}; got ${describe(o.interpolation)}`);
  if (o.cropToAspectRatio && o.padToAspectRatio)
    fail('only one of `padToAspectRatio` and `cropToAspectRatio` can be true');
  if (o.decode !== null && typeof o.decode !== 'function')
    throw new TypeError(`[${where}] \`decode\` must be a function of bytes; got ${describe(o.decode)}`);
}

type Both = ImageDirectoryOptions & { subset: 'both' };

/**
 * The images in a folder (`.bmp`, `.gif`, `.jpeg`, `.jpg`, `.png`), float32 [batch, height, width, channels] from 0 to 255, with labels
 * by the subfolders that they are in: an async iterable of batches, [images, labels], or images alone. With `subset: 'both'`, an array
 * of the datasets for training and validation. InvalidArgumentError for options that contradict each other, a folder without such
 * files, and, while it is iterated, files that are damaged. @tf tf.keras.utils.image_dataset_from_directory
 */
export function imageDatasetFromDirectory(
  directory: string,
  options: Both,
): [training: DirectoryDataset, validation: DirectoryDataset];
export function imageDatasetFromDirectory(
  directory: string,
  options?: ImageDirectoryOptions,
): DirectoryDataset;
export function imageDatasetFromDirectory(
  directory: string,
  options: ImageDirectoryOptions = {},
): DirectoryDataset | [DirectoryDataset, DirectoryDataset] {
  const o = { ...defaults, ...resolve(options, 'labels', defaults, where) };
  checkOptions(o);
  const size = typeof o.imageSize === 'number' ? ([o.imageSize, o.imageSize] as const) : o.imageSize;
  const fit: Fit = { size, method: o.interpolation, crop: o.cropToAspectRatio, pad: o.padToAspectRatio };
  const decode: DecodeImage = o.decode ?? decodeImage;
  const imageOf = async (file: string): Promise<Tensor> => {
    const image: unknown = await decode(await readFile(file), file);
    if (!(image instanceof Tensor) || image.rank !== 3 || shapeOf(image)[2] < 1 || shapeOf(image)[2] > 4)
      throw new InvalidArgumentError(
        `[${where}] \`decode\` must give a tensor [height, width, channels] with 1 to 4 channels; for ${file} it gave ` +
          (image instanceof Tensor ? showShape(image.shape) : describe(image)),
      );
    return fitted(withChannels(cast(image, 'float32'), channelsOf[o.colorMode]), fit);
  };
  const read = async (files: readonly string[]): Promise<Tensor> =>
    stack(await Promise.all(files.map(imageOf)));
  return datasetsOf(directory, o, formats, read, where);
}
