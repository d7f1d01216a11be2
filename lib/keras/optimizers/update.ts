/** Updaters apply rules to variables and their slots: eagerly, or as ops of a function that is being traced. */
import type { DTypeInfo } from '../../core/dtype';
import type { IndexedSlices } from '../../core/indexed_slices';
import type { ReadVariable, RuntimeScalars, TracedOp, Tracer } from '../../op/contract';
import { context } from '../../core/context';
import type { Shape } from '../../core/shape';
import { emitGuardedBranches } from '../../function/control/guarded_branches';
import { scalarTensor } from '../../core/scalar_tensor';
import { makeTensor, shapeOf, type Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import {
  applyRule,
  applyRuleToRows,
  ruleNumbers,
  ruleOp,
  rowsRuleOp,
  type Rule,
} from '../../ops/state/optimizer_rules';
import { filled } from '../../ops/array/creation';
import { runtimeScalar, runtimeZeros } from '../../op/runtime_scalars';
import type { Slot } from './slot';

/** The update rule of a variable. */
export interface RuleOfVariable {
  readonly rule: Rule;
  /** The rule's state for the variable. */
  readonly slots: readonly Slot[];
}

export interface Update {
  /** The gradient, in the variable's dtype and shape. Null: the weights are their own gradient. */
  readonly gradient: Tensor | null;
  readonly variable: Variable;
  readonly slots: readonly Slot[];
}

/** Groups updates by the variables' dtype. */
export function groupByDType(updates: readonly Update[]): Update[][] {
  const groups = new Map<DTypeInfo, Update[]>();
  for (const u of updates) {
    const { dt } = u.variable;
    const group = groups.get(dt);
    if (group === undefined) groups.set(dt, [u]);
    else group.push(u);
  }
  return [...groups.values()];
}

/** The numbers of a rule for variables of a dtype. */
export type Numbers = (dt: DTypeInfo) => readonly number[];

export interface Updater {
  /** Applies a rule. The variables are distinct and have the same dtype. */
  update(rule: Rule, numbers: Numbers, updates: readonly Update[]): void;
  /** Gradient descent for the rows of a sparse gradient; duplicate rows are applied one after another. */
  descendRows(numbers: Numbers, rows: IndexedSlices, variable: Variable): void;
  /** Runs one of two branches. */
  choose(choice: Choice): void;
  /** A scalar, computed at each step; `needsRate`: from the learning rate. */
  number(dt: DTypeInfo, find: () => number, needsRate?: boolean): Tensor;
  zeros(dt: DTypeInfo, shape: Shape): Tensor;
  /** The current value of a variable. */
  value(v: Variable): Tensor;
  /** Assigns a uniquely owned tensor. */
  assign(v: Variable, value: Tensor): void;
}

export interface Choice {
  readonly name: string;
  readonly isDue: () => boolean;
  readonly yes: (updater: Updater) => void;
  readonly no: (updater: Updater) => void;
}

/**
 * Applies rules immediately, in place for uniquely owned variables. Tensors that were read from the variables earlier do not
 * change.
 */
export const eagerUpdater: Updater = {
  update(rule, numbers, updates) {
    const all = updates.map(({ gradient, variable, slots }) => {
      const old = variable.held;
      const next = variable.prefersInPlace ? old : variable.takeBackBuffer();
      return {
        gradient: gradient ?? old,
        from: [old, ...slots.map((slot) => slot.held)],
        to: [next, ...slots.map((slot) => slot.target())],
      };
    });
    applyRule(rule, numbers(updates[0].variable.dt), all);
    updates.forEach(({ variable, slots }, i) => {
      const [next, ...targets] = all[i].to;
      slots.forEach((slot, k) => slot.settle(targets[k]));
      if (next === variable.held) variable.markOverwritten();
      else variable.swapBuffers(next);
    });
  },

  descendRows(numbers, { values, indices }, variable) {
    const old = variable.held;
    const inPlace = variable.canOverwrite;
    const next = inPlace ? old : makeTensor(old.dt, shapeOf(old), old.size);
    applyRuleToRows('sgd', numbers(variable.dt), values, indices, old, next);
    if (inPlace) variable.markOverwritten();
    else variable.assignOwned(next);
  },

  choose({ isDue, yes, no }) {
    if (isDue()) yes(eagerUpdater);
    else no(eagerUpdater);
  },

  number: (dt, find) => scalarTensor(dt, find()),
  zeros: (dt, shape) => filled(shape, dt, 0, 'zeros'),
  value: (v) => v.held,
  assign: (v, value) => {
    v.assignTensor(value);
  },
};

/** The hooks of each run of a compiled step: learning rate and step counter. */
export interface StepClock {
  /** Called before the first numbers are computed. */
  begin(read: ReadVariable): void;
  /** Called after the last update. */
  end(): void;
  /** Reverts `end` after the run failed. */
  undo(): void;
  /** The variables that these hooks change, and those that they only read. */
  readonly variables: readonly Variable[];
  readonly reads: readonly Variable[];
}

const countStep: TracedOp = {
  name: 'countStep',
  differentiable: false,
  savesInputs: 0,
  savesOutputs: false,
  execute: () => undefined,
};

/** Adds rules as ops to the function that is being traced. `end` is to be called last. */
export class TracedUpdater implements Updater {
  private begun = false;

  constructor(
    private readonly tracer: Tracer,
    private readonly clock: StepClock,
  ) {}

  update(rule: Rule, numbers: Numbers, updates: readonly Update[]): void {
    const all = updates.flatMap(({ variable, slots }) => [variable, ...slots]);
    const { dt } = all[0];
    const scalars = this.scalars(ruleNumbers.slot, () => numbers(dt));
    for (const v of all) this.tracer.touch(v);
    const inputs = updates.flatMap(({ gradient, variable, slots }) => {
      const own = [variable, ...slots].map((v) => v.held);
      return [gradient ?? own[0], ...own];
    });
    const outs = all.map(({ held }) => ({ shape: shapeOf(held), dt }));
    const op = ruleOp(rule, all.length / updates.length, updates.length);
    const found = this.tracer.emitWithScalars(op, inputs, outs, scalars);
    all.forEach((v, i) => v.assignOwned(found[i]));
  }

  descendRows(numbers: Numbers, { values, indices }: IndexedSlices, variable: Variable): void {
    const scalars = this.scalars(ruleNumbers.rowsSlot, () => numbers(variable.dt));
    this.tracer.touch(variable);
    const { held } = variable;
    const outs = [{ shape: shapeOf(held), dt: held.dt }];
    variable.assignOwned(
      this.tracer.emitWithScalars(rowsRuleOp('sgd'), [values, indices, held], outs, scalars)[0],
    );
  }

  choose({ name, isDue, yes, no }: Choice): void {
    const { clock } = this;
    const branch = (f: Choice['yes']) => (): void => {
      f(new TracedUpdater(context.tracer as Tracer, clock));
    };
    emitGuardedBranches(
      name,
      [
        { when: 'the update is due', f: branch(yes) },
        { when: 'gradients accumulate', f: branch(no) },
      ],
      () => (isDue() ? 0 : 1),
      clock.variables,
    );
  }

  number(dt: DTypeInfo, find: () => number, needsRate = false): Tensor {
    const { clock } = this;
    if (!needsRate || this.begun) return runtimeScalar(this.tracer, dt, find, clock);
    this.begun = true;
    const compute = (read: ReadVariable): number => {
      clock.begin(read);
      return find();
    };
    return runtimeScalar(this.tracer, dt, compute, { ...clock, fallible: true });
  }

  zeros(dt: DTypeInfo, shape: Shape): Tensor {
    return runtimeZeros(this.tracer, dt, shape);
  }

  value(v: Variable): Tensor {
    this.tracer.touch(v);
    return v.held;
  }

  assign(v: Variable, value: Tensor): void {
    this.tracer.touch(v);
    v.assignOwned(value);
  }

  end(): void {
    const { clock } = this;
    this.tracer.emitWithScalars(countStep, [], [], {
      slot: 0,
      count: 0,
      variables: clock.variables,
      write: () => clock.end(),
      undo: () => clock.undo(),
      attrs: () => null,
    });
  }

  private scalars(slot: number, numbers: () => readonly number[]): RuntimeScalars {
    const { clock } = this;
    const first = !this.begun;
    this.begun = true;
    return {
      slot,
      count: ruleNumbers.count,
      variables: clock.variables,
      reads: clock.reads,
      // The learning rate may be a user function, which may throw.
      fallible: first,
      write: (to, at, read) => {
        if (first) clock.begin(read);
        const found = numbers();
        for (let i = 0; i < found.length; i++) to[at + i] = found[i];
      },
      attrs: (found) => found,
    };
  }
}
