/** The arguments of losses and metrics as tensors. */
import { toTensor, type TensorLike } from '../../core/convert';
import { floating } from '../../core/dtype';
import type { Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { toSameRank } from '../base/ranks';

export { epsilon } from '../base/settings';

/** A tensor in a dtype. */
export const inDType = (t: Tensor, dtype: Tensor['dtype']): Tensor =>
  t.dtype === dtype ? t : cast(t, dtype);

/** Floating-point predictions, and labels in their dtype. */
export function pair(yTrue: TensorLike, yPred: TensorLike, name: string): [truth: Tensor, predicted: Tensor] {
  let predicted = toTensor(yPred, null, name, 'yPred');
  if (!floating.includes(predicted.dtype)) predicted = cast(predicted, 'float32');
  return [inDType(toTensor(yTrue, null, name, 'yTrue'), predicted.dtype), predicted];
}

/** The same, of one rank where they differ by a last dimension of size 1. */
export const alignedPair = (yTrue: TensorLike, yPred: TensorLike, name: string): [Tensor, Tensor] =>
  toSameRank(...pair(yTrue, yPred, name));
