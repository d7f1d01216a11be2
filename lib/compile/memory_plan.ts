/**
 * Where the values of a program are in memory: which of them share a storage, and the plan of a segment, whose intermediates
 * share an arena, which reuses bytes once a value is dead.
 */
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

/** A storage and its live range, in nodes. */
export interface Lifetime {
  readonly bytes: number;
  /** The node that first writes it. */
  readonly from: number;
  /** The last node that reads or writes it. */
  to: number;
}

export interface ArenaPlan {
  readonly bytes: number;
  /** The byte offset of each storage. */
  readonly offsets: readonly number[];
}

const alignment = 64;
/** Greedy by size: each storage gets the lowest offset that is free during its lifetime. */
export function planArena(lifetimes: readonly Lifetime[]): ArenaPlan {
  const order = lifetimes
    .map((_, i) => i)
    .sort((a, b) => lifetimes[b].bytes - lifetimes[a].bytes || lifetimes[a].from - lifetimes[b].from);
  const offsets = lifetimes.map(() => 0);
  // By offset.
  const placed: number[] = [];
  let total = 0;
  for (const i of order) {
    const { from, to, bytes } = lifetimes[i];
    let at = 0;
    for (const j of placed) {
      if (offsets[j] >= at + bytes) break;
      if (lifetimes[j].from > to || lifetimes[j].to < from) continue;
      at = Math.max(at, Math.ceil((offsets[j] + lifetimes[j].bytes) / alignment) * alignment);
    }
    offsets[i] = at;
    total = Math.max(total, at + bytes);
    let place = placed.length;
    while (place > 0 && offsets[placed[place - 1]] > at) place--;
    placed.splice(place, 0, i);
  }
  return { bytes: total, offsets };
}
