/** The ScheduleFreeAdamW optimizer. */
import { FailedPreconditionError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { add, subtract, multiply, divide } from '../../ops/math/binary';
import { sqrt, square } from '../../ops/math/unary';
import { Optimizer } from './optimizer';
import type { LearningRate, OptimizerOptions } from './options';
import type { Slot } from './slot';

export interface ScheduleFreeAdamWOptions extends OptimizerOptions {
  /** Default 0.0025. */
  learningRate?: LearningRate;
  /** Weight of the average in the point at which gradients are taken. Default 0.9. */
  beta1?: number;
  /** Decay rate of the second moment estimates. Default 0.999. */
  beta2?: number;
  /** Default 1e-8. */
  epsilon?: number;
  /** The learning rate grows linearly for so many steps. Default 0. */
  warmupSteps?: number;
}

const defaults = { learningRate: 0.0025, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, warmupSteps: 0 };

/**
 * Adam without a schedule of the learning rate: gradients are taken between a sequence of steps z and its average x.
 * v += (g² − v)(1 − β₂); z′ = z − lr·g / (√(v / (1 − β₂ᵗ)) + ε); x = (w − (1 − β₁)·z′) / β₁; x′ = (1 − 1/t)·x + z′/t;
 * w = (1 − β₁)·z′ + β₁·x′.
 * Instead of the options, the learning rate alone may be passed. @tf tf.keras.optimizers.ScheduleFreeAdamW
 */
export class ScheduleFreeAdamW extends Optimizer<ScheduleFreeAdamWOptions> {
  private momentums: Slot[] = [];
  private velocities: Slot[] = [];

  constructor(options?: ScheduleFreeAdamWOptions | LearningRate) {
    // eslint-disable-next-line prefer-rest-params
    super(options, defaults, arguments);
    this.checkNumbers('beta1', 'beta2', 'epsilon', 'warmupSteps');
  }

  protected override buildSlots(): void {
    const variables = this.builtVariables;
    if (variables.some(({ held }) => held.isSymbolic))
      throw new FailedPreconditionError(
        '[ScheduleFreeAdamW] its state starts with the values of the variables: call optimizer.build(variables) before the ' +
          'first step inside a tf.function',
      );
    [this.momentums, this.velocities] = this.addSlots(['momentum', 'velocity']);
    variables.forEach((v, i) => {
      // A copy: in-place updates of the variable must not reach it.
      this.momentums[i].assignTensor(multiply(v.held, 1));
    });
  }

  protected override updateStep(gradient: Tensor, variable: Variable, learningRate: Tensor): void {
    const { warmupSteps } = this.options;
    // As in Keras, these are float32 for every dtype of variables.
    const [beta1, beta2, epsilon] = [this.options.beta1, this.options.beta2, this.options.epsilon].map(
      Math.fround,
    );
    const { dt } = variable;
    const at = this.position(variable);
    const [momentum, velocity] = [this.momentums[at], this.velocities[at]];
    const step = (): number => this.updates() + 1;
    const rate =
      warmupSteps > 0
        ? multiply(
            learningRate,
            this.stepScalar('warmup', dt, () => Math.min(step() / warmupSteps, 1)),
          )
        : learningRate;
    const v0 = this.read(velocity);
    const v = add(v0, multiply(subtract(square(gradient), v0), 1 - beta2));
    this.assign(velocity, v);
    const denominator = add(sqrt(divide(v, this.biasCorrection('beta2', variable))), epsilon);
    const z = this.read(momentum);
    const zNext = subtract(z, divide(multiply(gradient, rate), denominator));
    this.assign(momentum, zNext);
    const weight = this.stepScalar('weight', dt, () => 1 / step());
    // Keras reads the average back with the new z here, where the paper has the old one.
    const x = divide(subtract(this.read(variable), multiply(zNext, 1 - beta1)), beta1);
    const xNext = add(multiply(x, subtract(1, weight)), multiply(zNext, weight));
    this.assign(variable, add(multiply(zNext, 1 - beta1), multiply(xNext, beta1)));
  }
}
