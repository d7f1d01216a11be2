/** Scatter: zeros or a tensor, updated at index tuples. */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypes, everyType, numeric, type DType } from '../../core/dtype';
import type { Shape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { add, divide, multiply } from '../math/binary';
import { cast } from '../array/cast';
import { zerosLike } from '../array/creation';
import { equal } from '../math/compare';
import { badDType, mixedDTypes } from '../../op/checks';
import { op } from '../../op/define/general';
import type { DTypeOf } from '../../core/dtype_of';
import { gatherNd } from './indexing';
import { sample, type Grad, type GradContext } from '../../op/registry';
import {
  badTuple,
  checkUpdates,
  indexTensor,
  scatterRows,
  tupleMap,
  type ScatterOp,
} from '../../op/index_rows';
import { copyFlat, fillWith } from '../../op/strided';
import { shapeArgument, type ShapeLike } from '../array/views';
import { negative } from '../math/unary';

const ints = (shape: readonly number[], values: unknown) => sample(shape, { dtype: 'int32', values });

/**
 * Zeros of `shape`, to which the updates are added at the index tuples; duplicates are summed. `updates` has the shape
 * indices.shape[:-1] + shape[indices.shape[-1]:]. InvalidArgumentError for other shapes or tuples out of bounds.
 * @tf tf.scatter_nd
 */
export const scatterNd: <U extends TensorLike>(
  indices: TensorLike,
  updates: U,
  shape: ShapeLike,
) => Tensor<DTypeOf<U>> = op<
  [indices: TensorLike, updates: TensorLike, shape: ShapeLike],
  { shape: Shape; batchDims: number }
>('scatterNd', {
  tf: 'tf.scatter_nd',
  dtypes: numeric,
  ulp: 2,
  examples: [
    { args: [ints([4, 1], [4, 3, 1, 7]), sample([4]), [8]] },
    { args: [ints([3, 1], [0, 2, 0]), sample([3, 2]), [3, 2]] },
    { args: [ints([2, 2], [0, 1, 1, 0]), sample([2]), [2, 2]] },
    { args: [ints([0, 1], []), sample([0]), [3]] },
  ],
  args: (indices, updates, shape) => {
    const at = indexTensor(indices, 'scatterNd');
    const u = toTensor(updates, null, 'scatterNd', 'updates');
    if (u.dt === dtypes.bool) throw badDType('scatterNd', 'updates', u.dt, numeric);
    const dims = shapeArgument(shape, 'scatterNd');
    checkUpdates('scatterNd', dims, at, u);
    return [[at, u], { shape: dims, batchDims: 0 }];
  },
  infer: ([, u], { shape }) => ({ shape, dt: u.dt }),
  fallible: true,
  run: ([at, u], { shape }, [y]) => {
    fillWith(y, 0);
    const bad = scatterRows(y, at, u, tupleMap(shape, shapeOf(at), 0), 'add');
    if (bad >= 0) throw badTuple('scatterNd', at, bad, shape, 'shape');
  },
  saves: { inputs: [0] },
  gradient: ([dy], { x }) => [null, gatherNd(dy, x[0])],
});

type TensorScatter = <X extends TensorLike>(
  tensor: X,
  indices: TensorLike,
  updates: TensorLike,
) => Tensor<DTypeOf<X>>;

interface ScatterSpec {
  name: string;
  tf: string;
  kind: ScatterOp;
  dtypes: readonly DType[];
  /** The gradient reads all inputs and the output; else only the indices. */
  savesAll: boolean;
  gradient: (dy: Tensor, indices: Tensor, ctx: GradContext<undefined>) => readonly [Grad, Grad];
}

function tensorScatter({ name, tf, kind, dtypes, savesAll, gradient }: ScatterSpec): TensorScatter {
  return op<[tensor: TensorLike, indices: TensorLike, updates: TensorLike], undefined>(name, {
    tf,
    dtypes,
    domain: [-10, 10],
    ulp: 1,
    examples: [
      { args: [sample([8]), ints([4, 1], [4, 3, 1, 7]), sample([4])] },
      { args: [sample([2, 3]), ints([2, 2], [0, 2, 1, 0]), sample([2])] },
      { args: [sample([3, 2]), ints([2, 1], [2, 0]), sample([2, 2])] },
      { args: [sample([3]), ints([0, 1], []), sample([0])] },
    ],
    args: (tensor, indices, updates) => {
      const x = toTensor(tensor, null, name, 'tensor');
      if (!dtypes.includes(x.dtype)) throw badDType(name, 'tensor', x.dt, dtypes);
      const at = indexTensor(indices, name);
      const u = toTensor(updates, x.dt, name, 'updates');
      if (u.dt !== x.dt) throw mixedDTypes(name, x, u);
      checkUpdates(name, shapeOf(x), at, u);
      return [[x, at, u], undefined];
    },
    infer: ([x]) => ({ shape: shapeOf(x), dt: x.dt }),
    fallible: true,
    run: ([x, at, u], _, [y]) => {
      copyFlat(x, y);
      const bad = scatterRows(y, at, u, tupleMap(shapeOf(x), shapeOf(at), 0), kind);
      if (bad >= 0) throw badTuple(name, at, bad, shapeOf(x), 'shape');
    },
    saves: savesAll ? { inputs: 'all', outputs: true } : { inputs: [1] },
    gradient: ([dy], ctx) => {
      const [dx, du] = gradient(dy, ctx.x[1], ctx);
      return [dx, null, du];
    },
  });
}

/**
 * The tensor with the elements or slices at the index tuples replaced by the updates; of duplicates, the last one counts.
 * InvalidArgumentError for a tuple out of bounds, or if the updates' shape is not indices.shape[:-1] +
 * tensor.shape[indices.shape[-1]:]. @tf tf.tensor_scatter_nd_update
 */
export const tensorScatterNdUpdate: TensorScatter = tensorScatter({
  name: 'tensorScatterNdUpdate',
  tf: 'tf.tensor_scatter_nd_update',
  kind: 'update',
  dtypes: everyType,
  savesAll: false,
  gradient: (dy, indices) => {
    const du = gatherNd(dy, indices);
    return [tensorScatterNdUpdate(dy, indices, zerosLike(du)), du];
  },
});

/** The tensor with the updates added at the index tuples; duplicates are summed. @tf tf.tensor_scatter_nd_add */
export const tensorScatterNdAdd: TensorScatter = tensorScatter({
  name: 'tensorScatterNdAdd',
  tf: 'tf.tensor_scatter_nd_add',
  kind: 'add',
  dtypes: numeric,
  savesAll: false,
  gradient: (dy, indices) => [dy, gatherNd(dy, indices)],
});

/** The tensor with the updates subtracted at the index tuples. @tf tf.tensor_scatter_nd_sub */
export const tensorScatterNdSub: TensorScatter = tensorScatter({
  name: 'tensorScatterNdSub',
  tf: 'tf.tensor_scatter_nd_sub',
  kind: 'sub',
  dtypes: numeric,
  savesAll: false,
  gradient: (dy, indices) => [dy, negative(gatherNd(dy, indices))],
});

/** The gradient of min and max: the element and the updates that equal the result share it equally. */
function sharedGradient(
  dy: Tensor,
  indices: Tensor,
  { x, y }: GradContext<undefined>,
): readonly [Grad, Grad] {
  const kept = cast(equal(x[0], y[0]), dy.dtype);
  const taken = cast(equal(x[2], gatherNd(y[0], indices)), dy.dtype);
  const share = divide(dy, add(kept, scatterNd(indices, taken, shapeOf(y[0]))));
  return [multiply(share, kept), multiply(gatherNd(share, indices), taken)];
}

/** The tensor with the minimum of element and updates at the index tuples. @tf tf.tensor_scatter_nd_min */
export const tensorScatterNdMin: TensorScatter = tensorScatter({
  name: 'tensorScatterNdMin',
  tf: 'tf.tensor_scatter_nd_min',
  kind: 'min',
  dtypes: numeric,
  savesAll: true,
  gradient: sharedGradient,
});

/** The tensor with the maximum of element and updates at the index tuples. @tf tf.tensor_scatter_nd_max */
export const tensorScatterNdMax: TensorScatter = tensorScatter({
  name: 'tensorScatterNdMax',
  tf: 'tf.tensor_scatter_nd_max',
  kind: 'max',
  dtypes: numeric,
  savesAll: true,
  gradient: sharedGradient,
});
