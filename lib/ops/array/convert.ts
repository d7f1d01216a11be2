/** Conversion of values to tensors: constant, convertToTensor. */
import { convertLike, toValue, type TensorLike } from '../../core/convert';
import { dtypeInfo, stringType, type DType, type DTypeInfo } from '../../core/dtype';
import { isText, type StringLike, type StringTensor } from '../../core/strings';
import { sharedTensor } from '../../core/shared_memory';
import { options, throwExtraArguments } from '../../core/options';
import { InvalidArgumentError } from '../../core/errors';
import { describe, sameShape, showShape, sizeOf } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import type { DTypeOf } from '../../core/dtype_of';
import { composite } from '../../op/define/composite';
import { exact, plain } from './creation';
import { broadcastTo } from './movement';
import { reshape, shapeArgument } from './views';

const convertToTensorDefaults = { dtype: null, dtypeHint: null } as const;

export interface ConvertToTensorOptions<D extends DType = DType> {
  /** The dtype of the result; host values are converted to it. Default: the value's. */
  dtype?: D | null;
  /** The dtype to prefer for host values. */
  dtypeHint?: DType | null;
}

/**
 * Converts a number, an array, a variable (its current value) or IndexedSlices (slices with equal indices are summed) to a
 * tensor; a tensor is returned unchanged. InvalidArgumentError for a tensor of another dtype than `dtype`, which tf.cast
 * converts. @tf tf.convert_to_tensor
 */
export function convertToTensor<X extends TensorLike, D extends DType = DTypeOf<X>>(
  value: X,
  options?: (ConvertToTensorOptions<D> & { dtypeHint?: null }) | D,
): Tensor<NoInfer<D>>;
export function convertToTensor(value: TensorLike, options?: ConvertToTensorOptions | DType): Tensor;
export function convertToTensor(
  value: StringLike | StringTensor,
  options?: { dtype?: 'string' | null; dtypeHint?: DType | 'string' | null } | 'string',
): StringTensor;
export function convertToTensor(value: unknown, given?: unknown): Tensor | StringTensor {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 2) throwExtraArguments('convertToTensor', 2, arguments, convertToTensorDefaults);
  const { dtype, dtypeHint } = options<Required<ConvertToTensorOptions>>(
    given,
    'dtype',
    convertToTensorDefaults,
    'convertToTensor',
  );
  const required = elementType(dtype, value, '[convertToTensor] dtype');
  const hint = elementType(dtypeHint, value, '[convertToTensor] dtypeHint');
  const t = toValue(value, required ?? hint, 'convertToTensor', 'value');
  return required === null ? t : convertLike(t, required, 'convertToTensor', 'value');
}

/** The row of a dtype, strings included; that of strings for text, null for other values, if it is null. */
function elementType(dtype: unknown, value: unknown, where: string): DTypeInfo | null {
  if (dtype === 'string') return stringType;
  if (dtype !== null) return dtypeInfo(dtype, where);
  return isText(value) ? stringType : null;
}

export interface ConstantOptions<D extends DType = DType> {
  /** Default: float32 for numbers, bool for booleans, int64 for bigints. */
  dtype?: D | null;
  /** The shape of the result: a single value is repeated; an array must have as many elements. */
  shape?: readonly number[] | null;
  /**
   * If false, the tensor reads the elements of a Float32Array or Float64Array over a SharedArrayBuffer in place, such as weights
   * that worker threads share. Its memory stays alive as long as the tensor. The elements must not change while the tensor is in use:
   * a compiled function may have read them when it was traced. The library never writes to them; assigning a variable that holds the
   * tensor gives it other memory. Default true.
   */
  copy?: boolean;
}

/** The options of `constant` for text. */
export interface StringOptions {
  dtype?: 'string' | null;
  shape?: readonly number[] | null;
}

const constantDefaults: Required<ConstantOptions> = { dtype: null, shape: null, copy: true };

/**
 * Creates a tensor from a number, bigint, boolean, nested arrays of them, or a typed array. A tensor is returned unchanged.
 * InvalidArgumentError for ragged or mixed arrays, values that the dtype cannot represent, or a number of elements that
 * differs from the shape's. With `copy: false`, the memory of a SharedArrayBuffer is read in place. @tf tf.constant
 */
export const constant: {
  <X extends TensorLike, D extends DType = DTypeOf<X>>(
    value: X,
    options?: ConstantOptions<D>,
  ): Tensor<NoInfer<D>>;
  <D extends DType>(value: TensorLike, dtype: D): Tensor<D>;
  (value: TensorLike, options?: ConstantOptions | DType): Tensor;
  /** Of text: a tensor of strings. */
  (value: StringLike | StringTensor, options?: StringOptions | 'string'): StringTensor;
} = composite(
  'constant',
  {
    ...exact,
    tf: 'tf.constant',
    examples: [plain([[1, 2, 3]]), plain([7], { shape: [2, 2] }), plain([[1, 2]], { dtype: 'int64' })],
  },
  (value: unknown, given?: unknown): Tensor => {
    const { dtype, shape, copy } = options<Required<ConstantOptions>>(
      given,
      'dtype',
      constantDefaults,
      'constant',
    );
    if (typeof copy !== 'boolean')
      throw new TypeError(`[constant] copy must be true or false; got ${describe(copy)}`);
    if (Array.isArray(dtype)) {
      throw new TypeError(
        `[constant] dtype must be a dtype; got ${describe(dtype)}. A shape goes by name, constant(…, { shape: ${describe(dtype)} })`,
      );
    }
    const hint = elementType(dtype, value, '[constant] dtype');
    const t = copy ? toValue(value, hint, 'constant', 'value') : sharedTensor(value, 'constant');
    if (hint !== null && t.dt !== hint) {
      throw new InvalidArgumentError(
        `[constant] value is a ${t.dtype} tensor, and dtype ${hint.name} was asked for; use tf.cast`,
      );
    }
    if (shape === null) return t;
    const dims = shapeArgument(shape, 'constant');
    if (sameShape(dims, shapeOf(t))) return t;
    if (t.size === 1 && copy) return broadcastTo(reshape(t, []), dims);
    if (sizeOf(dims) !== t.size) {
      throw new InvalidArgumentError(
        `[constant] value has ${t.size} elements (shape ${showShape(shapeOf(t))}), which do not fill the shape ` +
          showShape(dims),
      );
    }
    return reshape(t, dims);
  },
);
