/** The precision setting of convolutions: see docs/precision.md. */
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';

/**
 * Which algorithms a convolution may use. 'fast': the fastest one, with an error of up to 2·10⁻⁶ of the result's root mean
 * square. 'balanced': those whose error does not exceed that of sequential summation. 'exact': sequential summation only.
 */
export type ConvolutionPrecision = 'fast' | 'balanced' | 'exact';

/** The codes of the native binding. */
export const precisionCodes: Readonly<Record<ConvolutionPrecision, number>> = {
  fast: 0,
  balanced: 1,
  exact: 2,
};

let current: ConvolutionPrecision = 'fast';

export function convolutionPrecision(): ConvolutionPrecision {
  return current;
}

export function setConvolutionPrecision(precision: ConvolutionPrecision): void {
  current = checkPrecision(precision, 'setConvolutionPrecision');
}

export function checkPrecision(precision: unknown, op: string): ConvolutionPrecision {
  if (typeof precision !== 'string')
    throw new TypeError(`[${op}] precision must be a string; got ${describe(precision)}`);
  if (!Object.hasOwn(precisionCodes, precision)) {
    throw new InvalidArgumentError(
      `[${op}] precision must be 'fast', 'balanced' or 'exact'; got '${precision}'`,
    );
  }
  return precision as ConvolutionPrecision;
}
