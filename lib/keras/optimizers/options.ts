/** What every optimizer takes, and the checks of it. */
import type { TensorLike } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import { isPlain } from '../../core/options';
import { describe } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';

/** A learning rate that depends on the step: an object with `call(step)`, as `tf.keras.optimizers.schedules` has. */
export interface LearningRateSchedule {
  call(step: number): number | Tensor;
}

/** A number, a variable to read, a schedule, or a function of the step. */
export type LearningRate =
  number | Variable | LearningRateSchedule | ((step: number) => number | Tensor | Variable);

/** The value that a schedule or function gives the learning rate for the present step. */
export type ScheduledRate = Tensor<'float32'> & {
  /** FailedPreconditionError: the schedule decides. */
  assign(value: TensorLike): never;
};

export interface OptimizerOptions {
  /** Step size. */
  learningRate?: LearningRate;
  /** Each step also takes weightDecay·learningRate of each weight away. Default none. */
  weightDecay?: number | null;
  /** Limit of each gradient's norm. Default none. */
  clipnorm?: number | null;
  /** Limit of each element's magnitude. Default none. */
  clipvalue?: number | null;
  /** Limit of the norm of all gradients together. Default none. */
  globalClipnorm?: number | null;
  /** Keep a moving average of the variables. Default false. */
  useEma?: boolean;
  /** Weight of the old average. Default 0.99. */
  emaMomentum?: number;
  /** Every so many steps the variables become their averages. Default never. */
  emaOverwriteFrequency?: number | null;
  /** Gradients are of a loss that was multiplied by this. Default 1. */
  lossScaleFactor?: number | null;
  /** Update once for so many steps, with the mean of their gradients. Default every step. */
  gradientAccumulationSteps?: number | null;
  /** Default: the class in small letters. */
  name?: string;
}

export type CheckedOptions = Required<OptimizerOptions>;

const defaults: CheckedOptions = {
  learningRate: 0.001,
  weightDecay: null,
  clipnorm: null,
  clipvalue: null,
  globalClipnorm: null,
  useEma: false,
  emaMomentum: 0.99,
  emaOverwriteFrequency: null,
  lossScaleFactor: null,
  gradientAccumulationSteps: null,
  name: '',
};

/**
 * Merges what was given (an object, or the bare learning rate) with the defaults: those of all optimizers and `own`.
 */
export function checkOptions<O extends OptimizerOptions>(
  given: unknown,
  own: O,
  optimizer: string,
): CheckedOptions & O {
  const isObject = typeof given === 'object' && given !== null && isPlain(given) && !('call' in given);
  const named =
    given === undefined ? {} : isObject ? (given as Record<string, unknown>) : { learningRate: given };
  const merged: CheckedOptions & O = { ...defaults, name: optimizer.toLowerCase(), ...own };
  for (const [key, value] of Object.entries(named)) {
    if (!Object.hasOwn(merged, key)) {
      throw new TypeError(
        `[${optimizer}] Argument(s) not recognized: ${key}; it takes ${Object.keys(merged).join(', ')}`,
      );
    }
    if (value !== undefined) Object.assign(merged, { [key]: value });
  }
  check(merged, optimizer);
  return merged;
}

/** A finite number, or null where that is allowed. */
export function checkNumber(value: unknown, name: string, optimizer: string): number {
  if (typeof value !== 'number')
    throw new TypeError(`[${optimizer}] ${name} must be a number; got ${describe(value)}`);
  if (!Number.isFinite(value))
    throw new InvalidArgumentError(`[${optimizer}] ${name} must be finite; got ${value}`);
  return value;
}

export function checkBoolean(value: unknown, name: string, optimizer: string): void {
  if (typeof value !== 'boolean') {
    throw new TypeError(`[${optimizer}] ${name} must be true or false; got ${describe(value)}`);
  }
}

function check(o: CheckedOptions, optimizer: string): void {
  for (const name of ['weightDecay', 'clipnorm', 'clipvalue', 'globalClipnorm', 'lossScaleFactor'] as const) {
    if (o[name] !== null) checkNumber(o[name], name, optimizer);
  }
  for (const name of ['clipnorm', 'clipvalue', 'globalClipnorm'] as const) {
    const limit = o[name];
    if (limit !== null && limit <= 0) {
      throw new InvalidArgumentError(`[${optimizer}] ${name} must be positive; got ${limit}`);
    }
  }
  if ([o.clipnorm, o.clipvalue, o.globalClipnorm].filter((limit) => limit !== null).length > 1) {
    throw new InvalidArgumentError(
      `[${optimizer}] Only one of clipnorm, clipvalue and globalClipnorm can be set. Received: ` +
        `clipnorm=${o.clipnorm}, clipvalue=${o.clipvalue}, globalClipnorm=${o.globalClipnorm}`,
    );
  }
  if (o.lossScaleFactor === 0) throw new InvalidArgumentError(`[${optimizer}] lossScaleFactor must not be 0`);
  checkBoolean(o.useEma, 'useEma', optimizer);
  checkNumber(o.emaMomentum, 'emaMomentum', optimizer);
  if (o.useEma && (o.emaMomentum < 0 || o.emaMomentum > 1)) {
    throw new InvalidArgumentError(
      `[${optimizer}] emaMomentum must be in the range [0, 1]. Received: emaMomentum=${o.emaMomentum}`,
    );
  }
  const every = o.emaOverwriteFrequency;
  if (every !== null && (!Number.isInteger(every) || every < 1)) {
    throw new InvalidArgumentError(
      `[${optimizer}] emaOverwriteFrequency must be an integer >= 1 or null. Received: ${describe(every)}`,
    );
  }
  const steps = o.gradientAccumulationSteps;
  if (steps !== null && (!Number.isInteger(steps) || steps < 2)) {
    throw new InvalidArgumentError(
      `[${optimizer}] gradientAccumulationSteps must be an integer >= 2. Received: ` +
        `gradientAccumulationSteps=${describe(steps)}`,
    );
  }
  if (typeof o.name !== 'string')
    throw new TypeError(`[${optimizer}] name must be a string; got ${describe(o.name)}`);
}
