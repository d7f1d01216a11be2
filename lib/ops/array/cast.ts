/** Conversion between dtypes. */
import { frame, native } from '../../binding';
import { toValue, type TensorLike } from '../../core/convert';
import { dtypeByCode, dtypeInfo, everyType, type DType, type DTypeInfo } from '../../core/dtype';
import { bufferOf, shapeOf, type Tensor } from '../../core/tensor';
import { op } from '../../op/define/general';
import { publicCall, sample } from '../../op/registry';

/** Whether `wide` represents all values of `narrow`. float64 does not represent all of int64, nor float32 all of int32. */
function represents(wide: DTypeInfo, narrow: DTypeInfo): boolean {
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
  run: ([x], to, [y]) => {
    frame[0] = x.offset;
    frame[1] = y.offset;
    frame[2] = x.size;
    frame[3] = x.dt.code;
    frame[4] = to.code;
    native.cast(bufferOf(x), bufferOf(y));
  },
  tile: { kind: 'cast', op: 0, cheap: true },
  // A cast to a dtype that represents all values, and back, is the identity.
  exactRewrite: (call, graph) => {
    const inner = graph.producer(call.inputs[0]);
    if (inner?.op !== call.op) return null;
    const [x] = inner.inputs;
    return x.dt === call.attrs && represents(inner.attrs as DTypeInfo, x.dt) ? x : null;
  },
  gradient: ([dy], { dts }) => [dts[0].kind === 'float' ? cast(dy, dts[0].name) : null],
});

/**
 * Converts the elements to another dtype. Floats are truncated towards zero; NaN and values out of range become the
 * smallest value in int32 and int64, and the low byte of that conversion to int32 in uint8. Wider integers lose their high
 * bits. As bool, everything but 0 is true. The gradient passes between floating dtypes. A tensor that already has the dtype
 * is returned unchanged.
 * TypeError for an unknown dtype. @tf tf.cast
 */
export function cast<T extends DType>(x: TensorLike, dtype: T): Tensor<T>;
export function cast(x: TensorLike, dtype: DType): Tensor {
  const to = dtypeByCode[dtypeInfo(dtype, '[cast] dtype').code];
  const t = toValue(x, null, 'cast', 'x');
  return t.dt === to ? t : convert(t, to);
}
publicCall('cast', cast);
