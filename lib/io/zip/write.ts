/** Writes zip files of stored members, as Python's zipfile does. */
import { crc32 } from '../crc32';

/** A member to write. Its parts are asked for twice: for the checksum, and for the file. */
export interface ZipMember {
  readonly name: string;
  readonly size: number;
  readonly parts: () => Iterable<Uint8Array>;
}

export const zipMember = (name: string, content: Uint8Array): ZipMember => ({
  name,
  size: content.length,
  parts: () => [content],
});

const limit32 = 0xffffffff;
const u32 = (value: number): number => Math.min(value, limit32);

/** Sizes that 32 bits don't have, as zip64's extra field. */
function largeField(values: readonly number[]): Buffer {
  const large = values.filter((value) => value >= limit32);
  if (large.length === 0) return Buffer.alloc(0);
  const field = Buffer.alloc(4 + 8 * large.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * large.length, 2);
  large.forEach((value, i) => field.writeBigUInt64LE(BigInt(value), 4 + 8 * i));
  return field;
}

/** What local headers and the directory have in common, from the version on. */
function common(version: number, name: Buffer, crc: number, size: number, extra: number): Buffer {
  const out = Buffer.alloc(26);
  out.writeUInt16LE(version, 0);
  // Names are UTF-8.
  out.writeUInt16LE(name.some((byte) => byte > 127) ? 0x800 : 0, 2);
  // 1 January 1980.
  out.writeUInt16LE(0x21, 8);
  out.writeUInt32LE(crc, 10);
  out.writeUInt32LE(u32(size), 14);
  out.writeUInt32LE(u32(size), 18);
  out.writeUInt16LE(name.length, 22);
  out.writeUInt16LE(extra, 24);
  return out;
}

function signature(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value);
  return out;
}

/** The parts of a file, in order. */
export function* zipParts(members: readonly ZipMember[]): Generator<Uint8Array> {
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name: text, size, parts } of members) {
    const name = Buffer.from(text);
    let crc = 0;
    for (const part of parts()) crc = crc32(part, crc);
    const extra = largeField([size, size]);
    const header = Buffer.concat([
      signature(0x04034b50),
      common(extra.length > 0 ? 45 : 20, name, crc, size, extra.length),
      name,
      extra,
    ]);
    const entryExtra = largeField([size, size, at]);
    const version = entryExtra.length > 0 ? 45 : 20;
    const rest = Buffer.alloc(14);
    // Readable and writable by the owner.
    rest.writeUInt32LE((0o600 << 16) >>> 0, 6);
    rest.writeUInt32LE(u32(at), 10);
    directory.push(
      signature(0x02014b50),
      Buffer.from([version, 3]),
      common(version, name, crc, size, entryExtra.length),
      rest,
      name,
      entryExtra,
    );
    yield header;
    yield* parts();
    at += header.length + size;
  }
  const list = Buffer.concat(directory);
  yield list;
  yield endOf(members.length, list.length, at);
}

function endOf(count: number, bytes: number, at: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, 0xffff), 8);
  end.writeUInt16LE(Math.min(count, 0xffff), 10);
  end.writeUInt32LE(u32(bytes), 12);
  end.writeUInt32LE(u32(at), 16);
  if (count < 0xffff && bytes < limit32 && at < limit32) return end;
  const large = Buffer.alloc(76);
  large.writeUInt32LE(0x06064b50, 0);
  large.writeBigUInt64LE(44n, 4);
  large.writeUInt16LE(45, 12);
  large.writeUInt16LE(45, 14);
  large.writeBigUInt64LE(BigInt(count), 24);
  large.writeBigUInt64LE(BigInt(count), 32);
  large.writeBigUInt64LE(BigInt(bytes), 40);
  large.writeBigUInt64LE(BigInt(at), 48);
  large.writeUInt32LE(0x07064b50, 56);
  large.writeBigUInt64LE(BigInt(at + bytes), 64);
  large.writeUInt32LE(1, 72);
  return Buffer.concat([large, end]);
}
