/** Anything as a tensor. */
import { convertLike, toTensor, type TensorLike } from '../core/convert';
import { dtypeInfo, type DType, type DTypeInfo } from '../core/dtype';
import { options } from '../core/options';
import { Readable } from '../core/readable';
import { aliasTensor, type Tensor } from '../core/tensor';

export interface ConvertToTensorOptions {
  /** The dtype that the result must have; host values take it. Default: what the value says. */
  dtype?: DType | null;
  /** The dtype that host values take. */
  dtypeHint?: DType | null;
}

/**
 * A tensor from a number, an array, a variable (its value now), sparse rows (rows with the same index are summed); a
 * tensor comes back as it is. InvalidArgumentError where a tensor has another dtype than the one asked for: that takes
 * tf.cast. @tf tf.convert_to_tensor
 */
export function convertToTensor(value: TensorLike, given?: ConvertToTensorOptions | DType): Tensor {
  const { dtype, dtypeHint } = options<Required<ConvertToTensorOptions>>(
    given,
    'dtype',
    { dtype: null, dtypeHint: null },
    'convertToTensor',
  );
  const own = value instanceof Readable ? value.read() : value;
  const t =
    dtype === null
      ? toTensor(own, hintOf(dtypeHint), 'convertToTensor', 'value')
      : convertLike(own, dtypeInfo(dtype, '[convertToTensor] dtype'), 'convertToTensor', 'value');
  // Operand literals share their tensors; what a user holds is a tensor of its own.
  return typeof value === 'object' ? t : aliasTensor(t, t.shape, 'convertToTensor');
}

function hintOf(dtype: DType | null): DTypeInfo | null {
  return dtype === null ? null : dtypeInfo(dtype, '[convertToTensor] dtypeHint');
}
