/** What a program does to variables: which of its runs must wait for which. */
import type { RuntimeScalars } from '../op/contract';
import type { Variable } from '../core/variable';
import type { Step } from './steps';

export interface VariableUse {
  /** Read by it before it assigns them. */
  readonly reads: ReadonlySet<Variable>;
  readonly writes: ReadonlySet<Variable>;
  /** It prints, draws numbers or the like: that happens in the order of the calls. */
  readonly ordered: boolean;
}

export function useOf(steps: readonly Step[]): VariableUse {
  const reads = new Set<Variable>();
  const writes = new Set<Variable>();
  let ordered = false;
  const find = ({ variables, reads: seen = [] }: RuntimeScalars): void => {
    for (const v of seen) if (!writes.has(v)) reads.add(v);
    // A stream of numbers that is no variable.
    if (variables.length === 0) ordered = true;
    for (const v of variables) writes.add(v);
  };
  for (const step of steps) {
    if (step.kind === 'choice') {
      for (const v of step.chosen.variables) if (!writes.has(v)) reads.add(v);
      for (const { f } of step.chosen.branches) {
        const { use } = f.executable;
        for (const v of use.reads) if (!writes.has(v)) reads.add(v);
        for (const v of use.writes) writes.add(v);
        ordered ||= use.ordered;
      }
    } else if (step.kind === 'read') {
      if (!writes.has(step.variable)) reads.add(step.variable);
    } else if (step.kind === 'assign') {
      writes.add(step.variable);
    } else if (step.kind === 'segment') {
      for (const { scalars } of step.scalars) find(scalars);
    } else if (step.node.scalarOp !== undefined) {
      find(step.node.scalarOp.scalars);
    } else if (step.node.effects === 'variables') {
      for (const v of step.node.variables ?? []) writes.add(v);
      ordered = true;
    } else if (step.node.effects === 'order') {
      ordered = true;
    }
  }
  return { reads, writes, ordered };
}
