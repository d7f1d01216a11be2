/** What ops do while a function is being traced. */
import type { DTypeInfo } from '../core/dtype';
import { UnimplementedError } from '../core/errors';
import { scope, type TracedOp, type Tracer } from '../core/scope';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';

/** For an op whose result has as many elements as the data say. */
export function shapeUnknown(name: string): UnimplementedError {
  return new UnimplementedError(
    `[${name}] the shape of its result depends on values, which are not known while a function is traced: call it outside ` +
      `of tf.function, or keep the shape with tf.where(condition, x, y)`,
  );
}

/** Notes an op of a function that is being traced, and lets tapes see it. Returns what stands for its results. */
export function traced(
  row: Omit<TracedOp, 'execute'> & { readonly execute?: TracedOp['execute'] },
  xs: readonly Tensor[],
  attrs: unknown,
  outs: readonly { shape: Shape; dt: DTypeInfo }[],
): Tensor[] {
  const { tracer, recorder } = scope;
  const ys = (tracer as Tracer).emit(row as TracedOp, xs, attrs, outs);
  if (recorder !== null) recorder.record(row, xs, attrs, ys);
  return ys;
}
