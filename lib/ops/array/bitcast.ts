/** The bytes of a tensor as elements of another dtype. */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypeByCode, dtypeInfo, numeric, type DType, type DTypeInfo } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { asShape, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { badDType } from '../../op/checks';
import { op } from '../../op/define/general';
import * as kernels from '../../op/kernels';
import { sample } from '../../op/registry';

const { copyLists: lists } = kernels;

/**
 * The bytes of a tensor as elements of another numeric dtype. Elements of fewer bytes are a new last dimension; for elements of more
 * bytes, the last dimension, which must be that of those to combine, is dropped. No gradient passes.
 * InvalidArgumentError for another last dimension, and for bool and strings. @tf tf.bitcast
 */
export const bitcast: <D extends DType>(input: TensorLike, type: D) => Tensor<D> = op<
  [input: TensorLike, type: DType],
  DTypeInfo
>('bitcast', {
  tf: 'tf.bitcast',
  dtypes: numeric,
  ulp: 0,
  flops: () => 0,
  examples: [
    { args: [sample([2, 3], { dtype: 'float32' }), 'int32'] },
    { args: [sample([2, 2], { dtype: 'float32' }), 'uint8'] },
    { args: [sample([3, 2], { dtype: 'int32', domain: [0, 1000] }), 'int64'] },
    { args: [sample([], { dtype: 'float64' }), 'int32'] },
    { args: [sample([0, 3], { dtype: 'float32' }), 'uint32'] },
    { args: [sample([3], { dtype: 'int32' }), 'float64'] },
  ],
  args: (input, type) => {
    const x = toTensor(input, null, 'bitcast', 'input');
    const to = dtypeByCode[dtypeInfo(type, '[bitcast] type').code];
    if (!numeric.includes(x.dtype)) throw badDType('bitcast', 'input', x.dt, numeric);
    if (!numeric.includes(to.name)) throw badDType('bitcast', 'type', to, numeric);
    return [[x], to];
  },
  infer: ([x], to) => {
    const shape = shapeOf(x);
    const { bytes } = x.dt;
    if (bytes === to.bytes) return { shape, dt: to };
    if (bytes > to.bytes) return { shape: asShape([...shape, bytes / to.bytes], 'bitcast'), dt: to };
    if (shape[shape.length - 1] !== to.bytes / bytes)
      throw new InvalidArgumentError(
        `[bitcast] Cannot bitcast from ${x.dtype} to ${to.name}: the last dimension of shape ${showShape(shape)} must be ` +
          `${to.bytes / bytes}`,
      );
    return { shape: asShape(shape.slice(0, -1)), dt: to };
  },
  run: ([x], _, [y]) => {
    if (x.size === 0) return;
    lists.dims[0] = x.size * x.dt.bytes;
    lists.srcStrides[0] = 1;
    lists.dstStrides[0] = 1;
    kernels.copy(x, y, 1, 0, 0, 1);
  },
  gradient: null,
});
