/**
 * Recognizes ops that only copy (splits, slices, concatenations, stacks) by their native calls, whatever the op, and describes
 * them by the blocks that they copy. fusion/elide_copies.ts uses this to remove copies of contiguous blocks, fusion/fuse.ts to
 * let fused groups access blocks in place.
 */
import { native } from '../binding';
import { mergeDims } from '../core/shape';
import { bufferOf, type Tensor } from '../core/tensor';
import { copySlots, partsSlots } from '../op/kernels';
import type { Instruction, LoweredNode } from './lower';

/** A block of a tensor: rows of `columns` elements, `stride` elements apart, from element `at` on. */
export interface Block {
  readonly at: number;
  readonly columns: number;
  readonly stride: number;
}

/** A copy between a block of one tensor and all of another, the slice. */
interface BlockCopy {
  /** The tensor that is copied as a whole, or filled by this copy alone. */
  readonly slice: Tensor;
  readonly block: Block;
}

interface BlockCopies {
  /** The tensor that contains the blocks: the input of a split, or the output of a concatenation. */
  readonly whole: Tensor;
  readonly copies: readonly BlockCopy[];
  /** `copies` holds all copies of the op. */
  readonly complete: boolean;
  /** The number of elements that the op copies. */
  readonly covered: number;
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

/** The copies of an instruction; null if it does something else. */
function copiesOf({ entry, numbers, buffers }: Instruction): readonly Copy[] | null {
  const { copy, parts } = native.entries;
  const at = (slot: number): number => (slot < numbers.length ? numbers[slot] : 0);
  if (entry === copy) {
    const slots = copySlots;
    const n = at(slots.ndim);
    const list = (begin: number): number[] => Array.from({ length: n }, (_, i) => at(begin + i));
    const dims = list(slots.dims);
    const from = blockOf(dims, list(slots.srcStrides), at(slots.srcAt));
    const to = blockOf(dims, list(slots.dstStrides), at(slots.dstAt));
    return [{ source: buffers[0], target: buffers[1], from, to, size: dims.reduce((a, b) => a * b, 1) }];
  }
  if (entry !== parts) return null;
  const [rows, columns, toPieces] = [
    at(partsSlots.rows),
    at(partsSlots.columns),
    at(partsSlots.toPieces) === 1,
  ];
  let begin = at(partsSlots.begin);
  return Array.from({ length: at(partsSlots.count) }, (_, i) => {
    const width = at(partsSlots.pieces + 2 * i + 1);
    const size = rows * width;
    const inWhole = blockOf([rows, width], [columns, 1], begin);
    const alone = { at: 0, columns: size, stride: size };
    begin += width;
    const slice = buffers[sharesStorage(numbers) ? 1 : 1 + i];
    return toPieces
      ? { source: buffers[0], target: slice, from: inWhole, to: alone, size }
      : { source: slice, target: buffers[0], from: alone, to: inWhole, size };
  });
}

/** Whether all slices of a `parts` call share one storage: the same tensor several times. */
const sharesStorage = (numbers: Float64Array): boolean => numbers[partsSlots.together] === 1;

const isWhole = (block: Block | null, t: Tensor, size: number): boolean =>
  block !== null && size === t.size && block.at === 0 && block.columns === size;

/** The copies between `whole` and `slices`, if the op does nothing else; `split`: from `whole`, not to it. */
function blockCopies(
  { instructions, scalars }: LoweredNode,
  whole: Tensor,
  slices: readonly Tensor[],
  split: boolean,
): BlockCopies | null {
  if (scalars !== undefined) return null;
  const copies: BlockCopy[] = [];
  let [covered, count] = [0, 0];
  for (const instruction of instructions) {
    const found = copiesOf(instruction);
    if (found === null) return null;
    for (const { source, target, from, to, size } of found) {
      const [outer, inner, block, part] = split ? [source, target, from, to] : [target, source, to, from];
      const slice = slices.find((t) => bufferOf(t) === inner);
      if (outer !== bufferOf(whole) || slice === undefined) return null;
      count++;
      covered += size;
      if (block !== null && size > 0 && isWhole(part, slice, size)) copies.push({ slice, block });
    }
  }
  return copies.length === 0 ? null : { whole, copies, complete: copies.length === count, covered };
}

/** The results of an op that only splits its input; null for other ops. Results that are no block are left out. */
export function splitCopies(lowered: LoweredNode): BlockCopies | null {
  const { inputs, outputs } = lowered.node;
  return inputs.length === 0 ? null : blockCopies(lowered, inputs[0], outputs, true);
}

/** The inputs of an op that only concatenates; null for other ops, and if an input does not become a block. */
export function concatCopies(lowered: LoweredNode): BlockCopies | null {
  const { inputs, outputs } = lowered.node;
  const concat = outputs.length === 1 ? blockCopies(lowered, outputs[0], inputs, false) : null;
  return concat?.complete === true && concat.covered === outputs[0].size ? concat : null;
}
