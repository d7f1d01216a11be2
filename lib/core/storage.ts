/**
 * Storage of tensor elements. A storage is a V8 ArrayBuffer, so that garbage collection frees it even during synchronous code.
 * Small tensors are bump-allocated from slabs; a large tensor has an allocation of its own, a block, which `dispose`, `tidy`
 * and the tape return to a free list.
 */
import { native } from '../binding';
import { ResourceExhaustedError } from './errors';

/** Tensors up to this many bytes are allocated from slabs and never freed individually. */
export const smallBytes = 1024;
/** Blocks up to this many bytes are allocated from slabs too: a separate ArrayBuffer would cost more. */
const slabAllocationBytes = 8 * 1024;
export const slabBytes = 64 * 1024;
const alignment = 64;

/** Memory of elements: the block of a large tensor and its views, or a slab, which many small tensors share. */
export class Storage {
  /** Reference count: the tensors that share a block. */
  refs = 1;
  /** Number of owners (tapes, variables, `tf.keep`) that need the elements even if all tensors were disposed. */
  pins = 0;
  constructor(
    readonly buffer: ArrayBuffer,
    /** Byte offset of a block: the first 64-byte boundary. */
    readonly base: number,
    /** The size of a block; 0 for slabs and foreign buffers, which are not reference-counted. */
    readonly bytes: number,
    /**
     * Null if there are elements. Otherwise why there are none: a Placeholder in a symbolic tensor; in a disposed tensor its
     * former storage, if a tape may still need the elements, or an empty object.
     */
    readonly emptyReason: object | null = null,
  ) {}
}

/** The elements of a tensor of strings: each is a string with a character for each byte. See strings.ts. */
export class StringStorage extends Storage {
  constructor(readonly values: readonly string[]) {
    super(new ArrayBuffer(0), 0, 0);
  }
}

/** Uninitialised memory. Its cost is the page faults at first access, not this call. */
function rawBuffer(bytes: number): ArrayBuffer {
  try {
    return Buffer.allocUnsafeSlow(bytes).buffer;
  } catch (error) {
    throw new ResourceExhaustedError(`this process cannot allocate ${bytes} bytes`, { cause: error });
  }
}

function alignedBase(buffer: ArrayBuffer): number {
  return (alignment - native.newStorage(buffer)) % alignment;
}

/** The slab from which small tensors are allocated. Only allocations read it. */
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

/** Rounds block sizes up so that freed blocks can be reused. At most an eighth is padding, whose pages are never touched. */
function sizeClass(bytes: number): number {
  if (bytes < 2 ** 30) {
    const step = 1 << Math.max(6, 28 - Math.clz32(bytes));
    return (bytes + step - 1) & -step;
  }
  return Math.ceil(bytes / 2 ** 27) * 2 ** 27;
}

const freeBlocks = new Map<number, Storage[]>();
/** Limits on the bytes in the free list: in total, and in blocks within slabs, each of which retains a whole slab. */
const freeLimit = 512 * 1024 * 1024;
const freeSlabLimit = 2 * 1024 * 1024;
const counters = { slabs: 0, blocks: 0, recycled: 0, freeBytes: 0, freeSlabBytes: 0, freeBlocks: 0 };

export function allocateBlock(bytes: number): Storage {
  const size = sizeClass(bytes);
  const list = freeBlocks.get(size);
  const free = list?.pop();
  if (free !== undefined) {
    free.refs = 1;
    free.pins = 0;
    counters.recycled++;
    if (size <= slabAllocationBytes) counters.freeSlabBytes -= size;
    counters.freeBytes -= size;
    counters.freeBlocks--;
    return free;
  }
  if (size <= slabAllocationBytes) {
    if (slab.position + size > slab.end) nextSlab();
    const at = slab.position;
    slab.position = at + size;
    return new Storage(slab.storage.buffer, at, size);
  }
  const buffer = rawBuffer(size + alignment);
  counters.blocks++;
  return new Storage(buffer, alignedBase(buffer), size);
}

/** Removes one reference; the last one returns the block to the free list unless it is pinned. */
export function releaseBlock(block: Storage): void {
  if (--block.refs > 0 || block.pins > 0) return;
  if (block.refs < 0 || counters.freeBytes + block.bytes > freeLimit) return;
  if (block.bytes <= slabAllocationBytes) {
    if (counters.freeSlabBytes + block.bytes > freeSlabLimit) return;
    counters.freeSlabBytes += block.bytes;
  }
  const list = freeBlocks.get(block.bytes);
  if (list === undefined) freeBlocks.set(block.bytes, [block]);
  else list.push(block);
  counters.freeBytes += block.bytes;
  counters.freeBlocks++;
}

export interface MemoryInfo {
  /** Bytes of all array buffers in V8, including those of other code. */
  arrayBuffers: number;
  /** Bytes of the blocks in the free list. */
  freeBytes: number;
  freeBlocks: number;
  /** Blocks allocated, and blocks reused, since the process began. */
  blocksAllocated: number;
  blocksRecycled: number;
  /** Slabs allocated since the process began. */
  slabsAllocated: number;
}

/** Memory statistics of the library. */
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
 * Returns unused memory to the system: the free list is dropped, for garbage collection to free, and so are the free pages
 * of glibc's heap (`malloc_trim`), which otherwise stay with the process. The next allocations are slower. Call it when a
 * server becomes idle, for example; a second call after a garbage collection returns what that freed.
 */
memory.trim = function trim(): void {
  freeBlocks.clear();
  counters.freeBytes = counters.freeSlabBytes = counters.freeBlocks = 0;
  native.trimHeap();
};
