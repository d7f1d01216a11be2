/** Concatenation, stacking and splitting. */
import { throwExtraArguments } from '../../core/options';
import { type AnyTensorLike, toTensor, type TensorLike } from '../../core/convert';
import { dtypes, everyType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { checkTensors } from '../../core/lists';
import { memoized } from '../../core/memoize';
import type { AnyDTypeOfList, AnyDTypeOf } from '../../core/dtype_of';
import {
  asShape,
  describe,
  normalizeAxis,
  sameShape,
  type Shape,
  showShape,
  sizeBetween,
} from '../../core/shape';
import { makeTensor, shapeOf, Tensor } from '../../core/tensor';
import { Variable } from '../../core/variable';
import type { OneAxis } from '../../op/axis';
import { multiOp, op, type ResultSpec } from '../../op/define/general';
import { options } from '../../core/options';
import { takeRegion, type Region } from './region';
import { publicCall, sample } from '../../op/registry';
import { copySegments, integer, integerList, tensorList } from '../../op/strided';

// ---------------------------------------------------------------------------------------------------- joining

/** Whether two shapes are equal except along one axis. */
function equalExcept(a: Shape, b: Shape, axis: number): boolean {
  if (a.length !== b.length) return false;
  for (let d = 0; d < a.length; d++) if (a[d] !== b[d] && d !== axis) return false;
  return true;
}

/** The shape with another size along an axis. */
function withSize(shape: Shape, axis: number, size: number): Shape {
  const out = shape.slice();
  out[axis] = size;
  return asShape(out);
}

/** The shape with a dimension of the given size inserted at an axis. */
function withAxis(shape: Shape, axis: number, size: number): Shape {
  const out = new Array<number>(shape.length + 1);
  for (let d = 0; d < out.length; d++) out[d] = d < axis ? shape[d] : d === axis ? size : shape[d - 1];
  return asShape(out);
}

/** The shape without one axis. */
function withoutAxis(shape: Shape, axis: number): Shape {
  const out = new Array<number>(shape.length - 1);
  for (let d = 0; d < out.length; d++) out[d] = shape[d < axis ? d : d + 1];
  return asShape(out);
}

/** The region of `size` elements from `begin` on along one axis. */
function axisRange(shape: Shape, axis: number, begin: number, size: number): Region {
  const sizes = withSize(shape, axis, size);
  return {
    begin: shape.map((_, i) => (i === axis ? begin : 0)),
    steps: shape.map(() => 1),
    sizes,
    shape: sizes,
  };
}

/**
 * Concatenates tensors along an axis; all other dimensions must be equal. InvalidArgumentError for an empty list or
 * incompatible shapes. @tf tf.concat
 */
export const concat: <V extends AnyTensorLike>(
  values: readonly V[],
  axis: OneAxis,
) => Tensor<AnyDTypeOfList<V>> = op<[values: readonly AnyTensorLike[], axis: OneAxis], number>('concat', {
  flops: () => 0,
  tf: 'tf.concat',
  dtypes: everyType,
  strings: true,
  ulp: 0,
  examples: [
    { args: [[sample([2, 3]), sample([1, 3])], 0] },
    { args: [[sample([2, 3]), sample([2, 1]), sample([2, 2])], 1] },
    { args: [[sample([2, 3]), sample([2, 0])], -1] },
    { args: [[sample([2])], 0] },
  ],
  args: (values, axis) => {
    const list = tensorList(values, 'concat', 'values');
    if (list.length === 0)
      throw new InvalidArgumentError('[concat] values is empty: there is nothing to join');
    return [list, integer(axis, 'concat', 'axis')];
  },
  infer: (xs, axis) => {
    const first = xs[0];
    if (first.rank === 0) {
      throw new InvalidArgumentError('[concat] values[0] is a scalar; join scalars with tf.stack');
    }
    const at = normalizeAxis(axis, first.rank, 'concat');
    let total = 0;
    for (let i = 0; i < xs.length; i++) {
      if (!equalExcept(shapeOf(xs[i]), shapeOf(first), at)) {
        throw new InvalidArgumentError(
          `[concat] all dimensions but axis ${at} must be equal: values[0] has shape ${showShape(shapeOf(first))}, ` +
            `values[${i}] has ${showShape(shapeOf(xs[i]))}`,
        );
      }
      total += shapeOf(xs[i])[at];
    }
    return { shape: withSize(shapeOf(first), at, total), dt: first.dt };
  },
  run: (xs, axis, [y]) => {
    copySegments(y, xs, sizeBetween(shapeOf(y), 0, normalizeAxis(axis, y.rank, 'concat')), false);
  },
  permutedAttrs: (axis, perm) => perm.indexOf(normalizeAxis(axis, perm.length, 'concat')),
  gradient: ([dy], { attrs, shapes, needs }) => {
    const axis = normalizeAxis(attrs, dy.rank, 'concat');
    let begin = 0;
    return shapes.map((shape, i) => {
      const size = shape[axis];
      begin += size;
      return needs[i] ? takeRegion(dy, axisRange(shapeOf(dy), axis, begin - size, size)) : null;
    });
  },
});

export interface AxisOptions {
  /** Default 0. */
  axis?: OneAxis;
}

const firstAxis: Required<AxisOptions> = { axis: 0 };

const stackOp: (values: readonly TensorLike[], options?: AxisOptions | OneAxis) => Tensor = op<
  [values: readonly TensorLike[], options?: AxisOptions | OneAxis],
  number
>('stack', {
  tf: 'tf.stack',
  dtypes: everyType,
  strings: true,
  ulp: 0,
  examples: [
    { args: [[sample([2, 3]), sample([2, 3])]], options: { axis: 0 } },
    { args: [[sample([2, 3]), sample([2, 3])]], options: { axis: 1 } },
    { args: [[sample([2, 3]), sample([2, 3])]], options: { axis: -1 } },
    { args: [[sample([]), sample([]), sample([])]] },
  ],
  args: (values, given) => {
    const { axis } = options<Required<AxisOptions>>(given, 'axis', firstAxis, 'stack');
    return [tensorList(values, 'stack', 'values'), integer(axis, 'stack', 'axis')];
  },
  infer: (xs, axis) => {
    const first = xs[0];
    const at = normalizeAxis(axis, first.rank + 1, 'stack');
    for (let i = 1; i < xs.length; i++) {
      if (!sameShape(shapeOf(xs[i]), shapeOf(first))) {
        throw new InvalidArgumentError(
          `[stack] Shapes of all inputs must match: values[0].shape = ${showShape(shapeOf(first))} != ` +
            `values[${i}].shape = ${showShape(shapeOf(xs[i]))}`,
        );
      }
    }
    return { shape: withAxis(shapeOf(first), at, xs.length), dt: first.dt };
  },
  run: (xs, axis, [y]) => {
    copySegments(y, xs, sizeBetween(shapeOf(y), 0, normalizeAxis(axis, y.rank, 'stack')), false);
  },
  gradient: ([dy], { attrs }) => unstack(dy, { axis: attrs }),
});

/**
 * Stacks tensors of equal shape along a new axis in [−rank − 1, rank]. The result for an empty list is an empty float32
 * vector. InvalidArgumentError for different shapes. @tf tf.stack
 */
export function stack<V extends AnyTensorLike>(
  values: readonly V[],
  options?: AxisOptions | OneAxis,
): Tensor<AnyDTypeOfList<V>>;
export function stack(values: readonly TensorLike[], options?: AxisOptions | OneAxis): Tensor {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 2) throwExtraArguments('stack', 2, arguments, firstAxis);
  if (Array.isArray(values) && values.length === 0) return makeTensor(dtypes.float32, asShape([0]), 0);
  return stackOp(values, options);
}
publicCall('stack', stack);

// ---------------------------------------------------------------------------------------------------- splitting

export interface UnstackOptions {
  /** The expected number of results, which is only checked. Default: the size of the axis. */
  num?: number | null;
  /** Default 0. */
  axis?: OneAxis;
}

const unstackDefaults: Required<UnstackOptions> = { num: null, axis: 0 };

/**
 * The slices along an axis, each without that axis. InvalidArgumentError for a scalar, or if `num` differs from the axis's
 * size. @tf tf.unstack
 */
export const unstack: <X extends AnyTensorLike>(
  value: X,
  options?: UnstackOptions | number,
) => Tensor<AnyDTypeOf<X>>[] = multiOp<[value: AnyTensorLike, options?: UnstackOptions | number], number>(
  'unstack',
  {
    tf: 'tf.unstack',
    dtypes: everyType,
    strings: true,
    ulp: 0,
    examples: [
      { args: [sample([3, 2])] },
      { args: [sample([3, 2])], options: { axis: 1 } },
      { args: [sample([2, 3, 4])], options: { axis: -2, num: 3 } },
      { args: [sample([2, 0])] },
    ],
    args: (value, given) => {
      const { num, axis } = options<Required<UnstackOptions>>(given, 'num', unstackDefaults, 'unstack');
      const x = toTensor(value, null, 'unstack', 'value');
      if (x.rank === 0)
        throw new InvalidArgumentError('[unstack] value is a scalar: it has no axis to unstack');
      const at = normalizeAxis(integer(axis, 'unstack', 'axis'), x.rank, 'unstack');
      if (num !== null && num !== shapeOf(x)[at]) {
        throw new InvalidArgumentError(
          `[unstack] num is ${describe(num)}, but axis ${at} of value with shape ${showShape(shapeOf(x))} has ${shapeOf(x)[at]}`,
        );
      }
      return [[x], at];
    },
    infer: ([x], axis) => {
      const out = { shape: withoutAxis(shapeOf(x), axis), dt: x.dt };
      checkTensors(shapeOf(x)[axis], 'unstack');
      const specs = new Array<ResultSpec>(shapeOf(x)[axis]);
      for (let i = 0; i < specs.length; i++) specs[i] = out;
      return specs;
    },
    run: ([x], axis, ys) => {
      copySegments(x, ys, sizeBetween(shapeOf(x), 0, axis), true);
    },
    gradient: (dys, { attrs }) => [stack(dys, { axis: attrs })],
  },
);

export interface SplitOptions {
  /** Default 0. */
  axis?: OneAxis;
  /** The expected number of results, which is only checked. */
  num?: number | null;
}

const splitDefaults: Required<SplitOptions> = { axis: 0, num: null };

interface SplitAttrs {
  axis: number;
  sizes: readonly number[];
}

const equalSizes = memoized((requested: unknown, total: number, axis: number): readonly number[] => {
  const specs = integer(requested, 'split', 'numOrSizeSplits');
  if (specs < 1 || total % specs !== 0) {
    throw new InvalidArgumentError(
      `[split] Number of ways to split should evenly divide the split dimension, but got split_dim ${axis} ` +
        `(size = ${total}) and num_split ${specs}`,
    );
  }
  checkTensors(specs, 'split');
  return new Array<number>(specs).fill(total / specs);
});

function splitSizes(requested: unknown, x: Tensor, axis: number): readonly number[] {
  const total = shapeOf(x)[axis];
  const scalar =
    typeof requested === 'bigint' ||
    ((requested instanceof Tensor || requested instanceof Variable) && requested.rank === 0);
  if (scalar) return equalSizes(integer(requested, 'split', 'numOrSizeSplits'), total, axis);
  const sizes = integerList(requested, 'split', 'numOrSizeSplits');
  if (sizes.length === 0) {
    throw new InvalidArgumentError(
      `[split] numOrSizeSplits is empty: there must be at least one size, and they add up to that of axis ${axis}, ${total}`,
    );
  }
  const unknown = sizes.indexOf(-1);
  if (unknown >= 0) sizes[unknown] = total - sizes.reduce((a, b) => a + b, 1);
  const sum = sizes.reduce((a, b) => a + b, 0);
  if (sum !== total || sizes.some((s) => s < 0)) {
    throw new InvalidArgumentError(
      `[split] the sizes ${showShape(integerList(requested, 'split', 'numOrSizeSplits'))} must be ≥ 0 and add up to ` +
        `the size of axis ${axis}, ${total} (one may be -1: the rest)`,
    );
  }
  return sizes;
}

/**
 * Splits a tensor along an axis: into a number of equal sizes, or into the given sizes, one of which may be −1 (what
 * remains). InvalidArgumentError if the sizes do not add up to the axis's size. @tf tf.split
 */
export const split: <X extends AnyTensorLike>(
  value: X,
  numOrSizeSplits: AnyTensorLike | readonly number[],
  options?: SplitOptions | OneAxis,
) => Tensor<AnyDTypeOf<X>>[] = multiOp<
  [value: AnyTensorLike, numOrSizeSplits: unknown, options?: SplitOptions | OneAxis],
  SplitAttrs
>('split', {
  tf: 'tf.split',
  dtypes: everyType,
  strings: true,
  ulp: 0,
  examples: [
    { args: [sample([4, 3]), 2] },
    { args: [sample([2, 6]), 3], options: { axis: 1 } },
    { args: [sample([2, 6]), [1, -1, 2]], options: { axis: -1 } },
    { args: [sample([3]), [3, 0]] },
  ],
  args: (value, requested, given) => {
    const { axis, num } = options<Required<SplitOptions>>(given, 'axis', splitDefaults, 'split');
    const x = toTensor(value, null, 'split', 'value');
    if (x.rank === 0) throw new InvalidArgumentError('[split] value is a scalar: it has no axis to split');
    const at = normalizeAxis(integer(axis, 'split', 'axis'), x.rank, 'split');
    const sizes =
      typeof requested === 'number'
        ? equalSizes(requested, shapeOf(x)[at], at)
        : splitSizes(requested, x, at);
    if (num !== null && num !== sizes.length) {
      throw new InvalidArgumentError(`[split] num is ${describe(num)}, but there are ${sizes.length} sizes`);
    }
    return [[x], { axis: at, sizes }];
  },
  infer: ([x], { axis, sizes }) => {
    const specs = new Array<ResultSpec>(sizes.length);
    for (let i = 0; i < sizes.length; i++) {
      // Equal sizes share a specification.
      const same = i > 0 && sizes[i] === sizes[i - 1];
      specs[i] = same ? specs[i - 1] : { shape: withSize(shapeOf(x), axis, sizes[i]), dt: x.dt };
    }
    return specs;
  },
  run: ([x], { axis }, ys) => {
    copySegments(x, ys, sizeBetween(shapeOf(x), 0, axis), true);
  },
  gradient: (dys, { attrs }) => [concat(dys, attrs.axis)],
});
