/** Statistics of floats of 16 bits are computed in float32. */
import type { Tensor } from '../../../core/tensor';
import type { Weight } from '../../base/weight';
import { cast } from '../../../ops/array/cast';

/** x as float32 or float64. */
export const widened = (x: Tensor): Tensor =>
  x.dtype === 'float32' || x.dtype === 'float64' ? x : cast(x, 'float32');

/** A weight in the dtype of x. */
export const weightFor = (weight: Weight | null, x: Tensor): Tensor | null =>
  weight === null ? null : cast(weight.read(), x.dtype);
