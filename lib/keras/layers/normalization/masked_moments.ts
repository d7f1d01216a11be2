/** The mean and variance of each channel of a batch. */
import type { Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { broadcastTo } from '../../../ops/array/movement';
import { expandDims, reshape } from '../../../ops/array/views';
import { add, realDivide, subtract } from '../../../ops/math/binary';
import { select } from '../../../ops/math/select';
import { square } from '../../../ops/math/unary';
import { moments } from '../../../ops/nn/normalization';
import { reduceSum } from '../../../ops/reduce/reduce';
import { epsilon } from '../../base/settings';

/** The mean and the biased variance over all axes but one, of shape [channels]; of the entries whose mask is true, if there is one. */
export function batchMoments(x: Tensor, axis: number, mask: Tensor | null): [mean: Tensor, variance: Tensor] {
  const at = axis < 0 ? axis + x.rank : axis;
  const axes = Array.from({ length: x.rank }, (_, i) => i).filter((i) => i !== at);
  if (mask === null) return moments(x, axes);
  const kept = broadcastTo(cast(expandDims(mask, -1), 'bool'), x.shape);
  const total = (t: Tensor): Tensor => reduceSum(t, { axis: axes, keepdims: true });
  const count = add(total(cast(kept, x.dtype)), epsilon());
  const mean = realDivide(total(select(kept, x, 0)), count);
  const variance = realDivide(total(square(select(kept, subtract(x, mean), 0))), count);
  return [reshape(mean, [x.shape[at]]), reshape(variance, [x.shape[at]])];
}
