/** Bits of integers, bytes of tensors, and functions of numbers next to each other. */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypeInfo, integers, type DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { describe, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { badDType } from '../../op/checks';
import { bitcast } from '../../ops/array/bitcast';
import { reshape } from '../../ops/array/views';
import * as bits from '../../ops/math/bitwise';
import { nextafter as nextafterOp } from '../../ops/math/binary';
import { as, both, dtypeOrNull, exact, floats, likes, wideFloating } from './define';
import { promoted } from './dtypes';
import { operation } from './operation';
import { isNan } from '../../ops/math/unary';
import * as math from '../../ops/math/unary_math';
import { less } from '../../ops/math/compare';
import { select } from '../../ops/math/select';
import { zerosLike } from '../../ops/array/creation';
import type { Binary, Unary } from './types';

/** The tensor, if it has integers. */
function whole(x: Tensor, op: string): Tensor {
  if (!integers.includes(x.dtype)) throw badDType(op, 'x', x.dt, integers);
  return x;
}

/** Integers of one dtype; a whole number gives way to the dtype of the other operand. */
function wholes(args: readonly TensorLike[], op: string): Tensor[] {
  args.forEach((value) => {
    if (typeof value === 'number' && !Number.isInteger(value))
      throw new InvalidArgumentError(`[${op}] operands must be integers; got ${describe(value)}`);
  });
  const isNumber = args.every((value) => typeof value === 'number');
  const operands = isNumber ? args.map((value) => toTensor(value, dtypeInfo('int32', op), op, 'x')) : args;
  return promoted(operands, op).map((x) => whole(x, op));
}

const bitwise = (className: string, f: (a: Tensor, b: Tensor) => Tensor): Binary =>
  both(className, f, wholes, { functionName: className[0].toLowerCase() + className.slice(1) });

/** The bits that are 1 in both integers. @tf tf.keras.ops.bitwise_and */
export const bitwiseAnd = bitwise('BitwiseAnd', bits.bitwiseAnd);
/** The bits that are 1 in either. @tf tf.keras.ops.bitwise_or */
export const bitwiseOr = bitwise('BitwiseOr', bits.bitwiseOr);
/** The bits in which they differ. @tf tf.keras.ops.bitwise_xor */
export const bitwiseXor = bitwise('BitwiseXor', bits.bitwiseXor);
/** x·2ʸ: the bits of x, y places to the left. @tf tf.keras.ops.bitwise_left_shift */
export const bitwiseLeftShift = bitwise('BitwiseLeftShift', bits.leftShift);
/** x·2ʸ. @tf tf.keras.ops.left_shift */
export const leftShift = bitwise('LeftShift', bits.leftShift);
/** ⌊x / 2ʸ⌋: the bits of x, y places to the right. @tf tf.keras.ops.bitwise_right_shift */
export const bitwiseRightShift = bitwise('BitwiseRightShift', bits.rightShift);
/** ⌊x / 2ʸ⌋. @tf tf.keras.ops.right_shift */
export const rightShift = bitwise('RightShift', bits.rightShift);
/** All bits of integers, flipped. @tf tf.keras.ops.bitwise_invert */
export const bitwiseInvert = exact('BitwiseInvert', (x) => bits.invert(whole(x, 'bitwiseInvert')));
/** All bits of integers, flipped. @tf tf.keras.ops.bitwise_not */
export const bitwiseNot = exact('BitwiseNot', (x) => bits.invert(whole(x, 'bitwiseNot')));

/**
 * The number next to x1 in the direction of x2, in the dtype of both: float32 or float64; integers become float32.
 * @tf tf.keras.ops.nextafter
 */
export const nextafter = both('Nextafter', (a, b) => nextafterOp(a, b), floats);

/** The modified Bessel function I₀; integers become float32, int64 float64. @tf tf.keras.ops.i0 */
export const i0 = exact('I0', (x) => math.besselI0(wideFloating(x)), { functionName: 'i0' });
/** The inverse of erf. @tf tf.keras.ops.erfinv */
export const erfinv = exact('Erfinv', (x) => math.erfinv(x), { module: 'math' });

/** The angle of complex numbers, which real ones have: π of negative numbers, else 0; integers become float32. @tf tf.keras.ops.angle */
export const angle = exact('Angle', (value) => {
  const x = value.dt.kind === 'float' ? value : as(value, 'float32');
  // NaN stays NaN: there is no angle of it.
  return select(less(x, 0), Math.PI, select(isNan(x), x, zerosLike(x)));
});

/**
 * The bytes of a tensor as elements of another dtype; null: of its own. The last dimension becomes longer where elements become
 * smaller, and shorter where they become larger. @tf tf.keras.ops.view
 */
export const view = operation<Unary<[options?: { dtype?: DType | null } | DType | null]>>({
  module: 'numpy',
  className: 'View',
  tensors: ['x'],
  optional: { dtype: null },
  check: ({ dtype }) => ({ dtype: dtypeOrNull(dtype, 'view') }),
  run: (args, { dtype }) => {
    const x = toTensor(likes(args)[0], null, 'view', 'x');
    const to = dtypeInfo(dtype ?? x.dtype, '[view] dtype');
    const { bytes } = x.dt;
    if (to === x.dt) return bitcastOf(x, to.name, shapeOf(x));
    const shape = shapeOf(x);
    const row = x.rank === 0 ? null : shape[x.rank - 1] * bytes;
    if (bytes !== to.bytes && (row === null || row % to.bytes !== 0))
      throw new InvalidArgumentError(
        `[view] Cannot view array of shape ${showShape(shape)} and dtype ${x.dtype} as dtype ${to.name} because the total number ` +
          'of bytes is not divisible by the new itemsize.',
      );
    const result = bytes === to.bytes ? shape : [...shape.slice(0, -1), (row as number) / to.bytes];
    return bitcastOf(x, to.name, result);
  },
});

/** The bytes as elements of a dtype, in a shape. */
function bitcastOf(x: Tensor, dtype: DType, shape: readonly number[]): Tensor {
  const ratio = dtypeInfo(dtype, '[view] dtype').bytes / x.dt.bytes;
  const from = ratio > 1 ? reshape(x, [...shape, ratio]) : x;
  return reshape(bitcast(from, dtype), shape);
}
