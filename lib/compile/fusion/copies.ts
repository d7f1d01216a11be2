/**
 * Copy elision. Recognizes ops that only copy (splits, slices, concatenations, stacks) by their native calls, whatever the op, and
 * describes them by the blocks that they copy. Copies of contiguous blocks are removed, before fusion: the results of such a split
 * and the inputs of such a concatenation are placed inside the whole tensor from the start. A split or concat along the first
 * dimension, a stack, an unstack or a slice of rows then copies nothing. Fused groups access other blocks in place (fuse.ts).
 */
import { native } from '../../binding';
import { mergeDims } from '../../core/shape';
import { bufferOf, type Tensor } from '../../core/tensor';
import { enabled } from '../../graph/passes/optimize';
import { copySlots, partsSlots } from '../../op/kernels';
import type { Instruction, LoweredNode } from '../lower';
import type { Storages } from '../memory_plan';

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
  const [rows, columns, toParts] = [
    at(partsSlots.rows),
    at(partsSlots.columns),
    at(partsSlots.toParts) === 1,
  ];
  let begin = at(partsSlots.begin);
  return Array.from({ length: at(partsSlots.count) }, (_, i) => {
    const width = at(partsSlots.parts + 2 * i + 1);
    const size = rows * width;
    const inWhole = blockOf([rows, width], [columns, 1], begin);
    const alone = { at: 0, columns: size, stride: size };
    begin += width;
    const slice = buffers[sharesStorage(numbers) ? 1 : 1 + i];
    return toParts
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
function concatCopies(lowered: LoweredNode): BlockCopies | null {
  const { inputs, outputs } = lowered.node;
  const concat = outputs.length === 1 ? blockCopies(lowered, outputs[0], inputs, false) : null;
  return concat?.complete === true && concat.covered === outputs[0].size ? concat : null;
}

/** Values are written at multiples of this many bytes, as in storages of their own. */
const alignment = 64;

/** The nodes of a segment without elidable copies; records placements in `storages`. */
export function elideCopies(
  nodes: readonly LoweredNode[],
  storages: Storages,
  escaping: ReadonlySet<Tensor>,
): readonly LoweredNode[] {
  if (!enabled('blocks')) return nodes;
  /** Values produced in the segment that are not placed inside another one yet. */
  const produced = new Set<Tensor>();
  return nodes.map((lowered) => {
    if (lowered.view) return lowered;
    const elided =
      elideSplit(lowered, storages, escaping) ??
      elideConcat(lowered, storages, escaping, produced) ??
      lowered;
    if (!elided.view) for (const t of elided.node.outputs) if (storages.root(t) === t) produced.add(t);
    return elided;
  });
}

/** Places the results of a split inside its input; null if that is not possible. */
function elideSplit(
  lowered: LoweredNode,
  storages: Storages,
  escaping: ReadonlySet<Tensor>,
): LoweredNode | null {
  const split = splitCopies(lowered);
  if (split === null) return null;
  const elidable = split.copies.filter(
    ({ slice, block }) => isRun(block, slice) && storages.root(slice) === slice && !escaping.has(slice),
  );
  // All or nothing: if one result were copied, the pass over the input would remain.
  if (!split.complete || elidable.length < split.copies.length) return null;
  for (const { slice, block } of elidable)
    storages.placeWithin(slice, split.whole, block.at * slice.dt.bytes);
  return { ...lowered, instructions: [], view: true };
}

/** Places the inputs of a concatenation inside its result; null if that is not possible. */
function elideConcat(
  lowered: LoweredNode,
  storages: Storages,
  escaping: ReadonlySet<Tensor>,
  produced: Set<Tensor>,
): LoweredNode | null {
  const concat = concatCopies(lowered);
  if (concat === null) return null;
  const { whole, copies } = concat;
  if (storages.root(whole) !== whole || escaping.has(whole)) return null;
  const { node } = lowered;
  const locations = new Set(node.inputs.map((t) => storages.locate(t).root));
  // An input that occurs twice, as a whole or in part, must be copied.
  if (locations.size < node.inputs.length) return null;
  const isElidable = ({ slice, block }: (typeof copies)[number]): boolean => {
    const root = storages.root(slice);
    if (!produced.has(root) || escaping.has(root)) return false;
    return isRun(block, slice) && (block.at * slice.dt.bytes) % alignment === 0;
  };
  if (!copies.every(isElidable)) return null;
  for (const { slice, block } of copies) {
    const root = storages.root(slice);
    storages.placeWithin(root, whole, block.at * slice.dt.bytes);
    produced.delete(root);
  }
  return {
    ...lowered,
    node: { ...node, op: { ...node.op, name: `${node.op.name} in place` } },
    instructions: [],
  };
}
