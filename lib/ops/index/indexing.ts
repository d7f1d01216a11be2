/** Selection of elements: gather, gatherNd, bool masks, and the coordinates of nonzero elements. */
import { type AnyTensorLike, convertLike, toTensor, type TensorLike } from '../../core/convert';
import {
  dtypeInfo,
  dtypes,
  everyType,
  indexTypes,
  numeric,
  type DType,
  type DTypeInfo,
} from '../../core/dtype';
import { InternalError, InvalidArgumentError } from '../../core/errors';
import { IndexedSlices } from '../../core/indexed_slices';
import { asShape, joinShapes, type Shape, showShape, sizeBetween } from '../../core/shape';
import type { StringTensor } from '../../core/strings';
import { makeTensor, shapeOf, type Tensor } from '../../core/tensor';
import { axisArgument, type OneAxis } from '../../op/axis';
import { cast } from '../array/cast';
import { op } from '../../op/define/general';
import { options } from '../../core/options';
import { dependsOnValues, publicCall, sample } from '../../op/registry';
import type { AnyDTypeOf, DTypeOfPair } from '../../core/dtype_of';
import {
  axisMap,
  badIndex,
  badTuple,
  checkTuples,
  gatherRows,
  indexTensor,
  scatterRows,
  tupleMap,
} from '../../op/index_rows';
import { select } from '../math/select';
import { setScatterAdd } from './slices';
import { fillWith, integer } from '../../op/strided';
import { reshape } from '../array/views';
import * as kernels from '../../op/kernels';

const whereDefaults = { dtype: 'int32' } as const;

const ints = (shape: readonly number[], values: unknown) => sample(shape, { dtype: 'int32', values });

export interface GatherOptions {
  /** The dimension of `params` to index. Default: batchDims. */
  axis?: OneAxis | null;
  /** The number of leading batch dimensions, which `params` and `indices` have in common. Default 0. */
  batchDims?: number;
}

interface GatherAttrs {
  axis: number;
  batchDims: number;
}

const gatherDefaults: Required<GatherOptions> = { axis: null, batchDims: 0 };

function gatherAttrs(x: Tensor, indices: Tensor, given: unknown): GatherAttrs {
  const o = options(given, 'axis', gatherDefaults, 'gather');
  let batchDims = integer(o.batchDims, 'gather', 'batchDims');
  if (x.rank === 0) {
    throw new InvalidArgumentError('[gather] params must be at least 1 dimensional; got a scalar');
  }
  if (batchDims < -indices.rank || batchDims > indices.rank || batchDims >= x.rank) {
    throw new InvalidArgumentError(
      `[gather] batchDims = ${batchDims} must be in [-${indices.rank}, ${Math.min(indices.rank, x.rank - 1)}] for ` +
        `params of shape ${showShape(shapeOf(x))} and indices of shape ${showShape(shapeOf(indices))}`,
    );
  }
  if (batchDims < 0) batchDims += indices.rank;
  const axis = axisArgument(o.axis ?? batchDims, x.rank, 'gather');
  if (axis < batchDims) {
    throw new InvalidArgumentError(
      `[gather] batchDims (${batchDims}) must be less than or equal to axis (${axis})`,
    );
  }
  for (let d = 0; d < batchDims; d++) {
    if (shapeOf(x)[d] !== shapeOf(indices)[d]) {
      throw new InvalidArgumentError(
        `[gather] params.shape[${d}]: ${shapeOf(x)[d]} should be equal to indices.shape[${d}]: ${shapeOf(indices)[d]}`,
      );
    }
  }
  return { axis, batchDims };
}

/**
 * The slices of `params` at the indices along an axis: out[…, i, …] = params[…, indices[i], …]. In the result's shape, the
 * shape of the indices replaces that dimension. Along axis 0, the gradient is IndexedSlices.
 * InvalidArgumentError for an index outside [0, size), negative ones included. @tf tf.gather
 */
export const gather: <X extends AnyTensorLike>(
  params: X,
  indices: TensorLike,
  options?: GatherOptions | OneAxis,
) => Tensor<AnyDTypeOf<X>> = op<
  [params: AnyTensorLike, indices: TensorLike, options?: GatherOptions | OneAxis],
  GatherAttrs
>('gather', {
  flops: () => 0,
  tf: 'tf.gather',
  dtypes: everyType,
  strings: true,
  ulp: 0,
  examples: [
    { args: [sample([4, 3]), ints([3], [0, 2, 0])] },
    { args: [sample([4, 3]), ints([2, 2], [0, 2, 1, 1])], options: { axis: 1 } },
    { args: [sample([2, 3, 4]), ints([2, 2], [0, 2, 1, 1])], options: { batchDims: 1 } },
    { args: [sample([2, 5, 3]), ints([2, 2], [0, 2, 1, 1])], options: { axis: 2, batchDims: 1 } },
    { args: [sample([4]), ints([], 3)] },
    { args: [sample([4, 3]), ints([0], [])] },
  ],
  args: (params, indices, given) => {
    const x = toTensor(params, null, 'gather', 'params');
    const at = indexTensor(indices, 'gather');
    return [[x, at], gatherAttrs(x, at, given)];
  },
  infer: ([x, at], { axis, batchDims }) => ({
    shape: joinShapes(shapeOf(x), axis, shapeOf(at), batchDims, shapeOf(at).length, shapeOf(x), axis + 1),
    dt: x.dt,
  }),
  fallible: true,
  run: ([x, at], { axis, batchDims }, [y]) => {
    const bad = gatherRows(x, at, y, axisMap(shapeOf(x), shapeOf(at), axis, batchDims));
    if (bad >= 0) throw badIndex('gather', at, bad, shapeOf(x)[axis]);
  },
  saves: { inputs: [1] },
  // IndexedSlices of a zero gradient have the same indices as those of other gradients.
  materializesZeros: true,
  gradient: ([dy], { x, attrs, shapes }) => {
    const at = x[1];
    if (attrs.axis > 0) return [scatterAxis(at, dy, shapes[0], attrs), null];
    const rows = reshape(dy, [at.size, ...shapes[0].slice(1)]);
    return [new IndexedSlices(rows, reshape(at, [at.size]), shapes[0]), null];
  },
});

/** The gradient of gather: zeros of `shape`, to which the slices of `updates` are added at the indices. */
const scatterAxis: (indices: Tensor, updates: Tensor, shape: Shape, attrs: GatherAttrs) => Tensor = op<
  [indices: Tensor, updates: Tensor, shape: Shape, attrs: GatherAttrs],
  GatherAttrs & { shape: Shape }
>('scatterAxis', {
  tf: '',
  dtypes: numeric,
  args: (indices, updates, shape, attrs) => [[indices, updates], { ...attrs, shape }],
  infer: ([, u], { shape }) => ({ shape, dt: u.dt }),
  fallible: true,
  run: ([at, u], { axis, batchDims, shape }, [y]) => {
    fillWith(y, 0);
    // `scatterRows` applies a scalar update to all indices; with scalar updates there is only one index here.
    const map = axisMap(shape, shapeOf(at), axis, batchDims);
    const bad = scatterRows(y, at, u, map, 'add');
    if (bad >= 0) throw badIndex('convertToTensor', at, bad, shape[axis]);
  },
  saves: { inputs: [0] },
  gradient: ([dy], { x, attrs }) => [
    null,
    gather(dy, x[0], { axis: attrs.axis, batchDims: attrs.batchDims }),
  ],
});

export interface GatherNdOptions {
  /** The number of leading batch dimensions, which `params` and `indices` have in common. Default 0. */
  batchDims?: number;
}

const gatherNdDefaults: Required<GatherNdOptions> = { batchDims: 0 };

/**
 * The slices of `params` at index tuples: out[i, …] = params[indices[i, 0], indices[i, 1], …, …].
 * InvalidArgumentError for a tuple out of bounds. @tf tf.gather_nd
 */
export const gatherNd: <X extends AnyTensorLike>(
  params: X,
  indices: TensorLike,
  options?: GatherNdOptions | number,
) => Tensor<AnyDTypeOf<X>> = op<
  [params: AnyTensorLike, indices: TensorLike, options?: GatherNdOptions | number],
  number
>('gatherNd', {
  tf: 'tf.gather_nd',
  dtypes: everyType,
  strings: true,
  ulp: 0,
  examples: [
    { args: [sample([3, 4]), ints([2, 2], [0, 1, 2, 3])] },
    { args: [sample([3, 4]), ints([3, 1], [0, 2, 0])] },
    { args: [sample([2, 3, 4]), ints([2, 2, 1], [0, 2, 1, 1])], options: { batchDims: 1 } },
    { args: [sample([3, 4]), ints([2, 0], [])] },
    { args: [sample([3, 4]), ints([2], [1, 2])] },
  ],
  args: (params, indices, given) => {
    const { batchDims } = options(given, 'batchDims', gatherNdDefaults, 'gatherNd');
    const x = toTensor(params, null, 'gatherNd', 'params');
    const at = indexTensor(indices, 'gatherNd');
    const b = integer(batchDims, 'gatherNd', 'batchDims');
    let fits = b >= 0 && b < at.rank && b <= x.rank;
    for (let d = 0; fits && d < b; d++) fits = shapeOf(at)[d] === shapeOf(x)[d];
    if (!fits) {
      throw new InvalidArgumentError(
        `[gatherNd] batchDims = ${b}: that many leading dimensions of params ${showShape(shapeOf(x))} and of indices ` +
          `${showShape(shapeOf(at))} (but its last) must be equal`,
      );
    }
    checkTuples('gatherNd', shapeOf(x), at, b);
    return [[x, at], b];
  },
  infer: ([x, at], batchDims) => ({
    shape: joinShapes(
      shapeOf(at),
      at.rank - 1,
      shapeOf(at),
      0,
      0,
      shapeOf(x),
      batchDims + shapeOf(at)[at.rank - 1],
    ),
    dt: x.dt,
  }),
  fallible: true,
  run: ([x, at], batchDims, [y]) => {
    const bad = gatherRows(x, at, y, tupleMap(shapeOf(x), shapeOf(at), batchDims));
    if (bad >= 0) throw badTuple('gatherNd', at, bad, shapeOf(x).slice(batchDims), 'param shape');
  },
  saves: { inputs: [1] },
  // As for gather.
  materializesZeros: true,
  gradient: ([dy], { x, attrs, shapes }) => {
    const at = x[1];
    if (attrs === 0 && at.rank === 2 && shapeOf(at)[1] === 1) {
      return [new IndexedSlices(dy, reshape(at, [at.size]), shapes[0]), null];
    }
    return [scatterTuples(at, dy, shapes[0], attrs), null];
  },
});

/** The gradient of gatherNd: zeros of `shape`, to which updates are added at index tuples. */
const scatterTuples: (indices: Tensor, updates: Tensor, shape: Shape, batchDims: number) => Tensor = op<
  [indices: Tensor, updates: Tensor, shape: Shape, batchDims: number],
  { shape: Shape; batchDims: number }
>('scatterTuples', {
  tf: '',
  dtypes: numeric,
  args: (indices, updates, shape, batchDims) => [[indices, updates], { shape, batchDims }],
  infer: ([, u], { shape }) => ({ shape, dt: u.dt }),
  fallible: true,
  run: ([at, u], { shape, batchDims }, [y]) => {
    fillWith(y, 0);
    const bad = scatterRows(y, at, u, tupleMap(shape, shapeOf(at), batchDims), 'add');
    if (bad >= 0) throw badTuple('scatterNd', at, bad, shape.slice(batchDims), 'shape');
  },
  saves: { inputs: [0] },
  gradient: ([dy], { x, attrs }) => [null, gatherNd(dy, x[0], { batchDims: attrs.batchDims })],
});

// ---------------------------------------------------------------------------------------------------- masks

export interface BooleanMaskOptions {
  /** The dimension of `tensor` that corresponds to the mask's first one. Default 0. */
  axis?: OneAxis | null;
}

const maskDefaults: Required<BooleanMaskOptions> = { axis: null };

/** The number of elements in the dimensions before, covered by, and after the mask. */
function maskSizes(shape: Shape, axis: number, maskRank: number): [number, number, number] {
  return [
    sizeBetween(shape, 0, axis),
    sizeBetween(shape, axis, axis + maskRank),
    sizeBetween(shape, axis + maskRank, shape.length),
  ];
}

/**
 * The elements for which the mask is true, in order; the dimensions that the mask covers are flattened into one.
 * InvalidArgumentError for a scalar mask, or one whose shape differs from those dimensions. @tf tf.boolean_mask
 */
export const booleanMask: <X extends AnyTensorLike>(
  tensor: X,
  mask: AnyTensorLike,
  options?: BooleanMaskOptions | OneAxis,
) => Tensor<AnyDTypeOf<X>> = op<
  [tensor: AnyTensorLike, mask: AnyTensorLike, options?: BooleanMaskOptions | OneAxis],
  number
>('booleanMask', {
  tf: 'tf.boolean_mask',
  dtypes: everyType,
  strings: true,
  ulp: 0,
  examples: [
    { args: [sample([4]), sample([4], { dtype: 'bool', values: [true, false, true, true] })] },
    { args: [sample([3, 2]), sample([3], { dtype: 'bool', values: [true, false, true] })] },
    {
      args: [sample([2, 3]), sample([3], { dtype: 'bool', values: [true, false, true] })],
      options: { axis: 1 },
    },
    {
      args: [
        sample([2, 3]),
        sample([2, 3], { dtype: 'bool', values: [true, false, true, false, false, true] }),
      ],
    },
    { args: [sample([2]), sample([2], { dtype: 'bool', values: [false, false] })] },
  ],
  args: (tensor, mask, given) => {
    const x = toTensor(tensor, null, 'booleanMask', 'tensor');
    const m = convertLike(mask, dtypes.bool, 'booleanMask', 'mask');
    const o = options(given, 'axis', maskDefaults, 'booleanMask');
    if (m.rank === 0) throw new InvalidArgumentError('[booleanMask] mask cannot be scalar');
    const axis = o.axis === null ? 0 : axisArgument(o.axis, Math.max(x.rank, 1), 'booleanMask');
    let fits = m.rank + axis <= x.rank;
    for (let d = 0; fits && d < m.rank; d++) fits = shapeOf(m)[d] === shapeOf(x)[axis + d];
    if (!fits) {
      throw new InvalidArgumentError(
        `[booleanMask] Shapes ${showShape(shapeOf(x).slice(axis, axis + m.rank))} and ${showShape(shapeOf(m))} are ` +
          `incompatible: the mask must have the tensor's shape ${showShape(shapeOf(x))} from axis ${axis} on`,
      );
    }
    return [[x, m], axis];
  },
  infer: () => null,
  host: dependsOnValues,
  run: ([x, m], axis) => {
    const count = countNonzero(m);
    const shape = joinShapes(shapeOf(x), axis, [count], 0, 1, shapeOf(x), axis + m.rank);
    const [outer, n, inner] = maskSizes(shapeOf(x), axis, m.rank);
    const y = makeTensor(x.dt, shape, outer * count * inner);
    kernels.maskGather(x, m, y, x.dt.bytes, outer, n, inner, count);
    return [y];
  },
  saves: { inputs: [1] },
  gradient: ([dy], { x, attrs, shapes }) => {
    const mask = x[1];
    const [outer, n, inner] = maskSizes(shapes[0], attrs, mask.rank);
    // The size of dy, unlike the number of true elements, is known during a trace.
    const count = shapeOf(dy)[attrs];
    const positions = reshape(nonzero(reshape(mask, [n]), dtypes.int32, count), [-1]);
    const rows = reshape(dy, [outer, positions.size, inner]);
    const dx = scatterAxis(positions, rows, asShape([outer, n, inner]), { axis: 1, batchDims: 0 });
    return [reshape(dx, shapes[0]), null];
  },
});

const countNonzero = (mask: Tensor): number => kernels.countNonzero(mask, mask.size);

interface Nonzero {
  readonly dt: DTypeInfo;
  /** The number of nonzero elements if it is known beforehand, else null. */
  readonly count: number | null;
}

const nonzero = op<[condition: Tensor, dt?: DTypeInfo, count?: number], Nonzero>('nonzero', {
  tf: 'tf.where',
  dtypes: everyType,
  examples: [
    { args: [sample([2, 3], { dtype: 'bool', values: [true, false, true, false, false, true] })] },
    { args: [sample([3], { dtype: 'bool', values: [false, false, false] })] },
  ],
  args: (condition, dt, count) => [[condition], { dt: dt ?? dtypes.int32, count: count ?? null }],
  infer: ([mask], { dt, count }) => (count === null ? null : { shape: asShape([count, mask.rank]), dt }),
  host: dependsOnValues,
  run: ([mask], { dt, count: expected }) => {
    const count = countNonzero(mask);
    if (expected !== null && expected !== count)
      throw new InternalError(`[nonzero] ${count} elements are not 0, where ${expected} were expected`);
    const out = makeTensor(dt, asShape([count, mask.rank]), count * mask.rank);
    const { dims } = kernels.nonzeroLists;
    for (let d = 0; d < mask.rank; d++) dims[d] = shapeOf(mask)[d];
    kernels.nonzero(mask, out, count, dt === dtypes.int64, mask.rank);
    return [out];
  },
  gradient: null,
});

export interface WhereOptions<I extends DType = 'int32' | 'int64'> {
  /** 'int32' (default) or 'int64'. */
  dtype?: I;
}

/** The coordinates of the elements that are true or nonzero, one row per element, in order. @tf tf.where */
export function where<I extends 'int32' | 'int64' = 'int32'>(
  condition: TensorLike,
  options?: WhereOptions<I> | I,
): Tensor<NoInfer<I>>;
/** x where the condition is true, else y; all three broadcast. @tf tf.where */
export function where<X extends TensorLike, Y extends TensorLike>(
  condition: TensorLike,
  x: X,
  y: Y,
): Tensor<DTypeOfPair<X, Y>>;
export function where(condition: TensorLike, x: StringTensor, y: StringTensor): StringTensor;
export function where(condition: TensorLike, x?: unknown, y?: unknown): Tensor | StringTensor {
  if (y !== undefined) return select(condition, x as TensorLike, y as TensorLike);
  const o = options<{ dtype: DType }>(x, 'dtype', whereDefaults, 'where');
  if (typeof o.dtype !== 'string') {
    throw new InvalidArgumentError('[where] x and y must both be given, or neither');
  }
  const dt = dtypeInfo(o.dtype, '[where] dtype');
  if (dt !== dtypes.int32 && dt !== dtypes.int64) {
    throw new InvalidArgumentError(`[where] dtype must be ${indexTypes.join(' or ')}; got ${dt.name}`);
  }
  const c = toTensor(condition, null, 'where', 'condition');
  if (c.rank > 16)
    throw new InvalidArgumentError(`[where] at most 16 dimensions; got ${showShape(shapeOf(c))}`);
  return nonzero(cast(c, 'bool'), dt);
}
publicCall('nonzero', (condition: TensorLike, given?: WhereOptions) => where(condition, given));

// ---------------------------------------------------------------------------------------------------- slices

setScatterAdd((shape, indices, values) => scatterAxis(indices, values, shape, { axis: 0, batchDims: 0 }));
