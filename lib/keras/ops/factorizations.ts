/** Eigenvalues, singular values and what follows from them; LU factors. Computed in float64. */
import { InvalidArgumentError } from '../../core/errors';
import { showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { factorOperand, squareOperand } from '../../ops/linalg/batches';
import { luFactors, pseudoinverse, singularVectors, symmetricEigenvectors } from '../../ops/linalg/spectral';
import { swapped } from '../../ops/linalg/structure';
import { multiply } from '../../ops/math/binary';
import { greater } from '../../ops/math/compare';
import { reduceMax, reduceSum } from '../../ops/reduce/reduce';
import type { KerasTensor } from '../symbolic/keras_tensor';
import { only } from './define';
import { floating } from './dtypes';
import { flag, number, operation } from './operation';
import type { Unary } from './types';

const linalg = 'linalg';

/** Matrices of float32 or float64, none of them empty. */
function matrices(args: readonly unknown[], op: string, isSquare = false): Tensor {
  const x = floating(only(args, op), op);
  const [found] = isSquare ? squareOperand(x, op, 'x') : factorOperand(x, op, 'x');
  if (shapeOf(found).slice(-2).includes(0))
    throw new InvalidArgumentError(
      `[${op}] matrices must not be empty; got shape ${showShape(shapeOf(found))}`,
    );
  return found;
}

/** A number, or null. */
const numberOrNull = (value: unknown, name: string, op: string): number | null =>
  value === null ? null : number(value, name, op);

const epsilon = (x: Tensor): number => (x.dtype === 'float64' ? 2 ** -52 : 2 ** -23);
const longest = (x: Tensor): number => Math.max(...shapeOf(x).slice(-2));

/**
 * The eigenvalues, in ascending order, and eigenvectors, as columns, of symmetric matrices, of which the lower triangles are read:
 * `[values, vectors]`. Signs of vectors are arbitrary. @tf tf.keras.ops.eigh
 */
export const eigh = operation<Unary<[], Tensor[], KerasTensor[]>>({
  module: linalg,
  className: 'Eigh',
  tensors: ['x'],
  run: (args) => symmetricEigenvectors(matrices(args, 'eigh', true)),
});

interface SvdOptions {
  /** Whether u and v are square. Default true. */
  fullMatrices?: boolean;
  /** Whether vectors are computed; false: the result is the singular values. Default true. */
  computeUv?: boolean;
}

/**
 * The singular value decompositions of matrices, `[u, s, v]` with A = u·diag(s)·v: singular values in descending order. Signs of vectors are
 * arbitrary. The gradient is that of square matrices, or without `fullMatrices`. @tf tf.keras.ops.svd
 */
export const svd = operation<Unary<[options?: SvdOptions | boolean], Tensor[], KerasTensor[]>>({
  module: linalg,
  className: 'SVD',
  functionName: 'svd',
  tensors: ['x'],
  optional: { fullMatrices: true, computeUv: true },
  check: ({ fullMatrices, computeUv }) => ({
    fullMatrices: flag(fullMatrices, 'fullMatrices', 'svd'),
    computeUv: flag(computeUv, 'computeUv', 'svd'),
  }),
  run: (args, { fullMatrices, computeUv }) => {
    const [u, s, v] = singularVectors(matrices(args, 'svd'), computeUv === true && fullMatrices === true);
    return computeUv === true ? [u, s, swapped(v)] : s;
  },
});

/**
 * The pseudoinverses (Moore and Penrose) of matrices. Singular values up to `rcond` times the largest one count as 0; null (default): 10
 * times the longer side and the distance of 1 to the next number. @tf tf.keras.ops.pinv
 */
export const pinv = operation<Unary<[options?: { rcond?: number | null } | number | null]>>({
  module: linalg,
  className: 'Pinv',
  tensors: ['x'],
  optional: { rcond: null },
  check: ({ rcond }) => ({ rcond: numberOrNull(rcond, 'rcond', 'pinv') }),
  run: (args, { rcond }) => {
    const x = matrices(args, 'pinv');
    return pseudoinverse(x, (rcond as number | null) ?? 10 * longest(x) * epsilon(x));
  },
});

/**
 * The numbers of singular values above `tol`, int32; null (default): above the largest one, times the longer side and the distance of 1 to
 * the next number. @tf tf.keras.ops.matrix_rank
 */
export const matrixRank = operation<Unary<[options?: { tol?: number | null } | number | null]>>({
  module: linalg,
  className: 'MatrixRank',
  tensors: ['x'],
  optional: { tol: null },
  check: ({ tol }) => ({ tol: numberOrNull(tol, 'tol', 'matrixRank') }),
  run: (args, { tol }) => {
    const x = matrices(args, 'matrixRank');
    const [, s] = singularVectors(x, false);
    const least =
      (tol as number | null) ?? multiply(reduceMax(s, { axis: -1, keepdims: true }), epsilon(x) * longest(x));
    return reduceSum(cast(greater(s, least), 'int32'), { axis: -1 });
  },
});

/**
 * The LU factors of square matrices with partial pivoting, in one matrix each (the diagonal of L is 1), and at which place of them each row
 * is: `[lu, places]`. @tf tf.keras.ops.lu_factor
 */
export const luFactor = operation<Unary<[], Tensor[], KerasTensor[]>>({
  module: linalg,
  className: 'LuFactor',
  tensors: ['x'],
  run: (args) => luFactors(matrices(args, 'luFactor', true)),
});
