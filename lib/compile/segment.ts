/** The instructions of a segment as one piece of code, and where its values lie. */
import type { RuntimeScalars } from '../op/contract';
import { bufferOf, shapeOf, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { inputsOf } from '../graph/graph';
import type { LoweredNode, Storages } from './lowered';
import { planArena, type Life } from './memory_plan';
import type { Updates } from './updates';
import type { Segment, SegmentNode } from './steps';

export function makeSegment(
  nodes: readonly LoweredNode[],
  storages: Storages,
  leaving: ReadonlySet<Tensor>,
  updates: Updates,
  slotOf: (t: Tensor) => number,
): Segment {
  // Storages made here, and their lives.
  const lives: (Life & { root: Tensor })[] = []; // with what lies there last
  const inner = new Map<Tensor, number>();
  const externals: Tensor[] = [];
  const external = new Map<Tensor, number>();
  const fresh: { root: Tensor; over: Variable | null }[] = [];
  const made = new Set<Tensor>();
  const byBuffer = new Map<ArrayBuffer, Tensor>();
  const last = lastUses(nodes, storages);
  /** The place of a value that is not needed after node `at`, if that may write `to` over it. */
  const placeOver = (to: Tensor, at: number): number | undefined => {
    const { node, over = [] } = nodes[at];
    for (const [written, from] of over) {
      if (written !== to || last.get(from) !== at) continue;
      const life = inner.get(from);
      if (life === undefined || lives[life].root !== from || lives[life].bytes !== to.size * to.dt.bytes)
        continue;
      const apart = (t: Tensor): boolean => storages.place(t).root !== from;
      if (node.pending?.some((p) => !apart(p.value)) === true) continue;
      if (node.outputs.every(apart) && node.inputs.every((t) => apart(t) || storages.root(t) === from))
        return life;
    }
    return undefined;
  };
  nodes.forEach(({ node, view }, at) => {
    if (view) return;
    for (const t of [...node.inputs, ...node.outputs]) byBuffer.set(bufferOf(t), t);
    for (const t of node.outputs) {
      if (storages.root(t) !== t) continue;
      const { root } = storages.place(t);
      if (made.has(root)) continue;
      made.add(root);
      if (leaving.has(root)) {
        fresh.push({ root, over: updates.over(root, nodes, at, leaving) });
      } else {
        const life = root === t ? placeOver(t, at) : undefined;
        if (life === undefined) lives.push({ bytes: root.size * root.dt.bytes, from: at, to: at, root });
        else lives[life].root = root;
        inner.set(root, life ?? lives.length - 1);
      }
    }
    for (const t of [...inputsOf(node), ...node.outputs]) {
      const { root } = storages.place(t);
      const life = inner.get(root);
      if (life !== undefined) {
        lives[life].to = at;
      } else if (!external.has(root)) {
        external.set(root, externals.length + 1);
        externals.push(root);
      }
    }
  });
  const arena = planArena(lives);

  // Pieces, not numbers: integers that stand in the frame as raw bits may look like NaNs, which must stay what they are.
  const pieces: Float64Array[] = [];
  let words = 0;
  const write = (piece: Float64Array): void => {
    pieces.push(piece);
    words += piece.length;
  };
  const segmentNodes: SegmentNode[] = [];
  const place = (t: Tensor): [storage: number, offset: number, bytes: number] => {
    const { root, offset } = storages.place(t);
    const bytes = t.size * t.dt.bytes;
    const life = inner.get(root);
    return life === undefined
      ? [external.get(root) as number, offset, bytes]
      : [0, arena.offsets[life] + offset, bytes];
  };
  const scalarsOfRun: { scalars: RuntimeScalars; at: number; node: number; order: number }[] = [];
  let scalarCount = 0;
  for (const { node, instructions, scalars, order } of nodes) {
    const start = words;
    const found = scalars === undefined ? [0, 0, 0] : [scalars.slot, scalars.count, scalarCount];
    for (const { entry, buffers, numbers: given } of instructions) {
      write(Float64Array.of(entry, buffers.length, given.length, ...found));
      for (const b of buffers) write(Float64Array.from(place(byBuffer.get(b) as Tensor)));
      write(given);
    }
    if (scalars !== undefined) {
      scalarsOfRun.push({ scalars, at: scalarCount, node: segmentNodes.length, order });
      scalarCount += scalars.count;
    }
    segmentNodes.push({
      node,
      order,
      start,
      end: words,
      inputs: node.inputs.map(place),
      outputs: node.outputs.map(place),
      pending: (node.pending ?? []).map(({ variable, value }) => ({ variable, value, place: place(value) })),
    });
  }
  const code = new Float64Array(words);
  let at = 0;
  for (const piece of pieces) {
    code.set(piece, at);
    at += piece.length;
  }
  return {
    kind: 'segment',
    code: code.buffer,
    arenaBytes: arena.bytes,
    externals: externals.map(slotOf),
    fresh: fresh.map(({ root: t, over }) => ({
      slot: slotOf(t),
      dt: t.dt,
      shape: shapeOf(t),
      size: t.size,
      over,
    })),
    // In program order: what one of them computes may depend on those before it.
    scalars: scalarsOfRun.sort((a, b) => a.order - b.order),
    scalarCount,
    nodes: segmentNodes,
  };
}

/** The last node that reads or writes a storage. */
function lastUses(nodes: readonly LoweredNode[], storages: Storages): ReadonlyMap<Tensor, number> {
  const last = new Map<Tensor, number>();
  nodes.forEach(({ node, view }, at) => {
    if (!view) for (const t of [...inputsOf(node), ...node.outputs]) last.set(storages.place(t).root, at);
  });
  return last;
}
