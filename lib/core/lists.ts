/**
 * Defensive access to arrays given by users. A proxy may return another length or element at each read, and a property may
 * shadow the `length` of a typed array; so lengths and elements are read once, checked, and copied.
 */
import { getHeapStatistics } from 'node:v8';
import { InvalidArgumentError, ResourceExhaustedError } from './errors';

/** The maximum depth of nested arrays and objects, which is also the maximum rank of a tensor. */
export const maxDepth = 254;
/** The maximum length of an array. V8 aborts the process if an array grows beyond 2²⁷ elements. */
const maxLength = 2 ** 26;

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const getter = (name: string | symbol): ((this: unknown) => unknown) =>
  (Object.getOwnPropertyDescriptor(typedArray, name) as { get: () => unknown }).get;
const typedLength = getter('length') as (this: ArrayBufferView) => number;
const typedName = getter(Symbol.toStringTag) as (this: unknown) => string | undefined;

/** The class name of a typed array ('Float32Array'), also of another realm; undefined for other values. */
export function typedArrayName(value: unknown): string | undefined {
  return typeof value === 'object' ? typedName.call(value) : undefined;
}

/** How an error names a list: `[op] argument`, or `op` alone. Built only for errors, so callers pass the two parts. */
const argumentName = (op: string, argument?: string): string =>
  argument === undefined ? op : `[${op}] ${argument}`;

/** The length of an array or typed array, checked. Errors name `op` and `argument`, or `op` alone. */
export function lengthOf(list: ArrayLike<unknown> | ArrayBufferView, op: string, argument?: string): number {
  if (ArrayBuffer.isView(list)) return typedLength.call(list);
  const length: unknown = list.length;
  if (typeof length !== 'number' || !Number.isInteger(length) || length < 0) {
    throw new InvalidArgumentError(
      `${argumentName(op, argument)}: the length of an array must be a whole number; this one says ${String(length)}`,
    );
  }
  if (length > maxLength) {
    throw new ResourceExhaustedError(
      `${argumentName(op, argument)}: an array of ${length} elements; the limit is ${maxLength}`,
    );
  }
  return length;
}

/** A copy of an array or typed array, as an array. */
export function copyOfList(list: ArrayLike<unknown>, op: string, argument?: string): unknown[] {
  const length = lengthOf(list, op, argument);
  const copy: unknown[] = [];
  for (let i = 0; i < length; i++) copy.push(list[i]);
  return copy;
}

/** The error for a structure nested too deeply, or cyclically. */
export function tooDeep(where: string): InvalidArgumentError {
  return new InvalidArgumentError(`${where} is nested too deeply (or contains itself)`);
}

/** A deep copy of nested arrays; other values are kept. */
export function copyOfArrays(value: unknown, where: string, depth = 0): unknown {
  if (!Array.isArray(value)) return value;
  if (depth === maxDepth) throw tooDeep(where);
  const copy = copyOfList(value, where);
  for (let i = 0; i < copy.length; i++) copy[i] = copyOfArrays(copy[i], where, depth + 1);
  return copy;
}

/** Whether all leaves of nested arrays satisfy a predicate. */
export function everyLeaf(
  value: unknown,
  test: (leaf: unknown) => boolean,
  where: string,
  depth = 0,
): boolean {
  if (!Array.isArray(value)) return test(value);
  if (depth === maxDepth) throw tooDeep(where);
  return copyOfList(value, where).every((part) => everyLeaf(part, test, where, depth + 1));
}

/** This many objects or elements always fit into V8's heap. */
const alwaysFits = 2 ** 16;

/**
 * Throws if V8's heap cannot hold `count` objects of about `bytes` bytes each, or an array of `longest` elements: V8 would
 * abort the process.
 */
export function checkHeap(count: number, bytes: number, longest: number, what: string): void {
  if (count <= alwaysFits) return;
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

/** Estimated bytes of heap for a small tensor. */
const tensorBytes = 200;

/** Throws if V8's heap cannot hold `count` tensors. */
export function checkTensors(count: number, op: string): void {
  checkHeap(count, tensorBytes, count, `[${op}] ${count} tensors`);
}
