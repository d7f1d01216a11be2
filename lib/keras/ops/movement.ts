/** Operations that rearrange elements: shapes, axes, joining, splitting, indexing. */
import { toTensor, type TensorLike } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { at } from '../../ops/array/at';
import { cast } from '../../ops/array/cast';
import { onesLike as ones, zerosLike as zeros } from '../../ops/array/creation';
import { concat, split as splitOp, stack as stackOp } from '../../ops/array/joining';
import {
  broadcastTo as broadcast,
  reverse,
  tile as tileOp,
  transpose as permute,
} from '../../ops/array/movement';
import { pad as padOp } from '../../ops/array/padding';
import { repeat as repeatOp } from '../../ops/array/sequences';
import { expandDims as expand, reshape as reshapeOp, squeeze as squeezeOp } from '../../ops/array/views';
import { gather } from '../../ops/index/indexing';
import { oneHot as oneHotOp } from '../../ops/array/patterns';
import type { DType } from '../../core/dtype';
import { options as readOptions } from '../../core/options';
import type { Config } from '../base/keras_object';
import { fromRecordedItem, indexedShape, toRecordedItem, type IndexItem } from '../symbolic/index_items';
import { KerasTensor } from '../symbolic/keras_tensor';
import { promoted } from './dtypes';
import { wrapped } from './indices';
import { applyOperation, axes, integer, integers, operation, type OperationDefinition } from './operation';
import { reshapedShape } from './reshape';
import type { Axes, AxisOption, Nary, Operand, Unary } from './types';

const numpy = 'numpy';
const only = (args: readonly unknown[], op: string): Tensor => toTensor(args[0], null, op, 'x');

/** TypeError unless a value is a list of integers. */
function integerList(value: unknown, name: string, op: string): readonly number[] {
  if (!Array.isArray(value))
    throw new TypeError(`[${op}] ${name} must be a list of integers; got ${describe(value)}`);
  return value.map((n: unknown) => integer(n, name, op));
}

/** x with another shape; −1 stands for what remains. @tf tf.keras.ops.reshape */
export const reshape = operation<Unary<[newshape: readonly number[]]>>({
  module: numpy,
  className: 'Reshape',
  tensors: ['x'],
  required: ['newshape'],
  check: ({ newshape }) => ({ newshape: integerList(newshape, 'newshape', 'reshape') }),
  run: (args, { newshape }) => reshapeOp(only(args, 'reshape'), newshape as number[]),
  spec: ([x], { newshape }) => {
    const { shape, dtype } = x as KerasTensor;
    return new KerasTensor(reshapedShape(shape, newshape as number[], 'reshape', 'newshape'), dtype);
  },
});

/** x with its axes in another order; default: the reverse. @tf tf.keras.ops.transpose */
export const transpose = operation<
  Unary<[options?: { axes?: readonly number[] | null } | readonly number[] | null]>
>({
  module: numpy,
  className: 'Transpose',
  tensors: ['x'],
  optional: { axes: null },
  check: ({ axes: perm }) => ({ axes: perm === null ? null : integerList(perm, 'axes', 'transpose') }),
  run: (args, { axes: perm }) => permute(only(args, 'transpose'), { perm: perm as number[] | null }),
});

/** x with two axes exchanged. @tf tf.keras.ops.swapaxes */
export const swapaxes = operation<Unary<[axis1: number, axis2: number]>>({
  module: numpy,
  className: 'Swapaxes',
  tensors: ['x'],
  required: ['axis1', 'axis2'],
  check: ({ axis1, axis2 }) => ({
    axis1: integer(axis1, 'axis1', 'swapaxes'),
    axis2: integer(axis2, 'axis2', 'swapaxes'),
  }),
  run: (args, { axis1, axis2 }) => {
    const x = only(args, 'swapaxes');
    const [a, b] = [axis1 as number, axis2 as number].map((axis) => (axis < 0 ? axis + x.rank : axis));
    if (![a, b].every((axis) => axis >= 0 && axis < x.rank))
      throw new InvalidArgumentError(
        `[swapaxes] the axes must be in [${-x.rank}, ${x.rank}) for an input of that rank`,
      );
    return permute(x, { perm: x.shape.map((_, i) => (i === a ? b : i === b ? a : i)) });
  },
});

/** x with dimensions of size 1 at these positions of the result. @tf tf.keras.ops.expand_dims */
export const expandDims = operation<Unary<[axis: number | readonly number[]]>>({
  module: numpy,
  className: 'ExpandDims',
  tensors: ['x'],
  required: ['axis'],
  check: ({ axis }) => {
    if (axis === null) throw new TypeError('[expandDims] axis must be an integer; got null');
    return { axis: axes(axis, 'axis', 'expandDims') };
  },
  run: (args, { axis }) => {
    const x = only(args, 'expandDims');
    if (typeof axis === 'number') return expand(x, axis);
    const list = axis as readonly number[];
    const rank = x.rank + list.length;
    return [...list]
      .map((n) => (n < 0 ? n + rank : n))
      .sort((a, b) => a - b)
      .reduce((t, n) => expand(t, n), x);
  },
});

/** x without its dimensions of size 1, or without some of them. @tf tf.keras.ops.squeeze */
export const squeeze = operation<Unary<[options?: AxisOption<Axes> | Axes]>>({
  module: numpy,
  className: 'Squeeze',
  tensors: ['x'],
  optional: { axis: null },
  check: ({ axis }) => ({ axis: axes(axis, 'axis', 'squeeze') }),
  run: (args, { axis }) => {
    const x = only(args, 'squeeze');
    return axis === null ? squeezeOp(x) : squeezeOp(x, axis as number);
  },
});

/** x, repeated along dimensions of size 1. @tf tf.keras.ops.broadcast_to */
export const broadcastTo = operation<Unary<[shape: readonly number[]]>>({
  module: numpy,
  className: 'BroadcastTo',
  tensors: ['x'],
  required: ['shape'],
  check: ({ shape }) => ({ shape: integerList(shape, 'shape', 'broadcastTo') }),
  run: (args, { shape }) => broadcast(only(args, 'broadcastTo'), shape as number[]),
});

/** Tensors of one shape except along an axis (default 0), joined along it. @tf tf.keras.ops.concatenate */
export const concatenate = operation<Nary<[options?: AxisOption<number> | number]>>({
  module: numpy,
  className: 'Concatenate',
  tensors: ['xs'],
  optional: { axis: 0 },
  check: ({ axis }) => ({ axis: integer(axis, 'axis', 'concatenate') }),
  run: ([xs], { axis }) => concat(promoted(list(xs, 'concatenate'), 'concatenate'), axis as number),
});

/** Tensors of one shape, joined along a new axis (default 0). @tf tf.keras.ops.stack */
export const stack = operation<Nary<[options?: AxisOption<number> | number]>>({
  module: numpy,
  className: 'Stack',
  tensors: ['x'],
  optional: { axis: 0 },
  check: ({ axis }) => ({ axis: integer(axis, 'axis', 'stack') }),
  run: ([xs], { axis }) => stackOp(promoted(list(xs, 'stack'), 'stack'), axis as number),
});

function list(xs: unknown, op: string): readonly TensorLike[] {
  if (!Array.isArray(xs) || xs.length === 0)
    throw new TypeError(`[${op}] xs must be an array of tensors; got ${describe(xs)}`);
  return xs as TensorLike[];
}

/** x, split along an axis (default 0) into a number of equal parts, or at indices. @tf tf.keras.ops.split */
export const split = operation<
  Unary<
    [indicesOrSections: number | readonly number[], options?: AxisOption<number> | number],
    Tensor[],
    KerasTensor[]
  >
>({
  module: numpy,
  className: 'Split',
  tensors: ['x'],
  required: ['indicesOrSections'],
  optional: { axis: 0 },
  check: ({ indicesOrSections, axis }) => ({
    indicesOrSections: integers(indicesOrSections, 'indicesOrSections', 'split'),
    axis: integer(axis, 'axis', 'split'),
  }),
  run: (args, { indicesOrSections, axis }) => {
    const x = only(args, 'split');
    const along = axis as number;
    if (typeof indicesOrSections === 'number') return splitOp(x, indicesOrSections, { axis: along });
    const ends = [...(indicesOrSections as number[]), x.shape.at(along) ?? 0];
    return splitOp(
      x,
      ends.map((end, i) => end - (i === 0 ? 0 : ends[i - 1])),
      { axis: along },
    );
  },
});

/** Each element several times, along an axis or (null, default) of the flat tensor. @tf tf.keras.ops.repeat */
export const repeat = operation<
  Unary<[repeats: number | readonly number[], options?: AxisOption | number | null]>
>({
  module: numpy,
  className: 'Repeat',
  tensors: ['x'],
  required: ['repeats'],
  optional: { axis: null },
  check: ({ repeats, axis }) => ({
    repeats: integers(repeats, 'repeats', 'repeat'),
    axis: axis === null ? null : integer(axis, 'axis', 'repeat'),
  }),
  run: (args, { repeats, axis }) =>
    repeatOp(only(args, 'repeat'), repeats as number, { axis: axis as number | null }),
});

/** x, several times along each axis. @tf tf.keras.ops.tile */
export const tile = operation<Unary<[repeats: number | readonly number[]]>>({
  module: numpy,
  className: 'Tile',
  tensors: ['x'],
  required: ['repeats'],
  check: ({ repeats }) => ({ repeats: integers(repeats, 'repeats', 'tile') }),
  run: (args, { repeats }) => {
    const x = only(args, 'tile');
    const times = typeof repeats === 'number' ? [repeats] : [...(repeats as number[])];
    const rank = Math.max(x.rank, times.length);
    const ones1 = (n: number): number[] => new Array<number>(n).fill(1);
    const shaped = x.rank === rank ? x : reshapeOp(x, [...ones1(rank - x.rank), ...x.shape]);
    return tileOp(shaped, [...ones1(rank - times.length), ...times]);
  },
});

/** x in reverse order along axes; null (default): all. @tf tf.keras.ops.flip */
export const flip = operation<Unary<[options?: AxisOption<Axes> | Axes]>>({
  module: numpy,
  className: 'Flip',
  tensors: ['x'],
  optional: { axis: null },
  check: ({ axis }) => ({ axis: axes(axis, 'axis', 'flip') }),
  run: (args, { axis }) => {
    const x = only(args, 'flip');
    if (axis === null)
      return reverse(
        x,
        x.shape.map((_, i) => i),
      );
    return reverse(x, typeof axis === 'number' ? [axis] : (axis as number[]));
  },
});

interface PadOptions {
  /** 'constant' (default), 'reflect' or 'symmetric'. */
  mode?: 'constant' | 'reflect' | 'symmetric';
  /** What it is padded with in mode 'constant'. Default 0. */
  constantValues?: number | null;
}
const padDefaults: Required<PadOptions> = { mode: 'constant', constantValues: null };

const padDefinition: OperationDefinition = {
  module: numpy,
  className: 'Pad',
  tensors: ['x'],
  named: ['constantValues'],
  required: ['padWidth'],
  optional: { mode: 'constant' },
  check: ({ padWidth, mode }) => {
    if (!Array.isArray(padWidth))
      throw new TypeError(`[pad] padWidth must be a list of pairs; got ${describe(padWidth)}`);
    return { padWidth: padWidth.map((pair: unknown) => integerList(pair, 'padWidth', 'pad')), mode };
  },
  run: ([x, constantValues], { padWidth, mode }) =>
    padOp(toTensor(x, null, 'pad', 'x'), padWidth as number[][], {
      mode: String(mode).toUpperCase(),
      constantValues: (constantValues as number | null | undefined) ?? 0,
    }),
};
operation(padDefinition);

/** x with elements before and after it along each axis: `padWidth` has a pair of numbers for each. @tf tf.keras.ops.pad */
export function pad(
  x: KerasTensor,
  padWidth: readonly (readonly number[])[],
  options?: PadOptions,
): KerasTensor;
export function pad(x: TensorLike, padWidth: readonly (readonly number[])[], options?: PadOptions): Tensor;
export function pad(
  x: Operand,
  padWidth: readonly (readonly number[])[],
  options?: PadOptions,
): Tensor | KerasTensor {
  const { mode, constantValues } = readOptions(options, 'mode', padDefaults, 'pad');
  const config = (padDefinition.check as (config: Config) => Config)({ padWidth, mode });
  return applyOperation(padDefinition, [x, { constantValues }], config) as Tensor;
}

export interface Take {
  (x: KerasTensor, indices: Operand, options?: AxisOption | number | null): KerasTensor;
  (x: Operand, indices: KerasTensor, options?: AxisOption | number | null): KerasTensor;
  (x: TensorLike, indices: TensorLike, options?: AxisOption | number | null): Tensor;
  (x: Operand, indices: Operand, options?: AxisOption | number | null): Tensor | KerasTensor;
}

/** The slices of x at indices along an axis; null (default): the elements of the flat tensor. @tf tf.keras.ops.take */
export const take: Take = operation<Take>({
  module: numpy,
  className: 'Take',
  tensors: ['x', 'indices'],
  optional: { axis: null },
  check: ({ axis }) => ({ axis: axis === null ? null : integer(axis, 'axis', 'take') }),
  run: ([x, indices], { axis }) => {
    const given = toTensor(x, null, 'take', 'x');
    const params = axis === null ? reshapeOp(given, [-1]) : given;
    const along = (axis as number | null) ?? 0;
    const places = toTensor(indices, null, 'take', 'indices');
    const whole = places.dt.kind === 'float' ? cast(places, 'int32') : places;
    return gather(params, wrapped(whole, params.shape.at(along) ?? 0), { axis: along });
  },
});

/** 1 at the place that each index names, 0 elsewhere, along a new axis (default: the last). @tf tf.keras.ops.one_hot */
export const oneHot = operation<
  Unary<[numClasses: number, options?: AxisOption<number> & { dtype?: DType }]>
>({
  module: 'nn',
  className: 'OneHot',
  tensors: ['x'],
  required: ['numClasses'],
  optional: { axis: -1, dtype: null, sparse: false },
  check: ({ numClasses, axis, dtype, sparse }) => ({
    numClasses: integer(numClasses, 'numClasses', 'oneHot'),
    axis: integer(axis, 'axis', 'oneHot'),
    dtype: dtype ?? 'float32',
    sparse,
  }),
  run: (args, { numClasses, axis, dtype }) =>
    oneHotOp(only(args, 'oneHot'), numClasses as number, {
      axis: axis as number,
      dtype: dtype as DType,
    }),
});

/** Zeros in the shape of x. @tf tf.keras.ops.zeros_like */
export const zerosLike = filledLike('ZerosLike', zeros);
/** Ones in the shape of x. @tf tf.keras.ops.ones_like */
export const onesLike = filledLike('OnesLike', ones);

function filledLike(
  className: string,
  f: (x: Tensor, options: { dtype?: DType }) => Tensor,
): Unary<[options?: { dtype?: DType | null } | DType]> {
  return operation({
    module: numpy,
    className,
    tensors: ['x'],
    optional: { dtype: null },
    run: (args, { dtype }) => {
      const x = only(args, className);
      return f(x, { dtype: (dtype as DType | null) ?? x.dtype });
    },
  });
}

const getItemDefinition: OperationDefinition = {
  module: numpy,
  className: 'GetItem',
  tensors: ['x', 'key'],
  run: ([x, key]) => {
    const items = (Array.isArray(key) ? (key as unknown[]) : [key]).map(fromRecordedItem);
    return at(toTensor(x, null, 'getItem', 'x'), ...(items as IndexItem[]));
  },
  spec: ([x, key]) => {
    const { shape, dtype } = x as KerasTensor;
    return new KerasTensor(indexedShape(shape, Array.isArray(key) ? (key as unknown[]) : [key]), dtype);
  },
};
operation(getItemDefinition);

/**
 * x[key]: `getItem(x, [':', '1:3', -1])`, with the items that `Tensor.at` accepts: integers, slices, '...', and null for a new
 * dimension. @tf tf.keras.ops.get_item
 */
export function getItem(x: KerasTensor, key: IndexItem | readonly IndexItem[]): KerasTensor;
export function getItem(x: TensorLike, key: IndexItem | readonly IndexItem[]): Tensor;
export function getItem(x: Operand, key: IndexItem | readonly IndexItem[]): Tensor | KerasTensor {
  const recorded = Array.isArray(key) ? (key as IndexItem[]).map(toRecordedItem) : toRecordedItem(key);
  return applyOperation(getItemDefinition, [x, recorded], {}) as Tensor;
}
