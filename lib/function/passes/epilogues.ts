/**
 * Lets a matrix product add the bias and the residual and apply the activation to its sums while they are in the cache
 * (ops/fused_matmul.ts). The bits are those of the ops one after another.
 */
import { sameShape } from '../../core/shape';
import type { TracedOp } from '../../core/scope';
import type { Tensor } from '../../core/tensor';
import { activationOf, type FusedAttrs } from '../../ops/fused_matmul';
import type { Sides } from '../../ops/matmul';
import { registry, type OpRow } from '../../ops/registry';
import { inputsOf, type Graph, type Node, type OpNode } from '../graph';
import { enabled } from './enabled';

/** A product with what it does at its end so far. */
interface Product {
  readonly inputs: readonly Tensor[];
  readonly attrs: FusedAttrs;
  /** The last of the ops that it stands for. */
  readonly node: OpNode;
}

export function epilogues(graph: Graph): Graph {
  if (!enabled('epilogues')) return graph;
  const uses = new Map<Tensor, number>();
  const use = (t: Tensor): void => {
    uses.set(t, (uses.get(t) ?? 0) + 1);
  };
  for (const node of graph.nodes) inputsOf(node).forEach(use);
  graph.results.forEach(use);

  const products = new Map<Tensor, Product>();
  const instead = new Map<Node, OpNode | null>();
  for (const node of graph.nodes) {
    if (node.kind !== 'op') continue;
    const [out] = node.outputs;
    if (node.op.name === 'matmul' && out.dt.kind === 'float' && out.size > 0) {
      const attrs: FusedAttrs = { ...(node.attrs as Sides), bias: -1, residual: -1, activation: null };
      products.set(out, { inputs: node.inputs, attrs, node });
      continue;
    }
    for (const t of node.inputs) {
      // Where others read it too it must be there by itself.
      const product = uses.get(t) === 1 ? products.get(t) : undefined;
      const longer = product === undefined ? null : extend(product, t, node);
      if (product === undefined || longer === null) continue;
      products.set(out, longer);
      instead.set(product.node, null);
      instead.set(node, fusedNode(longer));
      break;
    }
  }
  if (instead.size === 0) return graph;
  const nodes = graph.nodes.flatMap((node) => {
    const other = instead.get(node);
    return other === undefined ? [node] : other === null ? [] : [other];
  });
  return { ...graph, nodes };
}

/** The product `sum`, which nobody else reads, with another op behind it; null where that is none that it can do. */
function extend({ inputs, attrs }: Product, sum: Tensor, node: OpNode): Product | null {
  const [out] = node.outputs;
  if (attrs.activation !== null || !sameShape(out.shape, sum.shape)) return null;
  const activation = activationOf(node.op.name);
  if (activation !== null) return { inputs, attrs: { ...attrs, activation }, node };
  if (node.op.name !== 'add' || attrs.residual >= 0) return null;
  const other = node.inputs[node.inputs[0] === sum ? 1 : 0];
  const place = inputs.length;
  if (attrs.bias < 0 && sameShape(other.shape, out.shape.slice(-1)))
    return { inputs: [...inputs, other], attrs: { ...attrs, bias: place }, node };
  if (sameShape(other.shape, out.shape))
    return { inputs: [...inputs, other], attrs: { ...attrs, residual: place }, node };
  return null;
}

function fusedNode({ inputs, attrs, node }: Product): OpNode {
  const row = registry().get('fusedMatmul') as OpRow & TracedOp;
  const parts = [attrs.bias >= 0 && 'bias', attrs.residual >= 0 && 'residual', attrs.activation];
  const name = `fusedMatmul(${parts.filter((p) => p !== false && p !== null).join(', ')})`;
  return { kind: 'op', op: { ...row, name }, inputs, attrs, outputs: node.outputs };
}
