/** Linear algebra: factorizations, systems of equations, determinants, norms. */
import { toTensor } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { expandDims, reshape, squeeze } from '../../ops/array/views';
import { qr as qrOp } from '../../ops/linalg/qr';
import * as ops from '../../ops/linalg/solve';
import { swapped } from '../../ops/linalg/structure';
import { matmul } from '../../ops/linalg/matmul';
import { pow } from '../../ops/math/binary';
import { notEqual } from '../../ops/math/compare';
import { abs, sqrt, square } from '../../ops/math/unary';
import { reduceMax, reduceMin, reduceSum } from '../../ops/reduce/reduce';
import { eye } from '../../ops/array/patterns';
import { broadcastTo } from '../../ops/array/movement';
import type { KerasTensor } from '../symbolic/keras_tensor';
import { as, axisOf, both, floats, likes, only, oneOf, real } from './define';
import { floating } from './dtypes';
import { axes, flag, operation } from './operation';
import type { Axes, Binary, Unary } from './types';

const linalg = { module: 'linalg' } as const;
type Upper = Unary<[options?: { upper?: boolean } | boolean]>;

const ofTriangle = (className: string, f: (x: Tensor, upper: boolean) => Tensor): Upper =>
  operation<Upper>({
    module: 'linalg',
    className,
    tensors: ['x'],
    optional: { upper: false },
    check: ({ upper }) => ({ upper: flag(upper, 'upper', className) }),
    run: (args, { upper }) => f(floating(only(args, className), className), upper as boolean),
  });

/** The Cholesky factors L, A = L·Lᵀ, of positive definite matrices, or Lᵀ if `upper`. @tf tf.keras.ops.cholesky */
export const cholesky = ofTriangle('Cholesky', (x, upper) => {
  const factor = ops.cholesky(x);
  return upper ? swapped(factor) : factor;
});
/** The inverses of the matrices that have these Cholesky factors. @tf tf.keras.ops.cholesky_inverse */
export const choleskyInverse = ofTriangle('CholeskyInverse', (x, upper) => {
  const n = x.shape[x.rank - 1];
  const inverse = ops.triangularSolve(x, broadcastTo(eye(n, { dtype: x.dtype }), x.shape), { lower: !upper });
  return upper ? matmul(inverse, swapped(inverse)) : matmul(swapped(inverse), inverse);
});
/** The determinants of square matrices. @tf tf.keras.ops.det */
export const det = real('Det', (x) => ops.det(x), linalg);
/** The inverses of square matrices. @tf tf.keras.ops.inv */
export const inv = real('Inv', (x) => ops.inv(x), linalg);
/** ln det x of positive definite matrices. @tf tf.keras.ops.logdet */
export const logdet = real('Logdet', (x) => ops.logdet(x), { module: 'math' });
/** The signs of determinants and the logarithms of their sizes: `[sign, logdet]`. @tf tf.keras.ops.slogdet */
export const slogdet = operation<Unary<[], Tensor[], KerasTensor[]>>({
  module: 'numpy',
  className: 'Slogdet',
  tensors: ['x'],
  run: (args) => {
    const found = ops.slogdet(floating(only(args, 'slogdet'), 'slogdet'));
    return [found.sign, found.logAbsDeterminant];
  },
});

/** A system whose right side may be vectors: with one dimension less than the matrices. */
function solved(a: Tensor, b: Tensor, f: (a: Tensor, b: Tensor) => Tensor): Tensor {
  return b.rank === a.rank - 1 ? squeeze(f(a, expandDims(b, -1)), -1) : f(a, b);
}

/** The solutions of a·x = b; b has vectors or matrices. @tf tf.keras.ops.solve */
export const solve = both('Solve', (a, b) => solved(a, b, (x, y) => ops.solve(x, y)), floats, linalg);
/** The solutions for triangular matrices, by default upper ones. @tf tf.keras.ops.solve_triangular */
export const solveTriangular = operation<Binary<[options?: { lower?: boolean } | boolean]>>({
  module: 'linalg',
  className: 'SolveTriangular',
  tensors: ['a', 'b'],
  optional: { lower: false },
  check: ({ lower }) => ({ lower: flag(lower, 'lower', 'solveTriangular') }),
  run: (args, { lower }) => {
    const [a, b] = floats(likes(args), 'solveTriangular');
    return solved(a, b, (x, y) => ops.triangularSolve(x, y, { lower: lower as boolean }));
  },
});

/** The QR decompositions of matrices, `[q, r]`; mode 'reduced' (default) or 'complete'. @tf tf.keras.ops.qr */
export const qr = operation<
  Unary<[options?: { mode?: 'reduced' | 'complete' } | 'reduced' | 'complete'], Tensor[], KerasTensor[]>
>({
  module: 'linalg',
  className: 'Qr',
  tensors: ['x'],
  optional: { mode: 'reduced' },
  check: ({ mode }) => ({ mode: oneOf(mode, ['reduced', 'complete'], 'mode', 'qr') }),
  run: (args, { mode }) => {
    const { q, r } = qrOp(floating(only(args, 'qr'), 'qr'), { fullMatrices: mode === 'complete' });
    return [q, r];
  },
});

/** The least-squares solution of a·x = b for a matrix of full rank, by its QR decomposition. @tf tf.keras.ops.lstsq */
export const lstsq = operation<Binary<[options?: { rcond?: number | null } | number | null]>>({
  module: 'linalg',
  className: 'Lstsq',
  tensors: ['a', 'b'],
  optional: { rcond: null },
  run: (args) => {
    const [a, b] = floats(likes(args), 'lstsq');
    if (a.rank !== 2 || b.rank < 1 || b.rank > 2)
      throw new InvalidArgumentError(
        `[lstsq] a must be a matrix, b a vector or matrix; got ranks ${a.rank}, ${b.rank}`,
      );
    const [m, n] = a.shape;
    const right = b.rank === 1 ? reshape(b, [-1, 1]) : b;
    const { q, r } = qrOp(m >= n ? a : swapped(a));
    // Of the solutions of an underdetermined system, the smallest: a = rᵀ·qᵀ.
    const x =
      m >= n
        ? ops.triangularSolve(r, matmul(q, right, { transposeA: true }), { lower: false })
        : matmul(q, ops.triangularSolve(swapped(r), right));
    return b.rank === 1 ? reshape(x, [-1]) : x;
  },
});

type Order = number | 'fro' | 'nuc' | null;

interface NormOptions {
  /** The order; null (default): the root of the sum of squares. Of matrices also 'fro', ±1 and ±Infinity. */
  ord?: Order;
  /** An axis for vectors, two for matrices; null (default): all. */
  axis?: Axes;
  /** Whether the axes stay, with size 1. Default false. */
  keepdims?: boolean;
}

function vectorNorm(x: Tensor, ord: Order, axis: number, keepdims: boolean): Tensor {
  const over = { axis, keepdims };
  if (ord === null || ord === 2) return sqrt(reduceSum(square(x), over));
  if (ord === Infinity) return reduceMax(abs(x), over);
  if (ord === -Infinity) return reduceMin(abs(x), over);
  if (ord === 0) return reduceSum(as(notEqual(x, 0), x.dtype), over);
  if (ord === 1) return reduceSum(abs(x), over);
  if (typeof ord !== 'number')
    throw new InvalidArgumentError(`[norm] ord of vectors must be a number; got ${describe(ord)}`);
  return pow(reduceSum(pow(abs(x), ord), over), 1 / ord);
}

function matrixNorm(x: Tensor, ord: Order, pair: readonly [number, number], keepdims: boolean): Tensor {
  if (ord === null || ord === 'fro') return sqrt(reduceSum(square(x), { axis: pair, keepdims }));
  if (typeof ord !== 'number' || ![1, Infinity].includes(Math.abs(ord)))
    throw new InvalidArgumentError(
      `[norm] ord of matrices must be null, 'fro', ±1 or ±Infinity (there are no singular values); got ${describe(ord)}`,
    );
  const [summed, other] = Math.abs(ord) === 1 ? pair : [pair[1], pair[0]];
  const sums = reduceSum(abs(x), { axis: summed, keepdims: true });
  const y = (ord > 0 ? reduceMax : reduceMin)(sums, { axis: other, keepdims: true });
  return keepdims
    ? y
    : squeeze(
        y,
        [...pair].sort((a, b) => a - b),
      );
}

/** The norms of vectors (an axis) or matrices (two axes). Integers become float32. @tf tf.keras.ops.norm */
export const norm = operation<Unary<[options?: NormOptions | Order]>>({
  module: 'linalg',
  className: 'Norm',
  tensors: ['x'],
  optional: { ord: null, axis: null, keepdims: false },
  check: ({ ord, axis, keepdims }) => ({
    ord,
    axis: axes(axis, 'axis', 'norm'),
    keepdims: flag(keepdims, 'keepdims', 'norm'),
  }),
  run: (args, { ord, axis, keepdims }) => {
    const x = floating(toTensor(args[0], null, 'norm', 'x'), 'norm');
    const given = axis as Axes;
    const list = (
      given === null ? x.shape.map((_, i) => i) : typeof given === 'number' ? [given] : given
    ).map((i) => axisOf(i, x.rank, 'norm'));
    const order = ord as Order;
    if (list.length === 1) return vectorNorm(x, order, list[0], keepdims as boolean);
    if (list.length === 2) return matrixNorm(x, order, [list[0], list[1]], keepdims as boolean);
    if (order !== null || given !== null)
      throw new InvalidArgumentError(`[norm] axis must be one axis or two; got ${list.length}`);
    return sqrt(reduceSum(square(x), { axis: list, keepdims: keepdims as boolean }));
  },
});
