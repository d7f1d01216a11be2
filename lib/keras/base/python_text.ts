/** Numbers and format strings as Python writes them. */
import { InvalidArgumentError } from '../../core/errors';

/** Numbers that are not finite, as Python writes them; null for others. */
function notFinite(value: number): string | null {
  if (Number.isNaN(value)) return 'nan';
  if (value === Infinity) return 'inf';
  return value === -Infinity ? '-inf' : null;
}

/** An exponent of at least two digits: `1.5e-7` → `1.5e-07`. */
const longExponent = (text: string): string => text.replace(/e([+-])(\d)$/, 'e$10$2');

/** More digits than tell a double from the half between two roundings of it. */
const enough = (digits: number): number => Math.min(100, digits + 25);

/** A rounded number; `longer` has more of its digits: of two that are as near, Python takes the even one, JavaScript the larger. */
function halfToEven(text: string, longer: string): string {
  const isWhole = !text.includes('.');
  const cut = longer.slice(
    0,
    isWhole ? longer.indexOf('.') : longer.indexOf('.') + text.length - text.indexOf('.'),
  );
  const isHalf = /^\.?50*$/.test(longer.slice(cut.length));
  return isHalf && '02468'.includes(cut[cut.length - 1]) ? cut : text;
}

/** JavaScript leaves out the sign of -0. */
const signOf = (value: number): string => (Object.is(value, -0) ? '-' : '');

/** `f'{value:.4f}'`. */
export function fixed(value: number, digits: number): string {
  const special = notFinite(value);
  if (special !== null) return special;
  if (Math.abs(value) >= 1e21) return BigInt(value).toString() + zeros(digits);
  return signOf(value) + halfToEven(value.toFixed(digits), value.toFixed(enough(digits)));
}

const zeros = (digits: number): string => (digits > 0 ? `.${'0'.repeat(digits)}` : '');

/** `f'{value:.4e}'`. */
export function scientific(value: number, digits: number): string {
  const special = notFinite(value);
  if (special !== null) return special;
  const [mantissa, exponent] = value.toExponential(digits).split('e');
  const [longer, power] = value.toExponential(enough(digits)).split('e');
  const rounds = power === exponent ? halfToEven(mantissa, longer) : mantissa;
  return longExponent(`${signOf(value)}${rounds}e${exponent}`);
}

/** `repr(value)` of a float. */
export function floatText(value: number): string {
  const special = notFinite(value);
  if (special !== null) return special;
  if (Object.is(value, -0)) return '-0.0';
  const exponent = Number(/e([+-]\d+)$/.exec(value.toExponential())?.[1]);
  if (exponent < -4 || exponent >= 16) return longExponent(value.toExponential());
  const text = fixedNotation(value, exponent);
  return text.includes('.') ? text : `${text}.0`;
}

/** The shortest digits without an exponent, which JavaScript writes for numbers below 1e-6. */
const fixedNotation = (value: number, exponent: number): string =>
  exponent >= -6
    ? `${value}`
    : value.toFixed(
        Math.max(0, value.toExponential().replace(/^-?(\d)\.?(\d*)e.*$/, '$2').length - exponent),
      );

const separated = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ',');

/** `f'{n:,}'` of a whole number: commas between thousands. */
export const withCommas = (n: number): string => separated(`${n}`);

const specification = /^(?:(.)?([<>=^]))?([+\- ])?(0)?(\d{1,4})?(,)?(?:\.(\d{1,2}))?([dfeg%sn])?$/;

/** One field of a format string. */
function formatField(value: unknown, spec: string, template: string): string {
  const match = specification.exec(spec);
  if (match === null)
    throw new InvalidArgumentError(
      `'${template}' has the format '${spec}', which is not one of Python's for numbers`,
    );
  const [, fill, align, sign, zero, width, comma, precision, type] = match;
  const digits = precision === undefined ? 6 : Number(precision);
  const n = Number(value);
  let text: string;
  if (typeof value === 'string' || type === 's') text = String(value);
  else if (type === 'f') text = fixed(n, digits);
  else if (type === 'e') text = scientific(n, digits);
  else if (type === '%') text = `${fixed(n * 100, digits)}%`;
  else if (type === 'g' || precision !== undefined) text = general(n, Math.max(1, digits));
  else text = Number.isInteger(n) ? `${n}` : floatText(n);
  if (comma !== undefined) text = text.replace(/\d+/, separated);
  if ((sign === '+' || sign === ' ') && !text.startsWith('-')) text = sign + text;
  const missing = Number(width ?? 0) - text.length;
  if (missing <= 0) return text;
  const by = fill ?? (zero === undefined ? ' ' : '0');
  const place = align ?? (zero === undefined ? (typeof value === 'string' ? '<' : '>') : '=');
  if (place === '<') return text + by.repeat(missing);
  if (place === '^') return by.repeat(Math.floor(missing / 2)) + text + by.repeat(Math.ceil(missing / 2));
  const signed = place === '=' ? (/^[+\- ]/.exec(text)?.[0] ?? '') : '';
  return signed + by.repeat(missing) + text.slice(signed.length);
}

/** `f'{value:.{digits}g}'`. */
function general(value: number, digits: number): string {
  const special = notFinite(value);
  if (special !== null) return special;
  const exponent = Number(/e([+-]\d+)$/.exec(value.toExponential(digits - 1))?.[1]);
  const strip = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
  if (exponent >= -4 && exponent < digits) return strip(fixed(value, Math.max(0, digits - 1 - exponent)));
  const [mantissa, power] = scientific(value, digits - 1).split('e');
  return longExponent(`${strip(mantissa)}e${power}`);
}

/** `template.format(**fields)`: `{epoch:02d}-{val_loss:.2f}.keras`. InvalidArgumentError for an unknown field. */
export function formatText(
  template: string,
  fields: Readonly<Record<string, unknown>>,
  where: string,
): string {
  return template.replace(/\{\{|\}\}|\{([^{}:]*)(?::([^{}]*))?\}/g, (whole, name?: string, spec = '') => {
    if (whole === '{{') return '{';
    if (whole === '}}') return '}';
    const key = name ?? '';
    if (!Object.prototype.hasOwnProperty.call(fields, key))
      throw new InvalidArgumentError(
        `[${where}] Failed to format this callback filepath: "${template}". Reason: '${key}' is none of ` +
          Object.keys(fields).join(', '),
      );
    return formatField(fields[key], spec as string, template);
  });
}
