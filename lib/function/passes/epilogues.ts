/**
 * Lets matrix products and convolutions add the bias and the residual and apply the activation to their sums before these
 * are written (ops/finish.ts). The bits are those of the ops one after another.
 */
import { sameShape, type Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { activationOf, finisherOf, noFinish, type Finish, type Finisher } from '../../ops/finish';
import '../../ops/fused_conv';
import '../../ops/fused_matmul';
import { inputsOf, type Graph, type Node, type OpNode } from '../graph';
import { enabled } from './enabled';

/** A product or convolution, with what it does at its end so far. */
interface Product {
  readonly first: OpNode;
  readonly finisher: Finisher;
  readonly inputs: readonly Tensor[];
  readonly finish: Finish;
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
    const finisher = finisherOf(node.op.name);
    if (finisher !== null && out.dt.kind === 'float' && out.size > 0) {
      products.set(out, { first: node, finisher, inputs: node.inputs, finish: noFinish, node });
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
function extend(product: Product, sum: Tensor, node: OpNode): Product | null {
  const { inputs, finish } = product;
  const [out] = node.outputs;
  if (finish.activation !== null || !sameShape(out.shape, sum.shape)) return null;
  const activation = activationOf(node.op.name);
  if (activation !== null) return { ...product, finish: { ...finish, activation }, node };
  if (node.op.name !== 'add' || finish.residual >= 0) return null;
  const other = node.inputs[node.inputs[0] === sum ? 1 : 0];
  const place = inputs.length;
  if (finish.bias < 0 && isRow(other.shape, out.shape))
    return { ...product, inputs: [...inputs, other], finish: { ...finish, bias: place }, node };
  if (sameShape(other.shape, out.shape))
    return { ...product, inputs: [...inputs, other], finish: { ...finish, residual: place }, node };
  return null;
}

/** Whether that has one element for each column. */
function isRow(shape: Shape, out: Shape): boolean {
  return shape.length > 0 && shape.every((n, d) => n === (d < shape.length - 1 ? 1 : out[out.length - 1]));
}

function fusedNode({ first, finisher, inputs, finish, node }: Product): OpNode {
  const parts = [finish.bias >= 0 && 'bias', finish.residual >= 0 && 'residual', finish.activation];
  const name = `${finisher.op.name}(${parts.filter((p) => p !== false && p !== null).join(', ')})`;
  const attrs = finisher.attrs(first.attrs, finish);
  return { kind: 'op', op: { ...finisher.op, name }, inputs, attrs, outputs: node.outputs };
}
