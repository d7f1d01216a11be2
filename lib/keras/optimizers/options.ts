/** The options that all optimizers have in common, and their checks. */
import type { TensorLike } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import { isPlain } from '../../core/options';
import { describe } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';

/** A learning rate schedule: an object with `call(step)`, as in `tf.keras.optimizers.schedules`. */
export interface LearningRateSchedule {
  call(step: number): number | Tensor;
}

/** A number, a variable, a schedule, or a function of the step. */
export type LearningRate =
  number | Variable | LearningRateSchedule | ((step: number) => number | Tensor | Variable);

/** The value of a schedule or function for the current step. */
export type ScheduledRate = Tensor<'float32'> & {
  /** Throws a FailedPreconditionError, since the schedule determines the rate. */
  assign(value: TensorLike): never;
};

export interface OptimizerOptions {
  /** Step size. */
  learningRate?: LearningRate;
  /** Weight decay: each step subtracts weightDecay·learningRate·w from each weight w. Default: none. */
  weightDecay?: number | null;
  /** Maximum norm of each gradient. Default: none. */
  clipnorm?: number | null;
  /** Maximum magnitude of each gradient element. Default: none. */
  clipvalue?: number | null;
  /** Maximum norm of all gradients together. Default: none. */
  globalClipnorm?: number | null;
  /** Maintain an exponential moving average of the variables. Default false. */
  useEma?: boolean;
  /** Momentum of the moving average. Default 0.99. */
  emaMomentum?: number;
  /** Overwrite the variables with their averages every so many steps. Default: never. */
  emaOverwriteFrequency?: number | null;
  /** The factor by which the loss was scaled; gradients are divided by it. Default 1. */
  lossScaleFactor?: number | null;
  /** The number of steps whose gradients are averaged for one update. Default: one. */
  gradientAccumulationSteps?: number | null;
  /** Default: the class name in lower case. */
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
 * Parses an optimizer's options: an object, or the learning rate alone. `ownDefaults` are the optimizer's own defaults.
 */
export function checkOptions<O extends OptimizerOptions>(
  given: unknown,
  ownDefaults: O,
  optimizer: string,
): CheckedOptions & O {
  const isObject = typeof given === 'object' && given !== null && isPlain(given) && !('call' in given);
  const named =
    given === undefined ? {} : isObject ? (given as Record<string, unknown>) : { learningRate: given };
  const merged: CheckedOptions & O = { ...defaults, ...ownDefaults };
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

/** Checks that a value is a finite number, and returns it. */
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
