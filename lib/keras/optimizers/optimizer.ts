/** What all optimizers share: the step from gradients to variables, in the order of Keras 3. */
import { GradientTape } from '../../autodiff/gradient_tape';
import { dtypes, type DType, type DTypeInfo } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { IndexedSlices } from '../../core/indexed_slices';
import { detached, context } from '../../core/context';
import type { ReadVariable, TracedOp, Tracer } from '../../op/contract';
import { describe, scalarShape } from '../../core/shape';
import { makeTensor, shapeOf, Tensor, viewOf } from '../../core/tensor';
import { tidy } from '../../core/tidy';
import { heldBy, Variable } from '../../core/variable';
import { add, multiply } from '../../ops/math/binary';
import { cast } from '../../ops/array/cast';
import { where } from '../../ops/index/indexing';
import { firstBadIndex } from '../../op/index_rows';
import { densify } from '../../ops/index/slices';
import {
  badRow,
  checkExcepted,
  checkGradient,
  checkLists,
  checkLoss,
  checkVariable,
  noGradients,
  pairsFrom,
  rateFrom,
  scheduledRate,
  unknownVariable,
  unmatched,
  type Gradient,
  type Rate,
} from './checks';
import { clipByGlobalNorm, clipByNorm, clipElements } from './clip';
import type { CheckedOptions, LearningRate, ScheduledRate } from './options';
import type { Rule } from '../../ops/state/optimizer_rules';
import { Element, Slot } from './slot';
import { atOnce, byType, type RuleOfVariable, TracedUpdater, type Update, type Updater } from './update';

/**
 * Base of the optimizers. `applyGradients([[gradient, variable], …])` makes one step. State is made for the variables
 * of the first step (or of `build`); later steps may leave some out but bring no new ones.
 * @tf tf.keras.optimizers.Optimizer
 */
export abstract class Optimizer {
  readonly name: string;
  /** @internal */
  protected readonly options: CheckedOptions;
  private readonly className: string;
  /** What gave and gives the learning rate, and which of them does: a variable, so that a call in flight keeps that of its time. */
  private rates: Rate[];
  private readonly chosen = new Slot('learning_rate', dtypes.float32, scalarShape);
  private readonly counter = new Slot('iteration', dtypes.int64, scalarShape);
  private readonly own: Variable[] = [this.counter];
  /** Position of each variable; null before `build`. */
  private positions: Map<Variable, number> | null = null;
  private trained: readonly Variable[] = [];
  private averages: Slot[] = [];
  private accumulators: Slot[] = [];
  private undecayed: (v: Variable) => boolean = () => false;
  /** The learning rate of the step that is being made. */
  private rateNow = 0;
  private readonly counted = new Element();
  private readonly rated = new Element();
  private readonly choosing = new Element();

  protected constructor(className: string, options: CheckedOptions) {
    if (new.target === Optimizer)
      throw new TypeError('[Optimizer] is the base of the optimizers: make one of these, SGD or Adam');
    this.className = className;
    this.name = options.name;
    this.options = options;
    this.rates = [rateFrom(options.learningRate, className)];
    if (this.rate instanceof Variable) this.own.push(this.rate);
  }

  private get rate(): Rate {
    return this.rateIn(heldBy);
  }

  /** The learning rate, or what computes it, as a run sees its variables. */
  private rateIn(read: ReadVariable): Rate {
    return this.rates[this.choosing.get({ held: read(this.chosen) })];
  }

  /** Makes the state for these variables. The first step does it if nobody did. */
  build(variables: readonly Variable[]): void {
    if (this.positions !== null) return;
    const positions = new Map<Variable, number>();
    variables.forEach((v, i) => {
      checkVariable(v, this.className);
      positions.set(v, i);
    });
    this.trained = [...variables];
    if (this.options.useEma) this.averages = this.addSlots('average');
    if (this.options.gradientAccumulationSteps !== null)
      this.accumulators = this.addSlots('gradient_accumulator');
    this.buildSlots();
    this.positions = positions;
  }

  /** Makes the slots of the rule with `addSlots`. */
  protected abstract buildSlots(): void;

  /** The rule, and the state of a variable; `index` is its place in the slot lists. */
  protected abstract rule(index: number): RuleOfVariable;

  /** The numbers of the rule for variables of a dtype. */
  protected abstract numbers(dt: DTypeInfo, learningRate: number): readonly number[];

  /** Whether the rule is gradient descent, which leaves rows without a gradient alone. */
  protected descendsRows = false;

  /** Zeros like each variable; several names interleave: a's first, a's second, b's first… */
  protected addSlots(name: string): Slot[];
  protected addSlots(names: readonly string[]): Slot[][];
  protected addSlots(names: string | readonly string[]): Slot[] | Slot[][] {
    const list = typeof names === 'string' ? [names] : names;
    const slots = list.map((): Slot[] => []);
    for (const v of this.trained) {
      list.forEach((name, i) => {
        const slot = new Slot(`${plainName(v)}_${name}`, v.dt, shapeOf(v.held));
        slots[i].push(slot);
        this.own.push(slot);
      });
    }
    return typeof names === 'string' ? slots[0] : slots;
  }

  /**
   * One step from pairs of gradient and variable. Pairs whose gradient is null are left alone, with a warning.
   * InvalidArgumentError where all are null, a variable is unknown, or a shape does not fit. Returns the step counter.
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

  /** One step; without `variables`, those that the optimizer was built for, in their order. */
  apply(gradients: readonly (Gradient | undefined)[], variables?: readonly Variable[]): void {
    checkLists(gradients, variables, this.className);
    const list = variables ?? this.trained;
    if (variables === undefined && this.positions === null) {
      throw new InvalidArgumentError(
        `[${this.className}] When passing gradients without variables, the optimizer must already be built on a list ` +
          `of variables. Call optimizer.build(variables) first.`,
      );
    }
    if (gradients.length !== list.length) throw unmatched(gradients, list, this.className);
    if (gradients.length === 0) return;
    // Everything is checked before anything changes.
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
    if (present.length < list.length) {
      const names = list.filter((_, i) => (gradients[i] ?? null) === null).map((v) => `'${v.name}'`);
      process.emitWarning(
        `Gradients do not exist for variables [${names.join(', ')}] when minimizing the loss. If using ` +
          `model.compile(), did you forget to provide a loss argument?`,
      );
    }
    tidy(() => {
      this.step(
        given.map((g, i) => this.prepare(g, present[i])),
        present,
        atOnce,
      );
    });
    // Weights and counter move together, also if a constraint fails.
    this.setCount(this.count() + 1);
    for (const v of present) if (v.constraint !== null) v.assign(v.constraint(v.read()));
  }

  /** In a function that is being traced: steps of it, whose numbers are found whenever it runs. */
  private applyTraced(
    tracer: Tracer,
    gradients: readonly (Tensor | IndexedSlices)[],
    variables: readonly Variable[],
  ): void {
    const updater = new TracedUpdater(tracer, {
      variables: [this.counter],
      reads: this.rate instanceof Variable ? [this.chosen, this.rate] : [this.chosen],
      begin: (read) => (this.rateNow = this.currentRate(read)),
      end: () => this.setCount(this.count() + 1),
      undo: () => this.setCount(this.count() - 1),
    });
    const checked = gradients.map((g, i) =>
      g instanceof Tensor ? g : this.checkedRows(g, variables[i], tracer),
    );
    this.step(
      checked.map((g, i) => this.prepare(g, variables[i])),
      variables,
      updater,
    );
    updater.end();
    for (const v of variables) if (v.constraint !== null) v.assign(v.constraint(v.read()));
  }

  /** Rows whose indices are checked when the function runs. */
  private checkedRows(g: IndexedSlices, v: Variable, tracer: Tracer): IndexedSlices {
    const { indices } = g;
    const count = shapeOf(v.held)[0];
    const check = ([real]: readonly Tensor[]): readonly Tensor[] => {
      const bad = firstBadIndex(real, count);
      if (bad >= 0) throw badRow(real, bad, v, this.className);
      return [real];
    };
    const op: TracedOp = {
      name: 'checkRows',
      differentiable: false,
      savesInputs: 0,
      savesOutputs: false,
      fallible: true,
      execute: check,
    };
    return new IndexedSlices(
      g.values,
      tracer.emit(op, [indices], null, [{ shape: shapeOf(indices), dt: indices.dt }])[0],
      g.denseShape,
    );
  }

  private checkKnown(variables: readonly Variable[]): void {
    const known = this.positions;
    if (known === null) return;
    for (const v of variables) if (!known.has(v)) throw unknownVariable(v, this.className);
  }

  /** Unscaled, of the variable's dtype; dense unless the rule can do with rows. Rows that repeat are summed. */
  private prepare(g: Tensor | IndexedSlices, v: Variable): Tensor | IndexedSlices {
    const scale = this.options.lossScaleFactor;
    const convert = (t: Tensor): Tensor => {
      const same = t.dt === v.dt ? t : cast(t, v.dtype);
      return scale === null ? same : multiply(same, 1 / scale);
    };
    if (g instanceof Tensor) return convert(g);
    const rows = new IndexedSlices(convert(g.values), g.indices, shapeOf(v.held));
    return this.takesRows() ? rows : densify(rows);
  }

  private takesRows(): boolean {
    const { clipnorm, clipvalue, globalClipnorm, gradientAccumulationSteps } = this.options;
    const limited = clipnorm !== null || clipvalue !== null || globalClipnorm !== null;
    return this.descendsRows && !limited && gradientAccumulationSteps === null;
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
        isTime: () => (this.count() + 1) % steps === 0,
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
    // In a function, each run finds it.
    if (updater === atOnce) this.rateNow = this.currentRate();
    const clipped = this.clip(gradients);
    // One that comes twice is updated twice, one time after the other.
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
      // w −= w·decay·rate: the plain rule with w as its own gradient.
      const numbers = (): readonly number[] => [Math.fround(decay) * this.rateNow];
      const decayed = variables.filter((v) => !this.undecayed(v));
      for (const some of byType(decayed.map((variable) => ({ gradient: null, variable, slots: [] }))))
        updater.update('sgd', numbers, some);
    }
    const numbers = (dt: DTypeInfo): readonly number[] => this.numbers(dt, this.rateNow);
    const updates: Update[] = [];
    let rule: Rule | null = null;
    variables.forEach((variable, i) => {
      const gradient = gradients[i];
      if (gradient instanceof Tensor) {
        const own = this.rule(this.position(variable));
        rule = own.rule;
        updates.push({ gradient, variable, slots: own.slots });
      } else {
        updater.descendRows(numbers, gradient, variable);
      }
    });
    for (const some of byType(updates)) updater.update(rule as unknown as Rule, numbers, some);
  }

  private clip(given: readonly (Tensor | IndexedSlices)[]): readonly (Tensor | IndexedSlices)[] {
    const { clipnorm, globalClipnorm, clipvalue } = this.options;
    // Where there is a limit no gradient comes as rows.
    const gradients = given as readonly Tensor[];
    if (clipnorm !== null) return gradients.map((g) => clipByNorm(g, clipnorm));
    if (globalClipnorm !== null) return clipByGlobalNorm(gradients, globalClipnorm);
    if (clipvalue !== null) return gradients.map((g) => clipElements(g, clipvalue));
    return given;
  }

  private updateAverages(updater: Updater): void {
    const { emaMomentum, emaOverwriteFrequency: every } = this.options;
    const momentum = (): number => (this.updates() === 0 ? 0 : emaMomentum);
    const isTime = (): number => (every !== null && (this.updates() + 1) % every === 0 ? 1 : 0);
    const overwrites = every === null ? null : updater.number(dtypes.bool, isTime);
    const weights = new Map<DTypeInfo, [Tensor, Tensor]>();
    this.trained.forEach((v, i) => {
      const { dt } = v;
      const slot = this.averages[i];
      const own = weights.get(dt) ?? [updater.number(dt, momentum), updater.number(dt, () => 1 - momentum())];
      weights.set(dt, own);
      const old = updater.value(v);
      const average = add(multiply(updater.value(slot), own[0]), multiply(old, own[1]));
      updater.assign(slot, average);
      if (overwrites === null) return;
      if (updater !== atOnce) updater.assign(v, where(overwrites, average, old));
      else if (isTime() === 1) updater.assign(v, average);
    });
  }

  /** With `useEma`: gives the variables their averages, at the end of training. */
  finalizeVariableValues(variables: readonly Variable[]): void {
    if (!this.options.useEma) return;
    this.checkKnown(variables);
    for (const v of variables) v.assignTensor(this.averages[this.position(v)].read());
  }

  private position(v: Variable): number {
    return this.positions?.get(v) ?? 0;
  }

  /** Steps so far, from the counter variable: someone may have assigned it. */
  private count(): number {
    return this.counted.get(this.counter);
  }

  private setCount(n: number): void {
    const next = this.counter.target();
    (viewOf(next) as BigInt64Array)[0] = BigInt(n);
    this.counter.settle(next);
  }

  /** Updates so far: with gradient accumulation several steps make one. */
  protected updates(): number {
    const steps = this.options.gradientAccumulationSteps;
    return steps === null ? this.count() : Math.floor(this.count() / steps);
  }

  /** Updates so far, int64: the counter itself, or with gradient accumulation the whole number of updates. */
  get iterations(): Variable<'int64'> | Tensor<'int64'> {
    if (this.options.gradientAccumulationSteps === null) return this.counter as Variable<'int64'>;
    const t = makeTensor(dtypes.int64, scalarShape, 1);
    (viewOf(t) as BigInt64Array)[0] = BigInt(this.updates());
    return t as Tensor<'int64'>;
  }

  /** The variables with state: the counter, the learning rate (unless it is a schedule), the slots of the rule. */
  get variables(): Variable[] {
    return [...this.own];
  }

  /** The learning rate as a float32 number. */
  private currentRate(read: ReadVariable = heldBy): number {
    const rate = this.rateIn(read);
    if (rate instanceof Variable) return Math.fround(this.rated.get({ held: read(rate) }));
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
   * The learning rate: a variable that can be assigned, or where a schedule or function gives it, its value for this step, which
   * cannot. Setting a number assigns the variable; a schedule or function takes its place, for later calls of any kind.
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
      this.chosen.checkUnclaimed();
      // Nobody in flight wants one of the others.
      if (context.claims.open === 0) this.rates = [];
      this.chosen.assign(this.rates.push(next) - 1);
      const at = this.own.indexOf(before as Variable);
      if (at >= 0) this.own.splice(at, 1);
    });
  }

  /**
   * Computes the gradients of `loss()` with respect to `variables` (default: all trainable ones that it reads) and
   * applies them. Returns the loss.
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

  /** Excepts variables from weight decay: those listed, and those whose names contain one of `varNames`. */
  excludeFromWeightDecay(excepted: { varList?: readonly Variable[]; varNames?: readonly string[] }): void {
    if (this.positions !== null) {
      throw new InvalidArgumentError(
        `[${this.className}] excludeFromWeightDecay() can only be called before the optimizer is built`,
      );
    }
    const { varList, varNames } = checkExcepted(excepted, this.className);
    const list = new Set(varList);
    this.undecayed = (v) => list.has(v) || varNames.some((name) => v.name.includes(name));
  }

  /** The options, for `fromConfig` of the same class. */
  getConfig(): Record<string, unknown> {
    const rate = this.rate;
    return { ...this.options, learningRate: rate instanceof Variable ? Number(rate.item()) : rate };
  }
}

/** Without TensorFlow's number of the output. */
function plainName(v: Variable): string {
  return v.name.replace(/:0$/, '');
}
