/**
 * Formats an element of each dtype: alone (a 0-d tensor), and inside an array, where all elements shown have the same
 * notation and width.
 */
import { type Decimal, type FloatFormat, exponentText, positional, toDecimal } from './decimal';

export type PrintValue = number | bigint | boolean | string | Uint8Array;

/** Flat row-major elements. Complex dtypes hold two numbers an element: the real part, then the imaginary one. */
export type PrintData = ArrayLike<PrintValue>;

interface FloatRules extends FloatFormat {
  /** An array is written in scientific notation if the magnitude of an element is at least this. */
  readonly largeInArray: number;
  /** The same if the magnitude of a nonzero element is below this: 1e-4, as rounded to the format. */
  readonly smallInArray: number;
  /** The same if the quotient of the largest and the smallest nonzero magnitude exceeds this: 1000, rounded to the format. */
  readonly maxQuotient: number;
  /** A number alone is written in scientific notation if its magnitude is at least this, or below 1e-4. */
  readonly largeAlone: number;
}

const FLOAT64: FloatRules = {
  significandBits: 53,
  minExponent: -1074,
  largeInArray: 1e8,
  smallInArray: 1e-4,
  maxQuotient: 1000,
  largeAlone: 1e16,
};

const FLOAT_RULES: { readonly [dtype: string]: FloatRules | undefined } = {
  float16: {
    significandBits: 11,
    minExponent: -24,
    largeInArray: 1e3,
    smallInArray: 1.0001659393310547e-4,
    maxQuotient: 1000.25,
    largeAlone: 1e3,
  },
  float32: {
    significandBits: 24,
    minExponent: -149,
    largeInArray: 1e6,
    smallInArray: Math.fround(1e-4),
    maxQuotient: 1000 + 2 ** -15,
    largeAlone: 1e6,
  },
  float64: FLOAT64,
};

const COMPLEX_PARTS: { readonly [dtype: string]: FloatRules | undefined } = {
  complex64: FLOAT_RULES.float32,
  complex128: FLOAT64,
};

const INTEGER = /^u?int\d+$/;
const FLOAT = /^b?float\d+/;

/** The number of entries of {@link PrintData} for each element. */
export function numbersPerElement(dtype: string): number {
  return COMPLEX_PARTS[dtype] ? 2 : 1;
}

function isNegative(x: number): boolean {
  return x < 0 || Object.is(x, -0);
}

function nonFiniteText(x: number): string {
  return Number.isNaN(x) ? 'nan' : x < 0 ? '-inf' : 'inf';
}

function scientificText(decimal: Decimal): string {
  const { digits, exponent } = decimal;
  return (digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits) + exponentText(exponent);
}

/** A float alone, in the fewest digits; `whole` follows numbers without a fraction in positional notation. */
function floatAlone(x: number, rules: FloatRules, whole: string): string {
  if (!Number.isFinite(x)) return nonFiniteText(x);
  const size = Math.abs(x);
  const sign = isNegative(x) ? '-' : '';
  const decimal = toDecimal(x, rules);
  if (size !== 0 && (size < 1e-4 || size >= rules.largeAlone)) return sign + scientificText(decimal);
  const text = positional(decimal);
  return sign + text.whole + (text.fraction === '' ? whole : `.${text.fraction}`);
}

function complexAlone(re: number, im: number, rules: FloatRules): string {
  const imaginary = `${floatAlone(im, rules, '')}j`;
  if (Object.is(re, 0)) return imaginary;
  return `(${floatAlone(re, rules, '')}${isNegative(im) ? '' : '+'}${imaginary})`;
}

/** A float that NumPy itself does not have (bfloat16) is formatted as by C's `%.6g`, alone and in arrays, independent of other elements. */
function extensionFloatText(x: number): string {
  if (!Number.isFinite(x)) return nonFiniteText(x);
  const sign = isNegative(x) ? '-' : '';
  // Six digits of the exact value: as a float64, fewer digits never identify it.
  const decimal = toDecimal(x, FLOAT64, (first) => ({ last: first - 5, atLeast: first - 5 }));
  if (decimal.exponent < -4 || decimal.exponent >= 6) return sign + scientificText(decimal);
  const text = positional(decimal);
  return sign + text.whole + (text.fraction === '' ? '' : `.${text.fraction}`);
}

const ESCAPES: { readonly [byte: number]: string | undefined } = {
  9: '\\t',
  10: '\\n',
  13: '\\r',
  92: '\\\\',
};

/** Python's repr of bytes, or of the UTF-8 bytes of a string: `b'it\\x00'`. */
function bytesText(value: string | Uint8Array): string {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  const quote = bytes.includes(39) && !bytes.includes(34) ? '"' : "'";
  let text = '';
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    if (char === quote) text += `\\${char}`;
    else if (byte >= 32 && byte < 127 && byte !== 92) text += char;
    else text += ESCAPES[byte] ?? `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return `b${quote}${text}${quote}`;
}

/** The formatter of dtypes whose elements are written without regard to other elements; undefined for other dtypes. */
function fixedText(dtype: string): ((value: PrintValue) => string) | undefined {
  if (INTEGER.test(dtype)) return (value) => String(value);
  if (dtype === 'bool') return (value) => (value ? 'True' : 'False');
  if (dtype === 'string') return (value) => bytesText(value as string | Uint8Array);
  if (FLOAT.test(dtype) && !FLOAT_RULES[dtype]) return (value) => extensionFloatText(value as number);
  return undefined;
}

/** Whether this module can format the dtype. */
export function isPrintable(dtype: string): boolean {
  return Boolean(FLOAT_RULES[dtype] ?? COMPLEX_PARTS[dtype] ?? fixedText(dtype));
}

/**
 * A single element as Python writes it outside an array. With `widened`, a float is written as a float64 of the same value
 * (0.10000000149011612, as in the `repr` of a 0-d tensor), else with the fewest digits for its own dtype (0.1).
 */
export function elementAlone(data: PrintData, dtype: string, widened: boolean): string {
  const complex = COMPLEX_PARTS[dtype];
  if (complex) return complexAlone(data[0] as number, data[1] as number, widened ? FLOAT64 : complex);
  const float = FLOAT_RULES[dtype];
  if (widened && FLOAT.test(dtype)) return floatAlone(data[0] as number, FLOAT64, '.0');
  if (float) return floatAlone(data[0] as number, float, '.0');
  return fixedText(dtype)!(data[0]);
}

export interface FloatNotation {
  /** Digits after the point, at most. */
  readonly precision: number;
  /** Keeps small numbers in positional notation. */
  readonly suppress: boolean;
}

/** The maximum of `measure` over the items, at least 0. No `Math.max(...items)`: a call has a limit on its arguments. */
function largest<T>(items: readonly T[], measure: (item: T, i: number) => number): number {
  return items.reduce((max, item, i) => Math.max(max, measure(item, i)), 0);
}

/** The formatter of floats in an array; `values`, the elements shown, determine the notation and the column width. */
function floatWriter(
  values: readonly number[],
  rules: FloatRules,
  notation: FloatNotation,
  plus: '' | '+',
): (x: number) => string {
  const finite = values.filter(Number.isFinite);
  const sizes = finite.filter((x) => x !== 0).map(Math.abs);
  const max = largest(sizes, (size) => size);
  const min = sizes.reduce((a, b) => Math.min(a, b), Infinity);
  const wideRange = min < rules.smallInArray || max / min > rules.maxQuotient;
  const scientific = sizes.length > 0 && (max >= rules.largeInArray || (wideRange && !notation.suppress));

  const sign = (x: number): string => (isNegative(x) ? '-' : plus);
  let left = 0; // columns before the point
  let right = 0; // columns after it
  let write: (x: number) => string;
  if (scientific) {
    const limits = (at: number) => ({ last: at - notation.precision });
    const decimals = finite.map((x) => toDecimal(x, rules, limits));
    const fraction = largest(decimals, (d) => d.digits.length - 1);
    const width = Math.max(
      2,
      largest(decimals, (d) => String(Math.abs(d.exponent)).length),
    );
    left = largest(finite, (x) => sign(x).length + 1);
    right = fraction + width + 2;
    write = (x) => {
      // All have as many digits as the longest, and these are exact: the float32 1e-5 becomes 9.9999997e-06.
      const d = toDecimal(x, rules, (at) => ({ last: at - fraction, atLeast: at - fraction }));
      const first = (sign(x) + d.digits[0]).padStart(left);
      return `${first}.${d.digits.slice(1).padEnd(fraction, '0')}${exponentText(d.exponent, width)}`;
    };
  } else {
    const limits = () => ({ last: -notation.precision, atLeast: 0 });
    const texts = finite.map((x) => positional(toDecimal(x, rules, limits)));
    left = largest(texts, (text, i) => sign(finite[i]).length + text.whole.length);
    right = largest(texts, (text) => text.fraction.length);
    write = (x) => {
      const text = positional(toDecimal(x, rules, limits));
      return `${(sign(x) + text.whole).padStart(left)}.${text.fraction.padEnd(right)}`;
    };
  }

  if (finite.length < values.length) {
    const widest = plus === '+' || values.includes(-Infinity) ? 4 : 3;
    left = Math.max(left, widest - right - 1);
  }
  const nonFinite = (x: number): string =>
    ((isNegative(x) ? '' : plus) + nonFiniteText(x)).padStart(left + right + 1);
  return (x) => (Number.isFinite(x) ? write(x) : nonFinite(x));
}

/**
 * The formatter of elements in an array of which the flat positions `shown` are shown: returns the text of the element at a
 * flat position.
 */
export function elementWriter(
  data: PrintData,
  dtype: string,
  shown: readonly number[],
  notation: FloatNotation,
): (at: number) => string {
  const float = FLOAT_RULES[dtype];
  if (float) {
    const write = floatWriter(
      shown.map((at) => data[at] as number),
      float,
      notation,
      '',
    );
    return (at) => write(data[at] as number);
  }
  const complex = COMPLEX_PARTS[dtype];
  if (complex) {
    const part = (offset: number): number[] => shown.map((at) => data[2 * at + offset] as number);
    const real = floatWriter(part(0), complex, notation, '');
    const imaginary = floatWriter(part(1), complex, notation, '+');
    // The j precedes the padding of the fraction.
    return (at) => real(data[2 * at] as number) + imaginary(data[2 * at + 1] as number).replace(/ *$/, 'j$&');
  }
  const text = fixedText(dtype)!;
  if (dtype === 'bool' || INTEGER.test(dtype)) {
    const width = dtype === 'bool' ? 5 : largest(shown, (at) => String(data[at]).length);
    return (at) => text(data[at]).padStart(width);
  }
  return (at) => text(data[at]);
}
