/**
 * Guarded branches: subgraphs that update variables, of which each run executes one. Optimizers use them
 * (keras/optimizers/update.ts), for example to apply accumulated gradients every n-th step only.
 */
import { context } from '../../core/context';
import type { Variable } from '../../core/variable';
import type { GuardedBranches } from '../../graph/graph';
import { GraphFunction } from '../graph_function';
import type { Trace } from '../../graph/trace';
import { traceSubgraph } from './subgraph';

interface GuardedBranch {
  /** The condition in words, for `program()`. */
  readonly when: string;
  readonly f: () => void;
}

/**
 * Traces functions without results as guarded branches. They update variables; no gradient passes. At each run, `select`
 * returns the number of the branch to execute; it reads `variables`.
 */
export function emitGuardedBranches(
  name: string,
  cases: readonly GuardedBranch[],
  select: () => number,
  variables: readonly Variable[],
): void {
  const tracer = context.tracer as Trace;
  // The branches access the variables themselves when they run.
  tracer.restoreVariables(true);
  const subgraphs = cases.map(({ f }) =>
    traceSubgraph(
      name,
      [],
      () => {
        f();
      },
      () => [],
      true,
    ),
  );
  const captures = [...new Set(subgraphs.flatMap((p) => p.captures))];
  const branches = subgraphs.map((p, i) => ({
    when: cases[i].when,
    f: new GraphFunction(p.graph),
    inputs: p.captures.map((t) => captures.indexOf(t)),
  }));
  const guarded: GuardedBranches = { branches, select, variables };
  tracer.addGuardedBranches(name, captures, guarded);
}
