/**
 * Blocks: what splits and joins copy, as the instructions of an op say. Whatever an op is called, if all that it does is to
 * copy, it is told by where it copies from and to.
 */
import { native } from '../binding';
import { mergeDims } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { Instruction } from './lower';
import type { LoweredNode } from './lowered';

/** Rows of `columns` elements each, `stride` elements apart, from element `at` of a tensor on. */
export interface Block {
  readonly at: number;
  readonly columns: number;
  readonly stride: number;
}

/** One copy: between a block of one tensor and the whole of the other. */
export interface BlockCopy {
  readonly instruction: Instruction;
  /** The tensor that is copied as a whole, or is made of this copy alone. */
  readonly part: Tensor;
  readonly block: Block;
}

export interface BlockCopies {
  /** The tensor with the blocks: an input that is cut apart, or the output that is joined. */
  readonly whole: Tensor;
  readonly copies: readonly BlockCopy[];
}

/** All elements in one run. */
export const isRun = (block: Block, part: Tensor): boolean => block.columns === part.size;

/** The number of the entry that copies. */
let entry = -1;
function copyEntry(): number {
  if (entry >= 0) return entry;
  native.capture((number) => (entry = number));
  native.copy(new ArrayBuffer(0), new ArrayBuffer(0));
  native.capture(undefined);
  return entry;
}

function blockOf(dims: readonly number[], strides: readonly number[], at: number): Block | null {
  const merged = mergeDims(dims, [strides]);
  const [rows, columns] = merged.dims;
  const [[stride, step]] = merged.strides;
  if (merged.dims.length === 1) {
    if (rows === 1) return { at, columns: 1, stride: 1 };
    return stride === 1 ? { at, columns: rows, stride: rows } : null;
  }
  return merged.dims.length === 2 && step === 1 && stride > columns ? { at, columns, stride } : null;
}

/** What a copy reads and what it writes (calls_copy.cc says how the numbers stand). */
function sides({ numbers }: Instruction): { from: Block | null; to: Block | null; size: number } | null {
  const at = (slot: number): number => (slot < numbers.length ? numbers[slot] : 0);
  const [bytes, n] = [at(2), at(3)];
  const list = (begin: number): number[] => Array.from({ length: n }, (_, i) => at(begin + i));
  const dims = list(4);
  const block = (offset: number, strides: readonly number[]): Block | null =>
    offset % bytes === 0 ? blockOf(dims, strides, offset / bytes) : null;
  const size = dims.reduce((a, b) => a * b, 1);
  if (size === 0) return null;
  return { from: block(at(0), list(4 + n)), to: block(at(1), list(4 + 2 * n)), size };
}

const all = (block: Block | null, t: Tensor, size: number): boolean =>
  block !== null && size === t.size && block.at === 0 && block.columns === size;

/** The results of an op that only cuts its input into blocks. Results that are no block are left out. */
export function cutsOf({ node, instructions, late }: LoweredNode): BlockCopies | null {
  if (late !== undefined || instructions.some((i) => i.entry !== copyEntry())) return null;
  const [whole] = node.inputs;
  const copies: BlockCopy[] = [];
  for (const instruction of instructions) {
    const [source, target] = instruction.buffers;
    const part = node.outputs.find((t) => t.buffer === target);
    const found = sides(instruction);
    if (source !== whole.buffer || part === undefined || found === null) return null;
    if (found.from !== null && all(found.to, part, found.size))
      copies.push({ instruction, part, block: found.from });
  }
  return copies.length > 0 ? { whole, copies } : null;
}

/** The inputs that an op only joins to one result. Inputs that do not become a block are left out. */
export function joinsOf({ node, instructions, late }: LoweredNode): BlockCopies | null {
  if (late !== undefined || node.outputs.length !== 1) return null;
  if (instructions.some((i) => i.entry !== copyEntry())) return null;
  const [whole] = node.outputs;
  const copies: BlockCopy[] = [];
  let covered = 0;
  for (const instruction of instructions) {
    const [source, target] = instruction.buffers;
    const part = node.inputs.find((t) => t.buffer === source);
    const found = sides(instruction);
    if (target !== whole.buffer || part === undefined || found === null) return null;
    covered += found.size;
    if (found.to !== null && all(found.from, part, found.size))
      copies.push({ instruction, part, block: found.to });
  }
  return copies.length > 0 && covered === whole.size ? { whole, copies } : null;
}
