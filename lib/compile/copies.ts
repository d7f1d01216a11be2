/**
 * Recognizes splits and concatenations by their instructions, whatever the op: an op that only copies is described by the
 * blocks that it copies from and to.
 */
import { native } from '../binding';
import { mergeDims } from '../core/shape';
import { bufferOf, type Tensor } from '../core/tensor';
import type { Instruction, LoweredNode } from './lower';

/** A block of a tensor: rows of `columns` elements, `stride` elements apart, from element `at` on. */
export interface Block {
  readonly at: number;
  readonly columns: number;
  readonly stride: number;
}

/** A copy between a block of one tensor and all of another, the slice. */
export interface BlockCopy {
  readonly instruction: Instruction;
  /** The number of the copy within its instruction. */
  readonly index: number;
  /** The tensor that is copied as a whole, or filled by this copy alone. */
  readonly slice: Tensor;
  readonly block: Block;
}

export interface BlockCopies {
  /** The tensor that contains the blocks: the input of a split, or the output of a concatenation. */
  readonly whole: Tensor;
  readonly copies: readonly BlockCopy[];
  /** `copies` holds all copies of the op. */
  readonly complete: boolean;
}

/** Whether the slice is contiguous within the tensor that contains the block. */
export const isRun = (block: Block, slice: Tensor): boolean => block.columns === slice.size;

/** A copy of an instruction between two buffers. `from` or `to` is null if the elements form no block. */
interface Copy {
  readonly source: ArrayBuffer;
  readonly target: ArrayBuffer;
  readonly from: Block | null;
  readonly to: Block | null;
  readonly size: number;
}

const noBuffer = new ArrayBuffer(0);
/** Stands for an instruction that is no copy; no tensor has its buffers. */
const notACopy: Copy = { source: noBuffer, target: noBuffer, from: null, to: null, size: 0 };

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

/** The copies of an instruction, whose numbers native/addon defines (calls_copy.cc); null if it does something else. */
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
    const slice = buffers[sharesStorage(at(5)) ? 1 : 1 + i];
    return reads
      ? { source: buffers[0], target: slice, from: inWhole, to: alone, size }
      : { source: slice, target: buffers[0], from: alone, to: inWhole, size };
  });
}

/** Whether all slices share one storage: the same tensor several times. */
const sharesStorage = (flags: number): boolean => (flags & 2) !== 0;

/** The instructions without some copies. */
export function without(
  instructions: readonly Instruction[],
  removed: ReadonlySet<BlockCopy>,
): readonly Instruction[] {
  const removedIndices = new Map<Instruction, Set<number>>();
  for (const { instruction, index } of removed) {
    const set = removedIndices.get(instruction);
    if (set === undefined) removedIndices.set(instruction, new Set([index]));
    else set.add(index);
  }
  return instructions.flatMap((instruction) => {
    const removedHere = removedIndices.get(instruction);
    if (removedHere === undefined) return [instruction];
    return instruction.entry === native.entries.parts ? remainingRuns(instruction, removedHere) : [];
  });
}

/** The remaining copies of an instruction, with one call for each run of them. */
function remainingRuns(
  { entry, numbers, buffers }: Instruction,
  removed: ReadonlySet<number>,
): Instruction[] {
  const [count, header] = [numbers[6], 7];
  const runs: Instruction[] = [];
  let begin = numbers[4];
  for (let i = 0; i < count;) {
    let end = i;
    while (end < count && !removed.has(end)) end++;
    if (end > i) {
      const list = numbers.slice(header + 2 * i, header + 2 * end);
      const parameters = [...numbers.slice(0, 4), begin, numbers[5], end - i, ...list];
      runs.push({
        entry,
        numbers: Float64Array.from(parameters),
        buffers: [buffers[0], ...(sharesStorage(numbers[5]) ? [buffers[1]] : buffers.slice(1 + i, 1 + end))],
      });
    }
    for (const next = Math.max(end, i + 1); i < next; i++) begin += numbers[header + 1 + 2 * i] ?? 0;
  }
  return runs;
}

const isWhole = (block: Block | null, t: Tensor, size: number): boolean =>
  block !== null && size === t.size && block.at === 0 && block.columns === size;

/** The copies of all instructions; `notACopy` for an instruction that does something else. */
function* copiesIn(instructions: readonly Instruction[]) {
  for (const instruction of instructions) {
    for (const [index, copy] of (copiesOf(instruction) ?? [notACopy]).entries())
      yield { instruction, index, copy };
  }
}

/** The results of an op that only splits its input; null for other ops. Results that are no block are left out. */
export function splitCopies({ node, instructions, scalars }: LoweredNode): BlockCopies | null {
  const [whole] = node.inputs;
  const copies: BlockCopy[] = [];
  let count = 0;
  // The op may have no input.
  if (scalars !== undefined || node.inputs.length === 0) return null;
  for (const { instruction, index, copy } of copiesIn(instructions)) {
    const { source, target, from, to, size } = copy;
    const slice = node.outputs.find((t) => bufferOf(t) === target);
    if (source !== bufferOf(whole) || slice === undefined) return null;
    count++;
    if (from !== null && size > 0 && isWhole(to, slice, size))
      copies.push({ instruction, index, slice, block: from });
  }
  return copies.length > 0 ? { whole, copies, complete: copies.length === count } : null;
}

/** The inputs of an op that only concatenates; null for other ops. Inputs that do not become a block are left out. */
export function concatCopies({ node, instructions, scalars }: LoweredNode): BlockCopies | null {
  if (scalars !== undefined || node.outputs.length !== 1) return null;
  const [whole] = node.outputs;
  const copies: BlockCopy[] = [];
  let [covered, count] = [0, 0];
  for (const { instruction, index, copy } of copiesIn(instructions)) {
    const { source, target, from, to, size } = copy;
    const slice = node.inputs.find((t) => bufferOf(t) === source);
    if (target !== bufferOf(whole) || slice === undefined) return null;
    count++;
    covered += size;
    if (to !== null && size > 0 && isWhole(from, slice, size))
      copies.push({ instruction, index, slice, block: to });
  }
  if (copies.length === 0 || covered !== whole.size) return null;
  return { whole, copies, complete: copies.length === count };
}
