/** Variables as one call sees them: its own assignments, and below them what was there when it began. */
import { apart } from '../../core/scope';
import { aliasTensor, type Tensor } from '../../core/tensor';
import { assigning, type Variable } from '../../core/variable';
import { asOf } from './past';

interface Assigned {
  readonly value: Tensor;
  /** Nobody else has the tensor. */
  readonly own: boolean;
  /** What the variable held then. A check that fails assigns what stands before it, which is later than this. */
  readonly before: Tensor;
}

export class Transaction {
  private readonly seen = new Map<Variable, Tensor>();
  private readonly assigned = new Map<Variable, Assigned>();
  private readonly held: Tensor[] = [];

  /** `call`: its number, greater than that of all calls before. */
  constructor(private readonly call: number) {}

  /** Runs on the event loop what belongs to the call, when it is its turn. */
  here<T>(f: () => T): T {
    return assigning(() => asOf(this.call, () => apart(f)));
  }

  private hold(t: Tensor): Tensor {
    this.held.push(t);
    return t;
  }

  /** Takes down what the variable holds now. The tensor keeps others from writing over the elements. */
  see(variable: Variable): Tensor {
    const t = this.hold(asOf(this.call, () => variable.lend()));
    this.seen.set(variable, t);
    return t;
  }

  read(variable: Variable): Tensor {
    const assigned = this.assigned.get(variable);
    // The variable may give its own tensor's memory away when it gets the next value.
    if (assigned !== undefined) return this.hold(aliasTensor(assigned.value, assigned.value.shape, 'read'));
    return this.seen.get(variable) ?? this.see(variable);
  }

  /** As `here`, while variables hold what was taken down or assigned too. */
  during(only: readonly Variable[], f: () => void): void {
    const own = only.map((variable) => this.read(variable));
    this.here(() => {
      const held = only.map((variable, i) => variable.swap(own[i]));
      try {
        f();
      } finally {
        only.forEach((variable, i) => variable.swap(held[i]));
      }
    });
  }

  /** The value is the variable's from now on for this call, and for all others when it is carried out. */
  assign(variable: Variable, value: Tensor, own: boolean): void {
    variable.checkFits(value);
    this.drop(variable);
    const kept = own ? value : this.hold(aliasTensor(value, value.shape, 'assign'));
    const before = asOf(this.call, () => variable.held);
    this.assigned.set(variable, { value: kept, own, before });
  }

  private drop(variable: Variable): void {
    const before = this.assigned.get(variable);
    if (before?.own === true) this.hold(before.value);
  }

  /** Carries the assignments out, or those of some variables; what is read of these from now on is read anew. */
  carryOut(only?: readonly Variable[]): void {
    this.here(() => {
      for (const variable of only ?? [...this.assigned.keys()]) {
        const assigned = this.assigned.get(variable);
        if (assigned === undefined) continue;
        if (variable.held !== assigned.before) this.drop(variable);
        else if (assigned.own) variable.adopt(assigned.value);
        else variable.assignTensor(assigned.value);
        this.assigned.delete(variable);
      }
    });
    if (only === undefined) this.seen.clear();
    else for (const variable of only) this.seen.delete(variable);
  }

  release(): void {
    for (const t of this.held) t.dispose();
    this.held.length = 0;
  }
}
