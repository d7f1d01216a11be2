/** Goes through the ops of a graph and puts others in their places. */
import type { Tensor } from '../../core/tensor';
import { mapPending, type Constant, type Graph, type Node, type OpNode } from '../graph';

/** What stands for an op: tensors that are there already, one for each result, or another node with the same results. */
export type Replacement = OpNode | readonly Tensor[];

export interface Rewriting {
  readonly nodes: Node[];
  readonly constants: Constant[];
}

/**
 * `f` gets each op in order, its inputs replaced already, and says what takes its place; null: it stays. It may add nodes
 * and constants that come before.
 */
export function rewrite(graph: Graph, f: (node: OpNode, so: Rewriting) => Replacement | null): Graph {
  const so: Rewriting = { nodes: [], constants: [...graph.constants] };
  const instead = new Map<Tensor, Tensor>();
  const now = (t: Tensor): Tensor => instead.get(t) ?? t;
  const all = (list: readonly Tensor[]): readonly Tensor[] =>
    list.some((t) => instead.has(t)) ? list.map(now) : list;
  for (const node of graph.nodes) {
    switch (node.kind) {
      case 'op': {
        const inputs = all(node.inputs);
        const pending = mapPending(node.pending, now);
        const own = inputs === node.inputs && pending === undefined ? node : { ...node, inputs, pending };
        const found = f(own, so);
        if (found === null) so.nodes.push(own);
        else if ('kind' in found) so.nodes.push(found);
        else node.outputs.forEach((t, i) => instead.set(t, found[i]));
        break;
      }
      case 'host': {
        const inputs = all(node.inputs);
        const pending = mapPending(node.pending, now);
        so.nodes.push(inputs === node.inputs && pending === undefined ? node : { ...node, inputs, pending });
        break;
      }
      case 'assign':
        so.nodes.push({ ...node, value: now(node.value) });
        break;
      default:
        so.nodes.push(node);
    }
  }
  return { ...graph, ...so, results: all(graph.results) };
}
