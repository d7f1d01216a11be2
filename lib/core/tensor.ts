/// <reference lib="esnext.disposable" preserve="true" />
/** The Tensor class: immutable, contiguous, row-major. Knows no op; methods that compute join it in ops/methods.ts. */
import { dtypes, type DType, type DTypeInfo, type TypedArray } from './dtype';
import { FailedPreconditionError, InvalidArgumentError, ResourceExhaustedError } from './errors';
import { shapeToString, tensorRepr, tensorToString } from './format';
import { scope } from './scope';
import { checkElements, showShape, sizeOf, type Shape } from './shape';
import { nextSlab, releaseBlock, slab, smallBytes, takeBlock, type Block } from './storage';

/** Nested arrays of elements, as `array()` returns them. */
export type NestedArray = number | bigint | boolean | NestedArray[];

/** What stands in for the storage of a disposed tensor: every native call refuses it. */
const disposedBuffer = new ArrayBuffer(0);

/** What marks a tensor that has no elements: it stands for a value of a function that is being traced. */
export abstract class Placeholder {
  readonly buffer = disposedBuffer;
  readonly offset = 0;
  /** A tensor that stands for the same elements in another shape. */
  abstract alias(t: Tensor, shape: Shape): Tensor;
  /** Why the elements cannot be had. */
  abstract misuse(t: Tensor, op: string): Error;
}

let nextId = 1;
/** The id that the next tensor will get. Ids grow. */
export function peekNextId(): number {
  return nextId;
}

/**
 * An immutable array of elements of one dtype. Created by `tf.constant` and by every op.
 * @tf tf.Tensor
 */
export class Tensor {
  /** @internal Grows with every tensor made; tapes know tensors by it. */
  readonly id: number;
  /** @internal */
  readonly dt: DTypeInfo;
  /** The dimensions; `[]` for a scalar. Not to be written to. */
  readonly shape: Shape;
  /** Number of elements. */
  readonly size: number;
  /** @internal */
  buffer: ArrayBuffer;
  /** @internal Byte offset of the first element. */
  offset: number;
  /** @internal The storage of its own that a large tensor has; null when carved from a slab. */
  block: Block | null;
  /** @internal Where the elements were, for a tape that still needs them after `dispose`. */
  hidden: { buffer: ArrayBuffer; offset: number } | Placeholder | null;

  // Private, so that the declarations for users have no constructor: `Construct` below is what the library calls.
  private constructor(
    dt: DTypeInfo,
    shape: Shape,
    size: number,
    buffer: ArrayBuffer,
    offset: number,
    block: Block | null,
    id = nextId++,
  ) {
    this.id = id;
    this.dt = dt;
    this.shape = shape;
    this.size = size;
    this.buffer = buffer;
    this.offset = offset;
    this.block = block;
    this.hidden = null;
  }

  /** The element type. */
  get dtype(): DType {
    return this.dt.name;
  }

  /** Number of dimensions. */
  get rank(): number {
    return this.shape.length;
  }

  /** @internal Whether it stands for a value of a function that is being traced. */
  get isSymbolic(): boolean {
    return this.hidden instanceof Placeholder;
  }

  /** Whether `dispose` was called. */
  get isDisposed(): boolean {
    return this.buffer === disposedBuffer;
  }

  /** @internal Throws where the tensor was disposed. */
  assertAlive(op: string): void {
    if (this.hidden instanceof Placeholder) throw this.hidden.misuse(this, op);
    if (this.buffer === disposedBuffer) {
      throw new FailedPreconditionError(
        `[${op}] the ${this.dt.name} tensor of shape ${showShape(this.shape)} was disposed; ` +
          `keep it (tf.keep, or return it from tf.tidy) as long as it is used`,
      );
    }
  }

  /** @internal A view of the elements in place. Must not leave the library: tensors are immutable. */
  view(): TypedArray {
    this.assertAlive('data');
    return new this.dt.array(this.buffer, this.offset, this.size);
  }

  /** The elements, row-major, as a typed array of their own. int64 gives a BigInt64Array, bool a Uint8Array of 0 and 1. */
  data(): TypedArray {
    this.assertAlive('data');
    return new this.dt.array(this.buffer.slice(this.offset, this.offset + this.size * this.dt.bytes));
  }

  /** The elements as nested arrays; a scalar gives its value. bool gives booleans, int64 bigints. */
  array(): NestedArray {
    const flat = this.view();
    const read = this.dt.kind === 'bool' ? (i: number) => flat[i] !== 0 : (i: number) => flat[i];
    const build = (axis: number, at: number, stride: number): NestedArray => {
      if (axis === this.shape.length) return read(at);
      const inner = stride / this.shape[axis];
      return Array.from({ length: this.shape[axis] }, (_, i) => build(axis + 1, at + i * inner, inner));
    };
    return this.size === 0 ? emptyNested(this.shape) : build(0, 0, this.size);
  }

  /** The value of a tensor of one element. InvalidArgumentError for any other size. */
  item(): number | bigint | boolean {
    if (this.size !== 1) {
      throw new InvalidArgumentError(
        `[item] only a tensor of one element has an item; this one has shape ${showShape(this.shape)}`,
      );
    }
    const value = this.view()[0];
    return this.dt.kind === 'bool' ? value !== 0 : value;
  }

  /** Frees a large tensor's storage for reuse at once. Never needed: garbage collection does the same later. */
  dispose(): void {
    if (this.buffer === disposedBuffer || this.isSymbolic) return;
    const block = this.block;
    if (block === null || block.pins > 0) this.hidden = { buffer: this.buffer, offset: this.offset };
    this.buffer = disposedBuffer;
    this.block = null;
    if (block !== null) releaseBlock(block);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** What Python prints for `print(t)`. */
  toString(): string {
    if (this.isSymbolic)
      return `tf.Tensor(<symbolic>, shape=${shapeToString(this.shape)}, dtype=${this.dt.name})`;
    if (this.isDisposed)
      return `tf.Tensor(<disposed>, shape=${shapeToString(this.shape)}, dtype=${this.dt.name})`;
    return tensorToString(this.view(), this.shape, this.dt.name);
  }

  /** What Python prints for `repr(t)`. */
  repr(): string {
    if (this.isDisposed || this.isSymbolic) return this.toString();
    return tensorRepr(this.view(), this.shape, this.dt.name);
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](
    depth: number | null,
    options: { depth?: number | null },
  ): string {
    return depth === options.depth ? this.toString() : this.repr();
  }

  /** JSON has no tensors: nested arrays stand for one. int64 elements become decimal strings. */
  toJSON(): unknown {
    return JSON.parse(
      JSON.stringify(this.array(), (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v)),
    );
  }

  /** A tensor is neither a number nor a truth value; say which element is meant. */
  [Symbol.toPrimitive](hint: string): string | number | bigint {
    if (hint === 'string') return this.toString();
    if (this.size === 1) {
      const value = this.item();
      return typeof value === 'boolean' ? Number(value) : value;
    }
    throw new TypeError(
      `a tensor of shape ${showShape(this.shape)} is not a number: use tf.add, tf.less… or t.item() on one element`,
    );
  }
}

type Construct = new (
  dt: DTypeInfo,
  shape: Shape,
  size: number,
  buffer: ArrayBuffer,
  offset: number,
  block: Block | null,
  id?: number,
) => Tensor;
const Construct = Tensor as unknown as Construct;

function emptyNested(shape: Shape): NestedArray[] {
  if (shape[0] === 0 || shape.length === 1) return [];
  return Array.from({ length: shape[0] }, () => emptyNested(shape.slice(1)));
}

/** @internal An uninitialised tensor, for a kernel to fill. `size` must be the product of `shape`. */
export function makeTensor(dt: DTypeInfo, shape: Shape, size: number): Tensor {
  const bytes = size * dt.bytes;
  if (bytes > smallBytes) return makeLarge(dt, shape, size, bytes);
  const step = (bytes + 63) & -64;
  if (slab.position + step > slab.end) nextSlab();
  const at = slab.position;
  slab.position = at + step;
  return new Construct(dt, shape, size, slab.buffer, at, null);
}

function makeLarge(dt: DTypeInfo, shape: Shape, size: number, bytes: number): Tensor {
  checkElements(size, shape, 'allocation');
  let block: Block;
  try {
    block = takeBlock(bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ResourceExhaustedError(`a ${dt.name} tensor of shape ${showShape(shape)}: ${why}`, {
      cause: error,
    });
  }
  const t = new Construct(dt, shape, size, block.buffer, block.base, block);
  if (scope.tidy !== null) scope.tidy.push(t);
  return t;
}

/** @internal A tensor over elements that lie in a buffer of someone else. */
export function tensorOver(dt: DTypeInfo, shape: Shape, buffer: ArrayBuffer, offset: number): Tensor {
  return new Construct(dt, shape, sizeOf(shape), buffer, offset, null);
}

/** @internal Another tensor over the same storage: for reshape and the like. */
export function aliasTensor(t: Tensor, shape: Shape, op: string): Tensor {
  if (t.hidden instanceof Placeholder) return t.hidden.alias(t, shape);
  t.assertAlive(op);
  const block = t.block;
  if (block !== null) block.refs++;
  const alias = new Construct(t.dt, shape, t.size, t.buffer, t.offset, block);
  if (block !== null && scope.tidy !== null) scope.tidy.push(alias);
  return alias;
}

/**
 * @internal Whether a variable's own tensor has a storage that no other tensor shows and nothing but the variable holds:
 * then nobody can tell if the next value is written over this one. Small tensors lie in slabs, where that is not known.
 */
export function isSole(t: Tensor): boolean {
  const block = t.block;
  return block !== null && block.refs === 1 && block.pins === 1;
}

/** @internal Another tensor, with an id of its own, takes over the storage; the old one is as if disposed. */
export function renew(t: Tensor): Tensor {
  const next = new Construct(t.dt, t.shape, t.size, t.buffer, t.offset, t.block);
  t.buffer = disposedBuffer;
  t.block = null;
  return next;
}

/** @internal A tensor that stands for a value: nothing can read it, and by its buffer it is told apart. */
export function symbolicTensor(
  dt: DTypeInfo,
  shape: Shape,
  mark: Placeholder,
  buffer = new ArrayBuffer(0),
): Tensor {
  const t = new Construct(dt, shape, sizeOf(shape), buffer, 0, null);
  t.hidden = mark;
  return t;
}

/** @internal What a tape holds keeps its elements even after the user's `dispose`. */
export function pin(t: Tensor): void {
  if (t.block !== null) t.block.pins++;
}

/** @internal Undoes `pin`. */
export function unpin(t: Tensor): void {
  if (t.block !== null) t.block.pins--;
}

/** @internal The tensor itself, or if it was disposed while pinned, one with the same id and elements. */
export function revive(t: Tensor): Tensor {
  if (!t.isDisposed || t.hidden === null) return t;
  return new Construct(t.dt, t.shape, t.size, t.hidden.buffer, t.hidden.offset, null, t.id);
}

/** @internal A tensor with the elements of a typed array or a list of element values, copied. */
export function tensorFrom(dt: DTypeInfo, shape: Shape, values: ArrayLike<number | bigint>): Tensor {
  const t = makeTensor(dt, shape, sizeOf(shape));
  (t.view() as { set(v: ArrayLike<unknown>): void }).set(values);
  return t;
}

/** For each dtype the storage that was looked at last, and a view of all of it. */
const around: { buffer: ArrayBuffer; view: TypedArray }[] = [];

/**
 * @internal All elements of the tensor's storage, its own from `offset / dt.bytes` on: one view serves all tensors of a slab,
 * and making one takes longer than a small op. `dt`: what they are looked at as.
 */
export function elementsAround(t: Tensor, dt: DTypeInfo = t.dt): TypedArray {
  const { buffer } = t;
  const known = around[dt.code] as (typeof around)[number] | undefined;
  if (known?.buffer === buffer) return known.view;
  t.assertAlive('data');
  const view = new dt.array(buffer, 0, Math.floor(buffer.byteLength / dt.bytes));
  // What is kept must not keep a large storage.
  if (t.block === null) around[dt.code] = { buffer, view };
  return view;
}

/** @internal A scalar tensor. */
export function scalarTensor(dt: DTypeInfo, value: number | bigint): Tensor {
  const t = makeTensor(dt, [], 1);
  if (dt === dtypes.float32) {
    (elementsAround(t) as Float32Array)[t.offset / 4] = value as number;
  } else {
    (t.view() as { [i: number]: number | bigint })[0] = value;
  }
  return t;
}
