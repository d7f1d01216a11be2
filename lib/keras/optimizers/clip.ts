/** Clipping of gradients by value, by norm, by the norm of all of them. */
import type { Tensor } from '../../core/tensor';
import { multiply } from '../../ops/binary';
import { reduceSum } from '../../ops/reduce';
import { clipByValue } from '../../ops/select';
import { square } from '../../ops/unary';

const squares = (g: Tensor): number => reduceSum(square(g)).item() as number;

/** g·c / max(‖g‖, c). */
export function clipByNorm(g: Tensor, norm: number): Tensor {
  const length = Math.sqrt(squares(g));
  // A gradient with a NaN or an infinity stays one: the factor is NaN or 0 · ∞.
  return multiply(g, norm / (length > norm || Number.isNaN(length) ? length : norm));
}

/** Every g·c / max(‖all g‖, c). NaN everywhere where the norm is not finite. */
export function clipByGlobalNorm(gradients: readonly Tensor[], norm: number): Tensor[] {
  const length = Math.sqrt(gradients.reduce((sum, g) => sum + squares(g), 0));
  const scale = Number.isFinite(length) ? norm * Math.min(1 / length, 1 / norm) : NaN;
  return gradients.map((g) => multiply(g, scale));
}

export function clipElements(g: Tensor, limit: number): Tensor {
  return clipByValue(g, -limit, limit);
}
