/** Drops unused trailing results of ops that can omit them, such as the gradient that a fused loss computes. */
import { readsIn, type Graph, type Node } from '../graph';
import { enabled } from './enabled';

export function unreadResults(graph: Graph): Graph {
  if (!enabled('unreadResults')) return graph;
  const reads = readsIn(graph);
  const nodes = graph.nodes.map((node): Node => {
    if (node.kind !== 'op' || node.op.minResults === undefined) return node;
    const { outputs } = node;
    let count = outputs.length;
    while (count > node.op.minResults && !reads.has(outputs[count - 1])) count--;
    return count === outputs.length ? node : { ...node, outputs: outputs.slice(0, count) };
  });
  return { ...graph, nodes };
}
