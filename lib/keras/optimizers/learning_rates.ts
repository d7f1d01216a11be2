/** The learning rate of an optimizer: a variable, or a schedule or function of the step. */
import { context, detached } from '../../core/context';
import { dtypes } from '../../core/dtype';
import { describe, scalarShape } from '../../core/shape';
import { Tensor } from '../../core/tensor';
import { heldBy, Variable } from '../../core/variable';
import type { ReadVariable } from '../../op/contract';
import { rateFrom, scheduledRate, type Rate } from './checks';
import type { LearningRate, ScheduledRate } from './options';
import { Element, Slot } from './slot';

export class LearningRates {
  /** The rates so far; the index of the current one is a variable, so that calls in flight keep theirs. */
  private rates: Rate[];
  private readonly index = new Slot('learning_rate', dtypes.float32, scalarShape);
  private readonly rateReader = new Element();
  private readonly indexReader = new Element();

  constructor(
    rate: LearningRate,
    private readonly optimizer: string,
  ) {
    this.rates = [rateFrom(rate, optimizer)];
  }

  /** The learning rate, or the schedule that computes it, according to the variables as a run reads them. */
  current(read: ReadVariable = heldBy): Rate {
    return this.rates[this.indexReader.get({ held: read(this.index) })];
  }

  /** The variables that determine it. */
  get variables(): Variable[] {
    const rate = this.current();
    return rate instanceof Variable ? [this.index, rate] : [this.index];
  }

  /** The rate of a step, as a float32 number. */
  number(step: () => number, read: ReadVariable = heldBy): number {
    const rate = this.current(read);
    if (rate instanceof Variable) return Math.fround(this.rateReader.get({ held: read(rate) }));
    const at = step();
    const value = typeof rate === 'function' ? rate(at) : rate.call(at);
    const number = value instanceof Tensor || value instanceof Variable ? Number(value.item()) : value;
    if (typeof number !== 'number') {
      throw new TypeError(
        `[${this.optimizer}] the learning rate of step ${at} is ${describe(value)}, not a number`,
      );
    }
    return Math.fround(number);
  }

  /** The variable, or the value of a schedule for a step. */
  value(step: () => number): Variable<'float32'> | ScheduledRate {
    const rate = this.current();
    if (rate instanceof Variable) return rate as Variable<'float32'>;
    return scheduledRate(this.number(step), this.optimizer);
  }

  /** The number, or the schedule or function itself. */
  config(): number | Exclude<Rate, Variable> {
    const rate = this.current();
    return rate instanceof Variable ? Number(rate.item()) : rate;
  }

  /** Assigns the variable, or replaces the rate by a schedule or function; returns the variable that it replaced. */
  set(rate: LearningRate | Tensor): Variable | null {
    const before = this.current();
    if (typeof rate === 'number' || rate instanceof Tensor || rate instanceof Variable) {
      if (!(before instanceof Variable)) {
        throw new TypeError(
          `[${this.optimizer}] This optimizer was created with a schedule or function as its learningRate, hence its ` +
            `learning rate is not settable. If you need it to be, create the optimizer with a number.`,
        );
      }
      before.assign(rate);
      return null;
    }
    const next = rateFrom(rate, this.optimizer);
    detached(() => {
      this.index.checkUnclaimed();
      // Without calls in flight, the previous rates are unused.
      if (context.claims.open === 0) this.rates = [];
      this.index.assign(this.rates.push(next) - 1);
    });
    return before instanceof Variable ? before : null;
  }
}
