/** Exact rewrites that op definitions share: see OpTraits.exactRewrite. */
import type { OpCall, RewriteContext } from './contract';
import { sameShape } from '../core/shape';
import { shapeOf, type Tensor } from '../core/tensor';

/** f(f(x)) = x. */
export function involution(call: OpCall, context: RewriteContext): Tensor | null {
  const inner = context.producer(call.inputs[0]);
  return inner?.op === call.op ? inner.inputs[0] : null;
}

/** f(f(x)) = f(x). */
export function idempotent(call: OpCall, context: RewriteContext): Tensor | null {
  const [x] = call.inputs;
  return context.producer(x)?.op === call.op ? x : null;
}

/** For ops that copy elements without reordering them: the input itself if none is repeated or omitted. */
export function elideCopy({ inputs: [x] }: OpCall, _: RewriteContext, out: Tensor): Tensor | null {
  return x.size === out.size ? x : null;
}

/** For binary elementwise ops: if one operand is the identity element, the other one; else as `shrinkOperands`. */
export function rewriteBinary(
  call: OpCall,
  context: RewriteContext,
  out: Tensor,
  neutral: { readonly a?: number; readonly b?: number } | undefined,
): Tensor | OpCall | null {
  const [a, b] = call.inputs;
  if (neutral !== undefined) {
    const is = (t: Tensor, value: number | undefined): boolean => {
      if (value === undefined) return false;
      const constant = context.uniform(t);
      if (constant === null) return false;
      return t.dt.kind === 'float' ? Object.is(constant, value) : Number(constant) === value;
    };
    if (sameShape(shapeOf(a), shapeOf(out)) && is(b, neutral.b)) return a;
    if (sameShape(shapeOf(b), shapeOf(out)) && is(a, neutral.a)) return b;
  }
  return shrinkOperands(call, context, out);
}

/** Replaces broadcast operands by their sources, and uniform constants by scalars. */
export function shrinkOperands(call: OpCall, context: RewriteContext, out: Tensor): OpCall | null {
  let changed = false;
  const inputs = call.inputs.slice();
  // Another operand must keep the shape of the result.
  const shapeIsKept = (i: number): boolean =>
    inputs.some((t, k) => k !== i && sameShape(shapeOf(t), shapeOf(out)));
  for (let i = 0; i < inputs.length; i++) {
    const t = inputs[i];
    if (t.size <= 1 || !shapeIsKept(i)) continue;
    const producer = context.producer(t);
    if (producer?.op.broadcasts === true) inputs[i] = producer.inputs[0];
    else if (context.uniform(t) !== null) inputs[i] = context.scalar(t);
    else continue;
    changed = true;
  }
  return changed ? { ...call, inputs } : null;
}
