/** Elementwise transcendental functions of floating-point tensors. */
import { floating } from '../../core/dtype';
import { onesLike } from '../array/creation';
import { add, multiply, realDivide, subtract } from './binary';
import { equal } from './compare';
import { select } from './select';
import { activationGradient } from '../../op/define/binary';
import { unary } from '../../op/define/unary';
import { negative, reciprocal, rsqrt, square } from './unary';

/** Exponential, elementwise. y = eˣ. @tf tf.math.exp */
export const exp = unary('exp', {
  tf: 'tf.math.exp',
  dtypes: floating,
  saves: 'output',
  domain: [-20, 20],
  ulp: 1,
  js: Math.exp,
  gradient: (dy, { y }) => multiply(dy, y),
});

/** eˣ − 1, elementwise, accurate near 0. @tf tf.math.expm1 */
export const expm1 = unary('expm1', {
  tf: 'tf.math.expm1',
  dtypes: floating,
  domain: [-10, 10],
  ulp: 1.5,
  js: Math.expm1,
  gradient: (dy, { x }) => multiply(dy, exp(x)),
});

/** Natural logarithm, elementwise. y = ln x; −inf at 0, NaN below. @tf tf.math.log */
export const log = unary('log', {
  tf: 'tf.math.log',
  dtypes: floating,
  domain: [0.1, 20],
  ulp: 1,
  js: Math.log,
  gradient: (dy, { x }) => realDivide(dy, x),
});

/** ln(1 + x), elementwise, accurate near 0. @tf tf.math.log1p */
export const log1p = unary('log1p', {
  tf: 'tf.math.log1p',
  dtypes: floating,
  domain: [-0.9, 10],
  ulp: 1,
  js: Math.log1p,
  gradient: (dy, { x }) => realDivide(dy, add(x, 1)),
});

/** Sine, elementwise; x in radians. @tf tf.math.sin */
export const sin = unary('sin', {
  tf: 'tf.math.sin',
  dtypes: floating,
  domain: [-10, 10],
  ulp: 2,
  js: Math.sin,
  gradient: (dy, { x }) => multiply(dy, cos(x)),
});

/** Cosine, elementwise; x in radians. @tf tf.math.cos */
export const cos = unary('cos', {
  tf: 'tf.math.cos',
  dtypes: floating,
  domain: [-10, 10],
  ulp: 2,
  js: Math.cos,
  gradient: (dy, { x }) => negative(multiply(dy, sin(x))),
});

/** Tangent, elementwise; x in radians. @tf tf.math.tan */
export const tan = unary('tan', {
  tf: 'tf.math.tan',
  dtypes: floating,
  saves: 'output',
  domain: [-1.4, 1.4],
  ulp: 0.75,
  js: Math.tan,
  gradient: (dy, { y }) => multiply(dy, add(square(y), 1)),
});

/** Arcsine, elementwise; NaN outside [−1, 1]. @tf tf.math.asin */
export const asin = unary('asin', {
  tf: 'tf.math.asin',
  dtypes: floating,
  domain: [-0.9, 0.9],
  ulp: 1.5,
  js: Math.asin,
  gradient: (dy, { x }) => multiply(dy, rsqrt(subtract(1, square(x)))),
});

/** Arccosine, elementwise; NaN outside [−1, 1]. @tf tf.math.acos */
export const acos = unary('acos', {
  tf: 'tf.math.acos',
  dtypes: floating,
  domain: [-0.9, 0.9],
  ulp: 1.5,
  js: Math.acos,
  gradient: (dy, { x }) => negative(multiply(dy, rsqrt(subtract(1, square(x))))),
});

/** Arctangent, elementwise. @tf tf.math.atan */
export const atan = unary('atan', {
  tf: 'tf.math.atan',
  dtypes: floating,
  domain: [-10, 10],
  ulp: 1.75,
  js: Math.atan,
  gradient: (dy, { x }) => multiply(dy, reciprocal(add(square(x), 1))),
});

/** Hyperbolic sine, elementwise. y = (eˣ − e⁻ˣ) / 2. @tf tf.math.sinh */
export const sinh = unary('sinh', {
  tf: 'tf.math.sinh',
  dtypes: floating,
  domain: [-9, 9],
  ulp: 1.5,
  js: Math.sinh,
  gradient: (dy, { x }) => multiply(dy, cosh(x)),
});

/** Hyperbolic cosine, elementwise. y = (eˣ + e⁻ˣ) / 2. @tf tf.math.cosh */
export const cosh = unary('cosh', {
  tf: 'tf.math.cosh',
  dtypes: floating,
  domain: [-9, 9],
  ulp: 1.5,
  js: Math.cosh,
  gradient: (dy, { x }) => multiply(dy, sinh(x)),
});

/** Inverse hyperbolic sine, elementwise. @tf tf.math.asinh */
export const asinh = unary('asinh', {
  tf: 'tf.math.asinh',
  dtypes: floating,
  saves: 'output',
  domain: [-10, 10],
  ulp: 2,
  js: Math.asinh,
  gradient: (dy, { y }) => realDivide(dy, cosh(y)),
});

/** Inverse hyperbolic cosine, elementwise; NaN below 1. @tf tf.math.acosh */
export const acosh = unary('acosh', {
  tf: 'tf.math.acosh',
  dtypes: floating,
  saves: 'output',
  domain: [1.1, 10],
  ulp: 2.25,
  js: Math.acosh,
  gradient: (dy, { y }) => realDivide(dy, sinh(y)),
});

/** Inverse hyperbolic tangent, elementwise; NaN outside [−1, 1]. @tf tf.math.atanh */
export const atanh = unary('atanh', {
  tf: 'tf.math.atanh',
  dtypes: floating,
  domain: [-0.9, 0.9],
  ulp: 2.25,
  js: Math.atanh,
  gradient: (dy, { x }) => realDivide(dy, subtract(1, square(x))),
});

/** Gradient of tanh: dy·(1 − y²). */
const tanhGrad = activationGradient('tanhGrad', {
  dtypes: floating,
  domain: [-1, 1],
  ulp: 2,
  second: (dy, { a, b }) => multiply(multiply(dy, -2), multiply(a, b)),
});

/** Hyperbolic tangent, elementwise. y = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ). @tf tf.math.tanh */
export const tanh = unary('tanh', {
  tf: 'tf.math.tanh',
  dtypes: floating,
  saves: 'output',
  domain: [-9, 9],
  ulp: 3,
  js: Math.tanh,
  gradient: (dy, { y }) => tanhGrad(dy, y),
});

/** Gradient of sigmoid: dy·y·(1 − y). */
const sigmoidGrad = activationGradient('sigmoidGrad', {
  dtypes: floating,
  domain: [0, 1],
  ulp: 2,
  second: (dy, { a, b }) => multiply(multiply(dy, a), subtract(1, multiply(b, 2))),
});

/** Logistic function, elementwise. y = 1 / (1 + e⁻ˣ). @tf tf.math.sigmoid */
export const sigmoid = unary('sigmoid', {
  tf: 'tf.math.sigmoid',
  dtypes: floating,
  saves: 'output',
  domain: [-15, 15],
  ulp: 3,
  js: (x) => 1 / (1 + Math.exp(-x)),
  gradient: (dy, { y }) => sigmoidGrad(dy, y),
});

/** Softplus, elementwise. y = ln(1 + eˣ), without overflow. @tf tf.math.softplus */
export const softplus = unary('softplus', {
  tf: 'tf.math.softplus',
  dtypes: floating,
  domain: [-15, 15],
  ulp: 2,
  js: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  gradient: (dy, { x }) => multiply(dy, sigmoid(x)),
});

const twoOverRootPi = 2 / Math.sqrt(Math.PI);

/** Error function, elementwise. y = 2/√π · ∫₀ˣ e^(−t²) dt. @tf tf.math.erf */
export const erf = unary('erf', {
  tf: 'tf.math.erf',
  dtypes: floating,
  domain: [-3, 3],
  ulp: 1,
  gradient: (dy, { x }) => multiply(dy, multiply(exp(negative(square(x))), twoOverRootPi)),
});

/** Complementary error function, elementwise. y = 1 − erf x, without cancellation. @tf tf.math.erfc */
export const erfc = unary('erfc', {
  tf: 'tf.math.erfc',
  dtypes: floating,
  domain: [-3, 3],
  ulp: 0.75,
  gradient: (dy, { x }) => multiply(dy, multiply(exp(negative(square(x))), -twoOverRootPi)),
});

/**
 * Inverse of the error function, elementwise: the y with erf y = x. ±inf at ±1, NaN beyond. Right to the last bit or the one before
 * it. @tf tf.math.erfinv
 */
export const erfinv = unary('erfinv', {
  tf: 'tf.math.erfinv',
  dtypes: floating,
  saves: 'output',
  domain: [-0.95, 0.95],
  ulp: 1,
  gradient: (dy, { y }) => multiply(dy, multiply(exp(square(y)), Math.sqrt(Math.PI) / 2)),
});

/** Modified Bessel function of the first kind and order 0, elementwise. y = Σ (x² / 4)ᵏ / (k!)². @tf tf.math.bessel_i0 */
export const besselI0 = unary('besselI0', {
  tf: 'tf.math.bessel_i0',
  dtypes: floating,
  domain: [-10, 10],
  ulp: 2,
  gradient: (dy, { x }) => multiply(dy, besselI1(x)),
});

/**
 * Modified Bessel function of the first kind and order 1, the derivative of `besselI0`, elementwise.
 * y = x / 2 · Σ (x² / 4)ᵏ / (k! (k + 1)!). @tf tf.math.bessel_i1
 */
export const besselI1 = unary('besselI1', {
  tf: 'tf.math.bessel_i1',
  dtypes: floating,
  domain: [-10, 10],
  ulp: 2,
  gradient: (dy, { x }) => {
    const isZero = equal(x, 0);
    const quotient = realDivide(besselI1(x), select(isZero, onesLike(x), x));
    return multiply(dy, select(isZero, 0.5, subtract(besselI0(x), quotient)));
  },
});
