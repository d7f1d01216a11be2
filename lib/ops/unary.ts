/** Elementwise ops of one operand. */
import { floating, numeric } from '../core/dtype';
import { multiply } from './binary';
import { unary } from './define';

/** Negation, elementwise. y = −x; integers wrap. @tf tf.math.negative */
export const negative = unary('negative', {
  tf: 'tf.math.negative',
  dtypes: numeric,
  saves: 'none',
  domain: [-10, 10],
  ulp: 0,
  gradient: (dy) => negative(dy),
});

/** Square, elementwise. y = x²; integers wrap. @tf tf.math.square */
export const square = unary('square', {
  tf: 'tf.math.square',
  dtypes: numeric,
  saves: 'input',
  domain: [-10, 10],
  ulp: 0.5,
  gradient: (dy, { x }) => multiply(dy, multiply(x, 2)),
});

/** Exponential, elementwise. y = eˣ. @tf tf.math.exp */
export const exp = unary('exp', {
  tf: 'tf.math.exp',
  dtypes: floating,
  saves: 'output',
  domain: [-20, 20],
  ulp: 1,
  gradient: (dy, { y }) => multiply(dy, y),
});

/** Whether an element is not a number. @tf tf.math.is_nan */
export const isNan = unary('isNan', {
  tf: 'tf.math.is_nan',
  dtypes: floating,
  domain: [-10, 10],
  toBool: true,
  gradient: null,
});

/** Logical not, elementwise. @tf tf.math.logical_not */
export const logicalNot = unary('logicalNot', {
  tf: 'tf.math.logical_not',
  dtypes: ['bool'],
  gradient: null,
});
