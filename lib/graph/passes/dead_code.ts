/** Two passes of dead code elimination: `deadCode` removes nodes and constants, `unreadResults` results that an op can omit. */
import { inputsOf, outputsOf, readsIn, type Graph, type Node } from '../graph';

/** Drops nodes without effects whose results are unused, and unused constants. */
export function deadCode(graph: Graph): Graph {
  const used = new Set<number>(graph.results.map((t) => t.id));
  const kept: Node[] = [];
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i];
    const effects = node.kind === 'assign' || (node.kind === 'host' && node.effects !== 'none');
    if (!effects && !outputsOf(node).some((t) => used.has(t.id))) continue;
    kept.push(node);
    for (const t of inputsOf(node)) used.add(t.id);
  }
  const constants = graph.constants.filter((c) => used.has(c.symbol.id));
  return { ...graph, constants, nodes: kept.reverse() };
}

/** Drops unused trailing results of ops that can omit them, such as the gradient that a fused loss computes. */
export function unreadResults(graph: Graph): Graph {
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
