/** Ops that move whole tensors: transposing, joining, splitting, repeating. */
import { toTensor, type TensorLike } from '../core/convert';
import { dtypes, everyType } from '../core/dtype';
import { InvalidArgumentError } from '../core/errors';
import {
  broadcastShapes,
  broadcastStrides,
  normalizeAxes,
  normalizeAxis,
  sameShape,
  showShape,
  stridesOf,
  type Shape,
} from '../core/shape';
import { makeTensor, Tensor } from '../core/tensor';
import { Variable } from '../core/variable';
import { composite, multiOp, op, options, unbroadcast } from './define';
import { takeRegion, type Region } from './region';
import { sample } from './registry';
import { copyStrided, integer, integerList, tensorList } from './strided';
import { reshape, shapeArgument, type ShapeLike } from './views';

export interface TransposeOptions {
  /** Dimension perm[i] of the input becomes dimension i. Default: the dimensions reversed. */
  perm?: readonly number[] | TensorLike | null;
}

function permutation(perm: readonly number[] | null, rank: number): number[] {
  if (perm === null) return Array.from({ length: rank }, (_, i) => rank - 1 - i);
  if (perm.length !== rank) {
    throw new InvalidArgumentError(
      `[transpose] transpose expects a vector of size ${rank}. But perm is a vector of size ${perm.length}`,
    );
  }
  const list = perm.map((p) => normalizeAxis(p, rank, 'transpose', 'perm'));
  const missing = list.findIndex((_, i) => !list.includes(i));
  if (missing >= 0) {
    throw new InvalidArgumentError(`[transpose] ${missing} is missing from perm [${perm.join(',')}]`);
  }
  return list;
}

/** The tensor with its dimensions in another order. @tf tf.transpose */
export const transpose: (a: TensorLike, options?: TransposeOptions | readonly number[]) => Tensor = op<
  [a: TensorLike, options?: TransposeOptions | readonly number[]],
  readonly number[] | null
>('transpose', {
  tf: 'tf.transpose',
  dtypes: everyType,
  ulp: 0,
  examples: [
    { args: [sample([2, 3])] },
    { args: [sample([2, 3, 4])], options: { perm: [2, 0, 1] } },
    { args: [sample([2, 3, 4])], options: { perm: [0, 2, 1] } },
    { args: [sample([33, 70])] },
    { args: [sample([2, 0])] },
    { args: [sample([])] },
  ],
  args: (a, given) => {
    const { perm } = options<{ perm: unknown }>(given, 'perm', { perm: null }, 'transpose');
    return [
      [toTensor(a, null, 'transpose', 'a')],
      perm === null ? null : integerList(perm, 'transpose', 'perm'),
    ];
  },
  infer: ([x], perm) => ({ shape: permutation(perm, x.rank).map((p) => x.shape[p]), dt: x.dt }),
  run: ([x], perm, [y]) => {
    if (y.size === 0) return;
    const strides = stridesOf(x.shape);
    copyStrided(
      x,
      0,
      permutation(perm, x.rank).map((p) => strides[p]),
      y,
      0,
      stridesOf(y.shape),
      y.shape,
    );
  },
  gradient: ([dy], { attrs, shapes }) => {
    const perm = permutation(attrs, shapes[0].length);
    return [transpose(dy, { perm: perm.map((_, i) => perm.indexOf(i)) })];
  },
});

// ---------------------------------------------------------------------------------------------------- joining

/** Copies x to the part of y that begins at `begin` along an axis. */
function copyPart(x: Tensor, y: Tensor, axis: number, begin: number): void {
  if (x.size === 0) return;
  const outer = x.shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const inner = x.size / outer;
  const outInner = y.size / outer;
  copyStrided(x, 0, [inner, 1], y, begin * (outInner / y.shape[axis]), [outInner, 1], [outer, inner]);
}

/** The part of x that begins at `begin` along an axis, in the shape of y. */
function takePart(x: Tensor, y: Tensor, axis: number, begin: number): void {
  if (y.size === 0) return;
  const outer = x.shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const inner = y.size / outer;
  const inInner = x.size / outer;
  copyStrided(x, begin * (inInner / x.shape[axis]), [inInner, 1], y, 0, [inner, 1], [outer, inner]);
}

/** The region of `size` elements from `begin` on along one axis. */
function partRegion(shape: Shape, axis: number, begin: number, size: number): Region {
  const sizes = shape.map((d, i) => (i === axis ? size : d));
  return {
    begin: shape.map((_, i) => (i === axis ? begin : 0)),
    steps: shape.map(() => 1),
    sizes,
    shape: sizes,
  };
}

/**
 * The tensors one after the other along an axis; their other dimensions agree. InvalidArgumentError for an empty list
 * or shapes that don't fit. @tf tf.concat
 */
export const concat: (values: readonly TensorLike[], axis: number) => Tensor = op<
  [values: readonly TensorLike[], axis: number],
  number
>('concat', {
  tf: 'tf.concat',
  dtypes: everyType,
  ulp: 0,
  examples: [
    { args: [[sample([2, 3]), sample([1, 3])], 0] },
    { args: [[sample([2, 3]), sample([2, 1]), sample([2, 2])], 1] },
    { args: [[sample([2, 3]), sample([2, 0])], -1] },
    { args: [[sample([2])], 0] },
  ],
  args: (values, axis) => {
    const list = tensorList(values, 'concat', 'values');
    if (list.length === 0) throw new InvalidArgumentError('[concat] values is empty: there is nothing to join');
    return [list, integer(axis, 'concat', 'axis')];
  },
  infer: (xs, axis) => {
    const first = xs[0];
    if (first.rank === 0) {
      throw new InvalidArgumentError('[concat] values[0] is a scalar; join scalars with tf.stack');
    }
    const at = normalizeAxis(axis, first.rank, 'concat');
    let total = 0;
    xs.forEach((x, i) => {
      if (x.rank !== first.rank || x.shape.some((d, k) => k !== at && d !== first.shape[k])) {
        throw new InvalidArgumentError(
          `[concat] all dimensions but axis ${at} must be equal: values[0] has shape ${showShape(first.shape)}, ` +
            `values[${i}] has ${showShape(x.shape)}`,
        );
      }
      total += x.shape[at];
    });
    return { shape: first.shape.map((d, i) => (i === at ? total : d)), dt: first.dt };
  },
  run: (xs, axis, [y]) => {
    const at = normalizeAxis(axis, y.rank, 'concat');
    let begin = 0;
    for (const x of xs) {
      copyPart(x, y, at, begin);
      begin += x.shape[at];
    }
  },
  gradient: ([dy], { attrs, shapes, needs }) => {
    const axis = normalizeAxis(attrs, dy.rank, 'concat');
    let begin = 0;
    return shapes.map((shape, i) => {
      const size = shape[axis];
      begin += size;
      return needs[i] ? takeRegion(dy, partRegion(dy.shape, axis, begin - size, size)) : null;
    });
  },
});

export interface AxisOptions {
  /** Default 0. */
  axis?: number;
}

const stackRow: (values: readonly TensorLike[], options?: AxisOptions | number) => Tensor = op<
  [values: readonly TensorLike[], options?: AxisOptions | number],
  number
>('stack', {
  tf: 'tf.stack',
  dtypes: everyType,
  ulp: 0,
  examples: [
    { args: [[sample([2, 3]), sample([2, 3])]], options: { axis: 0 } },
    { args: [[sample([2, 3]), sample([2, 3])]], options: { axis: 1 } },
    { args: [[sample([2, 3]), sample([2, 3])]], options: { axis: -1 } },
    { args: [[sample([]), sample([]), sample([])]] },
  ],
  args: (values, given) => {
    const { axis } = options<{ axis: number }>(given, 'axis', { axis: 0 }, 'stack');
    return [tensorList(values, 'stack', 'values'), integer(axis, 'stack', 'axis')];
  },
  infer: (xs, axis) => {
    const first = xs[0];
    const at = normalizeAxis(axis, first.rank + 1, 'stack');
    xs.forEach((x, i) => {
      if (!sameShape(x.shape, first.shape)) {
        throw new InvalidArgumentError(
          `[stack] Shapes of all inputs must match: values[0].shape = ${showShape(first.shape)} != ` +
            `values[${i}].shape = ${showShape(x.shape)}`,
        );
      }
    });
    return { shape: [...first.shape.slice(0, at), xs.length, ...first.shape.slice(at)], dt: first.dt };
  },
  run: (xs, axis, [y]) => {
    if (y.size === 0) return;
    const at = normalizeAxis(axis, y.rank, 'stack');
    const inner = y.shape.slice(at + 1).reduce((a, b) => a * b, 1);
    const outer = xs[0].size / inner;
    xs.forEach((x, i) =>
      copyStrided(x, 0, [inner, 1], y, i * inner, [xs.length * inner, 1], [outer, inner]),
    );
  },
  gradient: ([dy], { attrs }) => unstack(dy, { axis: attrs }),
});

/**
 * Tensors of one shape put side by side along a new axis, which lies in [−rank − 1, rank]. An empty list gives an
 * empty float32 vector. InvalidArgumentError where shapes differ. @tf tf.stack
 */
export function stack(values: readonly TensorLike[], options?: AxisOptions | number): Tensor {
  if (Array.isArray(values) && values.length === 0) return makeTensor(dtypes.float32, [0], 0);
  return stackRow(values, options);
}

// ---------------------------------------------------------------------------------------------------- splitting

export interface UnstackOptions {
  /** How many results are expected. Default: as many as the dimension has. */
  num?: number | null;
  /** Default 0. */
  axis?: number;
}

/** The slices along an axis, each without it. InvalidArgumentError for a scalar, or where `num` is not their number. @tf tf.unstack */
export const unstack: (value: TensorLike, options?: UnstackOptions | number) => Tensor[] = multiOp<
  [value: TensorLike, options?: UnstackOptions | number],
  number
>('unstack', {
  tf: 'tf.unstack',
  dtypes: everyType,
  ulp: 0,
  examples: [
    { args: [sample([3, 2])] },
    { args: [sample([3, 2])], options: { axis: 1 } },
    { args: [sample([2, 3, 4])], options: { axis: -2, num: 3 } },
    { args: [sample([2, 0])] },
  ],
  args: (value, given) => {
    const { num, axis } = options<{ num: number | null; axis: number }>(
      given,
      'num',
      { num: null, axis: 0 },
      'unstack',
    );
    const x = toTensor(value, null, 'unstack', 'value');
    if (x.rank === 0) throw new InvalidArgumentError('[unstack] value is a scalar: it has no axis to unstack');
    const at = normalizeAxis(integer(axis, 'unstack', 'axis'), x.rank, 'unstack');
    if (num !== null && num !== x.shape[at]) {
      throw new InvalidArgumentError(
        `[unstack] num is ${num}, but axis ${at} of value with shape ${showShape(x.shape)} has ${x.shape[at]}`,
      );
    }
    return [[x], at];
  },
  infer: ([x], axis) => {
    const shape = x.shape.filter((_, i) => i !== axis);
    return Array.from({ length: x.shape[axis] }, () => ({ shape, dt: x.dt }));
  },
  run: ([x], axis, ys) => {
    if (x.size === 0) return;
    const inner = x.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    const row = x.shape[axis] * inner;
    ys.forEach((y, i) => copyStrided(x, i * inner, [row, 1], y, 0, [inner, 1], [x.size / row, inner]));
  },
  gradient: (dys, { attrs }) => [stack(dys, { axis: attrs })],
});

export interface SplitOptions {
  /** Default 0. */
  axis?: number;
  /** The number of parts, where `numOrSizeSplits` is a tensor. Only checked. */
  num?: number | null;
}

interface SplitAttrs {
  axis: number;
  sizes: readonly number[];
}

function splitSizes(wanted: unknown, x: Tensor, axis: number): number[] {
  const total = x.shape[axis];
  const scalar =
    typeof wanted === 'number' ||
    typeof wanted === 'bigint' ||
    ((wanted instanceof Tensor || wanted instanceof Variable) && wanted.rank === 0);
  if (scalar) {
    const parts = integer(wanted, 'split', 'numOrSizeSplits');
    if (parts < 1 || total % parts !== 0) {
      throw new InvalidArgumentError(
        `[split] Number of ways to split should evenly divide the split dimension, but got split_dim ${axis} ` +
          `(size = ${total}) and num_split ${parts}`,
      );
    }
    return Array.from({ length: parts }, () => total / parts);
  }
  const sizes = integerList(wanted, 'split', 'numOrSizeSplits');
  const unknown = sizes.indexOf(-1);
  if (unknown >= 0) sizes[unknown] = total - sizes.reduce((a, b) => a + b, 1);
  const sum = sizes.reduce((a, b) => a + b, 0);
  if (sum !== total || sizes.some((s) => s < 0)) {
    throw new InvalidArgumentError(
      `[split] the sizes ${showShape(integerList(wanted, 'split', 'numOrSizeSplits'))} must be ≥ 0 and add up to ` +
        `the size of axis ${axis}, ${total} (one may be -1: the rest)`,
    );
  }
  return sizes;
}

/**
 * The tensor cut along an axis: into a number of equal parts, or into parts of the given sizes (one of which may be −1:
 * the rest). InvalidArgumentError where they don't fill the axis. @tf tf.split
 */
export const split: (
  value: TensorLike,
  numOrSizeSplits: number | readonly number[] | TensorLike,
  options?: SplitOptions | number,
) => Tensor[] = multiOp<
  [value: TensorLike, numOrSizeSplits: unknown, options?: SplitOptions | number],
  SplitAttrs
>('split', {
  tf: 'tf.split',
  dtypes: everyType,
  ulp: 0,
  examples: [
    { args: [sample([4, 3]), 2] },
    { args: [sample([2, 6]), 3], options: { axis: 1 } },
    { args: [sample([2, 6]), [1, -1, 2]], options: { axis: -1 } },
    { args: [sample([3]), [3, 0]] },
  ],
  args: (value, wanted, given) => {
    const { axis, num } = options<{ axis: number; num: number | null }>(
      given,
      'axis',
      { axis: 0, num: null },
      'split',
    );
    const x = toTensor(value, null, 'split', 'value');
    if (x.rank === 0) throw new InvalidArgumentError('[split] value is a scalar: it has no axis to split');
    const at = normalizeAxis(integer(axis, 'split', 'axis'), x.rank, 'split');
    const sizes = splitSizes(wanted, x, at);
    if (num !== null && num !== sizes.length) {
      throw new InvalidArgumentError(`[split] num is ${num}, but there are ${sizes.length} sizes`);
    }
    return [[x], { axis: at, sizes }];
  },
  infer: ([x], { axis, sizes }) =>
    sizes.map((size) => ({ shape: x.shape.map((d, i) => (i === axis ? size : d)), dt: x.dt })),
  run: ([x], { axis }, ys) => {
    let begin = 0;
    for (const y of ys) {
      takePart(x, y, axis, begin);
      begin += y.shape[axis];
    }
  },
  gradient: (dys, { attrs }) => [concat(dys, attrs.axis)],
});

// ---------------------------------------------------------------------------------------------------- repeating

/**
 * The tensor broadcast to a shape: missing leading dimensions are added, dimensions of 1 repeat.
 * InvalidArgumentError where it doesn't fit. @tf tf.broadcast_to
 */
export const broadcastTo: (input: TensorLike, shape: ShapeLike) => Tensor = op<
  [input: TensorLike, shape: ShapeLike],
  readonly number[]
>('broadcastTo', {
  tf: 'tf.broadcast_to',
  dtypes: everyType,
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
    const both = broadcastShapes(x.shape, shape);
    if (both === null || !sameShape(both, shape)) {
      throw new InvalidArgumentError(
        `[broadcastTo] Incompatible shapes: ${showShape(x.shape)} vs. ${showShape(shape)}; each size must be that of ` +
          `the shape, or 1, counted from the last dimension`,
      );
    }
    return { shape, dt: x.dt };
  },
  run: ([x], shape, [y]) => {
    if (y.size > 0) copyStrided(x, 0, broadcastStrides(x.shape, shape), y, 0, stridesOf(shape), shape);
  },
  gradient: ([dy], { shapes }) => [unbroadcast(dy, shapes[0])],
});

/** [m₀, d₀, m₁, d₁, …]: a tiled shape with the repeats as dimensions of their own. */
function tiled(multiples: readonly number[], shape: Shape): number[] {
  return shape.flatMap((d, i) => [multiples[i], d]);
}

/** The tensor repeated multiples[i] times along dimension i. @tf tf.tile */
export const tile: (input: TensorLike, multiples: ShapeLike) => Tensor = op<
  [input: TensorLike, multiples: ShapeLike],
  readonly number[]
>('tile', {
  tf: 'tf.tile',
  dtypes: everyType,
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
    return { shape: x.shape.map((d, i) => d * multiples[i]), dt: x.dt };
  },
  run: ([x], multiples, [y]) => {
    if (y.size === 0) return;
    const dims = tiled(multiples, x.shape);
    const strides = stridesOf(x.shape).flatMap((s) => [0, s]);
    copyStrided(x, 0, strides, y, 0, stridesOf(dims), dims);
  },
  gradient: ([dy], { attrs, shapes }) => {
    const shape = shapes[0];
    const ones = shape.map(() => 1);
    return [reshape(unbroadcast(reshape(dy, tiled(attrs, shape)), tiled(ones, shape)), shape)];
  },
});

// ---------------------------------------------------------------------------------------------------- turning round

/** The tensor with the order of elements reversed along the given axes. @tf tf.reverse */
export const reverse: (tensor: TensorLike, axis: readonly number[] | number) => Tensor = op<
  [tensor: TensorLike, axis: readonly number[] | number],
  readonly number[]
>('reverse', {
  tf: 'tf.reverse',
  dtypes: everyType,
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
  infer: ([x]) => ({ shape: x.shape, dt: x.dt }),
  run: ([x], axes, [y]) => {
    if (y.size === 0) return;
    const to = stridesOf(y.shape);
    let at = 0;
    const from = to.map((s, i) => {
      if (!axes.includes(i)) return s;
      at += (x.shape[i] - 1) * s;
      return -s;
    });
    copyStrided(x, at, from, y, 0, to, y.shape);
  },
  gradient: ([dy], { attrs }) => [reverse(dy, attrs)],
});

/**
 * The elements moved `shift` places along `axis`, those that leave at one end coming in at the other. Several shifts and
 * axes act one after the other. @tf tf.roll
 */
export const roll = composite(
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
  (input: TensorLike, shift: number | readonly number[], axis: number | readonly number[]): Tensor => {
    let x = toTensor(input, null, 'roll', 'input');
    const shifts = integerList(shift, 'roll', 'shift');
    const axes = integerList(axis, 'roll', 'axis');
    if (shifts.length !== axes.length) {
      throw new InvalidArgumentError(
        `[roll] shift and axis must have the same size; got ${shifts.length} and ${axes.length}`,
      );
    }
    axes.forEach((a, i) => {
      const at = normalizeAxis(a, x.rank, 'roll');
      const n = x.shape[at];
      if (n === 0) return;
      const by = ((shifts[i] % n) + n) % n;
      if (by === 0) return;
      x = concat(
        [
          takeRegion(x, partRegion(x.shape, at, n - by, by)),
          takeRegion(x, partRegion(x.shape, at, 0, n - by)),
        ],
        at,
      );
    });
    return x;
  },
);
