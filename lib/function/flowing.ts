/**
 * Steps that run compiled graphs one after another. What drives them decides how: at once, or off the event loop. They
 * yield a graph and its arguments, and get its results.
 */
import type { Tensor } from '../core/tensor';
import type { Executable } from './executable';

export type Steps<R> = Generator<readonly [Executable, readonly Tensor[]], R, readonly Tensor[]>;

/** With the results of a step of a graph. */
export type Flowing = Steps<readonly Tensor[]>;

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
