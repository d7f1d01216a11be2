/** Who holds the block of a large tensor: its references and pins. Small tensors are in slabs, which have neither. */
import { storageOf, type Tensor } from './tensor';

/** @internal Keeps the elements of a block from being freed, even by the user's `dispose`. */
export function pin(t: Tensor): void {
  const storage = storageOf(t);
  if (storage.bytes > 0) storage.pins++;
}

/** @internal Undoes `pin`. */
export function unpin(t: Tensor): void {
  const storage = storageOf(t);
  if (storage.bytes > 0) storage.pins--;
}

/** @internal Whether a tape, a variable or `tf.keep` holds that block. */
export function isPinned(t: Tensor): boolean {
  const { bytes, pins } = storageOf(t);
  return bytes > 0 && pins > 0;
}

/** @internal Whether the tensor's storage is a block, which `dispose` frees, instead of a slab. */
export function ownsStorage(t: Tensor): boolean {
  return storageOf(t).bytes > 0;
}

/**
 * @internal Whether the tensor has a block that no other tensor shares and that is pinned `pins` times. A variable pins its
 * value once: if that value is uniquely owned, it can be overwritten unobserved. False for small tensors, since slabs have no
 * reference counts.
 */
export function isUniquelyOwned(t: Tensor, pins = 1): boolean {
  const storage = storageOf(t);
  return storage.bytes > 0 && storage.refs === 1 && storage.pins === pins;
}
