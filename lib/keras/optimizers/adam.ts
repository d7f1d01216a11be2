/** The Adam optimizer. */
import { dtypes, type DTypeInfo } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { throwExtraArguments } from '../../core/options';
import { checkBoolean, checkNumber, checkOptions, type LearningRate, type OptimizerOptions } from './options';
import { Optimizer } from './optimizer';
import type { RuleOfVariable } from './update';
import type { Slot } from './slot';

export interface AdamOptions extends OptimizerOptions {
  /** Default 0.001. */
  learningRate?: LearningRate;
  /** Decay rate of the first moment estimates, in [0, 1). Default 0.9. */
  beta1?: number;
  /** Decay rate of the second moment estimates, in [0, 1). Default 0.999. */
  beta2?: number;
  /** Default 1e-7. */
  epsilon?: number;
  /** Use the maximum of the second moment estimates so far. Default false. */
  amsgrad?: boolean;
}

/**
 * The Adam optimizer. α = lr·√(1 − β₂ᵗ)/(1 − β₁ᵗ); m += (g − m)(1 − β₁); v += (g² − v)(1 − β₂); w −= α·m/(√v + ε).
 * Instead of the options, the learning rate alone may be passed. @tf tf.keras.optimizers.Adam
 */
export class Adam extends Optimizer {
  private readonly beta1: number;
  private readonly beta2: number;
  private readonly epsilon: number;
  private readonly amsgrad: boolean;
  private momentums: Slot[] = [];
  private velocities: Slot[] = [];
  private maxima: Slot[] = [];

  constructor(options?: AdamOptions | LearningRate) {
    const ownDefaults = { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, amsgrad: false };
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 1) throwExtraArguments('Adam', 1, arguments, ownDefaults);
    const o = checkOptions(options, ownDefaults, 'Adam');
    super('Adam', o);
    for (const name of ['beta1', 'beta2'] as const) {
      const beta = checkNumber(o[name], name, 'Adam');
      if (beta < 0 || beta >= 1)
        throw new InvalidArgumentError(`[Adam] ${name} must be in [0, 1); got ${beta}`);
    }
    checkNumber(o.epsilon, 'epsilon', 'Adam');
    checkBoolean(o.amsgrad, 'amsgrad', 'Adam');
    this.beta1 = o.beta1;
    this.beta2 = o.beta2;
    this.epsilon = o.epsilon;
    this.amsgrad = o.amsgrad;
  }

  static fromConfig(config: Record<string, unknown>): Adam {
    return new Adam(config);
  }

  protected override buildSlots(): void {
    [this.momentums, this.velocities] = this.addSlots(['momentum', 'velocity']);
    if (this.amsgrad) this.maxima = this.addSlots('velocity_hat');
  }

  protected override rule(index: number): RuleOfVariable {
    const slots = [this.momentums[index], this.velocities[index]];
    return this.amsgrad
      ? { rule: 'amsgrad', slots: [...slots, this.maxima[index]] }
      : { rule: 'adam', slots };
  }

  protected override numbers(dt: DTypeInfo, learningRate: number): readonly number[] {
    // As in Keras: the numbers are float32, and each operation rounds to the variable's dtype.
    const r = dt === dtypes.float64 ? (x: number) => x : Math.fround;
    const t = this.updates() + 1;
    const power1 = r(Math.fround(this.beta1) ** t);
    const power2 = r(Math.fround(this.beta2) ** t);
    const alpha = r(r(learningRate * r(Math.sqrt(r(1 - power2)))) / r(1 - power1));
    return [alpha, 1 - this.beta1, 1 - this.beta2, this.epsilon];
  }
}
