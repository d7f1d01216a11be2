/** The Ftrl optimizer. */
import type { Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { add, subtract, multiply, divide, pow } from '../../ops/math/binary';
import { sqrt, square } from '../../ops/math/unary';
import { clipByValue } from '../../ops/math/select';
import { Optimizer } from './optimizer';
import type { LearningRate, OptimizerOptions } from './options';
import type { Slot } from './slot';

export interface FtrlOptions extends OptimizerOptions {
  /** Default 0.001. */
  learningRate?: LearningRate;
  /** The power of the accumulator by which the rate falls: 0 or less. Default -0.5. */
  learningRatePower?: number;
  /** 0 or more. Default 0.1. */
  initialAccumulatorValue?: number;
  /** 0 or more. Default 0. */
  l1RegularizationStrength?: number;
  /** 0 or more. Default 0. */
  l2RegularizationStrength?: number;
  /** Shrinks the weights in the gradient, as L2 that does not count in the accumulator: 0 or more. Default 0. */
  l2ShrinkageRegularizationStrength?: number;
  /** Added to the accumulator, as in the paper. Default 0. */
  beta?: number;
}

const defaults = {
  learningRate: 0.001,
  learningRatePower: -0.5,
  initialAccumulatorValue: 0.1,
  l1RegularizationStrength: 0,
  l2RegularizationStrength: 0,
  l2ShrinkageRegularizationStrength: 0,
  beta: 0,
};

/**
 * "Follow the regularized leader", for sparse models. p = −learningRatePower; g′ = g + 2·shrinkage·w; n′ = n + g²;
 * l += g′ − (n′ᵖ − nᵖ)/lr·w; q = n′ᵖ/lr + 2·(l2 + beta/(2·lr)); w = (clip(l, ±l1) − l)/q; n = n′.
 * Instead of the options, the learning rate alone may be passed. @tf tf.keras.optimizers.Ftrl
 */
export class Ftrl extends Optimizer<FtrlOptions> {
  private squares: Slot[] = [];
  private linears: Slot[] = [];

  constructor(options?: FtrlOptions | LearningRate) {
    // eslint-disable-next-line prefer-rest-params
    super(options, defaults, arguments);
    const strengths = [
      'initialAccumulatorValue',
      'l1RegularizationStrength',
      'l2RegularizationStrength',
      'l2ShrinkageRegularizationStrength',
    ] as const;
    this.checkNumbers(...strengths, 'learningRatePower', 'beta');
    for (const name of strengths) if (this.options[name] < 0) throw this.badOption(name, 'positive or zero');
    if (this.options.learningRatePower > 0) throw this.badOption('learningRatePower', 'negative or zero');
  }

  protected override buildSlots(): void {
    const { initialAccumulatorValue } = this.options;
    [this.squares, this.linears] = this.addSlots(
      ['accumulator', 'linear'],
      [Math.fround(initialAccumulatorValue)],
    );
  }

  protected override updateStep(gradient: Tensor, variable: Variable, learningRate: Tensor): void {
    const { learningRatePower, beta, l2ShrinkageRegularizationStrength: shrinkage } = this.options;
    const { l1RegularizationStrength: l1, l2RegularizationStrength: l2 } = this.options;
    const at = this.position(variable);
    const [squares, linears] = [this.squares[at], this.linears[at]];
    const w = this.read(variable);
    const before = this.read(squares);
    const after = add(before, square(gradient));
    this.assign(squares, after);
    const power = (x: Tensor): Tensor => (learningRatePower === -0.5 ? sqrt(x) : pow(x, -learningRatePower));
    const change = divide(subtract(power(after), power(before)), learningRate);
    const shrunk = shrinkage === 0 ? gradient : add(gradient, multiply(w, 2 * shrinkage));
    const linear = add(this.read(linears), subtract(shrunk, multiply(change, w)));
    this.assign(linears, linear);
    const ridge = add(multiply(divide(beta / 2, learningRate), 2), 2 * l2);
    const quadratic = add(divide(power(after), learningRate), ridge);
    this.assign(variable, divide(subtract(clipByValue(linear, -l1, l1), linear), quadratic));
  }
}
