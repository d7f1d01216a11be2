/** Strided copies and fills, and the parsing of arguments that are integers or lists of tensors. */
import { toTensor } from '../core/convert';
import { dtypeByCode, type DTypeInfo } from '../core/dtype';
import { InvalidArgumentError, UnimplementedError } from '../core/errors';
import { storedElement } from '../core/half';
import { lengthOf, copyOfList, typedArrayName } from '../core/lists';
import { describe, type Dims, mergeDims, showShape } from '../core/shape';
import { bufferOf, shapeOf, Tensor, viewOf } from '../core/tensor';
import { Variable } from '../core/variable';
import { requireConcrete } from './traced';
import * as kernels from './kernels';

/** Dimensions and strides of a copy. */
const lists = kernels.copyLists;
const maxCopyDims = lists.dims.length;

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
  for (let d = 0; d < n; d++) {
    lists.dims[d] = dims[d];
    lists.srcStrides[d] = srcStrides[d];
    lists.dstStrides[d] = dstStrides[d];
  }
  kernels.copy(src, dst, dst.dt.bytes, srcAt, dstAt, n);
}

/** Copies all elements of a tensor to consecutive elements of another, from `dstAt` on. */
export function copyFlat(src: Tensor, dst: Tensor, dstAt = 0): void {
  if (src.size === 0) return;
  lists.dims[0] = src.size;
  lists.srcStrides[0] = 1;
  lists.dstStrides[0] = 1;
  kernels.copy(src, dst, dst.dt.bytes, 0, dstAt, 1);
}

/** The offset and the number of columns of each part in a native call. */
const { parts: segments } = kernels.partsLists;
const maxSegments = segments.length / 2;

/**
 * Splits `whole`, as a matrix of `rows` rows, into `parts`, matrices of some of its columns (`toParts`), or concatenates
 * these to `whole`.
 */
export function copySegments(whole: Tensor, parts: readonly Tensor[], rows: number, toParts: boolean): void {
  const { size } = whole;
  if (size === 0) return;
  let column = 0;
  for (let from = 0; from < parts.length; from += maxSegments) {
    const count = Math.min(parts.length - from, maxSegments);
    const begin = column;
    // Small parts that were allocated together share a slab.
    const buffer = bufferOf(parts[from]);
    let together = true;
    for (let i = 0; i < count; i++) {
      const part = parts[from + i];
      const width = part.size / rows;
      if (bufferOf(part) !== buffer) together = false;
      segments[2 * i] = part.offset;
      segments[2 * i + 1] = width;
      column += width;
    }
    kernels.writeParts(whole, whole.dt.bytes, rows, size / rows, begin, toParts, together, count);
    // Spreading a list into a call costs more than a small copy.
    if (together) kernels.parts(whole, buffer);
    else if (count === 2) kernels.parts(whole, buffer, bufferOf(parts[from + 1]));
    else {
      const buffers = new Array<ArrayBuffer>(count);
      for (let i = 0; i < count; i++) buffers[i] = bufferOf(parts[from + i]);
      kernels.parts(whole, ...buffers);
    }
  }
}

/** Views of a slot of the argument buffer as one stored element of each dtype, by code. */
export const elementSlots = (slot: kernels.List): readonly { [i: number]: number | bigint }[] =>
  dtypeByCode.map((dt) => new dt.stored(slot.buffer as ArrayBuffer, slot.byteOffset, 1));
const fillValue = elementSlots(kernels.fillLists.value);

/** Sets all elements of a new tensor to one value. */
export function fillWith(t: Tensor, value: number | bigint): void {
  const { dt } = t;
  fillWithStored(t, storedElement(dt, dt.big ? BigInt(value) : value));
}

/** The same with a value as the dtype stores it. */
export function fillWithStored(t: Tensor, value: number | bigint): void {
  const { dt, size } = t;
  if (size === 0) return;
  fillValue[dt.code][0] = value;
  kernels.fill(t, size, dt.bytes);
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
