/** Basic slicing: slice, stridedSlice, and what indexing by integers, ranges, newaxis and ellipsis comes to. Padding. */
import { element, toTensor, toValue, type TensorLike } from '../../core/convert';
import { everyType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { copyOfList } from '../../core/lists';
import { memoized } from '../../core/memoize';
import { asShape, describe, type Shape, showShape, stridesOf } from '../../core/shape';
import { shapeOf, Tensor } from '../../core/tensor';
import { Variable } from '../../core/variable';
import { composite } from '../../op/define/composite';
import { op } from '../../op/define/general';
import { options } from '../../core/options';
import { gather } from '../index/indexing';
import { regionLayout, regionRow, reorderedPlace, takeRegion, type Region } from './region';
import { sample } from '../../op/registry';
import { copyStrided, fillWith, integerList, isNumbers } from '../../op/strided';
import { requireConcrete } from '../../op/traced';
import type { DTypeOf } from '../../core/dtype_of';
import type { ShapeLike } from './views';

/** One part of an index: a position, a range (null: from the end that the step's sign says), or how shapes change. */
export type IndexItem =
  | { kind: 'index'; at: number }
  | { kind: 'range'; begin: number | null; end: number | null; step: number }
  | { kind: 'newaxis' }
  | { kind: 'ellipsis' };

/** An end of a range: negative ones count from the end, and what lies outside is the border. */
function clamp(v: number, n: number, low: number, high: number): number {
  return Math.min(Math.max(v < 0 ? v + n : v, low), high);
}

/** What an index selects of a tensor of a given shape. Ranges are clamped, positions are not. */
export function regionOf(shape: Shape, items: readonly IndexItem[], opName: string): Region {
  let used = 0;
  let ellipses = 0;
  for (const item of items) {
    if (item.kind === 'index' || item.kind === 'range') used++;
    else if (item.kind === 'ellipsis') ellipses++;
  }
  if (ellipses > 1) throw new InvalidArgumentError(`[${opName}] Multiple ellipses in slice spec not allowed`);
  if (used > shape.length) {
    throw new InvalidArgumentError(
      `[${opName}] Index out of range using input dim ${shape.length}; input has only ${shape.length} dims`,
    );
  }
  const begin: number[] = [];
  const steps: number[] = [];
  const sizes: number[] = [];
  const out: number[] = [];
  const whole = (count: number): void => {
    for (let k = 0; k < count; k++) {
      const n = shape[begin.length];
      begin.push(0);
      steps.push(1);
      sizes.push(n);
      out.push(n);
    }
  };
  for (const item of items) {
    const d = begin.length;
    const n = shape[d];
    switch (item.kind) {
      case 'newaxis':
        out.push(1);
        break;
      case 'ellipsis':
        whole(shape.length - used);
        break;
      case 'index':
        if (item.at < -n || item.at >= n) {
          throw new InvalidArgumentError(
            `[${opName}] slice index ${item.at} of dimension ${d} out of bounds.`,
          );
        }
        begin.push(item.at < 0 ? item.at + n : item.at);
        steps.push(1);
        sizes.push(1);
        break;
      case 'range': {
        if (item.step === 0) throw new InvalidArgumentError(`[${opName}] strides[${d}] must be non-zero`);
        const low = item.step > 0 ? 0 : -1;
        const high = item.step > 0 ? n : n - 1;
        const from = item.begin === null ? (item.step > 0 ? low : high) : clamp(item.begin, n, low, high);
        const to = item.end === null ? (item.step > 0 ? high : low) : clamp(item.end, n, low, high);
        const size = Math.max(0, Math.ceil((to - from) / item.step));
        begin.push(size === 0 ? 0 : from);
        // The step of one element is of no account, and may be larger than any address.
        steps.push(size > 1 ? item.step : 1);
        sizes.push(size);
        out.push(size);
        break;
      }
    }
  }
  whole(shape.length - begin.length);
  return { begin, steps, sizes, shape: asShape(out, opName) };
}

/** The `size` elements of each dimension from `begin` on; size −1 takes the rest. @tf tf.slice */
export const slice: <X extends TensorLike>(
  input: X,
  begin: ShapeLike,
  size: ShapeLike,
) => Tensor<DTypeOf<X>> = op<[input: TensorLike, begin: ShapeLike, size: ShapeLike], Region>('slice', {
  tf: 'tf.slice',
  ...regionRow,
  examples: [
    { args: [sample([3, 4]), [1, 0], [2, 3]] },
    { args: [sample([3, 4]), [0, 2], [-1, -1]] },
    { args: [sample([3, 4]), [3, 0], [0, 4]] },
    { args: [sample([2, 3, 4]), [1, 1, 1], [1, 2, 3]] },
  ],
  args: (input, begin, size) => {
    const x = toTensor(input, null, 'slice', 'input');
    const from = integerList(begin, 'slice', 'begin');
    const sizes = integerList(size, 'slice', 'size');
    if (from.length !== x.rank || sizes.length !== x.rank) {
      throw new InvalidArgumentError(
        `[slice] Expected begin and size arguments to be 1-D tensors of size ${x.rank}, but got sizes ` +
          `${from.length} and ${sizes.length}; the input has shape ${showShape(shapeOf(x))}`,
      );
    }
    const steps = new Array<number>(from.length);
    for (let d = 0; d < from.length; d++) {
      const n = shapeOf(x)[d];
      if (from[d] < 0 || from[d] > n) {
        throw new InvalidArgumentError(`[slice] Expected begin[${d}] in [0, ${n}], but got ${from[d]}`);
      }
      if (sizes[d] === -1) sizes[d] = n - from[d];
      if (sizes[d] < 0 || from[d] + sizes[d] > n) {
        throw new InvalidArgumentError(
          `[slice] Expected size[${d}] in [0, ${n - from[d]}], but got ${sizes[d]}`,
        );
      }
      steps[d] = 1;
    }
    return [[x], { begin: from, steps, sizes, shape: asShape(sizes) }];
  },
});

export interface StridedSliceOptions {
  /** Default: all 1. */
  strides?: ShapeLike | null;
  /** Bit i: begin[i] is ignored, the range starts at its end of the dimension. */
  beginMask?: number;
  /** Bit i: end[i] is ignored. */
  endMask?: number;
  /** Bit i: place i stands for as many whole dimensions as are left. */
  ellipsisMask?: number;
  /** Bit i: place i is a new dimension of 1. */
  newAxisMask?: number;
  /** Bit i: begin[i] is a position, and the dimension is dropped. */
  shrinkAxisMask?: number;
}

const stridedDefaults: Required<StridedSliceOptions> = {
  strides: null,
  beginMask: 0,
  endMask: 0,
  ellipsisMask: 0,
  newAxisMask: 0,
  shrinkAxisMask: 0,
};

const bit = (mask: number, i: number): boolean => ((mask >> i) & 1) === 1;

const ellipsis: IndexItem = { kind: 'ellipsis' };
const newDimension: IndexItem = { kind: 'newaxis' };

/**
 * The elements from `begin` up to `end` in steps of `strides`, per dimension; negative positions count from the end.
 * Fewer places than dimensions leave the others whole. InvalidArgumentError for a stride of 0 or a position out of
 * bounds. @tf tf.strided_slice
 */
export const stridedSlice: <X extends TensorLike>(
  input: X,
  begin: ShapeLike,
  end: ShapeLike,
  options?: StridedSliceOptions | ShapeLike,
) => Tensor<DTypeOf<X>> = op<
  [input: TensorLike, begin: ShapeLike, end: ShapeLike, options?: StridedSliceOptions | ShapeLike],
  Region
>('stridedSlice', {
  tf: 'tf.strided_slice',
  ...regionRow,
  examples: [
    { args: [sample([5]), [0], [5]], options: { strides: [2] } },
    { args: [sample([3, 4]), [2, 3], [-4, -5]], options: { strides: [-1, -2] } },
    { args: [sample([3, 4]), [1], [3]] },
    { args: [sample([3, 4]), [1, 1], [2, 3]], options: { shrinkAxisMask: 1, endMask: 2 } },
    { args: [sample([3, 4]), [0, 0], [0, 2]], options: { newAxisMask: 1 } },
    { args: [sample([2, 3, 4]), [0, 1], [0, 3]], options: { ellipsisMask: 1 } },
    { args: [sample([4]), [3], [1]] },
  ],
  args: (input, begin, end, given) => {
    const x = toTensor(input, null, 'stridedSlice', 'input');
    const o = options(given, 'strides', stridedDefaults, 'stridedSlice');
    const { strides } = o;
    // What tensors hold may change; lists of numbers say the same again.
    const plain = isNumbers(begin) && isNumbers(end) && (strides === null || isNumbers(strides));
    const region = plain ? knownStridedRegion : stridedRegion;
    const { beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = o;
    return [
      [x],
      region(shapeOf(x), begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask),
    ];
  },
});

function stridedRegion(
  shape: Shape,
  begin: ShapeLike,
  end: ShapeLike,
  strides: ShapeLike | null,
  beginMask: number,
  endMask: number,
  ellipsisMask: number,
  newAxisMask: number,
  shrinkAxisMask: number,
): Region {
  const masks = { beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask };
  for (const [name, mask] of Object.entries(masks)) {
    if (typeof mask !== 'number' || !Number.isInteger(mask)) {
      throw new TypeError(
        `[stridedSlice] ${name} must be an integer, bit i for dimension i; got ${describe(mask)}`,
      );
    }
  }
  const from = integerList(begin, 'stridedSlice', 'begin');
  const to = integerList(end, 'stridedSlice', 'end');
  const steps = strides === null ? from.map(() => 1) : integerList(strides, 'stridedSlice', 'strides');
  if (from.length !== to.length || from.length !== steps.length) {
    throw new InvalidArgumentError(
      `[stridedSlice] Expected begin, end, and strides to be 1D equal size tensors, but got sizes ` +
        `${from.length}, ${to.length} and ${steps.length}`,
    );
  }
  const items: IndexItem[] = [];
  for (let i = 0; i < from.length; i++) {
    if (bit(ellipsisMask, i)) items.push(ellipsis);
    else if (bit(newAxisMask, i)) items.push(newDimension);
    else if (steps[i] === 0) throw new InvalidArgumentError(`[stridedSlice] strides[${i}] must be non-zero`);
    else if (bit(shrinkAxisMask, i)) items.push({ kind: 'index', at: from[i] });
    else {
      const at = bit(beginMask, i) ? null : from[i];
      items.push({ kind: 'range', begin: at, end: bit(endMask, i) ? null : to[i], step: steps[i] });
    }
  }
  return regionOf(shape, items, 'stridedSlice');
}
const knownStridedRegion = memoized(stridedRegion, [0]);

// ---------------------------------------------------------------------------------------------------- padding

interface PadPlan {
  /** Where the input lies. */
  region: Region;
  /** The result's. */
  shape: Shape;
}
interface PadAttrs extends PadPlan {
  value: number | bigint;
}

function padPlan(shape: Shape, paddings: unknown): PadPlan {
  const list = readPaddings(paddings, shape);
  const begin = list.map((p) => p[0]);
  const around = asShape(shape.map((n, d) => begin[d] + n + list[d][1]));
  const region = { begin, steps: shape.map(() => 1), sizes: shape, shape };
  return { region, shape: around };
}
const knownPadPlan = memoized(padPlan, [0]);

/** Whether a value is an array of arrays of numbers and nothing else. */
function isTable(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  for (let i = 0; i < value.length; i++) if (!isNumbers(value[i])) return false;
  return true;
}

/** The tensor inside a larger one that is filled with a value. */
const padConstant = op<[x: Tensor, plan: PadPlan, value: number | bigint], PadAttrs>('padConstant', {
  tf: '',
  dtypes: everyType,
  ulp: 0,
  args: (x, { region, shape }, value) => [[x], { region, shape, value }],
  infer: ([x], { shape }) => ({ shape, dt: x.dt }),
  run: ([x], { region, shape, value }, [y]) => {
    if (y.size !== x.size) fillWith(y, value);
    if (x.size === 0) return;
    const { at, strides } = regionLayout(shape, region);
    copyStrided(x, 0, stridesOf(shapeOf(x)), y, at, strides, shapeOf(x));
  },
  permutedAttrs: reorderedPlace,
  gradient: ([dy], { attrs }) => [takeRegion(dy, attrs.region)],
});

export interface PadOptions {
  /**
   * What goes around: 'CONSTANT' (default) a value, 'REFLECT' the elements mirrored at the border element, 'SYMMETRIC'
   * mirrored at the border, itself included.
   */
  mode?: string;
  /** The value for 'CONSTANT'. Default 0. */
  constantValues?: TensorLike;
}

const padDefaults: Required<PadOptions> = { mode: 'CONSTANT', constantValues: 0 };

function readPaddings(paddings: unknown, shape: Shape): number[][] {
  const t = paddings instanceof Variable ? paddings.read() : paddings;
  let list: number[][];
  if (t instanceof Tensor) {
    if (t.dt.kind !== 'int' || shapeOf(t).length !== 2) {
      throw new InvalidArgumentError(
        `[pad] paddings must be an integer tensor of shape [${shape.length},2], a [before, after] for each dimension; ` +
          `got a ${t.dtype} tensor of shape ${showShape(shapeOf(t))}`,
      );
    }
    list = (requireConcrete(t, 'pad').array() as unknown[]).map((row) => integerList(row, 'pad', 'paddings'));
  } else if (Array.isArray(t)) {
    list = [];
    const rows = copyOfList(t, 'pad', 'paddings');
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      list.push(integerList(row, 'pad', `paddings[${i}]`));
    }
  } else {
    throw new TypeError(`[pad] paddings must be an array of [before, after]; got ${describe(paddings)}`);
  }
  const rank = shape.length;
  let fits = list.length === rank;
  for (let i = 0; fits && i < list.length; i++) fits = list[i].length === 2;
  if (!fits) {
    throw new InvalidArgumentError(
      `[pad] paddings must have shape [${rank},2], a [before, after] for each dimension of the input of shape ` +
        showShape(shape),
    );
  }
  for (const p of list) {
    if (p[0] < 0 || p[1] < 0) {
      throw new InvalidArgumentError(`[pad] Paddings must be non-negative: ${p[0]} ${p[1]}`);
    }
  }
  return list;
}

/** Positions in [0, n) of a padded dimension: mirrored, with or without the border element once more. */
function mirrored(n: number, before: number, after: number, symmetric: boolean): Int32Array {
  const skip = symmetric ? 0 : 1;
  const positions = new Int32Array(before + n + after);
  for (let i = 0; i < positions.length; i++) {
    const at = i - before;
    positions[i] = at < 0 ? -at - 1 + skip : at < n ? at : 2 * n - 1 - at - skip;
  }
  return positions;
}

/**
 * The tensor with `paddings[i] = [before, after]` elements more around dimension i.
 * InvalidArgumentError for negative paddings, or mirrored ones larger than the dimension. @tf tf.pad
 */
export const pad: <X extends TensorLike>(
  tensor: X,
  paddings: TensorLike | readonly (readonly number[])[],
  options?: PadOptions | string,
) => Tensor<DTypeOf<X>> = composite(
  'pad',
  {
    tf: 'tf.pad',
    dtypes: everyType,
    ulp: 0,
    examples: [
      {
        args: [
          sample([2, 3]),
          [
            [1, 1],
            [2, 0],
          ],
        ],
      },
      { args: [sample([3]), [[1, 2]]], options: { constantValues: 7 } },
      {
        args: [
          sample([2, 3]),
          [
            [1, 1],
            [2, 2],
          ],
        ],
        options: { mode: 'REFLECT' },
      },
      {
        args: [
          sample([2, 3]),
          [
            [2, 1],
            [0, 3],
          ],
        ],
        options: { mode: 'SYMMETRIC' },
      },
      { args: [sample([0]), [[2, 1]]] },
    ],
  },
  (
    tensor: TensorLike,
    paddings: readonly (readonly number[])[] | TensorLike,
    given?: PadOptions | string,
  ): Tensor => {
    const { mode, constantValues } = options<Required<PadOptions>>(given, 'mode', padDefaults, 'pad');
    const x = toValue(tensor, null, 'pad', 'tensor');
    const kind = mode === 'CONSTANT' || typeof mode !== 'string' ? mode : mode.toUpperCase();
    if (kind === 'CONSTANT') {
      // What tensors hold may change; lists of numbers say the same again.
      const plan = (isTable(paddings) ? knownPadPlan : padPlan)(shapeOf(x), paddings);
      return padConstant(x, plan, padValue(constantValues, x));
    }
    const list = readPaddings(paddings, shapeOf(x));
    if (kind !== 'REFLECT' && kind !== 'SYMMETRIC') {
      throw new InvalidArgumentError(
        `[pad] Unknown padding mode: ${describe(mode)}; it is 'CONSTANT', 'REFLECT' or 'SYMMETRIC'`,
      );
    }
    const symmetric = kind === 'SYMMETRIC';
    list.forEach(([before, after], d) => {
      const n = shapeOf(x)[d];
      const limit = symmetric ? n : n - 1;
      if (before > Math.max(limit, 0) || after > Math.max(limit, 0)) {
        throw new InvalidArgumentError(
          `[pad] paddings must be ${symmetric ? 'no greater' : 'less'} than the dimension size: ${before}, ${after} ` +
            `${symmetric ? 'greater' : 'not less'} than ${n}`,
        );
      }
    });
    // Without elements there is nothing to mirror, however large the other dimensions are.
    if (x.size === 0) return padConstant(x, padPlan(shapeOf(x), list), 0);
    return list.reduce(
      (y, [before, after], d) =>
        before + after === 0 ? y : gather(y, mirrored(shapeOf(x)[d], before, after, symmetric), { axis: d }),
      x,
    );
  },
);

function padValue(value: unknown, x: Tensor): number | bigint {
  if (value instanceof Tensor || value instanceof Variable) {
    if (value.dt !== x.dt || value.size !== 1) {
      throw new InvalidArgumentError(
        `[pad] constantValues must be a scalar of dtype ${x.dtype}; got a ${value.dtype} tensor of shape ` +
          showShape(value.shape),
      );
    }
    value = requireConcrete(value, 'pad').item();
  }
  if (value === 0 && !x.dt.big) return 0;
  return element(value, x.dt, 'pad', 'constantValues');
}
