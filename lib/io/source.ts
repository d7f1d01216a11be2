/** Where the bytes of a file are read from: all readers go through bounds checks here. */
import * as fs from 'node:fs';
import { DataLossError, InvalidArgumentError, NotFoundError } from '../core/errors';
import { describe } from '../core/shape';

/** Bytes that are read by their positions. `name` is that of the file, for messages. */
export abstract class ByteSource {
  constructor(
    readonly name: string,
    readonly size: number,
  ) {}

  /** Fills `target` with the bytes from `at` on; the range has been checked. */
  protected abstract copy(at: number, target: Uint8Array): void;

  /** DataLossError if the range is not within the file. */
  check(at: number, length: number, what: string): void {
    if (Number.isSafeInteger(at) && Number.isSafeInteger(length) && at >= 0 && length >= 0)
      if (length <= this.size && at <= this.size - length) return;
    throw new DataLossError(
      `[${this.name}] ${what} would be ${length} bytes at byte ${at}, but there are ${this.size} bytes: ` +
        `the file is damaged or truncated`,
    );
  }

  readInto(at: number, target: Uint8Array, what: string): void {
    this.check(at, target.length, what);
    this.copy(at, target);
  }

  /** A copy of a range, which is allocated after the check. */
  read(at: number, length: number, what: string): Buffer {
    this.check(at, length, what);
    const target = Buffer.allocUnsafe(length);
    this.copy(at, target);
    return target;
  }

  /** A range as a source of its own. */
  section(at: number, length: number, name: string): ByteSource {
    this.check(at, length, name);
    return new Section(this, at, length, name);
  }
}

class Section extends ByteSource {
  constructor(
    private readonly whole: ByteSource,
    private readonly start: number,
    size: number,
    name: string,
  ) {
    super(name, size);
  }

  protected copy(at: number, target: Uint8Array): void {
    this.whole.readInto(this.start + at, target, this.name);
  }
}

/** Bytes in memory. */
export class BytesSource extends ByteSource {
  constructor(
    name: string,
    private readonly bytes: Uint8Array,
  ) {
    super(name, bytes.length);
  }

  protected copy(at: number, target: Uint8Array): void {
    target.set(this.bytes.subarray(at, at + target.length));
  }
}

const pageBytes = 1 << 16;
/** The most bytes that one call of the system reads. */
const mostAtOnce = 1 << 30;

class FileSource extends ByteSource {
  /** The last page that small reads needed. */
  private page: Buffer | null = null;
  private pageStart = 0;

  constructor(
    name: string,
    private readonly handle: number,
    size: number,
  ) {
    super(name, size);
  }

  protected copy(at: number, target: Uint8Array): void {
    if (target.length > pageBytes / 8) {
      this.fill(at, target);
      return;
    }
    let { page } = this;
    if (page === null || at < this.pageStart || at + target.length > this.pageStart + page.length) {
      const length = Math.min(pageBytes, this.size - at);
      page = page?.length === length ? page : Buffer.allocUnsafe(length);
      this.page = null;
      this.fill(at, page);
      this.page = page;
      this.pageStart = at;
    }
    target.set(page.subarray(at - this.pageStart, at - this.pageStart + target.length));
  }

  private fill(at: number, target: Uint8Array): void {
    for (let done = 0; done < target.length;) {
      const length = Math.min(mostAtOnce, target.length - done);
      const count = fs.readSync(this.handle, target, done, length, at + done);
      if (count === 0)
        throw new DataLossError(
          `[${this.name}] ends at byte ${at + done}: it became shorter while it was read`,
        );
      done += count;
    }
  }
}

/** TypeError if it is not the path of a file. */
export function checkPath(file: unknown, where: string): asserts file is string {
  if (typeof file !== 'string' || file === '' || file.includes('\0'))
    throw new TypeError(`[${where}] needs the path of a file; got ${describe(file)}`);
}

function openRegular(file: string, where: string): { handle: number; size: number } {
  let handle: number;
  try {
    handle = fs.openSync(file, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
    throw new NotFoundError(`[${where}] there is no file '${file}'`, { cause: error });
  }
  const stat = fs.fstatSync(handle);
  if (stat.isFile()) return { handle, size: stat.size };
  fs.closeSync(handle);
  throw new InvalidArgumentError(`[${where}] '${file}' is not a regular file`);
}

/** Calls f with a file, which is open until f returns. NotFoundError if there is none. */
export function withFile<T>(file: string, where: string, f: (source: ByteSource) => T): T {
  const { handle, size } = openRegular(file, where);
  try {
    return f(new FileSource(file, handle, size));
  } finally {
    fs.closeSync(handle);
  }
}

/** The content of a small file, such as a JSON. DataLossError if it is larger than `most` bytes. */
export function readSmallFile(file: string, where: string, most: number): Buffer {
  return withFile(file, where, (source) => {
    if (source.size > most)
      throw new DataLossError(`[${file}] has ${source.size} bytes; at most ${most} are expected`);
    return source.read(0, source.size, 'the file');
  });
}
