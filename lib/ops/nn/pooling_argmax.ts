/** Max pooling with the positions of the maxima. */
import type { TensorLike } from '../../core/convert';
import { detached } from '../../core/context';
import { dtypeInfo, numeric } from '../../core/dtype';
import type { DTypeOf } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { options } from '../../core/options';
import { memoized } from '../../core/memoize';
import { describe, type Shape, sizeOf } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { composite } from '../../op/define/composite';
import { sample } from '../../op/registry';
import { cast } from '../array/cast';
import { range } from '../array/creation';
import { broadcastTo } from '../array/movement';
import { add } from '../math/binary';
import { reshape } from '../array/views';
import { maxKind, maxPoolAt, maxPoolLast, poolInput, poolWindows } from './pooling';
import { windowAxes, type Padding, type PerDimension } from './window';

const maxPoolWithArgmaxDefaults = {
  dataFormat: 'NHWC',
  outputDtype: 'int32',
  includeBatchInIndex: false,
} as const;
export interface MaxPoolWithArgmaxOptions<I extends 'int32' | 'int64' = 'int32' | 'int64'> {
  /** Only 'NHWC' is supported. */
  dataFormat?: string;
  /** 'int32' (default) or 'int64'. */
  outputDtype?: I;
  /** Count positions from the beginning of the batch instead of each example's. Default false. */
  includeBatchInIndex?: boolean;
}

/**
 * Elements in the same order, of a dtype of 4 or 8 bytes that has kernels of its own: `maxPoolAt` selects positions by the
 * maxima of this tensor, and both must have the same width.
 */
function positionKey(x: Tensor): Tensor {
  const { kind, bytes, signed, max } = x.dt;
  if (bytes < 4) return cast(x, kind === 'float' ? 'float32' : 'int32');
  if (signed) return x;
  // Adding half of the range modulo the whole range flips the top bit, which keeps the order.
  const half = typeof max === 'bigint' ? max / 2n + 1n : (max + 1) / 2;
  return cast(add(x, half), bytes === 4 ? 'int32' : 'int64');
}

/** The flat position of each element within its example, or within the batch. */
function positionsIn(shape: Shape, dtype: 'int32' | 'int64', fromBatch: boolean): Tensor {
  const size = sizeOf(shape);
  if (fromBatch) return reshape(range(size, { dtype }), shape);
  const [n, ...rest] = shape;
  return broadcastTo(reshape(range(size === 0 ? 0 : size / n, { dtype }), [1, ...rest]), shape);
}
const cachedPositions = memoized(
  (shape: Shape, dtype: 'int32' | 'int64', fromBatch: boolean) =>
    detached(() => positionsIn(shape, dtype, fromBatch)),
  [0],
);

/**
 * [the maximum of each window, its flat position (y·width + x)·channels + c within the example]. The arguments are those of
 * `maxPool2d`. Positions are int32, or int64 with outputDtype 'int64'. @tf tf.nn.max_pool_with_argmax
 */
export const maxPoolWithArgmax: <X extends TensorLike, I extends 'int32' | 'int64' = 'int32'>(
  input: X,
  ksize: PerDimension,
  strides: PerDimension,
  padding: Padding,
  options?: MaxPoolWithArgmaxOptions<I> | string,
) => [output: Tensor<DTypeOf<X>>, argmax: Tensor<NoInfer<I>>] = composite(
  'maxPoolWithArgmax',
  {
    tf: 'tf.nn.max_pool_with_argmax',
    dtypes: numeric,
    ulp: 0,
    examples: [
      { args: [sample([2, 4, 6, 3]), 2, 2, 'VALID'] },
      { args: [sample([2, 5, 4, 2]), [3, 2], [2, 1], 'SAME'], options: { includeBatchInIndex: true } },
      { args: [sample([1, 3, 3, 20]), 2, 1, 'SAME'], options: { outputDtype: 'int64' } },
    ],
  },
  (
    input: TensorLike,
    ksize: PerDimension,
    strides: PerDimension,
    padding: Padding,
    given?: MaxPoolWithArgmaxOptions | string,
  ): [Tensor, Tensor] => {
    const name = 'maxPoolWithArgmax';
    const x = poolInput(name, input, maxKind);
    const o = options<Required<MaxPoolWithArgmaxOptions>>(
      given,
      'dataFormat',
      maxPoolWithArgmaxDefaults,
      name,
    );
    if (o.dataFormat !== 'NHWC') {
      throw new InvalidArgumentError(`[${name}] dataFormat must be 'NHWC'; got ${describe(o.dataFormat)}`);
    }
    const out = dtypeInfo(o.outputDtype, `[${name}] outputDtype`);
    if (out.name !== 'int32' && out.name !== 'int64') {
      throw new InvalidArgumentError(`[${name}] outputDtype must be int32 or int64; got ${out.name}`);
    }
    const dims = poolWindows(
      name,
      shapeOf(x),
      windowAxes(null, 2, name),
      ksize,
      strides,
      padding,
      false,
      null,
    );
    const key = positionKey(x);
    const wide = key.dt.bytes === 8 ? 'int64' : 'int32';
    const batch = o.includeBatchInIndex;
    const positions = (x.size <= 1024 ? cachedPositions : positionsIn)(shapeOf(x), wide, batch);
    const argmax = cast(maxPoolAt(key, positions, dims), out.name);
    return [maxPoolLast(x, dims), argmax];
  },
);
