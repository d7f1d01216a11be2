/** From a graph to what runs: segments of instructions, and what JavaScript does between them. */
import type { RuntimeScalars } from '../op/contract';
import { shapeOf, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { inputsOf, type Graph, type HostNode, type Node, type OpNode, type ReadNode } from '../graph/graph';
import { lower } from './lower';
import { Storages, type LoweredNode } from './lowered';
import { blocks } from './fusion/fuse_copies';
import { enabled } from '../graph/passes/enabled';
import { Fusion } from './fusion/fuse';
import { makeSegment } from './segment';
import { overwrites, Updates } from './updates';
import { runNode } from '../graph/run_node';
import { Executable } from './executable';
import type { Segment, Slot, Step } from './steps';

/** What JavaScript does for an op that has no instructions. */
function hostNode(node: OpNode): HostNode {
  return {
    kind: 'host',
    name: node.op.name,
    inputs: node.inputs,
    outputs: node.outputs,
    pending: node.pending,
    run: (inputs) => runNode(node, inputs),
    effects: 'none',
    why: node.op.host ?? 'it computes in JavaScript',
  };
}

/** The instructions of a node; what JavaScript does where there are none. */
function lowerNode(node: OpNode | HostNode, order: number, storages: Storages): LoweredNode | HostNode {
  let op: OpNode;
  let scalars: RuntimeScalars | undefined;
  if (node.kind === 'op') {
    op = node;
  } else if (node.scalarOp === undefined) {
    return node;
  } else {
    scalars = node.scalarOp.scalars;
    const { inputs, outputs, pending } = node;
    const attrs = scalars.attrs(new Float64Array(scalars.count));
    op = { kind: 'op', op: node.scalarOp.op, inputs, attrs, outputs, pending };
  }
  const code = lower(op);
  if (code === null) return node.kind === 'op' ? hostNode(node) : node;
  code.aliases.forEach((source, i) => {
    if (source !== null) storages.share(op.outputs[i], source);
  });
  const view =
    scalars === undefined &&
    code.instructions.length === 0 &&
    code.aliases.every((source) => source !== null);
  const over = overwrites(op, storages);
  return { node: op, order, instructions: code.instructions, view, scalars, over };
}

type Lowered = LoweredNode | Exclude<Node, OpNode>;

/** Where a program is cut, and what crosses the cuts. */
interface Partition {
  /** The nodes before which a segment ends. */
  readonly cuts: ReadonlySet<number>;
  /** The roots of values that leave their segment: they get tensors of their own at each run. */
  readonly leaving: Set<Tensor>;
  readonly updates: Updates;
}

function partition(graph: Graph, nodes: readonly Lowered[], storages: Storages): Partition {
  const leaving = new Set<Tensor>(graph.results.map((t) => storages.root(t)));
  const segmentOf = new Map<Tensor, number>();
  const cuts = new Set<number>();
  const updates = new Updates(graph, storages);
  let number = 0;
  let changed = new Set<Variable>();
  nodes.forEach((what, at) => {
    if ('instructions' in what) {
      for (const t of inputsOf(what.node)) {
        updates.use(t);
        const root = storages.root(t);
        if (segmentOf.has(root) && segmentOf.get(root) !== number) leaving.add(root);
      }
      for (const t of what.node.outputs) if (storages.root(t) === t) segmentOf.set(t, number);
      updates.produce(what.node.outputs);
      for (const v of changedByScalars(what)) changed.add(v);
      return;
    }
    if (what.kind !== 'read' || changed.has(what.variable)) {
      // The numbers of a segment are found before it runs: what they change is read behind it.
      cuts.add(at);
      number++;
      changed = new Set();
    }
    if (what.kind === 'read') {
      segmentOf.set(what.output, number);
      updates.read(what.variable, what.output);
      return;
    }
    if (what.kind === 'assign') updates.assign(what.variable, what.value);
    else for (const t of what.inputs) updates.give(t);
    for (const t of inputsOf(what)) leaving.add(storages.root(t));
  });
  return { cuts, leaving, updates };
}

/** The step of a node that is no op of a segment. `keeps`: whether the value that it reads is needed after an assignment. */
function stepOf(
  what: Exclude<Node, OpNode>,
  slotOf: (t: Tensor) => number,
  updates: Updates,
  keeps: (read: ReadNode) => boolean,
): Step {
  const slotted = (t: Tensor): Slot => ({ slot: slotOf(t), shape: shapeOf(t) });
  if (what.kind === 'read')
    return { kind: 'read', variable: what.variable, slot: slotOf(what.output), keep: keeps(what) };
  if (what.kind === 'assign') {
    const { variable, value } = what;
    return { kind: 'assign', variable, ...slotted(value), own: updates.target(value) !== null };
  }
  const inputs = what.inputs.map(slotted);
  const { chosen, pending = [] } = what;
  if (chosen !== undefined) return { kind: 'choice', node: what, chosen, inputs };
  const held = pending.map(({ variable, value }) => ({ variable, ...slotted(value) }));
  return { kind: 'host', node: what, inputs, outputs: what.outputs.map(slotOf), pending: held };
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

  // Lower everything first: what shares whose storage must be known before values get their places.
  const nodes = graph.nodes.map((node, order) =>
    node.kind === 'op' || node.kind === 'host' ? lowerNode(node, order, storages) : node,
  );
  const found = new Set(nodes.flatMap((n) => ('instructions' in n ? changedByScalars(n) : [])));
  const { cuts, leaving, updates } = partition(graph, nodes, storages);

  const steps: Step[] = [];
  let current: LoweredNode[] = [];
  const flush = (): void => {
    if (current.some((n) => !n.view))
      steps.push(makeSegment(fuse(current, storages, leaving), { storages, leaving, updates, slotOf }));
    current = [];
  };
  nodes.forEach((what, at) => {
    if ('instructions' in what) {
      current.push(what);
      return;
    }
    if (cuts.has(at)) flush();
    // Assignments come last between two effects, so a read may be moved before the ops of its segment.
    steps.push(stepOf(what, slotOf, updates, (r) => leaving.has(r.output) || found.has(r.variable)));
  });
  flush();
  return new Executable(
    graph.name,
    steps.map((step, i) => (step.kind === 'segment' ? onlyFinal(step, steps.slice(i + 1)) : step)),
    graph.parameters.map(slotOf),
    constants,
    graph.results.map((t) => ({ slot: slotOf(t), shape: shapeOf(t), own: updates.takes(t) })),
    slots.size,
  );
}

/**
 * A segment that writes over variables' values only where nothing that may fail stands between it and the assignments: what has not
 * been assigned before an error must not be seen after it.
 */
function onlyFinal(segment: Segment, behind: readonly Step[]): Segment {
  const next = behind.findIndex((s) => s.kind !== 'assign' && s.kind !== 'read');
  const slots = new Set(
    behind.slice(0, next < 0 ? undefined : next).flatMap((s) => (s.kind === 'assign' ? [s.slot] : [])),
  );
  const fresh = segment.fresh.map((f) => (f.over === null || slots.has(f.slot) ? f : { ...f, over: null }));
  return { ...segment, fresh };
}

/** The variables that computing the runtime scalars of an op changes. */
function changedByScalars(node: LoweredNode | Node): readonly Variable[] {
  return ('instructions' in node ? node.scalars?.variables : undefined) ?? [];
}

function fuse(
  nodes: readonly LoweredNode[],
  storages: Storages,
  leaving: ReadonlySet<Tensor>,
): readonly LoweredNode[] {
  const placed = blocks(nodes, storages, leaving);
  return enabled('fuse') ? new Fusion(storages, leaving).run(placed) : placed;
}
