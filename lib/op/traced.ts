/** What ops do while a function is traced: `traced` records the op; `requireConcrete` refuses an argument whose value is not known. */
import type { DTypeInfo } from '../core/dtype';
import { TensorConvertible } from '../core/tensor_convertible';
import { context } from '../core/context';
import type { TracedOp, Tracer } from './contract';
import { hasStrings } from './strings';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';

/**
 * Records an op in the trace and on the tapes; returns symbolic tensors for its results. `outs` is null if the results'
 * shapes depend on values.
 */
export function traced(
  definition: Omit<TracedOp, 'execute'> & { readonly execute?: TracedOp['execute'] },
  xs: readonly Tensor[],
  attrs: unknown,
  outs: readonly { shape: Shape; dt: DTypeInfo }[] | null,
): Tensor[] {
  const { tracer, recorder } = context;
  const t = tracer as Tracer;
  if (outs === null) return t.needsValue(definition.name);
  if (hasStrings(xs))
    return t.needsValue(definition.name, 'it takes strings, which are no values of compiled code');
  const ys = t.emit(definition as TracedOp, xs, attrs, outs);
  if (recorder !== null) recorder.record(definition, xs, attrs, ys);
  return ys;
}

/** Returns the tensor if its elements are concrete; throws a ConcretizationError if it is symbolic. For shapes and axes. */
export function requireConcrete(given: Tensor | TensorConvertible, op: string): Tensor {
  const t = given instanceof TensorConvertible ? given.operand() : given;
  if (!t.isSymbolic || context.tracer === null) return t;
  return context.tracer.needsValue(op, 'an argument that is a tensor decides the shape of its result');
}
