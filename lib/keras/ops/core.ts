/** Facts about tensors, conversions, slices at positions that are tensors, scatters and segments. */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypeInfo, type DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { Tensor } from '../../core/tensor';
import { isTensor as isTensorOp, size as sizeOp } from '../../ops/array/facts';
import { range } from '../../ops/array/creation';
import { stack } from '../../ops/array/joining';
import { broadcastTo } from '../../ops/array/movement';
import { identity, reshape } from '../../ops/array/views';
import { saturateCast as saturate } from '../../ops/image/color';
import { gather, gatherNd } from '../../ops/index/indexing';
import * as scatters from '../../ops/index/scatter';
import * as segments from '../../ops/index/segments';
import { at } from '../../ops/array/at';
import { stopGradient as stop } from '../../autodiff/custom_gradient';
import { add, maximum, minimum, multiply } from '../../ops/math/binary';
import type { KerasShape } from '../base/shapes';
import { KerasTensor } from '../symbolic/keras_tensor';
import { as, dtypeOrNull, exact, only, oneOf } from './define';
import { flag, integer, integers, operation } from './operation';
import type { Binary, Operand, Unary } from './types';

const core = 'core';

/** The dimensions; null varies. @tf tf.keras.ops.shape */
export const shape = (x: Operand): KerasShape =>
  x instanceof KerasTensor ? x.shape : toTensor(x, null, 'shape', 'x').shape;
/** The number of dimensions. @tf tf.keras.ops.ndim */
export const ndim = (x: Operand): number => shape(x).length;
/** The number of elements, an int32 scalar. @tf tf.keras.ops.size */
export const size = exact('Size', (x) => sizeOp(x));
/** The name of a tensor's dtype. @tf tf.keras.ops.dtype */
export const dtype = (x: Operand): DType =>
  x instanceof KerasTensor ? x.dtype : toTensor(x, null, 'dtype', 'x').dtype;
/** Whether a value is a tensor or a variable. Symbolic tensors are not. @tf tf.keras.ops.is_tensor */
export const isTensor = (x: unknown): boolean => isTensorOp(x);
/** The elements in nested arrays, or a number. @tf tf.keras.ops.convert_to_numpy */
export const convertToNumpy = (x: TensorLike): ReturnType<Tensor['array']> =>
  toTensor(x, null, 'convertToNumpy', 'x').array();

type OfDType = Unary<[options?: { dtype?: DType | null } | DType | null]>;

/** A tensor of a value. @tf tf.keras.ops.convert_to_tensor */
export const convertToTensor = operation<OfDType>({
  module: core,
  className: 'ConvertToTensor',
  tensors: ['x'],
  optional: { dtype: null, sparse: null, ragged: null },
  check: (config) => ({ ...config, dtype: dtypeOrNull(config.dtype, 'convertToTensor') }),
  run: ([x], config) => {
    const to = config.dtype === null ? null : dtypeInfo(config.dtype, '[convertToTensor] dtype');
    if (!(x instanceof Tensor)) return toTensor(x, to, 'convertToTensor', 'x');
    return to === null ? x : as(x, to.name);
  },
});

/** x in another dtype; what this cannot represent becomes its nearest number. @tf tf.keras.ops.saturate_cast */
export const saturateCast = operation<Unary<[dtype: DType]>>({
  module: core,
  className: 'SaturateCast',
  tensors: ['x'],
  required: ['dtype'],
  check: (config) => ({ dtype: dtypeInfo(config.dtype, '[saturateCast] dtype').name }),
  run: (args, config) => saturate(only(args, 'saturateCast'), config.dtype as DType),
});

/** The tensor, as a constant for gradients. @tf tf.keras.ops.stop_gradient */
export const stopGradient = exact('StopGradient', (x) => stop(x), { module: core });

/** The indices that a part of these sizes, which begins at a position, has along each axis; it is moved inside if it is beyond an end. */
function places(x: Tensor, start: unknown, sizes: readonly number[], op: string): Tensor[] {
  const begin = toTensor(start, null, op, 'startIndices');
  if (begin.rank !== 1 || begin.size !== x.rank || sizes.length !== x.rank)
    throw new InvalidArgumentError(
      `[${op}] startIndices and the shape must have one integer for each of ${x.rank} dimensions; got ${begin.size} and ${sizes.length}`,
    );
  if (sizes.some((n, i) => n < 0 || n > x.shape[i]))
    throw new InvalidArgumentError(
      `[${op}] the part [${sizes.join(', ')}] does not fit into [${x.shape.join(', ')}]`,
    );
  const whole = as(begin, 'int32');
  return sizes.map((n, i) => {
    const first = minimum(maximum(at(whole, i), 0), x.shape[i] - n);
    return add(range(0, n, 1, { dtype: 'int32' }), first);
  });
}

/** −1 in a shape: up to the end, from a position that is a list of numbers. */
const openSizes = (x: Tensor, start: unknown, sizes: readonly number[]): readonly number[] =>
  sizes.map((n, i) => (n === -1 && Array.isArray(start) ? x.shape[i] - Number(start[i]) : n));

/** The part of a shape that begins at a position, a list or a tensor. @tf tf.keras.ops.slice */
export const slice = operation<Binary<[shape: readonly number[]]>>({
  module: core,
  className: 'Slice',
  tensors: ['inputs', 'startIndices'],
  required: ['shape'],
  check: (config) => ({ shape: integers(config.shape, 'shape', 'slice') }),
  run: ([inputs, start], config) => {
    const x = toTensor(inputs, null, 'slice', 'inputs');
    const sizes = openSizes(x, start, config.shape as number[]);
    return places(x, start, sizes, 'slice').reduce<Tensor>((y, found, axis) => gather(y, found, { axis }), x);
  },
});

/** The tensor with a part, which begins at a position, replaced. @tf tf.keras.ops.slice_update */
export const sliceUpdate = operation<
  <X extends Operand, U extends Operand>(
    inputs: X,
    startIndices: Operand,
    updates: U,
  ) => KerasTensor extends X | U ? KerasTensor : Tensor
>({
  module: core,
  className: 'SliceUpdate',
  tensors: ['inputs', 'startIndices', 'updates'],
  run: ([inputs, start, updates]) => {
    const x = toTensor(inputs, null, 'sliceUpdate', 'inputs');
    const part = toTensor(updates, x.dt, 'sliceUpdate', 'updates');
    const sizes = part.shape;
    const grid = places(x, start, sizes, 'sliceUpdate').map((found, axis) =>
      broadcastTo(
        reshape(
          found,
          sizes.map((n, i) => (i === axis ? n : 1)),
        ),
        sizes,
      ),
    );
    if (x.rank === 0) return identity(part);
    return scatters.tensorScatterNdUpdate(x, stack(grid, -1), part);
  },
});

/** Zeros of a shape with values at index tuples; those of equal tuples are summed. @tf tf.keras.ops.scatter */
export const scatter = operation<Binary<[shape: readonly number[]]>>({
  module: core,
  className: 'Scatter',
  tensors: ['indices', 'values'],
  required: ['shape'],
  check: (config) => ({ shape: integers(config.shape, 'shape', 'scatter') }),
  run: ([indices, values], config) =>
    scatters.scatterNd(
      toTensor(indices as TensorLike, dtypeInfo('int32', 'dtype'), 'scatter', 'indices'),
      values as TensorLike,
      config.shape as number[],
    ),
});

const updates = {
  add: scatters.tensorScatterNdAdd,
  max: scatters.tensorScatterNdMax,
  min: scatters.tensorScatterNdMin,
} as const;
type Update = 'add' | 'max' | 'min' | 'mul';

/** Products with the updates at index tuples, one after another, as equal tuples may occur. */
function scatterMultiply(x: Tensor, indices: Tensor, values: Tensor): Tensor {
  const count = indices.shape[0];
  let y = x;
  for (let i = 0; i < count; i++) {
    const place = at(indices, `${i}:${i + 1}`);
    y = scatters.tensorScatterNdUpdate(y, place, multiply(gatherNd(y, place), at(values, `${i}:${i + 1}`)));
  }
  return y;
}

/** The tensor with values at index tuples; or with these added, multiplied, or where they are larger or smaller. @tf tf.keras.ops.scatter_update */
export const scatterUpdate = operation<
  <X extends Operand, I extends Operand, U extends Operand>(
    inputs: X,
    indices: I,
    updates: U,
    options?: { reduction?: Update | null } | Update | null,
  ) => KerasTensor extends X | I | U ? KerasTensor : Tensor
>({
  module: core,
  className: 'ScatterUpdate',
  tensors: ['inputs', 'indices', 'updates'],
  optional: { reduction: null },
  check: ({ reduction }) => ({
    reduction:
      reduction === null
        ? null
        : oneOf(reduction, ['add', 'max', 'min', 'mul'], 'reduction', 'scatterUpdate'),
  }),
  run: ([inputs, indices, values], { reduction }) => {
    const x = toTensor(inputs, null, 'scatterUpdate', 'inputs');
    const tuples = toTensor(indices, dtypeInfo('int32', 'dtype'), 'scatterUpdate', 'indices');
    const by = toTensor(values, x.dt, 'scatterUpdate', 'updates');
    if (reduction === 'mul') return scatterMultiply(x, tuples, by);
    const f = reduction === null ? scatters.tensorScatterNdUpdate : updates[reduction as 'add'];
    return f(x, tuples, by);
  },
});

interface SegmentOptions {
  /** The number of segments; null (default): the largest segment number + 1, which depends on the values. */
  numSegments?: number | null;
  /** Whether the segment numbers are sorted. Default false. */
  sorted?: boolean;
}
type Segment = Binary<[options?: SegmentOptions | number | null]>;

const segment = (
  className: string,
  unsorted: typeof segments.unsortedSegmentSum,
  sortedOne: typeof segments.segmentSum,
): Segment =>
  operation<Segment>({
    module: 'math',
    className,
    tensors: ['data', 'segmentIds'],
    optional: { numSegments: null, sorted: false },
    check: ({ numSegments, sorted }) => ({
      numSegments: numSegments === null ? null : integer(numSegments, 'numSegments', className),
      sorted: flag(sorted, 'sorted', className),
    }),
    run: ([data, ids], { numSegments, sorted }) => {
      const x = toTensor(data, null, className, 'data');
      const by = toTensor(ids, dtypeInfo('int32', 'dtype'), className, 'segmentIds');
      if (numSegments !== null) return unsorted(x, by, numSegments as number);
      if (sorted === true) return sortedOne(x, by);
      const numbers = [...(by.data() as Iterable<number | bigint>)].map(Number);
      return unsorted(
        x,
        by,
        numbers.reduce((most, id) => Math.max(most, id + 1), 0),
      );
    },
  });

/** The sums of the slices along the first dimension with the same segment number. @tf tf.keras.ops.segment_sum */
export const segmentSum = segment('SegmentSum', segments.unsortedSegmentSum, segments.segmentSum);
/** The maxima of segments. @tf tf.keras.ops.segment_max */
export const segmentMax = segment('SegmentMax', segments.unsortedSegmentMax, segments.segmentMax);
/** The minima of segments. @tf tf.keras.ops.segment_min */
export const segmentMin = segment('SegmentMin', segments.unsortedSegmentMin, segments.segmentMin);
/** The products of segments. @tf tf.keras.ops.segment_prod */
export const segmentProd = segment('SegmentProd', segments.unsortedSegmentProd, segments.segmentProd);
