/** Sorting and top-k. */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypes, numeric, type DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { asShape, describe, type Shape, showShape, sizeOf } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { axisArgument, type OneAxis } from '../../op/axis';
import { add } from '../math/binary';
import { cast } from '../array/cast';
import { range } from '../array/creation';
import { badDType } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { multiOp } from '../../op/define/general';
import { options } from '../../core/options';
import { internalUnaryOp } from '../../op/define/internal';
import type { DTypeOf } from '../../core/dtype_of';
import { gather } from './indexing';
import { scatterNd } from './scatter';
import { transpose } from '../array/movement';
import { sample, type Example } from '../../op/registry';
import { exchangeLast, rowsOf } from '../nn/softmax';
import { expandDims, reshape } from '../array/views';
import * as kernels from '../../op/kernels';

const sortDefaults = { axis: -1, direction: 'ASCENDING' } as const;
const argsortDefaults = { axis: -1, direction: 'ASCENDING', stable: false } as const;
const topKDefaults = { k: 1, sorted: true, indexType: 'int32' } as const;

export interface SortOptions {
  /** The axis to sort along. Default: the last. */
  axis?: OneAxis;
  /** 'ASCENDING' (default) or 'DESCENDING'. */
  direction?: 'ASCENDING' | 'DESCENDING';
}
export interface ArgsortOptions extends SortOptions {
  /** Whether equal elements keep their order. They always do; the option exists for compatibility with TensorFlow. */
  stable?: boolean;
}

function runSort(x: Tensor, y: Tensor, positions: boolean, descending: boolean): void {
  const [rows, n] = rowsOf(shapeOf(x), x.size);
  kernels.sort(x, y, rows, n, x.dt.code, positions, descending);
}

/** Reshapes to [rows, n], where n is the size of the last axis. */
function asMatrix(t: Tensor): Tensor {
  const n = shapeOf(t)[shapeOf(t).length - 1];
  return reshape(t, [n === 0 ? 0 : t.size / n, n]);
}

const argsortLast = internalUnaryOp<boolean>('argsortLast', {
  dtypes: numeric,
  infer: ([x]) => ({ shape: shapeOf(x), dt: dtypes.int32 }),
  run: ([x], descending, [y]) => runSort(x, y, true, descending),
  gradient: null,
});

const sortLast = internalUnaryOp<boolean>('sortLast', {
  dtypes: numeric,
  infer: ([x]) => ({ shape: shapeOf(x), dt: x.dt }),
  run: ([x], descending, [y]) => runSort(x, y, false, descending),
  saves: { inputs: [0] },
  // Gathers dy with the inverse permutation, which is the argsort of the argsort.
  gradient: ([dy], { x, attrs, shapes }) => {
    if (dy.size === 0) return [dy];
    const where = argsortLast(asMatrix(argsortLast(x[0], attrs)), false);
    return [reshape(gather(asMatrix(dy), where, { axis: 1, batchDims: 1 }), shapes[0])];
  },
});

/** Checks the arguments of sort and argsort, and applies f with the given axis transposed to the last. */
function applyAlongAxis(
  name: string,
  values: TensorLike,
  given: { axis: unknown; direction: unknown },
  f: (x: Tensor, descending: boolean) => Tensor,
): Tensor {
  const x = toTensor(values, null, name, 'values');
  if (!numeric.includes(x.dtype)) throw badDType(name, 'values', x.dt, numeric);
  const { axis, direction } = given;
  if (direction !== 'ASCENDING' && direction !== 'DESCENDING') {
    throw new InvalidArgumentError(
      `[${name}] direction must be 'ASCENDING' or 'DESCENDING'; got ${describe(direction)}`,
    );
  }
  const rank = shapeOf(x).length;
  if (rank === 0) {
    throw new InvalidArgumentError(`[${name}] values must have at least one dimension; got a scalar`);
  }
  const at = axisArgument(axis, rank, name);
  const descending = direction === 'DESCENDING';
  if (at === rank - 1) return f(x, descending);
  const perm = exchangeLast(at, rank);
  return transpose(f(transpose(x, { perm }), descending), { perm });
}

const examples: Example[] = [
  { args: [sample([7])] },
  { args: [sample([7])], options: { direction: 'DESCENDING' } },
  { args: [sample([3, 5])], options: { axis: 0 } },
  { args: [sample([2, 3, 4])], options: { axis: -2, direction: 'DESCENDING' } },
  { args: [sample([2, 24])] },
  { args: [sample([2, 0])] },
  { args: [sample([0, 3])] },
  { args: [sample([4, 1])], options: { axis: 1 } },
];

/**
 * Sorts the elements along an axis. NaN counts as greater than every number, −0 as equal to 0. Numeric dtypes. InvalidArgumentError for a scalar or an unknown direction. @tf tf.sort
 */
export const sort: <X extends TensorLike>(values: X, options?: SortOptions | OneAxis) => Tensor<DTypeOf<X>> =
  composite(
    'sort',
    { tf: 'tf.sort', dtypes: numeric, domain: [-100, 100], ulp: 0, examples },
    (values: TensorLike, given?: SortOptions | OneAxis): Tensor => {
      const parsed = options<Required<SortOptions>>(given, 'axis', sortDefaults, 'sort');
      return applyAlongAxis('sort', values, parsed, sortLast);
    },
  );

/**
 * The int32 indices that sort the elements along an axis: `gather(x, argsort(x))` is `sort(x)`. The sort is stable, also
 * with direction 'DESCENDING'; NaN counts as greater than every number. @tf tf.argsort
 */
export const argsort: (values: TensorLike, options?: ArgsortOptions | OneAxis) => Tensor<'int32'> = composite(
  'argsort',
  {
    tf: 'tf.argsort',
    dtypes: numeric,
    domain: [-100, 100],
    ulp: 0,
    examples: examples.map((e) => ({ ...e, options: { ...e.options, stable: true } })),
  },
  (values: TensorLike, given?: ArgsortOptions | OneAxis): Tensor => {
    const parsed = options<Required<ArgsortOptions>>(given, 'axis', argsortDefaults, 'argsort');
    if (typeof parsed.stable !== 'boolean')
      throw new TypeError(`[argsort] stable must be a boolean; got ${describe(parsed.stable)}`);
    return applyAlongAxis('argsort', values, parsed, argsortLast);
  },
);

export interface TopKOptions<I extends 'int32' | 'int64' = 'int32' | 'int64'> {
  /** The number of elements. Default 1. */
  k?: number;
  /** Whether the results are in descending order. They always are; the option exists for compatibility with TensorFlow. */
  sorted?: boolean;
  /** 'int32' (default) or 'int64'. */
  indexType?: I;
}
/** The result of `topK`. */
export interface TopK<D extends DType = DType, I extends DType = 'int32' | 'int64'> {
  values: Tensor<D>;
  indices: Tensor<I>;
}

function topKShape(shape: Shape, k: number): Shape {
  const top = shape.slice();
  top[top.length - 1] = k;
  return asShape(top);
}

function runTopK(x: Tensor, k: number, values: Tensor, indices: Tensor): void {
  const n = shapeOf(x)[shapeOf(x).length - 1];
  kernels.topK(x, values, indices, n === 0 ? 0 : x.size / n, n, x.dt.code, k);
}

const topKLast = multiOp<[x: Tensor, k: number], { k: number }>('topKPair', {
  tf: '',
  dtypes: numeric,
  args: (x, k) => [[x], { k }],
  infer: ([x], { k }) => {
    const shape = topKShape(shapeOf(x), k);
    return [
      { shape, dt: x.dt },
      { shape, dt: dtypes.int32 },
    ];
  },
  run: ([x], { k }, [values, indices]) => {
    runTopK(x, k, values, indices);
  },
  saves: { outputs: true },
  gradient: ([dy], { y, shapes }) => {
    const n = shapes[0][shapes[0].length - 1];
    const rows = asMatrix(y[1]);
    const size = sizeOf(shapes[0]);
    const first = expandDims(range(0, Math.max(size, 1), Math.max(n, 1), { dtype: 'int32' }), 1);
    const at = y[1].size === 0 ? reshape(y[1], [0, 1]) : reshape(add(rows, first), [-1, 1]);
    return [reshape(scatterNd(at, reshape(dy, [dy.size]), [size]), shapes[0])];
  },
});

/**
 * The k largest elements along the last axis in descending order, and their indices: `{ values, indices }`. Equal elements
 * are ordered by index; NaN counts as greater than every number. Numeric dtypes.
 * InvalidArgumentError for a scalar, or a k that is negative or larger than the axis. @tf tf.math.top_k
 */
export const topK: <X extends TensorLike, I extends 'int32' | 'int64' = 'int32'>(
  input: X,
  options?: TopKOptions<I> | number,
) => TopK<DTypeOf<X>, NoInfer<I>> = composite(
  'topK',
  {
    tf: 'tf.math.top_k',
    dtypes: numeric,
    domain: [-100, 100],
    ulp: 0,
    examples: [
      { args: [sample([7])] },
      { args: [sample([7])], options: { k: 3 } },
      { args: [sample([3, 5])], options: { k: 5 } },
      { args: [sample([2, 3, 40])], options: { k: 4, sorted: true } },
      { args: [sample([2, 3])], options: { k: 0 } },
      { args: [sample([0, 3])], options: { k: 2 } },
      { args: [sample([6], { values: [1, 3, 2, 3, 1, 3] })], options: { k: 4 } },
    ],
  },
  (input: TensorLike, given?: TopKOptions | number): TopK<never, never> => {
    const x = toTensor(input, null, 'topK', 'input');
    if (!numeric.includes(x.dtype)) throw badDType('topK', 'input', x.dt, numeric);
    const { k, sorted, indexType } = options<{ k: unknown; sorted: unknown; indexType: unknown }>(
      given,
      'k',
      topKDefaults,
      'topK',
    );
    if (typeof sorted !== 'boolean')
      throw new TypeError(`[topK] sorted must be a boolean; got ${describe(sorted)}`);
    if (indexType !== 'int32' && indexType !== 'int64') {
      throw new InvalidArgumentError(`[topK] indexType must be int32 or int64; got ${describe(indexType)}`);
    }
    if (shapeOf(x).length === 0) {
      throw new InvalidArgumentError('[topK] input must have at least one dimension; got a scalar');
    }
    const n = shapeOf(x)[shapeOf(x).length - 1];
    if (typeof k !== 'number' || !Number.isInteger(k) || k < 0) {
      throw new InvalidArgumentError(`[topK] k must be a non-negative integer; got ${describe(k)}`);
    }
    if (k > n) {
      throw new InvalidArgumentError(
        `[topK] input must have at least k columns: k is ${k}, the shape ${showShape(shapeOf(x))}`,
      );
    }
    // Otherwise the error would name the op inside.
    if (!x.isSymbolic) x.assertAlive('topK');
    const [values, indices] = topKLast(x, k);
    return { values, indices: indexType === 'int64' ? cast(indices, 'int64') : indices } as TopK<
      never,
      never
    >;
  },
);
