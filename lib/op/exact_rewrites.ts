/** What rows say of themselves to the pass that looks for something simpler: see TracedOp.simpler. */
import type { OpCall, Surroundings } from './contract';
import { sameShape } from '../core/shape';
import { shapeOf, type Tensor } from '../core/tensor';

/** f(f(x)) = x. */
export function involution(call: OpCall, around: Surroundings): Tensor | null {
  const inner = around.maker(call.inputs[0]);
  return inner?.op === call.op ? inner.inputs[0] : null;
}

/** f(f(x)) = f(x). */
export function idempotent(call: OpCall, around: Surroundings): Tensor | null {
  const [x] = call.inputs;
  return around.maker(x)?.op === call.op ? x : null;
}

/** For what copies its input in order: it moves nothing where there is nothing to repeat or to leave out. */
export function asMany({ inputs: [x] }: OpCall, _: Surroundings, out: Tensor): Tensor | null {
  return x.size === out.size ? x : null;
}

/** Of an elementwise op of two operands: where one of them changes nothing, the other; else as `smallerOperands`. */
export function simplerBinary(
  call: OpCall,
  around: Surroundings,
  out: Tensor,
  neutral: { readonly a?: number; readonly b?: number } | undefined,
): Tensor | OpCall | null {
  const [a, b] = call.inputs;
  if (neutral !== undefined) {
    const is = (t: Tensor, value: number | undefined): boolean => {
      if (value === undefined) return false;
      const held = around.uniform(t);
      if (held === null) return false;
      return t.dt.kind === 'float' ? Object.is(held, value) : Number(held) === value;
    };
    if (sameShape(shapeOf(a), shapeOf(out)) && is(b, neutral.b)) return a;
    if (sameShape(shapeOf(b), shapeOf(out)) && is(a, neutral.a)) return b;
  }
  return smallerOperands(call, around, out);
}

/** Reads what was broadcast where it was broadcast from, and one element of a constant that is the same everywhere. */
export function smallerOperands(call: OpCall, around: Surroundings, out: Tensor): OpCall | null {
  let changed = false;
  const inputs = call.inputs.slice();
  // Something must keep the shape that the result has.
  const kept = (i: number): boolean => inputs.some((t, k) => k !== i && sameShape(shapeOf(t), shapeOf(out)));
  for (let i = 0; i < inputs.length; i++) {
    const t = inputs[i];
    if (t.size <= 1 || !kept(i)) continue;
    const maker = around.maker(t);
    if (maker?.op.broadcasts === true) inputs[i] = maker.inputs[0];
    else if (around.uniform(t) !== null) inputs[i] = around.scalar(t);
    else continue;
    changed = true;
  }
  return changed ? { ...call, inputs } : null;
}
