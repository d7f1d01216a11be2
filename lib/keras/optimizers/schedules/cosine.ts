/** Schedules that fall as half a cosine, once or again and again. */
import type { TensorLike } from '../../../core/convert';
import type { Tensor } from '../../../core/tensor';
import { less } from '../../../ops/math/compare';
import { where } from '../../../ops/index/indexing';
import { add, divide, minimum, multiply, pow, subtract } from '../../../ops/math/binary';
import { floor } from '../../../ops/math/unary';
import { cos, log } from '../../../ops/math/unary_math';
import { NumericSchedule, stepTensor, type ScheduleOptions } from './learning_rate_schedule';

export interface CosineDecayOptions extends ScheduleOptions {
  /** The rate at the end, as a fraction of the one from which it decays. Default 0. */
  alpha?: number;
  /** The rate grows to this in `warmupSteps`, and decays from it. Default: no warmup. */
  warmupTarget?: number | null;
  /** Default 0. */
  warmupSteps?: number;
}

/** (1 − alpha)·(1 + cos(π·fraction))/2·height + alpha. */
const cosineDecay = (fraction: Tensor, alpha: number, height: Tensor | number = 1): Tensor => {
  const half = multiply(add(cos(multiply(fraction, Math.PI)), 1), multiply(height, 0.5));
  return add(multiply(half, 1 - alpha), alpha);
};

/**
 * initialLearningRate · ((1 − alpha)·(1 + cos(π·step / decaySteps))/2 + alpha), after a linear warmup if there is one.
 * @tf tf.keras.optimizers.schedules.CosineDecay
 */
export class CosineDecay extends NumericSchedule<CosineDecayOptions> {
  static override readonly positional = ['initialLearningRate', 'decaySteps'];

  constructor(
    private readonly initialLearningRate: number,
    private readonly decaySteps: number,
    options?: CosineDecayOptions,
  ) {
    super('CosineDecay', { initialLearningRate, decaySteps }, options, {
      alpha: 0,
      name: 'CosineDecay',
      warmupTarget: null,
      warmupSteps: 0,
    });
  }

  call(step: TensorLike): Tensor {
    const { alpha, warmupTarget, warmupSteps } = this.o;
    const { initialLearningRate, decaySteps } = this;
    const at = stepTensor(step);
    if (warmupTarget === null)
      return multiply(cosineDecay(divide(minimum(at, decaySteps), decaySteps), alpha), initialLearningRate);
    const limited = minimum(at, decaySteps + warmupSteps);
    const decayed = cosineDecay(divide(subtract(limited, warmupSteps), decaySteps), alpha);
    const range = Math.fround(Math.fround(warmupTarget) - Math.fround(initialLearningRate));
    const warming = add(multiply(divide(limited, warmupSteps), range), initialLearningRate);
    return where(less(limited, warmupSteps), warming, multiply(decayed, warmupTarget));
  }
}

export interface CosineDecayRestartsOptions extends ScheduleOptions {
  /** Each period is so many times as long as the last. Default 2. */
  tMul?: number;
  /** And starts with so many times its rate. Default 1. */
  mMul?: number;
  /** The rate at the end of a period, as a fraction of the initial one. Default 0. */
  alpha?: number;
}

/**
 * Cosine decay that starts anew after each period: the first has firstDecaySteps steps. ("Stochastic gradient descent with warm
 * restarts".) @tf tf.keras.optimizers.schedules.CosineDecayRestarts
 */
export class CosineDecayRestarts extends NumericSchedule<CosineDecayRestartsOptions> {
  static override readonly positional = ['initialLearningRate', 'firstDecaySteps'];

  constructor(
    private readonly initialLearningRate: number,
    private readonly firstDecaySteps: number,
    options?: CosineDecayRestartsOptions,
  ) {
    super('CosineDecayRestarts', { initialLearningRate, firstDecaySteps }, options, {
      tMul: 2,
      mMul: 1,
      alpha: 0,
      name: 'SGDRDecay',
    });
  }

  call(step: TensorLike): Tensor {
    const { tMul, mMul, alpha } = this.o;
    const all = divide(stepTensor(step), this.firstDecaySteps);
    let restarts: Tensor;
    let fraction: Tensor;
    if (tMul === 1) {
      restarts = floor(all);
      fraction = subtract(all, restarts);
    } else {
      const grown = log(subtract(1, multiply(all, 1 - tMul)));
      restarts = floor(divide(grown, log(tMul)));
      const length = pow(tMul, restarts);
      fraction = divide(subtract(all, divide(subtract(1, length), 1 - tMul)), length);
    }
    return multiply(cosineDecay(fraction, alpha, pow(mMul, restarts)), this.initialLearningRate);
  }
}
