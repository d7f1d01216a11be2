/** Indices of operations along an axis. */
import type { Tensor } from '../../core/tensor';
import { add } from '../../ops/math/binary';
import { less } from '../../ops/math/compare';
import { select } from '../../ops/math/select';

/** The indices with negative ones counted from the end. */
export function wrapped(indices: Tensor, size: number): Tensor {
  return select(less(indices, 0), add(indices, size), indices);
}
