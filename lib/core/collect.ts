/**
 * When garbage is collected. V8 finds out that a result is garbage when it next collects its young generation, which it
 * does after 32 MB of new buffers at the earliest: a loop of large results would walk through more memory than the caches
 * hold. So the young generation is collected after fewer bytes, as long as that is quick (40 µs where little is alive);
 * where it takes long, more bytes must come together for it. Taped loops are collected before a step. GRADTAPE_COLLECT=0
 * leaves all of it to V8.
 *
 * Of a collection's 28 µs V8 spends 18 on a list of the objects that Node's start-up snapshot was made of (10 µs in all with
 * `node --no-node-snapshot`). Collecting on the caller's thread while the others begin with the next kernel hid half of it,
 * but each result then outlived the collection beside its own kernel: chains of ops took up to twice as long.
 */
import * as v8 from 'node:v8';
import * as vm from 'node:vm';
import { scope } from './scope';

/**
 * A result and a half of a million floats. With 4 MB the collections cost more than the caches save. With 8 MB less is left in
 * them: an addition of a million floats took a tenth longer, a softmax of as many and a depthwise convolution of 6 MB too.
 */
const leastWindow = 6 * 2 ** 20;
/** A collection of so many milliseconds is not slow, whatever else happens. */
const quick = 0.2;
/** Nor is one that takes this part of the time since the one before it: steps that take long afford more, and a busy machine is slow in all. */
const share = 1 / 6;
/** After an idle time V8 gives back the young generation's pages and makes them anew: one or two slow collections say nothing. */
const chance = 3;

/** Bytes of new buffers since the last collection, and how many may come together. */
let bytes = 0;
/** When the last collection ended, and the milliseconds it took. */
let ended = 0;
let took = 0;
let window = process.env.GRADTAPE_COLLECT === '0' ? Infinity : leastWindow;
let collect: (() => void) | null = null;
/** Slow collections in a row. */
let slow = 0;

/**
 * So many windows come together while a tape records or lets go of what it held: until then the most is alive. What is
 * collected around twice grows old, and its memory is given back by a slow collection alone: a convolutional network's steps
 * of 16 MB took 2.24 ms, and 1.97 where each begins with a collection. V8 itself collects after little more.
 */
const taped = 4;

/** Whether a tape is gone back over that lets go of what it held. */
export const goingBack = { lettingGo: false };

/** Says that a buffer is about to be made. */
export function madeBytes(size: number): void {
  bytes += size;
  if (bytes <= window) return;
  if ((scope.recorder !== null || goingBack.lettingGo) && bytes <= taped * window) return;
  collectNow();
}

/** Says that a record begins: what the one before it held is garbage by now, as a rule. */
export function beginsRecord(): void {
  if (bytes > window) collectNow();
}

function collectNow(): void {
  const start = performance.now();
  // Where results come so fast that collections would take a third of the time, twice as many come together.
  if (bytes <= 2 * window && start - ended < 2 * took) return;
  const since = start - ended;
  bytes = 0;
  collect ??= youngCollector();
  collect();
  ended = performance.now();
  took = ended - start;
  // With half the bytes it would take twice the part.
  if (took <= Math.max(quick, (share / 2) * since)) {
    slow = 0;
    if (window > leastWindow) window /= 2;
  } else if (took > share * since && ++slow >= chance) window *= 2;
}

type Collector = (options: { type: 'minor' }) => void;

/** V8's own function. The flag that shows it is set for as long as it takes to get hold of it. */
function youngCollector(): () => void {
  const options = { type: 'minor' } as const;
  let gc = (globalThis as { gc?: Collector }).gc;
  if (gc === undefined) {
    v8.setFlagsFromString('--expose-gc');
    try {
      gc = vm.runInNewContext('gc') as Collector;
    } catch {
      window = Infinity;
      return () => undefined;
    } finally {
      v8.setFlagsFromString('--no-expose-gc');
    }
  }
  // Another thread would free the buffers too late for the next result.
  v8.setFlagsFromString('--no-concurrent-array-buffer-sweeping');
  // Its helpers would run where the pool's worker waits for the next region, and be waited for: 120 µs for 40.
  v8.setFlagsFromString('--no-parallel-scavenge');
  const found = gc;
  return () => {
    found(options);
  };
}
