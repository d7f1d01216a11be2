/** Norms of tensors, and clipping by them. */
import { toTensor, type TensorLike } from '../../core/convert';
import { floating } from '../../core/dtype';
import type { DTypeOf } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { IndexedSlices } from '../../core/indexed_slices';
import { options, throwExtraArguments } from '../../core/options';
import { describe, normalizeAxis } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { axesArgument, type Axis } from '../../op/axis';
import { badDType } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { sample } from '../../op/registry';
import { cast } from '../array/cast';
import { onesLike } from '../array/creation';
import { stack } from '../array/joining';
import { identity, squeeze } from '../array/views';
import { add, maximum, minimum, multiply, pow, realDivide, subtract } from '../math/binary';
import { greater } from '../math/compare';
import { select } from '../math/select';
import { abs, sqrt, square } from '../math/unary';
import { reduceMax, reduceSum } from '../reduce/reduce';

function floatOperand(value: unknown, op: string, argument: string): Tensor {
  const t = toTensor(value, null, op, argument);
  if (!floating.includes(t.dtype)) throw badDType(op, argument, t.dt, floating);
  return t;
}

export interface ClipByNormOptions {
  /** The axes over which a norm is taken. Default: all. */
  axes?: Axis;
}

const clipByNormDefaults: Required<ClipByNormOptions> = { axes: null };

/** t · clipNorm / max(‖t‖₂, clipNorm). */
function clipped(t: Tensor, clipNorm: TensorLike, axes: Axis): Tensor {
  const most = maximum(toTensor(clipNorm, t.dt, 'clipByNorm', 'clipNorm'), 0);
  const squares = reduceSum(square(t), { axis: axes, keepdims: true });
  const positive = greater(squares, 0);
  // The square root has no finite derivative at 0.
  const norm = select(positive, sqrt(select(positive, squares, onesLike(squares))), squares);
  return realDivide(multiply(t, most), maximum(norm, most));
}

const clipTensor: <X extends TensorLike>(
  t: X,
  clipNorm: TensorLike,
  options?: ClipByNormOptions | Axis,
) => Tensor<DTypeOf<X>> = composite(
  'clipByNorm',
  {
    tf: 'tf.clip_by_norm',
    dtypes: floating,
    domain: [-3, 3],
    ulp: 8,
    examples: [
      { args: [sample([3, 4]), 2] },
      { args: [sample([3, 4]), 2.5], options: { axes: 1 } },
      { args: [sample([2], { values: [0.5, 0.25] }), 2] },
      { args: [sample([2], { values: [0, 0] }), 2], noGradient: true },
      { args: [sample([3]), -1], noGradient: true },
    ],
  },
  (t: TensorLike, clipNorm: TensorLike, given?: ClipByNormOptions | Axis): Tensor => {
    const x = floatOperand(t, 'clipByNorm', 't');
    const { axes } = options<{ axes: Axis }>(given, 'axes', clipByNormDefaults, 'clipByNorm');
    return clipped(x, clipNorm, axesArgument(axes, x.rank, 'clipByNorm', 'axes'));
  },
);

/**
 * Scales a tensor to an L2 norm of at most `clipNorm`: t · clipNorm / max(‖t‖, clipNorm), with the norm over `axes`.
 * IndexedSlices keep their rows; the norm is that of their values. A negative `clipNorm` counts as 0. Floating dtypes.
 * @tf tf.clip_by_norm
 */
export function clipByNorm(
  t: IndexedSlices,
  clipNorm: TensorLike,
  options?: ClipByNormOptions | Axis,
): IndexedSlices;
export function clipByNorm<X extends TensorLike>(
  t: X,
  clipNorm: TensorLike,
  options?: ClipByNormOptions | Axis,
): Tensor<DTypeOf<X>>;
export function clipByNorm(
  t: TensorLike | IndexedSlices,
  clipNorm: TensorLike,
  given?: ClipByNormOptions | Axis,
): Tensor | IndexedSlices {
  if (arguments.length > 3)
    // eslint-disable-next-line prefer-rest-params
    throwExtraArguments('clipByNorm', 3, arguments, clipByNormDefaults);
  if (!(t instanceof IndexedSlices)) return clipTensor(t, clipNorm, given);
  const values: Tensor = clipTensor(t.values, clipNorm, given);
  return new IndexedSlices(values, t.indices, t.denseShape);
}

/** A list of tensors, IndexedSlices and nulls. */
export type GradientList = readonly (TensorLike | IndexedSlices | null)[];

/** The tensors of a list; the values of IndexedSlices. */
function valuesIn(list: unknown, op: string): (Tensor | null)[] {
  if (!Array.isArray(list))
    throw new TypeError(`[${op}] tList should be an array of tensors. Received ${describe(list)}`);
  return list.map((t: unknown, i) =>
    t === null ? null : floatOperand(t instanceof IndexedSlices ? t.values : t, op, `tList[${i}]`),
  );
}

function normOf(values: readonly (Tensor | null)[], op: string): Tensor {
  const squares = values.flatMap((t) => (t === null ? [] : [reduceSum(square(t))]));
  if (squares.length === 0)
    throw new InvalidArgumentError(`[${op}] tList must have at least one tensor; got an empty list`);
  return sqrt(reduceSum(stack(squares)));
}

/**
 * The global norm of a list of tensors, √Σ‖t‖². Nulls are skipped; of IndexedSlices, the norm is that of their values.
 * @tf tf.linalg.global_norm
 */
export const globalNorm: (tList: GradientList) => Tensor = composite(
  'globalNorm',
  {
    tf: 'tf.linalg.global_norm',
    dtypes: floating,
    domain: [-3, 3],
    ulp: 4,
    examples: [{ args: [[sample([3, 4]), sample([2]), sample([])]] }, { args: [[sample([3])]] }],
  },
  (tList: GradientList): Tensor => normOf(valuesIn(tList, 'globalNorm'), 'globalNorm'),
);

export interface ClipByGlobalNormOptions {
  /** The global norm, if it is known. Default: that of the list. */
  useNorm?: TensorLike | null;
}

const globalDefaults: Required<ClipByGlobalNormOptions> = { useNorm: null };

/**
 * Scales a list of tensors to a global norm of at most `clipNorm`: t · clipNorm / max(norm, clipNorm). Returns the list, in
 * which nulls and IndexedSlices stay such, and the norm before. A norm that is not finite makes all elements NaN.
 * @tf tf.clip_by_global_norm
 */
export const clipByGlobalNorm: <L extends GradientList>(
  tList: L,
  clipNorm: TensorLike,
  options?: ClipByGlobalNormOptions | TensorLike,
) => [
  clipped: { -readonly [K in keyof L]: L[K] extends IndexedSlices | null ? L[K] : Tensor },
  norm: Tensor,
] = composite(
  'clipByGlobalNorm',
  {
    tf: 'tf.clip_by_global_norm',
    dtypes: floating,
    domain: [-3, 3],
    ulp: 8,
    examples: [
      { args: [[sample([3, 4]), sample([2])], 2] },
      { args: [[sample([3], { domain: [-0.1, 0.1] }), sample([])], 5] },
      { args: [[sample([3])], 2], options: { useNorm: sample([], { values: 4 }) } },
    ],
  },
  (tList: GradientList, clipNorm: TensorLike, given?: ClipByGlobalNormOptions | TensorLike) => {
    const name = 'clipByGlobalNorm';
    const values = valuesIn(tList, name);
    const { useNorm } = options<Required<ClipByGlobalNormOptions>>(given, 'useNorm', globalDefaults, name);
    const norm = useNorm === null ? normOf(values, name) : floatOperand(useNorm, name, 'useNorm');
    const most = toTensor(clipNorm, norm.dt, name, 'clipNorm');
    const scale = multiply(most, minimum(realDivide(1, norm), realDivide(1, most)));
    // NaN if the norm is not finite.
    const factor = add(scale, subtract(norm, norm));
    const clippedList = values.map((t, i) => {
      if (t === null) return null;
      const own = tList[i];
      const scaled = multiply(t, cast(factor, t.dtype));
      return own instanceof IndexedSlices ? new IndexedSlices(scaled, own.indices, own.denseShape) : scaled;
    });
    return [clippedList, useNorm === null ? norm : identity(norm)] as never;
  },
);

/** The order of a norm: 'euclidean' (which is 'fro' of matrices), a number ≥ 1 or Infinity. */
export type NormOrder = 'euclidean' | 'fro' | number;

export interface NormOptions {
  /** Default 'euclidean'. */
  ord?: NormOrder;
  /** One axis: the norm of vectors; a pair: of matrices; null (default): of the tensor as one vector. */
  axis?: number | readonly [number, number] | null;
  /** Keep the reduced axes with size 1. Default false. */
  keepdims?: boolean;
}

const normDefaults: Required<NormOptions> = { ord: 'euclidean', axis: null, keepdims: false };

/** The norm with reduced axes of size 1. */
function keptNorm(x: Tensor, ord: unknown, axes: readonly number[] | null, isMatrix: boolean): Tensor {
  const axis = axes;
  if (ord === 'euclidean' || ord === 'fro' || ord === 2)
    return sqrt(reduceSum(square(x), { axis, keepdims: true }));
  const sizes = abs(x);
  if (!isMatrix) {
    if (ord === 1) return reduceSum(sizes, { axis, keepdims: true });
    if (ord === Infinity) return reduceMax(sizes, { axis, keepdims: true });
    const p = ord as number;
    return pow(reduceSum(pow(sizes, p), { axis, keepdims: true }), 1 / p);
  }
  const [rows, columns] = axes as readonly [number, number];
  const [summed, most] = ord === 1 ? [rows, columns] : [columns, rows];
  return reduceMax(reduceSum(sizes, { axis: summed, keepdims: true }), { axis: most, keepdims: true });
}

/**
 * The norm of vectors (one axis, or all elements), (Σ |x|^ord)^(1/ord), or of matrices (a pair of axes): Frobenius, 1 (the
 * largest sum of a column) or Infinity (of a row). Floating dtypes. @tf tf.norm
 */
export const norm: <X extends TensorLike>(
  tensor: X,
  options?: NormOptions | NormOrder,
) => Tensor<DTypeOf<X>> = composite(
  'norm',
  {
    tf: 'tf.norm',
    dtypes: floating,
    domain: [-3, 3],
    ulp: 4,
    examples: [
      { args: [sample([3, 4])] },
      { args: [sample([3, 4])], options: { ord: 1, axis: 1 } },
      { args: [sample([3, 4])], options: { ord: 3, axis: 0, keepdims: true } },
      { args: [sample([2, 3, 4])], options: { axis: [-2, -1] } },
      { args: [sample([2, 3, 4])], options: { ord: 1, axis: [0, 2] } },
      { args: [sample([3, 4])], options: { ord: 'fro', axis: [0, 1], keepdims: true } },
      { args: [sample([3, 4])], options: { ord: 3, axis: [0, 1] } },
      { args: [sample([3, 4])], options: { ord: -1 } },
    ],
  },
  (tensor: TensorLike, given?: NormOptions | NormOrder): Tensor => {
    const x = floatOperand(tensor, 'norm', 'tensor');
    const { ord, axis, keepdims } = options<Record<keyof NormOptions, unknown>>(
      given,
      'ord',
      normDefaults,
      'norm',
    );
    if (typeof keepdims !== 'boolean')
      throw new TypeError(`[norm] keepdims must be a boolean; got ${describe(keepdims)}`);
    const isMatrix = Array.isArray(axis) && axis.length === 2;
    const supported = isMatrix
      ? ['euclidean', 'fro', 1, Infinity].includes(ord as number)
      : ord === 'euclidean' || (typeof ord === 'number' && ord > 0);
    if (!supported) {
      throw new InvalidArgumentError(
        isMatrix
          ? `[norm] 'ord' must be a supported matrix norm, 'euclidean', 'fro', 1 or Infinity, got ${describe(ord)}`
          : `[norm] 'ord' must be a supported vector norm, 'euclidean' or a number > 0, got ${describe(ord)}`,
      );
    }
    if (!isMatrix && axis !== null && typeof axis !== 'number') {
      throw new InvalidArgumentError(
        `[norm] 'axis' must be null, an integer, or a pair of unique integers, got ${describe(axis)}`,
      );
    }
    const list = axis === null ? null : isMatrix ? (axis as unknown[]) : [axis];
    const axes = list?.map((a) => normalizeAxis(a, x.rank, 'norm')) ?? null;
    if (axes?.length === 2 && axes[0] === axes[1])
      throw new InvalidArgumentError(
        `[norm] 'axis' must be a pair of unique integers, got ${describe(axis)}`,
      );
    const kept = keptNorm(x, ord, axes, isMatrix);
    if (keepdims) return kept;
    const all = axes ?? shapeOf(x).map((_, d) => d);
    return all.length === 0 ? identity(kept) : squeeze(kept, { axis: all });
  },
);
