/** Reads zip files: members are found in the central directory; stored ones are read in place. */
import * as zlib from 'node:zlib';
import { DataLossError, UnimplementedError } from '../../core/errors';
import { crc32 } from '../crc32';
import { BytesSource, type ByteSource } from '../source';

interface Member {
  readonly name: string;
  readonly method: number;
  readonly flags: number;
  readonly crc: number;
  readonly stored: number;
  readonly size: number;
  readonly header: number;
}

const endBytes = 22;
const checkedAtOnce = 1 << 18;
/** The most that DEFLATE can compress. */
const deflateRatio = 1032;

/** A zip file that is read. */
export class ZipReader {
  private readonly members = new Map<string, Member>();

  /** @param maxRatio How many times its stored size a compressed member of more than 16 MiB may have. */
  constructor(
    private readonly source: ByteSource,
    private readonly maxRatio = deflateRatio,
  ) {
    const { count, at, bytes } = this.findDirectory();
    const directory = source.read(at, bytes, 'the list of members');
    for (let i = 0, place = 0; i < count; i++) place = this.readMember(directory, place);
  }

  private fail(what: string): never {
    throw new DataLossError(`[${this.source.name}] is not a readable zip file: ${what}`);
  }

  private findDirectory(): { count: number; at: number; bytes: number } {
    const { source } = this;
    const length = Math.min(source.size, endBytes + 0xffff);
    const tail = source.read(source.size - length, length, 'the end of the zip file');
    let end = length - endBytes;
    while (
      end >= 0 &&
      (tail.readUInt32LE(end) !== 0x06054b50 || tail.readUInt16LE(end + 20) !== length - end - endBytes)
    )
      end--;
    if (end < 0) this.fail('it has no list of members');
    const [disk, count] = [tail.readUInt16LE(end + 4), tail.readUInt16LE(end + 10)];
    const [bytes, at] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
    if (count !== 0xffff && bytes !== 0xffffffff && at !== 0xffffffff) {
      if (disk !== 0) this.fail('it has several parts');
      return { count, at, bytes };
    }
    return this.findLargeDirectory(source.size - length + end - 20);
  }

  /** The directory of the format for large files, zip64. */
  private findLargeDirectory(locator: number): { count: number; at: number; bytes: number } {
    const { source } = this;
    const place = source.read(locator, 20, 'the end of the zip64 file');
    if (place.readUInt32LE(0) !== 0x07064b50) this.fail('it has no list of members');
    const end = source.read(this.u64(place, 8), 56, 'the end of the zip64 file');
    if (end.readUInt32LE(0) !== 0x06064b50) this.fail('it has no list of members');
    return { count: this.u64(end, 32), bytes: this.u64(end, 40), at: this.u64(end, 48) };
  }

  private u64(buffer: Buffer, at: number): number {
    if (at + 8 > buffer.length) this.fail('a field ends too early');
    return buffer.readUInt32LE(at) + buffer.readUInt32LE(at + 4) * 2 ** 32;
  }

  private readMember(directory: Buffer, at: number): number {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== 0x02014b50)
      this.fail('its list of members is damaged');
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) =>
      directory.readUInt16LE(at + field),
    );
    const nameEnd = at + 46 + nameBytes;
    const end = nameEnd + extraBytes + commentBytes;
    if (end > directory.length) this.fail('its list of members is damaged');
    const name = directory.toString('utf8', at + 46, nameEnd);
    const sizes = [24, 20, 42].map((field) => directory.readUInt32LE(at + field));
    const [size, stored, header] = this.largeSizes(directory.subarray(nameEnd, nameEnd + extraBytes), sizes);
    const flags = directory.readUInt16LE(at + 8);
    const member = {
      name,
      method: directory.readUInt16LE(at + 10),
      flags,
      crc: directory.readUInt32LE(at + 16),
    };
    if (this.members.has(name)) this.fail(`it has two members '${name}'`);
    this.members.set(name, { ...member, size, stored, header });
    return end;
  }

  /** The sizes and the place of a member, in zip64's extra field where they exceed 32 bits. */
  private largeSizes(extra: Buffer, sizes: readonly number[]): readonly number[] {
    if (!sizes.includes(0xffffffff)) return sizes;
    for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
      if (extra.readUInt16LE(at) !== 1) continue;
      let place = at + 4;
      return sizes.map((size) => {
        if (size !== 0xffffffff) return size;
        place += 8;
        return this.u64(extra, place - 8);
      });
    }
    return sizes;
  }

  get names(): string[] {
    return [...this.members.keys()];
  }

  /** The content of a member, checked against its checksum; null if there is none of that name. */
  open(name: string): ByteSource | null {
    const member = this.members.get(name);
    if (member === undefined) return null;
    const { source } = this;
    const what = `its member '${name}'`;
    if ((member.flags & 1) !== 0) throw new UnimplementedError(`[${source.name}] ${what} is encrypted`);
    const local = source.read(member.header, 30, what);
    if (local.readUInt32LE(0) !== 0x04034b50) this.fail(`${what} is missing`);
    const start = member.header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    source.check(start, member.stored, what);
    const full = `${source.name}: ${name}`;
    if (member.method === 0) {
      if (member.size !== member.stored) this.fail(`${what} has two sizes`);
      const content = source.section(start, member.size, full);
      this.verify(content, member.crc, what);
      return content;
    }
    if (member.method !== 8)
      throw new UnimplementedError(`[${source.name}] ${what} is compressed by method ${member.method}`);
    const content = new BytesSource(full, this.inflate(member, start, what));
    this.verify(content, member.crc, what);
    return content;
  }

  private inflate({ size, stored }: Member, start: number, what: string): Uint8Array {
    const ratio = size > 2 ** 24 ? this.maxRatio : deflateRatio;
    if (size > ratio * stored + 64)
      this.fail(`${what} would grow from ${stored} to ${size} bytes: such a file is refused`);
    const compressed = this.source.read(start, stored, what);
    let content: Buffer;
    try {
      content = zlib.inflateRawSync(compressed, { maxOutputLength: Math.max(1, size) });
    } catch (error) {
      return this.fail(`${what} cannot be decompressed: ${(error as Error).message}`);
    }
    if (content.length !== size) this.fail(`${what} has ${content.length} bytes in place of ${size}`);
    return content;
  }

  private verify(content: ByteSource, expected: number, what: string): void {
    let crc = 0;
    // One buffer for all: it stays in the cache.
    const buffer = Buffer.allocUnsafe(Math.min(checkedAtOnce, content.size));
    for (let at = 0; at < content.size; at += buffer.length) {
      const part = buffer.subarray(0, content.size - at);
      content.readInto(at, part, what);
      crc = crc32(part, crc);
    }
    if (crc !== expected) this.fail(`the checksum of ${what} is wrong`);
  }
}
