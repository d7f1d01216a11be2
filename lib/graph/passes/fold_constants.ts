/** Computes, when the function is compiled, what depends on constants alone. */
import { detached } from '../../core/context';
import { aliasTensor, pin, shapeOf, type Tensor } from '../../core/tensor';
import { runNode } from '../run_node';
import type { Graph } from '../graph';
import { enabled } from './enabled';
import { rewrite } from './rewrite';

/** Results of more bytes than this, and than what they are made of, are computed at each run. */
const mostBytes = 64 * 1024;
const bytesOf = (list: readonly Tensor[]): number => list.reduce((sum, t) => sum + t.size * t.dt.bytes, 0);

export function foldConstants(graph: Graph): Graph {
  if (!enabled('foldConstants')) return graph;
  const known = new Map<Tensor, Tensor>(graph.constants.map((c) => [c.symbol, c.real]));
  return rewrite(graph, (node, { constants }) => {
    if (node.inputs.length === 0 || !node.inputs.every((t) => known.has(t))) return null;
    if (bytesOf(node.outputs) > Math.max(mostBytes, bytesOf(node.inputs))) return null;
    const inputs = node.inputs.map((t) => known.get(t) as Tensor);
    detached(() => {
      let results: readonly Tensor[];
      try {
        results = runNode(node, inputs);
      } catch {
        // It has something to say, which belongs to the run.
        return;
      }
      node.outputs.forEach((symbol, i) => {
        const real = aliasTensor(results[i], shapeOf(symbol), node.op.name);
        pin(real);
        known.set(symbol, real);
        constants.push({ real, symbol, source: real });
      });
    });
    return known.has(node.outputs[0]) ? node.outputs : null;
  });
}
