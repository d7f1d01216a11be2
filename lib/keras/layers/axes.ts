/** The axes of layers that normalize or share weights. */
import { InvalidArgumentError } from '../../core/errors';
import { copyOfList } from '../../core/lists';
import { describe } from '../../core/shape';
import { showKerasShape, type KerasShape } from '../base/shapes';

/** An axis, or several of them. */
export type LayerAxis = number | readonly number[];

/** A list of integers, from one or a list. */
export function listOfAxes(axis: unknown, name: string, layer: string): readonly number[] {
  if (typeof axis !== 'number' && !Array.isArray(axis))
    throw new TypeError(
      `[${layer}] Expected an integer or an array of integers for the argument '${name}'; got ${describe(axis)}`,
    );
  const list: readonly unknown[] = typeof axis === 'number' ? [axis] : copyOfList(axis, layer, name);
  for (const one of list)
    if (!Number.isSafeInteger(one)) {
      const Class = typeof one === 'number' ? InvalidArgumentError : TypeError;
      throw new Class(`[${layer}] Argument '${name}' must be of integers; got ${describe(axis)}`);
    }
  return list as readonly number[];
}

/** An integer. */
export function checkAxis(axis: unknown, layer: string): number {
  if (typeof axis !== 'number')
    throw new TypeError(`[${layer}] Expected an integer for the argument 'axis'; got ${describe(axis)}`);
  return listOfAxes(axis, 'axis', layer)[0];
}

/** InvalidArgumentError unless the axes are those of a shape. */
export function checkBounds(axes: readonly number[], shape: KerasShape, layer: string): void {
  for (const axis of axes)
    if (axis >= shape.length || axis < -shape.length)
      throw new InvalidArgumentError(
        `[${layer}] Axis ${axis} is out of bounds for input shape ${showKerasShape(shape)}. Received: axis=${describe(axes)}`,
      );
}

/** Sizes of a weight, all of which must be known. */
export function requireSizes(sizes: KerasShape, inputShape: KerasShape, layer: string): readonly number[] {
  if (sizes.includes(null))
    throw new InvalidArgumentError(
      `[${layer}] the dimensions of the inputs that its weights have must be known; got shape ${showKerasShape(inputShape)}`,
    );
  return sizes as readonly number[];
}
