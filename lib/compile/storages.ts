/** Which tensors of a program share a storage, and where. */
import type { Tensor } from '../core/tensor';

/** Storage sharing: tensors with the storage of another one (aliases), and tensors placed inside the storage of another one. */
export class Storages {
  private readonly parent = new Map<Tensor, Tensor>();
  private readonly within = new Map<Tensor, { readonly whole: Tensor; readonly offset: number }>();

  share(t: Tensor, source: Tensor): void {
    this.parent.set(t, source);
  }

  /** The root of a tensor: the one among its aliases that was computed. */
  root(t: Tensor): Tensor {
    let at = t;
    for (let next = this.parent.get(at); next !== undefined; next = this.parent.get(at)) at = next;
    return at;
  }

  /** Places a root inside the storage of `whole`, at a byte offset; it then has no storage of its own. */
  placeWithin(root: Tensor, whole: Tensor, offset: number): void {
    this.within.set(root, { whole, offset });
  }

  /** The root whose storage contains a tensor, and the tensor's byte offset in it. */
  locate(t: Tensor): { readonly root: Tensor; readonly offset: number } {
    let root = this.root(t);
    let offset = 0;
    for (let on = this.within.get(root); on !== undefined; on = this.within.get(root)) {
      root = this.root(on.whole);
      offset += on.offset;
    }
    return { root, offset };
  }
}
