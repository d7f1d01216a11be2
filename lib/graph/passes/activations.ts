/**
 * Pattern-matches activations composed of plain ops: x·½·(1 + erf(x/√2)) is gelu, x·½·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
 * its approximation, and x·sigmoid(x) silu, for any grouping of the factors. The fused op that replaces them rounds once.
 */
import { sameShape } from '../../core/shape';
import type { OpCall } from '../../op/contract';
import { shapeOf, type Tensor } from '../../core/tensor';
import { readsIn, type Graph, type OpNode } from '../graph';
import { GraphContext, opNamed, opNode, rewrite } from './rewrite';

/** A polynomial of one tensor: its coefficients by exponent. */
type Polynomial = ReadonlyMap<number, number>;

const maxDegree = 3;
const scale = Math.sqrt(2 / Math.PI);
/** Gates 1 + inner(argument), and the activation op of each. */
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

/** Whether polynomials agree up to the rounding of float32 constants and their products. */
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
      if (n + m > maxDegree) return null;
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

class ActivationMatcher {
  private readonly uses: ReadonlyMap<Tensor, number>;

  constructor(
    graph: Graph,
    private readonly context: GraphContext,
  ) {
    this.uses = readsIn(graph);
  }

  /** The op that produces a tensor with a single use. */
  private soleUseProducer(t: Tensor): OpCall | null {
    return this.uses.get(t) === 1 ? this.context.producer(t) : null;
  }

  private constant(t: Tensor): number | null {
    const value = this.context.uniform(t);
    return value === null ? null : Number(value);
  }

  /** The non-constant factors of a product of tensors, and the product of its constant factors. */
  private factors(list: readonly Tensor[]): { readonly tensors: Tensor[]; readonly constant: number } {
    const open = [...list];
    const tensors: Tensor[] = [];
    let constant = 1;
    for (let t = open.pop(); t !== undefined; t = open.pop()) {
      const value = this.constant(t);
      const producer = this.soleUseProducer(t);
      if (value !== null) constant *= value;
      else if (producer?.op.elementwise === 'multiply') open.push(...producer.inputs);
      else if (producer?.op.elementwise === 'divide' && this.constant(producer.inputs[1]) !== null) {
        constant /= this.constant(producer.inputs[1]) as number;
        open.push(producer.inputs[0]);
      } else tensors.push(t);
    }
    return { tensors, constant };
  }

  /** `t` as a polynomial of x; null if it is none. */
  private polynomial(t: Tensor, x: Tensor): Polynomial | null {
    if (t === x) return new Map([[1, 1]]);
    const value = this.constant(t);
    if (value !== null) return new Map([[0, value]]);
    const producer = this.soleUseProducer(t);
    if (producer === null) return null;
    const [a, b = a] = producer.inputs;
    const { elementwise: f } = producer.op;
    if (f === 'pow' || f === 'divide') {
      const exponent = this.constant(b);
      const base = exponent === null ? null : this.polynomial(a, x);
      if (exponent === null || base === null) return null;
      if (f === 'divide') return times(base, new Map([[0, 1 / exponent]]));
      if (exponent !== 2 && exponent !== 3) return null;
      const square = times(base, base);
      return exponent === 2 || square === null ? square : times(square, base);
    }
    if (f !== 'multiply' && f !== 'square' && f !== 'add' && f !== 'subtract') return null;
    const [p, q] = [this.polynomial(a, x), this.polynomial(b, x)];
    if (p === null || q === null) return null;
    if (f === 'multiply' || f === 'square') return times(p, q);
    return plus(p, q, f === 'subtract' ? -1 : 1);
  }

  /** The inner function and argument of a gate 1 + inner(argument); null if `t` is none. */
  private gate(t: Tensor): { readonly inner: string | undefined; readonly argument: Tensor } | null {
    const producer = this.soleUseProducer(t);
    if (producer?.op.elementwise !== 'add') return null;
    const at = producer.inputs.findIndex((u) => this.constant(u) === 1);
    const f = at < 0 ? null : this.soleUseProducer(producer.inputs[1 - at]);
    return f === null ? null : { inner: f.op.elementwise, argument: f.inputs[0] };
  }

  /** The activation whose last op is this one; null if there is none. */
  match({ op, inputs, outputs: [out] }: OpNode): { readonly name: string; readonly x: Tensor } | null {
    const divides = op.elementwise === 'divide';
    if (out.dtype !== 'float32' || (op.elementwise !== 'multiply' && !divides)) return null;
    if (divides && this.constant(inputs[1]) === null) return null;
    const { tensors, constant } = this.factors(divides ? [inputs[0]] : inputs);
    const scaled = divides ? constant / (this.constant(inputs[1]) as number) : constant;
    if (tensors.length !== 2 || tensors.some((t) => !sameShape(shapeOf(t), shapeOf(out)))) return null;
    for (const [x, other] of [tensors, [...tensors].reverse()]) {
      const unit = this.soleUseProducer(other);
      if (unit?.op.elementwise === 'sigmoid' && unit.inputs[0] === x && scaled === 1)
        return { name: 'siluUnit', x };
      const gate = this.gate(other);
      if (gate === null || !close(new Map([[1, scaled]]), half)) continue;
      const argument = this.polynomial(gate.argument, x);
      const expected = gates.find((g) => g.inner === gate.inner);
      if (argument !== null && expected !== undefined && close(argument, expected.argument))
        return { name: expected.op, x };
    }
    return null;
  }
}

export function activations(graph: Graph): Graph {
  const context = new GraphContext(graph);
  const matcher = new ActivationMatcher(graph, context);
  let matched = false;
  const result = rewrite(graph, (node) => {
    context.add(node);
    const activation = matcher.match(node);
    if (activation === null) return null;
    matched = true;
    return opNode(opNamed(activation.name), [activation.x], null, node.outputs[0]);
  });
  return matched ? result : graph;
}
