/** Anything as a tensor. */
import { convertLike, toValue, type TensorLike } from '../../core/convert';
import { dtypeInfo, type DType } from '../../core/dtype';
import { options, throwExtraArguments } from '../../core/options';
import type { Tensor } from '../../core/tensor';
import type { DTypeOf } from '../../core/dtype_of';

const convertToTensorDefaults = { dtype: null, dtypeHint: null } as const;

export interface ConvertToTensorOptions<D extends DType = DType> {
  /** The dtype that the result must have; host values take it. Default: what the value says. */
  dtype?: D | null;
  /** The dtype that host values take. */
  dtypeHint?: DType | null;
}

/**
 * A tensor from a number, an array, a variable (its value now), sparse rows (rows with the same index are summed); a
 * tensor comes back as it is. InvalidArgumentError where a tensor has another dtype than the one asked for: that takes
 * tf.cast. @tf tf.convert_to_tensor
 */
export function convertToTensor<X extends TensorLike, D extends DType = DTypeOf<X>>(
  value: X,
  options?: (ConvertToTensorOptions<D> & { dtypeHint?: null }) | D,
): Tensor<NoInfer<D>>;
export function convertToTensor(value: TensorLike, options?: ConvertToTensorOptions | DType): Tensor;
export function convertToTensor(value: TensorLike, given?: ConvertToTensorOptions | DType): Tensor {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 2) throwExtraArguments('convertToTensor', 2, arguments, convertToTensorDefaults);
  const { dtype, dtypeHint } = options<Required<ConvertToTensorOptions>>(
    given,
    'dtype',
    convertToTensorDefaults,
    'convertToTensor',
  );
  const wanted = dtype === null ? null : dtypeInfo(dtype, '[convertToTensor] dtype');
  const hint = dtypeHint === null ? null : dtypeInfo(dtypeHint, '[convertToTensor] dtypeHint');
  const t = toValue(value, wanted ?? hint, 'convertToTensor', 'value');
  return wanted === null ? t : convertLike(t, wanted, 'convertToTensor', 'value');
}
