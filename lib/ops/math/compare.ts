/** Elementwise comparisons and logic of two operands, with broadcasting; the results are bool. */
import { booleans, everyType, numeric } from '../../core/dtype';
import { comparison, type Equality } from '../../op/define/binary';

/** Whether x = y, elementwise; NaN is equal to nothing, not even itself. @tf tf.math.equal */
export const equal = comparison('equal', {
  tf: 'tf.math.equal',
  dtypes: everyType,
  strings: true,
  saves: [],
  domain: [-10, 10],
  gradient: null,
}) as Equality;

/** Whether x ≠ y, elementwise; NaN is unequal to everything, itself included. @tf tf.math.not_equal */
export const notEqual = comparison('notEqual', {
  tf: 'tf.math.not_equal',
  dtypes: everyType,
  strings: true,
  saves: [],
  domain: [-10, 10],
  gradient: null,
}) as Equality;

/** Whether x < y, elementwise. @tf tf.math.less */
export const less = comparison('less', {
  tf: 'tf.math.less',
  dtypes: numeric,
  saves: [],
  domain: [-10, 10],
  gradient: null,
});

/** Whether x ≤ y, elementwise. @tf tf.math.less_equal */
export const lessEqual = comparison('lessEqual', {
  tf: 'tf.math.less_equal',
  dtypes: numeric,
  saves: [],
  domain: [-10, 10],
  gradient: null,
});

/** Whether x > y, elementwise. @tf tf.math.greater */
export const greater = comparison('greater', {
  tf: 'tf.math.greater',
  dtypes: numeric,
  saves: [],
  domain: [-10, 10],
  gradient: null,
});

/** Whether x ≥ y, elementwise. @tf tf.math.greater_equal */
export const greaterEqual = comparison('greaterEqual', {
  tf: 'tf.math.greater_equal',
  dtypes: numeric,
  saves: [],
  domain: [-10, 10],
  gradient: null,
});

/** Logical AND, elementwise. @tf tf.math.logical_and */
export const logicalAnd = comparison('logicalAnd', {
  tf: 'tf.math.logical_and',
  dtypes: booleans,
  saves: [],
  gradient: null,
});

/** Logical OR, elementwise. @tf tf.math.logical_or */
export const logicalOr = comparison('logicalOr', {
  tf: 'tf.math.logical_or',
  dtypes: booleans,
  saves: [],
  gradient: null,
});

/** Logical XOR, elementwise. @tf tf.math.logical_xor */
export const logicalXor = comparison('logicalXor', {
  tf: 'tf.math.logical_xor',
  dtypes: booleans,
  saves: [],
  gradient: null,
});
