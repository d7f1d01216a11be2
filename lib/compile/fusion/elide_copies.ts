/**
 * Copy elision: of the copies that ../copies.ts recognizes, those of contiguous blocks are removed. The results of such a split
 * and the inputs of such a concatenation are placed inside the whole tensor from the start. A split or concat along the first
 * dimension, a stack, an unstack or a slice of rows then copies nothing. Runs before fusion.
 */
import type { Tensor } from '../../core/tensor';
import { splitCopies, isRun, concatCopies } from '../copies';
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
