/** More elementwise operations of one tensor: roots, angles, rounding, infinities and NaN. */
import { toTensor } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import { onesLike, zerosLike } from '../../ops/array/creation';
import { identity } from '../../ops/array/views';
import * as binary from '../../ops/math/binary';
import * as compare from '../../ops/math/compare';
import { select } from '../../ops/math/select';
import * as unary from '../../ops/math/unary';
import * as math from '../../ops/math/unary_math';
import { as, exact, only, real, wideFloating } from './define';
import { floating } from './dtypes';
import { integer, operation } from './operation';
import type { Unary } from './types';

/** |x|; integers become float32. @tf tf.keras.ops.fabs */
export const fabs = real('Fabs', unary.abs);
/** ∛x. @tf tf.keras.ops.cbrt */
export const cbrt = exact('Cbrt', (value) => {
  const x = wideFloating(value);
  return binary.multiply(unary.sign(x), binary.pow(unary.abs(x), 1 / 3));
});
/** Degrees as radians, x·π/180; int64 becomes float64. @tf tf.keras.ops.deg2rad */
export const deg2rad = exact('Deg2rad', (x) => binary.multiply(wideFloating(x), Math.PI / 180));
/** Radians as degrees, x·180/π; int64 becomes float64. @tf tf.keras.ops.rad2deg */
export const rad2deg = exact('Rad2deg', (x) => binary.multiply(wideFloating(x), 180 / Math.PI));
/** x without its fraction. @tf tf.keras.ops.trunc */
export const trunc = exact('Trunc', (x) =>
  x.dt.kind === 'float' ? select(compare.less(x, 0), unary.ceil(x), unary.floor(x)) : identity(x),
);
/** sin(πx) / (πx), 1 at 0. @tf tf.keras.ops.sinc */
export const sinc = real('Sinc', (x) => {
  const isZero = compare.equal(x, 0);
  const angle = binary.multiply(select(isZero, onesLike(x), x), Math.PI);
  return select(isZero, onesLike(x), binary.divide(math.sin(angle), angle));
});
/** Whether x is −∞. @tf tf.keras.ops.isneginf */
export const isneginf = real('Isneginf', (x) => compare.equal(x, -Infinity));
/** Whether x is ∞. @tf tf.keras.ops.isposinf */
export const isposinf = real('Isposinf', (x) => compare.equal(x, Infinity));
/** Whether x has no imaginary part: true, as there are no complex dtypes. @tf tf.keras.ops.isreal */
export const isreal = exact('Isreal', (x) => onesLike(x, { dtype: 'bool' }));
/** Whether the sign bit of x is set: of negative numbers and −0. @tf tf.keras.ops.signbit */
export const signbit = exact('Signbit', (x) => {
  if (x.dtype === 'bool') return zerosLike(x);
  if (x.dt.kind !== 'float') return compare.less(x, 0);
  // 1 / −0 is −∞.
  return compare.logicalOr(
    compare.less(x, 0),
    compare.logicalAnd(compare.equal(x, 0), compare.less(unary.reciprocal(x), 0)),
  );
});
/** The tensor itself. @tf tf.keras.ops.copy */
export const copy = exact('Copy', (x) => identity(x));
/** The complex conjugate: the tensor itself, as there are no complex dtypes. @tf tf.keras.ops.conjugate */
export const conjugate = exact('Conjugate', (x) => identity(x));
/** The complex conjugate. @tf tf.keras.ops.conj */
export const conj = conjugate;
exact('Conj', (x) => identity(x));
/** The real part: the tensor itself. @tf tf.keras.ops.real */
export const realPart = exact('Real', (x) => identity(x));
/** The imaginary part: 0. @tf tf.keras.ops.imag */
export const imag = exact('Imag', (x) => zerosLike(x));

/** x, rounded to a number of decimals. */
const scaled = (x: Tensor, decimals: number): Tensor => {
  const factor = 10 ** decimals;
  return binary.divide(unary.round(binary.multiply(x, factor)), factor);
};

/** x, rounded to a number of decimals (default 0; negative: tens, hundreds…), halves to even. @tf tf.keras.ops.round */
export const round = operation<Unary<[options?: { decimals?: number } | number]>>({
  module: 'numpy',
  className: 'Round',
  tensors: ['x'],
  optional: { decimals: 0 },
  check: ({ decimals }) => ({ decimals: integer(decimals, 'decimals', 'round') }),
  run: (args, config) => {
    const x = only(args, 'round');
    const decimals = config.decimals as number;
    if (x.dt.kind === 'float') return decimals === 0 ? unary.round(x) : scaled(x, decimals);
    return decimals >= 0 ? identity(x) : as(scaled(floating(x, 'round'), decimals), x.dtype);
  },
});

interface NanToNumOptions {
  /** In place of NaN. Default 0. */
  nan?: number;
  /** In place of ∞; null (default): the largest finite number. */
  posinf?: number | null;
  /** In place of −∞; null (default): the smallest finite number. */
  neginf?: number | null;
}

/** x with numbers in place of NaN and infinities; other dtypes than floats are left alone. @tf tf.keras.ops.nan_to_num */
export const nanToNum = operation<Unary<[options?: NanToNumOptions | number]>>({
  module: 'numpy',
  className: 'NanToNum',
  tensors: ['x'],
  optional: { nan: 0, posinf: null, neginf: null },
  check: (config) => {
    for (const [key, value] of Object.entries(config))
      if (typeof value !== 'number' && (value !== null || key === 'nan'))
        throw new TypeError(`[nanToNum] ${key} must be a number`);
    return config;
  },
  run: (args, config) => {
    const x = only(args, 'nanToNum');
    if (x.dt.kind !== 'float') return identity(x);
    const most = Number(x.dt.max);
    if (most === undefined) throw new InvalidArgumentError(`[nanToNum] no limits are known for ${x.dtype}`);
    const number = (value: unknown): Tensor => toTensor(value, x.dt, 'nanToNum', 'nan');
    const finite = select(unary.isNan(x), number(config.nan), x);
    const below = select(compare.equal(finite, Infinity), number(config.posinf ?? most), finite);
    return select(compare.equal(below, -Infinity), number(config.neginf ?? -most), below);
  },
});
