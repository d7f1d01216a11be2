/**
 * Where tensors' elements live. A storage is a V8 ArrayBuffer, so that garbage collection frees it inside synchronous
 * code. Small tensors are carved from slabs by bumping an offset; a large one has a block of its own, which `dispose`,
 * `tidy` and the tape can hand back to a free list.
 */
import { native, frame } from '../binding';
import { ResourceExhaustedError } from './errors';

/** Tensors up to this many bytes are carved from slabs and never given back one by one. */
export const smallBytes = 1024;
/** Up to this many bytes blocks are carved from slabs too: an array buffer of its own costs more than such a block. */
const carvedBytes = 8 * 1024;
const slabBytes = 64 * 1024;
const alignment = 64;

/** Where elements lie: a block, that of a large tensor and the views that share it, or a slab of many small tensors. */
export class Storage {
  /** Tensors that share a block. */
  refs = 1;
  /** Holders that need the elements although no tensor may show them any more (a tape, a variable). */
  pins = 0;
  constructor(
    readonly buffer: ArrayBuffer,
    /** Byte offset of a block: the first 64-byte boundary. */
    readonly base: number,
    /** The size of a block; 0 for all others, which no tensor frees. */
    readonly bytes: number,
    /** Of a tensor without elements: what it is in their stead. */
    readonly instead: object | null = null,
  ) {}
}

/** Uninitialised memory; page-faulting it in is what costs, not this call. */
function rawBuffer(bytes: number): ArrayBuffer {
  try {
    return Buffer.allocUnsafeSlow(bytes).buffer;
  } catch (error) {
    throw new ResourceExhaustedError(`this process cannot allocate ${bytes} bytes`, { cause: error });
  }
}

function alignedBase(buffer: ArrayBuffer): number {
  frame[0] = buffer.byteLength;
  return (alignment - native.newStorage(buffer)) % alignment;
}

/** The slab that small tensors are carved from now. Read by the tensor constructor path only. */
export const slab = {
  storage: new Storage(new ArrayBuffer(0), 0, 0),
  /** Next free byte. */
  position: 0,
  end: 0,
};

export function nextSlab(): void {
  const buffer = rawBuffer(slabBytes + alignment);
  slab.storage = new Storage(buffer, 0, 0);
  slab.position = alignedBase(buffer);
  slab.end = slab.position + slabBytes;
  counters.slabs++;
}

/** Block sizes are rounded up so that freed ones fit again: at most an eighth is lost, and that is never touched. */
function sizeClass(bytes: number): number {
  if (bytes < 2 ** 30) {
    const step = 1 << Math.max(6, 28 - Math.clz32(bytes));
    return (bytes + step - 1) & -step;
  }
  return Math.ceil(bytes / 2 ** 27) * 2 ** 27;
}

const freeBlocks = new Map<number, Storage[]>();
/** Free blocks are kept up to this many bytes; carved ones, each of which keeps a whole slab, up to fewer. */
const freeLimit = 512 * 1024 * 1024;
const freeCarvedLimit = 2 * 1024 * 1024;
const counters = { slabs: 0, blocks: 0, recycled: 0, freeBytes: 0, freeCarvedBytes: 0, freeBlocks: 0 };

export function takeBlock(bytes: number): Storage {
  const size = sizeClass(bytes);
  const list = freeBlocks.get(size);
  const free = list?.pop();
  if (free !== undefined) {
    free.refs = 1;
    free.pins = 0;
    counters.recycled++;
    if (size <= carvedBytes) counters.freeCarvedBytes -= size;
    counters.freeBytes -= size;
    counters.freeBlocks--;
    return free;
  }
  if (size <= carvedBytes) {
    if (slab.position + size > slab.end) nextSlab();
    const at = slab.position;
    slab.position = at + size;
    return new Storage(slab.storage.buffer, at, size);
  }
  const buffer = rawBuffer(size + alignment);
  counters.blocks++;
  return new Storage(buffer, alignedBase(buffer), size);
}

/** One sharer less; the last one, if nothing pins the block, frees it for reuse. */
export function releaseBlock(block: Storage): void {
  if (--block.refs > 0 || block.pins > 0) return;
  if (block.refs < 0 || counters.freeBytes + block.bytes > freeLimit) return;
  if (block.bytes <= carvedBytes) {
    if (counters.freeCarvedBytes + block.bytes > freeCarvedLimit) return;
    counters.freeCarvedBytes += block.bytes;
  }
  const list = freeBlocks.get(block.bytes);
  if (list === undefined) freeBlocks.set(block.bytes, [block]);
  else list.push(block);
  counters.freeBytes += block.bytes;
  counters.freeBlocks++;
}

export interface MemoryInfo {
  /** Bytes that V8 holds in array buffers, ours and others'. */
  arrayBuffers: number;
  /** Bytes of freed blocks that wait for reuse. */
  freeBytes: number;
  freeBlocks: number;
  /** Blocks allocated, and blocks reused, since the process began. */
  blocksAllocated: number;
  blocksRecycled: number;
  /** Slabs allocated since the process began. */
  slabsAllocated: number;
}

/** What the library holds and has used. */
export function memory(): MemoryInfo {
  return {
    arrayBuffers: process.memoryUsage().arrayBuffers,
    freeBytes: counters.freeBytes,
    freeBlocks: counters.freeBlocks,
    blocksAllocated: counters.blocks,
    blocksRecycled: counters.recycled,
    slabsAllocated: counters.slabs,
  };
}

/**
 * Gives memory that nothing uses back to the system: blocks that wait for reuse are dropped, for garbage collection to free,
 * and so are the freed pages of glibc's heap (`malloc_trim`), which otherwise stay with the process. What is allocated next is
 * slower. To be called when a server falls idle, say; once more after a garbage collection gives back what that freed.
 */
memory.trim = function trim(): void {
  freeBlocks.clear();
  counters.freeBytes = counters.freeCarvedBytes = counters.freeBlocks = 0;
  native.trimHeap();
};
