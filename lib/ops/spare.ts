/** Where kernels write results that nobody reads. */
import type { DTypeInfo } from '../core/dtype';
import { apart, scope } from '../core/scope';
import { makeTensor, type Tensor } from '../core/tensor';

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
