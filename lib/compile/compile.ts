/** Builds an executable from a graph: lowers its ops, partitions them into segments and other steps, and fuses each segment. */
import { shapeOf, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { inputsOf, type Graph, type Node, type OpNode, type ReadNode } from '../graph/graph';
import { enabled } from '../graph/passes/optimize';
import { Executable } from './executable';
import { elideCopies } from './fusion/copies';
import { Fusion } from './fusion/fuse';
import { inlineLoop } from './inline_loop';
import { lower, type LoweredNode } from './lower';
import { Ownership } from './ownership';
import { makeSegment } from './segment';
import type { Segment, Slot, Step } from './steps';
import { Storages } from './memory_plan';

type Lowered = LoweredNode | Exclude<Node, OpNode>;

/** The partition of a program into segments: the ops between two boundaries are one segment. */
interface Partition {
  /** The nodes, by number, before which a segment ends. */
  readonly boundaries: ReadonlySet<number>;
  /** The roots of values that are used outside their segment: each run allocates tensors for them. */
  readonly escaping: Set<Tensor>;
  readonly ownership: Ownership;
}

function partition(graph: Graph, nodes: readonly Lowered[], storages: Storages): Partition {
  const escaping = new Set<Tensor>(graph.results.map((t) => storages.root(t)));
  const segmentOf = new Map<Tensor, number>();
  const boundaries = new Set<number>();
  const ownership = new Ownership(graph, storages);
  let segment = 0;
  let changedVariables = new Set<Variable>();
  nodes.forEach((item, at) => {
    if ('instructions' in item) {
      for (const t of inputsOf(item.node)) {
        ownership.use(t);
        const root = storages.root(t);
        if (segmentOf.has(root) && segmentOf.get(root) !== segment) escaping.add(root);
      }
      for (const t of item.node.outputs) if (storages.root(t) === t) segmentOf.set(t, segment);
      ownership.produce(item.node.outputs);
      for (const v of changedByScalars(item)) changedVariables.add(v);
      return;
    }
    // A read ends no segment, since it can run before it, unless the segment's runtime scalars change the variable: these are
    // computed when the segment starts.
    if (item.kind !== 'read' || changedVariables.has(item.variable)) {
      boundaries.add(at);
      segment++;
      changedVariables = new Set();
    }
    if (item.kind === 'read') {
      segmentOf.set(item.output, segment);
      ownership.read(item.variable, item.output);
      return;
    }
    if (item.kind === 'assign') ownership.assign(item.variable, item.value);
    else for (const t of item.inputs) ownership.shareWithHost(t);
    for (const t of inputsOf(item)) escaping.add(storages.root(t));
  });
  return { boundaries, escaping, ownership };
}

/** The step of a node outside segments. `keeps`: whether the value of a read may be used after the variable is assigned. */
function stepOf(
  node: Exclude<Node, OpNode>,
  slotOf: (t: Tensor) => number,
  ownership: Ownership,
  keeps: (read: ReadNode) => boolean,
): Step {
  const slotted = (t: Tensor): Slot => ({ slot: slotOf(t), shape: shapeOf(t) });
  if (node.kind === 'read')
    return { kind: 'read', variable: node.variable, slot: slotOf(node.output), keep: keeps(node) };
  if (node.kind === 'assign') {
    const { variable, value } = node;
    return { kind: 'assign', variable, ...slotted(value), exclusive: ownership.target(value) !== null };
  }
  const inputs = node.inputs.map(slotted);
  const { guarded, pending = [] } = node;
  if (guarded !== undefined) return { kind: 'choice', node, guarded, inputs };
  const held = pending.map(({ variable, value }) => ({ variable, ...slotted(value) }));
  return { kind: 'host', node, inputs, outputs: node.outputs.map(slotOf), pending: held };
}

export function compile(graph: Graph): Executable {
  const storages = new Storages();
  const slots = new Map<Tensor, number>();
  const slotOf = (t: Tensor): number => {
    const root = storages.root(t);
    let slot = slots.get(root);
    if (slot === undefined) slots.set(root, (slot = slots.size));
    return slot;
  };
  for (const t of graph.parameters) slotOf(t);
  const constants = graph.constants.map(({ real, symbol }) => ({ slot: slotOf(symbol), real }));

  // All nodes are lowered first: aliases must be known before values are placed in memory.
  const nodes = graph.nodes.map((node, order) =>
    node.kind === 'op' || node.kind === 'host'
      ? (inlineLoop(node, order) ?? lower(node, order, storages))
      : node,
  );
  for (const real of nodes.flatMap((n) => ('instructions' in n ? (n.constants ?? []) : [])))
    constants.push({ slot: slotOf(real), real });
  const changedByRun = new Set(nodes.flatMap((n) => ('instructions' in n ? changedByScalars(n) : [])));
  const { boundaries, escaping, ownership } = partition(graph, nodes, storages);

  const steps: Step[] = [];
  let current: LoweredNode[] = [];
  const flush = (): void => {
    if (current.some((n) => !n.view))
      steps.push(makeSegment(fuse(current, storages, escaping), { storages, escaping, ownership, slotOf }));
    current = [];
  };
  nodes.forEach((item, at) => {
    if ('instructions' in item) {
      current.push(item);
      return;
    }
    if (boundaries.has(at)) flush();
    // A read that ends no segment runs before the ops collected so far; an assignment, which could change it, ends one.
    steps.push(
      stepOf(item, slotOf, ownership, (r) => escaping.has(r.output) || changedByRun.has(r.variable)),
    );
  });
  flush();
  return new Executable(
    graph.name,
    steps.map((step, i) => (step.kind === 'segment' ? limitOverwrites(step, steps.slice(i + 1)) : step)),
    graph.parameters.map(slotOf),
    constants,
    graph.results.map((t) => ({ slot: slotOf(t), shape: shapeOf(t), exclusive: ownership.claimResult(t) })),
    slots.size,
  );
}

/**
 * The segment without in-place updates that a failing step could expose: a variable's value may be overwritten only if nothing
 * fallible runs between the segment and the assignment.
 */
function limitOverwrites(segment: Segment, following: readonly Step[]): Segment {
  const next = following.findIndex((s) => s.kind !== 'assign' && s.kind !== 'read');
  const slots = new Set(
    following.slice(0, next < 0 ? undefined : next).flatMap((s) => (s.kind === 'assign' ? [s.slot] : [])),
  );
  const fresh = segment.fresh.map((f) => (slots.has(f.slot) ? f : { ...f, overwritable: null }));
  return { ...segment, fresh };
}

/** The variables that computing the runtime scalars of an op changes. */
function changedByScalars(node: LoweredNode | Node): readonly Variable[] {
  return ('instructions' in node ? node.scalars?.variables : undefined) ?? [];
}

function fuse(
  nodes: readonly LoweredNode[],
  storages: Storages,
  escaping: ReadonlySet<Tensor>,
): readonly LoweredNode[] {
  const elided = elideCopies(nodes, storages, escaping);
  return enabled('fuse') ? new Fusion(storages, escaping).run(elided) : elided;
}
