/** Dead code elimination: drops nodes without effects whose results are unused, and unused constants. */
import { enabled } from './enabled';
import { inputsOf, outputsOf, type Graph, type Node } from '../graph';

export function deadCode(graph: Graph): Graph {
  if (!enabled('deadCode')) return graph;
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
