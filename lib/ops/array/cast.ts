/** Conversion between dtypes. */
import { frame, native } from '../../binding';
import { toValue, type TensorLike } from '../../core/convert';
import { dtypeByCode, dtypeInfo, everyType, type DType, type DTypeInfo } from '../../core/dtype';
import { bufferOf, shapeOf, type Tensor } from '../../core/tensor';
import { op } from '../../op/define/general';
import { publicCall, sample } from '../../op/registry';

/**
 * Whether a cast to `wide` and back keeps all values of `narrow`. A float has all values of integers and floats of fewer bytes,
 * no float of 16 bits has those of the other; integers of one width keep their bits.
 */
function represents(wide: DTypeInfo, narrow: DTypeInfo): boolean {
  if (wide === narrow || narrow.kind === 'bool') return true;
  if (wide.kind === 'float') return wide.bytes > narrow.bytes;
  return wide.kind === 'int' && narrow.kind === 'int' && wide.bytes >= narrow.bytes;
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
 * Converts the elements to another dtype. Floats are truncated towards zero: NaN and values out of range become the smallest
 * value in int32 and int64, the low bits of that int32 in narrower integers, and those of the int64 in uint32 and uint64.
 * Wider integers lose their high bits. Floats are rounded to the nearest. As bool, everything but 0 is true. The gradient
 * passes between floating dtypes. A tensor that already has the dtype is returned unchanged.
 * TypeError for an unknown dtype. @tf tf.cast
 */
export function cast<T extends DType>(x: TensorLike, dtype: T): Tensor<T>;
export function cast(x: TensorLike, dtype: DType): Tensor {
  const to = dtypeByCode[dtypeInfo(dtype, '[cast] dtype').code];
  const t = toValue(x, null, 'cast', 'x');
  return t.dt === to ? t : convert(t, to);
}
publicCall('cast', cast);
