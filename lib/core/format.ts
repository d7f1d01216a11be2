/**
 * Formats tensors as text, character for character as TensorFlow 2 with NumPy 2 does.
 *
 * The input is not a tensor, but flat row-major elements, a shape and the name of a dtype. An element of a complex dtype is
 * two numbers (real, imaginary), one of dtype string is a string (written as its UTF-8 bytes) or its bytes.
 */
import {
  type PrintData,
  elementAlone,
  elementWriter,
  isPrintable,
  numbersPerElement,
} from './format/elements';
import { nested, shownPositions } from './format/layout';

export type { PrintData } from './format/elements';

/** The settings of `np.array2string`, with its defaults. */
export interface PrintOptions {
  /** Digits after the decimal point, at most: 8. */
  precision?: number;
  /** Arrays with more elements are summarised: 1000. */
  threshold?: number;
  /** Elements kept at each end of an axis of a summarised array: 3. */
  edgeitems?: number;
  /** Columns a line may take: 75. */
  linewidth?: number;
  /** Keeps small floats in positional notation: false. */
  suppress?: boolean;
  /** Between elements: one space. */
  separator?: string;
  /** The text that will follow the closing bracket, for which the last line leaves space: nothing. */
  suffix?: string;
}

const LINE_WIDTH = 75;
const THRESHOLD = 1000;

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

function check(data: PrintData, shape: readonly number[], dtype: string): void {
  if (!isPrintable(dtype)) {
    throw new TypeError(`format: a tensor of dtype ${dtype} has no text; numbers, bool and string have`);
  }
  const needed = elementCount(shape) * numbersPerElement(dtype);
  if (data.length !== needed) {
    throw new RangeError(
      `format: shape ${shapeToString(shape)} of dtype ${dtype} needs data of length ${needed}, not ${data.length}`,
    );
  }
}

/**
 * An array's elements in nested brackets, as `np.array2string`.
 *
 * Floats have the fewest digits that identify them in their dtype, at most `precision` after the point. All are in
 * scientific notation if the largest reaches 1e8 (float32 1e6, float16 1e3), the smallest nonzero one is below 1e-4,
 * or their quotient exceeds 1000; in a summarised array, only the elements shown are considered.
 *
 * @param prefix the text that will precede; continuation lines are indented by its length.
 * @throws TypeError for a dtype without text; RangeError when data and shape disagree.
 */
export function arrayToString(
  data: PrintData,
  shape: readonly number[],
  dtype: string,
  prefix = '',
  opts: PrintOptions = {},
): string {
  check(data, shape, dtype);
  const size = elementCount(shape);
  if (size === 0) return '[]';
  const edge = size > (opts.threshold ?? THRESHOLD) ? (opts.edgeitems ?? 3) : undefined;
  const notation = { precision: opts.precision ?? 8, suppress: opts.suppress ?? false };
  const write = elementWriter(data, dtype, shownPositions(shape, edge), notation);
  if (shape.length === 0) return write(0).trim();
  const layout = {
    separator: opts.separator ?? ' ',
    width: (opts.linewidth ?? LINE_WIDTH) - (opts.suffix ?? '').length,
    indent: ' '.repeat(prefix.length + 1),
    edge,
  };
  return nested(shape, layout, write);
}

/** The dtypes that NumPy infers from Python numbers; the repr of an array omits them. */
const IMPLIED = new Set(['bool', 'int64', 'float64', 'complex128']);

/** An array as Python code, like NumPy's `repr`: `array([1., 2.], dtype=float32)`. */
function arrayRepr(data: PrintData, shape: readonly number[], dtype: string): string {
  const prefix = 'array(';
  const text = prefix + arrayToString(data, shape, dtype, prefix, { separator: ', ', suffix: ')' });
  const size = elementCount(shape);
  const extras: string[] = [];
  if ((size === 0 && shape.length !== 1) || size > THRESHOLD) extras.push(`shape=${shapeToString(shape)}`);
  if (size === 0 || !IMPLIED.has(dtype)) extras.push(`dtype=${dtype === 'string' ? 'object' : dtype}`);
  if (extras.length === 0) return `${text})`;

  const extra = `${extras.join(', ')})`;
  const lastLine = text.length + 1 - (text.lastIndexOf('\n') + 1);
  const gap = lastLine + extra.length + 1 > LINE_WIDTH ? `\n${' '.repeat(prefix.length)}` : ' ';
  return `${text},${gap}${extra}`;
}

/** Puts text of several lines on a new line. */
function onOwnLines(text: string): string {
  return text.includes('\n') ? `\n${text}` : text;
}

/**
 * What `print(t)` shows: `tf.Tensor([1. 2.], shape=(2,), dtype=float32)`.
 *
 * @throws TypeError for a dtype without text; RangeError when data and shape disagree.
 */
export function tensorToString(data: PrintData, shape: readonly number[], dtype: string): string {
  check(data, shape, dtype);
  const text = shape.length === 0 ? elementAlone(data, dtype, false) : arrayToString(data, shape, dtype);
  return `tf.Tensor(${onOwnLines(text)}, shape=${shapeToString(shape)}, dtype=${dtype})`;
}

function numpyText(data: PrintData, shape: readonly number[], dtype: string): string {
  check(data, shape, dtype);
  const text = shape.length === 0 ? elementAlone(data, dtype, true) : arrayRepr(data, shape, dtype);
  return `numpy=${onOwnLines(text)}`;
}

/**
 * What an interactive session shows: `<tf.Tensor: shape=(2,), dtype=float32, numpy=array([1., 2.], dtype=float32)>`.
 *
 * @throws TypeError for a dtype without text; RangeError when data and shape disagree.
 */
export function tensorRepr(data: PrintData, shape: readonly number[], dtype: string): string {
  return `<tf.Tensor: shape=${shapeToString(shape)}, dtype=${dtype}, ${numpyText(data, shape, dtype)}>`;
}

/**
 * The text of a variable: `<tf.Variable 'w:0' shape=(2,) dtype=float32, numpy=array([1., 2.], dtype=float32)>`.
 *
 * @param name as shown, including `:0`.
 * @param declared the declared shape, if it differs from the shape of the value.
 * @throws TypeError for a dtype without text; RangeError when data and shape disagree.
 */
export function variableRepr(
  name: string,
  data: PrintData,
  shape: readonly number[],
  dtype: string,
  declared: readonly (number | null)[] | null = shape,
): string {
  return `<tf.Variable '${name}' shape=${shapeToString(declared)} dtype=${dtype}, ${numpyText(data, shape, dtype)}>`;
}

/** A shape as a Python tuple: `()`, `(2,)`, `(None, 3)`; of unknown rank, `<unknown>`. */
export function shapeToString(shape: readonly (number | null)[] | null): string {
  if (shape === null) return '<unknown>';
  const sizes = shape.map((n) => (n === null ? 'None' : String(n)));
  return sizes.length === 1 ? `(${sizes[0]},)` : `(${sizes.join(', ')})`;
}
