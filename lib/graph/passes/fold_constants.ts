/** Constant folding: evaluates ops on constants at compile time. */
import { detached } from '../../core/context';
import { pin } from '../../core/ownership';
import { aliasTensor, shapeOf, type Tensor } from '../../core/tensor';
import { runNode, type Graph } from '../graph';
import { rewrite } from './rewrite';

/** Results larger than this and than their inputs are not folded. */
const maxBytes = 64 * 1024;
const bytesOf = (list: readonly Tensor[]): number => list.reduce((sum, t) => sum + t.size * t.dt.bytes, 0);

export function foldConstants(graph: Graph): Graph {
  const values = new Map<Tensor, Tensor>(graph.constants.map((c) => [c.symbol, c.real]));
  return rewrite(graph, (node, { constants }) => {
    if (node.inputs.length === 0 || !node.inputs.every((t) => values.has(t))) return null;
    if (bytesOf(node.outputs) > Math.max(maxBytes, bytesOf(node.inputs))) return null;
    const inputs = node.inputs.map((t) => values.get(t) as Tensor);
    detached(() => {
      let results: readonly Tensor[];
      try {
        results = runNode(node, inputs);
      } catch {
        // The op throws for these constants: the error belongs to the run.
        return;
      }
      node.outputs.forEach((symbol, i) => {
        const real = aliasTensor(results[i], shapeOf(symbol), node.op.name);
        pin(real);
        values.set(symbol, real);
        constants.push({ real, symbol, source: real });
      });
    });
    return values.has(node.outputs[0]) ? node.outputs : null;
  });
}
