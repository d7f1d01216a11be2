/** Activations whose results are probabilities: cross-entropies compute from their arguments, which loses no digits. */
import { toTensor, type TensorLike } from '../../core/convert';
import { options as resolveOptions } from '../../core/options';
import type { Tensor } from '../../core/tensor';
import type { OneAxis } from '../../op/axis';
import { reshape } from '../../ops/array/views';
import { sigmoid as sigmoidOp } from '../../ops/math/unary_math';
import { logSoftmax as logSoftmaxOp, softmax as softmaxOp } from '../../ops/nn/softmax';
import { withLogits } from '../base/logits';

/** 1 / (1 + e⁻ˣ). @tf tf.keras.activations.sigmoid */
export function sigmoid(x: TensorLike): Tensor {
  const t = toTensor(x, null, 'sigmoid', 'x');
  return withLogits(sigmoidOp(t), t);
}

export interface SoftmaxAxis {
  /** Default: the last; null: all elements. */
  axis?: OneAxis | null;
}

const defaults: Required<SoftmaxAxis> = { axis: -1 };

/** `f` along the axis of the options; over all elements if it is null. */
function along(
  name: string,
  f: typeof softmaxOp,
  x: Tensor,
  options: SoftmaxAxis | OneAxis | null | undefined,
): Tensor {
  if (options === undefined) return f(x);
  const { axis } = resolveOptions<Required<SoftmaxAxis>>(options, 'axis', defaults, name);
  return axis === null ? reshape(f(reshape(x, [x.size])), x.shape) : f(x, axis);
}

/** eˣ / Σeˣ along an axis, by default the last. @tf tf.keras.activations.softmax */
export function softmax(x: TensorLike, options?: SoftmaxAxis | OneAxis | null): Tensor {
  const t = toTensor(x, null, 'softmax', 'x');
  return withLogits(along('softmax', softmaxOp, t, options), t);
}

/** x − log Σeˣ along an axis, by default the last. @tf tf.keras.activations.log_softmax */
export function logSoftmax(x: TensorLike, options?: SoftmaxAxis | OneAxis | null): Tensor {
  return along('logSoftmax', logSoftmaxOp, toTensor(x, null, 'logSoftmax', 'x'), options);
}
