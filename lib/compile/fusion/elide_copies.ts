/**
 * Copy elision: contiguous slices of a split and inputs of a concatenation are placed inside the whole tensor from the start.
 * A split or concat along the first dimension, a stack, an unstack or a slice of rows then copies nothing.
 */
import type { Tensor } from '../../core/tensor';
import { splitCopies, isRun, concatCopies, without, type BlockCopies } from '../copies';
import type { LoweredNode } from '../lower';
import type { Storages } from '../storages';
import { enabled } from '../../graph/passes/enabled';

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

/** Places inputs of a concatenation inside its result; null if that is not possible for any of them. */
function elideConcat(
  lowered: LoweredNode,
  storages: Storages,
  escaping: ReadonlySet<Tensor>,
  produced: Set<Tensor>,
): LoweredNode | null {
  const concat = concatCopies(lowered);
  if (concat === null || storages.root(concat.whole) !== concat.whole || escaping.has(concat.whole))
    return null;
  const elided = new Set(elidableCopies(concat, lowered.node.inputs, storages, escaping, produced));
  if (elided.size === 0) return null;
  for (const { slice, block } of elided) {
    const root = storages.root(slice);
    storages.placeWithin(root, concat.whole, block.at * slice.dt.bytes);
    produced.delete(root);
  }
  const instructions = without(lowered.instructions, elided);
  const { node } = lowered;
  const name = instructions.length === 0 ? `${node.op.name} in place` : node.op.name;
  return { ...lowered, node: { ...node, op: { ...node.op, name } }, instructions };
}

/** The copies of a concatenation whose inputs can be produced in place. */
function elidableCopies(
  { copies }: BlockCopies,
  inputs: readonly Tensor[],
  storages: Storages,
  escaping: ReadonlySet<Tensor>,
  produced: ReadonlySet<Tensor>,
): BlockCopies['copies'] {
  // An input that occurs twice, as a whole or in part, must still be copied.
  const times = new Map<Tensor, number>();
  for (const t of inputs) {
    const { root } = storages.locate(t);
    times.set(root, (times.get(root) ?? 0) + 1);
  }
  return copies.filter(({ slice, block }) => {
    const root = storages.root(slice);
    if (!produced.has(root) || escaping.has(root) || times.get(root) !== 1) return false;
    return isRun(block, slice) && (block.at * slice.dt.bytes) % alignment === 0;
  });
}
