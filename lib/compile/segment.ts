/** Assembles a segment: the code of its instructions, and the memory of its values. */
import type { RuntimeScalars } from '../op/contract';
import { bufferOf, shapeOf, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { inputsOf, isFallible } from '../graph/graph';
import type { LoweredNode } from './lower';
import { planArena, type ArenaPlan, type Lifetime, type Storages } from './memory_plan';
import type { Ownership } from './ownership';
import type { Place, Segment, SegmentNode } from './steps';

/** The program that a segment belongs to. */
interface SegmentContext {
  readonly storages: Storages;
  /** Roots of values used outside their segment: each run allocates tensors for them. */
  readonly escaping: ReadonlySet<Tensor>;
  readonly ownership: Ownership;
  readonly slotOf: (t: Tensor) => number;
}

/** A result that is used outside the segment, and the variable whose value it may overwrite. */
interface Fresh {
  readonly root: Tensor;
  readonly overwritable: Variable | null;
}

/** The memory of a segment's values: the arena, storages from outside, or newly allocated ones. */
class Placement {
  /** The values outside the arena, whose storages are numbered from 1 on, and those among them that the segment produces. */
  readonly externals: Tensor[] = [];
  readonly fresh: Fresh[] = [];
  private readonly external = new Map<Tensor, number>();
  /** The lifetimes of the arena's storages; `root` is the last value placed in each. */
  private readonly lifetimes: (Lifetime & { root: Tensor })[] = [];
  private readonly arenaIndex = new Map<Tensor, number>();
  private readonly created = new Set<Tensor>();
  private readonly lastUse: ReadonlyMap<Tensor, number>;
  /** The last node that may fail; −1: none. */
  private readonly lastFallible: number;
  readonly arena: ArenaPlan;

  constructor(
    private readonly nodes: readonly LoweredNode[],
    private readonly context: SegmentContext,
  ) {
    this.lastUse = lastUses(nodes, context.storages);
    this.lastFallible = nodes.reduce((last, node, at) => (mayFail(node) ? at : last), -1);
    nodes.forEach((node, at) => {
      if (!node.view) this.visit(node, at);
    });
    this.arena = planArena(this.lifetimes);
  }

  private visit({ node }: LoweredNode, at: number): void {
    const { storages } = this.context;
    for (const t of node.outputs) if (storages.root(t) === t) this.create(t, at);
    for (const t of [...inputsOf(node), ...node.outputs]) {
      const { root } = storages.locate(t);
      const index = this.arenaIndex.get(root);
      if (index !== undefined) {
        this.lifetimes[index].to = at;
      } else if (!this.external.has(root)) {
        this.external.set(root, this.externals.length + 1);
        this.externals.push(root);
      }
    }
  }

  /** Places the storage of a value that node `at` produces. */
  private create(t: Tensor, at: number): void {
    const { storages, escaping, ownership } = this.context;
    const { root } = storages.locate(t);
    if (this.created.has(root)) return;
    this.created.add(root);
    if (escaping.has(root)) {
      // If a later node fails, a variable must still have its current value.
      const overwritable =
        at < this.lastFallible
          ? null
          : ownership.overwritable(root, this.nodes[at], at, escaping, this.lastUse);
      this.fresh.push({ root, overwritable });
      return;
    }
    const reused = root === t ? this.lifetimeToReuse(t, at) : undefined;
    if (reused === undefined)
      this.lifetimes.push({ bytes: root.size * root.dt.bytes, from: at, to: at, root });
    else this.lifetimes[reused].root = root;
    this.arenaIndex.set(root, reused ?? this.lifetimes.length - 1);
  }

  /** The lifetime of an arena value whose last use is node `at`, if the node may write `to` in its place. */
  private lifetimeToReuse(to: Tensor, at: number): number | undefined {
    const { storages } = this.context;
    const { node, inputOutputAliases } = this.nodes[at];
    for (const [written, from] of inputOutputAliases) {
      if (written !== to || this.lastUse.get(from) !== at) continue;
      const index = this.arenaIndex.get(from);
      if (index === undefined) continue;
      const { root, bytes } = this.lifetimes[index];
      if (root !== from || bytes !== to.size * to.dt.bytes) continue;
      const isApart = (t: Tensor): boolean => storages.locate(t).root !== from;
      if (node.pending?.every((p) => isApart(p.value)) === false) continue;
      if (node.outputs.every(isApart) && node.inputs.every((t) => isApart(t) || storages.root(t) === from))
        return index;
    }
    return undefined;
  }

  readonly of = (t: Tensor): Place => {
    const { root, offset } = this.context.storages.locate(t);
    const bytes = t.size * t.dt.bytes;
    const index = this.arenaIndex.get(root);
    return index === undefined
      ? [this.external.get(root) as number, offset, bytes]
      : [0, this.arena.offsets[index] + offset, bytes];
  };
}

/**
 * A code builder. Chunks are copied with `set`, which preserves bits: the argument buffer holds integers as raw bits, which
 * may be NaN patterns.
 */
class Code {
  private readonly chunks: Float64Array[] = [];
  words = 0;

  write(chunk: Float64Array): void {
    this.chunks.push(chunk);
    this.words += chunk.length;
  }

  join(): ArrayBuffer {
    const code = new Float64Array(this.words);
    let at = 0;
    for (const chunk of this.chunks) {
      code.set(chunk, at);
      at += chunk.length;
    }
    return code.buffer;
  }
}

export function makeSegment(nodes: readonly LoweredNode[], context: SegmentContext): Segment {
  const { slotOf } = context;
  const places = new Placement(nodes, context);
  const byBuffer = new Map<ArrayBuffer, Tensor>();
  for (const { node, view } of nodes)
    if (!view) for (const t of [...node.inputs, ...node.outputs]) byBuffer.set(bufferOf(t), t);
  const code = new Code();
  const segmentNodes: SegmentNode[] = [];
  const scalarsOfRun: { scalars: RuntimeScalars; at: number; node: number; order: number }[] = [];
  let scalarCount = 0;
  for (const { node, instructions, scalars, order, code: loopCode } of nodes) {
    const start = code.words;
    const scalarRange = scalars === undefined ? [0, 0, 0] : [scalars.slot, scalars.count, scalarCount];
    for (const { entry, buffers, numbers } of instructions) {
      code.write(Float64Array.of(entry, buffers.length, numbers.length, ...scalarRange));
      for (const b of buffers) code.write(Float64Array.from(places.of(byBuffer.get(b) as Tensor)));
      code.write(numbers);
    }
    for (const words of loopCode?.(places.of) ?? []) code.write(words);
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
    fresh: places.fresh.map(({ root: t, overwritable }) => ({
      slot: slotOf(t),
      dt: t.dt,
      shape: shapeOf(t),
      size: t.size,
      overwritable,
    })),
    // In program order: a scalar may depend on those before it.
    scalars: scalarsOfRun.sort((x, y) => x.order - y.order),
    scalarCount,
    nodes: segmentNodes,
  };
}

const mayFail = ({ node, scalars }: LoweredNode): boolean =>
  scalars?.fallible === true || isFallible(node.op, node.inputs);

/** The last node that reads or writes each storage. */
function lastUses(nodes: readonly LoweredNode[], storages: Storages): ReadonlyMap<Tensor, number> {
  const last = new Map<Tensor, number>();
  nodes.forEach(({ node, view }, at) => {
    if (!view) for (const t of [...inputsOf(node), ...node.outputs]) last.set(storages.locate(t).root, at);
  });
  return last;
}
