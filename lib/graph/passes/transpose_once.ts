/**
 * A matrix whose transpose is an operand of many products, as in the gradient of a recurrent layer at each time step, is
 * transposed once; otherwise each product would pack it. The order of summation stays the same.
 */
import { shapeOf, type Tensor } from '../../core/tensor';
import type { Transposes } from '../../ops/linalg/matmul';
import type { Graph, OpNode } from '../graph';
import { opNamed, opNode, rewrite, symbolLike } from './rewrite';

const minProducts = 3;
/** Products with at most this many rows or columns do not pack the matrix. */
const maxNarrow = 8;
/** Larger matrices are packed in any case. */
const maxElements = 2 ** 19;

/** The operand that a product multiplies by in transposed form; null if there is none worth it. */
function transposedOperand({ op, attrs, inputs: [a, b], outputs: [out] }: OpNode): Tensor | null {
  if (op.product === undefined || !(attrs as Transposes).tb || b.rank !== 2) return null;
  const rows = (attrs as Transposes).ta ? shapeOf(a)[a.rank - 1] : out.size / shapeOf(b)[0];
  return rows > maxNarrow && shapeOf(b)[0] > maxNarrow && b.size > 0 && b.size <= maxElements ? b : null;
}

export function transposeOnce(graph: Graph): Graph {
  const products = new Map<Tensor, number>();
  for (const node of graph.nodes) {
    const b = node.kind === 'op' ? transposedOperand(node) : null;
    if (b !== null) products.set(b, (products.get(b) ?? 0) + 1);
  }
  if (![...products.values()].some((n) => n >= minProducts)) return graph;
  const transposes = new Map<Tensor, Tensor>();
  return rewrite(graph, (node, output) => {
    const b = transposedOperand(node);
    if (b === null || (products.get(b) ?? 0) < minProducts) return null;
    let t = transposes.get(b);
    if (t === undefined) {
      t = symbolLike(b, [shapeOf(b)[1], shapeOf(b)[0]]);
      output.nodes.push(opNode(opNamed('transpose'), [b], [1, 0], t));
      transposes.set(b, t);
    }
    const inputs = node.inputs.map((x, i) => (i === 1 ? t : x));
    return { ...node, inputs, attrs: { ...(node.attrs as Transposes), tb: false } };
  });
}
