/**
 * A matrix whose transpose many products multiply by, as those of a recurrent layer's gradient do at each time step, is
 * transposed once: each of them would pack it anew. Sums are added up in the same order.
 */
import type { TracedOp } from '../../op/contract';
import { type Placeholder, placeholderOf, shapeOf, symbolicTensor, type Tensor } from '../../core/tensor';
import type { Sides } from '../../ops/linalg/matmul';
import { registry } from '../../op/registry';
import type { Graph, OpNode } from '../graph';
import { enabled } from './enabled';
import { rewrite } from './rewrite';
import { asShape } from '../../core/shape';

const fewest = 3;
/** Products of fewer rows or columns are sums along the rows of the matrix as it is. */
const narrow = 8;
/** Elements; larger ones are packed in any case. */
const most = 2 ** 19;

/** What the product multiplies by the transpose of. */
function turned({ op, attrs, inputs: [a, b], outputs: [out] }: OpNode): Tensor | null {
  if ((op.name !== 'matmul' && op.name !== 'fusedMatmul') || !(attrs as Sides).tb || b.rank !== 2)
    return null;
  const rows = (attrs as Sides).ta ? shapeOf(a)[a.rank - 1] : out.size / shapeOf(b)[0];
  return rows > narrow && shapeOf(b)[0] > narrow && b.size > 0 && b.size <= most ? b : null;
}

export function transposeOnce(graph: Graph): Graph {
  if (!enabled('transposeOnce')) return graph;
  const products = new Map<Tensor, number>();
  for (const node of graph.nodes) {
    const b = node.kind === 'op' ? turned(node) : null;
    if (b !== null) products.set(b, (products.get(b) ?? 0) + 1);
  }
  if (![...products.values()].some((n) => n >= fewest)) return graph;
  const transposes = new Map<Tensor, Tensor>();
  return rewrite(graph, (node, so) => {
    const b = turned(node);
    if (b === null || (products.get(b) ?? 0) < fewest) return null;
    let t = transposes.get(b);
    if (t === undefined) {
      t = symbolicTensor(b.dt, asShape([shapeOf(b)[1], shapeOf(b)[0]]), placeholderOf(b) as Placeholder);
      const op = registry().get('transpose') as unknown as TracedOp;
      so.nodes.push({ kind: 'op', op, inputs: [b], attrs: [1, 0], outputs: [t] });
      transposes.set(b, t);
    }
    const inputs = node.inputs.map((x, i) => (i === 1 ? t : x));
    return { ...node, inputs, attrs: { ...(node.attrs as Sides), tb: false } };
  });
}
