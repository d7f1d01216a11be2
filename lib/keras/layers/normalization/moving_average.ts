/** Moving averages of statistics. */
import type { Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { add, multiply } from '../../../ops/math/binary';
import type { Weight } from '../../base/weight';

/** average·momentum + value·(1 − momentum). */
export function moveTowards(average: Weight, value: Tensor, momentum: number): void {
  const moved = add(multiply(cast(average.read(), value.dtype), momentum), multiply(value, 1 - momentum));
  average.assign(cast(moved, average.dtype));
}
