/** The base class of optimizers: one step from gradients to variables, in the order of operations of Keras 3. */
import { GradientTape } from '../../autodiff/gradient_tape';
import { dtypes, type DType, type DTypeInfo } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { IndexedSlices } from '../../core/indexed_slices';
import { detached, context } from '../../core/context';
import type { ReadVariable, Tracer } from '../../op/contract';
import { describe, scalarShape } from '../../core/shape';
import { makeTensor, shapeOf, Tensor, viewOf } from '../../core/tensor';
import { tidy } from '../../core/tidy';
import { heldBy, Variable } from '../../core/variable';
import { add, multiply } from '../../ops/math/binary';
import { cast } from '../../ops/array/cast';
import { densify } from '../../ops/index/slices';
import {
  checkExcepted,
  checkGradient,
  checkLists,
  checkLoss,
  checkRowsAtRun,
  checkVariable,
  noGradients,
  pairsFrom,
  rateFrom,
  scheduledRate,
  unknownVariable,
  unmatched,
  warnMissing,
  type Gradient,
  type Rate,
} from './checks';
import { updateAverages } from './averages';
import { clipGradients } from './clip';
import type { CheckedOptions, LearningRate, ScheduledRate } from './options';
import type { Rule } from '../../ops/state/optimizer_rules';
import { Element, Slot } from './slot';
import {
  eagerUpdater,
  groupByDType,
  type RuleOfVariable,
  TracedUpdater,
  type Update,
  type Updater,
} from './update';

/**
 * Base class of optimizers. `applyGradients([[gradient, variable], …])` does one step. The state is created for the variables
 * of the first step (or of `build`); later steps may omit some of them, but not add others.
 * @tf tf.keras.optimizers.Optimizer
 */
export abstract class Optimizer {
  readonly name: string;
  /** @internal */
  protected readonly options: CheckedOptions;
  private readonly className: string;
  /** The learning rates so far; the index of the current one is a variable, so that calls in flight keep theirs. */
  private rates: Rate[];
  private readonly rateIndex = new Slot('learning_rate', dtypes.float32, scalarShape);
  private readonly counter = new Slot('iteration', dtypes.int64, scalarShape);
  private readonly ownVariables: Variable[] = [this.counter];
  /** Position of each variable; null before `build`. */
  private positions: Map<Variable, number> | null = null;
  private trainedVariables: readonly Variable[] = [];
  private averages: Slot[] = [];
  private accumulators: Slot[] = [];
  private isExcludedFromDecay: (v: Variable) => boolean = () => false;
  /** The learning rate of the current step. */
  private rateNow = 0;
  private readonly counterReader = new Element();
  private readonly rateReader = new Element();
  private readonly rateIndexReader = new Element();

  protected constructor(className: string, options: CheckedOptions) {
    if (new.target === Optimizer)
      throw new TypeError('[Optimizer] is the base class of optimizers: create one of these, SGD or Adam');
    this.className = className;
    this.name = options.name;
    this.options = options;
    this.rates = [rateFrom(options.learningRate, className)];
    if (this.rate instanceof Variable) this.ownVariables.push(this.rate);
  }

  private get rate(): Rate {
    return this.rateIn(heldBy);
  }

  /** The learning rate, or the schedule that computes it, according to the variables as a run reads them. */
  private rateIn(read: ReadVariable): Rate {
    return this.rates[this.rateIndexReader.get({ held: read(this.rateIndex) })];
  }

  /** Creates the state for these variables. The first step does it if it has not been called. */
  build(variables: readonly Variable[]): void {
    if (this.positions !== null) return;
    const positions = new Map<Variable, number>();
    variables.forEach((v, i) => {
      checkVariable(v, this.className);
      positions.set(v, i);
    });
    this.trainedVariables = [...variables];
    if (this.options.useEma) this.averages = this.addSlots('average');
    if (this.options.gradientAccumulationSteps !== null)
      this.accumulators = this.addSlots('gradient_accumulator');
    this.buildSlots();
    this.positions = positions;
  }

  /** Creates the slots of the rule with `addSlots`. */
  protected abstract buildSlots(): void;

  /** The rule and the state of a variable; `index` is its index in the slot lists. */
  protected abstract rule(index: number): RuleOfVariable;

  /** The numbers of the rule for variables of a dtype. */
  protected abstract numbers(dt: DTypeInfo, learningRate: number): readonly number[];

  /** Whether the rule updates only rows that have a gradient, as plain gradient descent does. */
  protected supportsRows = false;

  /** Adds slots of zeros, one for each variable and name; `variables` lists all slots of one variable before the next. */
  protected addSlots(name: string): Slot[];
  protected addSlots(names: readonly string[]): Slot[][];
  protected addSlots(names: string | readonly string[]): Slot[] | Slot[][] {
    const list = typeof names === 'string' ? [names] : names;
    const slots = list.map((): Slot[] => []);
    for (const v of this.trainedVariables) {
      list.forEach((name, i) => {
        const slot = new Slot(`${v.name.replace(/:0$/, '')}_${name}`, v.dt, shapeOf(v.held));
        slots[i].push(slot);
        this.ownVariables.push(slot);
      });
    }
    return typeof names === 'string' ? slots[0] : slots;
  }

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
      reads: this.rate instanceof Variable ? [this.rateIndex, this.rate] : [this.rateIndex],
      begin: (read) => (this.rateNow = this.currentRate(read)),
      end: () => this.setCount(this.count() + 1),
      undo: () => this.setCount(this.count() - 1),
    });
    const checked = gradients.map((g, i) =>
      g instanceof Tensor ? g : checkRowsAtRun(g, variables[i], this.className, tracer),
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
    if (updater === eagerUpdater) this.rateNow = this.currentRate();
    const clipped = clipGradients(gradients, this.options);
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
  }

  private updateDistinct(
    gradients: readonly (Tensor | IndexedSlices)[],
    variables: readonly Variable[],
    updater: Updater,
  ): void {
    const decay = this.options.weightDecay;
    if (decay !== null) {
      // w −= w·decay·rate: gradient descent with w as its own gradient.
      const numbers = (): readonly number[] => [Math.fround(decay) * this.rateNow];
      const decayed = variables.filter((v) => !this.isExcludedFromDecay(v));
      for (const group of groupByDType(decayed.map((variable) => ({ gradient: null, variable, slots: [] }))))
        updater.update('sgd', numbers, group);
    }
    const numbers = (dt: DTypeInfo): readonly number[] => this.numbers(dt, this.rateNow);
    const updates: Update[] = [];
    let rule: Rule | null = null;
    variables.forEach((variable, i) => {
      const gradient = gradients[i];
      if (gradient instanceof Tensor) {
        const definition = this.rule(this.position(variable));
        rule = definition.rule;
        updates.push({ gradient, variable, slots: definition.slots });
      } else {
        updater.descendRows(numbers, gradient, variable);
      }
    });
    for (const group of groupByDType(updates)) updater.update(rule as unknown as Rule, numbers, group);
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

  private position(v: Variable): number {
    return this.positions?.get(v) ?? 0;
  }

  /** The number of steps so far, read from the counter variable, which may have been assigned. */
  private count(): number {
    return this.counterReader.get(this.counter);
  }

  private setCount(n: number): void {
    const next = this.counter.target();
    (viewOf(next) as BigInt64Array)[0] = BigInt(n);
    this.counter.settle(next);
  }

  /** The number of updates so far; with gradient accumulation, an update takes several steps. */
  protected updates(): number {
    const steps = this.options.gradientAccumulationSteps;
    return steps === null ? this.count() : Math.floor(this.count() / steps);
  }

  /** The number of updates so far, int64: the counter variable, or with gradient accumulation a tensor. */
  get iterations(): Variable<'int64'> | Tensor<'int64'> {
    if (this.options.gradientAccumulationSteps === null) return this.counter as Variable<'int64'>;
    const t = makeTensor(dtypes.int64, scalarShape, 1);
    (viewOf(t) as BigInt64Array)[0] = BigInt(this.updates());
    return t as Tensor<'int64'>;
  }

  /** The state variables: the counter, the learning rate (unless it is a schedule), and the slots of the rule. */
  get variables(): Variable[] {
    return [...this.ownVariables];
  }

  /** The learning rate as a float32 number. */
  private currentRate(read: ReadVariable = heldBy): number {
    const rate = this.rateIn(read);
    if (rate instanceof Variable) return Math.fround(this.rateReader.get({ held: read(rate) }));
    const step = this.count();
    const value = typeof rate === 'function' ? rate(step) : rate.call(step);
    const number = value instanceof Tensor || value instanceof Variable ? Number(value.item()) : value;
    if (typeof number !== 'number') {
      throw new TypeError(
        `[${this.className}] the learning rate of step ${step} is ${describe(value)}, not a number`,
      );
    }
    return Math.fround(number);
  }

  /**
   * The learning rate: a variable that can be assigned or, for a schedule or function, its value for this step, which cannot.
   * To set a number assigns the variable; to set a schedule or function replaces it for later calls, compiled ones included.
   */
  get learningRate(): Variable<'float32'> | ScheduledRate {
    if (this.rate instanceof Variable) return this.rate as Variable<'float32'>;
    return scheduledRate(this.currentRate(), this.className);
  }

  set learningRate(rate: LearningRate | Tensor) {
    if (typeof rate === 'number' || rate instanceof Tensor || rate instanceof Variable) {
      if (!(this.rate instanceof Variable)) {
        throw new TypeError(
          `[${this.className}] This optimizer was created with a schedule or function as its learningRate, hence its ` +
            `learning rate is not settable. If you need it to be, create the optimizer with a number.`,
        );
      }
      this.rate.assign(rate);
      return;
    }
    const next = rateFrom(rate, this.className);
    detached(() => {
      const before = this.rate;
      this.rateIndex.checkUnclaimed();
      // Without calls in flight, the previous rates are unused.
      if (context.claims.open === 0) this.rates = [];
      this.rateIndex.assign(this.rates.push(next) - 1);
      const at = this.ownVariables.indexOf(before as Variable);
      if (at >= 0) this.ownVariables.splice(at, 1);
    });
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

  /** The options, for `fromConfig` of the same class. */
  getConfig(): Record<string, unknown> {
    const rate = this.rate;
    return { ...this.options, learningRate: rate instanceof Variable ? Number(rate.item()) : rate };
  }
}
