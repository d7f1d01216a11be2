/** Pixels from the bytes of image files. */
import { InvalidArgumentError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import { constant } from '../../ops/array/convert';
import { reshape } from '../../ops/array/views';
import { mostPixels, type Pixels } from './pixels';
import { decodePng, isPng } from './png';

/** The little of sharp that is used here. */
interface SharpImage {
  toColourspace(name: string): SharpImage;
  raw(): SharpImage;
  toBuffer(options: { resolveWithObject: true }): Promise<{
    data: Uint8Array;
    info: { width: number; height: number; channels: number };
  }>;
}
type Sharp = (bytes: Uint8Array) => SharpImage;

/** The package that reads JPEG and GIF, loaded where it is first needed. */
async function loadSharp(file: string): Promise<Sharp> {
  const name: string = 'sharp';
  try {
    return ((await import(name)) as { default: Sharp }).default;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new InvalidArgumentError(
      `${file}: JPEG and GIF images are read by the package sharp, which is not installed: npm install sharp. Or give the option ` +
        '`decode`, a function from bytes to a tensor [height, width, channels]',
    );
  }
}

function decodeBmp(bytes: Uint8Array, fail: (why: string) => never): Pixels {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 54) fail('the file is cut off');
  const [start, header] = [view.getUint32(10, true), view.getUint32(14, true)];
  const [width, signed] = [view.getInt32(18, true), view.getInt32(22, true)];
  const [bits, compression] = [view.getUint16(28, true), view.getUint32(30, true)];
  const height = Math.abs(signed);
  if (width < 1 || height < 1 || width * height > mostPixels)
    fail(`an image of ${height} × ${width} pixels cannot be read`);
  if (![8, 24, 32].includes(bits) || (compression !== 0 && !(compression === 3 && bits === 32)))
    fail(`BMP images must have 8, 24 or 32 bits per pixel, without compression; this has ${bits}`);
  const row = Math.ceil((width * bits) / 32) * 4;
  if (start + row * height > bytes.length) fail('the file is cut off');
  const palette = 14 + header;
  if (bits === 8 && palette + 1024 > start && palette + 4 * (view.getUint32(46, true) || 256) > start)
    fail('the palette of the image is cut off');
  const channels = bits === 32 ? 4 : 3;
  const data = new Uint8Array(width * height * channels);
  let to = 0;
  for (let y = 0; y < height; y++) {
    let from = start + row * (signed > 0 ? height - 1 - y : y);
    for (let x = 0; x < width; x++, from += bits / 8, to += channels) {
      const at = bits === 8 ? palette + 4 * bytes[from] : from;
      // Blue comes first.
      for (let c = 0; c < 3; c++) data[to + c] = bytes[at + 2 - c];
      if (channels === 4) data[to + 3] = bytes[at + 3];
    }
  }
  return { height, width, channels, data };
}

const startsWith = (bytes: Uint8Array, ...start: number[]): boolean => start.every((b, i) => bytes[i] === b);

/** Pixels of a PNG, BMP, JPEG or GIF image (its first frame), uint8 [height, width, channels], by what the bytes are. */
export async function decodeImage(bytes: Uint8Array, file: string): Promise<Tensor> {
  const fail = (why: string): never => {
    throw new InvalidArgumentError(`[imageDatasetFromDirectory] ${file}: ${why}`);
  };
  let pixels: Pixels;
  if (isPng(bytes)) pixels = decodePng(bytes, fail);
  else if (startsWith(bytes, 0x42, 0x4d)) pixels = decodeBmp(bytes, fail);
  else if (startsWith(bytes, 0xff, 0xd8) || startsWith(bytes, 0x47, 0x49, 0x46)) {
    const sharp = await loadSharp(`[imageDatasetFromDirectory] ${file}`);
    const image = sharp(bytes).toColourspace('srgb').raw();
    const { data, info } = await image.toBuffer({ resolveWithObject: true });
    pixels = { ...info, data };
  } else return fail('the file is no PNG, JPEG, BMP or GIF image');
  const { height, width, channels, data } = pixels;
  return reshape(constant(data, { dtype: 'uint8' }), [height, width, channels]);
}
