/** The dtype of what an operation of keras.ops gives for operands of several dtypes. */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypeInfo, type DType, type DTypeInfo } from '../../core/dtype';
import type { Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';

const infoOf = (dtype: DType): DTypeInfo => dtypeInfo(dtype, '[keras.ops] dtype');

/** The dtype in which both dtypes are computed, as in JAX: bool → integers → floats, the wider one of a kind. */
function join(a: DType, b: DType): DType {
  if (a === b) return a;
  const [x, y] = [infoOf(a), infoOf(b)];
  if (x.kind === 'bool') return b;
  if (y.kind === 'bool') return a;
  if (x.kind !== y.kind) {
    if (x.kind === 'float') return a;
    if (y.kind === 'float') return b;
  }
  if (x.bytes !== y.bytes && (x.kind === y.kind || x.kind === 'float')) return x.bytes > y.bytes ? a : b;
  // float16 and bfloat16.
  if (x.kind === 'float') return 'float32';
  const [signed, unsigned] = a.startsWith('u') ? [y, x] : [x, y];
  if (signed.bytes > unsigned.bytes) return signed.name;
  if (unsigned.bytes === 8) return 'float32';
  return `int${16 * unsigned.bytes}` as DType;
}

/** A number or boolean, whose dtype gives way to those of tensors. */
const isScalar = (value: unknown): value is number | boolean =>
  typeof value === 'number' || typeof value === 'boolean';

/** The operands as tensors of one dtype. */
export function promoted(operands: readonly TensorLike[], op: string): Tensor[] {
  const tensors = operands.map((value, i) =>
    isScalar(value) ? null : toTensor(value, null, op, `x${i + 1}`),
  );
  let dtype: DType | null = null;
  for (const t of tensors) if (t !== null) dtype = dtype === null ? t.dtype : join(dtype, t.dtype);
  for (const value of operands) {
    if (!isScalar(value)) continue;
    const own = typeof value === 'boolean' ? 'bool' : 'float32';
    if (dtype === null) dtype = own;
    else if (own === 'float32' && infoOf(dtype).kind !== 'float') {
      if (!Number.isInteger(value)) dtype = 'float32';
      else if (dtype === 'bool') dtype = 'int32';
    }
  }
  return operands.map((value, i) => {
    const t = tensors[i];
    if (t === null) {
      const host = typeof value === 'boolean' && dtype !== 'bool' ? Number(value) : value;
      return toTensor(host, infoOf(dtype as DType), op, `x${i + 1}`);
    }
    return t.dtype === dtype ? t : cast(t, dtype as DType);
  });
}

/** float32 in place of integers and booleans. */
export const floating = (x: TensorLike, op: string): Tensor => {
  const t = toTensor(x, null, op, 'x');
  return t.dt.kind === 'float' ? t : cast(t, 'float32');
};
