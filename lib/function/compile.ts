/** From a graph to what runs: parts of instructions, and what JavaScript does between them. */
import type { Tensor } from '../core/tensor';
import type { Graph, HostNode, OpNode } from './graph';
import { lower } from './lower';
import { Storages, type LoweredNode } from './lowered';
import { enabled } from './passes/enabled';
import { Fusion } from './passes/fuse';
import { planArena, type Life } from './plan';
import { Executable, type Part, type PartNode, type Step } from './executable';

/** What JavaScript does for an op that has no instructions. */
function hostNode(node: OpNode): HostNode {
  return {
    kind: 'host',
    name: node.op.name,
    inputs: node.inputs,
    outputs: node.outputs,
    run: (inputs) => Executable.runEagerly(node, inputs),
    effects: 'none',
    why: `${node.op.name} computes in JavaScript`,
  };
}

export function compile(graph: Graph): Executable {
  const storages = new Storages();
  const slots = new Map<Tensor, number>();
  const steps: Step[] = [];
  const slotOf = (t: Tensor): number => {
    const root = storages.root(t);
    let slot = slots.get(root);
    if (slot === undefined) slots.set(root, (slot = slots.size));
    return slot;
  };
  for (const t of graph.parameters) slotOf(t);
  const constants = graph.constants.map(({ real, symbol }) => ({ slot: slotOf(symbol), real }));

  // Lower everything first: what shares whose storage must be known before values get their places.
  const lowered = new Map<OpNode, LoweredNode | HostNode>();
  for (const node of graph.nodes) {
    if (node.kind !== 'op') continue;
    const code = lower(node);
    if (code === null) {
      lowered.set(node, hostNode(node));
      continue;
    }
    code.aliases.forEach((source, i) => {
      if (source !== null) storages.share(node.outputs[i], source);
    });
    lowered.set(node, {
      node,
      instructions: code.instructions,
      view: code.aliases.every((source) => source !== null),
    });
  }

  // Values that leave their part get tensors of their own at each run.
  const leaving = new Set<Tensor>(graph.results.map((t) => storages.root(t)));
  const partOf = new Map<Tensor, number>();
  let number = 0;
  for (const node of graph.nodes) {
    const what = node.kind === 'op' ? (lowered.get(node) as LoweredNode | HostNode) : node;
    if ('instructions' in what) {
      for (const t of what.node.inputs) {
        const root = storages.root(t);
        if (partOf.has(root) && partOf.get(root) !== number) leaving.add(root);
      }
      for (const t of what.node.outputs) if (storages.root(t) === t) partOf.set(t, number);
      continue;
    }
    if (what.kind === 'read') {
      partOf.set(what.output, number);
      continue;
    }
    number++;
    const inputs = what.kind === 'assign' ? [what.value] : what.inputs;
    for (const t of inputs) leaving.add(storages.root(t));
  }

  let current: LoweredNode[] = [];
  const flush = (): void => {
    if (current.some((n) => !n.view))
      steps.push(makePart(fuse(current, storages, leaving), storages, leaving, slotOf));
    current = [];
  };
  for (const node of graph.nodes) {
    const what = node.kind === 'op' ? (lowered.get(node) as LoweredNode | HostNode) : node;
    if ('instructions' in what) {
      current.push(what);
    } else if (what.kind === 'read') {
      // Assignments come last between two effects, so a read may be moved before the ops of its part.
      const keep = leaving.has(what.output);
      steps.push({ kind: 'read', variable: what.variable, slot: slotOf(what.output), keep });
    } else {
      flush();
      if (what.kind === 'assign') {
        steps.push({
          kind: 'assign',
          variable: what.variable,
          slot: slotOf(what.value),
          shape: what.value.shape,
        });
      } else {
        steps.push({
          kind: 'host',
          node: what,
          inputs: what.inputs.map((t) => ({ slot: slotOf(t), shape: t.shape })),
          outputs: what.outputs.map(slotOf),
        });
      }
    }
  }
  flush();
  return new Executable(
    graph.name,
    steps,
    graph.parameters.map(slotOf),
    constants,
    graph.results.map((t) => ({ slot: slotOf(t), shape: t.shape })),
    slots.size,
  );
}

function fuse(
  nodes: readonly LoweredNode[],
  storages: Storages,
  leaving: ReadonlySet<Tensor>,
): readonly LoweredNode[] {
  return enabled('fuse') ? new Fusion(storages, leaving).run(nodes) : nodes;
}

function makePart(
  nodes: readonly LoweredNode[],
  storages: Storages,
  leaving: ReadonlySet<Tensor>,
  slotOf: (t: Tensor) => number,
): Part {
  // Storages made here, and their lives.
  const lives: (Life & { root: Tensor })[] = [];
  const inner = new Map<Tensor, number>();
  const externals: Tensor[] = [];
  const external = new Map<Tensor, number>();
  const fresh: Tensor[] = [];
  const made = new Set<Tensor>();
  const byBuffer = new Map<ArrayBuffer, Tensor>();
  nodes.forEach(({ node, view }, at) => {
    if (view) return;
    for (const t of [...node.inputs, ...node.outputs]) byBuffer.set(t.buffer, t);
    for (const t of node.outputs) {
      const root = storages.root(t);
      if (root !== t) continue;
      made.add(root);
      if (leaving.has(root)) {
        fresh.push(root);
      } else {
        inner.set(root, lives.length);
        lives.push({ bytes: root.size * root.dt.bytes, from: at, to: at, root });
      }
    }
    for (const t of [...node.inputs, ...node.outputs]) {
      const root = storages.root(t);
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
    const root = storages.root(t);
    const bytes = root.size * root.dt.bytes;
    const life = inner.get(root);
    return life === undefined ? [external.get(root) as number, 0, bytes] : [0, arena.offsets[life], bytes];
  };
  for (const { node, instructions } of nodes) {
    const start = words;
    for (const { entry, buffers, numbers } of instructions) {
      write(Float64Array.of(entry, buffers.length, numbers.length, 0, 0, 0));
      for (const b of buffers) write(Float64Array.from(place(byBuffer.get(b) as Tensor)));
      write(numbers);
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
    fresh: fresh.map((t) => ({ slot: slotOf(t), dt: t.dt, shape: t.shape, size: t.size })),
    nodes: partNodes,
  };
}
