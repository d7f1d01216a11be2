/**
 * Arrays that users give. A proxy may say another length each time that it is asked, a getter another element, a typed array
 * may have a `length` of its own: what counts is asked for once and checked, and ops compute with copies.
 */
import { getHeapStatistics } from 'node:v8';
import { InvalidArgumentError, ResourceExhaustedError } from './errors';

/** The most levels of nested arrays and objects: as many as a tensor may have dimensions. */
export const maxDepth = 254;
/** The most elements of an array. V8 ends the process where one outgrows 2²⁷ while elements are added. */
const maxLength = 2 ** 26;

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const getter = (name: string | symbol): ((this: unknown) => unknown) =>
  (Object.getOwnPropertyDescriptor(typedArray, name) as { get: () => unknown }).get;
const typedLength = getter('length') as (this: ArrayBufferView) => number;
const typedName = getter(Symbol.toStringTag) as (this: unknown) => string | undefined;

/** 'Float32Array' and the like, also of another realm; undefined for what is no typed array. */
export function typedArrayName(value: unknown): string | undefined {
  return typeof value === 'object' ? typedName.call(value) : undefined;
}

/** What errors call a list: the argument of an op, or by a text that says it all. A text is put together for an error alone. */
const placeOf = (op: string, argument?: string): string =>
  argument === undefined ? op : `[${op}] ${argument}`;

/** The number of elements of an array or typed array, which is an op's argument (or what `op` says where it stands alone). */
export function lengthOf(list: ArrayLike<unknown> | ArrayBufferView, op: string, argument?: string): number {
  if (ArrayBuffer.isView(list)) return typedLength.call(list);
  const length: unknown = list.length;
  if (typeof length !== 'number' || !Number.isInteger(length) || length < 0) {
    throw new InvalidArgumentError(
      `${placeOf(op, argument)}: the length of an array must be a whole number; this one says ${String(length)}`,
    );
  }
  if (length > maxLength) {
    throw new ResourceExhaustedError(
      `${placeOf(op, argument)}: an array of ${length} elements; the limit is ${maxLength}`,
    );
  }
  return length;
}

/** The elements of an array or typed array, in an array that nobody else has. */
export function listOf(list: ArrayLike<unknown>, op: string, argument?: string): unknown[] {
  const length = lengthOf(list, op, argument);
  const copy: unknown[] = [];
  for (let i = 0; i < length; i++) copy.push(list[i]);
  return copy;
}

/** An error where something is nested more deeply than it can be, or endlessly. */
export function tooDeep(where: string): InvalidArgumentError {
  return new InvalidArgumentError(`${where} is nested too deeply (or contains itself)`);
}

/** A copy of nested arrays, all else as it is. */
export function copyOfArrays(value: unknown, where: string, depth = 0): unknown {
  if (!Array.isArray(value)) return value;
  if (depth === maxDepth) throw tooDeep(where);
  const copy = listOf(value, where);
  for (let i = 0; i < copy.length; i++) copy[i] = copyOfArrays(copy[i], where, depth + 1);
  return copy;
}

/** Whether all that nested arrays hold passes a test. */
export function everyLeaf(
  value: unknown,
  test: (leaf: unknown) => boolean,
  where: string,
  depth = 0,
): boolean {
  if (!Array.isArray(value)) return test(value);
  if (depth === maxDepth) throw tooDeep(where);
  return listOf(value, where).every((part) => everyLeaf(part, test, where, depth + 1));
}

/** So many objects or elements always fit into V8's heap. */
const few = 2 ** 16;

/**
 * Throws where V8's heap cannot hold `count` objects of about so many bytes, or an array of `longest` elements: V8 would end
 * the process.
 */
export function checkHeap(count: number, bytes: number, longest: number, what: string): void {
  if (count <= few) return;
  const { heap_size_limit: limit, used_heap_size: used } = getHeapStatistics();
  const free = 0.8 * (limit - used);
  if (longest <= maxLength && count * bytes <= free) return;
  throw new ResourceExhaustedError(
    `${what}: JavaScript's heap cannot hold as much; it has ${Math.round(free / 2 ** 20)} MB left, and an array at most ` +
      `${maxLength} elements (node --max-old-space-size gives it more)`,
  );
}

/**
 * Throws where nested arrays of a tensor's elements would not fit into V8's heap, which an empty tensor may be too large for
 * too.
 */
export function checkNested(
  shape: readonly number[],
  size: number,
  { name, big }: { readonly name: string; readonly big: boolean },
): void {
  let arrays = 0;
  let longest = 0;
  for (let axis = 0, count = 1; axis < shape.length && count > 0; axis++) {
    arrays += count;
    count *= shape[axis];
    longest = Math.max(longest, shape[axis]);
  }
  // An array takes some 48 bytes, an element 8, a bigint 24 more.
  const bytes = 48 * arrays + (big ? 32 : 8) * size;
  const what = `[array] a ${name} tensor of shape [${shape.join(',')}] as nested arrays`;
  checkHeap(arrays + size, bytes / (arrays + size), longest, what);
}

/** About what a small tensor takes. */
const tensorBytes = 200;

/** Throws where V8's heap cannot hold so many tensors. */
export function checkTensors(count: number, op: string): void {
  checkHeap(count, tensorBytes, count, `[${op}] ${count} tensors`);
}
