/** How exact convolutions have to be: docs/precision.md. */
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';

/**
 * Which algorithms a convolution may use. 'fast': the fastest, an error of up to 2·10⁻⁶ of the result's magnitude (root
 * mean square). 'balanced': none whose error is larger than that of a sum of one product after another. 'exact': plain summation.
 */
export type ConvolutionPrecision = 'fast' | 'balanced' | 'exact';

/** The numbers that the native entry knows them by. */
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
