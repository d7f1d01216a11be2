/** Memoization of functions of shapes and plain arguments. */

import { copyOfArrays } from './lists';

/** Calls cached for each function. */
const maxCached = 16;

/** Whether arguments are equal; arrays are compared by their elements. NaN is not equal to NaN. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || !Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const x: unknown = a[i];
    const y: unknown = b[i];
    if (x !== y && !same(x, y)) return false;
  }
  return true;
}

interface Call<R> {
  readonly args: readonly unknown[];
  readonly result: R;
}

/**
 * Memoizes `f`, which must be pure and take at most ten arguments: the results of its last few calls are cached, errors are
 * not. Arrays are compared by value, other arguments by identity. Callers share a cached result and must not write to it.
 * `shapes`: the positions of arguments that are shapes of tensors; these are immutable, so they are not copied.
 */
export function memoized<P extends readonly unknown[], R>(
  f: (...args: P) => R,
  shapes: readonly number[] = [],
): (...args: P) => R {
  const calls: Call<R>[] = [];
  let next = 0;
  let last = 0;
  // The parameters are written out, because creating a rest array takes longer than comparing them.
  const call = (
    a?: unknown,
    b?: unknown,
    c?: unknown,
    d?: unknown,
    e?: unknown,
    g?: unknown,
    h?: unknown,
    i?: unknown,
    j?: unknown,
    k?: unknown,
  ): R => {
    // The search starts at the last hit: most calls repeat the one before.
    for (let n = 0, at = last; n < calls.length; n++) {
      const { args, result } = calls[at];
      if (
        (a === args[0] || same(a, args[0])) &&
        (b === args[1] || same(b, args[1])) &&
        (c === args[2] || same(c, args[2])) &&
        (d === args[3] || same(d, args[3])) &&
        (e === args[4] || same(e, args[4])) &&
        (g === args[5] || same(g, args[5])) &&
        (h === args[6] || same(h, args[6])) &&
        (i === args[7] || same(i, args[7])) &&
        (j === args[8] || same(j, args[8])) &&
        (k === args[9] || same(k, args[9]))
      ) {
        last = at;
        return result;
      }
      if (++at === calls.length) at = 0;
    }
    // Arguments are copied: the caller may change an array later, and a cached result must belong to what f has seen.
    const args = [a, b, c, d, e, g, h, i, j, k].map((arg, n) =>
      shapes.includes(n) ? arg : copyOfArrays(arg, 'an argument'),
    );
    const result = f(...(args as unknown as P));
    calls[next] = { args, result };
    last = next;
    next = (next + 1) % maxCached;
    return result;
  };
  return call as unknown as (...args: P) => R;
}
