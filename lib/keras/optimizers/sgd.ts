/** Gradient descent. */
import type { DTypeInfo } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { throwExtraArguments } from '../../core/options';
import { checkBoolean, checkNumber, checkOptions, type LearningRate, type OptimizerOptions } from './options';
import { Optimizer } from './optimizer';
import type { RuleOfVariable } from './update';
import type { Slot } from './slot';

export interface SGDOptions extends OptimizerOptions {
  /** Default 0.01. */
  learningRate?: LearningRate;
  /** In [0, 1]. Default 0. */
  momentum?: number;
  /** Look ahead along the momentum. Default false. */
  nesterov?: boolean;
}

/**
 * Gradient descent, with momentum if asked for.
 * w −= lr·g; with momentum: m = momentum·m − lr·g, then w += m, or with nesterov w += momentum·m − lr·g.
 * The learning rate alone may stand for the options. @tf tf.keras.optimizers.SGD
 */
export class SGD extends Optimizer {
  private readonly momentum: number;
  private readonly nesterov: boolean;
  private momentums: Slot[] = [];

  constructor(options?: SGDOptions | LearningRate) {
    const own = { learningRate: 0.01, momentum: 0, nesterov: false };
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 1) throwExtraArguments('SGD', 1, arguments, own);
    const o = checkOptions(options, own, 'SGD');
    super('SGD', o);
    this.momentum = checkNumber(o.momentum, 'momentum', 'SGD');
    if (this.momentum < 0 || this.momentum > 1) {
      throw new InvalidArgumentError(`[SGD] momentum must be a number in [0, 1]; got ${this.momentum}`);
    }
    checkBoolean(o.nesterov, 'nesterov', 'SGD');
    this.nesterov = o.nesterov;
    this.descendsRows = this.momentum === 0;
  }

  static fromConfig(config: Record<string, unknown>): SGD {
    return new SGD(config);
  }

  protected override buildSlots(): void {
    if (this.momentum !== 0) this.momentums = this.addSlots('momentum');
  }

  protected override rule(index: number): RuleOfVariable {
    if (this.momentum === 0) return { rule: 'sgd', slots: [] };
    return { rule: this.nesterov ? 'nesterov' : 'momentum', slots: [this.momentums[index]] };
  }

  protected override numbers(_: DTypeInfo, learningRate: number): readonly number[] {
    // Keras makes a float32 of the momentum, whatever the variable's dtype.
    return this.momentum === 0 ? [learningRate] : [learningRate, Math.fround(this.momentum)];
  }
}
