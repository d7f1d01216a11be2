/** What a program does to variables: which of its runs must wait for which. */
import type { LateNumbers } from '../../core/scope';
import type { Variable } from '../../core/variable';
import type { Step } from '../executable';

export interface VariableUse {
  /** Read by it before it assigns them. */
  readonly reads: ReadonlySet<Variable>;
  readonly writes: ReadonlySet<Variable>;
  /** A step in JavaScript may read and write any variable. */
  readonly unknown: boolean;
  /** It prints, draws numbers or the like: that happens in the order of the calls. */
  readonly ordered: boolean;
}

export const anyUse: VariableUse = { reads: new Set(), writes: new Set(), unknown: true, ordered: true };

export function useOf(steps: readonly Step[]): VariableUse {
  const reads = new Set<Variable>();
  const writes = new Set<Variable>();
  let unknown = false;
  let ordered = false;
  const find = ({ variables, reads: seen = [] }: LateNumbers): void => {
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
        unknown ||= use.unknown;
        ordered ||= use.ordered;
      }
    } else if (step.kind === 'read') {
      if (!writes.has(step.variable)) reads.add(step.variable);
    } else if (step.kind === 'assign') {
      writes.add(step.variable);
    } else if (step.kind === 'part') {
      for (const { numbers } of step.late) find(numbers);
    } else if (step.node.late !== undefined) {
      find(step.node.late.numbers);
    } else if (step.node.effects === 'variables') {
      unknown = ordered = true;
    } else if (step.node.effects === 'order') {
      ordered = true;
    }
  }
  return { reads, writes, unknown, ordered };
}
