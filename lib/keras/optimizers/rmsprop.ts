/** The RMSprop optimizer. */
import type { Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { add, subtract, multiply, divide } from '../../ops/math/binary';
import { sqrt, square } from '../../ops/math/unary';
import { Optimizer } from './optimizer';
import type { LearningRate, OptimizerOptions } from './options';
import type { Slot } from './slot';

export interface RMSpropOptions extends OptimizerOptions {
  /** Default 0.001. */
  learningRate?: LearningRate;
  /** Decay rate of the average of squared gradients. Default 0.9. */
  rho?: number;
  /** Default 0. */
  momentum?: number;
  /** Default 1e-7. */
  epsilon?: number;
  /** Divide by the estimated standard deviation of the gradient, not by its root mean square. Default false. */
  centered?: boolean;
}

const defaults = { learningRate: 0.001, rho: 0.9, momentum: 0, epsilon: 1e-7, centered: false };

/**
 * Gradient descent in which each gradient is divided by the root of its average square.
 * v = rho·v + (1 − rho)·g²; w −= lr·g / √(v + ε); with momentum: m = momentum·m + lr·g / √(v + ε), w −= m; centered: v − a² in the
 * place of v, where a = rho·a + (1 − rho)·g.
 * Instead of the options, the learning rate alone may be passed. @tf tf.keras.optimizers.RMSprop
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  private velocities: Slot[] = [];
  private momentums: Slot[] = [];
  private averageGradients: Slot[] = [];

  constructor(options?: RMSpropOptions | LearningRate) {
    // eslint-disable-next-line prefer-rest-params
    super(options, defaults, arguments);
    this.checkNumbers('rho', 'momentum', 'epsilon');
    this.checkBooleans('centered');
  }

  protected override buildSlots(): void {
    this.velocities = this.addSlots('velocity');
    if (this.options.momentum > 0) this.momentums = this.addSlots('momentum');
    if (this.options.centered) this.averageGradients = this.addSlots('average_gradient');
  }

  protected override updateStep(gradient: Tensor, variable: Variable, learningRate: Tensor): void {
    const { rho, momentum, epsilon, centered } = this.options;
    const at = this.position(variable);
    const velocity = this.velocities[at];
    const v = add(multiply(this.read(velocity), rho), multiply(square(gradient), 1 - rho));
    this.assign(velocity, v);
    let variance = v;
    if (centered) {
      const slot = this.averageGradients[at];
      const average = add(multiply(this.read(slot), rho), multiply(gradient, 1 - rho));
      this.assign(slot, average);
      variance = subtract(v, square(average));
    }
    let increment = divide(multiply(gradient, learningRate), sqrt(add(variance, epsilon)));
    if (momentum > 0) {
      const slot = this.momentums[at];
      increment = add(multiply(this.read(slot), momentum), increment);
      this.assign(slot, increment);
    }
    this.assign(variable, subtract(this.read(variable), increment));
  }
}
