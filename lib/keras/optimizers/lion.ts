/** The Lion optimizer. */
import type { Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { add, subtract, multiply } from '../../ops/math/binary';
import { sign } from '../../ops/math/unary';
import { Optimizer } from './optimizer';
import type { LearningRate, OptimizerOptions } from './options';
import type { Slot } from './slot';

export interface LionOptions extends OptimizerOptions {
  /** Default 0.001. */
  learningRate?: LearningRate;
  /** Weight of the momentum in the sign of a step, in (0, 1]. Default 0.9. */
  beta1?: number;
  /** Decay rate of the momentum. Default 0.99. */
  beta2?: number;
}

const defaults = { learningRate: 0.001, beta1: 0.9, beta2: 0.99 };

/**
 * Steps of the same size in the direction of a sign: w −= lr·sign(β₁·m + (1 − β₁)·g); m = β₂·m + (1 − β₂)·g.
 * Instead of the options, the learning rate alone may be passed. @tf tf.keras.optimizers.Lion
 */
export class Lion extends Optimizer<LionOptions> {
  private momentums: Slot[] = [];

  constructor(options?: LionOptions | LearningRate) {
    // eslint-disable-next-line prefer-rest-params
    super(options, defaults, arguments);
    this.checkNumbers('beta1', 'beta2');
    const { beta1 } = this.options;
    if (beta1 <= 0 || beta1 > 1)
      throw this.badOption('beta1', 'in the (0, 1] range. Otherwise, the optimizer degenerates to SignSGD');
  }

  protected override buildSlots(): void {
    this.momentums = this.addSlots('momentum');
  }

  protected override updateStep(gradient: Tensor, variable: Variable, learningRate: Tensor): void {
    // As in Keras, these are float32 for every dtype of variables.
    const [beta1, beta2] = [this.options.beta1, this.options.beta2].map(Math.fround);
    const slot = this.momentums[this.position(variable)];
    const m = this.read(slot);
    const direction = sign(add(multiply(m, beta1), multiply(gradient, 1 - beta1)));
    this.assign(variable, subtract(this.read(variable), multiply(direction, learningRate)));
    this.assign(slot, add(multiply(m, beta2), multiply(gradient, 1 - beta2)));
  }
}
