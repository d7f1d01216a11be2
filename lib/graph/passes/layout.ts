/**
 * Layout propagation: moves transposes through elementwise ops, broadcasts, concatenations, pads, slices and reductions until
 * they cancel. A chain of channels-first convolutions then runs channels-last, with one transpose at each end.
 *
 * A value and its transposes form a family, of which the members computed so far are available. Going back from the last op, the
 * pass collects the orders of dimensions in which the ops that support only one (products, convolutions) require each value, and
 * those that other ops therefore prefer. Going forward, each op that supports any order (a flexible op) gets the one that costs the
 * fewest elements to transpose: of its operands, unless the transpose is available or required anyway, and of its result, for each
 * order that is preferred.
 */
import { asShape, sameShape, type Shape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import type { ReduceAttrs } from '../../op/define/reduction';
import { inputsOf, mapPending, type Graph, type Node, type OpNode } from '../graph';
import { view } from '../trace';
import { opNamed, opNode, symbolLike } from './rewrite';

/** Dimension i of the transpose is dimension perm[i] of its input. */
type Perm = readonly number[];

const identity = (rank: number): Perm => Array.from({ length: rank }, (_, i) => i);
/** The composition: first p, then q. */
const compose = (p: Perm, q: Perm): Perm => q.map((d) => p[d]);
const inverse = (p: Perm): Perm => p.map((_, i) => p.indexOf(i));
const permuted = (shape: Shape, p: Perm): Shape => asShape(p.map((d) => shape[d]));
const isIdentity = (p: Perm): boolean => p.every((d, i) => d === i);

/** Whether the elements stay in their order in memory, so that a view suffices. */
function keepsMemoryOrder(shape: Shape, p: Perm): boolean {
  const long = p.filter((d) => shape[d] !== 1);
  return long.every((d, i) => i === 0 || d > long[i - 1]);
}

/** A tensor of the graph as a member of its family: the transpose of the root by `perm`. */
interface Member {
  readonly root: Tensor;
  readonly perm: Perm;
}

/** How a flexible op, one that supports any order of dimensions, adapts to it. */
type Kind = 'elementwise' | 'reordered' | 'broadcast' | 'expand' | 'reduce';

/** Null if the op is not flexible. Reductions are with `sums`: the order of summation changes. */
function kindOf({ op, inputs, outputs, attrs }: OpNode, sums: boolean): Kind | null {
  if (outputs.length !== 1 || outputs[0].size === 0) return null;
  const { rank } = outputs[0];
  if (op.broadcasts === true) return rank > 1 ? 'broadcast' : null;
  if (op.repeats === true) return rank > 1 ? 'expand' : null;
  if (op.permutedAttrs !== undefined && rank > 1 && op.permutedAttrs(attrs as never, identity(rank)) !== null)
    return 'reordered';
  if (op.tile === undefined) return null;
  if (op.tile.kind !== 'reduce') return rank > 1 ? 'elementwise' : null;
  const moves = sums && inputs[0].rank > 1 && (attrs as ReduceAttrs).axes.length > 0;
  return moves ? 'reduce' : null;
}

class Layout {
  private readonly members = new Map<Tensor, Member>();
  /** The members of each family that have been computed, by permutation. */
  private readonly available = new Map<Tensor, Map<string, { tensor: Tensor; perm: Perm }>>();
  /** By root: the permutations that other ops require, and those that flexible ops prefer. */
  private readonly required = new Map<Tensor, Set<string>>();
  private readonly preferred = new Map<Tensor, Map<string, Perm>>();
  /** The source of each view. */
  private readonly views = new Map<Tensor, Tensor>();
  /** The new nodes, and the number of elements that they transpose. */
  private readonly nodes: Node[] = [];
  private transposedElements = 0;

  constructor(
    private readonly graph: Graph,
    private readonly sums: boolean,
  ) {}

  run(): Graph {
    let originalCost = 0;
    for (const node of this.graph.nodes) {
      const perm = transposeOf(node);
      if (perm === null) continue;
      const { inputs, outputs } = node as OpNode;
      const { root, perm: inputPerm } = this.member(inputs[0]);
      this.members.set(outputs[0], { root, perm: compose(inputPerm, perm) });
      if (!keepsMemoryOrder(shapeOf(inputs[0]), perm)) originalCost += outputs[0].size;
    }
    if (originalCost === 0) return this.graph;
    this.collectPreferences();
    for (const t of this.graph.parameters) this.add(t, identity(t.rank), t);
    for (const { symbol } of this.graph.constants) this.add(symbol, identity(symbol.rank), symbol);
    for (const node of this.graph.nodes) this.place(node);
    const results = this.graph.results.map((t) => this.original(t));
    return this.transposedElements < originalCost
      ? { ...this.graph, nodes: this.nodes, results }
      : this.graph;
  }

  private member(t: Tensor): Member {
    let m = this.members.get(t);
    if (m === undefined) this.members.set(t, (m = { root: t, perm: identity(t.rank) }));
    return m;
  }

  private add(root: Tensor, perm: Perm, tensor: Tensor): void {
    const family = this.available.get(root);
    if (family === undefined) this.available.set(root, new Map([[perm.join(), { tensor, perm }]]));
    else family.set(perm.join(), { tensor, perm });
  }

  /** From the last node to the first: the permutations in which each value is required or preferred. */
  private collectPreferences(): void {
    const addRequired = (t: Tensor): void => {
      const { root, perm } = this.member(t);
      const set = this.required.get(root);
      if (set === undefined) this.required.set(root, new Set([perm.join()]));
      else set.add(perm.join());
      this.prefer(root, perm);
    };
    this.graph.results.forEach(addRequired);
    for (let i = this.graph.nodes.length - 1; i >= 0; i--) {
      const node = this.graph.nodes[i];
      if (transposeOf(node) !== null) continue;
      if (node.kind === 'op') for (const { value } of node.pending ?? []) addRequired(value);
      const kind = node.kind === 'op' ? kindOf(node, this.sums) : null;
      if (kind === null) inputsOf(node).forEach(addRequired);
      else if (kind === 'elementwise' || kind === 'reordered') this.propagatePreferences(node as OpNode);
    }
  }

  private prefer(root: Tensor, perm: Perm): void {
    const map = this.preferred.get(root);
    if (map === undefined) this.preferred.set(root, new Map([[perm.join(), perm]]));
    else map.set(perm.join(), perm);
  }

  /** Operands are preferred in the permutations of the result. */
  private propagatePreferences({ inputs, outputs }: OpNode): void {
    for (const target of this.preferred.get(outputs[0])?.values() ?? []) {
      for (const t of inputs) {
        if (t.rank !== target.length) continue;
        const { root, perm } = this.member(t);
        this.prefer(root, compose(perm, target));
      }
    }
  }

  private place(node: Node): void {
    switch (node.kind) {
      case 'read':
        this.add(node.output, identity(node.output.rank), node.output);
        this.nodes.push(node);
        return;
      case 'assign':
        this.nodes.push({ ...node, value: this.original(node.value) });
        return;
      case 'op': {
        if (transposeOf(node) !== null) return;
        const kind = kindOf(node, this.sums);
        if (kind !== null) {
          this.placeFlexible(node, kind);
          return;
        }
        const [out] = node.outputs;
        if (node.op.execute === 'view') this.views.set(out, node.inputs[0]);
        break;
      }
      default:
    }
    const original = (t: Tensor): Tensor => this.original(t);
    this.nodes.push({
      ...node,
      inputs: node.inputs.map(original),
      pending: mapPending(node.pending, original),
    });
    for (const t of node.outputs) this.add(t, identity(t.rank), t);
  }

  /** The tensor with its original order of dimensions. */
  private original(t: Tensor): Tensor {
    const { root, perm } = this.member(t);
    return this.materialize(root, perm);
  }

  /** A member of a family; adds a transpose if it is not available. */
  private materialize(root: Tensor, perm: Perm): Tensor {
    const family = this.available.get(root) as Map<string, { tensor: Tensor; perm: Perm }>;
    const found = family.get(perm.join());
    if (found !== undefined) return found.tensor;
    const { from, step } = this.nearest(root, perm);
    const shape = permuted(shapeOf(from), step);
    const symbol = isIdentity(perm) ? root : symbolLike(root, shape);
    if (keepsMemoryOrder(shapeOf(from), step)) {
      this.nodes.push(opNode(view, [from], null, symbol));
    } else {
      this.nodes.push(opNode(opNamed('transpose'), [from], step, symbol));
      this.transposedElements += symbol.size;
    }
    this.add(root, perm, symbol);
    return symbol;
  }

  /** The available member to transpose, preferably one from which a view suffices. */
  private nearest(root: Tensor, perm: Perm): { from: Tensor; step: Perm } {
    let best: { from: Tensor; step: Perm } | null = null;
    for (const { tensor, perm: availablePerm } of this.available.get(root)?.values() ?? []) {
      const step = compose(inverse(availablePerm), perm);
      if (best === null || keepsMemoryOrder(shapeOf(tensor), step)) best = { from: tensor, step };
    }
    return best as { from: Tensor; step: Perm };
  }

  /** The number of elements to transpose for a member; 0 if it is available or required anyway. */
  private transposeCost(root: Tensor, perm: Perm): number {
    const key = perm.join();
    if (this.available.get(root)?.has(key) === true || this.required.get(root)?.has(key) === true) return 0;
    const { from, step } = this.nearest(root, perm);
    return keepsMemoryOrder(shapeOf(from), step) ? 0 : root.size;
  }

  /** Adds a flexible op in the cheapest order of dimensions. */
  private placeFlexible(node: OpNode, kind: Kind): void {
    const [x] = node.inputs;
    const [out] = node.outputs;
    const full = kind === 'reduce' ? x : out;
    // Candidates: the original order, those of available operands, and those preferred for the result.
    const orders = new Map<string, Perm>();
    const consider = (p: Perm): void => {
      if (!orders.has(p.join())) orders.set(p.join(), p);
    };
    for (const t of kind === 'expand' || kind === 'broadcast' ? [] : node.inputs) {
      if (t.rank !== full.rank || (kind === 'elementwise' && t.size < full.size)) continue;
      const { root, perm } = this.member(t);
      for (const form of this.available.get(root)?.values() ?? [])
        consider(compose(inverse(perm), form.perm));
    }
    if (kind !== 'reduce') this.preferred.get(out)?.forEach(consider);
    consider(identity(full.rank));
    let best: Perm = identity(full.rank);
    let least = Infinity;
    for (const p of orders.values()) {
      const cost = this.cost(node, kind, p);
      if (cost < least) [best, least] = [p, cost];
    }
    this.emit(node, kind, best);
  }

  private cost(node: OpNode, kind: Kind, p: Perm): number {
    const [x] = node.inputs;
    const [out] = node.outputs;
    if (kind === 'reduce' || kind === 'expand') {
      // The remaining dimensions must keep their order.
      const axes = kind === 'reduce' ? (node.attrs as ReduceAttrs).axes : (node.attrs as readonly number[]);
      const kept = p.filter((d) => !axes.includes(d));
      const shape = kind === 'reduce' ? shapeOf(x) : shapeOf(out);
      const long = kept.filter((d) => shape[d] !== 1);
      if (long.some((d, i) => i > 0 && d < long[i - 1])) return Infinity;
    }
    let cost = 0;
    if (kind !== 'expand') {
      for (const t of node.inputs) {
        const { root, perm } = this.member(t);
        if (t.rank === p.length) cost += this.transposeCost(root, compose(perm, p));
        else
          cost +=
            this.transposeCost(root, perm) +
            (keepsMemoryOrder(extended(shapeOf(t), p.length), p) ? 0 : t.size);
      }
    }
    if (kind === 'reduce') return cost;
    for (const target of this.preferred.get(out)?.values() ?? [])
      if (!keepsMemoryOrder(permuted(shapeOf(out), p), compose(inverse(p), target))) cost += out.size;
    return cost;
  }

  private emit(node: OpNode, kind: Kind, p: Perm): void {
    const [x] = node.inputs;
    const [out] = node.outputs;
    const unchanged = isIdentity(p);
    const pending = mapPending(node.pending, (t) => this.original(t));
    if (kind === 'reduce') {
      const { root, perm } = this.member(x);
      const original = node.attrs as ReduceAttrs;
      const attrs = unchanged ? original : { ...original, axes: permutedAxes(original.axes, p) };
      this.nodes.push({ ...node, inputs: [this.materialize(root, compose(perm, p))], attrs, pending });
      this.add(out, identity(out.rank), out);
      return;
    }
    const shape = permuted(shapeOf(out), p);
    const inputs =
      kind === 'expand'
        ? [this.original(x)]
        : node.inputs.map((t) => this.operand(t, p, kind === 'broadcast'));
    let { attrs } = node;
    if (kind === 'broadcast' && !unchanged) attrs = shape;
    if (kind === 'reordered' && !unchanged) attrs = node.op.permutedAttrs?.(attrs as never, p);
    if (kind === 'expand' && !unchanged) attrs = permutedAxes(attrs as readonly number[], p);
    const result = unchanged ? out : symbolLike(out, shape);
    this.nodes.push({ ...node, inputs, attrs, outputs: [result], pending });
    this.add(out, p, result);
  }

  /** An operand with its dimensions permuted as those of the result. */
  private operand(t: Tensor, p: Perm, keepRank: boolean): Tensor {
    const { root, perm } = this.member(t);
    if (t.rank === p.length) return this.materialize(root, compose(perm, p));
    const operand = this.materialize(root, perm);
    if (isIdentity(p) || t.size === 1) return operand;
    const full = extended(shapeOf(t), p.length);
    const shape = permuted(full, p);
    if (!keepsMemoryOrder(full, p)) {
      const extendedOperand = this.viewAs(operand, full);
      if (!this.available.has(extendedOperand))
        this.add(extendedOperand, identity(full.length), extendedOperand);
      return this.materialize(extendedOperand, p);
    }
    let lead = 0;
    while (!keepRank && lead < shape.length - 1 && shape[lead] === 1) lead++;
    return this.viewAs(operand, asShape(shape.slice(lead)));
  }

  /** A view in another shape; a view of a view is taken of the original tensor. */
  private viewAs(t: Tensor, shape: Shape): Tensor {
    if (sameShape(shapeOf(t), shape)) return t;
    const from = this.views.get(t);
    if (from !== undefined) return this.viewAs(this.original(from), shape);
    const result = symbolLike(t, shape);
    this.nodes.push(opNode(view, [t], null, result));
    return result;
  }
}

/** The shape with leading ones. */
const extended = (shape: Shape, rank: number): Shape =>
  asShape([...new Array<number>(rank - shape.length).fill(1), ...shape]);

/** The axes after a transpose, sorted. */
function permutedAxes(axes: readonly number[], p: Perm): number[] {
  return p.flatMap((d, i) => (axes.includes(d) ? [i] : []));
}

function transposeOf(node: Node): Perm | null {
  return node.kind === 'op' && node.outputs[0].size > 0 ? (node.op.permutes?.(node) ?? null) : null;
}

/** With `sums`, transposes move through reductions too, which changes the order of sums. */
export function layout(graph: Graph, sums = true): Graph {
  return new Layout(graph, sums).run();
}
