/**
 * Moves transposes through elementwise ops, what broadcasts, joins, pads or takes parts, and through reductions, until they
 * meet and cancel: a chain of convolutions with channels first then runs with channels last, with one transpose at each end.
 *
 * A value and its transposes are one family, of which the graph has those members that somebody made. Each op that may run in
 * any order of dimensions is given the one in which its operands are there, or will be wanted by others, and in which its
 * result is wanted.
 */
import { asShape, sameShape, type Shape } from '../../core/shape';
import { type Placeholder, placeholderOf, shapeOf, symbolicTensor, type Tensor } from '../../core/tensor';
import type { ReduceAttrs } from '../../op/define/reduction';
import { registry, type OpRow } from '../../op/registry';
import type { TracedOp } from '../../op/contract';
import { inputsOf, mapPending, type Graph, type Node, type OpNode } from '../graph';
import { view } from '../trace';
import { enabled } from './enabled';

/** Dimension i is the perm[i]-th of what is transposed. */
type Perm = readonly number[];

const identity = (rank: number): Perm => Array.from({ length: rank }, (_, i) => i);
/** First p, then q. */
const then = (p: Perm, q: Perm): Perm => q.map((d) => p[d]);
const inverse = (p: Perm): Perm => p.map((_, i) => p.indexOf(i));
const permuted = (shape: Shape, p: Perm): Shape => asShape(p.map((d) => shape[d]));
const isIdentity = (p: Perm): boolean => p.every((d, i) => d === i);

/** Whether dimensions in another order leave the elements where they are. */
function movesNothing(shape: Shape, p: Perm): boolean {
  const long = p.filter((d) => shape[d] !== 1);
  return long.every((d, i) => i === 0 || d > long[i - 1]);
}

/** A tensor of the graph as a member of its family. */
interface Member {
  readonly root: Tensor;
  readonly perm: Perm;
}

/** What an op does if its dimensions come in another order. */
type Kind = 'elementwise' | 'reordered' | 'broadcast' | 'spread' | 'reduce';

function kindOf({ op, inputs, outputs, attrs }: OpNode): Kind | null {
  if (outputs.length !== 1 || outputs[0].size === 0) return null;
  const { rank } = outputs[0];
  if (op.broadcasts === true) return rank > 1 ? 'broadcast' : null;
  if (op.spreads === true) return rank > 1 ? 'spread' : null;
  if (op.reordered !== undefined && rank > 1 && op.reordered(attrs as never, identity(rank)) !== null)
    return 'reordered';
  if (op.tile === undefined) return null;
  if (op.tile.kind !== 'reduce') return rank > 1 ? 'elementwise' : null;
  // Sums are taken in another order.
  const moves = enabled('regroup') && inputs[0].rank > 1 && (attrs as ReduceAttrs).axes.length > 0;
  return moves ? 'reduce' : null;
}

class Layout {
  private readonly members = new Map<Tensor, Member>();
  /** The members of a family that are there, by their order of dimensions. */
  private readonly there = new Map<Tensor, Map<string, { tensor: Tensor; perm: Perm }>>();
  /** Those that ops which know one order only will want; and those that others would like. */
  private readonly needed = new Map<Tensor, Set<string>>();
  private readonly liked = new Map<Tensor, Map<string, Perm>>();
  private readonly views = new Map<Tensor, Tensor>();
  private readonly nodes: Node[] = [];
  private transposed = 0;

  constructor(private readonly graph: Graph) {}

  run(): Graph {
    let before = 0;
    for (const node of this.graph.nodes) {
      const perm = transposeOf(node);
      if (perm === null) continue;
      const { inputs, outputs } = node as OpNode;
      const { root, perm: own } = this.member(inputs[0]);
      this.members.set(outputs[0], { root, perm: then(own, perm) });
      if (!movesNothing(shapeOf(inputs[0]), perm)) before += outputs[0].size;
    }
    if (before === 0) return this.graph;
    this.wishes();
    for (const t of this.graph.parameters) this.add(t, identity(t.rank), t);
    for (const { symbol } of this.graph.constants) this.add(symbol, identity(symbol.rank), symbol);
    for (const node of this.graph.nodes) this.place(node);
    const results = this.graph.results.map((t) => this.own(t));
    return this.transposed < before ? { ...this.graph, nodes: this.nodes, results } : this.graph;
  }

  private member(t: Tensor): Member {
    let m = this.members.get(t);
    if (m === undefined) this.members.set(t, (m = { root: t, perm: identity(t.rank) }));
    return m;
  }

  private add(root: Tensor, perm: Perm, tensor: Tensor): void {
    const family = this.there.get(root);
    if (family === undefined) this.there.set(root, new Map([[perm.join(), { tensor, perm }]]));
    else family.set(perm.join(), { tensor, perm });
  }

  /** From the last node to the first: in which order of dimensions each value is wanted. */
  private wishes(): void {
    const need = (t: Tensor): void => {
      const { root, perm } = this.member(t);
      const set = this.needed.get(root);
      if (set === undefined) this.needed.set(root, new Set([perm.join()]));
      else set.add(perm.join());
      this.like(root, perm);
    };
    this.graph.results.forEach(need);
    for (let i = this.graph.nodes.length - 1; i >= 0; i--) {
      const node = this.graph.nodes[i];
      if (transposeOf(node) !== null) continue;
      if (node.kind === 'op') for (const { value } of node.pending ?? []) need(value);
      const kind = node.kind === 'op' ? kindOf(node) : null;
      if (kind === null) inputsOf(node).forEach(need);
      else if (kind === 'elementwise' || kind === 'reordered') this.pass(node as OpNode);
    }
  }

  private like(root: Tensor, perm: Perm): void {
    const map = this.liked.get(root);
    if (map === undefined) this.liked.set(root, new Map([[perm.join(), perm]]));
    else map.set(perm.join(), perm);
  }

  /** Operands are liked as the result is. */
  private pass({ inputs, outputs }: OpNode): void {
    for (const wish of this.liked.get(outputs[0])?.values() ?? []) {
      for (const t of inputs) {
        if (t.rank !== wish.length) continue;
        const { root, perm } = this.member(t);
        this.like(root, then(perm, wish));
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
        this.nodes.push({ ...node, value: this.own(node.value) });
        return;
      case 'op': {
        if (transposeOf(node) !== null) return;
        const kind = kindOf(node);
        if (kind !== null) {
          this.move(node, kind);
          return;
        }
        const [out] = node.outputs;
        if (node.op.execute === 'view') this.views.set(out, node.inputs[0]);
        break;
      }
      default:
    }
    const own = (t: Tensor): Tensor => this.own(t);
    this.nodes.push({ ...node, inputs: node.inputs.map(own), pending: mapPending(node.pending, own) });
    for (const t of node.outputs) this.add(t, identity(t.rank), t);
  }

  /** The tensor as the graph has it. */
  private own(t: Tensor): Tensor {
    const { root, perm } = this.member(t);
    return this.get(root, perm);
  }

  /** A member of a family, made where it is not there. */
  private get(root: Tensor, perm: Perm): Tensor {
    const family = this.there.get(root) as Map<string, { tensor: Tensor; perm: Perm }>;
    const found = family.get(perm.join());
    if (found !== undefined) return found.tensor;
    const { from, step } = this.nearest(root, perm);
    const shape = permuted(shapeOf(from), step);
    const made = isIdentity(perm) ? root : this.symbol(root, shape);
    if (movesNothing(shapeOf(from), step)) {
      this.nodes.push({ kind: 'op', op: view, inputs: [from], attrs: null, outputs: [made] });
    } else {
      const op = registry().get('transpose') as OpRow & TracedOp;
      this.nodes.push({ kind: 'op', op, inputs: [from], attrs: step, outputs: [made] });
      this.transposed += made.size;
    }
    this.add(root, perm, made);
    return made;
  }

  /** What it is made from: what is there, best where nothing moves. */
  private nearest(root: Tensor, perm: Perm): { from: Tensor; step: Perm } {
    let best: { from: Tensor; step: Perm } | null = null;
    for (const { tensor, perm: own } of this.there.get(root)?.values() ?? []) {
      const step = then(inverse(own), perm);
      if (best === null || movesNothing(shapeOf(tensor), step)) best = { from: tensor, step };
    }
    return best as { from: Tensor; step: Perm };
  }

  private symbol(like: Tensor, shape: Shape): Tensor {
    return symbolicTensor(like.dt, shape, placeholderOf(like) as Placeholder);
  }

  /** Elements to transpose until the member is there; none where others need it anyway. */
  private price(root: Tensor, perm: Perm): number {
    const key = perm.join();
    if (this.there.get(root)?.has(key) === true || this.needed.get(root)?.has(key) === true) return 0;
    const { from, step } = this.nearest(root, perm);
    return movesNothing(shapeOf(from), step) ? 0 : root.size;
  }

  /** An op that may run in any order of dimensions. */
  private move(node: OpNode, kind: Kind): void {
    const [x] = node.inputs;
    const [out] = node.outputs;
    const full = kind === 'reduce' ? x : out;
    // The orders that come into question: as it stands, as operands are there, as the result is wanted.
    const orders = new Map<string, Perm>();
    const consider = (p: Perm): void => {
      if (!orders.has(p.join())) orders.set(p.join(), p);
    };
    for (const t of kind === 'spread' || kind === 'broadcast' ? [] : node.inputs) {
      if (t.rank !== full.rank || (kind === 'elementwise' && t.size < full.size)) continue;
      const { root, perm } = this.member(t);
      for (const form of this.there.get(root)?.values() ?? []) consider(then(inverse(perm), form.perm));
    }
    if (kind !== 'reduce') this.liked.get(out)?.forEach(consider);
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
    if (kind === 'reduce' || kind === 'spread') {
      // What is kept must stay in order.
      const axes = kind === 'reduce' ? (node.attrs as ReduceAttrs).axes : (node.attrs as readonly number[]);
      const kept = p.filter((d) => !axes.includes(d));
      const shape = kind === 'reduce' ? shapeOf(x) : shapeOf(out);
      const long = kept.filter((d) => shape[d] !== 1);
      if (long.some((d, i) => i > 0 && d < long[i - 1])) return Infinity;
    }
    let cost = 0;
    if (kind !== 'spread') {
      for (const t of node.inputs) {
        const { root, perm } = this.member(t);
        if (t.rank === p.length) cost += this.price(root, then(perm, p));
        else cost += this.price(root, perm) + (movesNothing(extended(shapeOf(t), p.length), p) ? 0 : t.size);
      }
    }
    if (kind === 'reduce') return cost;
    for (const wish of this.liked.get(out)?.values() ?? [])
      if (!movesNothing(permuted(shapeOf(out), p), then(inverse(p), wish))) cost += out.size;
    return cost;
  }

  private emit(node: OpNode, kind: Kind, p: Perm): void {
    const [x] = node.inputs;
    const [out] = node.outputs;
    const plain = isIdentity(p);
    const pending = mapPending(node.pending, (t) => this.own(t));
    if (kind === 'reduce') {
      const { root, perm } = this.member(x);
      const given = node.attrs as ReduceAttrs;
      const attrs = plain ? given : { ...given, axes: moved(given.axes, p) };
      this.nodes.push({ ...node, inputs: [this.get(root, then(perm, p))], attrs, pending });
      this.add(out, identity(out.rank), out);
      return;
    }
    const shape = permuted(shapeOf(out), p);
    const inputs =
      kind === 'spread' ? [this.own(x)] : node.inputs.map((t) => this.operand(t, p, kind === 'broadcast'));
    let { attrs } = node;
    if (kind === 'broadcast' && !plain) attrs = shape;
    if (kind === 'reordered' && !plain) attrs = node.op.reordered?.(attrs as never, p);
    if (kind === 'spread' && !plain) attrs = moved(attrs as readonly number[], p);
    const made = plain ? out : this.symbol(out, shape);
    this.nodes.push({ ...node, inputs, attrs, outputs: [made], pending });
    this.add(out, p, made);
  }

  /** An operand with its dimensions in the order of the result's. */
  private operand(t: Tensor, p: Perm, whole: boolean): Tensor {
    const { root, perm } = this.member(t);
    if (t.rank === p.length) return this.get(root, then(perm, p));
    const here = this.get(root, perm);
    if (isIdentity(p) || t.size === 1) return here;
    const full = extended(shapeOf(t), p.length);
    const shape = permuted(full, p);
    if (!movesNothing(full, p)) {
      const wide = this.shown(here, full);
      if (!this.there.has(wide)) this.add(wide, identity(full.length), wide);
      return this.get(wide, p);
    }
    let lead = 0;
    while (!whole && lead < shape.length - 1 && shape[lead] === 1) lead++;
    return this.shown(here, asShape(shape.slice(lead)));
  }

  /** The elements in another shape; where that is how they came to be, what they were. */
  private shown(t: Tensor, shape: Shape): Tensor {
    if (sameShape(shapeOf(t), shape)) return t;
    const from = this.views.get(t);
    if (from !== undefined) return this.shown(this.own(from), shape);
    const made = this.symbol(t, shape);
    this.nodes.push({ kind: 'op', op: view, inputs: [t], attrs: null, outputs: [made] });
    return made;
  }
}

/** With ones in front. */
const extended = (shape: Shape, rank: number): Shape =>
  asShape([...new Array<number>(rank - shape.length).fill(1), ...shape]);

/** Where axes are after a transpose, sorted. */
function moved(axes: readonly number[], p: Perm): number[] {
  return p.flatMap((d, i) => (axes.includes(d) ? [i] : []));
}

function transposeOf(node: Node): Perm | null {
  return node.kind === 'op' && node.outputs[0].size > 0 ? (node.op.permutes?.(node) ?? null) : null;
}

export function layout(graph: Graph): Graph {
  return enabled('layout') ? new Layout(graph).run() : graph;
}
