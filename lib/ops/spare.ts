/** Where kernels write results that nobody reads. */
import type { DTypeInfo } from '../core/dtype';
import { apart, scope } from '../core/scope';
import { makeTensor, renew, type Tensor } from '../core/tensor';

/** Elements of a spare tensor. */
const room = 1024;
const spares: Tensor[] = [];

/** Whether an op computes now, and no tape asks what it was made of. */
export const unwatched = (): boolean => scope.recorder === null && scope.tracer === null;

/**
 * A tensor with room for n elements that every call overwrites, for what only a gradient would read: an op that makes
 * several results takes half of its time for them where they are small. Null where somebody may want the results, or
 * where they are large.
 */
export function spare(dt: DTypeInfo, n: number): Tensor | null {
  if (n > room || !unwatched()) return null;
  return (spares[dt.code] ??= apart(() => makeTensor(dt, [room], room)));
}

/**
 * On the way back through a tape: the gradient of the result of a unary op, where the op's gradient is the last to read it and
 * nobody else shows its storage. The way back sets it; kernels that read it once may write over it.
 */
export const spent: { dy: Tensor | null } = { dy: null };

/** A tensor for a result in the storage of what is spent, whose elements it has until it is written. */
export function overSpent(dy: Tensor): Tensor {
  spent.dy = null;
  const y = renew(dy);
  if (scope.tidy !== null) scope.tidy.push(y);
  return y;
}
