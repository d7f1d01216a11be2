/** A layered drawing of a graph, after Sugiyama: ranks, an order within each, and coordinates. */

/** A box to place. */
export interface Box {
  readonly width: number;
  readonly height: number;
}
export interface Point {
  readonly x: number;
  readonly y: number;
}
/** Edges are pairs of the places of boxes in the list. */
export type Edge = readonly [from: number, to: number];

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** The upper left corners of the boxes. */
  readonly positions: readonly Point[];
  /** For each edge, the points that it passes between its boxes. */
  readonly bends: readonly (readonly Point[])[];
}

/** A box, or a point where an edge passes a rank. */
interface Slot extends Box {
  readonly rank: number;
  readonly isBend: boolean;
  readonly above: number[];
  readonly below: number[];
  /** The middle. */
  x: number;
}

const gap = 36;
const sweeps = 12;

/** The edges without those that close a cycle, which are turned, and without loops. */
function acyclic(count: number, edges: readonly Edge[]): Edge[] {
  const next: number[][] = Array.from({ length: count }, () => []);
  for (const [from, to] of edges) next[from].push(to);
  const state = new Uint8Array(count);
  const turned = new Set<string>();
  // An own stack: chains of thousands of layers would exhaust that of calls.
  for (let start = 0; start < count; start++) {
    if (state[start] !== 0) continue;
    const stack = [{ node: start, at: 0 }];
    state[start] = 1;
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top.at === next[top.node].length) {
        state[top.node] = 2;
        stack.pop();
        continue;
      }
      const to = next[top.node][top.at++];
      if (state[to] === 1) turned.add(`${top.node},${to}`);
      if (state[to] === 0) {
        state[to] = 1;
        stack.push({ node: to, at: 0 });
      }
    }
  }
  return edges.map(([from, to]) => (turned.has(`${from},${to}`) ? [to, from] : [from, to]));
}

/** The rank of each box: one more than those above it; boxes without any above go as far down as they can. */
function rankBoxes(count: number, edges: readonly Edge[]): number[] {
  const ranks = new Array<number>(count).fill(0);
  const waiting = new Array<number>(count).fill(0);
  const next: number[][] = Array.from({ length: count }, () => []);
  for (const [from, to] of edges) {
    if (from === to) continue;
    next[from].push(to);
    waiting[to]++;
  }
  const isSource = waiting.map((n) => n === 0);
  const ready = [...isSource.keys()].filter((i) => isSource[i]);
  for (let i = 0; i < ready.length; i++)
    for (const to of next[ready[i]]) {
      ranks[to] = Math.max(ranks[to], ranks[ready[i]] + 1);
      if (--waiting[to] === 0) ready.push(to);
    }
  isSource.forEach((source, i) => {
    if (source && next[i].length > 0) ranks[i] = Math.min(...next[i].map((to) => ranks[to])) - 1;
  });
  return ranks;
}

/** Orders the slots of each rank by the mean place of their neighbours, down and up in turns. */
function orderRanks(slots: readonly Slot[], ranks: number[][]): void {
  const place = new Array<number>(slots.length).fill(0);
  const number = (rank: readonly number[]): void => rank.forEach((slot, i) => (place[slot] = i));
  ranks.forEach(number);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const down = sweep % 2 === 0;
    for (const rank of down ? ranks : [...ranks].reverse()) {
      const key = new Map(
        rank.map((slot) => {
          const near = down ? slots[slot].above : slots[slot].below;
          const sum = near.reduce((total, other) => total + place[other], 0);
          return [slot, near.length === 0 ? place[slot] : sum / near.length];
        }),
      );
      rank.sort((a, b) => (key.get(a) ?? 0) - (key.get(b) ?? 0) || place[a] - place[b]);
      number(rank);
    }
  }
}

/**
 * Moves the slots of a rank to the wanted places, as near as their widths allow in the sense of least squares: pools of slots
 * that would overlap share their mean.
 */
function settle(slots: readonly Slot[], rank: readonly number[], wanted: readonly number[]): void {
  let offset = 0;
  const offsets = rank.map((slot, i) => {
    if (i > 0) offset += (slots[rank[i - 1]].width + slots[slot].width) / 2 + gap;
    return offset;
  });
  const pools: { sum: number; weight: number; count: number }[] = [];
  rank.forEach((slot, i) => {
    const weight = slots[slot].isBend ? 4 : 1;
    let pool = { sum: weight * (wanted[i] - offsets[i]), weight, count: 1 };
    for (let last = pools.at(-1); last !== undefined; last = pools.at(-1)) {
      if (last.sum / last.weight <= pool.sum / pool.weight) break;
      pools.pop();
      pool = {
        sum: pool.sum + last.sum,
        weight: pool.weight + last.weight,
        count: pool.count + last.count,
      };
    }
    pools.push(pool);
  });
  let at = 0;
  for (const { sum, weight, count } of pools)
    for (let i = 0; i < count; i++, at++) slots[rank[at]].x = sum / weight + offsets[at];
}

function placeColumns(slots: readonly Slot[], ranks: readonly number[][]): void {
  for (const rank of ranks)
    settle(
      slots,
      rank,
      rank.map(() => 0),
    );
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const down = sweep % 2 === 0;
    for (const rank of down ? ranks : [...ranks].reverse()) {
      const wanted = rank.map((slot) => {
        const { above, below, x } = slots[slot];
        const near = down ? above : below;
        return near.length === 0 ? x : near.reduce((sum, other) => sum + slots[other].x, 0) / near.length;
      });
      settle(slots, rank, wanted);
    }
  }
}

/** Slots for boxes and bends, and for each edge the slots that it passes, from its first box to its last. */
function slotsOf(boxes: readonly Box[], edges: readonly Edge[]): { slots: Slot[]; routes: number[][] } {
  const down = acyclic(boxes.length, edges);
  const rankOf = rankBoxes(boxes.length, down);
  const slot = (box: Box, rank: number, isBend: boolean): Slot => ({
    ...{ width: box.width, height: box.height, rank, isBend, above: [], below: [], x: 0 },
  });
  const slots = boxes.map((box, i) => slot(box, rankOf[i], false));
  const routes = down.map(([from, to], i) => {
    const route = [from];
    if (from !== to) {
      for (let rank = rankOf[from] + 1; rank < rankOf[to]; rank++)
        route.push(slots.push(slot({ width: 4, height: 0 }, rank, true)) - 1);
      route.push(to);
    }
    for (let k = 1; k < route.length; k++) {
      slots[route[k - 1]].below.push(route[k]);
      slots[route[k]].above.push(route[k - 1]);
    }
    return from === edges[i][0] ? route : route.reverse();
  });
  return { slots, routes };
}

/** Places boxes from top to bottom along the edges. Cycles are drawn with edges that go up. */
export function layeredLayout(boxes: readonly Box[], edges: readonly Edge[]): Layout {
  const { slots, routes } = slotsOf(boxes, edges);
  const depth = slots.reduce((most, { rank }) => Math.max(most, rank + 1), 0);
  const ranks: number[][] = Array.from({ length: depth }, () => []);
  slots.forEach(({ rank }, i) => ranks[rank].push(i));
  orderRanks(slots, ranks);
  placeColumns(slots, ranks);
  const left = slots.reduce((least, { x, width }) => Math.min(least, x - width / 2), Infinity);
  const right = slots.reduce((most, { x, width }) => Math.max(most, x + width / 2), -Infinity);
  let y = 0;
  const heights = ranks.map((rank) => rank.reduce((most, slot) => Math.max(most, slots[slot].height), 0));
  const middles = heights.map((height) => {
    const middle = y + height / 2;
    y += height + gap;
    return middle;
  });
  const middleOf = ({ x, rank }: Slot): Point => ({ x: x - left, y: middles[rank] });
  return {
    width: boxes.length === 0 ? 0 : right - left,
    height: Math.max(0, y - gap),
    positions: boxes.map(({ width, height }, i) => {
      const middle = middleOf(slots[i]);
      return { x: middle.x - width / 2, y: middle.y - height / 2 };
    }),
    // An edge passes a rank at a right angle, so that it does not cut the corners of the boxes there.
    bends: routes.map((route) =>
      route.slice(1, -1).flatMap((slot, i, { length }) => {
        const { x, y } = middleOf(slots[slot]);
        const half = heights[slots[slot].rank] / 2;
        const next = i + 1 < length ? slots[route[i + 2]].rank : slots[route[route.length - 1]].rank;
        const sign = next > slots[slot].rank ? 1 : -1;
        return [
          { x, y: y - sign * half },
          { x, y: y + sign * half },
        ];
      }),
    ),
  };
}
