/** Axes as arguments: numbers, or integer tensors whose values decide them. */
import { normalizeAxes, normalizeAxis } from '../core/shape';
import { Tensor } from '../core/tensor';
import { Variable } from '../core/variable';
import { integer, integerList } from './strided';

/** One axis. Negative ones count from the last. */
export type OneAxis = number | bigint | Tensor | Variable;
/** One axis, several, or null for all. */
export type Axis = OneAxis | readonly OneAxis[] | null;

const isTensor = (value: unknown): value is Tensor | Variable =>
  value instanceof Tensor || value instanceof Variable;

/** An axis in [0, rank) that a user gave as a number or a scalar integer tensor. */
export function axisArgument(axis: unknown, rank: number, op: string, argument = 'axis'): number {
  const given = typeof axis !== 'number' && isTensor(axis) ? integer(axis, op, argument) : axis;
  return normalizeAxis(given, rank, op, argument);
}

/** Axes in [0, rank), sorted, from a number, a list of numbers, an integer tensor, or null (all). */
export function axesArgument(axes: unknown, rank: number, op: string, argument = 'axis'): number[] {
  let given = axes;
  if (typeof axes === 'object') {
    if (Array.isArray(axes)) {
      if (axes.some(isTensor))
        given = axes.map((axis: unknown) => (isTensor(axis) ? integer(axis, op, argument) : axis));
    } else if (isTensor(axes) || ArrayBuffer.isView(axes)) {
      given = integerList(axes, op, argument);
    }
  }
  return normalizeAxes(given, rank, op, argument);
}
