/**
 * Nodes that run compiled graphs are generators of subgraph runs. Their driver decides how a subgraph runs: synchronously,
 * as here, or off the event loop.
 */
import type { Tensor } from '../core/tensor';
import type { TensorSubgraphRuns } from './graph';

/** Runs all subgraphs synchronously. */
export function runSubgraphs(steps: TensorSubgraphRuns): readonly Tensor[] {
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
