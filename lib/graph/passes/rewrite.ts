/** Replaces ops of a graph one by one, in program order. */
import type { Tensor } from '../../core/tensor';
import { mapPending, type Constant, type Graph, type Node, type OpNode } from '../graph';

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
