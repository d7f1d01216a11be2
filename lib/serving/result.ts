/** Results of a batch: a tensor, or an array or record of tensors, all with a row for each row of the batch. */
import * as tf from 'gradtape';
import type { BatchResult } from './types';

/** Applies f to the tensors of a result; keeps its structure. */
export function mapResult<R extends BatchResult>(result: R, f: (t: tf.Tensor) => tf.Tensor): R {
  if (result instanceof tf.Tensor) return f(result) as unknown as R;
  if (Array.isArray(result)) return (result as readonly tf.Tensor[]).map(f) as unknown as R;
  const entries = Object.entries(result as Record<string, tf.Tensor>);
  return Object.fromEntries(entries.map(([name, t]) => [name, f(t)])) as unknown as R;
}

/** Throws an InvalidArgumentError unless all of the result are tensors with `rows` rows. */
export function checkResult(result: unknown, rows: number): asserts result is BatchResult {
  const fail = (what: string): never => {
    throw new tf.errors.InvalidArgumentError(
      `[Batcher] the function must return a tensor, or an array or record of tensors, with a row for each of the ${rows} rows ` +
        `of the batch; got ${what}`,
    );
  };
  if (typeof result !== 'object' || result === null) return fail(String(result));
  const tensors: unknown[] = result instanceof tf.Tensor ? [result] : Object.values(result);
  if (tensors.length === 0) return fail('no tensor');
  for (const t of tensors) {
    if (!(t instanceof tf.Tensor)) return fail(`a ${typeof t} among them`);
    if (t.rank === 0 || t.shape[0] !== rows) return fail(`a tensor of shape [${t.shape.join(',')}]`);
  }
}
