/** Compiles a graph to an executable: native segments, and steps in JavaScript between them. */
import type { RuntimeScalars } from '../op/contract';
import { shapeOf, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import {
  inputsOf,
  runNode,
  type Graph,
  type HostNode,
  type Node,
  type OpNode,
  type ReadNode,
} from '../graph/graph';
import { lower } from './lower';
import { Storages, type LoweredNode } from './lowered';
import { elideCopies } from './fusion/fuse_copies';
import { enabled } from '../graph/passes/enabled';
import { Fusion } from './fusion/fuse';
import { makeSegment } from './segment';
import { overwrites, Updates } from './updates';
import { Executable } from './executable';
import type { Segment, Slot, Step } from './steps';

/** The host step for an op that computes in JavaScript. */
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

/** The node with its instructions, or as a host step if it has none. */
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

/** The partition of a program into segments. */
interface Partition {
  /** The nodes, by number, before which a segment ends. */
  readonly cuts: ReadonlySet<number>;
  /** The roots of values that are used outside their segment: each run allocates tensors for them. */
  readonly escaping: Set<Tensor>;
  readonly updates: Updates;
}

function partition(graph: Graph, nodes: readonly Lowered[], storages: Storages): Partition {
  const escaping = new Set<Tensor>(graph.results.map((t) => storages.root(t)));
  const segmentOf = new Map<Tensor, number>();
  const cuts = new Set<number>();
  const updates = new Updates(graph, storages);
  let segment = 0;
  let changedVariables = new Set<Variable>();
  nodes.forEach((item, at) => {
    if ('instructions' in item) {
      for (const t of inputsOf(item.node)) {
        updates.use(t);
        const root = storages.root(t);
        if (segmentOf.has(root) && segmentOf.get(root) !== segment) escaping.add(root);
      }
      for (const t of item.node.outputs) if (storages.root(t) === t) segmentOf.set(t, segment);
      updates.produce(item.node.outputs);
      for (const v of changedByScalars(item)) changedVariables.add(v);
      return;
    }
    if (item.kind !== 'read' || changedVariables.has(item.variable)) {
      // The scalars of a segment are computed before it runs: a variable that they change is read after it.
      cuts.add(at);
      segment++;
      changedVariables = new Set();
    }
    if (item.kind === 'read') {
      segmentOf.set(item.output, segment);
      updates.read(item.variable, item.output);
      return;
    }
    if (item.kind === 'assign') updates.assign(item.variable, item.value);
    else for (const t of item.inputs) updates.shareWithHost(t);
    for (const t of inputsOf(item)) escaping.add(storages.root(t));
  });
  return { cuts, escaping, updates };
}

/** The step of a node outside segments. `keeps`: whether the value of a read may be used after the variable is assigned. */
function stepOf(
  node: Exclude<Node, OpNode>,
  slotOf: (t: Tensor) => number,
  updates: Updates,
  keeps: (read: ReadNode) => boolean,
): Step {
  const slotted = (t: Tensor): Slot => ({ slot: slotOf(t), shape: shapeOf(t) });
  if (node.kind === 'read')
    return { kind: 'read', variable: node.variable, slot: slotOf(node.output), keep: keeps(node) };
  if (node.kind === 'assign') {
    const { variable, value } = node;
    return { kind: 'assign', variable, ...slotted(value), exclusive: updates.target(value) !== null };
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

  // All nodes are lowered first: storage sharing must be known before values are placed in memory.
  const nodes = graph.nodes.map((node, order) =>
    node.kind === 'op' || node.kind === 'host' ? lowerNode(node, order, storages) : node,
  );
  const changedByRun = new Set(nodes.flatMap((n) => ('instructions' in n ? changedByScalars(n) : [])));
  const { cuts, escaping, updates } = partition(graph, nodes, storages);

  const steps: Step[] = [];
  let current: LoweredNode[] = [];
  const flush = (): void => {
    if (current.some((n) => !n.view))
      steps.push(makeSegment(fuse(current, storages, escaping), { storages, escaping, updates, slotOf }));
    current = [];
  };
  nodes.forEach((item, at) => {
    if ('instructions' in item) {
      current.push(item);
      return;
    }
    if (cuts.has(at)) flush();
    // Assignments come last between two effects, so a read can move before the ops of its segment.
    steps.push(stepOf(item, slotOf, updates, (r) => escaping.has(r.output) || changedByRun.has(r.variable)));
  });
  flush();
  return new Executable(
    graph.name,
    steps.map((step, i) => (step.kind === 'segment' ? limitOverwrites(step, steps.slice(i + 1)) : step)),
    graph.parameters.map(slotOf),
    constants,
    graph.results.map((t) => ({ slot: slotOf(t), shape: shapeOf(t), exclusive: updates.claimResult(t) })),
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
  escaping: ReadonlySet<Tensor>,
): readonly LoweredNode[] {
  const elided = elideCopies(nodes, storages, escaping);
  return enabled('fuse') ? new Fusion(storages, escaping).run(elided) : elided;
}
