/** Elementwise unary ops: arithmetic, rounding, predicates. Transcendental functions are in unary_math.ts. */
import { booleans, floating, numeric } from '../../core/dtype';
import { multiply, multiplyNoNan, realDivide } from './binary';
import { activationGradient } from '../../op/define/binary';
import { predicate, unary } from '../../op/define/unary';
import { symbolicZero } from '../../op/registry';
import { idempotent, involution } from '../../op/exact_rewrites';

/** Negation, elementwise. y = −x; integers wrap. @tf tf.math.negative */
export const negative = unary('negative', {
  tf: 'tf.math.negative',
  dtypes: numeric,
  saves: 'none',
  domain: [-10, 10],
  ulp: 0,
  js: (x) => -x,
  exactRewrite: involution,
  gradient: (dy) => negative(dy),
});

/** Absolute value, elementwise. y = |x|; the smallest integer wraps to itself. The gradient is 0 at 0. @tf tf.math.abs */
export const abs = unary('abs', {
  tf: 'tf.math.abs',
  dtypes: numeric,
  domain: [-10, 10],
  ulp: 0,
  js: Math.abs,
  exactRewrite: (call, graph) => {
    const inner = graph.producer(call.inputs[0]);
    if (inner?.op.name !== 'negative') return idempotent(call, graph);
    // The negative of an unsigned integer wraps to another magnitude.
    if (!call.inputs[0].dt.signed) return null;
    return { ...call, inputs: inner.inputs };
  },
  gradient: (dy, { x }) => multiply(dy, sign(x)),
});

/** Sign, elementwise. y = −1, 0 or 1; NaN stays NaN. The gradient is 0 everywhere. @tf tf.math.sign */
export const sign = unary('sign', {
  tf: 'tf.math.sign',
  dtypes: numeric,
  saves: 'none',
  domain: [-10, 10],
  ulp: 0,
  js: Math.sign,
  gradient: () => symbolicZero,
});

/** Square, elementwise. y = x²; integers wrap. @tf tf.math.square */
export const square = unary('square', {
  tf: 'tf.math.square',
  dtypes: numeric,
  saves: 'input',
  domain: [-10, 10],
  ulp: 0.5,
  js: (x) => x * x,
  gradient: (dy, { x }) => multiply(dy, multiply(x, 2)),
});

/** Square root, elementwise. y = √x; NaN below 0. The gradient is inf at 0. @tf tf.math.sqrt */
export const sqrt = unary('sqrt', {
  tf: 'tf.math.sqrt',
  dtypes: floating,
  saves: 'output',
  domain: [0.1, 20],
  ulp: 0.5,
  js: Math.sqrt,
  // As in TensorFlow, an upstream gradient of 0 gives 0 even if the derivative is infinite or NaN; likewise below.
  gradient: (dy, { y }) => multiplyNoNan(realDivide(0.5, y), dy),
});

/** Reciprocal of the square root, elementwise. y = 1 / √x; inf at 0. @tf tf.math.rsqrt */
export const rsqrt = unary('rsqrt', {
  tf: 'tf.math.rsqrt',
  dtypes: floating,
  saves: 'output',
  domain: [0.1, 20],
  ulp: 1.5,
  js: (x) => 1 / Math.sqrt(x),
  gradient: (dy, { y }) => multiplyNoNan(multiply(y, square(y)), multiply(dy, -0.5)),
});

/** Reciprocal, elementwise. y = 1 / x. @tf tf.math.reciprocal */
export const reciprocal = unary('reciprocal', {
  tf: 'tf.math.reciprocal',
  dtypes: floating,
  saves: 'output',
  domain: [0.5, 10],
  ulp: 0.5,
  js: (x) => 1 / x,
  gradient: (dy, { y }) => multiplyNoNan(square(y), negative(dy)),
});

/** Largest integer ≤ x, elementwise. No gradient passes. @tf tf.math.floor */
export const floor = unary('floor', {
  tf: 'tf.math.floor',
  dtypes: floating,
  domain: [-10, 10],
  ulp: 0,
  js: Math.floor,
  exactRewrite: idempotent,
  gradient: null,
});

/** Smallest integer ≥ x, elementwise. No gradient passes. @tf tf.math.ceil */
export const ceil = unary('ceil', {
  tf: 'tf.math.ceil',
  dtypes: floating,
  domain: [-10, 10],
  ulp: 0,
  js: Math.ceil,
  exactRewrite: idempotent,
  gradient: null,
});

/** Nearest integer, elementwise; halves round to even (2.5 → 2). No gradient passes. @tf tf.math.round */
export const round = unary('round', {
  tf: 'tf.math.round',
  dtypes: numeric,
  domain: [-10, 10],
  ulp: 0,
  exactRewrite: idempotent,
  gradient: null,
});

/** Gradient of relu: dy where y > 0, else 0. */
const reluGrad = activationGradient('reluGrad', {
  dtypes: numeric,
  saves: ['b'],
  domain: [-10, 10],
  ulp: 0,
  second: () => symbolicZero,
});

/** Rectified linear unit, elementwise. y = max(x, 0); NaN stays NaN. The gradient is 0 at 0. @tf tf.nn.relu */
export const relu = unary('relu', {
  tf: 'tf.nn.relu',
  dtypes: numeric,
  saves: 'output',
  domain: [-10, 10],
  ulp: 0,
  js: (x) => (x < 0 ? 0 : x),
  exactRewrite: idempotent,
  gradient: (dy, { y }) => reluGrad(dy, y),
});

/** Whether an element is NaN; bool. @tf tf.math.is_nan */
export const isNan = predicate('isNan', {
  tf: 'tf.math.is_nan',
  dtypes: floating,
  domain: [-10, 10],
  gradient: null,
});

/** Whether an element is neither infinite nor NaN; bool. @tf tf.math.is_finite */
export const isFinite = predicate('isFinite', {
  tf: 'tf.math.is_finite',
  dtypes: floating,
  domain: [-10, 10],
  gradient: null,
});

/** Whether an element is inf or −inf; bool. @tf tf.math.is_inf */
export const isInf = predicate('isInf', {
  tf: 'tf.math.is_inf',
  dtypes: floating,
  domain: [-10, 10],
  gradient: null,
});

/** Logical NOT, elementwise; bool. @tf tf.math.logical_not */
export const logicalNot = predicate('logicalNot', {
  tf: 'tf.math.logical_not',
  dtypes: booleans,
  exactRewrite: involution,
  gradient: null,
});
