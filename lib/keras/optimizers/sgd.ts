/** The SGD optimizer: gradient descent with optional momentum. */
import type { DTypeInfo } from '../../core/dtype';
import type { LearningRate, OptimizerOptions } from './options';
import { RuleOptimizer } from './rule_optimizer';
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

const defaults = { learningRate: 0.01, momentum: 0, nesterov: false };

/**
 * Gradient descent with optional momentum.
 * w −= lr·g; with momentum: m = momentum·m − lr·g, then w += m, or with nesterov w += momentum·m − lr·g.
 * Instead of the options, the learning rate alone may be passed. @tf tf.keras.optimizers.SGD
 */
export class SGD extends RuleOptimizer<SGDOptions> {
  private momentums: Slot[] = [];

  constructor(options?: SGDOptions | LearningRate) {
    // eslint-disable-next-line prefer-rest-params
    super(options, defaults, arguments);
    this.checkNumbers('momentum');
    this.checkBooleans('nesterov');
    const { momentum } = this.options;
    if (momentum < 0 || momentum > 1) throw this.badOption('momentum', 'a number in [0, 1]');
    this.supportsRows = momentum === 0;
  }

  protected override buildSlots(): void {
    if (this.options.momentum !== 0) this.momentums = this.addSlots('momentum');
  }

  /** @internal */
  protected override rule(index: number): RuleOfVariable {
    if (this.options.momentum === 0) return { rule: 'sgd', slots: [] };
    return { rule: this.options.nesterov ? 'nesterov' : 'momentum', slots: [this.momentums[index]] };
  }

  /** @internal */
  protected override numbers(_: DTypeInfo, learningRate: number): readonly number[] {
    // As in Keras, the momentum is float32 for every dtype of variables.
    return this.options.momentum === 0 ? [learningRate] : [learningRate, Math.fround(this.options.momentum)];
  }
}
