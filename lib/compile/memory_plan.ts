/** Where the values of a compiled segment live: intermediates in an arena, whose bytes are used again and again. */

/** A storage and the instructions between which it is needed. */
export interface Life {
  readonly bytes: number;
  /** The instruction that writes it first. */
  readonly from: number;
  /** The last one that reads or writes it. */
  to: number;
}

export interface ArenaPlan {
  readonly bytes: number;
  /** The byte offset of each storage. */
  readonly offsets: readonly number[];
}

const alignment = 64;
/**
 * Values of whole pages would all begin at the same place of a page, and what reads many of them side by side would find
 * that they take each other's places in the first-level cache: the next one begins five lines further on.
 */
const page = 4096;
const room = (bytes: number): number => (bytes % page === 0 ? bytes + 5 * alignment : bytes);

/** Largest first, each at the lowest place where no storage that lives at the same time is. */
export function planArena(lives: readonly Life[]): ArenaPlan {
  const order = lives
    .map((_, i) => i)
    .sort((a, b) => lives[b].bytes - lives[a].bytes || lives[a].from - lives[b].from);
  const offsets = lives.map(() => 0);
  // By offset.
  const placed: number[] = [];
  let total = 0;
  for (const i of order) {
    const { from, to, bytes } = lives[i];
    let at = 0;
    for (const j of placed) {
      if (offsets[j] >= at + room(bytes)) break;
      if (lives[j].from > to || lives[j].to < from) continue;
      at = Math.max(at, Math.ceil((offsets[j] + room(lives[j].bytes)) / alignment) * alignment);
    }
    offsets[i] = at;
    total = Math.max(total, at + bytes);
    let place = placed.length;
    while (place > 0 && offsets[placed[place - 1]] > at) place--;
    placed.splice(place, 0, i);
  }
  return { bytes: total, offsets };
}
