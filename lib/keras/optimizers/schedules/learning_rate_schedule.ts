/** The base class of learning rate schedules. */
import type { TensorLike } from '../../../core/convert';
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { convertToTensor } from '../../../ops/array/convert';
import { KerasObject, type Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';

/**
 * Base class of learning rate schedules: `schedule(step)` is the learning rate of a step, counted from 0. A subclass computes it in
 * `call`. An optimizer calls its schedule, `learningRate: schedule`, with the number of its steps so far.
 * @tf tf.keras.optimizers.schedules.LearningRateSchedule
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- Callable makes instances callable
export abstract class LearningRateSchedule extends KerasObject {
  /** The learning rate of a step. */
  abstract call(step: TensorLike): Tensor;

  /** @internal */
  override invoke(step: unknown): Tensor {
    return this.call(step as TensorLike);
  }
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- Callable makes instances callable
export interface LearningRateSchedule {
  (step: TensorLike): Tensor;
}

/** The name that all schedules have. */
export interface ScheduleOptions {
  /** Default: the name of the class. */
  name?: string;
}

/** A schedule whose arguments are numbers, flags and null. */
export abstract class NumericSchedule<O extends ScheduleOptions> extends LearningRateSchedule {
  /** @internal */
  protected readonly o: Required<O>;

  /** @param required The arguments that have no default: numbers, of which those called `…DecaySteps` are positive. */
  protected constructor(
    className: string,
    protected readonly required: Readonly<Record<string, number>>,
    options: O | undefined,
    defaults: Required<O>,
  ) {
    super();
    const fail = (name: string, what: string, value: unknown): never => {
      throw new TypeError(`[${className}] ${name} must be ${what}; got ${describe(value)}`);
    };
    for (const [name, value] of Object.entries(required)) {
      if (typeof value !== 'number') fail(name, 'a number', value);
      if (/decaySteps$/i.test(name) && !(value > 0))
        throw new InvalidArgumentError(
          `[${className}] Argument \`${name}\` must be > 0. Received: ${name}=${describe(value)}`,
        );
    }
    const given = namedOptions(options, className);
    for (const [name, value] of Object.entries(given)) {
      const usual: unknown = (defaults as Record<string, unknown>)[name];
      if (usual === undefined)
        throw new TypeError(
          `[${className}] has no option '${name}'; it takes ${Object.keys(defaults).join(', ')}`,
        );
      const kind = usual === null ? 'number' : typeof usual;
      if (value !== undefined && typeof value !== kind && !(usual === null && value === null))
        fail(name, kind === 'number' ? 'a number' : kind === 'boolean' ? 'true or false' : 'a string', value);
    }
    const present = Object.entries(given).filter(([, value]) => value !== undefined);
    this.o = { ...defaults, ...Object.fromEntries(present) };
  }

  override getConfig(): Config {
    return { ...this.required, ...this.o };
  }
}

/** A step as a float32 tensor. */
export const stepTensor = (step: TensorLike): Tensor => cast(convertToTensor(step), 'float32');
