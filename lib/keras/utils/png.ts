/** PNG images: all color types and depths, interlaced or not. */
import { inflateSync } from 'node:zlib';
import { mostPixels, type Pixels } from './pixels';

type Fail = (why: string) => never;

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

export const isPng = (bytes: Uint8Array): boolean => signature.every((b, i) => bytes[i] === b);

/** Samples per pixel of each color type, in the file. */
const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const depthsOf: Readonly<Record<number, readonly number[]>> = {
  ...{ 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] },
};

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly color: number;
  readonly interlaced: boolean;
}

interface Chunks {
  readonly header: Header;
  readonly palette: Uint8Array | null;
  /** Alpha of palette entries, or the color that is transparent. */
  readonly transparent: Uint8Array | null;
  readonly data: Uint8Array;
}

function readHeader(view: DataView, at: number, length: number, fail: Fail): Header {
  if (length !== 13) fail('the header of the PNG image is damaged');
  const [width, height] = [view.getUint32(at), view.getUint32(at + 4)];
  const [depth, color, interlace] = [8, 9, 12].map((i) => view.getUint8(at + i));
  if (width < 1 || height < 1 || width * height > mostPixels)
    fail(`an image of ${height} × ${width} pixels cannot be read`);
  if (depthsOf[color]?.includes(depth) !== true || interlace > 1)
    fail('the header of the PNG image is damaged');
  return { width, height, depth, color, interlaced: interlace === 1 };
}

function readChunks(bytes: Uint8Array, fail: Fail): Chunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: Header | null = null;
  let palette: Uint8Array | null = null;
  let transparent: Uint8Array | null = null;
  const data: Uint8Array[] = [];
  for (let at = 8; ;) {
    if (at + 12 > bytes.length) fail('the file is cut off');
    const length = view.getUint32(at);
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1');
    const begin = at + 8;
    at = begin + length + 4;
    if (at > bytes.length) fail('the file is cut off');
    const content = bytes.subarray(begin, begin + length);
    if (type === 'IEND') break;
    if (type === 'IHDR') header = readHeader(view, begin, length, fail);
    else if (type === 'PLTE') palette = content;
    else if (type === 'tRNS') transparent = content;
    else if (type === 'IDAT') data.push(content);
  }
  if (header === null) return fail('the PNG image has no header');
  if (header.color === 3 && palette === null) fail('the PNG image has no palette');
  return { header, palette, transparent, data: Buffer.concat(data) };
}

/** The predictor of Paeth: of left, up and the corner, the one that is nearest to left + up − corner. */
function paeth(a: number, b: number, c: number): number {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}

/** Adds to a row of bytes, in place, what its filter predicts from the row above, `up`, and from `size` bytes to the left. */
function unfilter(kind: number, row: Uint8Array, up: Uint8Array | null, size: number, fail: Fail): void {
  if (kind > 4) fail('the data of the PNG image are damaged');
  for (let i = 0; i < row.length; i++) {
    const a = i >= size ? row[i - size] : 0;
    const b = up === null ? 0 : up[i];
    const c = up === null || i < size ? 0 : up[i - size];
    if (kind === 1) row[i] += a;
    else if (kind === 2) row[i] += b;
    else if (kind === 3) row[i] += (a + b) >> 1;
    else if (kind === 4) row[i] += paeth(a, b, c);
  }
}

/** The passes of Adam7: first column and row, steps between columns and rows. */
const adam7 = [
  ...[
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ],
] as const;

/** The samples of all pixels, as they are in the file: 16-bit ones without their lower half. */
function readSamples({ header, data }: Chunks, fail: Fail): { samples: Uint8Array; low: Uint8Array | null } {
  const { width, height, depth, color, interlaced } = header;
  const count = samplesOf[color];
  const passes = (interlaced ? adam7 : ([[0, 0, 1, 1]] as const))
    .map(([x, y, dx, dy]) => {
      const [w, h] = [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)];
      return { x, y, dx, dy, w, h, row: Math.ceil((w * count * depth) / 8) };
    })
    .filter(({ w, h }) => w > 0 && h > 0);
  const size = passes.reduce((sum, { h, row }) => sum + h * (row + 1), 0);
  let raw: Uint8Array;
  try {
    raw = inflateSync(data, { maxOutputLength: size });
  } catch {
    return fail('the data of the PNG image are damaged');
  }
  if (raw.length !== size) fail('the data of the PNG image are cut off');
  const samples = new Uint8Array(width * height * count);
  const low = depth === 16 ? new Uint8Array(samples.length) : null;
  let at = 0;
  for (const { x, y, dx, dy, w, h, row } of passes) {
    let up: Uint8Array | null = null;
    for (let j = 0; j < h; j++, at += row + 1) {
      const bytes: Uint8Array = raw.subarray(at + 1, at + 1 + row);
      unfilter(raw[at], bytes, up, Math.max(1, (count * depth) >> 3), fail);
      up = bytes;
      for (let k = 0; k < w * count; k++) {
        const to = ((y + j * dy) * width + x + Math.trunc(k / count) * dx) * count + (k % count);
        if (depth === 8) samples[to] = bytes[k];
        else if (low !== null) [samples[to], low[to]] = [bytes[2 * k], bytes[2 * k + 1]];
        else {
          const bit = k * depth;
          samples[to] = (bytes[bit >> 3] >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
        }
      }
    }
  }
  return { samples, low };
}

/** The pixels of a PNG image, with the channels that it has: 1 to 4. `fail` throws what is said about a damaged file. */
export function decodePng(bytes: Uint8Array, fail: Fail): Pixels {
  const chunks = readChunks(bytes, fail);
  const { header, palette, transparent } = chunks;
  const { width, height, depth, color } = header;
  const { samples, low } = readSamples(chunks, fail);
  const n = width * height;
  if (color === 3) {
    const channels = transparent === null ? 3 : 4;
    const data = new Uint8Array(n * channels);
    for (let i = 0; i < n; i++) {
      const entry = samples[i];
      if (3 * entry + 2 >= palette!.length) fail('the PNG image has colors that are not in its palette');
      for (let c = 0; c < 3; c++) data[i * channels + c] = palette![3 * entry + c];
      if (transparent !== null) data[i * 4 + 3] = entry < transparent.length ? transparent[entry] : 255;
    }
    return { height, width, channels, data };
  }
  const count = samplesOf[color];
  const scaled = depth < 8 ? samples.map((v) => (v * 255) / ((1 << depth) - 1)) : samples;
  if (transparent === null || count % 2 === 0 || transparent.length < 2 * count)
    return { height, width, channels: count, data: scaled };
  // The pixels of one color are transparent.
  const data = new Uint8Array(n * (count + 1));
  for (let i = 0; i < n; i++) {
    let same = true;
    for (let c = 0; c < count; c++) {
      const at = i * count + c;
      data[i * (count + 1) + c] = scaled[at];
      const sample = low === null ? samples[at] : samples[at] * 256 + low[at];
      same &&= sample === transparent[2 * c] * 256 + transparent[2 * c + 1];
    }
    data[i * (count + 1) + count] = same ? 0 : 255;
  }
  return { height, width, channels: count + 1, data };
}
