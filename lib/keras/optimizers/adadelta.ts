/** The Adadelta optimizer. */
import type { Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { add, subtract, multiply, divide } from '../../ops/math/binary';
import { sqrt, square } from '../../ops/math/unary';
import { Optimizer } from './optimizer';
import type { LearningRate, OptimizerOptions } from './options';
import type { Slot } from './slot';

export interface AdadeltaOptions extends OptimizerOptions {
  /** Default 0.001. */
  learningRate?: LearningRate;
  /** Decay rate of the averages. Default 0.95. */
  rho?: number;
  /** Default 1e-7. */
  epsilon?: number;
}

const defaults = { learningRate: 0.001, rho: 0.95, epsilon: 1e-7 };

/**
 * Steps in the ratio of two averages, so that they have the unit of the weights.
 * a = rho·a + (1 − rho)·g²; δ = −g·√(d + ε) / √(a + ε); d = rho·d + (1 − rho)·δ²; w += lr·δ.
 * Instead of the options, the learning rate alone may be passed. @tf tf.keras.optimizers.Adadelta
 */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  private gradients: Slot[] = [];
  private deltas: Slot[] = [];

  constructor(options?: AdadeltaOptions | LearningRate) {
    // eslint-disable-next-line prefer-rest-params
    super(options, defaults, arguments);
    this.checkNumbers('rho', 'epsilon');
  }

  protected override buildSlots(): void {
    [this.gradients, this.deltas] = this.addSlots(['accumulated_grad', 'accumulated_delta_var']);
  }

  protected override updateStep(gradient: Tensor, variable: Variable, learningRate: Tensor): void {
    const { rho, epsilon } = this.options;
    const at = this.position(variable);
    const average = (slot: Slot, x: Tensor): Tensor => {
      const value = add(multiply(this.read(slot), rho), multiply(square(x), 1 - rho));
      this.assign(slot, value);
      return value;
    };
    const rms = (x: Tensor): Tensor => sqrt(add(x, epsilon));
    const numerator = multiply(rms(this.read(this.deltas[at])), gradient);
    const delta = divide(numerator, rms(average(this.gradients[at], gradient)));
    average(this.deltas[at], delta);
    this.assign(variable, subtract(this.read(variable), multiply(delta, learningRate)));
  }
}
