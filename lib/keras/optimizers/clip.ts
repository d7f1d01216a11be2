/**
 * Clipping of gradients by value, by norm, by the norm of all of them. Norms are computed in float64 from sums of the gradient's
 * dtype, and only the factor is rounded to that.
 */
import type { Tensor } from '../../core/tensor';
import { add, divide, maximum, minimum, multiply } from '../../ops/math/binary';
import { cast } from '../../ops/array/cast';
import { reduceSum } from '../../ops/reduce/reduce';
import { where } from '../../ops/index/indexing';
import { clipByValue } from '../../ops/math/select';
import { isFinite, sqrt, square } from '../../ops/math/unary';

const squares = (g: Tensor): Tensor => cast(reduceSum(square(g)), 'float64');

/** g·c / max(‖g‖, c). */
export function clipByNorm(g: Tensor, norm: number): Tensor {
  // A gradient with a NaN or an infinity stays one: the factor is NaN or 0 · ∞.
  return multiply(g, cast(divide(norm, maximum(sqrt(squares(g)), norm)), g.dtype));
}

/** Every g·c / max(‖all g‖, c). NaN everywhere where the norm is not finite. */
export function clipByGlobalNorm(gradients: readonly Tensor[], norm: number): Tensor[] {
  const length = sqrt(gradients.map(squares).reduce((a, b) => add(a, b)));
  const scale = where(isFinite(length), multiply(norm, minimum(divide(1, length), 1 / norm)), NaN);
  return gradients.map((g) => multiply(g, cast(scale, g.dtype)));
}

export function clipElements(g: Tensor, limit: number): Tensor {
  return clipByValue(g, -limit, limit);
}
