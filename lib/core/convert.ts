/** Conversion of host values to tensors: numbers, bigints, booleans, nested arrays, typed arrays. */
import {
  dtypes,
  hostArrayDTypes,
  isConverted,
  stringType,
  type DTypeInfo,
  type Float16ArrayLike,
  type HostArrayDTypes,
  type TypedArray,
} from './dtype';
import { InvalidArgumentError } from './errors';
import { lengthOf, maxDepth, tooDeep, typedArrayName } from './lists';
import { TensorConvertible } from './tensor_convertible';
import { convertText, type StringTensor } from './strings';
import { asShape, describe, showShape, sizeOf } from './shape';
import { scalarTensor } from './scalar_tensor';
import { aliasTensor, storageView, makeTensor, shapeOf, Tensor, writeValues } from './tensor';

export type HostArray = readonly (number | bigint | boolean | TypedArray | Float16ArrayLike | HostArray)[];
/** The values that an op accepts as a tensor. */
export type TensorLike =
  | Tensor
  | TensorConvertible
  | number
  | bigint
  | boolean
  | TypedArray
  | Uint8ClampedArray
  | Float16ArrayLike
  | HostArray;
/** What ops accept that take tensors of strings too. */
export type AnyTensorLike = TensorLike | StringTensor;

type Host = number | bigint | boolean;

/**
 * Converts a value to a tensor. A tensor is returned unchanged, a variable is read. `hint` is the dtype of the tensor that
 * a host value becomes, such as the dtype of the other operand; if it is null, numbers become float32, booleans bool and
 * bigints int64, and typed arrays keep their element type. Errors name `op` and `argument`.
 */
export function toTensor(value: unknown, hint: DTypeInfo | null, op: string, argument: string): Tensor {
  if (value instanceof Tensor) return value;
  if (value instanceof TensorConvertible) return value.operand();
  if (hint === stringType) return convertText(value, op, argument);
  switch (typeof value) {
    case 'number':
      return scalarFor(hint ?? dtypes.float32, value, op, argument);
    case 'boolean':
      return scalarFor(hint ?? dtypes.bool, value, op, argument);
    case 'bigint':
      return scalarFor(hint ?? dtypes.int64, value, op, argument);
    default:
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return fromTyped(value, hint, op, argument);
  if (Array.isArray(value)) return fromNested(value, hint, op, argument);
  if (value instanceof Promise) {
    throw new TypeError(`[${op}] ${argument} is a Promise: await it first`);
  }
  throw new TypeError(
    `[${op}] ${argument} must be a tensor, a variable, a number, bigint, boolean, or an array of these; ` +
      `got ${describe(value)}`,
  );
}

/**
 * Like toTensor, for functions that may return their argument: variables and literals become new tensors. Tapes identify
 * tensors by id, and equal literals share a cached tensor.
 */
export function toValue(value: unknown, hint: DTypeInfo | null, op: string, argument: string): Tensor {
  if (value instanceof TensorConvertible) return value.read();
  const t = toTensor(value, hint, op, argument);
  return typeof value === 'object' ? t : aliasTensor(t, shapeOf(t), op);
}

/** Like toTensor with a hint; throws if a tensor has another dtype. */
export function convertLike(value: unknown, dt: DTypeInfo, op: string, argument: string): Tensor {
  const t = toTensor(value, dt, op, argument);
  if (t.dt !== dt) {
    throw new InvalidArgumentError(
      `[${op}] ${argument}: Tensor conversion requested dtype ${dt.name} for Tensor with dtype ${t.dt.name}; ` +
        `use tf.cast(${argument}, '${dt.name}')`,
    );
  }
  return t;
}

const cachedScalars = new Map<DTypeInfo, Map<Host, Tensor>>();

/** The tensor of a literal operand. Literals recur (x.mul(2) in a loop), so their tensors are cached; users never get them. */
function scalarFor(dt: DTypeInfo, value: Host, op: string, argument: string): Tensor {
  let byValue = cachedScalars.get(dt);
  if (byValue === undefined) cachedScalars.set(dt, (byValue = new Map<Host, Tensor>()));
  // A Map does not distinguish the keys -0 and 0.
  if (!Object.is(value, -0)) {
    const known = byValue.get(value);
    if (known !== undefined) return known;
  }
  const made = scalarTensor(dt, element(value, dt, op, argument));
  if (byValue.size >= 256) byValue.clear();
  if (!Object.is(value, -0)) {
    byValue.set(value, made);
    literals.add(made);
  }
  return made;
}

const literals = new WeakSet<Tensor>();
/** @internal Whether this is the cached tensor of a literal operand. */
export function isLiteral(t: Tensor): boolean {
  return literals.has(t);
}

/** Converts a host value to an element of dtype `dt`; throws an InvalidArgumentError if the dtype cannot represent it. */
export function element(value: unknown, dt: DTypeInfo, op: string, argument: string): number | bigint {
  const fail = (): never => {
    throw new InvalidArgumentError(
      `[${op}] ${argument}: cannot convert ${describe(value)} to an element of dtype ${dt.name}`,
    );
  };
  if (dt.kind === 'bool') {
    if (typeof value === 'boolean') return value ? 1 : 0;
    return fail();
  }
  if (typeof value === 'boolean') return fail();
  if (dt.kind === 'float') {
    if (typeof value === 'number') return value;
    if (typeof value === 'bigint') return Number(value);
    return fail();
  }
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) return fail();
    // uint8 wraps, as in TensorFlow; the others must fit.
    if (dt !== dtypes.uint8 && (value < dt.min || value > dt.max)) return fail();
    return dt.big ? BigInt(value) : value;
  }
  if (typeof value === 'bigint') {
    if (value < dt.min || value > dt.max) return fail();
    return dt.big ? value : Number(value);
  }
  return fail();
}

function inferred(value: unknown): DTypeInfo | null {
  switch (typeof value) {
    case 'number':
      return dtypes.float32;
    case 'boolean':
      return dtypes.bool;
    case 'bigint':
      return dtypes.int64;
    default:
      return null;
  }
}

function typedArrayType(value: unknown): DTypeInfo | null {
  const name = typedArrayName(value);
  return name !== undefined && Object.hasOwn(hostArrayDTypes, name)
    ? dtypes[hostArrayDTypes[name as keyof HostArrayDTypes]]
    : null;
}

/** Throws if the buffer of a typed array was detached or shrunk. Its length is 0, as if it were empty, but its methods throw. */
function checkInBounds(value: ArrayBufferView, op: string, argument: string): void {
  try {
    Uint8Array.prototype.keys.call(value as Uint8Array);
  } catch {
    throw new InvalidArgumentError(
      `[${op}] ${argument}: the typed array has lost its elements: its buffer was detached (transferred) or resized; ` +
        `copy the array before that`,
    );
  }
}

function fromTyped(value: ArrayBufferView, hint: DTypeInfo | null, op: string, argument: string): Tensor {
  const own = typedArrayType(value);
  const values = value as unknown as ArrayLike<number | bigint> & TypedArray;
  // The intrinsic length: a `length` property may shadow it.
  const length = lengthOf(value, op, argument);
  if (length === 0) checkInBounds(value, op, argument);
  const dt = hint ?? own;
  if (dt === null) {
    throw new TypeError(`[${op}] ${argument}: ${describe(value)} has no dtype here; give a dtype`);
  }
  const t = makeTensor(dt, asShape([length]), length);
  if (dt === own) {
    writeValues(t, values);
    return t;
  }
  const { target, at, finish } = writer(t);
  for (let i = 0; i < length; i++) target[at + i] = hostElement(values[i], dt, op, argument);
  finish();
  return t;
}

/** Where the elements of a new tensor are written, from position `at` on; 16-bit floats are converted at the end. */
function writer(t: Tensor): { target: { [i: number]: number | bigint }; at: number; finish: () => void } {
  if (!isConverted(t.dt)) {
    return { target: storageView(t), at: t.offset / t.dt.bytes, finish: () => undefined };
  }
  const values = new Float32Array(t.size);
  return { target: values, at: 0, finish: () => writeValues(t, values) };
}

/** Like `element`, but 0 and 1 are valid for bool: `data()` of a bool tensor is a Uint8Array. */
function hostElement(value: number | bigint, dt: DTypeInfo, op: string, argument: string): number | bigint {
  if (dt.kind === 'bool' && (value === 0 || value === 1)) return value;
  return element(value, dt, op, argument);
}

function fromNested(value: readonly unknown[], hint: DTypeInfo | null, op: string, argument: string): Tensor {
  const shape: number[] = [];
  let first: unknown = value;
  let rowType: DTypeInfo | null = null;
  while (Array.isArray(first) || (rowType = typedArrayType(first)) !== null) {
    if (shape.length === maxDepth) throw tooDeep(`[${op}] ${argument}: the array`);
    const list = first as ArrayLike<unknown>;
    const length = lengthOf(list, op, argument);
    if (rowType !== null && length === 0) checkInBounds(first as ArrayBufferView, op, argument);
    shape.push(length);
    first = list[0];
    if (rowType !== null) break;
  }
  const size = sizeOf(shape);
  if (first instanceof Tensor || first instanceof TensorConvertible) {
    throw new TypeError(
      `[${op}] ${argument}: an array of tensors is not a tensor; join them with tf.stack or tf.concat`,
    );
  }
  const dt = hint ?? rowType ?? (size === 0 ? null : inferred(first)) ?? dtypes.float32;
  const t = makeTensor(dt, asShape(shape), size);
  const { target, at: begin, finish } = writer(t);
  const kind = typeof first;
  let at = begin;
  const path: number[] = [];
  const visit = (node: unknown, depth: number): void => {
    if (depth === shape.length) {
      const type = typeof node;
      if (type === 'object' && (Array.isArray(node) || ArrayBuffer.isView(node)))
        throw ragged(path, shape, op, argument);
      if (type !== kind) {
        const what = node === undefined ? 'missing (a hole in the array, or undefined)' : describe(node);
        throw new InvalidArgumentError(
          `[${op}] ${argument}: element [${path.join(',')}] is ${what}, but the first element is a ${kind}; ` +
            `all elements must be of one kind`,
        );
      }
      target[at++] =
        dt === dtypes.float32 && type === 'number' ? (node as number) : element(node, dt, op, argument);
      return;
    }
    const isList = Array.isArray(node) || typedArrayType(node) !== null;
    const list = node as ArrayLike<unknown>;
    if (!isList || lengthOf(list, op, argument) !== shape[depth]) throw ragged(path, shape, op, argument);
    for (let i = 0; i < shape[depth]; i++) {
      path[depth] = i;
      visit(list[i], depth + 1);
    }
    path.length = depth;
  };
  visit(value, 0);
  finish();
  return t;
}

function ragged(
  path: readonly number[],
  shape: readonly number[],
  op: string,
  argument: string,
): InvalidArgumentError {
  return new InvalidArgumentError(
    `[${op}] ${argument}: the array is ragged: the part at [${path.join(',')}] does not fit the shape ` +
      `${showShape(shape)} of the first parts`,
  );
}
