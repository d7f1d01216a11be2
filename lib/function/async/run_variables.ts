/**
 * The variables as an asynchronous run sees them. Their values are pinned until it ends: assignments by others do not change them.
 * Only the run itself sees its assignments, until they are published: when it ends, or earlier if a step in JavaScript uses the
 * variable.
 */
import { detached } from '../../core/context';
import { aliasTensor, shapeOf, type Tensor } from '../../core/tensor';
import { assigning, type Variable } from '../../core/variable';

/** A value that the run has assigned. */
interface Assigned {
  readonly value: Tensor;
  /** The tensor is uniquely owned. */
  readonly exclusive: boolean;
}

export class RunVariables {
  private readonly pinned = new Map<Variable, Tensor>();
  private readonly assigned = new Map<Variable, Assigned>();
  private readonly retained: Tensor[] = [];

  /** Runs `f` as part of the run: it may assign the variables that the run has claimed. */
  withClaim<T>(f: () => T): T {
    return assigning(() => detached(f));
  }

  private retain(t: Tensor): Tensor {
    this.retained.push(t);
    return t;
  }

  /** Fixes the value of a variable for the run with a lease, so that its elements are not overwritten. */
  pin(variable: Variable): Tensor {
    const t = this.retain(detached(() => variable.snapshot()));
    this.pinned.set(variable, t);
    return t;
  }

  readonly read = (variable: Variable): Tensor => {
    const assigned = this.assigned.get(variable);
    // An alias: the variable may free the tensor when it is assigned again.
    if (assigned !== undefined)
      return this.retain(aliasTensor(assigned.value, shapeOf(assigned.value), 'read'));
    return this.pinned.get(variable) ?? this.pin(variable);
  };

  assign(variable: Variable, value: Tensor, exclusive: boolean): void {
    variable.checkFits(value);
    const before = this.assigned.get(variable);
    if (before?.exclusive === true) this.retain(before.value);
    this.assigned.set(variable, {
      value: exclusive ? value : this.retain(aliasTensor(value, shapeOf(value), 'assign')),
      exclusive,
    });
  }

  /** Makes the assignments of all or some variables visible to others; later reads of these use their current values. */
  publish(only: readonly Variable[] = [...this.assigned.keys()]): void {
    this.withClaim(() => {
      for (const variable of only) {
        this.pinned.delete(variable);
        const assigned = this.assigned.get(variable);
        if (assigned === undefined) continue;
        this.assigned.delete(variable);
        if (assigned.exclusive) variable.assignOwned(assigned.value);
        else variable.assignTensor(assigned.value);
      }
    });
  }

  release(): void {
    for (const t of this.retained) t.dispose();
    this.retained.length = 0;
  }
}
