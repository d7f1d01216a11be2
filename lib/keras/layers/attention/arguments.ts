/** Checks of the arguments of layers of attention. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';

/** TypeError unless a value is true or false. */
export function checkBoolean(value: unknown, name: string, layer: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`[${layer}] ${name} must be true or false; got ${describe(value)}`);
}

/** A fraction of elements that are dropped, in [0, 1]. */
export function checkRate(value: unknown, layer: string): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  const Class = typeof value === 'number' ? InvalidArgumentError : TypeError;
  throw new Class(
    `[${layer}] Invalid value received for argument \`dropout\`. Expected a float value between 0 and 1. Received: ` +
      `dropout=${describe(value)}`,
  );
}

/** TypeError unless a value is an integer or null. */
export function checkSeed(value: unknown, layer: string): number | null {
  if (value === null || Number.isInteger(value)) return value as number | null;
  throw new TypeError(`[${layer}] \`seed\` must be an integer or null; got ${describe(value)}`);
}

/** InvalidArgumentError unless a value is a positive integer. */
export function checkCount(value: unknown, name: string, layer: string, orNull = ''): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw new InvalidArgumentError(
    `[${layer}] Received an invalid value for argument \`${name}\`, expected a positive integer${orNull}. ` +
      `Received: ${name}=${describe(value)}`,
  );
}
