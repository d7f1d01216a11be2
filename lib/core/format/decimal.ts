/**
 * Exact conversion of binary floating-point numbers to decimal digits, for any IEEE-like format up to float64.
 *
 * JavaScript's `toString` and `toFixed` cannot be used: they do not support float32 and float16, and they round half up,
 * where NumPy rounds half to even. Instead, the value and the midpoints to its neighbours are integers over a common
 * denominator, and long division generates digits until they identify the number (the Dragon4 algorithm).
 */

/** The parameters of a binary floating-point format. */
export interface FloatFormat {
  /** Bits of the significand, including the implicit one. */
  readonly significandBits: number;
  /** Exponent of the smallest subnormal, 2^minExponent. */
  readonly minExponent: number;
}

/** Decimal digits without trailing zeros, the first of which has the weight 10^exponent; zero is `'0'` at 10^0. */
export interface Decimal {
  readonly digits: string;
  readonly exponent: number;
}

/** Limits on the decimal places; place p is the digit with the weight 10^p. */
export interface Places {
  /** The last place that may be written: the number is rounded there, half to even. */
  readonly last?: number;
  /** Digits are generated at least down to this place, even if fewer identify the number. */
  readonly atLeast?: number;
}

const POWERS: bigint[] = [1n];

function powerOf10(n: number): bigint {
  for (let i = POWERS.length; i <= n; i++) POWERS.push(POWERS[i - 1] * 10n);
  return POWERS[n];
}

const scratch = new DataView(new ArrayBuffer(8));

/** floor(log2(x)) of a positive finite number, exactly. */
function exponentOf(x: number): number {
  scratch.setFloat64(0, x);
  const biased = (scratch.getUint32(0) >>> 20) & 0x7ff;
  return biased === 0 ? exponentOf(x * 2 ** 54) - 54 : biased - 1023;
}

/** The place of the first digit of a positive finite number: floor(log10(x)), exactly, though Math.log10 may be off by one. */
function firstPlace(x: number, numerator: bigint, denominator: bigint): number {
  let place = Math.floor(Math.log10(x));
  const reaches = (p: number): boolean =>
    p >= 0 ? numerator >= denominator * powerOf10(p) : numerator * powerOf10(-p) >= denominator;
  while (!reaches(place)) place--;
  while (reaches(place + 1)) place++;
  return place;
}

/**
 * Decimal digits of |x|, x finite: the fewest that distinguish x from every other number of its format, within the limits
 * returned by `places(first)`; `first` is the place of the first digit.
 */
export function toDecimal(x: number, format: FloatFormat, places?: (first: number) => Places): Decimal {
  const value = Math.abs(x);
  if (value === 0) return { digits: '0', exponent: 0 };

  // value = significand * 2^exponent. The lower neighbour of a power of two is half as far away as the upper one.
  const exponent = Math.max(exponentOf(value) - format.significandBits + 1, format.minExponent);
  const significand = BigInt(Math.round(value / 2 ** exponent));
  const even = (significand & 1n) === 0n;
  const halfGapBelow =
    significand === 1n << BigInt(format.significandBits - 1) && exponent > format.minExponent;

  // remainder / unit is the value; toLower / unit and toUpper / unit are the distances to the midpoints.
  const scale = 1n << BigInt(Math.abs(exponent));
  let remainder = 4n * significand * (exponent >= 0 ? scale : 1n);
  let unit = 4n * (exponent >= 0 ? 1n : scale);
  let toUpper = 2n * (exponent >= 0 ? scale : 1n);
  let toLower = halfGapBelow ? toUpper / 2n : toUpper;

  const first = firstPlace(value, remainder, unit);
  const { last = -Infinity, atLeast = Infinity } = places?.(first) ?? {};
  let place = Math.max(first, last);
  if (place >= 0) {
    unit *= powerOf10(place);
  } else {
    const up = powerOf10(-place);
    remainder *= up;
    toUpper *= up;
    toLower *= up;
  }

  let digits = '';
  for (; ; place--) {
    let digit = Number(remainder / unit);
    remainder %= unit;
    const nearLower = even ? remainder <= toLower : remainder < toLower;
    const nearUpper = even ? remainder + toUpper >= unit : remainder + toUpper > unit;
    if (((nearLower || nearUpper) && place <= atLeast) || place === last || remainder === 0n) {
      if (nearLower === nearUpper) {
        const twice = 2n * remainder;
        if (twice > unit || (twice === unit && digit % 2 === 1)) digit++;
      } else if (nearUpper) {
        digit++;
      }
      return carry(digits, digit, place);
    }
    digits += digit;
    remainder *= 10n;
    toUpper *= 10n;
    toLower *= 10n;
  }
}

/** Appends a last digit of 0 to 10 at the given place, propagates the carry and strips trailing zeros. */
function carry(digits: string, digit: number, place: number): Decimal {
  let written = digits;
  let end = digit;
  let at = place;
  while (end === 10 && written.length > 0) {
    end = Number(written[written.length - 1]) + 1;
    written = written.slice(0, -1);
    at++;
  }
  if (end === 10) {
    end = 1;
    at++;
  }
  const exponent = at + written.length;
  const all = (written + end).replace(/0+$/, '');
  return all === '' ? { digits: '0', exponent: 0 } : { digits: all, exponent };
}

/** The integral and the fractional digits of a decimal in positional notation, as in `12` and `5`. */
export function positional(decimal: Decimal): { whole: string; fraction: string } {
  const { digits, exponent } = decimal;
  if (exponent < 0) return { whole: '0', fraction: '0'.repeat(-exponent - 1) + digits };
  return {
    whole: digits.slice(0, exponent + 1).padEnd(exponent + 1, '0'),
    fraction: digits.slice(exponent + 1),
  };
}

/** The exponent of scientific notation, with at least `width` digits: `e-05`. */
export function exponentText(exponent: number, width = 2): string {
  return `e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(width, '0')}`;
}
