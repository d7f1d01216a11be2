/** Pairs of tensors that differ by one dimension of size 1, as labels [n] and predictions [n, 1] do. */
import type { Tensor } from '../../core/tensor';
import { expandDims, squeeze } from '../../ops/array/views';

/** Gives both the same rank where one has one more dimension, of size 1. */
export function toSameRank(a: Tensor, b: Tensor, expandVectors = true): [Tensor, Tensor] {
  if (a.rank === b.rank + 1 && a.shape[a.rank - 1] === 1)
    return b.rank === 1 && expandVectors ? [a, expandDims(b, -1)] : [squeeze(a, -1), b];
  if (b.rank === a.rank + 1 && b.shape[b.rank - 1] === 1) {
    const [second, first] = toSameRank(b, a, expandVectors);
    return [first, second];
  }
  return [a, b];
}
