/** Tensors with some of their elements changed, where index tuples say. */
import { toTensor, type TensorLike } from '../../core/convert';
import { everyType, numeric, type DType } from '../../core/dtype';
import { shapeOf, type Tensor } from '../../core/tensor';
import { add, divide, multiply } from '../math/binary';
import { cast } from '../array/cast';
import { zerosLike } from '../array/creation';
import { equal } from '../math/compare';
import { badDType, mixedDTypes } from '../../op/checks';
import { op } from '../../op/define/general';
import type { DTypeOf } from '../../core/dtype_of';
import { gatherNd, scatterNd } from './indexing';
import { sample, type Grad, type GradContext } from '../../op/registry';
import {
  badTuple,
  checkUpdates,
  indexTensor,
  scatterRows,
  tupleMap,
  type ScatterOp,
} from '../../op/index_rows';
import { copyFlat } from '../../op/strided';
import { negative } from '../math/unary';

type TensorScatter = <X extends TensorLike>(
  tensor: X,
  indices: TensorLike,
  updates: TensorLike,
) => Tensor<DTypeOf<X>>;

const ints = (shape: readonly number[], values: unknown) => sample(shape, { dtype: 'int32', values });

interface ScatterSpec {
  name: string;
  tf: string;
  kind: ScatterOp;
  dtypes: readonly DType[];
  /** What the gradient reads besides the indices: all inputs and the output. */
  reads: boolean;
  gradient: (dy: Tensor, indices: Tensor, ctx: GradContext<undefined>) => readonly [Grad, Grad];
}

function tensorScatter({ name, tf, kind, dtypes, reads, gradient }: ScatterSpec): TensorScatter {
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
    saves: reads ? { inputs: 'all', outputs: true } : { inputs: [1] },
    gradient: ([dy], ctx) => {
      const [dx, du] = gradient(dy, ctx.x[1], ctx);
      return [dx, null, du];
    },
  });
}

/**
 * The tensor with the elements or slices at the index tuples replaced by the updates; the last of duplicates wins.
 * InvalidArgumentError for a tuple outside, or updates of another shape than indices.shape[:-1] +
 * tensor.shape[indices.shape[-1]:]. @tf tf.tensor_scatter_nd_update
 */
export const tensorScatterNdUpdate: TensorScatter = tensorScatter({
  name: 'tensorScatterNdUpdate',
  tf: 'tf.tensor_scatter_nd_update',
  kind: 'update',
  dtypes: everyType,
  reads: false,
  gradient: (dy, indices) => {
    const du = gatherNd(dy, indices);
    return [tensorScatterNdUpdate(dy, indices, zerosLike(du)), du];
  },
});

/** The tensor with the updates added at the index tuples; duplicates sum up. @tf tf.tensor_scatter_nd_add */
export const tensorScatterNdAdd: TensorScatter = tensorScatter({
  name: 'tensorScatterNdAdd',
  tf: 'tf.tensor_scatter_nd_add',
  kind: 'add',
  dtypes: numeric,
  reads: false,
  gradient: (dy, indices) => [dy, gatherNd(dy, indices)],
});

/** The tensor with the updates subtracted at the index tuples. @tf tf.tensor_scatter_nd_sub */
export const tensorScatterNdSub: TensorScatter = tensorScatter({
  name: 'tensorScatterNdSub',
  tf: 'tf.tensor_scatter_nd_sub',
  kind: 'sub',
  dtypes: numeric,
  reads: false,
  gradient: (dy, indices) => [dy, negative(gatherNd(dy, indices))],
});

/** The gradient goes in equal parts to the element and the updates that equal the result. */
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

/** The tensor with the smaller of element and update at the index tuples. @tf tf.tensor_scatter_nd_min */
export const tensorScatterNdMin: TensorScatter = tensorScatter({
  name: 'tensorScatterNdMin',
  tf: 'tf.tensor_scatter_nd_min',
  kind: 'min',
  dtypes: numeric,
  reads: true,
  gradient: sharedGradient,
});

/** The tensor with the larger of element and update at the index tuples. @tf tf.tensor_scatter_nd_max */
export const tensorScatterNdMax: TensorScatter = tensorScatter({
  name: 'tensorScatterNdMax',
  tf: 'tf.tensor_scatter_nd_max',
  kind: 'max',
  dtypes: numeric,
  reads: true,
  gradient: sharedGradient,
});
