/** The Nadam optimizer. */
import { dtypes } from '../../core/dtype';
import type { DTypeInfo } from '../../core/dtype';
import type { Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { add, subtract, multiply, divide } from '../../ops/math/binary';
import { sqrt, square } from '../../ops/math/unary';
import { cast } from '../../ops/array/cast';
import { Optimizer } from './optimizer';
import type { LearningRate, OptimizerOptions } from './options';
import type { Slot } from './slot';

export interface NadamOptions extends OptimizerOptions {
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
 * Adam with Nesterov momentum. μₜ = β₁(1 − 0.96ᵗ/2); m += (g − m)(1 − β₁); v += (g² − v)(1 − β₂);
 * m̂ = μₜ₊₁·m / (1 − μ₁…μₜ₊₁) + (1 − μₜ)·g / (1 − μ₁…μₜ); w −= lr·m̂ / (√(v / (1 − β₂ᵗ)) + ε).
 * Instead of the options, the learning rate alone may be passed. @tf tf.keras.optimizers.Nadam
 */
export class Nadam extends Optimizer<NadamOptions> {
  private momentums: Slot[] = [];
  private velocities: Slot[] = [];
  /** The product of the μ so far. */
  private product: Slot | null = null;

  constructor(options?: NadamOptions | LearningRate) {
    // eslint-disable-next-line prefer-rest-params
    super(options, defaults, arguments);
    this.checkNumbers('beta1', 'beta2', 'epsilon');
  }

  protected override buildSlots(): void {
    [this.momentums, this.velocities] = this.addSlots(['momentum', 'velocity']);
    const dt = this.builtVariables.length === 0 ? dtypes.float32 : this.builtVariables[0].dt;
    this.product = this.addSlot('variable', dt, [], 1);
  }

  /** μ of this step or the next; Keras computes it from float32 numbers. */
  private mu(ahead: 0 | 1, dt: DTypeInfo): Tensor {
    const beta1 = Math.fround(this.options.beta1);
    const mu = (): number => beta1 * (1 - 0.5 * Math.fround(0.96) ** (this.updates() + 1 + ahead));
    return this.stepScalar(`mu${ahead}`, dt, mu);
  }

  protected override beginUpdate(): void {
    const product = this.product as Slot;
    const mu = (): number => this.options.beta1 * (1 - 0.5 * 0.96 ** (this.updates() + 1));
    this.assign(product, multiply(this.read(product), this.stepScalar('mu', product.dt, mu)));
  }

  protected override updateStep(gradient: Tensor, variable: Variable, learningRate: Tensor): void {
    const { epsilon } = this.options;
    const [beta1, beta2] = [this.options.beta1, this.options.beta2].map(Math.fround);
    const at = this.position(variable);
    const [momentum, velocity] = [this.momentums[at], this.velocities[at]];
    const m0 = this.read(momentum);
    const m = add(m0, multiply(subtract(gradient, m0), 1 - beta1));
    this.assign(momentum, m);
    const v0 = this.read(velocity);
    const v = add(v0, multiply(subtract(square(gradient), v0), 1 - beta2));
    this.assign(velocity, v);
    const [now, next] = [this.mu(0, variable.dt), this.mu(1, variable.dt)];
    const product = cast(this.read(this.product as Slot), variable.dtype);
    const mHat = add(
      multiply(m, divide(next, subtract(1, multiply(product, next)))),
      multiply(gradient, divide(subtract(1, now), subtract(1, product))),
    );
    const vHat = divide(v, this.biasCorrection('beta2', variable));
    const step = divide(multiply(mHat, learningRate), add(sqrt(vHat), epsilon));
    this.assign(variable, subtract(this.read(variable), step));
  }
}
