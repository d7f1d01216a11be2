/** `tf.tidy`: scopes that free the storage of large intermediates when they end. */
import { tensorsIn } from './leaves';
import { rejectPromise } from './nest';
import { context } from './context';
import { describe } from './shape';
import { isPinned, ownsStorage, pin } from './ownership';
import { Tensor } from './tensor';

/**
 * Runs `fn`, then frees the storage of the large tensors created inside it, except those in its result (nested arrays,
 * objects and IndexedSlices are searched), those passed to `tf.keep`, and those that a tape or a variable holds. It is not
 * needed for correctness or against leaks: it lets a hot loop reuse warm memory. `fn` must not return a Promise.
 */
export function tidy<T>(fn: () => T): T {
  if (typeof fn !== 'function') throw new TypeError(`[tidy] needs a function; got ${describe(fn)}`);
  const outer = context.tidy;
  const created: Tensor[] = [];
  context.tidy = created;
  let result: T;
  try {
    result = fn();
  } catch (error) {
    context.tidy = outer;
    for (const t of created) freeUnlessHeld(t);
    throw error;
  }
  context.tidy = outer;
  rejectPromise(result, 'tf.tidy');
  const kept = new Set(tensorsIn(result));
  for (const t of created) {
    if (kept.has(t)) outer?.push(t);
    else freeUnlessHeld(t);
  }
  return result;
}

/** @internal Frees the storage unless a tape, a variable or `keep` holds it. */
export function freeUnlessHeld(t: Tensor): void {
  if (ownsStorage(t) && !isPinned(t)) t.dispose();
}

/** Excludes a tensor from the `tf.tidy` in which it was created. Returns it. */
export function keep<T extends Tensor>(t: T): T {
  if (!(t instanceof Tensor)) throw new TypeError(`[keep] needs a tensor; got ${describe(t)}`);
  pin(t);
  return t;
}
