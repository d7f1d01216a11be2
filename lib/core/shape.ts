/** Shapes: sizes, strides, broadcasting. Pure functions of number arrays, independent of tensors. */
import { describeForeign } from './copies';
import { InvalidArgumentError, ResourceExhaustedError } from './errors';
import { copyOfList, maxDepth } from './lists';

/** A list of dimensions. */
export type Dims = readonly number[];

declare const checked: unique symbol;
/**
 * The shape of a tensor, validated and immutable: tensors share it, and kernels trust it. `asShape` brands an array that no
 * code outside of the library can reach; users get a frozen copy. (The shape itself is not frozen: V8 is slow on frozen
 * arrays, a loop over three dimensions takes 15 ns instead of 4, `slice` 230 instead of 8.)
 */
export type Shape = Dims & { readonly [checked]: true };

/** The maximum number of elements of a tensor, which a Float64Array over one ArrayBuffer can index; also of each dimension. */
export const maxElements = 2 ** 32;
/** The maximum rank of a tensor, as in TensorFlow. */
const maxRank = maxDepth;

export function checkRank(rank: number, where: string): void {
  if (rank > maxRank) {
    throw new InvalidArgumentError(`${where}: a tensor has at most ${maxRank} dimensions, not ${rank}`);
  }
}

/** Brands an array of dimensions ≥ 0 as a shape; the caller must not write to it afterwards. Checks only the rank. */
export function asShape(dims: Dims, op?: string): Shape {
  if (dims.length > maxRank) checkRank(dims.length, op === undefined ? 'a shape' : `[${op}]`);
  return dims as Shape;
}

const copies = new WeakMap<Shape, Dims>();

/** The frozen copy of a shape that users get. */
export function frozen(shape: Shape): Dims {
  let copy = copies.get(shape);
  if (copy === undefined) copies.set(shape, (copy = Object.freeze(shape.slice())));
  return copy;
}

/** The shape of every 0-d tensor. */
export const scalarShape = asShape([]);

/** Number of elements. */
export function sizeOf(shape: Dims): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i];
  return size;
}

/** Number of elements of the dimensions [from, to). */
export function sizeBetween(shape: Dims, from: number, to: number): number {
  let size = 1;
  for (let i = from; i < to; i++) size *= shape[i];
  return size;
}

/** The concatenation of a[0…aEnd), middle[from…to) and b[bFrom…). */
export function joinShapes(
  a: Dims,
  aEnd: number,
  middle: Dims,
  from: number,
  to: number,
  b: Dims,
  bFrom: number,
): Shape {
  const out: number[] = [];
  for (let i = 0; i < aEnd; i++) out.push(a[i]);
  for (let i = from; i < to; i++) out.push(middle[i]);
  for (let i = bFrom; i < b.length; i++) out.push(b[i]);
  return asShape(out);
}

export function sameShape(a: Dims, b: Dims): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A shape for error messages: `[2,3]`. */
export function showShape(shape: readonly (number | null)[]): string {
  return `[${shape.map((d) => d ?? '?').join(',')}]`;
}

/** Checks a shape given by a user. */
export function checkShape(shape: unknown, where: string): Shape {
  if (!Array.isArray(shape) && !ArrayBuffer.isView(shape)) {
    throw new TypeError(`${where} must be an array of dimensions; got ${describe(shape)}`);
  }
  const given = copyOfList(shape as ArrayLike<unknown>, where);
  checkRank(given.length, where);
  const dims: number[] = [];
  let size = 1;
  for (let i = 0; i < given.length; i++) {
    const d = typeof given[i] === 'bigint' ? Number(given[i]) : given[i];
    if (typeof d !== 'number' || !Number.isInteger(d) || d < 0) {
      throw new InvalidArgumentError(`${where}: dimension ${i} must be an integer ≥ 0; got ${describe(d)}`);
    }
    dims.push(d);
    size *= d;
  }
  checkElements(size, dims, where);
  return asShape(dims);
}

/** A shape in which `null` stands for a dimension that may vary. */
export type PartialShape = readonly (number | null)[];

/** Checks a partial shape given by a user; returns a frozen copy. */
export function checkPartialShape(shape: unknown, where: string): PartialShape {
  if (!Array.isArray(shape)) {
    throw new TypeError(
      `${where} must be an array of dimensions, null where one may vary; got ${describe(shape)}`,
    );
  }
  const given = copyOfList(shape, where).map((d) => d ?? null);
  const known = checkShape(
    given.map((d) => d ?? 0),
    where,
  );
  return Object.freeze(given.map((d, i) => (d === null ? null : known[i])));
}

/** Throws if a tensor of this size and shape exceeds the limits. */
export function checkElements(size: number, shape: Dims, where: string): void {
  if (size > maxElements) {
    throw new ResourceExhaustedError(
      `${where}: a tensor of shape ${showShape(shape)} would have ${size} elements; the limit is ${maxElements}`,
    );
  }
  // A dimension of 0 makes the size 0, however large the others are.
  if (size === 0 && shape.some((d) => d > maxElements)) {
    throw new ResourceExhaustedError(
      `${where}: a tensor of shape ${showShape(shape)} has too large a dimension; the limit is ${maxElements}`,
    );
  }
}

/** A short description of any value, for error messages. */
export function describe(value: unknown, depth = 0): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) {
    if (value.length > 8 || depth === 3) return `an array of ${String(value.length)}`;
    return `[${value.map((part) => describe(part, depth + 1)).join(', ')}]`;
  }
  if (typeof value === 'string') return value.length > 40 ? `'${value.slice(0, 40)}…'` : `'${value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object') {
    const foreign = describeForeign(value);
    if (foreign !== null) return foreign;
    // Bundlers prefix the names of classes that refer to themselves.
    const own = (value.constructor?.name ?? '').replace(/^_(?=[A-Z])/, '');
    // The constructors of generators, for example, have no name.
    const name = own === '' ? Object.prototype.toString.call(value).slice(8, -1) : own;
    return name === 'Object' ? 'an object' : `a ${name}`;
  }
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- objects are dealt with above
  return String(value);
}

/** Row-major strides in elements. */
export function stridesOf(shape: Dims): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

/** The shape that two shapes broadcast to; null if they are incompatible. */
export function broadcastShapes(a: Dims, b: Dims): Shape | null {
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 0; i < rank; i++) {
    const da = i < rank - a.length ? 1 : a[i - rank + a.length];
    const db = i < rank - b.length ? 1 : b[i - rank + b.length];
    if (da !== db && da !== 1 && db !== 1) return null;
    out[i] = da === 1 ? db : da;
  }
  return asShape(out);
}

/** Strides of a tensor of shape `shape` broadcast to `out`: 0 along broadcast dimensions. */
export function broadcastStrides(shape: Dims, out: Dims): number[] {
  const strides = new Array<number>(out.length);
  const lead = out.length - shape.length;
  for (let i = 0; i < lead; i++) strides[i] = 0;
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[lead + i] = shape[i] === 1 ? 0 : stride;
    stride *= shape[i];
  }
  return strides;
}

/** The axes of `out` along which `shape` was broadcast, over which the gradient is summed. */
export function broadcastAxes(shape: Dims, out: Dims): number[] {
  const axes: number[] = [];
  const lead = out.length - shape.length;
  for (let i = 0; i < out.length; i++) {
    if (i < lead || (shape[i - lead] === 1 && out[i] !== 1)) axes.push(i);
  }
  return axes;
}

/**
 * Coalesces adjacent dimensions that are contiguous in every operand, and drops dimensions of size 1. `strides` has one list
 * for each operand. The result has at least one dimension.
 */
export function mergeDims(
  dims: Dims,
  strides: readonly (readonly number[])[],
): { dims: number[]; strides: number[][] } {
  const count = strides.length;
  const outDims: number[] = [];
  const outStrides: number[][] = [];
  for (let k = 0; k < count; k++) outStrides.push([]);
  for (let d = 0; d < dims.length; d++) {
    const n = dims[d];
    if (n === 1) continue;
    const last = outDims.length - 1;
    let joins = last >= 0;
    for (let k = 0; joins && k < count; k++) joins = outStrides[k][last] === strides[k][d] * n;
    if (joins) {
      outDims[last] *= n;
      for (let k = 0; k < count; k++) outStrides[k][last] = strides[k][d];
    } else {
      outDims.push(n);
      for (let k = 0; k < count; k++) outStrides[k].push(strides[k][d]);
    }
  }
  if (outDims.length === 0) {
    outDims.push(1);
    for (let k = 0; k < count; k++) outStrides[k].push(0);
  }
  return { dims: outDims, strides: outStrides };
}

/** Checks an axis in [−rank, rank), and converts it to [0, rank). */
export function normalizeAxis(axis: unknown, rank: number, op: string, argument = 'axis'): number {
  if (typeof axis === 'bigint') axis = Number(axis);
  if (typeof axis !== 'number' || !Number.isInteger(axis)) {
    throw new TypeError(`[${op}] ${argument} must be an integer; got ${describe(axis)}`);
  }
  if (axis < -rank || axis >= rank) {
    throw new InvalidArgumentError(
      `[${op}] ${argument} = ${axis} is out of range: for a tensor of rank ${rank} it must be in [${-rank}, ${rank})`,
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/** Converts a number, an array or null (all) to sorted axes in [0, rank); throws if one is repeated. */
export function normalizeAxes(axes: unknown, rank: number, op: string, argument = 'axis'): number[] {
  if (axes === undefined || axes === null) return Array.from({ length: rank }, (_, i) => i);
  if (!Array.isArray(axes)) return [normalizeAxis(axes, rank, op, argument)];
  const list = copyOfList(axes, op, argument);
  const sorted: number[] = [];
  for (let i = 0; i < list.length; i++) {
    const a = normalizeAxis(list[i], rank, op, argument);
    // Insertion sort: there are few axes, and they are usually sorted.
    let k = i;
    while (k > 0 && sorted[k - 1] > a) k--;
    if (k > 0 && sorted[k - 1] === a) {
      throw new InvalidArgumentError(`[${op}] ${argument} ${describe(axes)} names axis ${a} twice`);
    }
    if (k === i) sorted.push(a);
    else sorted.splice(k, 0, a);
  }
  return sorted;
}
