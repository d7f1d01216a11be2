/** Variables as one run off the event loop sees them. */
import { detached } from '../../core/context';
import { aliasTensor, shapeOf, type Tensor } from '../../core/tensor';
import { assigning, type Variable } from '../../core/variable';

interface Assigned {
  readonly value: Tensor;
  /** Nobody else has the tensor. */
  readonly own: boolean;
}

/**
 * Values that were pinned at the call, and the run's own assignments: to all others, variables keep their values until
 * `publish`.
 */
export class RunVariables {
  private readonly pinned = new Map<Variable, Tensor>();
  private readonly assigned = new Map<Variable, Assigned>();
  private readonly held: Tensor[] = [];

  /** Runs on the event loop what belongs to the run: it may assign the variables that the run claims. */
  here<T>(f: () => T): T {
    return assigning(() => detached(f));
  }

  private hold(t: Tensor): Tensor {
    this.held.push(t);
    return t;
  }

  /** Fixes what the run reads of a variable to its value now, and keeps others from writing over its elements. */
  pin(variable: Variable): Tensor {
    const t = this.hold(detached(() => variable.lend()));
    this.pinned.set(variable, t);
    return t;
  }

  readonly read = (variable: Variable): Tensor => {
    const assigned = this.assigned.get(variable);
    // The variable may give its own tensor's memory away when it gets the next value.
    if (assigned !== undefined)
      return this.hold(aliasTensor(assigned.value, shapeOf(assigned.value), 'read'));
    return this.pinned.get(variable) ?? this.pin(variable);
  };

  assign(variable: Variable, value: Tensor, own: boolean): void {
    variable.checkFits(value);
    const before = this.assigned.get(variable);
    if (before?.own === true) this.hold(before.value);
    this.assigned.set(variable, {
      value: own ? value : this.hold(aliasTensor(value, shapeOf(value), 'assign')),
      own,
    });
  }

  /** Lets all see the assignments, or those of some variables; what is read of these from now on is read anew. */
  publish(only: readonly Variable[] = [...this.assigned.keys()]): void {
    this.here(() => {
      for (const variable of only) {
        this.pinned.delete(variable);
        const assigned = this.assigned.get(variable);
        if (assigned === undefined) continue;
        this.assigned.delete(variable);
        if (assigned.own) variable.adopt(assigned.value);
        else variable.assignTensor(assigned.value);
      }
    });
  }

  release(): void {
    for (const t of this.held) t.dispose();
    this.held.length = 0;
  }
}
