/**
 * Indexing: `x.at(0)`, `x.at('1:3', ':', -1)`, `x.at('...', tf.newaxis)`, `x.at('::-1')`, `x.at(mask)`. Each argument is one
 * of the items between the brackets of Python's `x[…]`.
 */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypes, type AnyDType, type DType } from '../../core/dtype';
import { copyOfList, maxDepth, tooDeep } from '../../core/lists';
import { TensorConvertible } from '../../core/tensor_convertible';
import { describe, type Shape, showShape } from '../../core/shape';
import { shapeOf, Tensor, viewOf } from '../../core/tensor';
import { context } from '../../core/context';
import { add } from '../math/binary';
import { less } from '../math/compare';
import { booleanMask, gather, where } from '../index/indexing';
import { requireConcrete } from '../../op/traced';
import { takeRegion, type Region } from './region';
import { regionOf, type IndexItem } from './slicing';

/** Adds a dimension of size 1 in an index. @tf tf.newaxis */
export const newaxis = null;

/** One item of an index: an integer, a slice 'begin:end:step', '...', tf.newaxis, an integer scalar; or a bool mask alone. */
export type IndexPart = number | bigint | string | null | TensorLike;

/** Parsed index strings, by string. */
const parsed = new Map<string, IndexItem>();
/** Longer strings are not cached. */
const maxCachedLength = 64;

function invalid(part: unknown): TypeError {
  const what =
    part instanceof Tensor || part instanceof TensorConvertible
      ? `a ${part.dt.name} tensor of shape ${showShape(part instanceof Tensor ? shapeOf(part) : shapeOf(part.operand()))}`
      : describe(part);
  return new TypeError(
    `[at] Only integers, slices ('1:3'), ellipsis ('...'), tf.newaxis (null) and scalar tf.int32/tf.int64 tensors are ` +
      `valid indices, and a bool mask alone; got ${what}`,
  );
}

function parseString(text: string): IndexItem {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const item = readString(text);
  if (parsed.size >= 1024) parsed.clear();
  if (text.length <= maxCachedLength) parsed.set(text, item);
  return item;
}

function readString(text: string): IndexItem {
  if (text.trim() === '...') return { kind: 'ellipsis' };
  const ends = text.split(':', 4).map((field): number | null => {
    const end = field.trim();
    if (end === '') return null;
    if (!/^-?\d+$/.test(end)) throw invalid(text);
    return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number(end), Number.MAX_SAFE_INTEGER));
  });
  if (ends.length < 2 || ends.length > 3) throw invalid(text);
  return { kind: 'range', begin: ends[0], end: ends[1], step: ends[2] ?? 1 };
}

function parsePart(part: unknown): IndexItem {
  if (typeof part === 'number') {
    if (!Number.isInteger(part)) throw invalid(part);
    return { kind: 'index', at: part };
  }
  if (typeof part === 'string') return parseString(part);
  if (part === null) return { kind: 'newaxis' };
  if (typeof part === 'bigint') return { kind: 'index', at: Number(part) };
  if (part instanceof Tensor || part instanceof TensorConvertible) {
    const t = part instanceof Tensor ? part : part.operand();
    if (t.rank === 0 && (t.dt === dtypes.int32 || t.dt === dtypes.int64)) {
      return { kind: 'index', at: Number(viewOf(requireConcrete(t, 'at'))[0]) };
    }
  }
  throw invalid(part);
}

/** The mask if the index is a bool mask, else null. */
function maskOf(parts: readonly unknown[]): TensorLike | null {
  if (parts.length !== 1) return null;
  const only = parts[0];
  if (only instanceof Tensor || only instanceof TensorConvertible) {
    return only.dt === dtypes.bool ? (only as TensorLike) : null;
  }
  let first: unknown = only;
  for (let depth = 0; Array.isArray(first); depth++) {
    if (depth === maxDepth) throw tooDeep('[at] an index');
    first = (first as unknown[])[0];
  }
  return Array.isArray(only) && typeof first === 'boolean' ? (only as TensorLike) : null;
}

/** The items of an index; an array is an index of its own: x.at([0, 1]) means x.at(0, 1). */
function partsOf(parts: readonly unknown[]): readonly unknown[] {
  return parts.length === 1 && Array.isArray(parts[0]) ? copyOfList(parts[0], 'at', 'an index') : parts;
}

/** The region that a basic index (one without a mask) selects of a tensor of the given shape. */
export function regionAt(shape: Shape, parts: readonly unknown[]): Region {
  return regionOf(shape, partsOf(parts).map(parsePart), 'at');
}

/**
 * The elements that an index selects. An integer drops its dimension (negative ones count from the end); a slice
 * 'begin:end:step' keeps it and is clamped to it; '...' stands for all dimensions that no other item selects from;
 * tf.newaxis adds a dimension of size 1; a bool mask selects the elements for which it is true. InvalidArgumentError for an
 * integer out of bounds, a step of 0 or too many items, TypeError for anything else. @tf tf.Tensor.__getitem__
 */
export function at(x: TensorLike, ...parts: IndexPart[]): Tensor {
  const t = toTensor(x, null, 'at', 'x');
  const mask = maskOf(parts);
  if (mask !== null) return booleanMask(t, mask);
  if (context.tracer !== null) {
    const list = partsOf(parts);
    if (list.some(isSymbolicIndex)) return atSymbolic(t, list);
  }
  return takeRegion(t, regionAt(shapeOf(t), parts));
}

/** Whether an index item is a symbolic integer scalar: its value is unknown during the trace. */
function isSymbolicIndex(part: unknown): part is Tensor | TensorConvertible {
  if (!(part instanceof Tensor || part instanceof TensorConvertible)) return false;
  const t = part instanceof Tensor ? part : part.operand();
  return t.isSymbolic && t.rank === 0 && t.dt.kind === 'int';
}

/** Indexing with symbolic integers: selects by all other items first, then gathers along the axes of the symbolic ones. */
function atSymbolic(t: Tensor, parts: readonly unknown[]): Tensor {
  const items = parts.map((p) => (isSymbolicIndex(p) ? null : parsePart(p)));
  let y = takeRegion(
    t,
    regionOf(
      shapeOf(t),
      items.map((item): IndexItem => item ?? whole),
      'at',
    ),
  );
  const axesOf = (list: typeof items): number => list.filter((item) => item?.kind !== 'index').length;
  // From the last axis to the first, since each gather drops its axis.
  let axis = items.some((item) => item?.kind === 'ellipsis') ? y.rank : axesOf(items);
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i];
    if (item?.kind === 'index') continue;
    if (item?.kind === 'ellipsis') {
      axis = axesOf(items.slice(0, i));
      continue;
    }
    axis--;
    if (item !== null) continue;
    const n = shapeOf(y)[axis];
    const position = toTensor(parts[i], null, 'at', 'an index');
    y = gather(y, where(less(position, 0), add(position, n), position), { axis });
  }
  return y;
}

const whole: IndexItem = { kind: 'range', begin: null, end: null, step: 1 };

declare module '../../core/tensor' {
  interface Tensor<D extends AnyDType = DType> {
    /** The elements that an index selects. @tf tf.Tensor.__getitem__ */
    at(...parts: IndexPart[]): Tensor<D>;
  }
}

Object.defineProperty(Tensor.prototype, 'at', {
  value(this: Tensor, ...parts: IndexPart[]): Tensor {
    return at(this, ...parts);
  },
  writable: true,
  configurable: true,
});
