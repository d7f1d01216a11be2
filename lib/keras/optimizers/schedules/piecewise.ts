/** A schedule that is constant between given steps. */
import type { TensorLike } from '../../../core/convert';
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { convertToTensor } from '../../../ops/array/convert';
import { where } from '../../../ops/index/indexing';
import { lessEqual } from '../../../ops/math/compare';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { LearningRateSchedule, stepTensor, type ScheduleOptions } from './learning_rate_schedule';

/**
 * values[i] up to and including step boundaries[i], and the last value after them all.
 * @tf tf.keras.optimizers.schedules.PiecewiseConstantDecay
 */
export class PiecewiseConstantDecay extends LearningRateSchedule {
  static override readonly positional = ['boundaries', 'values'];
  override readonly name: string;

  /**
   * @param boundaries Increasing steps.
   * @param values One more than the boundaries.
   */
  constructor(
    readonly boundaries: readonly number[],
    readonly values: readonly number[],
    options?: ScheduleOptions,
  ) {
    super();
    for (const [what, list] of Object.entries({ boundaries, values })) {
      if (!Array.isArray(list) || list.some((value) => typeof value !== 'number'))
        throw new TypeError(
          `[PiecewiseConstantDecay] ${what} must be an array of numbers; got ${describe(list)}`,
        );
    }
    if (boundaries.length !== values.length - 1)
      throw new InvalidArgumentError(
        `[PiecewiseConstantDecay] The length of boundaries should be 1 less than the length of values. Received: ` +
          `boundaries of length ${boundaries.length}, and values of length ${values.length}.`,
      );
    const { name = 'PiecewiseConstant', ...others } = namedOptions(options, 'PiecewiseConstantDecay');
    const [unknown] = Object.keys(others);
    if (unknown !== undefined)
      throw new TypeError(`[PiecewiseConstantDecay] has no option '${unknown}'; it takes name`);
    this.name = name;
  }

  call(step: TensorLike): Tensor {
    const at = stepTensor(step);
    const last = convertToTensor(this.values[this.values.length - 1]);
    return this.boundaries.reduceRight<Tensor>(
      (after, boundary, i) => where(lessEqual(at, boundary), this.values[i], after),
      last,
    );
  }

  override getConfig(): Config {
    return { boundaries: [...this.boundaries], values: [...this.values], name: this.name };
  }
}
