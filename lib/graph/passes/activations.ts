/**
 * Finds activations that are written from plain ops: x·½·(1 + erf(x/√2)) is gelu, x·½·(1 + tanh(√(2/π)·(x + 0.044715·x³))) its
 * approximation, x·sigmoid(x) silu, however the factors are put together. The op that stands for them rounds once.
 */
import { sameShape } from '../../core/shape';
import type { OpCall, TracedOp } from '../../op/contract';
import { shapeOf, type Tensor } from '../../core/tensor';
import { registry } from '../../op/registry';
import { readsIn, type Graph, type OpNode } from '../graph';
import { enabled } from './enabled';
import { rewrite } from './rewrite';
import { Around } from './simplify';

/** Coefficients of powers of one tensor, by the exponent. */
type Polynomial = ReadonlyMap<number, number>;

const highest = 3;
const scale = Math.sqrt(2 / Math.PI);
/** What stands in 1 + f(…), and what it is the gate of. */
const gates: readonly { readonly inner: string; readonly argument: Polynomial; readonly op: string }[] = [
  { inner: 'erf', argument: new Map([[1, Math.SQRT1_2]]), op: 'geluErf' },
  {
    inner: 'tanh',
    argument: new Map([
      [1, scale],
      [3, scale * 0.044715],
    ]),
    op: 'geluTanh',
  },
];
const half: Polynomial = new Map([[1, 0.5]]);

/** As floats of 32 bits give them, constants multiplied with each other. */
function close(a: Polynomial, b: Polynomial): boolean {
  const terms = [...a].filter(([, c]) => c !== 0);
  return (
    terms.length === b.size &&
    terms.every(([n, c]) => Math.abs(c - (b.get(n) ?? 0)) <= 5e-7 * Math.abs(b.get(n) ?? 0))
  );
}

function times(a: Polynomial, b: Polynomial): Polynomial | null {
  const product = new Map<number, number>();
  for (const [n, c] of a) {
    for (const [m, d] of b) {
      if (n + m > highest) return null;
      product.set(n + m, (product.get(n + m) ?? 0) + c * d);
    }
  }
  return product;
}

function plus(a: Polynomial, b: Polynomial, sign: number): Polynomial {
  const sum = new Map(a);
  for (const [n, c] of b) sum.set(n, (sum.get(n) ?? 0) + sign * c);
  return sum;
}

class Finder {
  private readonly uses: ReadonlyMap<Tensor, number>;

  constructor(
    graph: Graph,
    private readonly around: Around,
  ) {
    this.uses = readsIn(graph);
  }

  /** The op behind a tensor that nobody else reads. */
  private inner(t: Tensor): OpCall | null {
    return this.uses.get(t) === 1 ? this.around.maker(t) : null;
  }

  private constant(t: Tensor): number | null {
    const value = this.around.uniform(t);
    return value === null ? null : Number(value);
  }

  /** The tensors whose product a tensor is, constants aside, and the product of those. */
  private factors(list: readonly Tensor[]): { readonly tensors: Tensor[]; readonly constant: number } {
    const open = [...list];
    const tensors: Tensor[] = [];
    let constant = 1;
    for (let t = open.pop(); t !== undefined; t = open.pop()) {
      const value = this.constant(t);
      const maker = this.inner(t);
      if (value !== null) constant *= value;
      else if (maker?.op.name === 'multiply') open.push(...maker.inputs);
      else if (maker?.op.name === 'divide' && this.constant(maker.inputs[1]) !== null) {
        constant /= this.constant(maker.inputs[1]) as number;
        open.push(maker.inputs[0]);
      } else tensors.push(t);
    }
    return { tensors, constant };
  }

  /** `t` as a polynomial of x; null where it is none. */
  private polynomial(t: Tensor, x: Tensor): Polynomial | null {
    if (t === x) return new Map([[1, 1]]);
    const value = this.constant(t);
    if (value !== null) return new Map([[0, value]]);
    const maker = this.inner(t);
    if (maker === null) return null;
    const [a, b = a] = maker.inputs;
    const { name } = maker.op;
    if (name === 'pow' || name === 'divide') {
      const by = this.constant(b);
      const base = by === null ? null : this.polynomial(a, x);
      if (by === null || base === null) return null;
      if (name === 'divide') return times(base, new Map([[0, 1 / by]]));
      if (by !== 2 && by !== 3) return null;
      const square = times(base, base);
      return by === 2 || square === null ? square : times(square, base);
    }
    if (!['multiply', 'add', 'subtract', 'square'].includes(name)) return null;
    const [p, q] = [this.polynomial(a, x), this.polynomial(b, x)];
    if (p === null || q === null) return null;
    if (name === 'multiply' || name === 'square') return times(p, q);
    return plus(p, q, name === 'subtract' ? -1 : 1);
  }

  /** The name of f and its argument where a tensor is 1 + f(argument). */
  private gate(t: Tensor): { readonly inner: string; readonly argument: Tensor } | null {
    const maker = this.inner(t);
    if (maker?.op.name !== 'add') return null;
    const at = maker.inputs.findIndex((u) => this.constant(u) === 1);
    const f = at < 0 ? null : this.inner(maker.inputs[1 - at]);
    return f === null ? null : { inner: f.op.name, argument: f.inputs[0] };
  }

  /** The activation that an op is the end of. */
  find({ op, inputs, outputs: [out] }: OpNode): { readonly name: string; readonly x: Tensor } | null {
    if (out.dtype !== 'float32' || (op.name !== 'multiply' && op.name !== 'divide')) return null;
    if (op.name === 'divide' && this.constant(inputs[1]) === null) return null;
    const { tensors, constant } = this.factors(op.name === 'divide' ? [inputs[0]] : inputs);
    const scaled = op.name === 'divide' ? constant / (this.constant(inputs[1]) as number) : constant;
    if (tensors.length !== 2 || tensors.some((t) => !sameShape(shapeOf(t), shapeOf(out)))) return null;
    for (const [x, other] of [tensors, [...tensors].reverse()]) {
      const unit = this.inner(other);
      if (unit?.op.name === 'sigmoid' && unit.inputs[0] === x && scaled === 1) return { name: 'siluUnit', x };
      const gate = this.gate(other);
      if (gate === null || !close(new Map([[1, scaled]]), half)) continue;
      const argument = this.polynomial(gate.argument, x);
      const known = gates.find((g) => g.inner === gate.inner);
      if (argument !== null && known !== undefined && close(argument, known.argument))
        return { name: known.op, x };
    }
    return null;
  }
}

export function activations(graph: Graph): Graph {
  if (!enabled('activations')) return graph;
  const around = new Around(graph);
  const finder = new Finder(graph, around);
  const found = new Set<Tensor>();
  const result = rewrite(graph, (node) => {
    around.note(node);
    const activation = finder.find(node);
    if (activation === null) return null;
    const op = registry().get(activation.name) as unknown as TracedOp;
    found.add(node.outputs[0]);
    return { kind: 'op', op, inputs: [activation.x], attrs: null, outputs: node.outputs };
  });
  return found.size === 0 ? graph : result;
}
