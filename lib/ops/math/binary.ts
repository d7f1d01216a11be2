/** Elementwise binary arithmetic with broadcasting. Comparisons and logic are in compare.ts. */
import type { TensorLike } from '../../core/convert';
import { floating, numeric } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import { cast } from '../array/cast';
import type { QuotientOf } from '../../core/dtype_of';
import { greater, greaterEqual, lessEqual, notEqual } from './compare';
import { binary } from '../../op/define/binary';
import { symbolicZero } from '../../op/registry';
import { convertPair } from '../../op/checks';
import { select } from './select';
import { negative, square } from './unary';
import { log } from './unary_math';
import * as kernels from '../../op/kernels';

/** Sum, elementwise. z = x + y; integers wrap. @tf tf.math.add */
export const add = binary('add', {
  tf: 'tf.math.add',
  dtypes: numeric,
  saves: [],
  domain: [-10, 10],
  ulp: 0.5,
  js: (x, y) => x + y,
  neutral: { a: -0, b: -0 },
  gradient: [(dy) => dy, (dy) => dy],
});

/** Difference, elementwise. z = x − y; integers wrap. @tf tf.math.subtract */
export const subtract = binary('subtract', {
  tf: 'tf.math.subtract',
  dtypes: numeric,
  saves: [],
  domain: [-10, 10],
  ulp: 0.5,
  js: (x, y) => x - y,
  neutral: { b: 0 },
  gradient: [(dy) => dy, (dy) => negative(dy)],
});

/** Product, elementwise. z = x·y; integers wrap. @tf tf.math.multiply */
export const multiply = binary('multiply', {
  tf: 'tf.math.multiply',
  dtypes: numeric,
  saves: ['a', 'b'],
  domain: [-10, 10],
  ulp: 0.5,
  js: (x, y) => x * y,
  neutral: { a: 1, b: 1 },
  gradient: [(dy, { b }) => multiply(dy, b), (dy, { a }) => multiply(dy, a)],
});

/** Quotient of floating tensors, elementwise. z = x / y. */
export const realDivide = binary('divide', {
  tf: 'tf.math.divide',
  dtypes: floating,
  saves: ['b', 'y'],
  domain: [0.5, 10],
  ulp: 0.5,
  js: (x, y) => x / y,
  neutral: { b: 1 },
  gradient: [(dy, { b }) => realDivide(dy, b), (dy, { b, y }) => negative(realDivide(multiply(dy, y), b))],
});

/** Converts integer operands for a true division: those of 8 and 16 bits to float32, wider ones to float64. */
function toFloats(x: TensorLike, y: TensorLike, op: string): [Tensor, Tensor] {
  const [a, b] = convertPair(x, y, op);
  if (a.dt.kind !== 'int' || b.dt !== a.dt) return [a, b];
  const dtype = a.dt.bytes < 4 ? 'float32' : 'float64';
  return [cast(a, dtype), cast(b, dtype)];
}

/**
 * Quotient, elementwise, with broadcasting. z = x / y; x / 0 is ±inf or NaN. Integers give float64, those of 8 and 16 bits
 * float32.
 * InvalidArgumentError for different dtypes, shapes that don't broadcast, bool. @tf tf.math.divide
 */
export function divide<X extends TensorLike, Y extends TensorLike>(x: X, y: Y): Tensor<QuotientOf<X, Y>>;
export function divide(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = toFloats(x, y, 'divide');
  return realDivide(a, b);
}

const realDivideNoNan = binary('divideNoNan', {
  tf: 'tf.math.divide_no_nan',
  dtypes: floating,
  saves: ['a', 'b'],
  domain: [0.5, 10],
  ulp: 0.5,
  js: (x, y) => (y === 0 ? 0 : x / y),
  gradient: [
    (dy, { b }) => realDivideNoNan(dy, b),
    (dy, { a, b }) => multiply(dy, realDivideNoNan(realDivideNoNan(negative(a), b), b)),
  ],
});

/** Quotient, elementwise; 0 where y is 0. Integers are converted as by `divide`. @tf tf.math.divide_no_nan */
export function divideNoNan<X extends TensorLike, Y extends TensorLike>(x: X, y: Y): Tensor<QuotientOf<X, Y>>;
export function divideNoNan(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = toFloats(x, y, 'divideNoNan');
  return realDivideNoNan(a, b);
}

/** Product, elementwise; 0 where y is 0, even if x is infinite or NaN. @tf tf.math.multiply_no_nan */
export const multiplyNoNan = binary('multiplyNoNan', {
  tf: 'tf.math.multiply_no_nan',
  dtypes: floating,
  domain: [-10, 10],
  ulp: 0.5,
  gradient: [(dy, { b }) => multiplyNoNan(dy, b), (dy, { a }) => multiplyNoNan(a, dy)],
});

/** The flat index of the first element of y that is 0 (kind 0) or negative (kind 1); −1 if there is none. */
const find = (y: Tensor, kind: 0 | 1): number => kernels.find(y, y.size, y.dt.code, kind);

/** Returns the check of an op that throws for integer division by zero. */
function checkDivisor(op: string): (a: Tensor, b: Tensor) => void {
  return (_, b) => {
    if (b.dt.kind !== 'int') return;
    if (!b.isSymbolic) b.assertAlive(op);
    const at = find(b, 0);
    if (at >= 0) {
      throw new InvalidArgumentError(
        `[${op}] Integer division by zero: element ${at} of y (${b.dt.name}) is 0; only floats divide by 0`,
      );
    }
  };
}

/**
 * Quotient rounded down, elementwise. z = ⌊x / y⌋. No gradient passes.
 * InvalidArgumentError where an integer divisor is 0. @tf tf.math.floordiv
 */
export const floordiv = binary('floordiv', {
  tf: 'tf.math.floordiv',
  dtypes: numeric,
  domain: [1, 10],
  ulp: 0.5,
  js: (x, y) => Math.floor(x / y),
  gradient: null,
  check: checkDivisor('floordiv'),
});

/**
 * Remainder of `floordiv`, elementwise; it has the sign of y. z = x − y·⌊x / y⌋, computed exactly.
 * InvalidArgumentError where an integer divisor is 0. @tf tf.math.floormod
 */
export const floormod = binary('floormod', {
  tf: 'tf.math.floormod',
  dtypes: numeric,
  domain: [1, 10],
  ulp: 0.5,
  js: (x, y) => x - Math.floor(x / y) * y,
  gradient: [(dy) => dy, (dy, { a, b }) => negative(multiply(dy, floordiv(a, b)))],
  check: checkDivisor('floormod'),
});

/**
 * Quotient rounded toward zero, elementwise. No gradient passes.
 * InvalidArgumentError where an integer divisor is 0. @tf tf.truncatediv
 */
export const truncatediv = binary('truncatediv', {
  tf: 'tf.truncatediv',
  dtypes: numeric,
  domain: [1, 10],
  ulp: 0.5,
  gradient: null,
  check: checkDivisor('truncatediv'),
});

/**
 * Remainder of `truncatediv`, elementwise; it has the sign of x.
 * InvalidArgumentError where an integer divisor is 0. @tf tf.truncatemod
 */
export const truncatemod = binary('truncatemod', {
  tf: 'tf.truncatemod',
  dtypes: numeric,
  domain: [1, 10],
  ulp: 0.5,
  gradient: [(dy) => dy, (dy, { a, b }) => negative(multiply(dy, truncatediv(a, b)))],
  check: checkDivisor('truncatemod'),
});

/**
 * Power, elementwise. z = xʸ; x⁰ is 1, a negative base with a fractional y gives NaN, integers wrap.
 * InvalidArgumentError for a negative integer exponent. @tf tf.math.pow
 */
export const pow = binary('pow', {
  tf: 'tf.math.pow',
  dtypes: numeric,
  saves: ['a', 'b', 'y'],
  domain: [0.5, 4],
  ulp: 1,
  js: Math.pow,
  gradient: [
    (dy, { a, b }) => multiply(dy, multiply(b, pow(a, subtract(b, 1)))),
    // TensorFlow's convention: for x ≤ 0, the factor ln x of the derivative with respect to y is 0.
    (dy, { a, y }) => {
      const positive = greater(a, 0);
      return multiply(dy, multiply(y, select(positive, log(select(positive, a, 1)), 0)));
    },
  ],
  check: (_, b) => {
    if (b.dt.kind !== 'int' || !b.dt.signed) return;
    if (!b.isSymbolic) b.assertAlive('pow');
    const at = find(b, 1);
    if (at >= 0) {
      throw new InvalidArgumentError(
        `[pow] Integers to negative integer powers are not allowed: element ${at} of y (${b.dt.name}) is negative; ` +
          `cast both to a floating dtype`,
      );
    }
  },
});

/** Maximum of two operands, elementwise; NaN if either is. Ties pass the whole gradient to x. @tf tf.math.maximum */
export const maximum = binary('maximum', {
  tf: 'tf.math.maximum',
  dtypes: numeric,
  domain: [-10, 10],
  ulp: 0,
  js: Math.max,
  gradient: [
    (dy, { a, b }) => select(greaterEqual(a, b), dy, 0),
    (dy, { a, b }) => select(greaterEqual(a, b), 0, dy),
  ],
});

/** Minimum of two operands, elementwise; NaN if either is. Ties pass the whole gradient to x. @tf tf.math.minimum */
export const minimum = binary('minimum', {
  tf: 'tf.math.minimum',
  dtypes: numeric,
  domain: [-10, 10],
  ulp: 0,
  js: Math.min,
  gradient: [
    (dy, { a, b }) => select(lessEqual(a, b), dy, 0),
    (dy, { a, b }) => select(lessEqual(a, b), 0, dy),
  ],
});

/** Square of the difference, elementwise. z = (x − y)²; integers wrap. @tf tf.math.squared_difference */
export const squaredDifference = binary('squaredDifference', {
  tf: 'tf.math.squared_difference',
  dtypes: numeric,
  domain: [-10, 10],
  ulp: 1.5,
  js: (x, y) => (x - y) ** 2,
  gradient: [
    (dy, { a, b }) => multiply(multiply(dy, 2), subtract(a, b)),
    (dy, { a, b }) => multiply(multiply(dy, -2), subtract(a, b)),
  ],
});

/** 1 where x ≠ 0, else 0; in x's dtype. */
const nonzero = (x: Tensor): Tensor => cast(notEqual(x, 0), x.dtype);

/** x·ln y, elementwise; 0 where x is 0, for every y. @tf tf.math.xlogy */
export const xlogy = binary('xlogy', {
  tf: 'tf.math.xlogy',
  dtypes: floating,
  domain: [0.5, 10],
  ulp: 1.5,
  gradient: [
    (dy, { a, b }) => multiply(dy, xlogy(nonzero(a), b)),
    (dy, { a, b }) => multiply(dy, xdivy(a, b)),
  ],
});

/** x·ln(1 + y), elementwise; 0 where x is 0, for every y. @tf tf.math.xlog1py */
export const xlog1py = binary('xlog1py', {
  tf: 'tf.math.xlog1py',
  dtypes: floating,
  domain: [0.5, 10],
  ulp: 1.5,
  gradient: [
    (dy, { a, b }) => multiply(dy, xlog1py(nonzero(a), b)),
    (dy, { a, b }) => multiply(dy, xdivy(a, add(b, 1))),
  ],
});

/** x / y, elementwise; 0 where x is 0, for every y. @tf tf.math.xdivy */
export const xdivy = binary('xdivy', {
  tf: 'tf.math.xdivy',
  dtypes: floating,
  domain: [0.5, 10],
  ulp: 0.5,
  gradient: [
    (dy, { a, b }) => multiply(dy, xdivy(nonzero(a), b)),
    (dy, { a, b }) => multiply(dy, xdivy(negative(a), square(b))),
  ],
});

/** Angle of the point whose y is the first argument and whose x is the second, elementwise, in (−π, π]. @tf tf.math.atan2 */
export const atan2 = binary('atan2', {
  tf: 'tf.math.atan2',
  dtypes: floating,
  domain: [0.5, 10],
  ulp: 2,
  js: Math.atan2,
  gradient: [
    (dy, { a, b }) => multiply(dy, realDivide(b, add(square(a), square(b)))),
    (dy, { a, b }) => multiply(dy, realDivide(negative(a), add(square(a), square(b)))),
  ],
});

/**
 * The number of the dtype that is next to x in the direction of y, elementwise; y where they are equal. The gradient is that of x.
 * float32 and float64. @tf tf.math.nextafter
 */
export const nextafter = binary('nextafter', {
  tf: 'tf.math.nextafter',
  dtypes: ['float32', 'float64'],
  saves: [],
  domain: [-10, 10],
  ulp: 0,
  gradient: [(dy) => dy, () => symbolicZero],
});
