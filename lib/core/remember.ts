/** What is worked out again and again from the same shapes and plain arguments. */

/** Calls that are remembered for each function. */
const kept = 16;

/** Whether arguments are equal: arrays by their elements. NaN is equal to nothing. */
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

/** The argument as it is now: the caller may change an array later. */
function copied(value: unknown): unknown {
  return Array.isArray(value) ? value.map(copied) : value;
}

/**
 * f, which must be pure, with the results of its last few calls kept; what it throws is not. Arguments are compared by
 * value as far as they are arrays, by identity else. A result is handed out again, so nobody may write to it. `shapes`: the
 * places of arguments that are shapes of tensors, which never change, so that the same one need not be looked at.
 */
export function remembered<P extends readonly unknown[], R>(
  f: (...args: P) => R,
  shapes: readonly number[] = [],
): (...args: P) => R {
  const calls: { args: readonly unknown[]; result: R }[] = [];
  let next = 0;
  let last = 0;
  /* eslint-disable prefer-rest-params -- a rest parameter is a list made for each call */
  return function (): R {
    const n = arguments.length;
    // From the call that was found last: most are repeated.
    for (let c = 0, at = last; c < calls.length; c++) {
      const known = calls[at].args;
      let i = known.length === n ? 0 : n + 1;
      while (i < n) {
        const x: unknown = arguments[i];
        const y = known[i];
        if (x !== y && !same(x, y)) break;
        i++;
      }
      if (i === n) {
        last = at;
        return calls[at].result;
      }
      if (++at === calls.length) at = 0;
    }
    const args = Array.from(arguments) as unknown as P;
    const result = f(...args);
    calls[next] = { args: args.map((arg, i) => (shapes.includes(i) ? arg : copied(arg))), result };
    last = next;
    next = (next + 1) % kept;
    return result;
  };
  /* eslint-enable prefer-rest-params */
}
