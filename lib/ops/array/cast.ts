/** Conversion between element types. */
import { toValue, type TensorLike } from '../../core/convert';
import { dtypeByCode, dtypeInfo, everyType, type DType, type DTypeInfo } from '../../core/dtype';
import { shapeOf, type Tensor } from '../../core/tensor';
import { op } from '../../op/define/general';
import { publicCall, sample } from '../../op/registry';
import * as kernels from '../../op/kernels';

/** Whether a dtype has all values of another one. Float64 has not all of int64, float32 not all of int32. */
function holds(wide: DTypeInfo, narrow: DTypeInfo): boolean {
  if (narrow.kind === 'bool') return true;
  if (wide.kind === 'bool') return false;
  if (narrow.kind === 'float') return wide.kind === 'float' && wide.bytes >= narrow.bytes;
  return wide.kind === 'float' ? wide.bytes > narrow.bytes : wide.bytes >= narrow.bytes && wide.signed;
}

const convert = op<[x: Tensor, to: DTypeInfo], DTypeInfo>('cast', {
  tf: 'tf.cast',
  dtypes: everyType,
  ulp: 0.5,
  examples: everyType.flatMap((dtype) => [
    { args: [sample([2, 3], { domain: [0, 100] }), dtype] },
    { args: [sample([0]), dtype] },
    { args: [sample([]), dtype] },
  ]),
  args: (x, to) => [[x], to],
  infer: ([x], to) => ({ shape: shapeOf(x), dt: to }),
  run: ([x], to, [y]) => kernels.cast(x, y, x.size, x.dt.code, to.code),
  tile: { kind: 'cast', op: 0, cheap: true },
  // There and back again: nothing is lost where the way leads through more than there is.
  simpler: (call, around) => {
    const inner = around.producer(call.inputs[0]);
    if (inner?.op !== call.op) return null;
    const [x] = inner.inputs;
    return x.dt === call.attrs && holds(inner.attrs as DTypeInfo, x.dt) ? x : null;
  },
  gradient: ([dy], { dts }) => [dts[0].kind === 'float' ? cast(dy, dts[0].name) : null],
});

/**
 * The elements as another dtype. Floats become integers by truncation toward zero; what does not fit (and NaN) is the
 * least value in int32 and int64, the low byte of the int32 in uint8. Wider integers lose their high bits. Anything but 0
 * is true. The gradient passes between floating dtypes. A tensor that has the dtype already comes back as it is.
 * TypeError for an unknown dtype. @tf tf.cast
 */
export function cast<T extends DType>(x: TensorLike, dtype: T): Tensor<T>;
export function cast(x: TensorLike, dtype: DType): Tensor {
  const to = dtypeByCode[dtypeInfo(dtype, '[cast] dtype').code];
  const t = toValue(x, null, 'cast', 'x');
  return t.dt === to ? t : convert(t, to);
}
publicCall('cast', cast);
