/**
 * Clipping of gradients by value, by norm and by global norm. Norms are computed in float64 from sums in the gradient's
 * dtype; only the resulting factor is rounded to that dtype.
 */
import type { IndexedSlices } from '../../core/indexed_slices';
import type { Tensor } from '../../core/tensor';
import { add, divide, maximum, minimum, multiply } from '../../ops/math/binary';
import { cast } from '../../ops/array/cast';
import { reduceSum } from '../../ops/reduce/reduce';
import { where } from '../../ops/index/indexing';
import { clipByValue } from '../../ops/math/select';
import { isFinite, sqrt, square } from '../../ops/math/unary';
import type { CheckedOptions } from './options';

const squares = (g: Tensor): Tensor => cast(reduceSum(square(g)), 'float64');

/** g·c / max(‖g‖, c). */
function clipByNorm(g: Tensor, norm: number): Tensor {
  // A gradient with NaN or an infinity gives NaN: the factor is NaN, or the product is 0 · ∞.
  return multiply(g, cast(divide(norm, maximum(sqrt(squares(g)), norm)), g.dtype));
}

/** g·c / max(‖all gradients‖, c) for each g. All elements are NaN if the norm is not finite. */
function clipByGlobalNorm(gradients: readonly Tensor[], norm: number): Tensor[] {
  const length = sqrt(gradients.map(squares).reduce((a, b) => add(a, b)));
  const scale = where(isFinite(length), multiply(norm, minimum(divide(1, length), 1 / norm)), NaN);
  return gradients.map((g) => multiply(g, cast(scale, g.dtype)));
}

function clipElements(g: Tensor, limit: number): Tensor {
  return clipByValue(g, -limit, limit);
}

/** Applies the limits of an optimizer's options. With a limit, no gradient is IndexedSlices. */
export function clipGradients(
  gradients: readonly (Tensor | IndexedSlices)[],
  { clipnorm, globalClipnorm, clipvalue }: CheckedOptions,
): readonly (Tensor | IndexedSlices)[] {
  const dense = gradients as readonly Tensor[];
  if (clipnorm !== null) return dense.map((g) => clipByNorm(g, clipnorm));
  if (globalClipnorm !== null) return clipByGlobalNorm(dense, globalClipnorm);
  if (clipvalue !== null) return dense.map((g) => clipElements(g, clipvalue));
  return gradients;
}
