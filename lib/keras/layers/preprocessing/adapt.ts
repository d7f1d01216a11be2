/** The data of `adapt`: one array or tensor, or an iterable of batches. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import { Tensor } from '../../../core/tensor';
import { Variable } from '../../../core/variable';

export interface AdaptOptions {
  /** The number of batches to take of an iterable. Default: all. */
  steps?: number | null;
}

/** Whether it is an iterable of batches, not an array of values. */
export const isIterableOfBatches = (data: unknown): data is Iterable<unknown> =>
  typeof data === 'object' &&
  data !== null &&
  Symbol.iterator in data &&
  !(Array.isArray(data) || ArrayBuffer.isView(data) || data instanceof Tensor || data instanceof Variable);

/** Calls f with each batch; `whole` says that it is all of the data, given at once. */
export function forEachBatch(
  data: unknown,
  options: AdaptOptions,
  layer: string,
  f: (batch: unknown, whole: boolean) => void,
): void {
  const steps = options.steps ?? null;
  if (steps !== null && !(Number.isInteger(steps) && steps >= 0))
    throw new InvalidArgumentError(`[${layer}] steps must be a whole number; got ${describe(steps)}`);
  if (data === null || data === undefined || ['function', 'symbol', 'boolean'].includes(typeof data))
    throw new TypeError(
      `[${layer}] adapt takes an array, a tensor, or an iterable of batches; got ${describe(data)}`,
    );
  if (!isIterableOfBatches(data)) {
    f(data instanceof Variable ? data.read() : data, true);
    return;
  }
  let i = 0;
  for (const batch of data) {
    if (steps !== null && i++ >= steps) break;
    f(batch, false);
  }
}
