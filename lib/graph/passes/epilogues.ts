/**
 * Fuses the bias, the residual and the activation behind a matrix product or convolution into its epilogue
 * (ops/nn/epilogue.ts). Results are the same bit for bit as those of the separate ops.
 */
import { isConverted } from '../../core/dtype';
import { sameShape, type Shape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { activationOf, finisherOf, noFinish, type Finish, type Finisher } from '../../ops/nn/epilogue';
import '../../ops/nn/fused_conv';
import '../../ops/linalg/fused_matmul';
import { readsIn, type Graph, type Node, type OpNode } from '../graph';
import { view } from '../trace';

/** A matrix product or convolution with the epilogue collected so far. */
interface Product {
  readonly first: OpNode;
  readonly finisher: Finisher;
  readonly inputs: readonly Tensor[];
  readonly finish: Finish;
  /** The last op that it replaces. */
  readonly node: OpNode;
  /** Views of its result with the same number of columns. */
  readonly views: readonly OpNode[];
}

export function epilogues(graph: Graph): Graph {
  const uses = readsIn(graph);
  const products = new Map<Tensor, Product>();
  const replacements = new Map<Node, readonly Node[]>();
  // A result with several uses must be written to memory.
  const soleUseProduct = (t: Tensor): Product | undefined =>
    uses.get(t) === 1 ? products.get(t) : undefined;
  for (const node of graph.nodes) {
    if (node.kind !== 'op') continue;
    const [out] = node.outputs;
    const finisher = finisherOf(node.op.name);
    // Floats of 16 bits would be rounded once in place of after each op.
    if (finisher !== null && out.dt.kind === 'float' && !isConverted(out.dt) && out.size > 0) {
      products.set(out, { first: node, finisher, inputs: node.inputs, finish: noFinish, node, views: [] });
      continue;
    }
    if (node.op.execute === 'view') {
      const [x] = node.inputs;
      const product = soleUseProduct(x);
      if (product !== undefined && shapeOf(x).at(-1) === shapeOf(out).at(-1))
        products.set(out, { ...product, views: [...product.views, node] });
      continue;
    }
    for (const t of node.inputs) {
      const product = soleUseProduct(t);
      const extended = product === undefined ? null : extend(product, t, node);
      if (product === undefined || extended === null) continue;
      products.set(out, extended);
      for (const other of [product.node, ...product.views]) replacements.set(other, []);
      replacements.set(node, fusedNodes(extended));
      break;
    }
  }
  if (replacements.size === 0) return graph;
  return { ...graph, nodes: graph.nodes.flatMap((node) => replacements.get(node) ?? [node]) };
}

/** The product, whose result `sum` has a single use, extended by the op `node`; null if the op cannot be fused. */
function extend(shorter: Product, sum: Tensor, node: OpNode): Product | null {
  const product = { ...shorter, views: [], node };
  const { inputs, finish } = product;
  const [out] = node.outputs;
  if (finish.activation !== null || !sameShape(shapeOf(out), shapeOf(sum))) return null;
  const activation = activationOf(node.op.elementwise);
  if (activation !== null) return { ...product, finish: { ...finish, activation } };
  if (node.op.elementwise !== 'add' || finish.residual >= 0) return null;
  const other = node.inputs[node.inputs[0] === sum ? 1 : 0];
  const place = inputs.length;
  if (finish.bias < 0 && isPerColumn(shapeOf(other), shapeOf(out)))
    return { ...product, inputs: [...inputs, other], finish: { ...finish, bias: place } };
  if (sameShape(shapeOf(other), shapeOf(out)))
    return { ...product, inputs: [...inputs, other], finish: { ...finish, residual: place } };
  return null;
}

/** Whether an operand has one element for each column of the result. */
function isPerColumn(shape: Shape, out: Shape): boolean {
  return shape.length > 0 && shape.every((n, d) => n === (d < shape.length - 1 ? 1 : out[out.length - 1]));
}

function fusedNodes({ first, finisher, inputs, finish, node }: Product): OpNode[] {
  const parts = [finish.bias >= 0 && 'bias', finish.residual >= 0 && 'residual', finish.activation];
  const name = `${finisher.op.name}(${parts.filter((p) => p !== false && p !== null).join(', ')})`;
  const attrs = finisher.attrs(first.attrs, finish);
  const fused = (outputs: readonly Tensor[]): OpNode => ({
    kind: 'op',
    op: { ...finisher.op, name },
    inputs,
    attrs,
    outputs,
  });
  const [sum] = first.outputs;
  if (sameShape(shapeOf(sum), shapeOf(node.outputs[0]))) return [fused(node.outputs)];
  return [fused([sum]), { kind: 'op', op: view, inputs: [sum], attrs: null, outputs: node.outputs }];
}
