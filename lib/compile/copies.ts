/**
 * Blocks: what splits and joins copy, as the instructions of an op say. Whatever an op is called, if all that it does is to
 * copy, it is told by where it copies from and to.
 */
import { native } from '../binding';
import { mergeDims } from '../core/shape';
import { bufferOf, type Tensor } from '../core/tensor';
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
  /** Which of the instruction's copies. */
  readonly piece: number;
  /** The tensor that is copied as a whole, or is made of this copy alone. */
  readonly part: Tensor;
  readonly block: Block;
}

export interface BlockCopies {
  /** The tensor with the blocks: an input that is cut apart, or the output that is joined. */
  readonly whole: Tensor;
  readonly copies: readonly BlockCopy[];
  /** Nothing else is copied. */
  readonly complete: boolean;
}

/** All elements in one run. */
export const isRun = (block: Block, part: Tensor): boolean => block.columns === part.size;

/** What an instruction copies from one buffer to another; null: not a block. */
interface Copy {
  readonly source: ArrayBuffer;
  readonly target: ArrayBuffer;
  readonly from: Block | null;
  readonly to: Block | null;
  readonly size: number;
}

const nowhere = new ArrayBuffer(0);
/** Stands for what is no copy. */
const nothing: Copy = { source: nowhere, target: nowhere, from: null, to: null, size: 0 };

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

/** What an instruction copies (calls_copy.cc says how the numbers stand); null where it does something else. */
function copiesOf({ entry, numbers, buffers }: Instruction): readonly Copy[] | null {
  const { copy, parts } = native.entries;
  const at = (slot: number): number => (slot < numbers.length ? numbers[slot] : 0);
  if (entry === copy) {
    const [bytes, n] = [at(2), at(3)];
    const list = (begin: number): number[] => Array.from({ length: n }, (_, i) => at(begin + i));
    const dims = list(4);
    const block = (offset: number, strides: readonly number[]): Block | null =>
      offset % bytes === 0 ? blockOf(dims, strides, offset / bytes) : null;
    const [from, to] = [block(at(0), list(4 + n)), block(at(1), list(4 + 2 * n))];
    return [{ source: buffers[0], target: buffers[1], from, to, size: dims.reduce((a, b) => a * b, 1) }];
  }
  if (entry !== parts) return null;
  const [rows, columns, reads] = [at(2), at(3), (at(5) & 1) === 1];
  let begin = at(4);
  return Array.from({ length: at(6) }, (_, i) => {
    const width = at(8 + 2 * i);
    const size = rows * width;
    const inWhole = blockOf([rows, width], [columns, 1], begin);
    const alone = { at: 0, columns: size, stride: size };
    begin += width;
    const piece = buffers[together(at(5)) ? 1 : 1 + i];
    return reads
      ? { source: buffers[0], target: piece, from: inWhole, to: alone, size }
      : { source: piece, target: buffers[0], from: alone, to: inWhole, size };
  });
}

/** Whether all pieces lie in one storage: the same tensor, several times. */
const together = (how: number): boolean => (how & 2) !== 0;

/** The instructions but for these copies. */
export function without(
  instructions: readonly Instruction[],
  left: ReadonlySet<BlockCopy>,
): readonly Instruction[] {
  const pieces = new Map<Instruction, Set<number>>();
  for (const { instruction, piece } of left) {
    const set = pieces.get(instruction);
    if (set === undefined) pieces.set(instruction, new Set([piece]));
    else set.add(piece);
  }
  return instructions.flatMap((instruction) => {
    const gone = pieces.get(instruction);
    if (gone === undefined) return [instruction];
    return instruction.entry === native.entries.parts ? runsOf(instruction, gone) : [];
  });
}

/** The pieces that stay, a call for each run of them. */
function runsOf({ entry, numbers, buffers }: Instruction, gone: ReadonlySet<number>): Instruction[] {
  const [count, header] = [numbers[6], 7];
  const runs: Instruction[] = [];
  let begin = numbers[4];
  for (let i = 0; i < count;) {
    let end = i;
    while (end < count && !gone.has(end)) end++;
    if (end > i) {
      const list = numbers.slice(header + 2 * i, header + 2 * end);
      const now = [...numbers.slice(0, 4), begin, numbers[5], end - i, ...list];
      runs.push({
        entry,
        numbers: Float64Array.from(now),
        buffers: [buffers[0], ...(together(numbers[5]) ? [buffers[1]] : buffers.slice(1 + i, 1 + end))],
      });
    }
    for (const next = Math.max(end, i + 1); i < next; i++) begin += numbers[header + 1 + 2 * i] ?? 0;
  }
  return runs;
}

const all = (block: Block | null, t: Tensor, size: number): boolean =>
  block !== null && size === t.size && block.at === 0 && block.columns === size;

/** The copies of all instructions; `nothing` stands for one that does something else. */
function* copiesIn(instructions: readonly Instruction[]) {
  for (const instruction of instructions) {
    for (const [piece, copy] of (copiesOf(instruction) ?? [nothing]).entries())
      yield { instruction, piece, copy };
  }
}

/** The results of an op that only cuts its input into blocks. Results that are no block are left out. */
export function cutsOf({ node, instructions, scalars }: LoweredNode): BlockCopies | null {
  const [whole] = node.inputs;
  const copies: BlockCopy[] = [];
  let count = 0;
  // One may have no input at all.
  if (scalars !== undefined || node.inputs.length === 0) return null;
  for (const { instruction, piece, copy } of copiesIn(instructions)) {
    const { source, target, from, to, size } = copy;
    const part = node.outputs.find((t) => bufferOf(t) === target);
    if (source !== bufferOf(whole) || part === undefined) return null;
    count++;
    if (from !== null && size > 0 && all(to, part, size))
      copies.push({ instruction, piece, part, block: from });
  }
  return copies.length > 0 ? { whole, copies, complete: copies.length === count } : null;
}

/** The inputs that an op only joins to one result. Inputs that do not become a block are left out. */
export function joinsOf({ node, instructions, scalars }: LoweredNode): BlockCopies | null {
  if (scalars !== undefined || node.outputs.length !== 1) return null;
  const [whole] = node.outputs;
  const copies: BlockCopy[] = [];
  let [covered, count] = [0, 0];
  for (const { instruction, piece, copy } of copiesIn(instructions)) {
    const { source, target, from, to, size } = copy;
    const part = node.inputs.find((t) => bufferOf(t) === source);
    if (target !== bufferOf(whole) || part === undefined) return null;
    count++;
    covered += size;
    if (to !== null && size > 0 && all(from, part, size))
      copies.push({ instruction, piece, part, block: to });
  }
  if (copies.length === 0 || covered !== whole.size) return null;
  return { whole, copies, complete: copies.length === count };
}
