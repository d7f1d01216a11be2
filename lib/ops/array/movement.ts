/** Ops that rearrange or repeat elements: transpose, broadcastTo, tile, reverse, roll. */
import { type AnyTensorLike, toTensor, toValue, type TensorLike } from '../../core/convert';
import { everyType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import type { OpCall } from '../../op/contract';
import type { AnyDTypeOf } from '../../core/dtype_of';
import {
  asShape,
  broadcastShapes,
  broadcastStrides,
  type Dims,
  normalizeAxes,
  normalizeAxis,
  sameShape,
  type Shape,
  showShape,
  stridesOf,
} from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import type { Axis } from '../../op/axis';
import { unbroadcast } from '../../op/broadcast';
import { composite } from '../../op/define/composite';
import { op } from '../../op/define/general';
import { options } from '../../core/options';
import { sample } from '../../op/registry';
import { elideCopy } from '../../op/exact_rewrites';
import { copyStrided, integerList } from '../../op/strided';
import { reshape, shapeArgument, type ShapeLike } from './views';

const transposeDefaults = { perm: null } as const;

export interface TransposeOptions {
  /** Dimension perm[i] of the input becomes dimension i. Default: the dimensions reversed. */
  perm?: readonly number[] | TensorLike | null;
}

/** The default permutations of transpose, by rank. */
const reversals: number[][] = [];

function reversal(rank: number): readonly number[] {
  return (reversals[rank] ??= Array.from({ length: rank }, (_, i) => rank - 1 - i));
}

/** Checks a permutation and normalises its axes to [0, rank); null means reversed dimensions. */
function permutation(given: readonly number[] | null, rank: number): readonly number[] {
  if (given === null) return reversal(rank);
  if (given.length !== rank) {
    throw new InvalidArgumentError(
      `[transpose] transpose expects a vector of size ${rank}. But perm is a vector of size ${given.length}`,
    );
  }
  const list = new Array<number>(rank);
  let seen = 0;
  for (let i = 0; i < rank; i++) {
    const axis = normalizeAxis(given[i], rank, 'transpose', 'perm');
    list[i] = axis;
    if (axis < 31) seen |= 1 << axis;
  }
  if (rank < 31 && seen === (1 << rank) - 1) return list;
  for (let axis = 0; axis < rank; axis++) {
    if (!list.includes(axis)) {
      throw new InvalidArgumentError(`[transpose] ${axis} is missing from perm [${given.join(',')}]`);
    }
  }
  return list;
}

/** The list of values[perm[i]]. */
function permute(values: readonly number[], perm: readonly number[]): number[] {
  const list = new Array<number>(perm.length);
  for (let i = 0; i < perm.length; i++) list[i] = values[perm[i]];
  return list;
}

const permutes = ({ inputs: [x], attrs }: OpCall): readonly number[] =>
  permutation(attrs as readonly number[] | null, x.rank);

/** Permutes the dimensions. @tf tf.transpose */
export const transpose: <X extends AnyTensorLike>(
  a: X,
  options?: TransposeOptions | readonly number[],
) => Tensor<AnyDTypeOf<X>> = op<
  [a: AnyTensorLike, options?: TransposeOptions | readonly number[]],
  readonly number[] | null
>('transpose', {
  flops: () => 0,
  tf: 'tf.transpose',
  dtypes: everyType,
  strings: true,
  ulp: 0,
  examples: [
    { args: [sample([2, 3])] },
    { args: [sample([2, 3, 4])], options: { perm: [2, 0, 1] } },
    { args: [sample([2, 3, 4])], options: { perm: [0, 2, 1] } },
    { args: [sample([33, 70], { dtype: 'float32' })] },
    { args: [sample([2, 0])] },
    { args: [sample([])] },
  ],
  args: (a, given) => {
    const x = toTensor(a, null, 'transpose', 'a');
    if (given === undefined) return [[x], null];
    const perm = Array.isArray(given)
      ? given
      : options<{ perm: unknown }>(given, 'perm', transposeDefaults, 'transpose').perm;
    return [[x], perm === null ? null : integerList(perm, 'transpose', 'perm')];
  },
  infer: ([x], perm) => ({ shape: asShape(permute(shapeOf(x), permutation(perm, x.rank))), dt: x.dt }),
  run: ([x], perm, [y]) => {
    if (y.size === 0) return;
    const strides = permute(stridesOf(shapeOf(x)), permutation(perm, x.rank));
    copyStrided(x, 0, strides, y, 0, stridesOf(shapeOf(y)), shapeOf(y));
  },
  exactRewrite: (call, graph) => {
    const [x] = call.inputs;
    const perm = permutes(call);
    const nonUnit = perm.filter((d) => shapeOf(x)[d] !== 1);
    if (nonUnit.every((d, i) => i === 0 || d > nonUnit[i - 1])) return x;
    const inner = graph.producer(x);
    if (inner?.op !== call.op) return null;
    return { ...call, inputs: inner.inputs, attrs: permute(permutes(inner), perm) };
  },
  permutes,
  gradient: ([dy], { attrs, shapes }) => {
    const perm = permutation(attrs, shapes[0].length);
    return [transpose(dy, { perm: perm.map((_, i) => perm.indexOf(i)) })];
  },
});

// ---------------------------------------------------------------------------------------------------- repeating

/**
 * Broadcasts the tensor to a shape: missing leading dimensions are added, dimensions of size 1 are repeated.
 * InvalidArgumentError for an incompatible shape. @tf tf.broadcast_to
 */
export const broadcastTo: <X extends AnyTensorLike>(input: X, shape: ShapeLike) => Tensor<AnyDTypeOf<X>> = op<
  [input: AnyTensorLike, shape: ShapeLike],
  Shape
>('broadcastTo', {
  flops: () => 0,
  tf: 'tf.broadcast_to',
  dtypes: everyType,
  strings: true,
  ulp: 0,
  examples: [
    { args: [sample([3]), [2, 3]] },
    { args: [sample([2, 1, 3]), [2, 4, 3]] },
    { args: [sample([]), [2, 2]] },
    { args: [sample([1]), [0]] },
  ],
  args: (input, shape) => [
    [toTensor(input, null, 'broadcastTo', 'input')],
    shapeArgument(shape, 'broadcastTo'),
  ],
  infer: ([x], shape) => {
    const both = broadcastShapes(shapeOf(x), shape);
    if (both === null || !sameShape(both, shape)) {
      throw new InvalidArgumentError(
        `[broadcastTo] Incompatible shapes: ${showShape(shapeOf(x))} vs. ${showShape(shape)}; each size must be that of ` +
          `the shape, or 1, counted from the last dimension`,
      );
    }
    return { shape, dt: x.dt };
  },
  exactRewrite: elideCopy,
  broadcasts: true,
  run: ([x], shape, [y]) => {
    if (y.size > 0) copyStrided(x, 0, broadcastStrides(shapeOf(x), shape), y, 0, stridesOf(shape), shape);
  },
  gradient: ([dy], { shapes }) => [unbroadcast(dy, shapes[0])],
});

/** [m₀, d₀, m₁, d₁, …]: the shape of a tiled tensor with a separate dimension for each repeat count. */
function interleave(multiples: Dims, shape: Dims): number[] {
  const dims = new Array<number>(2 * shape.length);
  for (let i = 0; i < shape.length; i++) {
    dims[2 * i] = multiples[i];
    dims[2 * i + 1] = shape[i];
  }
  return dims;
}

/** Repeats the tensor multiples[i] times along dimension i. @tf tf.tile */
export const tile: <X extends AnyTensorLike>(input: X, multiples: ShapeLike) => Tensor<AnyDTypeOf<X>> = op<
  [input: AnyTensorLike, multiples: ShapeLike],
  Dims
>('tile', {
  tf: 'tf.tile',
  dtypes: everyType,
  strings: true,
  ulp: 0,
  examples: [
    { args: [sample([2, 3]), [2, 1]] },
    { args: [sample([2, 3]), [1, 3]] },
    { args: [sample([2, 3]), [2, 2]] },
    { args: [sample([3]), [0]] },
    { args: [sample([]), []] },
  ],
  args: (input, multiples) => [
    [toTensor(input, null, 'tile', 'input')],
    shapeArgument(multiples, 'tile', 'multiples'),
  ],
  infer: ([x], multiples) => {
    if (multiples.length !== x.rank) {
      throw new InvalidArgumentError(
        `[tile] Expected multiples argument to be a vector of length ${x.rank} but got length ${multiples.length}`,
      );
    }
    const shape = new Array<number>(multiples.length);
    for (let i = 0; i < shape.length; i++) shape[i] = shapeOf(x)[i] * multiples[i];
    return { shape: asShape(shape), dt: x.dt };
  },
  exactRewrite: elideCopy,
  run: ([x], multiples, [y]) => {
    if (y.size === 0) return;
    const dims = interleave(multiples, shapeOf(x));
    const none = new Array<number>(multiples.length).fill(0);
    copyStrided(x, 0, interleave(none, stridesOf(shapeOf(x))), y, 0, stridesOf(dims), dims);
  },
  gradient: ([dy], { attrs, shapes }) => {
    const shape = shapes[0];
    const ones = asShape(shape.map(() => 1));
    return [
      reshape(unbroadcast(reshape(dy, interleave(attrs, shape)), asShape(interleave(ones, shape))), shape),
    ];
  },
});

// ---------------------------------------------------------------------------------------------------- reversing and rolling

/** Reverses the order of elements along the given axes. @tf tf.reverse */
export const reverse: <X extends AnyTensorLike>(
  tensor: X,
  axis: Exclude<Axis, null>,
) => Tensor<AnyDTypeOf<X>> = op<[tensor: AnyTensorLike, axis: Exclude<Axis, null>], readonly number[]>(
  'reverse',
  {
    tf: 'tf.reverse',
    dtypes: everyType,
    strings: true,
    ulp: 0,
    examples: [
      { args: [sample([2, 3]), [0]] },
      { args: [sample([2, 3]), [-1]] },
      { args: [sample([2, 3, 4]), [0, 2]] },
      { args: [sample([2, 3]), []] },
    ],
    args: (tensor, axis) => {
      const x = toTensor(tensor, null, 'reverse', 'tensor');
      return [[x], normalizeAxes(integerList(axis, 'reverse', 'axis'), x.rank, 'reverse')];
    },
    infer: ([x]) => ({ shape: shapeOf(x), dt: x.dt }),
    run: ([x], axes, [y]) => {
      if (y.size === 0) return;
      const to = stridesOf(shapeOf(y));
      let at = 0;
      const from = to.map((s, i) => {
        if (!axes.includes(i)) return s;
        at += (shapeOf(x)[i] - 1) * s;
        return -s;
      });
      copyStrided(x, at, from, y, 0, to, shapeOf(y));
    },
    gradient: ([dy], { attrs }) => [reverse(dy, attrs)],
  },
);

/** Rolls one axis by `by` positions, 0 < by < size. */
const rollAxis: (x: Tensor, axis: number, by: number) => Tensor = op<
  [x: Tensor, axis: number, by: number],
  { axis: number; by: number }
>('rollAxis', {
  tf: '',
  dtypes: everyType,
  strings: true,
  ulp: 0,
  args: (x, axis, by) => [[x], { axis, by }],
  infer: ([x]) => ({ shape: shapeOf(x), dt: x.dt }),
  run: ([x], { axis, by }, [y]) => {
    const strides = stridesOf(shapeOf(x));
    const step = strides[axis];
    const n = shapeOf(x)[axis];
    const dims = [...shapeOf(x)];
    dims[axis] = n - by;
    copyStrided(x, 0, strides, y, by * step, strides, dims);
    dims[axis] = by;
    copyStrided(x, (n - by) * step, strides, y, 0, strides, dims);
  },
  gradient: ([dy], { attrs: { axis, by } }) => [rollAxis(dy, axis, shapeOf(dy)[axis] - by)],
});

/**
 * Rolls the elements by `shift` positions along `axis`; elements that leave at one end enter at the other. Several shifts
 * are applied one after another. If nothing moves, the tensor is returned unchanged. @tf tf.roll
 */
export const roll: <X extends AnyTensorLike>(
  input: X,
  shift: number | readonly number[],
  axis: Exclude<Axis, null>,
) => Tensor<AnyDTypeOf<X>> = composite(
  'roll',
  {
    tf: 'tf.roll',
    dtypes: everyType,
    ulp: 0,
    examples: [
      { args: [sample([5]), 2, 0] },
      { args: [sample([2, 3]), [1, -1], [0, 1]] },
      { args: [sample([2, 0]), 1, 1] },
    ],
  },
  (input: AnyTensorLike, shift: number | readonly number[], axis: Exclude<Axis, null>): Tensor => {
    let x = toValue(input, null, 'roll', 'input');
    const shifts = integerList(shift, 'roll', 'shift');
    const axes = integerList(axis, 'roll', 'axis');
    if (shifts.length !== axes.length) {
      throw new InvalidArgumentError(
        `[roll] shift and axis must have the same size; got ${shifts.length} and ${axes.length}`,
      );
    }
    for (let i = 0; i < axes.length; i++) {
      const at = normalizeAxis(axes[i], x.rank, 'roll');
      const n = shapeOf(x)[at];
      const by = x.size === 0 ? 0 : ((shifts[i] % n) + n) % n;
      if (by > 0) x = rollAxis(x, at, by);
    }
    return x;
  },
);
