/**
 * Sums of products Σᵢ aᵢᵀ·bᵢ, as gradients of weights that are used at many time steps are, become one product of all the aᵢ
 * and bᵢ below each other: the sum is read and written once. Floats are summed in another order, within the bound that a
 * product of that depth has.
 */
import { asShape, sameShape, sizeOf } from '../../core/shape';
import type { TracedOp } from '../../op/contract';
import { type Placeholder, placeholderOf, shapeOf, symbolicTensor, type Tensor } from '../../core/tensor';
import type { Sides } from '../../ops/linalg/matmul';
import { registry } from '../../op/registry';
import { readsIn, type Graph, type Node, type OpNode } from '../graph';
import { view } from '../trace';
import { enabled } from './enabled';
import { rewrite } from './rewrite';

const fewest = 3;
/** Elements of all operands of one product: they must be there at the same time. */
const most = 4 * 2 ** 20;

const row = (name: string): TracedOp => registry().get(name) as unknown as TracedOp;
const like = (t: Tensor, shape: readonly number[]): Tensor =>
  symbolicTensor(t.dt, asShape(shape), placeholderOf(t) as Placeholder);
const keyOf = (parts: readonly Tensor[]): string => parts.map((t) => t.id).join();

/** Whether an op puts its inputs below each other. */
const stacks = ({ op, attrs, outputs: [out] }: OpNode): boolean =>
  (op.name === 'stack' || op.name === 'concat') && (attrs === 0 || attrs === -out.rank);

interface Sum {
  readonly products: OpNode[];
  /** What else is added. */
  readonly others: Tensor[];
  /** The ops that it is made of, but the last one. */
  readonly inner: OpNode[];
}

class Sums {
  private readonly makers = new Map<Tensor, OpNode>();
  private readonly uses: ReadonlyMap<Tensor, number>;
  /** The orders in which tensors are put below each other anyway, by the tensors. */
  private readonly orders = new Map<string, readonly Tensor[]>();

  constructor(graph: Graph) {
    this.uses = readsIn(graph);
    for (const node of graph.nodes) {
      if (node.kind !== 'op') continue;
      for (const t of node.outputs) this.makers.set(t, node);
      if (stacks(node)) this.orders.set(this.setOf(node.inputs), node.inputs);
    }
  }

  private setOf(parts: readonly Tensor[]): string {
    return parts
      .map((t) => t.id)
      .sort((a, b) => a - b)
      .join();
  }

  /** An op whose result only another op of the sum reads. */
  private inner(t: Tensor): OpNode | null {
    return this.uses.get(t) === 1 ? (this.makers.get(t) ?? null) : null;
  }

  private isSum(node: OpNode | null): node is OpNode {
    return (
      node?.op.name === 'add' && node.inputs.every((t) => sameShape(shapeOf(t), shapeOf(node.outputs[0])))
    );
  }

  private isProduct(node: OpNode | null): node is OpNode {
    if (node?.op.name !== 'matmul') return false;
    const { ta, tb } = node.attrs as Sides;
    const [a, b] = node.inputs;
    if (!ta || tb || a.rank !== 2 || b.rank !== 2) return false;
    // What copying the operands may cost does not outweigh the sum.
    return a.size + b.size <= 4 * node.outputs[0].size && a.size + b.size > 0;
  }

  /** The sum that ends with this op; null where there is nothing to gain. */
  of(end: OpNode): Sum | null {
    if (!this.isSum(end)) return null;
    const [products, inner]: [OpNode[], OpNode[]] = [[], []];
    const others: Tensor[] = [];
    const open = end.inputs.slice();
    for (let t = open.shift(); t !== undefined; t = open.shift()) {
      const maker = this.inner(t);
      if (this.isSum(maker)) open.unshift(...maker.inputs);
      else if (this.isProduct(maker)) products.push(maker);
      else others.push(t);
      if (maker !== null && !others.includes(t)) inner.push(maker);
    }
    return products.length < fewest ? null : { products: this.ordered(products), others, inner };
  }

  /** Whether a sum goes on with this one. */
  goesOn(end: OpNode, readers: ReadonlyMap<Tensor, OpNode>): boolean {
    const [out] = end.outputs;
    const next = readers.get(out);
    return this.uses.get(out) === 1 && next !== undefined && this.isSum(next);
  }

  /** In an order in which one side is put below each other anyway, if there is one. */
  private ordered(products: OpNode[]): OpNode[] {
    for (const side of [1, 0]) {
      const order = this.orders.get(this.setOf(products.map((p) => p.inputs[side])));
      if (order === undefined || new Set(order).size < order.length) continue;
      return order.map((t) => products.find((p) => p.inputs[side] === t) as OpNode);
    }
    return products;
  }
}

export function stackProducts(graph: Graph): Graph {
  if (!enabled('stackProducts')) return graph;
  const sums = new Sums(graph);
  const readers = new Map<Tensor, OpNode>();
  for (const node of graph.nodes) if (node.kind === 'op') for (const t of node.inputs) readers.set(t, node);
  const found = new Map<Tensor, Sum>();
  const left = new Set<Node>();
  for (const node of graph.nodes) {
    if (node.kind !== 'op' || sums.goesOn(node, readers)) continue;
    const sum = sums.of(node);
    if (sum === null) continue;
    found.set(node.outputs[0], sum);
    for (const n of sum.inner) left.add(n);
  }
  if (found.size === 0) return graph;
  /** What was put below each other, by its parts. */
  const stacked = new Map<string, Tensor>();
  const nodes = graph.nodes.filter((n) => !left.has(n));
  return rewrite({ ...graph, nodes }, (node, so) => {
    const make = (op: TracedOp, inputs: readonly Tensor[], attrs: unknown, out: Tensor): OpNode => ({
      ...{ kind: 'op', op, inputs, attrs },
      outputs: [out],
    });
    const add = (n: OpNode): Tensor => {
      so.nodes.push(n);
      return n.outputs[0];
    };
    const below = (parts: readonly Tensor[]): Tensor => {
      const key = keyOf(parts);
      let whole = stacked.get(key);
      if (whole === undefined) {
        const rows = parts.reduce((sum, t) => sum + shapeOf(t)[0], 0);
        whole = add(make(row('concat'), parts, 0, like(parts[0], [rows, shapeOf(parts[0])[1]])));
        stacked.set(key, whole);
      }
      return whole;
    };
    const [out] = node.outputs;
    const whole = stacks(node) ? stacked.get(keyOf(node.inputs)) : undefined;
    if (whole !== undefined) return make(view, [whole], null, out);
    const sum = found.get(out);
    if (sum === undefined) return null;
    const products = pieces(sum.products).map((list) => {
      const [a, b] = [0, 1].map((side) => below(list.map((p) => p.inputs[side])));
      return make(row('matmul'), [a, b], { ta: true, tb: false }, like(out, shapeOf(out)));
    });
    const last = products.length + sum.others.length - 1;
    if (last === 0) return { ...products[0], outputs: [out] };
    const terms = [...sum.others, ...products.map(add)];
    const end = terms.pop() as Tensor;
    const before = terms.reduce((t, u) => add(make(row('add'), [t, u], null, like(out, shapeOf(out)))));
    return make(row('add'), [before, end], null, out);
  });
}

/** Runs of products whose operands are not too many elements together. */
function pieces(products: readonly OpNode[]): OpNode[][] {
  const lists: OpNode[][] = [[]];
  let size = 0;
  for (const p of products) {
    const more = p.inputs.reduce((sum, t) => sum + sizeOf(shapeOf(t)), 0);
    if (size + more > most && size > 0) {
      lists.push([]);
      size = 0;
    }
    lists[lists.length - 1].push(p);
    size += more;
  }
  return lists;
}
