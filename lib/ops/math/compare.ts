/** Elementwise comparisons and logic of two operands, with broadcasting; the results are bool. */
import { everyType, numeric } from '../../core/dtype';
import { binary } from '../../op/define/binary';

/** Whether x = y, elementwise; NaN equals nothing. @tf tf.math.equal */
export const equal = binary('equal', {
  tf: 'tf.math.equal',
  dtypes: everyType,
  saves: [],
  domain: [-10, 10],
  toBool: true,
  gradient: null,
});

/** Whether x ≠ y, elementwise; NaN differs from everything. @tf tf.math.not_equal */
export const notEqual = binary('notEqual', {
  tf: 'tf.math.not_equal',
  dtypes: everyType,
  saves: [],
  domain: [-10, 10],
  toBool: true,
  gradient: null,
});

/** Whether x < y, elementwise. @tf tf.math.less */
export const less = binary('less', {
  tf: 'tf.math.less',
  dtypes: numeric,
  saves: [],
  domain: [-10, 10],
  toBool: true,
  gradient: null,
});

/** Whether x ≤ y, elementwise. @tf tf.math.less_equal */
export const lessEqual = binary('lessEqual', {
  tf: 'tf.math.less_equal',
  dtypes: numeric,
  saves: [],
  domain: [-10, 10],
  toBool: true,
  gradient: null,
});

/** Whether x > y, elementwise. @tf tf.math.greater */
export const greater = binary('greater', {
  tf: 'tf.math.greater',
  dtypes: numeric,
  saves: [],
  domain: [-10, 10],
  toBool: true,
  gradient: null,
});

/** Whether x ≥ y, elementwise. @tf tf.math.greater_equal */
export const greaterEqual = binary('greaterEqual', {
  tf: 'tf.math.greater_equal',
  dtypes: numeric,
  saves: [],
  domain: [-10, 10],
  toBool: true,
  gradient: null,
});

/** x and y, elementwise. @tf tf.math.logical_and */
export const logicalAnd = binary('logicalAnd', {
  tf: 'tf.math.logical_and',
  dtypes: ['bool'],
  saves: [],
  toBool: true,
  gradient: null,
});

/** x or y, elementwise. @tf tf.math.logical_or */
export const logicalOr = binary('logicalOr', {
  tf: 'tf.math.logical_or',
  dtypes: ['bool'],
  saves: [],
  toBool: true,
  gradient: null,
});

/** Either x or y but not both, elementwise. @tf tf.math.logical_xor */
export const logicalXor = binary('logicalXor', {
  tf: 'tf.math.logical_xor',
  dtypes: ['bool'],
  saves: [],
  toBool: true,
  gradient: null,
});
