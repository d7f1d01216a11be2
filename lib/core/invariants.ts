/** Checks of storage invariants, enabled by GRADTAPE_DEBUG=1 in the environment. They are slow, for tests and fuzzing. */
import { InternalError } from './errors';
import type { Storage } from './storage';

/** The properties of a tensor that are checked; tensor.ts imports this module, so it cannot import the class. */
interface TensorLayout {
  readonly isDisposed: boolean;
  /** Byte offset of the first element, number of elements, and their dtype. */
  readonly offset: number;
  readonly size: number;
  readonly dt: { readonly bytes: number };
}

/** The bytes of a buffer that a tensor occupies. */
interface ByteRange {
  readonly tensor: WeakRef<TensorLayout>;
  readonly storage: Storage;
  readonly from: number;
  readonly to: number;
}

function isAlive({ tensor, storage }: ByteRange): boolean {
  const t = tensor.deref();
  return (t !== undefined && !t.isDisposed) || (storage.bytes > 0 && storage.pins > 0);
}

class Invariants {
  readonly #ranges = new WeakMap<ArrayBuffer, ByteRange[]>();

  /** Throws unless a new tensor's elements lie inside its buffer. Returns their byte range. */
  checkBounds({ offset, size, dt }: TensorLayout, { buffer }: Storage): { from: number; to: number } {
    // Strings are in host storage.
    const bytes = dt.bytes === Infinity ? 0 : size * dt.bytes;
    if (Number.isSafeInteger(offset) && offset >= 0 && offset + bytes <= buffer.byteLength)
      return { from: offset, to: offset + bytes };
    throw new InternalError(
      `a tensor's ${bytes} bytes at ${offset} do not lie in a buffer of ${buffer.byteLength}`,
    );
  }

  /** Registers a new tensor that shares its elements with others. */
  recordAlias(t: TensorLayout, storage: Storage): void {
    const range = this.checkBounds(t, storage);
    if (range.from === range.to) return;
    const ranges = this.#ranges.get(storage.buffer);
    const added = { tensor: new WeakRef(t), storage, ...range };
    if (ranges === undefined) this.#ranges.set(storage.buffer, [added]);
    else ranges.push(added);
  }

  /** Throws if the elements of a newly allocated tensor overlap those of a live tensor. */
  checkExclusive(t: TensorLayout, storage: Storage): void {
    const { from, to } = this.checkBounds(t, storage);
    const alive = (this.#ranges.get(storage.buffer) ?? []).filter(isAlive);
    const other = alive.find((range) => range.from < to && from < range.to);
    if (other !== undefined) {
      throw new InternalError(
        `a new tensor's bytes ${from} to ${to} overlap those of another, ${other.from} to ${other.to}`,
      );
    }
    this.#ranges.set(storage.buffer, alive);
    this.recordAlias(t, storage);
  }
}

export const invariants = process.env.GRADTAPE_DEBUG === '1' ? new Invariants() : null;
