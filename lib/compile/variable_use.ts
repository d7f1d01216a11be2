/** The variables that a program reads and writes, which order concurrent runs. */
import type { RuntimeScalars } from '../op/contract';
import type { Variable } from '../core/variable';
import type { Step } from './steps';

export interface VariableUse {
  /** Variables whose values from before the run are read. */
  readonly reads: ReadonlySet<Variable>;
  readonly writes: ReadonlySet<Variable>;
  /** It has effects, such as printing or random numbers, that happen in call order. */
  readonly ordered: boolean;
}

export function useOf(steps: readonly Step[]): VariableUse {
  const reads = new Set<Variable>();
  const writes = new Set<Variable>();
  let ordered = false;
  const addScalars = ({ variables, reads: readOnly = [] }: RuntimeScalars): void => {
    for (const v of readOnly) if (!writes.has(v)) reads.add(v);
    // State that is no variable, such as the global random stream.
    if (variables.length === 0) ordered = true;
    for (const v of variables) writes.add(v);
  };
  for (const step of steps) {
    if (step.kind === 'choice') {
      for (const v of step.guarded.variables) if (!writes.has(v)) reads.add(v);
      for (const { f } of step.guarded.branches) {
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
      for (const { scalars } of step.scalars) addScalars(scalars);
    } else if (step.node.scalarOp !== undefined) {
      addScalars(step.node.scalarOp.scalars);
    } else if (step.node.effects === 'variables') {
      for (const v of step.node.variables ?? []) writes.add(v);
      ordered = true;
    } else if (step.node.effects === 'order') {
      ordered = true;
    }
  }
  return { reads, writes, ordered };
}
