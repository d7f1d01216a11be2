/** What optimizers keep: options, the step counter, the learning rate, and slots. */
import { dtypes, type DTypeInfo } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { throwExtraArguments } from '../../core/options';
import { asShape, describe, scalarShape } from '../../core/shape';
import { makeTensor, shapeOf, viewOf, type Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { snakeCase } from '../base/naming';
import { classNameOf } from '../base/registry';
import { checkVariable } from './checks';
import { LearningRates } from './learning_rates';
import {
  checkBoolean,
  checkNumber,
  checkOptions,
  type CheckedOptions,
  type LearningRate,
  type OptimizerOptions,
  type ScheduledRate,
} from './options';
import { Element, pathOf, Slot } from './slot';

/** The state of an optimizer; what it does with it is in `Optimizer`. */
export abstract class OptimizerState<O extends OptimizerOptions = OptimizerOptions> {
  readonly name: string;
  /** @internal */
  protected options: CheckedOptions & Required<O>;
  /** @internal */
  protected readonly className: string;
  /** @internal */
  protected readonly rates: LearningRates;
  /** @internal */
  protected readonly counter = new Slot('iteration', dtypes.int64, scalarShape);
  private readonly ownVariables: Variable[] = [this.counter];
  /** @internal Position of each variable; null before `build`. */
  protected positions: Map<Variable, number> | null = null;
  /** @internal */
  protected trainedVariables: readonly Variable[] = [];
  /** @internal */
  protected averages: Slot[] = [];
  /** @internal */
  protected accumulators: Slot[] = [];
  /** @internal */
  protected readonly counterReader = new Element();

  /**
   * @param options The options, or the learning rate alone.
   * @param ownDefaults The subclass's own options, and their defaults.
   * @param args The arguments of the subclass's constructor, of which there may be one.
   */
  protected constructor(
    options?: unknown,
    ownDefaults: Required<Omit<O, keyof OptimizerOptions>> | object = {},
    args: ArrayLike<unknown> = [options],
  ) {
    if (Reflect.getPrototypeOf(new.target) === OptimizerState)
      throw new TypeError('[Optimizer] is the base class of optimizers: create one of these, SGD or Adam');
    this.className = classNameOf(this);
    if (args.length > 1) throwExtraArguments(this.className, 1, args, ownDefaults);
    this.options = checkOptions<Required<O>>(
      options,
      { name: snakeCase(this.className), ...ownDefaults } as Required<O> & { name: string },
      this.className,
    );
    this.name = this.options.name;
    this.rates = new LearningRates(this.options.learningRate, this.className);
    const [, variable] = this.rates.variables;
    if (variable !== undefined) this.ownVariables.push(variable);
  }

  /** An optimizer with the options that `getConfig` gave. */
  static fromConfig<T>(this: new (config: never) => T, config: Record<string, unknown>): T {
    return new this(config as never);
  }

  /** Checks that options are finite numbers. */
  protected checkNumbers(...names: readonly (keyof O & string)[]): void {
    for (const name of names) checkNumber(this.options[name], name, this.className);
  }

  /** Checks that options are true or false. */
  protected checkBooleans(...names: readonly (keyof O & string)[]): void {
    for (const name of names) checkBoolean(this.options[name], name, this.className);
  }

  /** The error for an option whose value is out of range. */
  protected badOption(name: keyof O & string, must: string): InvalidArgumentError {
    return new InvalidArgumentError(
      `[${this.className}] ${name} must be ${must}; got ${describe(this.options[name])}`,
    );
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

  /**
   * Adds slots, one for each variable and name; `variables` lists all slots of one variable before the next. All elements of a slot
   * start as the number at the name's place in `initial`, or 0.
   */
  protected addSlots(name: string, initial?: readonly number[]): Slot[];
  protected addSlots(names: readonly string[], initial?: readonly number[]): Slot[][];
  protected addSlots(names: string | readonly string[], initial: readonly number[] = []): Slot[] | Slot[][] {
    const list = typeof names === 'string' ? [names] : names;
    const slots = list.map((): Slot[] => []);
    for (const v of this.trainedVariables) {
      list.forEach((name, i) => {
        slots[i].push(this.addSlotLike(v, name, initial[i]));
      });
    }
    return typeof names === 'string' ? slots[0] : slots;
  }

  /** Adds a slot of a variable's shape and dtype. */
  protected addSlotLike(v: Variable, name: string, initial = 0): Slot {
    return this.addSlot(`${pathOf(v).replaceAll('/', '_')}_${name}`, v.dt, shapeOf(v.held), initial);
  }

  /** Adds a slot. */
  protected addSlot(name: string, dt: DTypeInfo, shape: readonly number[], initial = 0): Slot {
    const slot = new Slot(name, dt, asShape(shape, this.className), initial);
    this.ownVariables.push(slot);
    return slot;
  }

  /** The variables for which it was built. */
  protected get builtVariables(): readonly Variable[] {
    return this.trainedVariables;
  }

  /** Whether it was built. */
  get built(): boolean {
    return this.positions !== null;
  }

  /** The index of a variable among those for which it was built. */
  protected position(v: Variable): number {
    return this.positions?.get(v) ?? 0;
  }

  /** @internal The number of steps so far, read from the counter variable, which may have been assigned. */
  protected count(): number {
    return this.counterReader.get(this.counter);
  }

  /** @internal */
  protected setCount(n: number): void {
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

  /**
   * The learning rate: a variable that can be assigned or, for a schedule or function, its value for this step, which cannot.
   * To set a number assigns the variable; to set a schedule or function replaces it for later calls, compiled ones included.
   */
  get learningRate(): Variable<'float32'> | ScheduledRate {
    return this.rates.value(() => this.count());
  }

  set learningRate(rate: LearningRate | Tensor) {
    const replaced = this.rates.set(rate);
    const at = replaced === null ? -1 : this.ownVariables.indexOf(replaced);
    if (at >= 0) this.ownVariables.splice(at, 1);
  }

  /** The options, for `fromConfig` of the same class. */
  getConfig(): Record<string, unknown> {
    return { ...this.options, learningRate: this.rates.config() };
  }
}
