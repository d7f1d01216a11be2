/// <reference lib="esnext.disposable" preserve="true" />
/** The Tensor class: immutable, contiguous, row-major. ops/methods.ts adds the methods that call ops. */
import { markClass } from './copies';
import {
  isConverted,
  stringType,
  type AnyDType,
  type DType,
  type DTypeInfo,
  type DTypeTable,
  type TypedArray,
} from './dtype';
import { FailedPreconditionError, InvalidArgumentError, ResourceExhaustedError } from './errors';
import { shapeToString, tensorRepr, tensorToString, type PrintData } from './format';
import { mimeBundle, type MimeBundle } from './format/table';
import { widened, writeNarrowed } from './half';
import { invariants } from './invariants';
import { checkNested } from './lists';
import { context } from './context';
import { asShape, checkElements, type Dims, frozen, type Shape, showShape, sizeOf } from './shape';
import {
  allocateBlock,
  nextSlab,
  releaseBlock,
  slab,
  slabBytes,
  smallBytes,
  Storage,
  StringStorage,
} from './storage';
import { uncloneable } from './uncloneable';

/** Nested arrays of elements, as `array()` returns them; a scalar's is the element alone. */
export type NestedArray<E = number | bigint | boolean> = E | NestedArray<E>[];

declare module './context' {
  interface Context {
    /** Tensors with storages of their own that were created in the innermost `tf.tidy`; null outside. */
    tidy: Tensor[] | null;
  }
}

/** The storage of disposed tensors. Native calls reject its empty buffer. */
const disposed = new Storage(new ArrayBuffer(0), 0, 0, {});

/** Marks a symbolic tensor, which represents a value of a function being traced and has no elements. A trace is one. */
export abstract class Placeholder {
  /** A symbolic tensor of the same elements in another shape. */
  abstract alias(t: Tensor, shape: Shape): Tensor;
  /** The error for an access to the elements. */
  abstract accessError(t: Tensor, op: string): Error;
}

// Accessors of private fields, which the class's static block assigns.
/** @internal The buffer. Must not be exposed to users: tensors are immutable, and many tensors share a slab. */
export let bufferOf: (t: Tensor) => ArrayBuffer;
/** @internal The dimensions. Must not be exposed to users either: `t.shape` is a frozen copy. */
export let shapeOf: (t: Tensor) => Shape;
/** @internal */
export let storageOf: (t: Tensor) => Storage;
/** Makes a tensor appear disposed, without releasing its storage. */
let detachStorage: (t: Tensor) => void;

let nextId = 1;
/** The id that the next tensor will get. Ids increase. */
export function peekNextId(): number {
  return nextId;
}

/**
 * An immutable array of elements of one dtype, created by `tf.constant` and by ops. `Tensor<'float32'>` states its dtype
 * statically; `Tensor` alone may have any.
 * @tf tf.Tensor
 */
export class Tensor<out D extends AnyDType = DType> {
  /** The type to which `x instanceof tf.Tensor` narrows an unknown x: not `Tensor<any>`. */
  declare static readonly [Symbol.hasInstance]: (value: unknown) => value is Tensor;
  /** @internal Increases with every tensor created; tapes identify tensors by it. */
  readonly id: number;
  /** @internal */
  readonly uncloneable: symbol;
  // ECMAScript-private: kernels trust these, and a slab holds the elements of other tensors too.
  readonly #dt: DTypeInfo;
  readonly #shape: Shape;
  readonly #size: number;
  readonly #offset: number;
  #storage: Storage;

  // Private, so that the public declarations have no constructor; the library calls `Construct` below.
  private constructor(dt: DTypeInfo, shape: Shape, size: number, storage: Storage, offset: number) {
    this.id = nextId++;
    this.uncloneable = uncloneable;
    this.#dt = dt;
    this.#shape = shape;
    this.#size = size;
    this.#storage = storage;
    this.#offset = offset;
  }

  static {
    bufferOf = (t) => t.#storage.buffer;
    shapeOf = (t) => t.#shape;
    storageOf = (t) => t.#storage;
    detachStorage = (t) => {
      t.#storage = disposed;
    };
  }

  /** @internal */
  get dt(): DTypeInfo {
    return this.#dt;
  }

  /** The dimensions; `[]` for a scalar. Frozen. */
  get shape(): Dims {
    return frozen(this.#shape);
  }

  /** Number of elements. */
  get size(): number {
    return this.#size;
  }

  /** @internal Byte offset of the first element. */
  get offset(): number {
    return this.#offset;
  }

  /** The element type. */
  get dtype(): D {
    return this.dt.name as D;
  }

  /** Number of dimensions. */
  get rank(): number {
    return this.#shape.length;
  }

  /** @internal Whether it represents a value of a function that is being traced. */
  get isSymbolic(): boolean {
    return this.#storage.emptyReason instanceof Placeholder;
  }

  /** Whether `dispose` was called. */
  get isDisposed(): boolean {
    return this.#storage.buffer === disposed.buffer;
  }

  /** @internal Throws if the tensor has no elements: it is disposed or symbolic. */
  assertAlive(op: string): void {
    if (this.#storage.emptyReason !== null) throw missingElementsError(this as Tensor, op);
  }

  /**
   * The elements, row-major, as a typed array of their own. int64 and uint64 give arrays of bigints, bool a Uint8Array of 0
   * and 1, float16 and bfloat16 a Float32Array of their values.
   */
  data(): DTypeTable[D]['array'] {
    this.assertAlive('data');
    if (this.#dt === stringType) return valuesOf(this as Tensor) as unknown as DTypeTable[D]['array'];
    const from = this.#offset;
    const bytes = this.size * this.dt.array.BYTES_PER_ELEMENT;
    try {
      if (isConverted(this.dt)) return widened(this.dt, this.#storage.buffer, from, this.size);
      return new this.dt.array(this.#storage.buffer.slice(from, from + bytes));
    } catch (error) {
      throw new ResourceExhaustedError(`[data] this process cannot allocate ${bytes} bytes`, {
        cause: error,
      });
    }
  }

  /** The elements as nested arrays; a scalar gives its value. bool gives booleans, int64 and uint64 bigints. */
  array(): NestedArray<DTypeTable[D]['element']> {
    const flat = valuesOf(this as Tensor);
    const shape = this.#shape;
    const rank = shape.length;
    checkNested(shape, this.#size, this.dt);
    const read = this.dt.kind === 'bool' ? (i: number) => flat[i] !== 0 : (i: number) => flat[i];
    let at = 0;
    const build = (axis: number): NestedArray => {
      if (axis === rank) return read(at++);
      const list: NestedArray[] = [];
      for (let i = 0; i < shape[axis]; i++) list.push(build(axis + 1));
      return list;
    };
    return build(0);
  }

  /** The value of a tensor of one element. Throws an InvalidArgumentError for any other size. */
  item(): DTypeTable[D]['element'] {
    if (this.size !== 1) {
      throw new InvalidArgumentError(
        `[item] only a tensor of one element has an item; this one has shape ${showShape(this.#shape)}`,
      );
    }
    const value = valuesOf(this as Tensor)[0];
    return this.dt.kind === 'bool' ? value !== 0 : value;
  }

  /** The tensor itself. A gradient is a tensor or IndexedSlices, whose `toTensor` returns the dense tensor. */
  toTensor(): this {
    return this;
  }

  /** Frees a large tensor's storage for reuse at once. Optional: otherwise garbage collection frees it later. */
  dispose(): void {
    const storage = this.#storage;
    if (storage.emptyReason !== null) return;
    // A tape may still need the elements: `restoreDisposed` finds the storage here. Slabs have no pin count.
    const mayBePinned = storage.bytes === 0 || storage.pins > 0;
    this.#storage = mayBePinned ? new Storage(disposed.buffer, 0, 0, storage) : disposed;
    if (storage.bytes > 0) releaseBlock(storage);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** What Python prints for `print(t)`. */
  toString(): string {
    const lacks = this.isSymbolic ? 'symbolic' : this.isDisposed ? 'disposed' : null;
    if (lacks !== null)
      return `tf.Tensor(<${lacks}>, shape=${shapeToString(this.shape)}, dtype=${this.dt.name})`;
    return tensorToString(printDataOf(this as Tensor), this.#shape, this.dt.name);
  }

  /** What Python prints for `repr(t)`. */
  repr(): string {
    if (this.isDisposed || this.isSymbolic) return this.toString();
    return tensorRepr(printDataOf(this as Tensor), this.#shape, this.dt.name);
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](
    depth: number | null,
    options: { depth?: number | null },
  ): string {
    return depth === options.depth ? this.toString() : this.repr();
  }

  /** @internal What a notebook shows. */
  [Symbol.for('Jupyter.display')](): MimeBundle {
    const data = this.isDisposed || this.isSymbolic ? null : printDataOf(this as Tensor);
    return mimeBundle(this.toString(), data, this.#shape, this.dt.name, 'tf.Tensor');
  }

  /** Nested arrays; int64 elements become decimal strings. */
  toJSON(): unknown {
    return JSON.parse(
      JSON.stringify(this.array(), (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v)),
    );
  }

  /** Converts a tensor of one element to a number; throws a TypeError for any other size. */
  [Symbol.toPrimitive](hint: string): string | number | bigint {
    if (hint === 'string') return this.toString();
    if (this.size === 1) {
      const value = this.item();
      return typeof value === 'boolean' ? Number(value) : value;
    }
    throw new TypeError(
      `a tensor of shape ${showShape(this.#shape)} is not a number: use tf.add, tf.less… or t.item() on one element`,
    );
  }
}

markClass(Tensor.prototype, 'Tensor');

type Construct = new (dt: DTypeInfo, shape: Shape, size: number, storage: Storage, offset: number) => Tensor;
const Construct = Tensor as unknown as Construct;

/** @internal The placeholder of a symbolic tensor; null for others. */
export function placeholderOf(t: Tensor): Placeholder | null {
  const { emptyReason } = storageOf(t);
  return emptyReason instanceof Placeholder ? emptyReason : null;
}

/** The error for the use of a tensor without elements. */
function missingElementsError(t: Tensor, op: string): Error {
  const placeholder = placeholderOf(t);
  if (placeholder !== null) return placeholder.accessError(t, op);
  return new FailedPreconditionError(
    `[${op}] the ${t.dtype} tensor of shape ${showShape(shapeOf(t))} was disposed; ` +
      `keep it (tf.keep, or return it from tf.tidy) as long as it is used`,
  );
}

/** @internal A view of the elements in place, as they are stored. Must not leave the library: tensors are immutable. */
export function viewOf(t: Tensor): TypedArray {
  t.assertAlive('data');
  return new t.dt.stored(bufferOf(t), t.offset, t.size);
}

/** @internal The elements to be read, in place unless they are converted. Must not leave the library either. */
export function valuesOf(t: Tensor): TypedArray {
  if (!isConverted(t.dt)) return viewOf(t);
  t.assertAlive('data');
  // Of text only those read the values that take anything.
  if (t.dt === stringType) return bytesOf(t).map((bytes) => bytes.toString('utf8')) as unknown as TypedArray;
  return widened(t.dt, bufferOf(t), t.offset, t.size);
}

/** @internal The elements of a tensor of strings, as strings of bytes. Another op may have made it if it is empty. */
export function stringsOf(t: Tensor): readonly string[] {
  const storage = storageOf(t);
  return storage instanceof StringStorage ? storage.values : [];
}

const bytesOf = (t: Tensor): Buffer[] => stringsOf(t).map((value) => Buffer.from(value, 'latin1'));

/** @internal What is printed of a tensor. */
export const printDataOf = (t: Tensor): PrintData => (t.dt === stringType ? bytesOf(t) : valuesOf(t));

/** @internal Writes all elements of a new tensor. */
export function writeValues(t: Tensor, values: ArrayLike<number | bigint>): void {
  if (isConverted(t.dt)) writeNarrowed(t.dt, values as ArrayLike<number>, t.size, bufferOf(t), t.offset);
  else (viewOf(t) as { set(v: ArrayLike<unknown>): void }).set(values);
}

/** @internal Shape and dtype, from which a tracer creates a symbolic tensor. */
export const specOf = (t: Tensor): { shape: Shape; dt: DTypeInfo } => ({ shape: shapeOf(t), dt: t.dt });

/** @internal An uninitialised tensor, for a kernel to fill. `size` must be the product of `shape`. */
export function makeTensor(dt: DTypeInfo, shape: Shape, size: number): Tensor {
  const bytes = size * dt.bytes;
  if (bytes > smallBytes) return makeLarge(dt, shape, size, bytes);
  const step = (bytes + 63) & -64;
  if (slab.position + step > slab.end) nextSlab();
  const at = slab.position;
  slab.position = at + step;
  const t = new Construct(dt, shape, size, slab.storage, at);
  invariants?.checkExclusive(t, slab.storage);
  return t;
}

function makeLarge(dt: DTypeInfo, shape: Shape, size: number, bytes: number): Tensor {
  if (dt === stringType) new dt.stored(0);
  checkElements(size, shape, 'allocation');
  let block: Storage;
  try {
    block = allocateBlock(bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ResourceExhaustedError(`a ${dt.name} tensor of shape ${showShape(shape)}: ${why}`, {
      cause: error,
    });
  }
  const t = new Construct(dt, shape, size, block, block.base);
  invariants?.checkExclusive(t, block);
  if (context.tidy !== null) context.tidy.push(t);
  return t;
}

/** @internal A tensor over a buffer that the caller owns; the elements must stay valid as long as the tensor is used. */
export function tensorFromBuffer(dt: DTypeInfo, shape: Shape, buffer: ArrayBuffer, offset: number): Tensor {
  return tensorOver(dt, shape, new Storage(buffer, 0, 0), offset);
}

/** @internal A tensor over a storage that is no block. */
export function tensorOver(dt: DTypeInfo, shape: Shape, storage: Storage, offset = 0): Tensor {
  const t = new Construct(dt, shape, sizeOf(shape), storage, offset);
  invariants?.checkBounds(t, storage);
  return t;
}

/** @internal A new tensor over the same storage, as for a reshape. */
export function aliasTensor(t: Tensor, shape: Shape, op: string): Tensor {
  const storage = storageOf(t);
  if (storage.emptyReason !== null) {
    const placeholder = placeholderOf(t);
    if (placeholder === null) throw missingElementsError(t, op);
    return placeholder.alias(t, shape);
  }
  return share(t, storage, shape, t.size, t.offset);
}

/** @internal A new tensor over the storage of another one: its rows from `begin` to `end`. For tensors with elements in memory. */
export function viewRows(t: Tensor, begin: number, end: number, op: string): Tensor {
  t.assertAlive(op);
  const [count, ...rest] = shapeOf(t);
  const row = count === 0 ? 0 : t.size / count;
  const shape = asShape([end - begin, ...rest]);
  return share(t, storageOf(t), shape, (end - begin) * row, t.offset + begin * row * t.dt.bytes);
}

function share(t: Tensor, storage: Storage, shape: Shape, size: number, offset: number): Tensor {
  const alias = new Construct(t.dt, shape, size, storage, offset);
  invariants?.recordAlias(alias, storage);
  if (storage.bytes > 0) {
    storage.refs++;
    if (context.tidy !== null) context.tidy.push(alias);
  }
  return alias;
}

/** @internal Moves the storage to a new tensor, which has a new id. The old tensor appears disposed. */
export function moveStorage(t: Tensor): Tensor {
  const next = new Construct(t.dt, shapeOf(t), t.size, storageOf(t), t.offset);
  detachStorage(t);
  invariants?.recordAlias(next, storageOf(next));
  return next;
}

/** @internal A tensor without elements. Its empty buffer is unique by default, so that values can be identified by buffers. */
export function symbolicTensor(
  dt: DTypeInfo,
  shape: Shape,
  placeholder: Placeholder,
  buffer = new ArrayBuffer(0),
): Tensor {
  return new Construct(dt, shape, sizeOf(shape), new Storage(buffer, 0, 0, placeholder), 0);
}

/** @internal The tensor itself; if it was disposed while pinned, a new one with the same id and elements. */
export function restoreDisposed(t: Tensor): Tensor {
  const { emptyReason } = storageOf(t);
  if (!(emptyReason instanceof Storage)) return t;
  const revived = new Construct(t.dt, shapeOf(t), t.size, new Storage(emptyReason.buffer, 0, 0), t.offset);
  (revived as { id: number }).id = t.id;
  return revived;
}

/** @internal A tensor with a copy of the elements of a typed array or list. */
export function tensorFrom(dt: DTypeInfo, dims: Dims, values: ArrayLike<number | bigint>): Tensor {
  const t = makeTensor(dt, asShape(dims.slice()), sizeOf(dims));
  writeValues(t, values);
  return t;
}

/** For each dtype code, a view of the buffer that was accessed last. */
const cachedViews: { buffer: ArrayBuffer; view: TypedArray }[] = [];

/**
 * @internal A view of the tensor's whole storage as elements of `dt`; those of the tensor begin at `offset / dt.bytes`.
 * Creating a view takes longer than a small op, and this one serves all tensors of a slab.
 */
export function storageView(t: Tensor, dt: DTypeInfo = t.dt): TypedArray {
  const buffer = bufferOf(t);
  const known = cachedViews[dt.code] as (typeof cachedViews)[number] | undefined;
  if (known?.buffer === buffer) return known.view;
  t.assertAlive('data');
  const view = new dt.stored(buffer, 0, Math.floor(buffer.byteLength / dt.bytes));
  // The cache must not retain a large block, nor a buffer of the user's.
  if (storageOf(t).bytes === 0 && buffer.byteLength < 2 * slabBytes) cachedViews[dt.code] = { buffer, view };
  return view;
}
