/**
 * Values that are cut from another one, or are joined to one, lie there from the start, where they are runs of elements: a
 * split or concat along the first dimension, a stack, an unstack, the rows from one on move nothing then.
 */
import type { Tensor } from '../../core/tensor';
import { cutsOf, isRun, joinsOf, without, type BlockCopies } from '../copies';
import type { LoweredNode, Storages } from '../lowered';
import { enabled } from '../../graph/passes/enabled';

/** Where values are written is a multiple of this, as if each had a place of its own. */
const alignment = 64;

/** The ops of a part with fewer copies; `storages` learns what lies where. */
export function blocks(
  nodes: readonly LoweredNode[],
  storages: Storages,
  leaving: ReadonlySet<Tensor>,
): readonly LoweredNode[] {
  if (!enabled('blocks')) return nodes;
  /** Made here by instructions, and not laid into anything yet. */
  const made = new Set<Tensor>();
  return nodes.map((lowered) => {
    if (lowered.view) return lowered;
    const now = cut(lowered, storages, leaving) ?? join(lowered, storages, leaving, made) ?? lowered;
    if (!now.view) for (const t of now.node.outputs) if (storages.root(t) === t) made.add(t);
    return now;
  });
}

/** Results of a cut are where they are cut from. */
function cut(lowered: LoweredNode, storages: Storages, leaving: ReadonlySet<Tensor>): LoweredNode | null {
  const found = cutsOf(lowered);
  if (found === null) return null;
  const moved = found.copies.filter(
    ({ part, block }) => isRun(block, part) && storages.root(part) === part && !leaving.has(part),
  );
  // Either all of it is left out, or nothing: where one result is copied, the others would be read twice.
  if (!found.complete || moved.length < found.copies.length) return null;
  for (const { part, block } of moved) storages.lay(part, found.whole, block.at * part.dt.bytes);
  return { ...lowered, instructions: [], view: true };
}

/** What is joined is written where the whole will be. */
function join(
  lowered: LoweredNode,
  storages: Storages,
  leaving: ReadonlySet<Tensor>,
  made: Set<Tensor>,
): LoweredNode | null {
  const found = joinsOf(lowered);
  if (found === null || storages.root(found.whole) !== found.whole || leaving.has(found.whole)) return null;
  const moved = new Set(movable(found, lowered.node.inputs, storages, leaving, made));
  if (moved.size === 0) return null;
  for (const { part, block } of moved) {
    const root = storages.root(part);
    storages.lay(root, found.whole, block.at * part.dt.bytes);
    made.delete(root);
  }
  const instructions = without(lowered.instructions, moved);
  const { node } = lowered;
  const name = instructions.length === 0 ? `${node.op.name} in place` : node.op.name;
  return { ...lowered, node: { ...node, op: { ...node.op, name } }, instructions };
}

function movable(
  { copies }: BlockCopies,
  inputs: readonly Tensor[],
  storages: Storages,
  leaving: ReadonlySet<Tensor>,
  made: ReadonlySet<Tensor>,
): BlockCopies['copies'] {
  // What is joined twice, as a whole or in part, would be copied within the result.
  const times = new Map<Tensor, number>();
  for (const t of inputs) {
    const { root } = storages.place(t);
    times.set(root, (times.get(root) ?? 0) + 1);
  }
  return copies.filter(({ part, block }) => {
    const root = storages.root(part);
    if (!made.has(root) || leaving.has(root) || times.get(root) !== 1) return false;
    return isRun(block, part) && (block.at * part.dt.bytes) % alignment === 0;
  });
}
