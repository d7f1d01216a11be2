/** Rules applied to variables and their slots: at once, or as steps of a function that is being traced. */
import type { DTypeInfo } from '../../core/dtype';
import type { IndexedSlices } from '../../core/indexed_slices';
import type { ReadVariable, RuntimeScalars, TracedOp, Tracer } from '../../op/contract';
import { context } from '../../core/context';
import type { Shape } from '../../core/shape';
import { emitGuardedBranches } from '../../function/control/guarded_branches';
import { makeTensor, scalarTensor, shapeOf, type Tensor } from '../../core/tensor';
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

/** How a variable is updated. */
export interface RuleOfVariable {
  readonly rule: Rule;
  /** The state that the rule has of it. */
  readonly slots: readonly Slot[];
}

export interface Update {
  /** It has the variable's dtype and shape. Null: the weights are their own gradient. */
  readonly gradient: Tensor | null;
  readonly variable: Variable;
  readonly slots: readonly Slot[];
}

/** Variables of each dtype together. */
export function byType(updates: readonly Update[]): Update[][] {
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

/** What carries rules out. */
export interface Updater {
  /** No variable stands twice among the updates, which all have one dtype. */
  update(rule: Rule, numbers: Numbers, updates: readonly Update[]): void;
  /** Gradient descent for the rows that a sparse gradient names; rows that repeat meet one after another. */
  descendRows(numbers: Numbers, rows: IndexedSlices, variable: Variable): void;
  /** Does the one thing where it is time, else the other. */
  choose(choice: Choice): void;
  /** A number in a dtype, as it is when the step is made. */
  number(dt: DTypeInfo, find: () => number): Tensor;
  zeros(dt: DTypeInfo, shape: Shape): Tensor;
  /** What a variable holds, and how it gets another value, which nobody else has. */
  value(v: Variable): Tensor;
  assign(v: Variable, value: Tensor): void;
}

export interface Choice {
  readonly name: string;
  readonly isTime: () => boolean;
  readonly yes: (updater: Updater) => void;
  readonly no: (updater: Updater) => void;
}

/**
 * Carries rules out at once, in place where no one can tell. Tensors that were read from the variables before keep their
 * elements.
 */
export const atOnce: Updater = {
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

  choose({ isTime, yes, no }) {
    if (isTime()) yes(atOnce);
    else no(atOnce);
  },

  number: (dt, find) => scalarTensor(dt, find()),
  zeros: (dt, shape) => filled(shape, dt, 0, 'zeros'),
  value: (v) => v.held,
  assign: (v, value) => {
    v.assignTensor(value);
  },
};

/** What the numbers of a function's steps depend on. */
export interface StepClock {
  /** Called in each run before the first numbers are computed. */
  begin(read: ReadVariable): void;
  /** Called behind the last, and undone where the run fails. */
  end(): void;
  undo(): void;
  /** The variables that these change, and those that they only read. */
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

/** Notes rules as steps of a function that is being traced; `end` comes last. */
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

  choose({ name, isTime, yes, no }: Choice): void {
    const { clock } = this;
    const branch = (f: Choice['yes']) => (): void => {
      f(new TracedUpdater(context.tracer as Tracer, clock));
    };
    emitGuardedBranches(
      name,
      [
        { when: 'it is time', f: branch(yes) },
        { when: 'it is not', f: branch(no) },
      ],
      () => (isTime() ? 0 : 1),
      clock.variables,
    );
  }

  number(dt: DTypeInfo, find: () => number): Tensor {
    return runtimeScalar(this.tracer, dt, find, this.clock.variables);
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
      // The learning rate may be a function of the user's.
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
