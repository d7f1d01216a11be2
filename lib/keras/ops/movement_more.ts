/** More operations that rearrange elements: rotations, stacks, parts, elements at indices along an axis. */
import { toTensor, type TensorLike } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import { describe, showShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { range } from '../../ops/array/creation';
import { concat, split as splitOp, unstack as unstackOp } from '../../ops/array/joining';
import { broadcastTo, reverse, roll as rollOp, transpose } from '../../ops/array/movement';
import { slice } from '../../ops/array/slicing';
import { expandDims, reshape } from '../../ops/array/views';
import { gather, where as placesOf } from '../../ops/index/indexing';
import { add, floordiv, floormod, multiply, subtract } from '../../ops/math/binary';
import { notEqual } from '../../ops/math/compare';
import { select as choose } from '../../ops/math/select';
import { reduceSum } from '../../ops/reduce/reduce';
import type { KerasTensor } from '../symbolic/keras_tensor';
import { as, axisOf, exact, likes, only } from './define';
import { floating, promoted } from './dtypes';
import { wrapped } from './indices';
import {
  applyOperation,
  axes,
  integer,
  integers,
  number,
  operation,
  type OperationDefinition,
} from './operation';
import type { AxisOption, Axes, Binary, Nary, Operand, Unary } from './types';

const numpy = 'numpy';
const listOf = (value: number | readonly number[]): readonly number[] =>
  typeof value === 'number' ? [value] : value;

/** The elements as a vector. @tf tf.keras.ops.ravel */
export const ravel = exact('Ravel', (x) => reshape(x, [-1]));
/** The rows in reverse order. @tf tf.keras.ops.flipud */
export const flipud = exact('Flipud', (x) => reverse(x, [axisOf(0, x.rank, 'flipud')]));
/** The columns, of axis 1, in reverse order. @tf tf.keras.ops.fliplr */
export const fliplr = exact('Fliplr', (x) => reverse(x, [axisOf(1, x.rank, 'fliplr')]));

/** x with axes at other places; the others keep their order. @tf tf.keras.ops.moveaxis */
export const moveaxis = operation<
  Unary<[source: number | readonly number[], destination: number | readonly number[]]>
>({
  module: numpy,
  className: 'Moveaxis',
  tensors: ['x'],
  required: ['source', 'destination'],
  check: ({ source, destination }) => ({
    source: integers(source, 'source', 'moveaxis'),
    destination: integers(destination, 'destination', 'moveaxis'),
  }),
  run: (args, { source, destination }) => {
    const x = only(args, 'moveaxis');
    const [from, to] = [source, destination].map((list) =>
      listOf(list as number).map((axis) => axisOf(axis, x.rank, 'moveaxis')),
    );
    if (from.length !== to.length)
      throw new InvalidArgumentError(
        `[moveaxis] source and destination must have the same length; got ${from.length} and ${to.length}`,
      );
    const perm = x.shape.map((_, i) => i).filter((i) => !from.includes(i));
    const pairs = to.map((place, i) => [place, from[i]]).sort((a, b) => a[0] - b[0]);
    for (const [place, axis] of pairs) perm.splice(place, 0, axis);
    return transpose(x, { perm });
  },
});

/** x, shifted along axes, what leaves at an end entering at the other; null (default): of the flat tensor. @tf tf.keras.ops.roll */
export const roll = operation<Unary<[shift: number | readonly number[], options?: AxisOption<Axes> | Axes]>>({
  module: numpy,
  className: 'Roll',
  tensors: ['x'],
  required: ['shift'],
  optional: { axis: null },
  check: ({ shift, axis }) => ({
    shift: integers(shift, 'shift', 'roll'),
    axis: axes(axis, 'axis', 'roll'),
  }),
  run: (args, { shift, axis }) => {
    const x = only(args, 'roll');
    if (axis === null) return reshape(rollOp(reshape(x, [-1]), shift as number, 0), x.shape);
    const along = listOf(axis as number);
    const by = listOf(shift as number);
    return rollOp(x, by.length === along.length ? by : along.map(() => by[0]), along);
  },
});

interface Rot90Options {
  /** How many times. Default 1. */
  k?: number;
  /** The plane: from the first axis to the second. Default [0, 1]. */
  axes?: readonly number[];
}

/** x, rotated by 90° k times in the plane of two axes. @tf tf.keras.ops.rot90 */
export const rot90 = operation<Unary<[options?: Rot90Options | number]>>({
  module: numpy,
  className: 'Rot90',
  tensors: ['array'],
  optional: { k: 1, axes: [0, 1] },
  check: ({ k, axes: plane }) => ({
    k: integer(k, 'k', 'rot90'),
    axes: integers(plane, 'axes', 'rot90'),
  }),
  run: (args, { k, axes: plane }) => {
    const x = only(args, 'rot90');
    const [a, b] = listOf(plane as number[]).map((axis) => axisOf(axis, x.rank, 'rot90', 'axes'));
    if (b === undefined || a === b)
      throw new InvalidArgumentError(`[rot90] axes must be two different axes; got ${describe(plane)}`);
    const turns = (((k as number) % 4) + 4) % 4;
    if (turns === 0) return x;
    if (turns === 2) return reverse(x, [a, b]);
    const perm = x.shape.map((_, i) => (i === a ? b : i === b ? a : i));
    return turns === 1 ? transpose(reverse(x, [b]), { perm }) : reverse(transpose(x, { perm }), [b]);
  },
});

const joined = (className: string, f: (xs: readonly Tensor[]) => Tensor): Nary =>
  operation<Nary>({
    module: numpy,
    className,
    tensors: ['xs'],
    run: ([xs]) => {
      if (!Array.isArray(xs) || xs.length === 0)
        throw new TypeError(`[${className}] xs must be an array of tensors; got ${describe(xs)}`);
      return f(promoted(likes(xs), className));
    },
  });

/** Tensors, joined along the second axis, or vectors end to end. @tf tf.keras.ops.hstack */
export const hstack = joined('Hstack', (xs) => {
  const whole = xs.map((x) => (x.rank === 0 ? reshape(x, [1]) : x));
  return concat(whole, whole[0].rank === 1 ? 0 : 1);
});
/** Tensors, joined along the first axis; vectors end to end, as Keras does on TensorFlow. @tf tf.keras.ops.vstack */
export const vstack = joined('Vstack', (xs) =>
  concat(
    xs.map((x) => (x.rank === 0 ? reshape(x, [1]) : x)),
    0,
  ),
);
/** Tensors, joined along the third axis. @tf tf.keras.ops.dstack */
export const dstack = joined('Dstack', (xs) =>
  concat(
    xs.map((x) => (x.rank < 2 ? reshape(x, [1, -1, 1]) : x.rank === 2 ? expandDims(x, -1) : x)),
    2,
  ),
);

/** Parts of sizes along an axis, or at indices. */
function parts(x: Tensor, places: number | readonly number[], axis: number): Tensor[] {
  if (typeof places === 'number') return splitOp(x, places, { axis });
  const ends = [...places, x.shape[axis]];
  return splitOp(
    x,
    ends.map((end, i) => end - (i === 0 ? 0 : ends[i - 1])),
    { axis },
  );
}

type Splitting = Unary<[indicesOrSections: number | readonly number[]], Tensor[], KerasTensor[]>;
const splitting = (className: string, axisFor: (rank: number) => number): Splitting =>
  operation<Splitting>({
    module: numpy,
    className,
    tensors: ['x'],
    required: ['indicesOrSections'],
    check: ({ indicesOrSections }) => ({
      indicesOrSections: integers(indicesOrSections, 'indicesOrSections', className),
    }),
    run: (args, { indicesOrSections }) => {
      const x = only(args, className);
      return parts(x, indicesOrSections as number, axisOf(axisFor(x.rank), x.rank, className));
    },
  });

/** x, split along the second axis, or the only one. @tf tf.keras.ops.hsplit */
export const hsplit = splitting('Hsplit', (rank) => (rank === 1 ? 0 : 1));
/** x, split along the first axis. @tf tf.keras.ops.vsplit */
export const vsplit = splitting('Vsplit', () => 0);
/** x, split along the third axis. @tf tf.keras.ops.dsplit */
export const dsplit = splitting('Dsplit', () => 2);

/** There may be more sections than elements: the others are empty tensors. */
const maxSections = 2 ** 20;

/** x, split along an axis (default 0) into parts, the first of which may be larger by one. @tf tf.keras.ops.array_split */
export const arraySplit = operation<
  Unary<[indicesOrSections: number, options?: AxisOption<number> | number], Tensor[], KerasTensor[]>
>({
  module: numpy,
  className: 'ArraySplit',
  tensors: ['x'],
  required: ['indicesOrSections'],
  optional: { axis: 0 },
  check: ({ indicesOrSections, axis }) => {
    const count = integer(indicesOrSections, 'indicesOrSections', 'arraySplit');
    if (count <= 0 || count > maxSections)
      throw new InvalidArgumentError(
        `[arraySplit] indicesOrSections must be from 1 to ${maxSections}; got ${count}`,
      );
    return { indicesOrSections: count, axis: integer(axis, 'axis', 'arraySplit') };
  },
  run: (args, { indicesOrSections, axis }) => {
    const x = only(args, 'arraySplit');
    const along = axisOf(axis as number, x.rank, 'arraySplit');
    const [n, count] = [x.shape[along], indicesOrSections as number];
    const sizes = [...new Array<number>(count).keys()].map(
      (i) => Math.floor(n / count) + (i < n % count ? 1 : 0),
    );
    return splitOp(x, sizes, { axis: along });
  },
});

/** The slices along an axis (default 0). `num`, if given, is checked. @tf tf.keras.ops.unstack */
export const unstack = operation<
  Unary<[options?: { num?: number | null; axis?: number } | number | null], Tensor[], KerasTensor[]>
>({
  module: 'core',
  className: 'Unstack',
  tensors: ['x'],
  optional: { num: null, axis: 0 },
  run: (args, { num, axis }) => {
    const x = only(args, 'unstack');
    const along = axisOf(integer(axis, 'axis', 'unstack'), x.rank, 'unstack');
    if (num !== null && num !== x.shape[along])
      throw new InvalidArgumentError(
        `[unstack] num is ${describe(num)}, and the axis has size ${x.shape[along]}`,
      );
    return unstackOp(x, { axis: along });
  },
});

/** The elements at indices along the last axis; both have the same dimensions before it. */
export function alongLast(x: Tensor, indices: Tensor): Tensor {
  const n = x.shape[x.rank - 1];
  const rows = indices.shape.slice(0, -1).reduce((size, d) => size * d, 1);
  const first = reshape(multiply(range(0, rows, 1, { dtype: 'int32' }), n), [rows, 1]);
  const flat = add(reshape(as(indices, 'int32'), [rows, indices.shape[indices.rank - 1]]), first);
  return reshape(gather(reshape(x, [-1]), reshape(flat, [-1])), indices.shape);
}

/** For each index along an axis, the element there; other dimensions are broadcast. Null (default): of the flat tensor. @tf tf.keras.ops.take_along_axis */
export const takeAlongAxis = operation<Binary<[options?: AxisOption | number | null]>>({
  module: numpy,
  className: 'TakeAlongAxis',
  tensors: ['x', 'indices'],
  optional: { axis: null },
  check: ({ axis }) => ({ axis: axis === null ? null : integer(axis, 'axis', 'takeAlongAxis') }),
  run: ([value, places], { axis }) => {
    const given = toTensor(value, null, 'takeAlongAxis', 'x');
    const indices = as(toTensor(places, null, 'takeAlongAxis', 'indices'), 'int32');
    if (axis === null ? indices.rank !== 1 : indices.rank !== given.rank)
      throw new InvalidArgumentError(
        `[takeAlongAxis] indices must have ${axis === null ? 'one dimension' : 'the rank of x'}; got shapes ` +
          `${showShape(given.shape)} and ${showShape(indices.shape)}`,
      );
    const x = axis === null ? reshape(given, [-1]) : given;
    const along = axisOf((axis as number | null) ?? 0, x.rank, 'takeAlongAxis');
    const perm = [...x.shape.map((_, i) => i).filter((i) => i !== along), along];
    const back = x.shape.map((_, i) => perm.indexOf(i));
    const shape = perm.slice(0, -1).map((i) => (x.shape[i] === 1 ? indices.shape[i] : x.shape[i]));
    const whole = (t: Tensor): Tensor => {
      const moved = transpose(t, { perm });
      return broadcastTo(moved, [...shape, moved.shape[moved.rank - 1]]);
    };
    const found = alongLast(whole(x), whole(wrapped(indices, x.shape[along])));
    return transpose(found, { perm: back });
  },
});

interface DiffOptions {
  /** How many times. Default 1. */
  n?: number;
  /** Default: the last. */
  axis?: number;
}

/** The differences of neighbours along an axis. @tf tf.keras.ops.diff */
export const diff = operation<Unary<[options?: DiffOptions | number]>>({
  module: numpy,
  className: 'Diff',
  tensors: ['a'],
  optional: { n: 1, axis: -1 },
  check: ({ n, axis }) => ({ n: integer(n, 'n', 'diff'), axis: integer(axis, 'axis', 'diff') }),
  run: (args, { n, axis }) => {
    let x = only(args, 'diff');
    if ((n as number) < 0) throw new InvalidArgumentError(`[diff] n must not be negative; got ${String(n)}`);
    // As often as the axis has elements, nothing is left: more changes nothing.
    const times = Math.min(n as number, x.shape[axisOf(axis as number, x.rank, 'diff')]);
    for (let i = 0; i < times; i++) x = differences(x, axis as number);
    return x;
  },
});

function differences(x: Tensor, axis: number): Tensor {
  const along = axisOf(axis, x.rank, 'diff');
  const size = x.shape.map((d, i) => (i === along ? Math.max(d - 1, 0) : d));
  const [from, to] = [0, 1].map((begin) =>
    slice(
      x,
      x.shape.map((d, i) => (i === along ? Math.min(begin, d) : 0)),
      size,
    ),
  );
  return x.dtype === 'bool' ? notEqual(to, from) : subtract(to, from);
}

interface TrapezoidOptions {
  /** The positions of the values; null (default): evenly spaced. */
  x?: readonly number[] | null;
  /** The distance if there are no positions. Default 1. */
  dx?: number;
  /** Default: the last. */
  axis?: number;
}

/** The integral along an axis by the trapezoidal rule. @tf tf.keras.ops.trapezoid */
export const trapezoid = operation<Unary<[options?: TrapezoidOptions | readonly number[] | null]>>({
  module: numpy,
  className: 'Trapezoid',
  tensors: ['y'],
  optional: { x: null, dx: 1, axis: -1 },
  run: (args, { x, dx, axis }) => {
    const y = floating(only(args, 'trapezoid'), 'trapezoid');
    const along = axisOf(integer(axis, 'axis', 'trapezoid'), y.rank, 'trapezoid');
    const moved = transpose(y, { perm: [...y.shape.map((_, i) => i).filter((i) => i !== along), along] });
    const [left, right] = halves(moved);
    const heights = multiply(add(left, right), 0.5);
    const width =
      x === null
        ? number(dx, 'dx', 'trapezoid')
        : differences(as(toTensor(x, null, 'trapezoid', 'x'), y.dtype), -1);
    return reduceSum(multiply(heights, width), { axis: -1 });
  },
});

/** Without the last slice along the last axis, and without the first. */
function halves(x: Tensor): readonly [Tensor, Tensor] {
  const size = x.shape.map((d, i) => (i === x.rank - 1 ? Math.max(d - 1, 0) : d));
  const begin = x.shape.map((d, i) => (i === x.rank - 1 ? Math.min(1, d) : 0));
  return [
    slice(
      x,
      x.shape.map(() => 0),
      size,
    ),
    slice(x, begin, size),
  ];
}

const selectDefinition: OperationDefinition = {
  module: numpy,
  className: 'Select',
  tensors: ['condlist', 'choicelist', 'default'],
  run: ([conditions, choices, other]) => {
    const [last, ...values] = promoted(likes([other, ...(choices as unknown[])]), 'select');
    const tests = (conditions as TensorLike[]).map((c) =>
      as(toTensor(c, null, 'select', 'condlist'), 'bool'),
    );
    return tests.reduceRight<Tensor>((y, test, i) => choose(test, values[i], y), last);
  },
};
operation(selectDefinition);

/** The first choice whose condition is true, elementwise, else the default, 0. @tf tf.keras.ops.select */
export function select(
  condlist: readonly Operand[],
  choicelist: readonly KerasTensor[],
  options?: SelectDefault,
): KerasTensor;
export function select(
  condlist: readonly TensorLike[],
  choicelist: readonly TensorLike[],
  options?: SelectDefault,
): Tensor;
export function select(
  condlist: readonly Operand[],
  choicelist: readonly Operand[],
  options?: SelectDefault,
): Tensor | KerasTensor {
  if (!Array.isArray(condlist) || !Array.isArray(choicelist) || condlist.length !== choicelist.length)
    throw new TypeError('[select] condlist and choicelist must be arrays of the same length');
  if (condlist.length === 0) throw new InvalidArgumentError('[select] condlist must not be empty');
  return applyOperation(selectDefinition, [condlist, choicelist, options ?? 0], {}) as Tensor;
}
type SelectDefault = Operand;

/** The coordinates of the elements that are not 0, a vector for each dimension, int32. Their number depends on the values. @tf tf.keras.ops.nonzero */
export const nonzero = operation<Unary<[], Tensor[], KerasTensor[]>>({
  module: numpy,
  className: 'Nonzero',
  tensors: ['x'],
  run: (args) => unstackOp(placesOf(as(only(args, 'nonzero'), 'bool'), { dtype: 'int32' }), { axis: 1 }),
});

/** The coordinates of flat indices in a shape, a tensor for each dimension. @tf tf.keras.ops.unravel_index */
export const unravelIndex = operation<Unary<[shape: readonly number[]], Tensor[], KerasTensor[]>>({
  module: numpy,
  className: 'UnravelIndex',
  tensors: ['indices'],
  required: ['shape'],
  check: ({ shape }) => ({ shape: [integers(shape, 'shape', 'unravelIndex')].flat() }),
  run: (args, { shape }) => {
    let rest = only(args, 'unravelIndex');
    const coordinates: Tensor[] = [];
    for (const size of [...(shape as number[])].reverse()) {
      coordinates.unshift(floormod(rest, size));
      rest = floordiv(rest, size);
    }
    return coordinates;
  },
});
