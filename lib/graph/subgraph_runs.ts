/**
 * Nodes that run compiled graphs, one after another, are generators of these runs. What drives them decides how they run: at
 * once, here, or off the event loop.
 */
import type { Tensor } from '../core/tensor';
import type { Flowing } from './graph';

/** Runs all of them at once. */
export function flow(steps: Flowing): readonly Tensor[] {
  let next = steps.next();
  while (next.done !== true) {
    const [executable, args] = next.value;
    let results: readonly Tensor[];
    try {
      results = executable.run(args);
    } catch (error) {
      next = steps.throw(error);
      continue;
    }
    next = steps.next(results);
  }
  return next.value;
}
