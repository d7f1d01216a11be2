/** What a run chooses among by numbers that it finds: programs that change variables. */
import { context } from '../../core/context';
import type { Variable } from '../../core/variable';
import type { Chosen } from '../../graph/graph';
import { GraphFunction } from '../graph_function';
import type { Trace } from '../../graph/trace';
import { tracePart } from './subgraph';

export interface Choice {
  readonly when: string;
  readonly f: () => void;
}

/**
 * Notes functions without results, of which each run calls one: what they do is done to variables, and no gradient passes.
 * `choose` gives its number when the run is there; `variables` are those that it looks at.
 */
export function chooseInRun(
  name: string,
  choices: readonly Choice[],
  choose: () => number,
  variables: readonly Variable[],
): void {
  const tracer = context.tracer as Trace;
  // They run over the variables themselves.
  tracer.settle(true);
  const parts = choices.map(({ f }) =>
    tracePart(
      name,
      [],
      () => {
        f();
      },
      () => [],
      true,
    ),
  );
  const captures = [...new Set(parts.flatMap((p) => p.captures))];
  const branches = parts.map((p, i) => ({
    when: choices[i].when,
    f: new GraphFunction(p.graph),
    inputs: p.captures.map((t) => captures.indexOf(t)),
  }));
  const chosen: Chosen = { branches, choose, variables };
  tracer.choice(name, captures, chosen);
}
