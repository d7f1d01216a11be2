/** Gradient descent. */
import { InvalidArgumentError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { checkBoolean, checkNumber, checkOptions, type LearningRate, type OptimizerOptions } from './options';
import { Optimizer } from './optimizer';
import type { Slot } from './slot';
import { descendRows, update } from './update';

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
    const o = checkOptions(options, { learningRate: 0.01, momentum: 0, nesterov: false }, 'SGD');
    super('SGD', o);
    this.momentum = checkNumber(o.momentum, 'momentum', 'SGD');
    if (this.momentum < 0 || this.momentum > 1) {
      throw new InvalidArgumentError(`[SGD] momentum must be a number in [0, 1]; got ${this.momentum}`);
    }
    checkBoolean(o.nesterov, 'nesterov', 'SGD');
    this.nesterov = o.nesterov;
    if (this.momentum === 0) this.updateRows = descendRows;
  }

  static fromConfig(config: Record<string, unknown>): SGD {
    return new SGD(config);
  }

  protected override buildSlots(): void {
    if (this.momentum !== 0) this.momentums = this.addSlots('momentum');
  }

  protected override updateStep(
    gradient: Tensor,
    variable: Variable,
    index: number,
    learningRate: number,
  ): void {
    if (this.momentum === 0) {
      update('sgd', [learningRate], gradient, variable, []);
    } else {
      const rule = this.nesterov ? 'nesterov' : 'momentum';
      // Keras makes a float32 of the momentum, whatever the variable's dtype.
      update(rule, [learningRate, Math.fround(this.momentum)], gradient, variable, [this.momentums[index]]);
    }
  }
}
