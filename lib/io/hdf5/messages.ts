/** The messages of HDF5's object headers that describe values: datatypes, dataspaces, layouts. */
import { dtypes, floating, isDType, type DType, type DTypeInfo } from '../../core/dtype';
import { DataLossError, UnimplementedError } from '../../core/errors';

/** A message of an object header. */
export interface Message {
  readonly type: number;
  readonly data: Buffer;
  /** Where its data lie in the file, for errors. */
  readonly at: number;
}

export const messageTypes = {
  dataspace: 0x1,
  datatype: 0x3,
  externalFiles: 0x7,
  layout: 0x8,
  filters: 0xb,
  attribute: 0xc,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

/** The type of elements in a file. */
export type H5Type =
  | { readonly kind: 'number'; readonly bytes: number; readonly dtype: DType; readonly bigEndian: boolean }
  | { readonly kind: 'string'; readonly bytes: number; readonly pad: number }
  | { readonly kind: 'text'; readonly bytes: number }
  | { readonly kind: 'opaque'; readonly bytes: number }
  | { readonly kind: 'other'; readonly bytes: number; readonly name: string };

/** Reads the fields of a message; DataLossError beyond its end. */
export class Fields {
  at = 0;
  constructor(
    readonly data: Buffer,
    private readonly place: string,
  ) {}

  private take(bytes: number): number {
    const { at } = this;
    if (!Number.isSafeInteger(bytes) || bytes < 0 || at + bytes > this.data.length)
      throw new DataLossError(`${this.place} ends too early: it has ${this.data.length} bytes`);
    this.at = at + bytes;
    return at;
  }

  u8(): number {
    return this.data.readUInt8(this.take(1));
  }
  u16(): number {
    return this.data.readUInt16LE(this.take(2));
  }
  u32(): number {
    return this.data.readUInt32LE(this.take(4));
  }

  /** An address or a size; -1 where the file has the value of undefined addresses. */
  u64(): number {
    const at = this.take(8);
    const low = this.data.readUInt32LE(at);
    const high = this.data.readUInt32LE(at + 4);
    if (low === 0xffffffff && high === 0xffffffff) return -1;
    const value = high * 2 ** 32 + low;
    if (!Number.isSafeInteger(value))
      throw new DataLossError(`${this.place} has the size or address ${value}`);
    return value;
  }

  bytes(count: number): Buffer {
    const at = this.take(count);
    return this.data.subarray(at, at + count);
  }

  skip(count: number): void {
    this.take(count);
  }

  /** Skips to a multiple of 8. */
  align(): void {
    this.at = Math.min(this.data.length, (this.at + 7) & ~7);
  }
}

/** The bits of a float's exponent and mantissa. */
export function floatBits({ bytes, epsilon }: DTypeInfo): readonly [exponent: number, mantissa: number] {
  const mantissa = -Math.log2(epsilon);
  return [8 * bytes - 1 - mantissa, mantissa];
}

/** The float of that many bytes, exponent bits and mantissa bits. */
function floatOf(...layout: readonly [bytes: number, exponent: number, mantissa: number]): DType | undefined {
  const isIt = (dt: DTypeInfo): boolean => [dt.bytes, ...floatBits(dt)].every((n, i) => n === layout[i]);
  return floating.find((name) => isIt(dtypes[name]));
}

export function parseType(data: Buffer, place: string): H5Type {
  const f = new Fields(data, place);
  const [first, bits] = [f.u8(), f.u8()];
  f.skip(2);
  const bytes = f.u32();
  const kind = first & 15;
  const version = first >> 4;
  const other = (name: string): H5Type => ({ kind: 'other', bytes, name });
  if (version < 1 || version > 4) throw new DataLossError(`${place} has the version ${version}`);
  if (bytes === 0) throw new DataLossError(`${place} has elements of 0 bytes`);
  const bigEndian = (bits & 1) === 1;
  if (kind === 0) {
    f.skip(2);
    const precision = f.u16();
    const dtype = `${(bits & 8) !== 0 ? '' : 'u'}int${precision}`;
    if (!isDType(dtype) || precision !== 8 * bytes) return other(`an integer of ${precision} bits`);
    return { kind: 'number', bytes, dtype, bigEndian };
  }
  if (kind === 1) {
    f.skip(5);
    const exponentBits = f.u8();
    f.skip(1);
    const dtype = floatOf(bytes, exponentBits, f.u8());
    return dtype === undefined || (bits & 64) !== 0
      ? other(`a float of ${bytes} bytes`)
      : { kind: 'number', bytes, dtype, bigEndian };
  }
  if (kind === 3) return { kind: 'string', bytes, pad: bits & 15 };
  if (kind === 5) return { kind: 'opaque', bytes };
  // NumPy's booleans: an enumeration of FALSE and TRUE.
  if (kind === 8) {
    const isBool = bytes === 1 && data.includes('FALSE') && data.includes('TRUE');
    return isBool ? { kind: 'number', bytes, dtype: 'bool', bigEndian: false } : other('an enumeration');
  }
  if (kind === 9 && (bits & 15) === 1 && bytes === 16) return { kind: 'text', bytes };
  return other(
    ['', '', 'a time', '', 'a bit field', '', 'a compound', 'a reference'][kind] || `class ${kind}`,
  );
}

/** The dimensions; null for a dataspace without elements. */
export function parseSpace(data: Buffer, place: string): readonly number[] | null {
  const f = new Fields(data, place);
  const [version, rank] = [f.u8(), f.u8()];
  if (version !== 1 && version !== 2) throw new DataLossError(`${place} has the version ${version}`);
  f.skip(1);
  const type = f.u8();
  if (version === 1) f.skip(4);
  if (version === 2 && type === 2) return null;
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) shape.push(f.u64());
  if (shape.some((n) => n < 0)) throw new DataLossError(`${place} has a dimension without a size`);
  return shape;
}

/** Where the elements of a dataset lie: in the file, or in the message itself. */
export type Layout =
  | { readonly kind: 'contiguous'; readonly address: number; readonly bytes: number }
  | { readonly kind: 'compact'; readonly start: number; readonly bytes: number };

export function parseLayout(message: Message, place: string): Layout {
  const f = new Fields(message.data, place);
  const [version, kind] = [f.u8(), f.u8()];
  if (version !== 3 && version !== 4)
    throw new UnimplementedError(`${place} has the version ${version}; Keras and h5py write version 3`);
  if (kind === 0) {
    const bytes = f.u16();
    const start = message.at + f.at;
    f.skip(bytes);
    return { kind: 'compact', start, bytes };
  }
  if (kind === 1) return { kind: 'contiguous', address: f.u64(), bytes: f.u64() };
  throw new UnimplementedError(
    `${place}: ${kind === 2 ? 'chunked (or compressed) datasets are' : 'this layout is'} not supported; ` +
      `Keras writes contiguous ones`,
  );
}
