/** The instructions of a part as one piece of code, and where its values lie. */
import type { LateNumbers } from '../core/scope';
import type { Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import type { LoweredNode, Storages } from './lowered';
import { planArena, type Life } from './plan';
import type { Updates } from './updates';
import type { Part, PartNode } from './executable';

export function makePart(
  nodes: readonly LoweredNode[],
  storages: Storages,
  leaving: ReadonlySet<Tensor>,
  updates: Updates,
  slotOf: (t: Tensor) => number,
): Part {
  // Storages made here, and their lives.
  const lives: (Life & { root: Tensor })[] = [];
  const inner = new Map<Tensor, number>();
  const externals: Tensor[] = [];
  const external = new Map<Tensor, number>();
  const fresh: { root: Tensor; over: Variable | null }[] = [];
  const made = new Set<Tensor>();
  const byBuffer = new Map<ArrayBuffer, Tensor>();
  nodes.forEach(({ node, view }, at) => {
    if (view) return;
    for (const t of [...node.inputs, ...node.outputs]) byBuffer.set(t.buffer, t);
    for (const t of node.outputs) {
      if (storages.root(t) !== t) continue;
      const { root } = storages.place(t);
      if (made.has(root)) continue;
      made.add(root);
      if (leaving.has(root)) {
        fresh.push({ root, over: updates.over(root, nodes, at, leaving) });
      } else {
        inner.set(root, lives.length);
        lives.push({ bytes: root.size * root.dt.bytes, from: at, to: at, root });
      }
    }
    for (const t of [...node.inputs, ...node.outputs]) {
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
  const partNodes: PartNode[] = [];
  const place = (t: Tensor): [storage: number, offset: number, bytes: number] => {
    const { root, offset } = storages.place(t);
    const bytes = t.size * t.dt.bytes;
    const life = inner.get(root);
    return life === undefined
      ? [external.get(root) as number, offset, bytes]
      : [0, arena.offsets[life] + offset, bytes];
  };
  const late: { numbers: LateNumbers; at: number }[] = [];
  let lateCount = 0;
  for (const { node, instructions, late: numbers } of nodes) {
    const start = words;
    const found = numbers === undefined ? [0, 0, 0] : [numbers.slot, numbers.count, lateCount];
    for (const { entry, buffers, numbers: given } of instructions) {
      write(Float64Array.of(entry, buffers.length, given.length, ...found));
      for (const b of buffers) write(Float64Array.from(place(byBuffer.get(b) as Tensor)));
      write(given);
    }
    if (numbers !== undefined) {
      late.push({ numbers, at: 1 + externals.length + lateCount });
      lateCount += numbers.count;
    }
    partNodes.push({
      node,
      start,
      end: words,
      inputs: node.inputs.map(place),
      outputs: node.outputs.map(place),
    });
  }
  const code = new Float64Array(words);
  let at = 0;
  for (const piece of pieces) {
    code.set(piece, at);
    at += piece.length;
  }
  return {
    kind: 'part',
    code: code.buffer,
    arenaBytes: arena.bytes,
    externals: externals.map(slotOf),
    fresh: fresh.map(({ root: t, over }) => ({
      slot: slotOf(t),
      dt: t.dt,
      shape: t.shape,
      size: t.size,
      over,
    })),
    late,
    lateCount,
    nodes: partNodes,
  };
}
