import { inflateSync } from 'node:zlib';

/** A decoded PNG: just what the tests of charts have to look at. */
export class Picture {
  readonly width: number;
  readonly height: number;
  readonly #rgba: Uint8Array;

  /** Decodes 8-bit RGBA without interlacing, the only kind that resvg writes. */
  constructor(file: Buffer) {
    expect(file.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
    const data: Buffer[] = [];
    let header: Buffer | undefined;
    for (let at = 8; at < file.length;) {
      const size = file.readUInt32BE(at);
      const type = file.toString('latin1', at + 4, at + 8);
      const body = file.subarray(at + 8, at + 8 + size);
      if (type === 'IHDR') header = body;
      if (type === 'IDAT') data.push(body);
      at += size + 12;
    }
    this.width = header!.readUInt32BE(0);
    this.height = header!.readUInt32BE(4);
    expect([...header!.subarray(8, 13)]).toEqual([8, 6, 0, 0, 0]);
    this.#rgba = unfilter(inflateSync(Buffer.concat(data)), this.width * 4, this.height);
  }

  /** How many pixels of a rectangle satisfy a test. */
  count(
    test: (r: number, g: number, b: number) => boolean,
    left = 0,
    top = 0,
    right = 1,
    bottom = 1,
  ): number {
    let n = 0;
    for (let y = Math.floor(top * this.height); y < Math.floor(bottom * this.height); y++) {
      for (let x = Math.floor(left * this.width); x < Math.floor(right * this.width); x++) {
        const at = (y * this.width + x) * 4;
        if (test(this.#rgba[at], this.#rgba[at + 1], this.#rgba[at + 2])) n++;
      }
    }
    return n;
  }
}

function unfilter(raw: Buffer, stride: number, height: number): Uint8Array {
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    for (let i = 0; i < stride; i++) {
      const at = y * stride + i;
      const a = i >= 4 ? out[at - 4] : 0;
      const b = y > 0 ? out[at - stride] : 0;
      const c = i >= 4 && y > 0 ? out[at - stride - 4] : 0;
      const guess = [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter];
      out[at] = raw[y * (stride + 1) + 1 + i] + guess;
    }
  }
  return out;
}

function paeth(a: number, b: number, c: number): number {
  const p = a + b - c;
  const [da, db, dc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  return da <= db && da <= dc ? a : db <= dc ? b : c;
}
