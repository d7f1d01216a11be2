/** Elementwise ops of two operands, with broadcasting. */
import { floating, numeric } from '../core/dtype';
import { binary } from './define';
import { negative } from './unary';

/** Sum, elementwise. z = x + y; integers wrap. @tf tf.math.add */
export const add = binary('add', {
  tf: 'tf.math.add',
  dtypes: numeric,
  saves: [],
  domain: [-10, 10],
  ulp: 0.5,
  gradient: [(dy) => dy, (dy) => dy],
});

/** Difference, elementwise. z = x − y; integers wrap. @tf tf.math.subtract */
export const subtract = binary('subtract', {
  tf: 'tf.math.subtract',
  dtypes: numeric,
  saves: [],
  domain: [-10, 10],
  ulp: 0.5,
  gradient: [(dy) => dy, (dy) => negative(dy)],
});

/** Product, elementwise. z = x·y; integers wrap. @tf tf.math.multiply */
export const multiply = binary('multiply', {
  tf: 'tf.math.multiply',
  dtypes: numeric,
  saves: ['a', 'b'],
  domain: [-10, 10],
  ulp: 0.5,
  gradient: [(dy, { b }) => multiply(dy, b), (dy, { a }) => multiply(dy, a)],
});

/** Less than, elementwise; bool. @tf tf.math.less */
export const less = binary('less', {
  tf: 'tf.math.less',
  dtypes: numeric,
  domain: [-10, 10],
  toBool: true,
  gradient: null,
});

/** Quotient of floating tensors, elementwise. z = x / y. */
export const realDivide = binary('divide', {
  tf: 'tf.math.divide',
  dtypes: floating,
  saves: ['b', 'y'],
  domain: [0.5, 10],
  ulp: 0.5,
  gradient: [(dy, { b }) => realDivide(dy, b), (dy, { b, y }) => negative(realDivide(multiply(dy, y), b))],
});
