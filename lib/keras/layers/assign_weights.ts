/** Values for the weights of a layer. */
import type { TensorLike } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import { shapeOf } from '../../core/tensor';
import { convertToTensor } from '../../ops/array/convert';
import { showKerasShape } from '../base/shapes';
import type { Weight } from '../base/weight';

/** Assigns the weights of the layer `name`; InvalidArgumentError, before any is assigned, for other numbers or shapes. */
export function assignWeights(weights: readonly Weight[], values: readonly TensorLike[], name: string): void {
  if (values.length !== weights.length) {
    throw new InvalidArgumentError(
      `[${name}] You called setWeights(weights) on layer '${name}' with a weight list of length ` +
        `${values.length}, but the layer was expecting ${weights.length} weights`,
    );
  }
  const tensors = values.map((value, i) => convertToTensor(value, { dtype: weights[i].dtype }));
  tensors.forEach((t, i) => {
    const expected = shapeOf(weights[i].held);
    if (showKerasShape(shapeOf(t)) !== showKerasShape(expected)) {
      throw new InvalidArgumentError(
        `[${name}] Layer ${name} weight shape ${showKerasShape(expected)} is not compatible with provided ` +
          `weight shape ${showKerasShape(shapeOf(t))}`,
      );
    }
  });
  tensors.forEach((t, i) => weights[i].assign(t));
}
