/** What ops do while a function is being traced. */
import type { DTypeInfo } from '../core/dtype';
import { Readable } from '../core/readable';
import { context } from '../core/context';
import type { TracedOp, Tracer } from './contract';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';

/**
 * Notes an op of a function that is being traced, and lets tapes see it. Returns what stands for its results; `outs` is null
 * where these have as many elements as the data say.
 */
export function traced(
  row: Omit<TracedOp, 'execute'> & { readonly execute?: TracedOp['execute'] },
  xs: readonly Tensor[],
  attrs: unknown,
  outs: readonly { shape: Shape; dt: DTypeInfo }[] | null,
): Tensor[] {
  const { tracer, recorder } = context;
  const t = tracer as Tracer;
  if (outs === null) return t.needsValue(row.name);
  const ys = t.emit(row as TracedOp, xs, attrs, outs);
  if (recorder !== null) recorder.record(row, xs, attrs, ys);
  return ys;
}

/** A tensor whose elements can be read, while a function is traced too: for shapes, axes and bounds given as tensors. */
export function decided(given: Tensor | Readable, op: string): Tensor {
  const t = given instanceof Readable ? given.operand() : given;
  if (!t.isSymbolic || context.tracer === null) return t;
  return context.tracer.needsValue(op, 'an argument that is a tensor decides the shape of its result');
}
