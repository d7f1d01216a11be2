/** One character of a text picture. */
export interface Cell {
  /** The mark that was drawn here last, or −1. */
  readonly owner: number;
  /** Its braille dots, as the low byte of the Unicode braille block. */
  readonly dots: number;
}

/** The bit of each dot of a braille character: two columns, four rows from the top. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];

/** A grid of characters with the origin at the lower left; coordinates from 0 to 1, what lies outside is clipped. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  readonly #owner: Int32Array;
  readonly #dots: Uint8Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.#owner = new Int32Array(width * height).fill(-1);
    this.#dots = new Uint8Array(width * height);
  }

  /** Claims the character at (x, y). */
  cell(x: number, y: number, owner: number): void {
    if (inside(x) && inside(y)) this.#take(step(x, this.width), step(y, this.height), owner);
  }

  /** Sets one braille dot of the character at (x, y). */
  dot(x: number, y: number, owner: number): void {
    if (!inside(x) || !inside(y)) return;
    const column = step(x, 2 * this.width);
    const row = step(y, 4 * this.height);
    const at = this.#take(column >> 1, row >> 2, owner);
    this.#dots[at] |= DOTS[3 - (row & 3)][column & 1];
  }

  /** Claims the characters on the line from one point to another. */
  line(x0: number, y0: number, x1: number, y1: number, owner: number): void {
    const part = clipLine(x0, y0, x1, y1);
    if (part === undefined) return;
    const [ax, ay, bx, by] = part;
    const c0 = step(ax, this.width);
    const r0 = step(ay, this.height);
    const dc = step(bx, this.width) - c0;
    const dr = step(by, this.height) - r0;
    const steps = Math.max(Math.abs(dc), Math.abs(dr), 1);
    for (let i = 0; i <= steps; i++) {
      this.#take(Math.round(c0 + (dc * i) / steps), Math.round(r0 + (dr * i) / steps), owner);
    }
  }

  /** All characters, line by line from the top. */
  rows(): Cell[][] {
    return Array.from({ length: this.height }, (_, i) => {
      const start = (this.height - 1 - i) * this.width;
      return Array.from({ length: this.width }, (_, c) => ({
        owner: this.#owner[start + c],
        dots: this.#dots[start + c],
      }));
    });
  }

  #take(column: number, row: number, owner: number): number {
    const at = row * this.width + column;
    if (this.#owner[at] !== owner) this.#dots[at] = 0;
    this.#owner[at] = owner;
    return at;
  }
}

function inside(v: number): boolean {
  return v >= 0 && v <= 1;
}

function step(v: number, count: number): number {
  return Math.min(Math.floor(v * count), count - 1);
}

/** The part of a line that lies in the unit square (Liang–Barsky), if any. */
function clipLine(
  x0: number,
  y0: number,
  x1: number,
  y1: number,
): [number, number, number, number] | undefined {
  const dx = x1 - x0;
  const dy = y1 - y0;
  let from = 0;
  let to = 1;
  for (const [p, q] of [
    [-dx, x0],
    [dx, 1 - x0],
    [-dy, y0],
    [dy, 1 - y0],
  ]) {
    if (p === 0) {
      if (q < 0) return undefined;
    } else if (p < 0) from = Math.max(from, q / p);
    else to = Math.min(to, q / p);
  }
  if (from > to) return undefined;
  const keep = (v: number) => Math.min(Math.max(v, 0), 1);
  return [keep(x0 + from * dx), keep(y0 + from * dy), keep(x0 + to * dx), keep(y0 + to * dy)];
}
