/** The memory plan of a segment: intermediates share an arena, which reuses bytes once a value is dead. */

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
