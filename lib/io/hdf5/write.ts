/**
 * Writes HDF5 files as h5py does by default: superblock 0, groups with symbol tables, contiguous datasets, attributes of text.
 * The structure comes first, in one buffer; the elements of the datasets follow and are not copied.
 */
import { dtypes, type DType } from '../../core/dtype';
import { InvalidArgumentError, ResourceExhaustedError } from '../../core/errors';
import {
  attributeMessage,
  dataspace,
  datatype,
  layoutMessage,
  message,
  padded,
  Texts,
  type H5Attribute,
  type TextPlace,
} from './encode';
import { messageTypes } from './messages';

/** A group of a file to write. */
export interface H5Group {
  attributes?: Record<string, H5Attribute>;
  groups?: Record<string, H5Group>;
  datasets?: Record<string, H5Dataset>;
}

export interface H5Dataset {
  shape: readonly number[];
  dtype: DType;
  /** The elements as they are stored in memory. Asked for when they are written. */
  data: () => Uint8Array;
}

/** The most links of a symbol node, and children of a tree's node: what h5py's files say in their superblock. */
const nodeLinks = 8;
const treeChildren = 32;
const undefinedAddress = Buffer.alloc(8, 0xff);

/** The structure of a file while it grows: objects refer to each other by addresses. */
class Structure {
  private readonly chunks: Buffer[] = [];
  size = 0;
  /** Places of addresses of data, which are known when the structure is complete. */
  private readonly pending: { chunk: Buffer; at: number; offset: number }[] = [];
  private dataSize = 0;
  readonly data: { offset: number; dataset: H5Dataset; bytes: number }[] = [];
  readonly texts = new Texts();

  /** Appends a chunk, and returns its address. */
  append(chunk: Buffer): number {
    const address = this.size;
    this.chunks.push(chunk);
    this.size += chunk.length;
    if (this.size > 2 ** 30)
      throw new ResourceExhaustedError('[hdf5] the groups of a file take more than 1 GiB');
    return address;
  }

  /** Reserves the place of a dataset's elements; `at` in `chunk` gets their address. */
  addData(dataset: H5Dataset, bytes: number, chunk: Buffer, at: number): void {
    this.pending.push({ chunk, at, offset: this.dataSize });
    this.data.push({ offset: this.dataSize, dataset, bytes });
    this.dataSize += Math.ceil(bytes / 8) * 8;
  }

  /** The chunks with all addresses, and the size of the file. */
  finish(): { chunks: Buffer[]; size: number } {
    for (const { chunk, at, offset } of this.pending) chunk.writeBigUInt64LE(BigInt(this.size + offset), at);
    return { chunks: this.chunks, size: this.size + this.dataSize };
  }
}

function u64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}

/** The parts of a file, in order, and its size. */
export function hdf5Parts(root: H5Group): { size: number; parts: () => Iterable<Uint8Array> } {
  const structure = new Structure();
  collectTexts(root, structure.texts);
  const superblock = Buffer.alloc(96);
  structure.append(superblock);
  structure.texts.place(structure.size);
  for (const collection of structure.texts.collections()) structure.append(collection);
  const { header, tree, heap } = writeGroup(structure, root);
  const { chunks, size } = structure.finish();
  superblock.write('894844460d0a1a0a', 'hex');
  superblock.set([8, 8], 13);
  superblock.writeUInt16LE(nodeLinks / 2, 16);
  superblock.writeUInt16LE(treeChildren / 2, 18);
  undefinedAddress.copy(superblock, 32);
  superblock.writeBigUInt64LE(BigInt(size), 40);
  undefinedAddress.copy(superblock, 48);
  superblock.writeBigUInt64LE(BigInt(header), 64);
  superblock.writeUInt32LE(1, 72);
  superblock.writeBigUInt64LE(BigInt(tree), 80);
  superblock.writeBigUInt64LE(BigInt(heap), 88);
  const head = Buffer.concat(chunks);
  return { size, parts: () => partsOf(head, structure.data) };
}

function* partsOf(head: Buffer, data: Structure['data']): Generator<Uint8Array> {
  yield head;
  for (const { dataset, bytes } of data) {
    const elements = dataset.data();
    if (elements.length !== bytes)
      throw new InvalidArgumentError(`[hdf5] a dataset has ${elements.length} bytes in place of ${bytes}`);
    yield elements;
    if (bytes % 8 !== 0) yield Buffer.alloc(8 - (bytes % 8));
  }
}

function collectTexts(group: H5Group, texts: Texts): void {
  for (const value of Object.values(group.attributes ?? {})) if (typeof value === 'string') texts.add(value);
  for (const { dtype } of Object.values(group.datasets ?? {}))
    if (dtype === 'bfloat16') texts.add('bfloat16');
  for (const child of Object.values(group.groups ?? {})) collectTexts(child, texts);
}

/** Writes what is in a group, then the group. */
function writeGroup(structure: Structure, group: H5Group): { header: number; tree: number; heap: number } {
  const links = new Map<string, { header: number; tree?: number; heap?: number }>();
  for (const [name, child] of Object.entries(group.groups ?? {}))
    links.set(name, writeGroup(structure, child));
  for (const [name, dataset] of Object.entries(group.datasets ?? {})) {
    if (links.has(name))
      throw new InvalidArgumentError(`[hdf5] '${name}' is the name of a group and of a dataset`);
    links.set(name, { header: writeDataset(structure, dataset) });
  }
  const { tree, heap } = writeLinks(structure, links);
  const messages = [
    message(messageTypes.symbolTable, Buffer.concat([u64(tree), u64(heap)])),
    ...Object.entries(group.attributes ?? {}).map(([name, value]) => attributeOf(structure, name, value)),
  ];
  return { header: writeHeader(structure, messages), tree, heap };
}

function attributeOf(structure: Structure, name: string, value: H5Attribute): Buffer {
  const place: TextPlace | null = typeof value === 'string' ? structure.texts.find(value) : null;
  return attributeMessage(name, value, place);
}

function writeHeader(structure: Structure, messages: readonly Buffer[]): number {
  const size = messages.reduce((sum, { length }) => sum + length, 0);
  const prefix = Buffer.alloc(16);
  prefix[0] = 1;
  prefix.writeUInt16LE(messages.length, 2);
  prefix.writeUInt32LE(1, 4);
  prefix.writeUInt32LE(size, 8);
  const address = structure.append(prefix);
  for (const one of messages) structure.append(one);
  return address;
}

function writeDataset(structure: Structure, dataset: H5Dataset): number {
  const { shape, dtype } = dataset;
  const bytes = shape.reduce((size, n) => size * n, 1) * dtypes[dtype].bytes;
  const layout = layoutMessage(bytes);
  if (bytes > 0) structure.addData(dataset, bytes, layout, 8 + 2);
  const messages = [
    message(messageTypes.dataspace, dataspace(shape)),
    message(messageTypes.datatype, datatype(dtype), 1),
    // Fill value: allocated late, written if set, the default.
    message(0x5, Buffer.from([2, 2, 2, 1, 0, 0, 0, 0]), 1),
    layout,
  ];
  if (dtype === 'bfloat16') messages.push(attributeOf(structure, 'dtype', 'bfloat16'));
  return writeHeader(structure, messages);
}

type Link = { readonly header: number; readonly tree?: number; readonly heap?: number };

/** The local heap with the names, the symbol nodes, and the tree over them. */
function writeLinks(structure: Structure, links: ReadonlyMap<string, Link>): { tree: number; heap: number } {
  const sorted = [...links]
    .map(([name, link]) => ({ name: Buffer.from(`${name}\0`), link, offset: 0 }))
    .sort((a, b) => Buffer.compare(a.name, b.name));
  let offset = 8;
  for (const entry of sorted) {
    entry.offset = offset;
    offset += padded(entry.name).length;
  }
  const names = Buffer.concat([Buffer.alloc(8), ...sorted.map(({ name }) => padded(name))]);
  const heap = structure.size;
  structure.append(
    Buffer.concat([Buffer.from('HEAP\0\0\0\0'), u64(names.length), u64(1), u64(heap + 32), names]),
  );

  let level = 0;
  let nodes: { address: number; last: number }[] = [];
  for (let at = 0; at < sorted.length; at += nodeLinks) {
    const entries = sorted.slice(at, at + nodeLinks);
    nodes.push({ address: structure.append(symbolNode(entries)), last: entries[entries.length - 1].offset });
  }
  for (;;) {
    const above: typeof nodes = [];
    const count = Math.max(1, Math.ceil(nodes.length / treeChildren));
    const start = structure.size;
    for (let i = 0; i < count; i++) {
      const children = nodes.slice(i * treeChildren, (i + 1) * treeChildren);
      const before = i === 0 ? 0 : nodes[i * treeChildren - 1].last;
      const siblings = [
        i === 0 ? null : start + (i - 1) * treeBytes,
        i === count - 1 ? null : start + (i + 1) * treeBytes,
      ];
      const address = structure.append(treeNode(level, siblings, before, children));
      above.push({ address, last: children.at(-1)?.last ?? 0 });
    }
    if (count === 1) return { tree: above[0].address, heap };
    nodes = above;
    level++;
  }
}

const treeBytes = 24 + 16 * treeChildren + 8;

function symbolNode(entries: readonly { offset: number; link: Link }[]): Buffer {
  const node = Buffer.alloc(8 + 40 * nodeLinks);
  node.write('SNOD');
  node[4] = 1;
  node.writeUInt16LE(entries.length, 6);
  entries.forEach(({ offset, link }, i) => {
    const at = 8 + 40 * i;
    node.writeBigUInt64LE(BigInt(offset), at);
    node.writeBigUInt64LE(BigInt(link.header), at + 8);
    if (link.tree === undefined || link.heap === undefined) return;
    node.writeUInt32LE(1, at + 16);
    node.writeBigUInt64LE(BigInt(link.tree), at + 24);
    node.writeBigUInt64LE(BigInt(link.heap), at + 32);
  });
  return node;
}

function treeNode(
  level: number,
  siblings: readonly (number | null)[],
  before: number,
  children: readonly { address: number; last: number }[],
): Buffer {
  const node = Buffer.alloc(treeBytes);
  node.write('TREE');
  node[5] = level;
  node.writeUInt16LE(children.length, 6);
  siblings.forEach((address, i) =>
    (address === null ? undefinedAddress : u64(address)).copy(node, 8 + 8 * i),
  );
  node.writeBigUInt64LE(BigInt(before), 24);
  children.forEach(({ address, last }, i) => {
    node.writeBigUInt64LE(BigInt(address), 32 + 16 * i);
    node.writeBigUInt64LE(BigInt(last), 40 + 16 * i);
  });
  return node;
}
