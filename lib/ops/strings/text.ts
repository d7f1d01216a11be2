/** Functions of tensors of strings. An element is a sequence of bytes, as in TensorFlow; they run op by op in a `tf.function`. */
import { toTensor } from '../../core/convert';
import { stringType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { options, throwExtraArguments } from '../../core/options';
import { describe, showShape } from '../../core/shape';
import { encoded, stringTensor, type StringLike, type StringTensor } from '../../core/strings';
import { shapeOf, stringsOf, valuesOf, type Tensor } from '../../core/tensor';
import type { TensorLike } from '../../core/convert';
import { requireConcrete } from '../../op/traced';

/** The elements of an argument, as strings of bytes. InvalidArgumentError for other dtypes. */
export function textOf(value: unknown, op: string, argument = 'input'): StringTensor {
  const t = requireConcrete(toTensor(value, stringType, op, argument), op);
  if (t.dt !== stringType)
    throw new InvalidArgumentError(
      `[${op}] ${argument} has dtype ${t.dtype}, which the op does not take; it takes string`,
    );
  return t as unknown as StringTensor;
}

/** Its elements, each replaced. */
function mapText(t: StringTensor, f: (bytes: string) => string): StringTensor {
  const x = t as unknown as Tensor;
  return stringTensor(shapeOf(x), stringsOf(x).map(f)) as unknown as StringTensor;
}

const vector = (values: readonly string[]): StringTensor =>
  stringTensor([values.length], values) as unknown as StringTensor;

/** The characters of a string of bytes; what is no UTF-8 becomes U+FFFD. */
const decoded = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');

/** Whether every byte is a character of ASCII, so that bytes and characters are the same. */

const isAscii = (bytes: string): boolean => /^[\x00-\x7f]*$/.test(bytes);

export interface CaseOptions {
  /** '' (default): only A to Z and a to z; 'utf-8': all letters. */
  encoding?: '' | 'utf-8';
}
const caseDefaults: Required<CaseOptions> = { encoding: '' };

type ChangeCase = (
  input: StringLike | StringTensor,
  options?: CaseOptions | CaseOptions['encoding'],
) => StringTensor;

function changeCase(name: 'lower' | 'upper', args: Parameters<ChangeCase>): StringTensor {
  const [input, given] = args;
  if (args.length > 2) throwExtraArguments(name, 2, args, caseDefaults);
  const { encoding } = options<Required<CaseOptions>>(given, 'encoding', caseDefaults, name);
  if (!['', 'utf-8'].includes(encoding))
    throw new InvalidArgumentError(`[${name}] encoding must be '' or 'utf-8'; got ${describe(encoding)}`);
  const change = (text: string): string => (name === 'lower' ? text.toLowerCase() : text.toUpperCase());
  const letters = name === 'lower' ? /[A-Z]+/g : /[a-z]+/g;
  return mapText(textOf(input, name), (bytes) =>
    encoding === '' || isAscii(bytes) ? bytes.replace(letters, change) : encoded(change(decoded(bytes))),
  );
}

/** Upper-case letters become lower-case ones. @tf tf.strings.lower */
export const lower: ChangeCase = (...args: Parameters<ChangeCase>) => changeCase('lower', args);

/** Lower-case letters become upper-case ones. @tf tf.strings.upper */
export const upper: ChangeCase = (...args: Parameters<ChangeCase>) => changeCase('upper', args);

/** Whitespace of ASCII. */
const whitespace = ' \\t\\n\\v\\f\\r';
const outerSpace = new RegExp(`^[${whitespace}]+|[${whitespace}]+$`, 'g');
const leadingSpace = new RegExp(`^[${whitespace}]+`);
const innerSpace = new RegExp(`[${whitespace}]+`);

/** Without whitespace at both ends. @tf tf.strings.strip */
export const strip = (input: StringLike | StringTensor): StringTensor =>
  mapText(textOf(input, 'strip'), (bytes) => bytes.replace(outerSpace, ''));

export interface RegexReplaceOptions {
  /** Whether all matches are replaced (default), or the first. */
  replaceGlobal?: boolean;
}
const regexDefaults: Required<RegexReplaceOptions> = { replaceGlobal: true };

/**
 * Replaces the matches of a regular expression, which has JavaScript's syntax (`tf.strings.regexReplace(x, '(\\w)x', '\\1')`): in
 * `rewrite`, `\\1` to `\\9` are the groups and `\\0` is the match. InvalidArgumentError if the pattern is none.
 * @tf tf.strings.regex_replace
 */
export const regexReplace: (
  input: StringLike | StringTensor,
  pattern: string,
  rewrite: string,
  options?: RegexReplaceOptions | boolean,
) => StringTensor = (input, pattern, rewrite, given, ...more: unknown[]) => {
  if (more.length > 0)
    throwExtraArguments('regexReplace', 4, [input, pattern, rewrite, given, ...more], regexDefaults);
  const { replaceGlobal } = options<Required<RegexReplaceOptions>>(
    given,
    'replaceGlobal',
    regexDefaults,
    'regexReplace',
  );
  const x = textOf(input, 'regexReplace');
  if (typeof pattern !== 'string' || typeof rewrite !== 'string')
    throw new TypeError(
      `[regexReplace] pattern and rewrite must be strings; got ${describe(pattern)} and ${describe(rewrite)}`,
    );
  let regex: RegExp;
  try {
    regex = new RegExp(pattern, replaceGlobal ? 'gu' : 'u');
  } catch (error) {
    throw new InvalidArgumentError(`[regexReplace] Invalid pattern: ${pattern}, error: ${String(error)}`, {
      cause: error,
    });
  }
  const replacement = rewrite
    .replace(/\$/g, '$$$$')
    .replace(/\\([0-9\\])/g, (_, c: string) => (c === '\\' ? '\\' : c === '0' ? '$&' : `$${c}`));
  return mapText(x, (bytes) => {
    if (isAscii(bytes)) return encoded(bytes.replace(regex, replacement));
    const text = decoded(bytes);
    const changed = text.replace(regex, replacement);
    return changed === text ? bytes : encoded(changed);
  });
};

export interface SplitOptions {
  /** What separates the parts. '' or null (default): whitespace, of which runs count as one. */
  sep?: string | null;
  /** The most splits; −1 (default) and 0: all. */
  maxsplit?: number;
}
const splitDefaults: Required<SplitOptions> = { sep: null, maxsplit: -1 };

function partsOfText(bytes: string, separator: string, most: number): string[] {
  if (separator !== '') {
    const all = bytes.split(separator);
    if (most <= 0 || all.length <= most + 1) return all;
    return [...all.slice(0, most), all.slice(most).join(separator)];
  }
  const parts: string[] = [];
  let rest = bytes.replace(leadingSpace, '');
  while (rest !== '') {
    const end = rest.search(innerSpace);
    parts.push(end < 0 ? rest : rest.slice(0, end));
    rest = end < 0 ? '' : rest.slice(end).replace(leadingSpace, '');
    // As in TensorFlow, the rest is a part even if nothing is left.
    if (parts.length === most) return [...parts, rest];
    if (most <= 0 && rest !== '') return [...parts, ...rest.replace(outerSpace, '').split(innerSpace)];
  }
  return parts;
}

/** The parts of each element: a vector for a scalar, an array of vectors for a vector. */
type Parts<X> = X extends string ? StringTensor : StringTensor[];

function splitEach<X extends StringLike | StringTensor>(
  input: X,
  op: string,
  f: (bytes: string) => string[],
): Parts<X> {
  const x = textOf(input, op) as unknown as Tensor;
  if (x.rank > 1)
    throw new InvalidArgumentError(
      `[${op}] input must be a scalar or a vector; got the shape ${showShape(shapeOf(x))}`,
    );
  const rows = stringsOf(x).map((bytes) => vector(f(bytes)));
  return (x.rank === 0 ? rows[0] : rows) as Parts<X>;
}

/**
 * Splits strings into parts: a scalar into a vector, a vector into an array of vectors, which differ in length (TensorFlow: a ragged
 * tensor). @tf tf.strings.split
 */
export const split: <X extends StringLike | StringTensor>(
  input: X,
  options?: SplitOptions | string | null,
) => Parts<X> = (input, given, ...more: unknown[]) => {
  if (more.length > 0) throwExtraArguments('split', 2, [input, given, ...more], splitDefaults);
  const { sep, maxsplit } = options<Required<SplitOptions>>(given, 'sep', splitDefaults, 'split');
  if (sep !== null && typeof sep !== 'string')
    throw new TypeError(`[split] sep must be a string or null; got ${describe(sep)}`);
  if (!Number.isInteger(maxsplit))
    throw new InvalidArgumentError(`[split] maxsplit must be an integer; got ${describe(maxsplit)}`);
  const separator = encoded(sep ?? '');
  return splitEach(input, 'split', (bytes) => partsOfText(bytes, separator, maxsplit));
};

/**
 * Splits strings into their characters: a scalar into a vector, a vector into an array of vectors. What is no UTF-8 becomes U+FFFD.
 * @tf tf.strings.unicode_split
 */
export function unicodeSplit<X extends StringLike | StringTensor>(
  input: X,
  inputEncoding: 'UTF-8' = 'UTF-8',
): Parts<X> {
  if (!['utf-8', 'utf8'].includes(String(typeof inputEncoding === 'string' && inputEncoding.toLowerCase())))
    throw new InvalidArgumentError(
      `[unicodeSplit] inputEncoding must be 'UTF-8'; got ${describe(inputEncoding)}`,
    );
  return splitEach(input, 'unicodeSplit', (bytes) => Array.from(decoded(bytes), encoded));
}

export interface NgramsOptions {
  /** Between the parts of an n-gram. Default ' '. */
  separator?: string;
}
const ngramsDefaults: Required<NgramsOptions> = { separator: ' ' };

/** n-grams of one sequence: those of the first width, of the second… */
function ngramsOf(tokens: readonly string[], widths: readonly number[], separator: string): string[] {
  return widths.flatMap((width) =>
    Array.from({ length: Math.max(0, tokens.length - width + 1) }, (_, i) =>
      tokens.slice(i, i + width).join(separator),
    ),
  );
}

/**
 * The n-grams of the sequences along the last axis: of each width, the joined runs of so many elements. An array of vectors, which
 * may differ in length, gives an array of vectors. @tf tf.strings.ngrams
 */
export const ngrams: <X extends StringTensor | StringLike | readonly StringTensor[]>(
  data: X,
  ngramWidth: number | readonly number[],
  options?: NgramsOptions | string,
) => X extends readonly StringTensor[] ? StringTensor[] : StringTensor = (
  data,
  ngramWidth,
  given,
  ...more: unknown[]
) => {
  if (more.length > 0) throwExtraArguments('ngrams', 3, [data, ngramWidth, given, ...more], ngramsDefaults);
  const { separator } = options<Required<NgramsOptions>>(given, 'separator', ngramsDefaults, 'ngrams');
  if (typeof separator !== 'string')
    throw new TypeError(`[ngrams] separator must be a string; got ${describe(separator)}`);
  const widths = Array.isArray(ngramWidth) ? (ngramWidth as number[]) : [ngramWidth as number];
  if (widths.length === 0 || !widths.every((w) => Number.isInteger(w) && w >= 1 && w < 2 ** 31))
    throw new InvalidArgumentError(
      `[ngrams] ngramWidth must be a positive integer or several; got ${describe(ngramWidth)}`,
    );
  const between = encoded(separator);
  const ragged =
    Array.isArray(data) && data.length > 0 && typeof data[0] === 'object' && !Array.isArray(data[0]);
  const results = (ragged ? [...(data as StringTensor[])] : [data]).map((part) => {
    const x = textOf(part, 'ngrams', 'data') as unknown as Tensor;
    if (x.rank === 0)
      throw new InvalidArgumentError('[ngrams] data must have an axis of sequences; got a scalar');
    const shape = [...shapeOf(x)];
    const n = shape.pop() as number;
    const all = stringsOf(x);
    const count = shape.reduce((product, size) => product * size, 1);
    const rows = Array.from({ length: count }, (_, i) =>
      ngramsOf(all.slice(i * n, (i + 1) * n), widths, between),
    );
    const length = widths.reduce((sum, width) => sum + Math.max(0, n - width + 1), 0);
    return stringTensor([...shape, length], rows.flat()) as unknown as StringTensor;
  });
  return (ragged ? results : results[0]) as never;
};

/** Integers in decimal digits, booleans as `true` and `false`. @tf tf.strings.as_string */
export function asString(input: TensorLike | StringTensor): StringTensor {
  const x = requireConcrete(toTensor(input, null, 'asString', 'input'), 'asString');
  if (x.dt === stringType) return x as unknown as StringTensor;
  if (x.dt.kind === 'float')
    throw new InvalidArgumentError(
      `[asString] input has dtype ${x.dtype}, which the op does not take; it takes integers, bool and string`,
    );
  const values = Array.from(valuesOf(x) as ArrayLike<number | bigint>, (v) =>
    x.dt.kind === 'bool' ? String(Boolean(v)) : String(v),
  );
  return stringTensor(shapeOf(x), values) as unknown as StringTensor;
}
