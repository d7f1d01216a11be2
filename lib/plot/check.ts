import { type Color, parseColor } from './color';
import { LARGEST } from './model';

/** Something with a gradtape tensor's `data()`. */
export interface HasData {
  data(): ArrayLike<number | bigint>;
}

/** The coordinates that a chart accepts: an array, a typed array, any array-like of numbers, or a tensor. */
export type Values = ArrayLike<number | bigint> | HasData;

/** Whether a value can only be meant as coordinates, not as an options object. */
export function looksLikeValues(v: unknown): boolean {
  if (typeof v !== 'object' || v === null) return false;
  return 'length' in v || typeof (v as Partial<HasData>).data === 'function';
}

/** Copies coordinates out, so that later writes to the caller's array do not change the chart. */
export function readValues(fn: string, arg: string, v: unknown): Float64Array {
  const where = `${fn}: ${arg}`;
  let list = v;
  if (typeof v === 'object' && v !== null && typeof (v as Partial<HasData>).data === 'function') {
    list = (v as HasData).data();
    if (typeof (list as Partial<Promise<unknown>> | null)?.then === 'function') {
      throw new TypeError(`${where}.data() returned a Promise; await it and pass the numbers`);
    }
  }
  if (typeof list !== 'object' || list === null || !('length' in list)) {
    throw new TypeError(`${where} must be an array of numbers, a typed array or a tensor, got ${kind(list)}`);
  }
  const { length } = list as ArrayLike<unknown>;
  if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0) {
    throw new TypeError(`${where} must be an array of numbers; its length is ${String(length)}`);
  }
  if (length === 0) throw new RangeError(`${where} is empty; give at least one number`);
  const out = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const e = (list as ArrayLike<unknown>)[i];
    if (typeof e === 'number') out[i] = e;
    else if (typeof e === 'bigint') out[i] = Number(e);
    else {
      const hint = typeof e === 'object' && e !== null ? '; flatten it' : '';
      throw new TypeError(`${where}[${i}] must be a number, got ${kind(e)}${hint}`);
    }
  }
  return out;
}

export function sameLength(fn: string, x: Float64Array, y: Float64Array): void {
  if (x.length !== y.length) {
    throw new RangeError(`${fn}: x and y must have the same length, got ${x.length} and ${y.length} numbers`);
  }
}

/** A plain options object (or nothing) whose keys are all known: a misspelt option is an error, not a silent default. */
export function checkOptions(fn: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null || looksLikeValues(options)) {
    throw new TypeError(`${fn}: options must be an object like { ${known[0]}: … }, got ${kind(options)}`);
  }
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw new TypeError(`${fn}: there is no option '${key}'; the options are ${known.join(', ')}`);
    }
  }
}

export function readNumber(fn: string, arg: string, v: unknown, min: number, max: number): number {
  if (typeof v !== 'number') throw new TypeError(`${fn}: ${arg} must be a number, got ${kind(v)}`);
  if (!(v >= min && v <= max)) {
    throw new RangeError(`${fn}: ${arg} must be a number from ${min} to ${max}, got ${v}`);
  }
  return v;
}

export function readInteger(fn: string, arg: string, v: unknown, min: number, max: number): number {
  const n = readNumber(fn, arg, v, min, max);
  if (!Number.isInteger(n)) throw new RangeError(`${fn}: ${arg} must be a whole number, got ${n}`);
  return n;
}

export function readBoolean(fn: string, arg: string, v: unknown): boolean {
  if (typeof v !== 'boolean') throw new TypeError(`${fn}: ${arg} must be true or false, got ${kind(v)}`);
  return v;
}

/** Text for a title or label. Characters that no SVG may contain (and no terminal should obey) become spaces. */
export function readText(fn: string, arg: string, v: unknown): string {
  if (typeof v !== 'string') throw new TypeError(`${fn}: ${arg} must be a string, got ${kind(v)}`);
  return v
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]|\p{Surrogate}/gu, ' ');
}

export function readColor(fn: string, arg: string, v: unknown): Color {
  if (typeof v !== 'string') throw new TypeError(`${fn}: ${arg} must be a string, got ${kind(v)}`);
  const color = parseColor(v);
  if (color === undefined) {
    throw new RangeError(
      `${fn}: ${arg} must be a CSS colour: a name such as 'steelblue', #rgb, #rrggbb, rgb(), hsl() or hwb(), ` +
        `got ${quote(v)}`,
    );
  }
  return color;
}

export function readChoice<T>(fn: string, arg: string, v: unknown, choices: readonly T[]): T {
  if (!(choices as readonly unknown[]).includes(v)) {
    const list = choices.map((c) => (typeof c === 'string' ? quote(c) : String(c))).join(', ');
    throw new RangeError(
      `${fn}: ${arg} must be one of ${list}, got ${typeof v === 'string' ? quote(v) : kind(v)}`,
    );
  }
  return v as T;
}

/** [low, high], finite, increasing, and far enough apart for numbers between them. */
export function readRange(fn: string, arg: string, v: unknown): readonly [number, number] {
  if (!Array.isArray(v) || v.length !== 2) {
    throw new TypeError(`${fn}: ${arg} must be [low, high], got ${kind(v)}`);
  }
  const low = readNumber(fn, `${arg}[0]`, v[0], -LARGEST, LARGEST);
  const high = readNumber(fn, `${arg}[1]`, v[1], -LARGEST, LARGEST);
  if (!(high - low > 1e-12 * Math.max(Math.abs(low), Math.abs(high)))) {
    throw new RangeError(`${fn}: ${arg} must be [low, high] with low < high, got [${low}, ${high}]`);
  }
  return [low, high];
}

function quote(text: string): string {
  return `'${text.length > 40 ? text.slice(0, 40) + '…' : text}'`;
}

/** What a wrong value is, in a few words. */
function kind(v: unknown): string {
  if (v === null || v === undefined || typeof v === 'boolean') return String(v);
  if (typeof v === 'string') return `the string ${quote(v)}`;
  if (typeof v === 'number' || typeof v === 'bigint') return `the ${typeof v} ${v}`;
  if (Array.isArray(v)) return `an array of ${v.length}`;
  if (ArrayBuffer.isView(v)) return `a ${v.constructor.name}`;
  return typeof v === 'object' ? 'an object' : `a ${typeof v}`;
}
