/** Bitwise operations of integers, elementwise, with broadcasting. */
import { integers } from '../../core/dtype';
import { binary } from '../../op/define/binary';
import { unary } from '../../op/define/unary';
import { involution } from '../../op/exact_rewrites';
import { sample, type Example } from '../../op/registry';

/** Operands of both signs, a scalar and dimensions that are broadcast. */
const operands: readonly Example[] = [
  { args: [sample([2, 3], { domain: [0, 100] }), sample([2, 3], { domain: [0, 100] })] },
  { args: [sample([2, 3], { values: [0, 1, 5, 7, 100, 127] }), sample([3], { values: [1, 127, 2] })] },
  { args: [sample([3], { values: [6, 5, 4] }), sample([], { values: 3 })] },
  { args: [sample([0]), sample([1])] },
  {
    args: [
      sample([4], { dtype: 'int32', values: [-1, -100, 2147483647, -2147483648] }),
      sample([4], { dtype: 'int32', values: [7, -3, -1, 2147483647] }),
    ],
  },
];

/** Numbers of places from none to more than there are. */
const shifts: readonly Example[] = [
  { args: [sample([2, 3], { domain: [0, 100] }), sample([2, 3], { domain: [0, 6] })] },
  { args: [sample([5], { values: [1, 2, 3, 100, 127] }), sample([], { values: 2 })] },
  {
    args: [
      sample([6], { dtype: 'int32', values: [-1, -100, 2147483647, -2147483648, 5, 5] }),
      sample([6], { dtype: 'int32', values: [1, 31, 4, 31, 0, 2] }),
    ],
  },
  {
    args: [
      sample([3], { dtype: 'int8', values: [-128, 127, -1] }),
      sample([3], { dtype: 'int8', values: [7, 1, 3] }),
    ],
  },
];

const ofBits = { dtypes: integers, domain: [0, 100], ulp: 0, examples: operands, gradient: null } as const;
const ofShifts = { dtypes: integers, domain: [0, 7], ulp: 0, examples: shifts, gradient: null } as const;

/** The bits that are 1 in both, elementwise. z = x & y. Integers of one dtype. @tf tf.bitwise.bitwise_and */
export const bitwiseAnd = binary('bitwiseAnd', {
  tf: 'tf.bitwise.bitwise_and',
  ...ofBits,
  js: (x, y) => x & y,
});

/** The bits that are 1 in either, elementwise. z = x | y. Integers of one dtype. @tf tf.bitwise.bitwise_or */
export const bitwiseOr = binary('bitwiseOr', {
  tf: 'tf.bitwise.bitwise_or',
  ...ofBits,
  js: (x, y) => x | y,
});

/** The bits in which they differ, elementwise. z = x ^ y. Integers of one dtype. @tf tf.bitwise.bitwise_xor */
export const bitwiseXor = binary('bitwiseXor', {
  tf: 'tf.bitwise.bitwise_xor',
  ...ofBits,
  js: (x, y) => x ^ y,
});

/** All bits flipped, elementwise. y = ~x. Integers. @tf tf.bitwise.invert */
export const invert = unary('invert', {
  tf: 'tf.bitwise.invert',
  dtypes: integers,
  domain: [0, 100],
  ulp: 0,
  examples: [
    { args: [sample([2, 3], { domain: [0, 100] })] },
    { args: [sample([0])] },
    { args: [sample([3], { dtype: 'int32', values: [-1, 2147483647, 0] })] },
  ],
  js: (x) => ~x,
  exactRewrite: involution,
  gradient: null,
});

/**
 * x·2ʸ, elementwise: bits move y places to the left. z = x << y; y is clamped to the places that there are, as in TensorFlow.
 * Integers of one dtype. @tf tf.bitwise.left_shift
 */
export const leftShift = binary('leftShift', {
  tf: 'tf.bitwise.left_shift',
  ...ofShifts,
  js: (x, y) => x << y,
});

/**
 * ⌊x / 2ʸ⌋, elementwise: bits move y places to the right, and those of signed integers keep the sign. z = x >> y; y is clamped
 * to the places that there are, as in TensorFlow. Integers of one dtype. @tf tf.bitwise.right_shift
 */
export const rightShift = binary('rightShift', {
  tf: 'tf.bitwise.right_shift',
  ...ofShifts,
  js: (x, y) => x >> y,
});
