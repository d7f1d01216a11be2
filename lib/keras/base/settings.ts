/** The settings of the process that `tf.keras.config` has: default dtype, epsilon, data format, limits of training, output. */
import { debuglog } from 'node:util';
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';

const floatTypes = ['bfloat16', 'float16', 'float32', 'float64'] as const;
export type FloatType = (typeof floatTypes)[number];

let defaultFloat: FloatType = 'float32';

/**
 * The dtype of inputs, losses, metrics, initial values and random numbers that are given none, and of layers for which no policy
 * was set. Default 'float32'. @tf tf.keras.config.floatx
 */
export const floatx = (): FloatType => defaultFloat;

/**
 * Sets the default dtype: 'bfloat16', 'float16', 'float32' or 'float64'. InvalidArgumentError for others. As in Keras, layers take
 * it until the first of them was made, or `setDtypePolicy` was called. @tf tf.keras.config.set_floatx
 */
export function setFloatx(value: FloatType): void {
  if (!(floatTypes as readonly unknown[]).includes(value))
    throw new InvalidArgumentError(
      `[setFloatx] Unknown \`floatx\` value: ${describe(value)}. Expected one of ${floatTypes.join(', ')}`,
    );
  defaultFloat = value;
}

let smallest = 1e-7;

/** The number that losses, metrics and constraints add to denominators, and bound logarithms with. @tf tf.keras.config.epsilon */
export const epsilon = (): number => smallest;

/** Sets that number. Functions that were compiled before keep the former one. @tf tf.keras.config.set_epsilon */
export function setEpsilon(value: number): void {
  if (typeof value !== 'number' || !(value >= 0 && value < Infinity))
    throw new InvalidArgumentError(
      `[setEpsilon] value must be a finite number, at least 0; got ${describe(value)}`,
    );
  smallest = value;
}

const dataFormats = ['channels_last', 'channels_first'] as const;
export type ImageDataFormat = (typeof dataFormats)[number];

let imageFormat: ImageDataFormat = 'channels_last';

/** The data format of layers and functions that are given none. Default 'channels_last'. @tf tf.keras.config.image_data_format */
export const imageDataFormat = (): ImageDataFormat => imageFormat;

/** Sets that format: 'channels_last' or 'channels_first'. @tf tf.keras.config.set_image_data_format */
export function setImageDataFormat(dataFormat: ImageDataFormat): void {
  if (!(dataFormats as readonly unknown[]).includes(dataFormat))
    throw new InvalidArgumentError(
      `[setImageDataFormat] The \`dataFormat\` argument must be one of ${dataFormats.join(', ')}. Received: ` +
        `dataFormat=${describe(dataFormat)}`,
    );
  imageFormat = dataFormat;
}

function checkLimit(value: unknown, where: string): number | null {
  if (value === null || (Number.isInteger(value) && (value as number) >= 0)) return value as number | null;
  throw new InvalidArgumentError(
    `[${where}] the limit must be a whole number that is not negative, or null; got ${describe(value)}`,
  );
}

/** A limit from the environment, as Keras reads it. */
function limitFrom(name: string): number | null {
  const text = process.env[name];
  return text === undefined ? null : checkLimit(Number(text), name);
}

let mostEpochs = limitFrom('KERAS_MAX_EPOCHS');
let mostSteps = limitFrom('KERAS_MAX_STEPS_PER_EPOCH');

/** The most epochs of a `fit`, whatever its `epochs`; null (default): no limit. @tf tf.keras.config.max_epochs */
export const maxEpochs = (): number | null => mostEpochs;

/** Sets that limit, to try a program quickly; `KERAS_MAX_EPOCHS` in the environment does it too. @tf tf.keras.config.set_max_epochs */
export function setMaxEpochs(value: number | null): void {
  mostEpochs = checkLimit(value, 'setMaxEpochs');
}

/**
 * The most batches of an epoch, of an evaluation and of a prediction; null (default): no limit.
 * @tf tf.keras.config.max_steps_per_epoch
 */
export const maxStepsPerEpoch = (): number | null => mostSteps;

/** Sets that limit; `KERAS_MAX_STEPS_PER_EPOCH` in the environment does it too. @tf tf.keras.config.set_max_steps_per_epoch */
export function setMaxStepsPerEpoch(value: number | null): void {
  mostSteps = checkLimit(value, 'setMaxStepsPerEpoch');
}

let isInteractive = true;

/** Shows progress, summaries and messages on the standard output: the default. @tf tf.keras.config.enable_interactive_logging */
export function enableInteractiveLogging(): void {
  isInteractive = true;
}

/**
 * Keeps progress, summaries and messages from the standard output: they go to Node's debug log, shown on stderr with
 * `NODE_DEBUG=gradtape`. @tf tf.keras.config.disable_interactive_logging
 */
export function disableInteractiveLogging(): void {
  isInteractive = false;
}

/** Whether progress, summaries and messages go to the standard output. @tf tf.keras.config.is_interactive_logging_enabled */
export const isInteractiveLoggingEnabled = (): boolean => isInteractive;

let log: ((text: string) => void) | null = null;

/** @internal Writes to the standard output, or to the debug log. */
export function write(text: string): void {
  if (isInteractive) process.stdout.write(text);
  else (log ??= debuglog('gradtape'))(text.trimEnd());
}

/** @internal The standard output as a stream of progress; the debug log is no terminal. */
export const standardStream = {
  write,
  get isTTY(): boolean {
    return isInteractive && process.stdout.isTTY === true;
  },
};
