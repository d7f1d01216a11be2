/** What must hold of storages, checked where the environment says GRADTAPE_DEBUG=1. Slow: for tests and fuzzing. */
import { InternalError } from './errors';
import type { Storage } from './storage';

/** A tensor. */
interface Placed {
  readonly isDisposed: boolean;
  /** Byte offset of its elements, and how many there are of which dtype. */
  readonly offset: number;
  readonly size: number;
  readonly dt: { readonly bytes: number };
}

/** Where the elements of a tensor lie. */
interface Place {
  readonly tensor: WeakRef<Placed>;
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

  /** A new tensor's elements lie inside their buffer, at a whole number. Returns their bytes. */
  inside({ offset, size, dt }: Placed, { buffer }: Storage): { from: number; to: number } {
    const bytes = size * dt.bytes;
    if (Number.isSafeInteger(offset) && offset >= 0 && offset + bytes <= buffer.byteLength)
      return { from: offset, to: offset + bytes };
    throw new InternalError(
      `a tensor's ${bytes} bytes at ${offset} do not lie in a buffer of ${buffer.byteLength}`,
    );
  }

  /** A new tensor shares the elements of others, and holds their storage as they do. */
  shares(t: Placed, storage: Storage): void {
    const range = this.inside(t, storage);
    if (range.from === range.to) return;
    const places = this.#places.get(storage.buffer);
    const place = { tensor: new WeakRef(t), storage, ...range };
    if (places === undefined) this.#places.set(storage.buffer, [place]);
    else places.push(place);
  }

  /** A new tensor has its elements for itself: those of no tensor that is alive overlap them. */
  owns(t: Placed, storage: Storage): void {
    const { from, to } = this.inside(t, storage);
    const alive = (this.#places.get(storage.buffer) ?? []).filter(isAlive);
    const other = alive.find((place) => place.from < to && from < place.to);
    if (other !== undefined) {
      throw new InternalError(
        `a new tensor's bytes ${from} to ${to} overlap those of another, ${other.from} to ${other.to}`,
      );
    }
    this.#places.set(storage.buffer, alive);
    this.shares(t, storage);
  }
}

export const invariants = process.env.GRADTAPE_DEBUG === '1' ? new Invariants() : null;
