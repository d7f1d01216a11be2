/** The Lamb optimizer. */
import type { Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { add, subtract, multiply, divide, minimum } from '../../ops/math/binary';
import { sqrt, square } from '../../ops/math/unary';
import { reduceSum } from '../../ops/reduce/reduce';
import { where } from '../../ops/index/indexing';
import { greater } from '../../ops/math/compare';
import { Optimizer } from './optimizer';
import type { LearningRate, OptimizerOptions } from './options';
import type { Slot } from './slot';

export interface LambOptions extends OptimizerOptions {
  /** Default 0.001. */
  learningRate?: LearningRate;
  /** Decay rate of the first moment estimates. Default 0.9. */
  beta1?: number;
  /** Decay rate of the second moment estimates. Default 0.999. */
  beta2?: number;
  /** Default 1e-7. */
  epsilon?: number;
}

const defaults = { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

/**
 * Adam whose step is scaled to the norm of each variable: u = m̂ / (√v̂ + ε); w −= lr·u·‖w‖ / ‖u‖, where a norm of 0 makes the last
 * factor 1.
 * Instead of the options, the learning rate alone may be passed. @tf tf.keras.optimizers.Lamb
 */
export class Lamb extends Optimizer<LambOptions> {
  private momentums: Slot[] = [];
  private velocities: Slot[] = [];

  constructor(options?: LambOptions | LearningRate) {
    // eslint-disable-next-line prefer-rest-params
    super(options, defaults, arguments);
    this.checkNumbers('beta1', 'beta2', 'epsilon');
  }

  protected override buildSlots(): void {
    [this.momentums, this.velocities] = this.addSlots(['momentum', 'velocity']);
  }

  protected override updateStep(gradient: Tensor, variable: Variable, learningRate: Tensor): void {
    const { beta1, beta2, epsilon } = this.options;
    const at = this.position(variable);
    const [momentum, velocity] = [this.momentums[at], this.velocities[at]];
    const m0 = this.read(momentum);
    const m = add(m0, multiply(subtract(gradient, m0), 1 - beta1));
    this.assign(momentum, m);
    const v0 = this.read(velocity);
    const v = add(v0, multiply(subtract(square(gradient), v0), 1 - beta2));
    this.assign(velocity, v);
    const mHat = divide(m, this.biasCorrection('beta1', variable));
    const vHat = divide(v, this.biasCorrection('beta2', variable));
    const update = divide(mHat, add(sqrt(vHat), epsilon));
    const w = this.read(variable);
    const [norm, updateNorm] = [w, update].map((t) => sqrt(reduceSum(square(t))));
    const isRatio = greater(minimum(norm, updateNorm), 0);
    // The divisor is never 0, since a branch that is not taken is computed too.
    const ratio = where(isRatio, divide(norm, where(isRatio, updateNorm, 1)), 1);
    this.assign(variable, subtract(w, multiply(update, multiply(ratio, learningRate))));
  }
}
