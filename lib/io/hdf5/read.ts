/**
 * Reads the part of HDF5 that Keras and h5py write by default: superblock 0, groups with symbol tables, contiguous datasets,
 * attributes. Every size and address is checked against the file before it is used, every structure is visited once.
 */
import { DataLossError, UnimplementedError } from '../../core/errors';
import type { DType } from '../../core/dtype';
import { maxDepth } from '../../core/lists';
import type { Tensor } from '../../core/tensor';
import type { ByteSource } from '../source';
import { elementsOf, readTensor } from '../stored';
import {
  Fields,
  messageTypes,
  parseLayout,
  parseSpace,
  parseType,
  type H5Type,
  type Message,
} from './messages';

const signature = Buffer.from('894844460d0a1a0a', 'hex');
/** Longest name of a link. */
const maxName = 1 << 16;

/** Whether the bytes begin as an HDF5 file does. */
const isHdf5 = (source: ByteSource): boolean =>
  source.size >= 8 && source.read(0, 8, 'the signature').equals(signature);

/** The root of a file. DataLossError if the bytes are none, UnimplementedError for newer versions of the format. */
export function openHdf5(source: ByteSource): ReadGroup {
  if (!isHdf5(source)) throw new DataLossError(`[${source.name}] is not an HDF5 file`);
  const version = source.read(8, 1, 'the superblock')[0];
  if (version > 1)
    throw new UnimplementedError(
      `[${source.name}] has HDF5's superblock version ${version}, as files written with libver='latest' do; ` +
        `Keras and h5py write version 0 by default, which is what can be read`,
    );
  const f = new Fields(
    source.read(0, version === 0 ? 96 : 100, 'the superblock'),
    `[${source.name}] the superblock`,
  );
  f.skip(13);
  if (f.u8() !== 8 || f.u8() !== 8)
    throw new UnimplementedError(`[${source.name}] addresses of HDF5 files must have 8 bytes`);
  f.skip(version === 0 ? 9 : 13);
  if (f.u64() !== 0)
    throw new UnimplementedError(`[${source.name}] HDF5 files with a user block are not supported`);
  f.skip(32);
  return new ReadGroup(new H5Reader(source), f.u64(), '');
}

/** What all objects of a file share. */
class H5Reader {
  constructor(readonly source: ByteSource) {}

  fail(what: string, at?: number): never {
    const place = at === undefined ? '' : ` at byte ${at}`;
    throw new DataLossError(`[${this.source.name}] is a damaged HDF5 file: ${what}${place}`);
  }

  place(path: string, what: string): string {
    return `[${this.source.name}] ${path === '' ? '/' : path}: ${what}`;
  }

  /** The messages of an object header. */
  messages(address: number, path: string): Message[] {
    const { source } = this;
    const what = this.place(path, 'its object header');
    const prefix = source.read(address, 16, what);
    if (prefix.toString('latin1', 0, 4) === 'OHDR')
      throw new UnimplementedError(`${what} is of the newer format of HDF5, which Keras does not write`);
    if (prefix[0] !== 1) this.fail(`${path} has no object header`, address);
    const count = prefix.readUInt16LE(2);
    const blocks: [number, number][] = [[address + 16, prefix.readUInt32LE(8)]];
    const seen = new Set<number>();
    const found: Message[] = [];
    // Continuation blocks are appended while the list is walked.
    for (const [start, length] of blocks) {
      if (seen.has(start)) this.fail(`the object header of ${path} has loops`, start);
      seen.add(start);
      const block = source.read(start, length, what);
      for (let at = 0; at + 8 <= length && found.length < count;) {
        const size = block.readUInt16LE(at + 2);
        if (at + 8 + size > length) this.fail(`a message of ${path} ends beyond its block`, start + at);
        const message = {
          type: block.readUInt16LE(at),
          data: block.subarray(at + 8, at + 8 + size),
          at: start + at + 8,
        };
        if ((block[at + 4] & 2) !== 0)
          throw new UnimplementedError(`${what} has shared messages, which Keras does not write`);
        found.push(message);
        if (message.type === messageTypes.continuation) {
          const f = new Fields(message.data, what);
          blocks.push([f.u64(), f.u64()]);
        }
        at += 8 + size;
      }
    }
    return found;
  }

  /** The links of a group: the addresses of object headers by name. */
  links(table: Message, path: string): Map<string, number> {
    const f = new Fields(table.data, this.place(path, 'its symbol table'));
    const [tree, heap] = [f.u64(), f.u64()];
    const names = this.localHeap(heap, path);
    const links = new Map<string, number>();
    const seen = new Set<number>();
    this.walkTree(tree, null, path, seen, (node) => this.readLinks(node, names, path, links));
    return links;
  }

  private localHeap(address: number, path: string): Buffer {
    const head = new Fields(
      this.source.read(address, 32, this.place(path, 'its names')),
      this.place(path, 'its names'),
    );
    if (head.bytes(4).toString('latin1') !== 'HEAP') this.fail(`the names of ${path} are missing`, address);
    head.skip(4);
    const size = head.u64();
    head.skip(8);
    return this.source.read(head.u64(), size, this.place(path, 'its names'));
  }

  /** Calls f with the address of each symbol node. `level` is that which the node must have. */
  private walkTree(
    address: number,
    level: number | null,
    path: string,
    seen: Set<number>,
    f: (node: number) => void,
  ): void {
    const what = this.place(path, 'its list of links');
    if (seen.has(address)) this.fail(`the links of ${path} have loops`, address);
    seen.add(address);
    const head = this.source.read(address, 24, what);
    if (head.toString('latin1', 0, 4) !== 'TREE' || head[4] !== 0)
      this.fail(`the links of ${path} are no tree`, address);
    const own = head[5];
    if (level !== null && own !== level)
      this.fail(`the tree of the links of ${path} has wrong levels`, address);
    const count = head.readUInt16LE(6);
    const entries = new Fields(this.source.read(address + 24, count * 16, what), what);
    for (let i = 0; i < count; i++) {
      entries.skip(8);
      const child = entries.u64();
      if (own > 0) this.walkTree(child, own - 1, path, seen, f);
      else if (seen.has(child)) this.fail(`the links of ${path} have loops`, child);
      else {
        seen.add(child);
        f(child);
      }
    }
  }

  private readLinks(node: number, names: Buffer, path: string, links: Map<string, number>): void {
    const what = this.place(path, 'its links');
    const head = this.source.read(node, 8, what);
    if (head.toString('latin1', 0, 4) !== 'SNOD') this.fail(`the links of ${path} are missing`, node);
    const count = head.readUInt16LE(6);
    const entries = new Fields(this.source.read(node + 8, count * 40, what), what);
    for (let i = 0; i < count; i++) {
      const [start, header, cache] = [entries.u64(), entries.u64(), entries.u32()];
      entries.skip(20);
      const end = start < 0 ? -1 : names.indexOf(0, start);
      if (end < 0 || end - start > maxName) this.fail(`a link of ${path} has no name`, node);
      const name = names.toString('utf8', start, end);
      if (name === '' || links.has(name)) this.fail(`the link '${name}' of ${path} is not unique`, node);
      // The address of a symbolic link is not that of an object.
      links.set(name, cache === 2 ? -1 : header);
    }
  }

  /** A text in a global heap. */
  text(f: Fields, path: string): string {
    const length = f.u32();
    const [address, index] = [f.u64(), f.u32()];
    if (length === 0) return '';
    const what = this.place(path, 'a text');
    const head = new Fields(this.source.read(address, 16, what), what);
    if (head.bytes(4).toString('latin1') !== 'GCOL') this.fail(`a text of ${path} is missing`, address);
    head.skip(4);
    const size = head.u64();
    this.source.check(address, size, what);
    for (let at = 16; at + 16 <= size;) {
      const object = this.source.read(address + at, 16, what);
      const bytes = object.readUInt32LE(8) + object.readUInt32LE(12) * 2 ** 32;
      const found = object.readUInt16LE(0);
      if (found === 0 || bytes > size - at - 16) break;
      if (found === index) {
        if (length > bytes) break;
        return this.source.read(address + at + 16, length, what).toString('utf8');
      }
      at += 16 + Math.ceil(bytes / 8) * 8;
    }
    return this.fail(`a text of ${path} is missing`, address);
  }
}

/** The value of an attribute. */
export type AttributeValue = string | number | readonly string[] | readonly number[] | null;

class ReadObject {
  private attributeMessages: Map<string, Message> | null = null;

  constructor(
    protected readonly file: H5Reader,
    protected readonly messages: readonly Message[],
    readonly path: string,
  ) {}

  protected find(type: number): Message | null {
    return this.messages.find((message) => message.type === type) ?? null;
  }

  /** The value of an attribute; null if there is none. */
  attribute(name: string): AttributeValue {
    this.attributeMessages ??= this.listAttributes();
    const message = this.attributeMessages.get(name);
    return message === undefined ? null : this.attributeValue(message, name);
  }

  private parts(message: Message, what: string) {
    const f = new Fields(message.data, what);
    const version = f.u8();
    if (version < 1 || version > 3) throw new DataLossError(`${what} has the version ${version}`);
    const flags = f.u8();
    if (version > 1 && flags !== 0) throw new UnimplementedError(`${what} has a shared type`);
    const sizes = [f.u16(), f.u16(), f.u16()];
    if (version === 3) f.skip(1);
    const [name, type, space] = sizes.map((size) => {
      const part = f.bytes(size);
      if (version === 1) f.align();
      return part;
    });
    return { name: name.toString('utf8').replace(/\0.*$/s, ''), type, space, values: f };
  }

  private listAttributes(): Map<string, Message> {
    if (this.find(messageTypes.attributeInfo) !== null)
      throw new UnimplementedError(
        this.file.place(this.path, 'attributes of the newer format are not supported'),
      );
    const what = this.file.place(this.path, 'an attribute');
    return new Map(
      this.messages
        .filter(({ type }) => type === messageTypes.attribute)
        .map((message) => [this.parts(message, what).name, message]),
    );
  }

  private attributeValue(message: Message, name: string): AttributeValue {
    const what = this.file.place(this.path, `the attribute '${name}'`);
    const parts = this.parts(message, what);
    const type = parseType(parts.type, what);
    const shape = parseSpace(parts.space, what);
    if (shape === null) return null;
    const count = elementsOf(shape, type.bytes);
    const left = parts.values.data.length - parts.values.at;
    if (count === null || count * type.bytes > left)
      throw new DataLossError(`${what} has the shape [${shape.join(',')}], but only ${left} bytes`);
    const values: (string | number)[] = [];
    let characters = 0;
    for (let i = 0; i < count; i++) {
      const value = this.element(type, parts.values, what);
      values.push(value);
      // Elements may share a text: together they are no longer than the file.
      characters += typeof value === 'string' ? value.length : 0;
      if (characters > this.file.source.size) throw new DataLossError(`${what} is longer than the file`);
    }
    return shape.length === 0 ? values[0] : (values as string[] | number[]);
  }

  private element(type: H5Type, values: Fields, what: string): string | number {
    if (type.kind === 'text') return this.file.text(values, what);
    const bytes = values.bytes(type.bytes);
    if (type.kind === 'string') {
      const end = type.pad === 2 ? -1 : bytes.indexOf(0);
      const text = bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
      return type.pad === 2 ? text.trimEnd() : text;
    }
    if (type.kind !== 'number' || type.dtype === 'float16' || type.dtype === 'bfloat16')
      throw new UnimplementedError(`${what} is neither text nor numbers`);
    const data = Buffer.from(bytes);
    if (type.bigEndian) data.reverse();
    if (type.dtype === 'float32') return data.readFloatLE();
    if (type.dtype === 'float64') return data.readDoubleLE();
    const value = data.readUIntLE(0, Math.min(6, bytes.length));
    return type.dtype.startsWith('u') || type.dtype === 'bool'
      ? value
      : data.readIntLE(0, Math.min(6, bytes.length));
  }
}

/** A dataset of a file that is read. */
export class ReadDataset extends ReadObject {
  readonly shape: readonly number[];
  /** The dtype of the elements; null if they are no numbers. */
  readonly dtype: DType | null;
  private readonly type: H5Type;
  private readonly where: { readonly at: number; readonly bytes: number };

  constructor(file: H5Reader, messages: readonly Message[], path: string) {
    super(file, messages, path);
    const what = file.place(path, 'the dataset');
    const [type, space, layout] = [messageTypes.datatype, messageTypes.dataspace, messageTypes.layout].map(
      (wanted) => this.find(wanted) ?? file.fail(`${path} is no dataset`),
    );
    if (this.find(messageTypes.externalFiles) !== null)
      throw new UnimplementedError(`${what} has its elements in another file: not allowed`);
    this.type = parseType(type.data, what);
    this.shape = parseSpace(space.data, what) ?? [0];
    const found = parseLayout(layout, what);
    // No element was ever written: HDF5 would return fill values.
    this.where = {
      at: found.kind === 'compact' ? found.start : Math.max(0, found.address),
      bytes: found.bytes,
    };
    const stored = found.kind === 'contiguous' && found.address < 0 ? 0 : found.bytes;
    const count = elementsOf(this.shape, this.type.bytes);
    if (count === null || count * this.type.bytes > stored)
      throw new DataLossError(
        `${what} has the shape [${this.shape.join(',')}] of elements of ${this.type.bytes} bytes, but ${stored} bytes are stored`,
      );
    file.source.check(this.where.at, stored, what);
    this.dtype = this.dtypeOf();
  }

  private dtypeOf(): DType | null {
    const { type } = this;
    if (type.kind === 'number') return type.dtype;
    // Keras writes bfloat16 as two opaque bytes, and says so.
    if (type.kind === 'opaque' && type.bytes === 2 && this.attribute('dtype') === 'bfloat16')
      return 'bfloat16';
    return null;
  }

  /** What the elements are, for messages. */
  get typeName(): string {
    return this.dtype ?? ('name' in this.type ? this.type.name : this.type.kind);
  }

  /** The elements. DataLossError if they are no numbers. */
  read(): Tensor {
    const what = this.file.place(this.path, 'the dataset');
    if (this.dtype === null)
      throw new DataLossError(`${what} has elements of the type ${this.typeName}, no numbers`);
    const bigEndian = this.type.kind === 'number' && this.type.bigEndian;
    return readTensor(this.file.source, this.where.at, this.dtype, this.shape, what, bigEndian);
  }
}

/** A group of a file that is read. */
export class ReadGroup extends ReadObject {
  private found: Map<string, number> | null = null;

  constructor(file: H5Reader, address: number, path: string, messages = file.messages(address, path)) {
    super(file, messages, path);
  }

  private get links(): Map<string, number> {
    if (this.found !== null) return this.found;
    const table = this.find(messageTypes.symbolTable);
    if (table === null)
      throw new UnimplementedError(
        this.file.place(
          this.path,
          'is no group, or one of the newer format of HDF5, which Keras does not write',
        ),
      );
    return (this.found = this.file.links(table, this.path));
  }

  /** The names in it. */
  keys(): string[] {
    return [...this.links.keys()];
  }

  private open(name: string): { address: number; messages: Message[]; path: string } | null {
    const address = this.links.get(name);
    if (address === undefined) return null;
    const path = `${this.path}/${name}`;
    if (address < 0) throw new UnimplementedError(this.file.place(path, 'symbolic links are not allowed'));
    return { address, messages: this.file.messages(address, path), path };
  }

  /** The group of that name, or of that path with slashes; null if there is none. */
  group(path: string): ReadGroup | null {
    const [name, ...rest] = path.split('/');
    // Groups may lead back to themselves.
    if (rest.length > maxDepth) this.file.fail(`a path of ${rest.length} names in ${this.path}`);
    const found = this.open(name);
    if (found === null || !found.messages.some(({ type }) => type === messageTypes.symbolTable)) return null;
    const group = new ReadGroup(this.file, found.address, found.path, found.messages);
    return rest.length === 0 ? group : group.group(rest.join('/'));
  }

  /** The dataset of that name, or of that path with slashes; null if there is none. */
  dataset(path: string): ReadDataset | null {
    const at = path.lastIndexOf('/');
    const group = at < 0 ? this : this.group(path.slice(0, at));
    const found = group?.open(path.slice(at + 1)) ?? null;
    if (found === null || !found.messages.some(({ type }) => type === messageTypes.layout)) return null;
    return new ReadDataset(this.file, found.messages, found.path);
  }
}
