/** Assertions about values. They throw immediately or, during a trace, add a check to each run of the compiled function. */
import { toTensor, type TensorLike } from '../../core/convert';
import { floating } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { arrayToString, shapeToString } from '../../core/format';
import { options as parseOptions, throwExtraArguments } from '../../core/options';
import { context, withContext } from '../../core/context';
import { describe, sameShape, showShape } from '../../core/shape';
import { shapeOf, Tensor, valuesOf } from '../../core/tensor';
import { equal, greater, greaterEqual, less, lessEqual, notEqual } from '../math/compare';
import { badDType, convertPair, mixedDTypes } from '../../op/checks';
import type { DTypeOf } from '../../core/dtype_of';

const assertDefaults = { summarize: null } as const;

export interface AssertOptions {
  /** The beginning of the error message. */
  message?: string | null;
  /** The number of elements in the error message; −1 for all. Default 3. */
  summarize?: number | null;
}

const defaults: Required<AssertOptions> = { message: null, summarize: null };
const nearDefaults = { rtol: null, atol: null, ...defaults };

/** Runs f on concrete tensors: immediately, or as a host step of the function that is being traced. */
function check(op: string, tensors: readonly Tensor[], f: (concrete: readonly Tensor[]) => void): void {
  if (context.tracer !== null && tensors.some((t) => t.isSymbolic)) {
    const run = (concrete: readonly Tensor[]): readonly Tensor[] => {
      f(concrete);
      return [];
    };
    context.tracer.host({
      name: op,
      inputs: tensors,
      outputs: [],
      run,
      why: 'it may stop the run',
      effects: 'check',
    });
    return;
  }
  withContext({ tracer: null }, () => {
    f(tensors);
  });
}

/** Checks the common options in every call, although only errors use them. */
function checkOptions(message: unknown, summarize: unknown, op: string): void {
  if (message !== null && typeof message !== 'string') {
    throw new TypeError(`[${op}] message must be a string; got ${describe(message)}`);
  }
  if (summarize === null) return;
  if (typeof summarize !== 'number') {
    throw new TypeError(`[${op}] summarize must be a number of elements; got ${describe(summarize)}`);
  }
  if (!Number.isInteger(summarize) && summarize !== Infinity) {
    throw new InvalidArgumentError(
      `[${op}] summarize must be an integer, the number of elements to show (−1 for all); got ${summarize}`,
    );
  }
}

function withMessage(op: string, message: string | null, text: string): InvalidArgumentError {
  return new InvalidArgumentError(
    message === null || message === '' ? `[${op}] ${text}` : `[${op}] ${message}\n${text}`,
  );
}

/** The first elements in NumPy's format. */
function firstElements(t: Tensor, count: number): string {
  const n = Math.min(count, t.size);
  return arrayToString(valuesOf(t).subarray(0, n), [n], t.dtype);
}

/** The first elements, separated by commas. */
function joinElements(t: Tensor, count: number): string {
  const n = Math.min(count, t.size);
  const text = arrayToString(valuesOf(t).subarray(0, n), [n], t.dtype, '', {
    separator: ', ',
    linewidth: Infinity,
  });
  return t.size > n ? `${text.slice(1, -1)}, ...` : text.slice(1, -1);
}

function shownCount(summarize: number | null): number {
  if (summarize === null) return 3;
  return summarize < 0 ? Infinity : summarize;
}

/**
 * Throws an InvalidArgumentError that shows `data`, strings and tensors, unless the scalar `condition` is true.
 * @tf tf.debugging.Assert
 */
export function Assert(
  condition: TensorLike,
  data: readonly (TensorLike | string)[],
  options?: { summarize?: number | null } | number,
): void {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 3) throwExtraArguments('Assert', 3, arguments, assertDefaults);
  const { summarize } = parseOptions<{ summarize: number | null }>(
    options,
    'summarize',
    assertDefaults,
    'Assert',
  );
  checkOptions(null, summarize, 'Assert');
  const c = toTensor(condition, null, 'Assert', 'condition');
  if (c.size !== 1) {
    throw new InvalidArgumentError(
      `[Assert] condition must be a scalar, but it has shape ${showShape(shapeOf(c))}; use tf.reduceAll`,
    );
  }
  if (!Array.isArray(data))
    throw new TypeError(`[Assert] data must be an array of strings and tensors; got ${describe(data)}`);
  const parts = (data as readonly (TensorLike | string)[]).map((d) =>
    typeof d === 'string' ? d : toTensor(d, null, 'Assert', 'data'),
  );
  const tensors = parts.filter((p) => p instanceof Tensor);
  check('Assert', [c, ...tensors], ([concrete, ...values]) => {
    const value = valuesOf(concrete)[0];
    if (Number(value) !== 0) return;
    let next = 0;
    const text = parts.map((p) =>
      typeof p === 'string' ? p : joinElements(values[next++], shownCount(summarize)),
    );
    throw new InvalidArgumentError(`[Assert] assertion failed: ${text.join('\n')}`);
  });
}

type Compare = (a: TensorLike, b: TensorLike) => Tensor;

function comparison(name: string, sign: string, holds: Compare) {
  const op = `debugging.${name}`;
  const call = function (x: TensorLike, y: TensorLike, options?: AssertOptions | string): void {
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 3) throwExtraArguments(op, 3, arguments, defaults);
    const { message, summarize } = parseOptions<Required<AssertOptions>>(options, 'message', defaults, op);
    checkOptions(message, summarize, op);
    const [a, b] = convertPair(x, y, op);
    if (a.dt !== b.dt) throw mixedDTypes(op, a, b);
    check(op, [a, b], ([u, v]) => {
      const results = holds(u, v);
      const flags = valuesOf(results);
      if (!flags.includes(0 as never)) return;
      const count = shownCount(summarize);
      let text = `Condition x ${sign} y did not hold.`;
      if (sameShape(shapeOf(u), shapeOf(v)) && u.rank > 0) {
        const bad: number[] = [];
        for (let i = 0; i < flags.length && bad.length < count; i++) if (flags[i] === 0) bad.push(i);
        const pick = (t: Tensor): string => {
          const all = valuesOf(t);
          const values = new t.dt.array(bad.length) as { [i: number]: number | bigint };
          bad.forEach((i, k) => (values[k] = all[i]));
          return arrayToString(values as never, [bad.length], t.dtype);
        };
        const positions = bad.flatMap((i) => coordinates(i, shapeOf(u)));
        text +=
          `\nIndices of first ${bad.length} different values:\n` +
          arrayToString(Int32Array.from(positions), [bad.length, u.rank], 'int32') +
          `\nCorresponding x values:\n${pick(u)}\nCorresponding y values:\n${pick(v)}`;
      }
      text += `\nFirst ${Math.min(count, u.size)} elements of x:\n${firstElements(u, count)}`;
      text += `\nFirst ${Math.min(count, v.size)} elements of y:\n${firstElements(v, count)}`;
      throw withMessage(op, message, text);
    });
  };
  return call;
}

function coordinates(index: number, shape: readonly number[]): number[] {
  const at: number[] = [];
  for (let d = shape.length - 1; d >= 0; d--) {
    at.unshift(index % shape[d]);
    index = Math.floor(index / shape[d]);
  }
  return at;
}

/** Throws unless x = y for all elements; operands broadcast. @tf tf.debugging.assert_equal */
export const assertEqual = comparison('assertEqual', '==', equal);
/** Throws unless x ≠ y for all elements; operands broadcast. @tf tf.debugging.assert_none_equal */
export const assertNoneEqual = comparison('assertNoneEqual', '!=', notEqual);
/** Throws unless x < y for all elements; operands broadcast. @tf tf.debugging.assert_less */
export const assertLess = comparison('assertLess', '<', less);
/** Throws unless x ≤ y for all elements; operands broadcast. @tf tf.debugging.assert_less_equal */
export const assertLessEqual = comparison('assertLessEqual', '<=', lessEqual);
/** Throws unless x > y for all elements; operands broadcast. @tf tf.debugging.assert_greater */
export const assertGreater = comparison('assertGreater', '>', greater);
/** Throws unless x ≥ y for all elements; operands broadcast. @tf tf.debugging.assert_greater_equal */
export const assertGreaterEqual = comparison('assertGreaterEqual', '>=', greaterEqual);

function againstZero(name: string, sign: string, holds: (v: number | bigint) => boolean) {
  const op = `debugging.${name}`;
  const call = function (x: TensorLike, options?: AssertOptions | string): void {
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 2) throwExtraArguments(op, 2, arguments, defaults);
    const { message, summarize } = parseOptions<Required<AssertOptions>>(options, 'message', defaults, op);
    checkOptions(message, summarize, op);
    const t = toTensor(x, null, op, 'x');
    check(op, [t], ([concrete]) => {
      const values = valuesOf(concrete);
      for (let i = 0; i < values.length; i++) {
        if (holds(values[i])) continue;
        throw withMessage(
          op,
          message,
          `Condition x ${sign} 0 did not hold element-wise:\nx (shape=${shapeToString(shapeOf(concrete))} ` +
            `dtype=${concrete.dtype}) = \n${joinElements(concrete, shownCount(summarize))}`,
        );
      }
    });
  };
  return call;
}

/** Throws unless all elements are > 0. @tf tf.debugging.assert_positive */
export const assertPositive = againstZero('assertPositive', '>', (v) => v > 0);
/** Throws unless all elements are < 0. @tf tf.debugging.assert_negative */
export const assertNegative = againstZero('assertNegative', '<', (v) => v < 0);
/** Throws unless all elements are ≥ 0. @tf tf.debugging.assert_non_negative */
export const assertNonNegative = againstZero('assertNonNegative', '>=', (v) => v >= 0);
/** Throws unless all elements are ≤ 0. @tf tf.debugging.assert_non_positive */
export const assertNonPositive = againstZero('assertNonPositive', '<=', (v) => v <= 0);

export interface AssertNearOptions extends AssertOptions {
  /** Default: ten times the machine epsilon of the dtype. */
  rtol?: number | null;
  /** Default: ten times the machine epsilon of the dtype. */
  atol?: number | null;
}

/** Throws unless |x − y| ≤ atol + rtol·|y| for all elements; operands broadcast. @tf tf.debugging.assert_near */
export function assertNear(x: TensorLike, y: TensorLike, options?: AssertNearOptions | number): void {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 3) throwExtraArguments('debugging.assertNear', 3, arguments, nearDefaults);
  const op = 'debugging.assertNear';
  const o = parseOptions<Required<AssertNearOptions>>(options, 'rtol', nearDefaults, op);
  checkOptions(o.message, o.summarize, op);
  for (const name of ['rtol', 'atol'] as const) {
    if (o[name] !== null && typeof o[name] !== 'number')
      throw new TypeError(`[${op}] ${name} must be a number; got ${describe(o[name])}`);
  }
  const [a, b] = convertPair(x, y, op);
  if (a.dt !== b.dt) throw mixedDTypes(op, a, b);
  if (a.dt.kind !== 'float') throw badDType(op, 'x', a.dt, floating);
  const { epsilon } = a.dt;
  const rtol = o.rtol ?? 10 * epsilon;
  const atol = o.atol ?? 10 * epsilon;
  check(op, [a, b], ([u, v]) => {
    const count = shownCount(o.summarize);
    const near = (p: number, q: number): boolean => Math.abs(p - q) <= atol + rtol * Math.abs(q) || p === q;
    const shown = (t: Tensor): string =>
      `(shape=${shapeToString(shapeOf(t))} dtype=${t.dtype}) = \n${joinElements(t, count)}`;
    if (everyPair(u, v, near)) return;
    const text = `x and y not equal to tolerance rtol = ${rtol}, atol = ${atol}\nx ${shown(u)}\ny ${shown(v)}`;
    throw withMessage(op, o.message, text);
  });
}

function everyPair(u: Tensor, v: Tensor, f: (p: number, q: number) => boolean): boolean {
  // Determines the broadcast shape, and throws for incompatible shapes.
  const shape = shapeOf(equal(u, v));
  const a = valuesOf(u) as Float64Array;
  const b = valuesOf(v) as Float64Array;
  const size = shape.reduce((n, d) => n * d, 1);
  const at = (t: Tensor, position: readonly number[]): number => {
    let index = 0;
    const skip = shape.length - t.rank;
    for (let d = 0; d < t.rank; d++)
      index = index * shapeOf(t)[d] + (shapeOf(t)[d] === 1 ? 0 : position[d + skip]);
    return index;
  };
  for (let i = 0; i < size; i++) {
    const position = coordinates(i, shape);
    if (!f(a[at(u, position)], b[at(v, position)])) return false;
  }
  return true;
}

/**
 * Throws an InvalidArgumentError that begins with `message` if an element is NaN or infinite; else returns the tensor.
 * @tf tf.debugging.check_numerics
 */
export function checkNumerics<X extends TensorLike>(tensor: X, message: string): Tensor<DTypeOf<X>>;
export function checkNumerics(tensor: TensorLike, message: string): Tensor {
  const op = 'debugging.checkNumerics';
  checkOptions(message, null, op);
  const t = toTensor(tensor, null, op, 'tensor');
  if (t.dt.kind !== 'float') throw badDType(op, 'tensor', t.dt, floating);
  check(op, [t], ([concrete]) => {
    let nan = false;
    let infinite = false;
    for (const v of valuesOf(concrete) as Float32Array) {
      if (Number.isFinite(v)) continue;
      if (Number.isNaN(v)) nan = true;
      else infinite = true;
    }
    if (!nan && !infinite) return;
    const what = nan && infinite ? 'Inf and NaN' : nan ? 'NaN' : 'Inf';
    throw new InvalidArgumentError(`[${op}] ${message} : Tensor had ${what} values`);
  });
  return t;
}

/** Like `checkNumerics`, without a result. @tf tf.debugging.assert_all_finite */
export function assertAllFinite(x: TensorLike, message: string): void {
  checkNumerics(x, message);
}
