/** tf.image, and other ops that move pixels. */
import * as tf from 'gradtape';
import { mapLoop } from '../loops/elementwise';
import * as images from '../loops/images';
import type { MakeCase } from './case';
import { floats, type Operand } from './data';

const channels = 3;

/** An s×s image of about n elements in [0, 1]; s is a multiple of 4. */
function imageOf(n: number, c = channels): Operand<Float32Array> & { s: number } {
  const s = Math.max(4, 4 * Math.floor(Math.sqrt(n / c) / 4));
  return { ...floats([s, s, c], 0.01, 1), s };
}

/** An op that moves pixels: `from` returns the source of pixel (row, column, channel) of the result, −1 for none. */
function moved(
  side: (s: number) => number,
  from: (row: number, column: number, s: number) => readonly [number, number] | null,
  args: (s: number) => readonly unknown[] = () => [],
): MakeCase {
  return (n) => {
    const { tensor, array, s } = imageOf(n);
    const m = side(s);
    const position = (i: number): number => {
      const pixel = Math.floor(i / channels);
      const place = from(Math.floor(pixel / m), pixel % m, s);
      return place === null ? -1 : (place[0] * s + place[1]) * channels + (i % channels);
    };
    return {
      args: [tensor, ...args(s)],
      loop: () => images.taken(array, m * m * channels, position),
    };
  };
}

function mapped(f: (x: number) => number, ...args: readonly unknown[]): MakeCase {
  return (n) => {
    const { tensor, array } = imageOf(n);
    const loop = mapLoop(f, Float32Array);
    return { args: [tensor, ...args], loop: () => loop(array) };
  };
}

type Pixel = Parameters<typeof images.colors>[1];

function colored(f: Pixel, ...args: readonly unknown[]): MakeCase {
  return (n) => {
    const { tensor, array } = imageOf(n);
    return { args: [tensor, ...args], loop: () => images.colors(array, f) };
  };
}

const same = (s: number): number => s;

/** Blocks of 2×2 pixels to channels, or back; `position` returns the source of an element. */
function blocks(toDepth: boolean): MakeCase {
  return (n) => {
    const c = 4;
    const { array, s } = imageOf(n, c);
    const [m, depth] = toDepth ? [s / 2, 4 * c] : [2 * s, c / 4];
    const position = (i: number): number => {
      const [pixel, k] = [Math.floor(i / depth), i % depth];
      const [row, column] = [Math.floor(pixel / m), pixel % m];
      if (toDepth) {
        const block = Math.floor(k / c);
        return ((2 * row + (block >> 1)) * s + 2 * column + (block & 1)) * c + (k % c);
      }
      return ((row >> 1) * s + (column >> 1)) * c + ((row & 1) * 2 + (column & 1)) * depth + k;
    };
    const tensor = tf.reshape(tf.constant(array), [1, s, s, c]);
    return { args: [tensor, 2], loop: () => images.taken(array, array.length, position) };
  };
}

export const imageOpCases: Readonly<Record<string, MakeCase>> = {
  flipLeftRight: moved(same, (i, j, s) => [i, s - 1 - j]),
  flipUpDown: moved(same, (i, j, s) => [s - 1 - i, j]),
  transposeImage: moved(same, (i, j) => [j, i]),
  rot90: moved(same, (i, j, s) => [j, s - 1 - i]),
  cropToBoundingBox: moved(
    (s) => s / 2,
    (i, j) => [i + 1, j + 1],
    (s) => [1, 1, s / 2, s / 2],
  ),
  padToBoundingBox: moved(
    (s) => s + 4,
    (i, j, s) => (i < 2 || j < 2 || i >= s + 2 || j >= s + 2 ? null : [i - 2, j - 2]),
    (s) => [2, 2, s + 4, s + 4],
  ),
  resizeWithCropOrPad: moved(
    (s) => s - 2,
    (i, j) => [i + 1, j + 1],
    (s) => [s - 2, s - 2],
  ),
  centralCrop: moved(
    (s) => s / 2,
    (i, j, s) => [i + s / 4, j + s / 4],
    () => [0.5],
  ),
  grayscaleToRgb: (n) => {
    const { tensor, array } = imageOf(n, 1);
    return { args: [tensor], loop: () => images.taken(array, 3 * array.length, (i) => Math.floor(i / 3)) };
  },
  depthToSpace: blocks(false),
  spaceToDepth: blocks(true),
  extractPatches: (n) => {
    const { array, s } = imageOf(n);
    const m = s - 1;
    const size = 4 * channels;
    const position = (i: number): number => {
      const [patch, k] = [Math.floor(i / size), i % size];
      const [row, column] = [Math.floor(patch / m), patch % m];
      const pixel = Math.floor(k / channels);
      return ((row + (pixel >> 1)) * s + column + (pixel & 1)) * channels + (k % channels);
    };
    const tensor = tf.reshape(tf.constant(array), [1, s, s, channels]);
    return {
      args: [tensor, [1, 2, 2, 1], [1, 1, 1, 1], [1, 1, 1, 1], 'VALID'],
      loop: () => images.taken(array, m * m * size, position),
    };
  },
  resize: (n) => {
    const { tensor, array, s } = imageOf(n);
    const coordinate = (i: number): number => (i + 0.5) / 2 - 0.5;
    return {
      args: [tensor, [2 * s, 2 * s]],
      loop: () => images.bilinear(array, s, channels, 2 * s, coordinate),
    };
  },
  cropAndResize: (n) => {
    const { array, s } = imageOf(n);
    const m = s / 2;
    const coordinate = (i: number): number => 0.25 * (s - 1) + (i * 0.5 * (s - 1)) / (m - 1);
    return {
      args: [
        tf.reshape(tf.constant(array), [1, s, s, channels]),
        tf.constant([[0.25, 0.25, 0.75, 0.75]]),
        tf.constant([0], { dtype: 'int32' }),
        [m, m],
      ],
      loop: () => images.bilinear(array, s, channels, m, coordinate),
    };
  },
  saturateCast: mapped((x) => Math.trunc(Math.min(Math.max(x, 0), 255)), 'uint8'),
  // The product is rounded to float32, as the op's.
  convertImageDtype: mapped((x) => Math.trunc(Math.fround(x * 255.5)), 'uint8'),
  adjustBrightness: mapped((x) => x + 0.25, 0.25),
  adjustGamma: mapped((x) => Math.sqrt(x), 0.5),
  rgbToHsv: colored(images.toHsv),
  hsvToRgb: colored(images.toRgb),
  adjustHue: colored((r, g, b) => {
    const [h, s, v] = images.toHsv(r, g, b);
    return images.toRgb((h + 0.25) % 1, s, v);
  }, 0.25),
  adjustSaturation: colored((r, g, b) => {
    const [h, s, v] = images.toHsv(r, g, b);
    return images.toRgb(h, Math.min(2 * s, 1), v);
  }, 2),
  rgbToGrayscale: (n) => {
    const { tensor, array, s } = imageOf(n);
    return {
      args: [tensor],
      loop: () => {
        const y = new Float32Array(s * s);
        for (let i = 0; i < y.length; i++)
          y[i] = 0.2989 * array[3 * i] + 0.587 * array[3 * i + 1] + 0.114 * array[3 * i + 2];
        return y;
      },
    };
  },
  adjustContrast: (n) => {
    const { tensor, array } = imageOf(n);
    return { args: [tensor, 2], loop: () => images.contrast(array, channels, 2) };
  },
  perImageStandardization: (n) => {
    const { tensor, array } = imageOf(n);
    return { args: [tensor], loop: () => images.standardized(array) };
  },
  totalVariation: (n) => {
    const { tensor, array, s } = imageOf(n);
    return { args: [tensor], loop: () => images.totalVariation(array, s, channels) };
  },
};
