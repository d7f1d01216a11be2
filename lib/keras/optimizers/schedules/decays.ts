/** Schedules that fall smoothly: exponentially, as a polynomial, or with the inverse of time. */
import type { TensorLike } from '../../../core/convert';
import type { Tensor } from '../../../core/tensor';
import { equal } from '../../../ops/math/compare';
import { where } from '../../../ops/index/indexing';
import { add, divide, minimum, multiply, pow, subtract } from '../../../ops/math/binary';
import { ceil, floor } from '../../../ops/math/unary';
import { NumericSchedule, stepTensor, type ScheduleOptions } from './learning_rate_schedule';

export interface DecayOptions extends ScheduleOptions {
  /** Decay at whole multiples of decaySteps only. Default false. */
  staircase?: boolean;
}

/**
 * initialLearningRate · decayRate^(step / decaySteps); with staircase, the exponent is rounded down.
 * @tf tf.keras.optimizers.schedules.ExponentialDecay
 */
export class ExponentialDecay extends NumericSchedule<DecayOptions> {
  static override readonly positional = ['initialLearningRate', 'decaySteps', 'decayRate'];

  constructor(
    private readonly initialLearningRate: number,
    private readonly decaySteps: number,
    private readonly decayRate: number,
    options?: DecayOptions,
  ) {
    const required = { initialLearningRate, decaySteps, decayRate };
    super('ExponentialDecay', required, options, { staircase: false, name: 'ExponentialDecay' });
  }

  call(step: TensorLike): Tensor {
    const p = divide(stepTensor(step), this.decaySteps);
    return multiply(pow(this.decayRate, this.o.staircase ? floor(p) : p), this.initialLearningRate);
  }
}

/**
 * initialLearningRate / (1 + decayRate · step / decaySteps); with staircase, step / decaySteps is rounded down.
 * @tf tf.keras.optimizers.schedules.InverseTimeDecay
 */
export class InverseTimeDecay extends NumericSchedule<DecayOptions> {
  static override readonly positional = ['initialLearningRate', 'decaySteps', 'decayRate'];

  constructor(
    private readonly initialLearningRate: number,
    private readonly decaySteps: number,
    private readonly decayRate: number,
    options?: DecayOptions,
  ) {
    const required = { initialLearningRate, decaySteps, decayRate };
    super('InverseTimeDecay', required, options, { staircase: false, name: 'InverseTimeDecay' });
  }

  call(step: TensorLike): Tensor {
    const p = divide(stepTensor(step), this.decaySteps);
    const denominator = add(multiply(this.o.staircase ? floor(p) : p, this.decayRate), 1);
    return divide(this.initialLearningRate, denominator);
  }
}

export interface PolynomialDecayOptions extends ScheduleOptions {
  /** The rate at the end. Default 0.0001. */
  endLearningRate?: number;
  /** The power of the polynomial. Default 1, a straight line. */
  power?: number;
  /** After decaySteps, start anew over a multiple of them. Default false: stay at the end. */
  cycle?: boolean;
}

/**
 * (initialLearningRate − endLearningRate)·(1 − step / decaySteps)^power + endLearningRate.
 * @tf tf.keras.optimizers.schedules.PolynomialDecay
 */
export class PolynomialDecay extends NumericSchedule<PolynomialDecayOptions> {
  static override readonly positional = ['initialLearningRate', 'decaySteps'];

  constructor(
    private readonly initialLearningRate: number,
    private readonly decaySteps: number,
    options?: PolynomialDecayOptions,
  ) {
    super('PolynomialDecay', { initialLearningRate, decaySteps }, options, {
      endLearningRate: 0.0001,
      power: 1,
      cycle: false,
      name: 'PolynomialDecay',
    });
  }

  call(step: TensorLike): Tensor {
    const { endLearningRate: end, power, cycle } = this.o;
    let at = stepTensor(step);
    let all: Tensor | number = this.decaySteps;
    if (cycle) all = multiply(where(equal(at, 0), 1, ceil(divide(at, this.decaySteps))), this.decaySteps);
    else at = minimum(at, this.decaySteps);
    const range = Math.fround(Math.fround(this.initialLearningRate) - Math.fround(end));
    return add(multiply(pow(subtract(1, divide(at, all)), power), range), end);
  }
}
