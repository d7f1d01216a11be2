/** The Adamax optimizer. */
import type { Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { add, subtract, multiply, divide, maximum } from '../../ops/math/binary';
import { abs } from '../../ops/math/unary';
import { Optimizer } from './optimizer';
import type { LearningRate, OptimizerOptions } from './options';
import type { Slot } from './slot';

export interface AdamaxOptions extends OptimizerOptions {
  /** Default 0.001. */
  learningRate?: LearningRate;
  /** Decay rate of the first moment estimates. Default 0.9. */
  beta1?: number;
  /** Decay rate of the largest magnitude. Default 0.999. */
  beta2?: number;
  /** Default 1e-7. */
  epsilon?: number;
}

const defaults = { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

/**
 * Adam with the largest magnitude of gradients so far in the place of the second moment.
 * m += (g − m)(1 − β₁); u = max(β₂·u, |g|); w −= lr·m / ((1 − β₁ᵗ)(u + ε)).
 * Instead of the options, the learning rate alone may be passed. @tf tf.keras.optimizers.Adamax
 */
export class Adamax extends Optimizer<AdamaxOptions> {
  private momentums: Slot[] = [];
  private norms: Slot[] = [];

  constructor(options?: AdamaxOptions | LearningRate) {
    // eslint-disable-next-line prefer-rest-params
    super(options, defaults, arguments);
    this.checkNumbers('beta1', 'beta2', 'epsilon');
  }

  protected override buildSlots(): void {
    [this.momentums, this.norms] = this.addSlots(['momentum', 'norm']);
  }

  protected override updateStep(gradient: Tensor, variable: Variable, learningRate: Tensor): void {
    const { beta1, beta2, epsilon } = this.options;
    const at = this.position(variable);
    const [momentum, norm] = [this.momentums[at], this.norms[at]];
    const m0 = this.read(momentum);
    const m = add(m0, multiply(subtract(gradient, m0), 1 - beta1));
    this.assign(momentum, m);
    const u = maximum(multiply(this.read(norm), beta2), abs(gradient));
    this.assign(norm, u);
    const correction = this.biasCorrection('beta1', variable);
    const step = divide(multiply(m, learningRate), multiply(add(u, epsilon), correction));
    this.assign(variable, subtract(this.read(variable), step));
  }
}
