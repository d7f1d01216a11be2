/** Properties of a tensor that do not depend on its elements: shape, size, rank. */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypeInfo, type DType, type DTypeInfo } from '../../core/dtype';
import { options, throwExtraArguments } from '../../core/options';
import { scalarTensor } from '../../core/scalar_tensor';
import { shapeOf, Tensor, tensorFrom } from '../../core/tensor';
import { Variable } from '../../core/variable';

const sizeDefaults = { outType: 'int32' } as const;

export interface SizeOptions<I extends 'int32' | 'int64' = 'int32' | 'int64'> {
  /** Dtype of the result: 'int32' (default) or 'int64'. */
  outType?: I;
}

function integerType(given: SizeOptions | DType | undefined, op: string): DTypeInfo {
  const { outType } = options<{ outType: DType }>(given, 'outType', sizeDefaults, op);
  const dt = dtypeInfo(outType, `[${op}] outType`);
  if (outType !== 'int32' && outType !== 'int64') {
    throw new TypeError(`[${op}] outType must be int32 or int64; got ${outType}`);
  }
  return dt;
}

function asElement(dt: DTypeInfo, value: number): number | bigint {
  return dt.big ? BigInt(value) : value;
}

/** The dimensions of `input` as an integer vector. `x.shape` has them as numbers. @tf tf.shape */
export function shape<I extends 'int32' | 'int64' = 'int32'>(
  input: TensorLike,
  options?: SizeOptions<I> | I,
): Tensor<NoInfer<I>>;
export function shape(input: TensorLike, given?: SizeOptions | DType): Tensor {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 2) throwExtraArguments('shape', 2, arguments, sizeDefaults);
  const dt = integerType(given, 'shape');
  const x = toTensor(input, null, 'shape', 'input');
  return tensorFrom(
    dt,
    [shapeOf(x).length],
    shapeOf(x).map((d) => asElement(dt, d)),
  );
}

/** The number of elements of `input` as an integer scalar. `x.size` is the same as a number. @tf tf.size */
export function size<I extends 'int32' | 'int64' = 'int32'>(
  input: TensorLike,
  options?: SizeOptions<I> | I,
): Tensor<NoInfer<I>>;
export function size(input: TensorLike, given?: SizeOptions | DType): Tensor {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 2) throwExtraArguments('size', 2, arguments, sizeDefaults);
  const dt = integerType(given, 'size');
  return scalarTensor(dt, asElement(dt, toTensor(input, null, 'size', 'input').size));
}

/** The number of dimensions of `input` as an int32 scalar. `x.rank` is the same as a number. @tf tf.rank */
export function rank(input: TensorLike): Tensor<'int32'>;
export function rank(input: TensorLike): Tensor {
  return scalarTensor(dtypeInfo('int32'), shapeOf(toTensor(input, null, 'rank', 'input')).length);
}

/** Whether a value is a tensor or a variable. @tf tf.is_tensor */
export function isTensor(value: unknown): value is Tensor | Variable {
  return value instanceof Tensor || value instanceof Variable;
}
