/** The bytes of HDF5's messages and texts. */
import { dtypes, type DType, type DTypeInfo } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { floatBits, messageTypes } from './messages';

/** Attributes: text; a list of texts of fixed length; an empty list is one of numbers, as NumPy has it. */
export type H5Attribute = string | readonly string[];

/** The bytes, with zeros up to a multiple of 8. */
export function padded(bytes: Buffer): Buffer {
  const rest = bytes.length % 8;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(8 - rest)]);
}

/** A message of an object header; flag 1: it never changes. */
export function message(type: number, data: Buffer, flags = 0): Buffer {
  const body = padded(data);
  if (body.length > 0xfff8)
    throw new InvalidArgumentError(`[hdf5] a message of ${data.length} bytes: 65528 are the most`);
  const head = Buffer.alloc(8);
  head.writeUInt16LE(type, 0);
  head.writeUInt16LE(body.length, 2);
  head[4] = flags;
  return Buffer.concat([head, body]);
}

export function dataspace(shape: readonly number[]): Buffer {
  const out = Buffer.alloc(8 + 16 * shape.length);
  out.set([1, shape.length, shape.length > 0 ? 1 : 0]);
  // The sizes, and the largest ones that they could have.
  shape.forEach((n, i) => {
    out.writeBigUInt64LE(BigInt(n), 8 + 8 * i);
    out.writeBigUInt64LE(BigInt(n), 8 + 8 * (shape.length + i));
  });
  return out;
}

/** Contiguous; the address is filled in later. */
export function layoutMessage(bytes: number): Buffer {
  const data = Buffer.alloc(24);
  data.set([3, 1]);
  data.fill(0xff, 2, 10);
  data.writeBigUInt64LE(BigInt(bytes), 10);
  return message(messageTypes.layout, data);
}

const integer = (bytes: number, signed: boolean): number[] => [
  0x10,
  signed ? 8 : 0,
  0,
  0,
  bytes,
  0,
  0,
  0,
  0,
  0,
  8 * bytes,
  0,
];

function float(dt: DTypeInfo): number[] {
  const [exponent, mantissa] = floatBits(dt);
  const bits = 8 * dt.bytes;
  const bias = 2 ** (exponent - 1) - 1;
  const head = [0x11, 0x20, bits - 1, 0, dt.bytes, 0, 0, 0];
  return [...head, 0, 0, bits, 0, mantissa, exponent, 0, mantissa, bias & 255, bias >> 8, 0, 0];
}

const bool = [
  ...[0x18, 2, 0, 0, 1, 0, 0, 0],
  ...integer(1, true),
  ...Buffer.from('FALSE\0\0\0TRUE\0\0\0\0'),
  ...[0, 1],
];

function typeOf(dt: DTypeInfo): readonly number[] {
  if (dt.kind === 'bool') return bool;
  // h5py has no such float: two opaque bytes, and an attribute that names them.
  if (dt.name === 'bfloat16') return [0x15, 0, 0, 0, 2, 0, 0, 0];
  return dt.kind === 'float' ? float(dt) : integer(dt.bytes, dt.signed);
}

export const datatype = (dtype: DType): Buffer => Buffer.from(typeOf(dtypes[dtype]));

/** A text of any length, in UTF-8: its length and place in a global heap. */
const textType = Buffer.from([0x19, 1, 1, 0, 16, 0, 0, 0, ...integer(1, false)]);
/** Texts of the same length, filled up with zeros. */
const fixedType = (length: number): Buffer => {
  const out = Buffer.from([0x13, 1, 0, 0, 0, 0, 0, 0]);
  out.writeUInt32LE(length, 4);
  return out;
};

/** The message of an attribute. `place` is that of a single text. */
export function attributeMessage(name: string, value: H5Attribute, place: TextPlace | null): Buffer {
  const { type, space, data } = place === null ? listOf(value as readonly string[]) : textOf(place);
  const nameBytes = Buffer.from(`${name}\0`);
  const head = Buffer.alloc(8);
  head[0] = 1;
  [nameBytes, type, space].forEach(({ length }, i) => head.writeUInt16LE(length, 2 + 2 * i));
  return message(
    messageTypes.attribute,
    Buffer.concat([head, padded(nameBytes), padded(type), padded(space), data]),
  );
}

function textOf({ length, address, index }: TextPlace) {
  const data = Buffer.alloc(16);
  data.writeUInt32LE(length, 0);
  data.writeBigUInt64LE(BigInt(address), 4);
  data.writeUInt32LE(index, 12);
  return { type: textType, space: dataspace([]), data };
}

function listOf(list: readonly string[]) {
  const space = dataspace([list.length]);
  // As NumPy has an empty list.
  if (list.length === 0) return { type: datatype('float64'), space, data: Buffer.alloc(0) };
  const texts = list.map((text) => Buffer.from(text));
  const length = Math.max(1, ...texts.map((text) => text.length));
  const data = Buffer.alloc(length * list.length);
  texts.forEach((text, i) => text.copy(data, i * length));
  return { type: fixedType(length), space, data };
}

/** Where a text lies. */
export interface TextPlace {
  readonly length: number;
  readonly address: number;
  readonly index: number;
}

/** The least size of a global heap's collection, and where it ends unless one text is longer. */
const collectionBytes = 4096;

/** The texts of a file, each once, in global heaps. */
export class Texts {
  private readonly lists: { texts: Buffer[]; bytes: number }[] = [];
  private readonly places = new Map<string, { length: number; list: number; index: number }>();
  private start = 0;

  add(text: string): void {
    if (this.places.has(text)) return;
    const bytes = Buffer.from(text);
    const size = 16 + padded(bytes).length;
    let list = this.lists.at(-1);
    if (list === undefined || list.bytes + size > collectionBytes)
      this.lists.push((list = { texts: [], bytes: 16 }));
    list.texts.push(bytes);
    list.bytes += size;
    this.places.set(text, { length: bytes.length, list: this.lists.length - 1, index: list.texts.length });
  }

  /** Says where the collections will lie. */
  place(start: number): void {
    this.start = start;
  }

  private size = (list: { bytes: number }): number => Math.max(collectionBytes, list.bytes);

  find(text: string): TextPlace {
    const found = this.places.get(text);
    if (found === undefined) throw new InvalidArgumentError('[hdf5] a text was not collected');
    const before = this.lists.slice(0, found.list).reduce((sum, list) => sum + this.size(list), 0);
    return { length: found.length, address: this.start + before, index: found.index };
  }

  collections(): Buffer[] {
    return this.lists.map((list) => {
      const size = this.size(list);
      const out = Buffer.alloc(size);
      out.write('GCOL');
      out[4] = 1;
      out.writeBigUInt64LE(BigInt(size), 8);
      let at = 16;
      list.texts.forEach((text, i) => {
        out.writeUInt16LE(i + 1, at);
        out.writeBigUInt64LE(BigInt(text.length), at + 8);
        text.copy(out, at + 16);
        at += 16 + padded(text).length;
      });
      // What is left is an object too, number 0, which counts itself.
      if (size - at >= 16) out.writeBigUInt64LE(BigInt(size - at), at + 8);
      return out;
    });
  }
}
