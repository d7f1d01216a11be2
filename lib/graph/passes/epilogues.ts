/**
 * Fuses the bias, the residual and the activation behind a matrix product or convolution into its epilogue
 * (ops/nn/epilogue.ts). Results are the same bit for bit as those of the separate ops.
 */
import { isConverted } from '../../core/dtype';
import { sameShape, type Shape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import {
  activationOf,
  epilogueFusionOf,
  noEpilogue,
  type Epilogue,
  type EpilogueFusion,
} from '../../ops/nn/epilogue';
import '../../ops/nn/fused_conv';
import '../../ops/linalg/fused_matmul';
import { readsIn, type Graph, type Node, type OpNode } from '../graph';
import { view } from '../trace';

/** A matrix product or convolution with the epilogue collected so far. */
interface Product {
  readonly first: OpNode;
  readonly fusion: EpilogueFusion;
  readonly inputs: readonly Tensor[];
  readonly epilogue: Epilogue;
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
    const fusion = epilogueFusionOf(node.op.name);
    // The epilogue of a fused op rounds floats of 16 bits once, separate ops after each.
    if (fusion !== null && out.dt.kind === 'float' && !isConverted(out.dt) && out.size > 0) {
      products.set(out, { first: node, fusion, inputs: node.inputs, epilogue: noEpilogue, node, views: [] });
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
  const { inputs, epilogue } = product;
  const [out] = node.outputs;
  if (epilogue.activation !== null || !sameShape(shapeOf(out), shapeOf(sum))) return null;
  const activation = activationOf(node.op.elementwise);
  if (activation !== null) return { ...product, epilogue: { ...epilogue, activation } };
  if (node.op.elementwise !== 'add' || epilogue.residual >= 0) return null;
  const other = node.inputs[node.inputs[0] === sum ? 1 : 0];
  const place = inputs.length;
  if (epilogue.bias < 0 && isPerColumn(shapeOf(other), shapeOf(out)))
    return { ...product, inputs: [...inputs, other], epilogue: { ...epilogue, bias: place } };
  if (sameShape(shapeOf(other), shapeOf(out)))
    return { ...product, inputs: [...inputs, other], epilogue: { ...epilogue, residual: place } };
  return null;
}

/** Whether an operand has one element for each column of the result. */
function isPerColumn(shape: Shape, out: Shape): boolean {
  return shape.length > 0 && shape.every((n, d) => n === (d < shape.length - 1 ? 1 : out[out.length - 1]));
}

function fusedNodes({ first, fusion, inputs, epilogue, node }: Product): OpNode[] {
  const parts = [epilogue.bias >= 0 && 'bias', epilogue.residual >= 0 && 'residual', epilogue.activation];
  const name = `${fusion.op.name}(${parts.filter((p) => p !== false && p !== null).join(', ')})`;
  const attrs = fusion.attrs(first.attrs, epilogue);
  const fused = (outputs: readonly Tensor[]): OpNode => ({
    kind: 'op',
    op: { ...fusion.op, name },
    inputs,
    attrs,
    outputs,
  });
  const [sum] = first.outputs;
  if (sameShape(shapeOf(sum), shapeOf(node.outputs[0]))) return [fused(node.outputs)];
  return [fused([sum]), { kind: 'op', op: view, inputs: [sum], attrs: null, outputs: node.outputs }];
}
