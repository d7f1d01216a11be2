/** Axis arguments: numbers, or integer tensors, whose values are then read. */
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

/** Converts a number or a scalar integer tensor to an axis in [0, rank). */
export function axisArgument(axis: unknown, rank: number, op: string, argument = 'axis'): number {
  const given = typeof axis !== 'number' && isTensor(axis) ? integer(axis, op, argument) : axis;
  return normalizeAxis(given, rank, op, argument);
}

/** Converts a number, a list of numbers, an integer tensor, or null (all) to sorted axes in [0, rank). */
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
