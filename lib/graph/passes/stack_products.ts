/**
 * Sums of products Σᵢ aᵢᵀ·bᵢ, such as gradients of weights used at many time steps, become one product of the stacked aᵢ and
 * bᵢ, so that the sum is read and written once. The order of float sums changes, within the error bound of a product of that
 * depth.
 */
import { sameShape, sizeOf } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import type { Transposes } from '../../ops/linalg/matmul';
import { readsIn, type Graph, type Node, type OpNode } from '../graph';
import { view } from '../trace';
import { opNamed, opNode, rewrite, symbolLike } from './rewrite';

const minProducts = 3;
/** The most elements in the operands of one product, which are all alive at the same time. */
const maxElements = 4 * 2 ** 20;

const keyOf = (tensors: readonly Tensor[]): string => tensors.map((t) => t.id).join();

const isRowStack = ({ op, attrs, outputs: [out] }: OpNode): boolean =>
  op.concatenates?.(attrs as never, out) === true;

interface Sum {
  readonly products: OpNode[];
  /** The other terms. */
  readonly others: Tensor[];
  /** The ops of the sum, without the last one. */
  readonly inner: OpNode[];
}

class ProductSums {
  private readonly producers = new Map<Tensor, OpNode>();
  private readonly uses: ReadonlyMap<Tensor, number>;
  /** Existing stacks: the order of their inputs, by set of inputs. */
  private readonly orders = new Map<string, readonly Tensor[]>();

  constructor(graph: Graph) {
    this.uses = readsIn(graph);
    for (const node of graph.nodes) {
      if (node.kind !== 'op') continue;
      for (const t of node.outputs) this.producers.set(t, node);
      if (isRowStack(node)) this.orders.set(this.setKeyOf(node.inputs), node.inputs);
    }
  }

  private setKeyOf(tensors: readonly Tensor[]): string {
    return tensors
      .map((t) => t.id)
      .sort((a, b) => a - b)
      .join();
  }

  /** The op that produces a tensor with a single use. */
  private soleUseProducer(t: Tensor): OpNode | null {
    return this.uses.get(t) === 1 ? (this.producers.get(t) ?? null) : null;
  }

  private isSum(node: OpNode | null): node is OpNode {
    return (
      node?.op.elementwise === 'add' &&
      node.inputs.every((t) => sameShape(shapeOf(t), shapeOf(node.outputs[0])))
    );
  }

  private isProduct(node: OpNode | null): node is OpNode {
    if (node?.op.product !== 'plain') return false;
    const { ta, tb } = node.attrs as Transposes;
    const [a, b] = node.inputs;
    if (!ta || tb || a.rank !== 2 || b.rank !== 2) return false;
    // Copying the operands must not cost more than it saves on the sum.
    return a.size + b.size <= 4 * node.outputs[0].size && a.size + b.size > 0;
  }

  /** The sum whose last op is `end`; null if it has too few products. */
  sumEndingAt(end: OpNode): Sum | null {
    if (!this.isSum(end)) return null;
    const [products, inner]: [OpNode[], OpNode[]] = [[], []];
    const others: Tensor[] = [];
    const open = end.inputs.slice();
    for (let t = open.shift(); t !== undefined; t = open.shift()) {
      const producer = this.soleUseProducer(t);
      if (this.isSum(producer)) open.unshift(...producer.inputs);
      else if (this.isProduct(producer)) products.push(producer);
      else others.push(t);
      if (producer !== null && !others.includes(t)) inner.push(producer);
    }
    return products.length < minProducts ? null : { products: this.inStackOrder(products), others, inner };
  }

  /** Whether the result is a term of a larger sum. */
  isInnerSum(end: OpNode, readers: ReadonlyMap<Tensor, OpNode>): boolean {
    const [out] = end.outputs;
    const next = readers.get(out);
    return this.uses.get(out) === 1 && next !== undefined && this.isSum(next);
  }

  /** The products in the order of an existing stack of one of their sides, if there is one. */
  private inStackOrder(products: OpNode[]): OpNode[] {
    for (const side of [1, 0]) {
      const order = this.orders.get(this.setKeyOf(products.map((p) => p.inputs[side])));
      if (order === undefined || new Set(order).size < order.length) continue;
      return order.map((t) => products.find((p) => p.inputs[side] === t) as OpNode);
    }
    return products;
  }
}

export function stackProducts(graph: Graph): Graph {
  const sums = new ProductSums(graph);
  const readers = new Map<Tensor, OpNode>();
  for (const node of graph.nodes) if (node.kind === 'op') for (const t of node.inputs) readers.set(t, node);
  const sumOf = new Map<Tensor, Sum>();
  const removed = new Set<Node>();
  for (const node of graph.nodes) {
    if (node.kind !== 'op' || sums.isInnerSum(node, readers)) continue;
    const sum = sums.sumEndingAt(node);
    if (sum === null) continue;
    sumOf.set(node.outputs[0], sum);
    for (const n of sum.inner) removed.add(n);
  }
  if (sumOf.size === 0) return graph;
  /** The stacks created so far, by their inputs. */
  const stacked = new Map<string, Tensor>();
  const nodes = graph.nodes.filter((n) => !removed.has(n));
  return rewrite({ ...graph, nodes }, (node, output) => {
    const add = (n: OpNode): Tensor => {
      output.nodes.push(n);
      return n.outputs[0];
    };
    const stackRows = (tensors: readonly Tensor[]): Tensor => {
      const key = keyOf(tensors);
      let stack = stacked.get(key);
      if (stack === undefined) {
        const rows = tensors.reduce((sum, t) => sum + shapeOf(t)[0], 0);
        stack = add(
          opNode(opNamed('concat'), tensors, 0, symbolLike(tensors[0], [rows, shapeOf(tensors[0])[1]])),
        );
        stacked.set(key, stack);
      }
      return stack;
    };
    const [out] = node.outputs;
    const stack = isRowStack(node) ? stacked.get(keyOf(node.inputs)) : undefined;
    if (stack !== undefined) return opNode(view, [stack], null, out);
    const sum = sumOf.get(out);
    if (sum === undefined) return null;
    const products = splitBySize(sum.products).map((list) => {
      const [a, b] = [0, 1].map((side) => stackRows(list.map((p) => p.inputs[side])));
      return opNode(opNamed('matmul'), [a, b], { ta: true, tb: false }, symbolLike(out, shapeOf(out)));
    });
    const last = products.length + sum.others.length - 1;
    if (last === 0) return { ...products[0], outputs: [out] };
    const terms = [...sum.others, ...products.map(add)];
    const end = terms.pop() as Tensor;
    const before = terms.reduce((t, u) =>
      add(opNode(opNamed('add'), [t, u], null, symbolLike(out, shapeOf(out)))),
    );
    return opNode(opNamed('add'), [before, end], null, out);
  });
}

/** Splits the products into runs whose operands have at most `maxElements` elements together. */
function splitBySize(products: readonly OpNode[]): OpNode[][] {
  const lists: OpNode[][] = [[]];
  let size = 0;
  for (const p of products) {
    const more = p.inputs.reduce((sum, t) => sum + sizeOf(shapeOf(t)), 0);
    if (size + more > maxElements && size > 0) {
      lists.push([]);
      size = 0;
    }
    lists[lists.length - 1].push(p);
    size += more;
  }
  return lists;
}
