/** The SGD optimizer: gradient descent with optional momentum. */
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
  /** Momentum, in [0, 1]. Default 0. */
  momentum?: number;
  /** Use Nesterov momentum. Default false. */
  nesterov?: boolean;
}

/**
 * Gradient descent with optional momentum.
 * w −= lr·g; with momentum: m = momentum·m − lr·g, then w += m, or with nesterov w += momentum·m − lr·g.
 * Instead of the options, the learning rate alone may be passed. @tf tf.keras.optimizers.SGD
 */
export class SGD extends Optimizer {
  private readonly momentum: number;
  private readonly nesterov: boolean;
  private momentums: Slot[] = [];

  constructor(options?: SGDOptions | LearningRate) {
    const ownDefaults = { learningRate: 0.01, momentum: 0, nesterov: false };
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 1) throwExtraArguments('SGD', 1, arguments, ownDefaults);
    const o = checkOptions(options, ownDefaults, 'SGD');
    super('SGD', o);
    this.momentum = checkNumber(o.momentum, 'momentum', 'SGD');
    if (this.momentum < 0 || this.momentum > 1) {
      throw new InvalidArgumentError(`[SGD] momentum must be a number in [0, 1]; got ${this.momentum}`);
    }
    checkBoolean(o.nesterov, 'nesterov', 'SGD');
    this.nesterov = o.nesterov;
    this.supportsRows = this.momentum === 0;
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
    // As in Keras, the momentum is float32 for every dtype of variables.
    return this.momentum === 0 ? [learningRate] : [learningRate, Math.fround(this.momentum)];
  }
}
