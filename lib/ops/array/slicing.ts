/** Basic slicing: slice, stridedSlice, and the region of an index of integers, ranges, newaxis and ellipsis. */
import { type AnyTensorLike, toTensor } from '../../core/convert';
import type { AnyDTypeOf } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { options } from '../../core/options';
import { memoized } from '../../core/memoize';
import { asShape, describe, type Shape, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { op } from '../../op/define/general';
import { sample } from '../../op/registry';
import { integerList, isNumbers } from '../../op/strided';
import { regionDefinition, type Region } from './region';
import type { ShapeLike } from './views';

/** One item of an index. In a range, null stands for the first or last element, depending on the sign of the step. */
export type IndexItem =
  | { kind: 'index'; at: number }
  | { kind: 'range'; begin: number | null; end: number | null; step: number }
  | { kind: 'newaxis' }
  | { kind: 'ellipsis' };

/** An end of a range, clamped to [low, high]; negative ones count from the end. */
function clamp(v: number, n: number, low: number, high: number): number {
  return Math.min(Math.max(v < 0 ? v + n : v, low), high);
}

/** The region that an index selects of a tensor of the given shape. Ranges are clamped; integers out of bounds throw. */
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
  const addWholeDims = (count: number): void => {
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
        addWholeDims(shape.length - used);
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
        // The step of a single element is unused, and might be too large for the address computation.
        steps.push(size > 1 ? item.step : 1);
        sizes.push(size);
        out.push(size);
        break;
      }
    }
  }
  addWholeDims(shape.length - begin.length);
  return { begin, steps, sizes, shape: asShape(out, opName) };
}

/** Slices `size` elements of each dimension, from `begin` on; a size of −1 means all that remain. @tf tf.slice */
export const slice: <X extends AnyTensorLike>(
  input: X,
  begin: ShapeLike,
  size: ShapeLike,
) => Tensor<AnyDTypeOf<X>> = op<[input: AnyTensorLike, begin: ShapeLike, size: ShapeLike], Region>('slice', {
  tf: 'tf.slice',
  ...regionDefinition,
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
  /** Bit i: begin[i] is ignored; the range starts at the first element, or at the last one for a negative stride. */
  beginMask?: number;
  /** Bit i: end[i] is ignored; the range extends to the other end of the dimension. */
  endMask?: number;
  /** Bit i: entry i is an ellipsis, which selects all dimensions that no other entry selects from. */
  ellipsisMask?: number;
  /** Bit i: entry i adds a dimension of size 1. */
  newAxisMask?: number;
  /** Bit i: begin[i] is an integer index, which drops the dimension. */
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
 * Slices each dimension from `begin` to `end` (exclusive) in steps of `strides`; negative positions count from the end.
 * Dimensions without an entry are kept whole. InvalidArgumentError for a stride of 0 or an integer index out of bounds.
 * @tf tf.strided_slice
 */
export const stridedSlice: <X extends AnyTensorLike>(
  input: X,
  begin: ShapeLike,
  end: ShapeLike,
  options?: StridedSliceOptions | ShapeLike,
) => Tensor<AnyDTypeOf<X>> = op<
  [input: AnyTensorLike, begin: ShapeLike, end: ShapeLike, options?: StridedSliceOptions | ShapeLike],
  Region
>('stridedSlice', {
  tf: 'tf.strided_slice',
  ...regionDefinition,
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
    // Only calls with arrays of numbers are cached: a variable's value may change between calls.
    const isCacheable = isNumbers(begin) && isNumbers(end) && (strides === null || isNumbers(strides));
    const region = isCacheable ? cachedStridedRegion : stridedRegion;
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
const cachedStridedRegion = memoized(stridedRegion, [0]);
