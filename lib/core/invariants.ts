/** What must hold of storages, checked where the environment says GRADTAPE_DEBUG=1. Slow: for tests and fuzzing. */
import { InternalError } from './errors';
import type { Storage } from './storage';

interface Shown {
  readonly isDisposed: boolean;
}

/** Where the elements of a tensor lie. */
interface Place {
  readonly tensor: WeakRef<Shown>;
  readonly storage: Storage;
  readonly from: number;
  readonly to: number;
}

function isAlive({ tensor, storage }: Place): boolean {
  const t = tensor.deref();
  return (t !== undefined && !t.isDisposed) || (storage.bytes > 0 && storage.pins > 0);
}

class Invariants {
  readonly #places = new WeakMap<ArrayBuffer, Place[]>();

  /** Elements lie inside their buffer, at a whole number. */
  inside({ buffer }: Storage, offset: number, bytes: number): void {
    if (Number.isSafeInteger(offset) && offset >= 0 && offset + bytes <= buffer.byteLength) return;
    throw new InternalError(
      `a tensor's ${bytes} bytes at ${offset} do not lie in a buffer of ${buffer.byteLength}`,
    );
  }

  /** A new tensor shares the elements of others, and holds their storage as they do. */
  shares(t: Shown, storage: Storage, offset: number, bytes: number): void {
    this.inside(storage, offset, bytes);
    if (bytes === 0) return;
    const places = this.#places.get(storage.buffer);
    const place = { tensor: new WeakRef(t), storage, from: offset, to: offset + bytes };
    if (places === undefined) this.#places.set(storage.buffer, [place]);
    else places.push(place);
  }

  /** A new tensor has its elements for itself: those of no tensor that is alive overlap them. */
  owns(t: Shown, storage: Storage, offset: number, bytes: number): void {
    const alive = (this.#places.get(storage.buffer) ?? []).filter(isAlive);
    const other = alive.find(({ from, to }) => from < offset + bytes && offset < to);
    if (other !== undefined) {
      throw new InternalError(
        `a new tensor's bytes ${offset} to ${offset + bytes} overlap those of another, ${other.from} to ${other.to}`,
      );
    }
    this.#places.set(storage.buffer, alive);
    this.shares(t, storage, offset, bytes);
  }
}

export const invariants = process.env.GRADTAPE_DEBUG === '1' ? new Invariants() : null;
