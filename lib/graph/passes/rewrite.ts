/** The means of passes that replace ops of a graph one by one, in program order. */
import { withContext } from '../../core/context';
import { asShape, scalarShape } from '../../core/shape';
import { pin } from '../../core/ownership';
import {
  type Placeholder,
  placeholderOf,
  symbolicTensor,
  type Tensor,
  tensorFrom,
  valuesOf,
} from '../../core/tensor';
import type { OpCall, RewriteContext, TracedOp } from '../../op/contract';
import { opDefinitions } from '../../op/registry';
import { mapPending, type Constant, type Graph, type Node, type OpNode } from '../graph';

/** A symbolic tensor of the same trace and dtype. */
export const symbolLike = (t: Tensor, shape: readonly number[]): Tensor =>
  symbolicTensor(t.dt, asShape(shape), placeholderOf(t) as Placeholder);

/** The op of a definition. */
export const opNamed = (name: string): TracedOp => opDefinitions().get(name) as unknown as TracedOp;

/** An op with one result. */
export const opNode = (op: TracedOp, inputs: readonly Tensor[], attrs: unknown, out: Tensor): OpNode => ({
  kind: 'op',
  op,
  inputs,
  attrs,
  outputs: [out],
});

/** The replacement of an op: existing tensors, one for each result, or another node with the same outputs. */
export type Replacement = OpNode | readonly Tensor[];

/** The graph under construction. */
export interface RewriteOutput {
  readonly nodes: Node[];
  readonly constants: Constant[];
}

/**
 * Calls `f` with each op in order, its inputs already replaced. `f` returns the replacement, or null to keep the op; it may
 * add nodes and constants in front of it.
 */
export function rewrite(graph: Graph, f: (node: OpNode, output: RewriteOutput) => Replacement | null): Graph {
  const output: RewriteOutput = { nodes: [], constants: [...graph.constants] };
  const replacements = new Map<Tensor, Tensor>();
  const replaced = (t: Tensor): Tensor => replacements.get(t) ?? t;
  const replacedAll = (list: readonly Tensor[]): readonly Tensor[] =>
    list.some((t) => replacements.has(t)) ? list.map(replaced) : list;
  for (const node of graph.nodes) {
    switch (node.kind) {
      case 'op': {
        const inputs = replacedAll(node.inputs);
        const pending = mapPending(node.pending, replaced);
        const updated = inputs === node.inputs && pending === undefined ? node : { ...node, inputs, pending };
        const replacement = f(updated, output);
        if (replacement === null) output.nodes.push(updated);
        else if ('kind' in replacement) output.nodes.push(replacement);
        else node.outputs.forEach((t, i) => replacements.set(t, replacement[i]));
        break;
      }
      case 'host': {
        const inputs = replacedAll(node.inputs);
        const pending = mapPending(node.pending, replaced);
        output.nodes.push(
          inputs === node.inputs && pending === undefined ? node : { ...node, inputs, pending },
        );
        break;
      }
      case 'assign':
        output.nodes.push({ ...node, value: replaced(node.value) });
        break;
      default:
        output.nodes.push(node);
    }
  }
  return { ...graph, ...output, results: replacedAll(graph.results) };
}

/** Constants with more elements are not scanned. */
const maxScanned = 2 ** 22;

/** The rewrite context of a pass: `add` registers each op that the pass has visited. */
export class GraphContext implements RewriteContext {
  private readonly producers = new Map<Tensor, OpNode>();
  private readonly values = new Map<Tensor, number | bigint | null>();
  private readonly scalars = new Map<Tensor, Tensor>();
  private readonly constants: Map<Tensor, Tensor>;
  /** The graph under construction, to which `scalar` adds constants. */
  output: RewriteOutput | null = null;

  constructor(graph: Graph) {
    this.constants = new Map(graph.constants.map((c) => [c.symbol, c.real]));
  }

  add(node: OpNode): void {
    for (const t of node.outputs) this.producers.set(t, node);
  }

  producer(t: Tensor): OpCall | null {
    return this.producers.get(t) ?? null;
  }

  uniform(t: Tensor): number | bigint | null {
    let value = this.values.get(t);
    if (value === undefined) {
      const real = this.constants.get(t);
      this.values.set(t, (value = real === undefined ? null : uniformValue(real)));
    }
    return value;
  }

  scalar(t: Tensor): Tensor {
    let symbol = this.scalars.get(t);
    if (symbol === undefined) {
      const real = withContext({ tidy: null }, () =>
        tensorFrom(t.dt, scalarShape, [this.uniform(t) as number | bigint]),
      );
      pin(real);
      symbol = symbolLike(t, scalarShape);
      this.scalars.set(t, symbol);
      this.constants.set(symbol, real);
      (this.output as RewriteOutput).constants.push({ real, symbol, source: real });
    }
    return symbol;
  }
}

function uniformValue(t: Tensor): number | bigint | null {
  if (t.size === 0 || t.size > maxScanned || t.isDisposed) return null;
  const elements = valuesOf(t);
  const [first] = elements;
  for (const x of elements) if (!Object.is(x, first)) return null;
  return Number.isNaN(first) ? null : first;
}
