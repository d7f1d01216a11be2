/** The Adam optimizer, with and without decoupled weight decay. */
import { dtypes, type DTypeInfo } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import type { LearningRate, OptimizerOptions } from './options';
import { biasCorrection } from './optimizer';
import { RuleOptimizer } from './rule_optimizer';
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

const defaults = { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, amsgrad: false };

abstract class AdamBase extends RuleOptimizer<AdamOptions> {
  private momentums: Slot[] = [];
  private velocities: Slot[] = [];
  private maxima: Slot[] = [];

  protected constructor(options: unknown, ownDefaults: typeof defaults, args: IArguments) {
    super(options, ownDefaults, args);
    this.checkNumbers('beta1', 'beta2', 'epsilon');
    this.checkBooleans('amsgrad');
    for (const name of ['beta1', 'beta2'] as const)
      if (this.options[name] < 0 || this.options[name] >= 1) throw this.badOption(name, 'in [0, 1)');
  }

  protected override buildSlots(): void {
    [this.momentums, this.velocities] = this.addSlots(['momentum', 'velocity']);
    if (this.options.amsgrad) this.maxima = this.addSlots('velocity_hat');
  }

  /** @internal */
  protected override rule(index: number): RuleOfVariable {
    const slots = [this.momentums[index], this.velocities[index]];
    return this.options.amsgrad
      ? { rule: 'amsgrad', slots: [...slots, this.maxima[index]] }
      : { rule: 'adam', slots };
  }

  /** @internal */
  protected override numbers(dt: DTypeInfo, learningRate: number): readonly number[] {
    const { beta1, beta2, epsilon } = this.options;
    const r = dt === dtypes.float64 ? (x: number) => x : Math.fround;
    const t = this.updates() + 1;
    const root = r(Math.sqrt(biasCorrection(beta2, t, dt)));
    const alpha = r(r(learningRate * root) / biasCorrection(beta1, t, dt));
    return [alpha, 1 - beta1, 1 - beta2, epsilon];
  }
}

/**
 * The Adam optimizer. α = lr·√(1 − β₂ᵗ)/(1 − β₁ᵗ); m += (g − m)(1 − β₁); v += (g² − v)(1 − β₂); w −= α·m/(√v + ε).
 * Instead of the options, the learning rate alone may be passed. @tf tf.keras.optimizers.Adam
 */
export class Adam extends AdamBase {
  constructor(options?: AdamOptions | LearningRate) {
    // eslint-disable-next-line prefer-rest-params
    super(options, defaults, arguments);
  }
}

export interface AdamWOptions extends AdamOptions {
  /** Weight decay: each step subtracts weightDecay·learningRate·w from each weight w. Default 0.004. */
  weightDecay?: number;
}

/**
 * Adam with decoupled weight decay: each step first subtracts weightDecay·lr·w from the weights.
 * Instead of the options, the learning rate alone may be passed. @tf tf.keras.optimizers.AdamW
 */
export class AdamW extends AdamBase {
  constructor(options?: AdamWOptions | LearningRate) {
    const ownDefaults = { ...defaults, weightDecay: 0.004 };
    // eslint-disable-next-line prefer-rest-params
    super(options, ownDefaults, arguments);
    if (this.options.weightDecay === null)
      throw new InvalidArgumentError('[AdamW] Argument `weightDecay` must be a number; got null');
  }
}
