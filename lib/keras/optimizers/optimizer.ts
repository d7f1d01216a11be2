/** The base class of optimizers: one step from gradients to variables, in the order of operations of Keras 3. */
import { GradientTape } from '../../autodiff/gradient_tape';
import { context } from '../../core/context';
import { dtypes, type DType, type DTypeInfo } from '../../core/dtype';
import { InvalidArgumentError, UnimplementedError } from '../../core/errors';
import { IndexedSlices } from '../../core/indexed_slices';
import { shapeOf, Tensor } from '../../core/tensor';
import { tidy } from '../../core/tidy';
import type { Variable } from '../../core/variable';
import type { Tracer } from '../../op/contract';
import { add, multiply } from '../../ops/math/binary';
import { cast } from '../../ops/array/cast';
import { densify } from '../../ops/index/slices';
import { updateAverages } from './averages';
import {
  checkExcepted,
  checkGradient,
  checkLists,
  checkLoss,
  checkRowsAtRun,
  checkVariable,
  noGradients,
  pairsFrom,
  unknownVariable,
  unmatched,
  warnMissing,
  type Gradient,
} from './checks';
import { clipGradients } from './clip';
import type { OptimizerOptions } from './options';
import type { Slot } from './slot';
import { OptimizerState } from './state';
import { eagerUpdater, groupByDType, TracedUpdater, type Updater } from './update';

/** What the steps of one update share. */
interface CurrentUpdate {
  readonly updater: Updater;
  /** The scalars of the update, by dtype and name. */
  readonly scalars: Map<string, Tensor>;
}

/**
 * Base class of optimizers. `applyGradients([[gradient, variable], …])` does one step. The state is created for the variables
 * of the first step (or of `build`); later steps may omit some of them, but not add others. A subclass creates its state in
 * `buildSlots` and says in `updateStep` what a step does to one variable. @tf tf.keras.optimizers.Optimizer
 */
export abstract class Optimizer<O extends OptimizerOptions = OptimizerOptions> extends OptimizerState<O> {
  private isExcludedFromDecay: (v: Variable) => boolean = () => false;
  /** The learning rate of the current step. */
  private rateNow = 0;
  private current: CurrentUpdate | null = null;

  /**
   * What a step does to a variable: it assigns the slots and the variable with `assign`. The gradient and the learning rate are of
   * the variable's dtype.
   */
  protected updateStep(_gradient: Tensor, variable: Variable, _learningRate: Tensor): void {
    throw new UnimplementedError(
      `[${this.className}] does not say in updateStep(gradient, variable, learningRate) how '${variable.name}' is updated`,
    );
  }

  /** What an update does before the first `updateStep`. */
  protected beginUpdate(): void {
    // Nothing by default.
  }

  /** @internal Updates distinct variables. */
  protected updateVariables(
    gradients: readonly (Tensor | IndexedSlices)[],
    variables: readonly Variable[],
    updater: Updater,
  ): void {
    const rates = new Map<DTypeInfo, Tensor>();
    variables.forEach((v, i) => {
      const rate = rates.get(v.dt) ?? updater.number(v.dt, () => this.rateNow, true);
      rates.set(v.dt, rate);
      if (i === 0) this.beginUpdate();
      this.updateStep(gradients[i] as Tensor, v, rate);
    });
  }

  /** @internal The learning rate of the current step, float32. */
  protected get rateOfStep(): number {
    return this.rateNow;
  }

  /** A number of the current update as a scalar of a dtype: compiled functions compute it anew at each run. */
  protected stepScalar(name: string, dt: DTypeInfo, compute: () => number): Tensor {
    const { updater, scalars } = this.current as CurrentUpdate;
    const key = `${dt.name} ${name}`;
    const found = scalars.get(key) ?? updater.number(dt, compute);
    scalars.set(key, found);
    return found;
  }

  /** 1 − βᵗ for the decay rate in an option, and t the number of this update, counted from 1. */
  protected biasCorrection(name: keyof O & string, variable: Variable): Tensor {
    const { dt } = variable;
    return this.stepScalar(name, dt, () =>
      biasCorrection(this.options[name] as number, this.updates() + 1, dt),
    );
  }

  /** The current value of a variable or slot. */
  protected read(v: Variable): Tensor {
    context.tracer?.touch(v);
    return v.held;
  }

  /** Assigns a variable or slot. */
  protected assign(v: Variable, value: Tensor): void {
    const converted = value.dt === v.dt ? value : cast(value, v.dtype);
    (this.current?.updater ?? eagerUpdater).assign(v, converted);
  }

  /** @internal Whether the rule updates only rows that have a gradient, as plain gradient descent does. */
  protected supportsRows = false;

  /**
   * Does one step for pairs of gradient and variable. Variables whose gradient is null are skipped with a warning.
   * InvalidArgumentError if all gradients are null, a variable is unknown, or a shape does not match. Returns the step
   * counter.
   */
  applyGradients(
    gradientsAndVariables: Iterable<readonly [Gradient | undefined, Variable]>,
  ): Variable<'int64'> {
    const pairs = pairsFrom(gradientsAndVariables, arguments.length, this.className);
    this.apply(
      pairs.map(([g]) => g ?? null),
      pairs.map(([, v]) => v),
    );
    return this.counter as Variable<'int64'>;
  }

  /** Does one step. Default of `variables`: those that the optimizer was built for, in their order. */
  apply(gradients: readonly (Gradient | undefined)[], variables?: readonly Variable[]): void {
    checkLists(gradients, variables, this.className);
    const list = variables ?? this.trainedVariables;
    if (variables === undefined && this.positions === null) {
      throw new InvalidArgumentError(
        `[${this.className}] When passing gradients without variables, the optimizer must already be built on a list ` +
          `of variables. Call optimizer.build(variables) first.`,
      );
    }
    if (gradients.length !== list.length) throw unmatched(gradients, list, this.className);
    if (gradients.length === 0) return;
    // All checks precede the first change.
    if (this.positions === null) list.forEach((v) => checkVariable(v, this.className));
    const present = list.filter((_, i) => (gradients[i] ?? null) !== null);
    if (present.length === 0) throw noGradients(list, this.className);
    this.checkKnown(list);
    gradients.forEach((g, i) => checkGradient(g ?? null, list[i], this.className));
    this.build(list);
    const given = gradients.filter((g): g is Tensor | IndexedSlices => (g ?? null) !== null);
    if (context.tracer !== null) {
      this.applyTraced(context.tracer, given, present);
      return;
    }
    warnMissing(gradients, list);
    tidy(() => {
      this.step(
        given.map((g, i) => this.prepare(g, present[i])),
        present,
        eagerUpdater,
      );
    });
    // The counter matches the weights even if a constraint throws.
    this.setCount(this.count() + 1);
    for (const v of present) if (v.constraint !== null) v.assign(v.constraint(v.read()));
  }

  /** Adds the step to a function that is being traced; the numbers of the rule are runtime scalars. */
  private applyTraced(
    tracer: Tracer,
    gradients: readonly (Tensor | IndexedSlices)[],
    variables: readonly Variable[],
  ): void {
    const updater = new TracedUpdater(tracer, {
      variables: [this.counter],
      reads: this.rates.variables,
      begin: (read) => (this.rateNow = this.rates.number(() => this.count(), read)),
      end: () => this.setCount(this.count() + 1),
      undo: () => this.setCount(this.count() - 1),
    });
    const checked = gradients.map((g, i) =>
      g instanceof Tensor ? g : checkRowsAtRun(g, variables[i], this.className),
    );
    this.step(
      checked.map((g, i) => this.prepare(g, variables[i])),
      variables,
      updater,
    );
    updater.end();
    for (const v of variables) if (v.constraint !== null) v.assign(v.constraint(v.read()));
  }

  private checkKnown(variables: readonly Variable[]): void {
    const known = this.positions;
    if (known === null) return;
    for (const v of variables) if (!known.has(v)) throw unknownVariable(v, this.className);
  }

  /** The unscaled gradient in the variable's dtype; IndexedSlices become dense unless the rule supports rows. */
  private prepare(g: Tensor | IndexedSlices, v: Variable): Tensor | IndexedSlices {
    const scale = this.options.lossScaleFactor;
    const convert = (t: Tensor): Tensor => {
      const same = t.dt === v.dt ? t : cast(t, v.dtype);
      return scale === null ? same : multiply(same, 1 / scale);
    };
    if (g instanceof Tensor) return convert(g);
    const rows = new IndexedSlices(convert(g.values), g.indices, shapeOf(v.held));
    return this.keepsRows() ? rows : densify(rows);
  }

  private keepsRows(): boolean {
    const { clipnorm, clipvalue, globalClipnorm, gradientAccumulationSteps } = this.options;
    const limited = clipnorm !== null || clipvalue !== null || globalClipnorm !== null;
    return this.supportsRows && !limited && gradientAccumulationSteps === null;
  }

  private step(
    gradients: readonly (Tensor | IndexedSlices)[],
    variables: readonly Variable[],
    updater: Updater,
  ): void {
    const steps = this.options.gradientAccumulationSteps;
    if (steps === null) {
      this.updateAll(gradients, variables, updater);
    } else {
      const slotOf = (i: number): Slot => this.accumulators[this.position(variables[i])];
      const sums = (u: Updater): Tensor[] => gradients.map((g, i) => add(g as Tensor, u.value(slotOf(i))));
      updater.choose({
        name: this.className,
        isDue: () => (this.count() + 1) % steps === 0,
        yes: (u) => {
          const means = sums(u).map((sum) => multiply(sum, 1 / steps));
          this.updateAll(means, variables, u);
          for (const slot of this.accumulators) u.assign(slot, u.zeros(slot.dt, shapeOf(slot.held)));
        },
        no: (u) => {
          sums(u).forEach((sum, i) => {
            u.assign(slotOf(i), sum);
          });
        },
      });
    }
    if (this.options.useEma) this.updateAverages(updater);
  }

  private updateAll(
    gradients: readonly (Tensor | IndexedSlices)[],
    variables: readonly Variable[],
    updater: Updater,
  ): void {
    // In a trace, each run computes it.
    if (updater === eagerUpdater) this.rateNow = this.rates.number(() => this.count());
    const clipped = clipGradients(gradients, this.options);
    const before = this.current;
    this.current = { updater, scalars: new Map() };
    try {
      // A variable that occurs twice is updated twice, in order.
      let first = 0;
      const seen = new Set<Variable>();
      variables.forEach((v, i) => {
        if (seen.has(v)) {
          this.updateDistinct(clipped.slice(first, i), variables.slice(first, i), updater);
          first = i;
          seen.clear();
        }
        seen.add(v);
      });
      this.updateDistinct(clipped.slice(first), variables.slice(first), updater);
    } finally {
      this.current = before;
    }
  }

  private updateDistinct(
    gradients: readonly (Tensor | IndexedSlices)[],
    variables: readonly Variable[],
    updater: Updater,
  ): void {
    for (const decay of new Set(variables.map((v) => this.weightDecayOf(v)))) {
      if (decay === null) continue;
      // w −= w·decay·rate: gradient descent with w as its own gradient.
      const numbers = (): readonly number[] => [Math.fround(decay) * this.rateNow];
      const decayed = variables.filter(
        (v) => !this.isExcludedFromDecay(v) && this.weightDecayOf(v) === decay,
      );
      for (const group of groupByDType(decayed.map((variable) => ({ gradient: null, variable, slots: [] }))))
        updater.update('sgd', numbers, group);
    }
    this.updateVariables(gradients, variables, updater);
  }

  /** The weight decay of a variable that is not excluded from it; null: none. */
  protected weightDecayOf(_v: Variable): number | null {
    return this.options.weightDecay;
  }

  private updateAverages(updater: Updater): void {
    const { emaMomentum, emaOverwriteFrequency: every } = this.options;
    const momentum = (): number => (this.updates() === 0 ? 0 : emaMomentum);
    const overwrites = every === null ? null : (): boolean => (this.updates() + 1) % every === 0;
    updateAverages(updater, this.trainedVariables, this.averages, momentum, overwrites);
  }

  /** With `useEma`: assigns the moving averages to the variables, at the end of training. */
  finalizeVariableValues(variables: readonly Variable[]): void {
    if (!this.options.useEma) return;
    this.checkKnown(variables);
    for (const v of variables) v.assignTensor(this.averages[this.position(v)].read());
  }

  /** @internal The variables and their moving averages: with `useEma`, from the first step on. */
  get movingAverages(): [Variable, Variable][] {
    return this.averages.map((average, i) => [this.trainedVariables[i], average]);
  }

  /**
   * Computes the gradients of `loss()` with respect to `variables` (default: all trainable variables that it reads) and applies
   * them. Returns the loss.
   */
  minimize<D extends DType>(loss: () => Tensor<D>, variables?: readonly Variable[]): Tensor<D> {
    checkLoss(loss, this.className);
    const tape = new GradientTape();
    const value = tape.run(loss);
    const list = variables ?? tape.watchedVariables();
    const gradients: readonly Gradient[] = tape.gradient(value, list, { unconnectedGradients: 'none' });
    this.apply(gradients, list);
    return value;
  }

  /** The loss, times `lossScaleFactor`: gradients of that are what `apply` divides by it. */
  scaleLoss(loss: Tensor): Tensor {
    const scale = this.options.lossScaleFactor;
    return scale === null ? loss : multiply(loss, scale);
  }

  /** @internal A LossScaleOptimizer scales the loss. */
  dropLossScale(): void {
    this.options = { ...this.options, lossScaleFactor: null };
  }

  /** @internal The optimizers within, by the names that files have for them. */
  savedOptimizers(): readonly (readonly [string, Optimizer])[] {
    return [];
  }

  /** Excludes variables from weight decay: those in `varList`, and those whose names contain one of `varNames`. */
  excludeFromWeightDecay(excepted: { varList?: readonly Variable[]; varNames?: readonly string[] }): void {
    if (this.positions !== null) {
      throw new InvalidArgumentError(
        `[${this.className}] excludeFromWeightDecay() can only be called before the optimizer is built`,
      );
    }
    const { varList, varNames } = checkExcepted(excepted, this.className);
    const list = new Set(varList);
    this.isExcludedFromDecay = (v) => list.has(v) || varNames.some((name) => v.name.includes(name));
  }
}

/** 1 − βᵗ. As in Keras, β is float32, and each operation rounds to the variable's dtype. */
export function biasCorrection(beta: number, t: number, dt: DTypeInfo): number {
  const r = dt === dtypes.float64 ? (x: number) => x : Math.fround;
  return r(1 - r(Math.fround(beta) ** t));
}
