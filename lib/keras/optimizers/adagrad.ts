/** The Adagrad optimizer. */
import type { Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { add, subtract, multiply, divide } from '../../ops/math/binary';
import { sqrt, square } from '../../ops/math/unary';
import { Optimizer } from './optimizer';
import type { LearningRate, OptimizerOptions } from './options';
import type { Slot } from './slot';

export interface AdagradOptions extends OptimizerOptions {
  /** Default 0.001. */
  learningRate?: LearningRate;
  /** What the sums of squares start with. Default 0.1. */
  initialAccumulatorValue?: number;
  /** Default 1e-7. */
  epsilon?: number;
}

const defaults = { learningRate: 0.001, initialAccumulatorValue: 0.1, epsilon: 1e-7 };

/**
 * Gradient descent in which each gradient is divided by the root of the sum of its squares so far.
 * a += g²; w −= lr·g / √(a + ε).
 * Instead of the options, the learning rate alone may be passed. @tf tf.keras.optimizers.Adagrad
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  private sums: Slot[] = [];

  constructor(options?: AdagradOptions | LearningRate) {
    // eslint-disable-next-line prefer-rest-params
    super(options, defaults, arguments);
    this.checkNumbers('initialAccumulatorValue', 'epsilon');
  }

  protected override buildSlots(): void {
    this.sums = this.addSlots('accumulator', [Math.fround(this.options.initialAccumulatorValue)]);
  }

  protected override updateStep(gradient: Tensor, variable: Variable, learningRate: Tensor): void {
    const slot = this.sums[this.position(variable)];
    const sum = add(this.read(slot), square(gradient));
    this.assign(slot, sum);
    const step = divide(multiply(gradient, learningRate), sqrt(add(sum, this.options.epsilon)));
    this.assign(variable, subtract(this.read(variable), step));
  }
}
