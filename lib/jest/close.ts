/** `toBeCloseToTensor`: elements within a tolerance. */
import { type Elements, elementOf, kindOf, sameShape, showIndex, type TensorValue } from './values';

/** Nested arrays of elements. */
export type NestedElements = number | bigint | boolean | ArrayBufferView | readonly NestedElements[];

export interface CloseOptions {
  /** Relative tolerance: the part of the expected element that the difference may be. Default 1e-6. */
  rtol?: number;
  /** Absolute tolerance. Default 1e-6. */
  atol?: number;
}

export interface MatcherResult {
  pass: boolean;
  message: () => string;
}

interface Whole {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Elements;
}

const name = 'toBeCloseToTensor';
/** The most elements that a message lists. */
const listed = 10;

/**
 * Whether |received − expected| ≤ atol + rtol · |expected| for all elements; NaN is close to NaN, an infinity to itself. The shapes
 * must be the same; dtypes may differ, as in tf.test.TestCase.assertAllClose.
 */
export function toBeCloseToTensor(
  received: unknown,
  expected: unknown,
  options: CloseOptions = {},
): MatcherResult {
  const { rtol, atol } = tolerances(options);
  const kind = kindOf(received);
  if (kind === null || kind === 'IndexedSlices') {
    const what = kind === null ? describe(received) : 'IndexedSlices (tf.convertToTensor makes them one)';
    throw new TypeError(`${name}: the received value must be a tensor or a variable; got ${what}`);
  }
  const a = wholeOf(received as TensorValue);
  const b = expectedOf(expected);
  if (!sameShape(a.shape, b.shape)) {
    return {
      pass: false,
      message: () =>
        `expect(received).${name}(expected)\n\nExpected shape: ${show(b.shape)}\nReceived shape: ${show(a.shape)}`,
    };
  }
  const far: number[] = [];
  for (let i = 0; i < a.data.length; i++) if (!isClose(a.data[i], b.data[i], rtol, atol)) far.push(i);
  const pass = far.length === 0;
  const allowed = `atol ${atol} + rtol ${rtol} × |expected|`;
  return {
    pass,
    message: () =>
      pass
        ? `expect(received).not.${name}(expected)\n\nAll ${a.data.length} elements are within ${allowed} of what is expected`
        : `expect(received).${name}(expected)\n\n${report(a, b, far)}\nAllowed: ${allowed}`,
  };
}

function report(a: Whole, b: Whole, far: readonly number[]): string {
  const lines = far.slice(0, listed).map((i) => {
    const [x, y] = [elementOf(a.dtype, a.data, i), elementOf(b.dtype, b.data, i)];
    const at = a.shape.length === 0 ? '' : `at ${showIndex(i, a.shape)}: `;
    return `  ${at}received ${String(x)}, expected ${String(y)}, difference ${Math.abs(distance(a.data[i], b.data[i]))}`;
  });
  if (far.length > listed) lines.push(`  … and ${far.length - listed} more`);
  return `${far.length} of ${a.data.length} elements of shape ${show(a.shape)} differ:\n${lines.join('\n')}`;
}

/** Exact between two int64 elements. */
function distance(a: number | bigint, b: number | bigint): number {
  return typeof a === 'bigint' && typeof b === 'bigint' ? Number(a - b) : Number(a) - Number(b);
}

function isClose(a: number | bigint, b: number | bigint, rtol: number, atol: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  const d = Math.abs(distance(a, b));
  return Number.isFinite(d) && d <= atol + rtol * Math.abs(Number(b));
}

function tolerances(options: CloseOptions): Required<CloseOptions> {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new TypeError(`${name}: the options must be an object { rtol, atol }; got ${describe(options)}`);
  }
  for (const [option, value] of Object.entries(options) as [string, unknown][]) {
    if (option !== 'rtol' && option !== 'atol') {
      throw new TypeError(`${name} has no option '${option}'; it has rtol and atol`);
    }
    if (value !== undefined && (typeof value !== 'number' || !(value >= 0))) {
      throw new TypeError(`${name}: ${option} must be a number ≥ 0; got ${describe(value)}`);
    }
  }
  const { rtol = 1e-6, atol = 1e-6 } = options;
  return { rtol, atol };
}

const wholeOf = (t: TensorValue): Whole => ({ dtype: t.dtype, shape: t.shape, data: t.data() });

/** A tensor, a variable, a number or nested arrays. */
function expectedOf(expected: unknown): Whole {
  const kind = kindOf(expected);
  if (kind === 'Tensor' || kind === 'Variable') return wholeOf(expected as TensorValue);
  const shape: number[] = [];
  for (let first = expected; isList(first); first = first[0]) {
    shape.push(first.length);
    if (first.length === 0) break;
  }
  const data: (number | bigint)[] = [];
  let isBool = false;
  const visit = (value: unknown, depth: number): void => {
    if (isList(value)) {
      if (depth >= shape.length || value.length !== shape[depth]) {
        throw new TypeError(
          `${name}: the expected array is ragged: one part has another length than the first`,
        );
      }
      for (let i = 0; i < value.length; i++) visit(value[i], depth + 1);
      return;
    }
    isBool ||= typeof value === 'boolean';
    const element = typeof value === 'boolean' ? Number(value) : value;
    if (depth !== shape.length || (typeof element !== 'number' && typeof element !== 'bigint')) {
      throw new TypeError(
        `${name}: the expected value must be a tensor, a variable, a number or nested arrays of numbers; got ${describe(value)}`,
      );
    }
    data.push(element);
  };
  visit(expected, 0);
  return { dtype: isBool ? 'bool' : 'host', shape, data };
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `${typeof value} ${String(value)}`;
  return Array.isArray(value) ? 'an array' : `a value of class ${value.constructor?.name ?? 'Object'}`;
}

const show = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
