/** What the layers that rearrange their inputs have in common. */
import type { DType } from '../../../core/dtype';
import type { Tensor } from '../../../core/tensor';
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import { repeat } from '../../../ops/array/sequences';
import type { KerasShape } from '../../base/shapes';
import { KerasTensor } from '../../symbolic/keras_tensor';
import { Layer } from '../layer';
import { integerTuple, type DataFormat } from '../window_arguments';

/** A layer whose result has the dtype of its inputs, and a shape that follows from theirs. */
export abstract class ShapeLayer extends Layer {
  abstract override computeOutputShape(inputShape: KerasShape): KerasShape;

  /** Of integers, the result has the dtype of the policy in a functional model, as in Keras. */
  protected specDtype(_x: KerasTensor): DType {
    return this.computeDtype;
  }

  override computeOutputSpec(x: KerasTensor): KerasTensor {
    return new KerasTensor(this.computeOutputShape(x.shape), this.specDtype(x));
  }
}

/** One number for both sides of all dimensions, one for both sides of each, or a pair for each. */
export type Margins = number | readonly (number | readonly number[])[];

const ordinals = ['1st', '2nd', '3rd'];

/** A pair of numbers ≥ 0 for each of n dimensions. */
export function marginPairs(
  value: unknown,
  n: number,
  name: string,
  where: string,
): readonly (readonly number[])[] {
  if (typeof value === 'number') {
    const pair = integerTuple(value, 2, name, where, 0);
    return Array.from({ length: n }, () => pair);
  }
  if (!Array.isArray(value))
    throw new TypeError(
      `[${where}] \`${name}\` should be an integer, an array of ${n} integers, or an array of ${n} pairs of integers. ` +
        `Received: ${name}=${describe(value)}`,
    );
  if (value.length !== n)
    throw new InvalidArgumentError(
      `[${where}] \`${name}\` should have ${n} elements. Received: ${name}=${describe(value)}`,
    );
  return value.map((part: unknown, i) => integerTuple(part, 2, `${ordinals[i]} entry of ${name}`, where, 0));
}

/** The first spatial dimension. */
export const firstSpatial = (dataFormat: DataFormat): number => (dataFormat === 'channels_first' ? 2 : 1);

/** Each element as often as its axis's number says, along the axes from `first`. */
export const repeated = (x: Tensor, times: readonly number[], first: number): Tensor =>
  times.reduce((t, n, i) => (n === 1 ? t : repeat(t, n, { axis: first + i })), x);
