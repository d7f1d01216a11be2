/** The instructions of a segment as one piece of code, and where its values lie. */
import type { RuntimeScalars } from '../op/contract';
import { bufferOf, shapeOf, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { inputsOf } from '../graph/graph';
import type { LoweredNode, Storages } from './lowered';
import { planArena, type ArenaPlan, type Life } from './memory_plan';
import type { Updates } from './updates';
import type { Place, Segment, SegmentNode } from './steps';

/** What `makeSegment` needs to know of the program around a segment. */
export interface Surroundings {
  readonly storages: Storages;
  /** Roots that leave the segment: they get tensors of their own at each run. */
  readonly leaving: ReadonlySet<Tensor>;
  readonly updates: Updates;
  readonly slotOf: (t: Tensor) => number;
}

/** A result that gets a tensor of its own, perhaps in the storage of a variable's value. */
interface Fresh {
  readonly root: Tensor;
  readonly over: Variable | null;
}

/** Where the values of a segment lie: in the arena, in storages from outside, or in fresh ones. */
class Places {
  readonly externals: Tensor[] = [];
  readonly fresh: Fresh[] = [];
  private readonly external = new Map<Tensor, number>();
  /** Storages in the arena, and their lives, with what lies there last. */
  private readonly lives: (Life & { root: Tensor })[] = [];
  private readonly inner = new Map<Tensor, number>();
  private readonly made = new Set<Tensor>();
  private readonly last: ReadonlyMap<Tensor, number>;
  readonly arena: ArenaPlan;

  constructor(
    private readonly nodes: readonly LoweredNode[],
    private readonly around: Surroundings,
  ) {
    this.last = lastUses(nodes, around.storages);
    nodes.forEach((node, at) => {
      if (!node.view) this.visit(node, at);
    });
    this.arena = planArena(this.lives);
  }

  private visit({ node }: LoweredNode, at: number): void {
    const { storages } = this.around;
    for (const t of node.outputs) if (storages.root(t) === t) this.create(t, at);
    for (const t of [...inputsOf(node), ...node.outputs]) {
      const { root } = storages.place(t);
      const life = this.inner.get(root);
      if (life !== undefined) {
        this.lives[life].to = at;
      } else if (!this.external.has(root)) {
        this.external.set(root, this.externals.length + 1);
        this.externals.push(root);
      }
    }
  }

  /** Node `at` creates a storage. */
  private create(t: Tensor, at: number): void {
    const { storages, leaving, updates } = this.around;
    const { root } = storages.place(t);
    if (this.made.has(root)) return;
    this.made.add(root);
    if (leaving.has(root)) {
      this.fresh.push({ root, over: updates.over(root, this.nodes, at, leaving) });
      return;
    }
    const life = root === t ? this.lifeToOverwrite(t, at) : undefined;
    if (life === undefined) this.lives.push({ bytes: root.size * root.dt.bytes, from: at, to: at, root });
    else this.lives[life].root = root;
    this.inner.set(root, life ?? this.lives.length - 1);
  }

  /** The place of a value that is not needed after node `at`, if that may write `to` over it. */
  private lifeToOverwrite(to: Tensor, at: number): number | undefined {
    const { storages } = this.around;
    const { node, over = [] } = this.nodes[at];
    for (const [written, from] of over) {
      if (written !== to || this.last.get(from) !== at) continue;
      const life = this.inner.get(from);
      if (life === undefined) continue;
      const { root, bytes } = this.lives[life];
      if (root !== from || bytes !== to.size * to.dt.bytes) continue;
      const isApart = (t: Tensor): boolean => storages.place(t).root !== from;
      if (node.pending?.every((p) => isApart(p.value)) === false) continue;
      if (node.outputs.every(isApart) && node.inputs.every((t) => isApart(t) || storages.root(t) === from))
        return life;
    }
    return undefined;
  }

  readonly of = (t: Tensor): Place => {
    const { root, offset } = this.around.storages.place(t);
    const bytes = t.size * t.dt.bytes;
    const life = this.inner.get(root);
    return life === undefined
      ? [this.external.get(root) as number, offset, bytes]
      : [0, this.arena.offsets[life] + offset, bytes];
  };
}

/**
 * Pieces of code, which are copied as such: integers that stand in the argument buffer as raw bits may look like NaNs, which
 * must stay what they are.
 */
class Code {
  private readonly pieces: Float64Array[] = [];
  words = 0;

  write(piece: Float64Array): void {
    this.pieces.push(piece);
    this.words += piece.length;
  }

  join(): ArrayBuffer {
    const code = new Float64Array(this.words);
    let at = 0;
    for (const piece of this.pieces) {
      code.set(piece, at);
      at += piece.length;
    }
    return code.buffer;
  }
}

export function makeSegment(nodes: readonly LoweredNode[], around: Surroundings): Segment {
  const { slotOf } = around;
  const places = new Places(nodes, around);
  const byBuffer = new Map<ArrayBuffer, Tensor>();
  for (const { node, view } of nodes)
    if (!view) for (const t of [...node.inputs, ...node.outputs]) byBuffer.set(bufferOf(t), t);
  const code = new Code();
  const segmentNodes: SegmentNode[] = [];
  const scalarsOfRun: { scalars: RuntimeScalars; at: number; node: number; order: number }[] = [];
  let scalarCount = 0;
  for (const { node, instructions, scalars, order } of nodes) {
    const start = code.words;
    const found = scalars === undefined ? [0, 0, 0] : [scalars.slot, scalars.count, scalarCount];
    for (const { entry, buffers, numbers } of instructions) {
      code.write(Float64Array.of(entry, buffers.length, numbers.length, ...found));
      for (const b of buffers) code.write(Float64Array.from(places.of(byBuffer.get(b) as Tensor)));
      code.write(numbers);
    }
    if (scalars !== undefined) {
      scalarsOfRun.push({ scalars, at: scalarCount, node: segmentNodes.length, order });
      scalarCount += scalars.count;
    }
    segmentNodes.push({
      node,
      order,
      start,
      end: code.words,
      inputs: node.inputs.map(places.of),
      outputs: node.outputs.map(places.of),
      pending: (node.pending ?? []).map(({ variable, value }) => ({
        variable,
        value,
        place: places.of(value),
      })),
    });
  }
  return {
    kind: 'segment',
    code: code.join(),
    arenaBytes: places.arena.bytes,
    externals: places.externals.map(slotOf),
    fresh: places.fresh.map(({ root: t, over }) => ({
      slot: slotOf(t),
      dt: t.dt,
      shape: shapeOf(t),
      size: t.size,
      over,
    })),
    // In program order: what one of them computes may depend on those before it.
    scalars: scalarsOfRun.sort((x, y) => x.order - y.order),
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
