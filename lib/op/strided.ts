/** Strided copies and fills, and the parsing of arguments that are integers or lists of tensors. */
import { frame, native } from '../binding';
import { toTensor } from '../core/convert';
import { dtypeByCode, type DTypeInfo } from '../core/dtype';
import { InvalidArgumentError, UnimplementedError } from '../core/errors';
import { storedElement } from '../core/half';
import { lengthOf, copyOfList, typedArrayName } from '../core/lists';
import { describe, type Dims, mergeDims, showShape } from '../core/shape';
import { bufferOf, shapeOf, Tensor, viewOf } from '../core/tensor';
import { Variable } from '../core/variable';
import { requireConcrete } from './traced';

const maxCopyDims = 16;

/**
 * dst[dstAt + Σ iₖ·dstStrides[k]] = src[srcAt + Σ iₖ·srcStrides[k]] over all indices within dims, in elements. Source
 * strides may be 0 or negative.
 */
export function copyStrided(
  src: Tensor,
  srcAt: number,
  srcStrides: readonly number[],
  dst: Tensor,
  dstAt: number,
  dstStrides: readonly number[],
  dims: Dims,
): void {
  let n = dims.length;
  if (n > maxCopyDims) {
    const merged = mergeDims(dims, [srcStrides, dstStrides]);
    dims = merged.dims;
    [srcStrides, dstStrides] = merged.strides;
    n = dims.length;
    if (n > maxCopyDims) {
      throw new UnimplementedError(
        `a copy with ${n} dimensions that do not merge; at most ${maxCopyDims} are possible`,
      );
    }
  }
  const bytes = dst.dt.bytes;
  frame[0] = src.offset + srcAt * bytes;
  frame[1] = dst.offset + dstAt * bytes;
  frame[2] = bytes;
  frame[3] = n;
  for (let d = 0; d < n; d++) {
    frame[4 + d] = dims[d];
    frame[4 + n + d] = srcStrides[d];
    frame[4 + 2 * n + d] = dstStrides[d];
  }
  native.copy(bufferOf(src), bufferOf(dst));
}

/** Copies all elements of a tensor to consecutive elements of another, from `dstAt` on. */
export function copyFlat(src: Tensor, dst: Tensor, dstAt = 0): void {
  if (src.size === 0) return;
  const bytes = dst.dt.bytes;
  frame[0] = src.offset;
  frame[1] = dst.offset + dstAt * bytes;
  frame[2] = bytes;
  frame[3] = 1;
  frame[4] = src.size;
  frame[5] = 1;
  frame[6] = 1;
  native.copy(bufferOf(src), bufferOf(dst));
}

/** The maximum number of pieces in a native call. */
const maxSegments = 252;

/**
 * Splits `whole`, as a matrix of `rows` rows, into `pieces`, matrices of some of its columns (`toPieces`), or concatenates
 * these to `whole`.
 */
export function copySegments(
  whole: Tensor,
  pieces: readonly Tensor[],
  rows: number,
  toPieces: boolean,
): void {
  const { size } = whole;
  if (size === 0) return;
  const storage = bufferOf(whole);
  let column = 0;
  for (let from = 0; from < pieces.length; from += maxSegments) {
    const count = Math.min(pieces.length - from, maxSegments);
    frame[0] = whole.offset;
    frame[1] = whole.dt.bytes;
    frame[2] = rows;
    frame[3] = size / rows;
    frame[4] = column;
    frame[6] = count;
    // Small pieces that were allocated together share a slab.
    const buffer = bufferOf(pieces[from]);
    let together = true;
    for (let i = 0; i < count; i++) {
      const piece = pieces[from + i];
      const width = piece.size / rows;
      if (bufferOf(piece) !== buffer) together = false;
      frame[7 + 2 * i] = piece.offset;
      frame[8 + 2 * i] = width;
      column += width;
    }
    frame[5] = (toPieces ? 1 : 0) + (together ? 2 : 0);
    // Spreading a list into a call costs more than a small copy.
    if (together) native.parts(storage, buffer);
    else if (count === 2) native.parts(storage, buffer, bufferOf(pieces[from + 1]));
    else {
      const buffers = new Array<ArrayBuffer>(count);
      for (let i = 0; i < count; i++) buffers[i] = bufferOf(pieces[from + i]);
      native.parts(storage, ...buffers);
    }
  }
}

/** Views of a slot of the argument buffer as one stored element of each dtype, by code. */
export const elementSlots = (slot: number): readonly { [i: number]: number | bigint }[] =>
  dtypeByCode.map((dt) => new dt.stored(native.frame, slot * 8, 1) as { [i: number]: number | bigint });

/** The slot of the value of a fill. */
export const fillSlot = 3;
const fillValue = elementSlots(fillSlot);

/** Sets all elements of a new tensor to one value. */
export function fillWith(t: Tensor, value: number | bigint): void {
  const { dt } = t;
  fillWithStored(t, storedElement(dt, dt.big ? BigInt(value) : value));
}

/** The same with a value as the dtype stores it. */
export function fillWithStored(t: Tensor, value: number | bigint): void {
  const { dt, size } = t;
  if (size === 0) return;
  frame[0] = t.offset;
  frame[1] = size;
  frame[2] = dt.bytes;
  fillValue[dt.code][0] = value;
  native.fill(bufferOf(t));
}

/** Whether a value is an array of primitive numbers. */
export function isNumbers(value: unknown): value is readonly number[] {
  if (!Array.isArray(value)) return false;
  for (let i = 0; i < value.length; i++) if (typeof value[i] !== 'number') return false;
  return true;
}

/** Parses integers given as an array, a typed array, an integer tensor, or a single number or bigint. */
export function integerList(value: unknown, op: string, argument: string): number[] {
  if (Array.isArray(value) || typedArrayName(value) !== undefined) {
    const given = value as ArrayLike<unknown>;
    const length = lengthOf(given, op, argument);
    const list: number[] = [];
    for (let i = 0; i < length; i++) {
      const v = given[i];
      list.push(Number.isSafeInteger(v) ? (v as number) : integer(v, op, `${argument}[${i}]`));
    }
    return list;
  }
  if (typeof value === 'number' || typeof value === 'bigint') return [integer(value, op, argument)];
  if (value instanceof Tensor || value instanceof Variable) {
    const t = value instanceof Tensor ? value : value.read();
    if (t.dt.kind !== 'int' || t.rank > 1) {
      throw new InvalidArgumentError(
        `[${op}] ${argument} must be a vector of integers; got a ${t.dtype} tensor of shape ${showShape(shapeOf(t))}`,
      );
    }
    const elements = viewOf(requireConcrete(t, op)) as ArrayLike<number | bigint>;
    return Array.from(elements, (v) => integer(v, op, argument));
  }
  throw new TypeError(`[${op}] ${argument} must be an array of integers; got ${describe(value)}`);
}

/** Parses an integer given as a number, a bigint or a scalar integer tensor. */
export function integer(value: unknown, op: string, argument: string): number {
  if (typeof value === 'bigint') value = Number(value);
  if (value instanceof Tensor || value instanceof Variable) {
    if (value.dt.kind !== 'int' || value.shape.length > 0) {
      throw new InvalidArgumentError(
        `[${op}] ${argument} must be one integer; got a ${value.dtype} tensor of shape ${showShape(value.shape)}`,
      );
    }
    value = Number(requireConcrete(value, op).item());
  }
  if (typeof value !== 'number') {
    throw new TypeError(`[${op}] ${argument} must be an integer; got ${describe(value)}`);
  }
  if (!Number.isInteger(value)) {
    throw new InvalidArgumentError(`[${op}] ${argument} must be an integer; got ${value}`);
  }
  if (!Number.isSafeInteger(value)) {
    throw new InvalidArgumentError(
      `[${op}] ${argument} = ${value} is out of range: it must lie between ±(2⁵³ − 1)`,
    );
  }
  return value;
}

/** Converts a list to tensors of one dtype; host values take the dtype of the first tensor. */
export function tensorList(values: unknown, op: string, argument: string): Tensor[] {
  if (!Array.isArray(values)) {
    throw new TypeError(`[${op}] ${argument} must be an array of tensors; got ${describe(values)}`);
  }
  const list = copyOfList(values, op, argument);
  let dt: DTypeInfo | null = null;
  for (let i = 0; i < list.length; i++) {
    const v = list[i];
    if (v instanceof Tensor || v instanceof Variable) {
      dt = v.dt;
      break;
    }
  }
  for (let i = 0; i < list.length; i++) {
    const v = list[i];
    const t = v instanceof Tensor ? v : toTensor(v, dt, op, `${argument}[${i}]`);
    if (dt === null) dt = t.dt;
    if (t.dt !== dt) {
      throw new InvalidArgumentError(
        `[${op}] ${argument}[${i}] was expected to be a ${dt.name} tensor but is a ${t.dt.name} tensor; ` +
          `cast it, tf.cast(x, '${dt.name}')`,
      );
    }
    list[i] = t;
  }
  return list as Tensor[];
}
