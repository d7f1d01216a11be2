/** Diagonals, triangles and transposes of matrices, which are the last two dimensions of tensors. */
import { toTensor, type TensorLike } from '../../core/convert';
import { detached } from '../../core/context';
import { dtypes, everyType, numeric } from '../../core/dtype';
import type { DTypeOf, DTypeOfPair } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { memoized } from '../../core/memoize';
import { options } from '../../core/options';
import { asShape, showShape } from '../../core/shape';
import { makeTensor, shapeOf, type Tensor, tensorFrom, viewOf } from '../../core/tensor';
import { badDType, mixedDTypes } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { sample } from '../../op/registry';
import { integer } from '../../op/strided';
import { zerosLike } from '../array/creation';
import { transpose } from '../array/movement';
import { pad } from '../array/padding';
import { slice } from '../array/slicing';
import { expandDims, reshape } from '../array/views';
import { gather } from '../index/indexing';
import { select } from '../math/select';
import { reduceSum } from '../reduce/reduce';

/** Converts to a tensor of at least two dimensions; returns it with the sizes of its matrices. */
export function matrixOperand(
  value: unknown,
  op: string,
  argument: string,
): [x: Tensor, m: number, n: number] {
  const x = toTensor(value, null, op, argument);
  if (x.rank < 2) {
    throw new InvalidArgumentError(
      `[${op}] ${argument} must be at least 2-dim, a matrix or a batch of such; got shape ${showShape(shapeOf(x))}`,
    );
  }
  const [m, n] = shapeOf(x).slice(-2);
  return [x, m, n];
}

/** A bool matrix, true where lower ≤ column − row ≤ upper. */
const bandMask = memoized((m: number, n: number, lower: number, upper: number): Tensor =>
  detached(() => {
    const mask = makeTensor(dtypes.bool, asShape([m, n]), m * n);
    const flags = (viewOf(mask) as Uint8Array).fill(0);
    for (let row = 0; row < m; row++) {
      const [begin, end] = [row + lower, row + upper + 1].map((k) => row * n + Math.min(Math.max(k, 0), n));
      flags.fill(1, begin, end);
    }
    return mask;
  }),
);

/** The elements with lower ≤ column − row ≤ upper; others become 0. */
export function band(x: Tensor, lower: number, upper: number): Tensor {
  const [m, n] = shapeOf(x).slice(-2);
  return select(bandMask(m, n, lower, upper), x, zerosLike(x));
}

/** Exchanges the last two dimensions. */
export function swapped(x: Tensor): Tensor {
  const perm = shapeOf(x).map((_, d) => d);
  [perm[x.rank - 2], perm[x.rank - 1]] = [x.rank - 1, x.rank - 2];
  return transpose(x, { perm });
}

/**
 * The central band of matrices: elements up to `numLower` diagonals below and `numUpper` above the main one are kept, others
 * are 0. A negative number keeps the whole triangle: bandPart(x, -1, 0) is the lower one. @tf tf.linalg.band_part
 */
export const bandPart: <X extends TensorLike>(
  input: X,
  numLower: number,
  numUpper: number,
) => Tensor<DTypeOf<X>> = composite(
  'bandPart',
  {
    tf: 'tf.linalg.band_part',
    dtypes: everyType,
    ulp: 0,
    examples: [
      { args: [sample([3, 4]), -1, 0] },
      { args: [sample([2, 4, 3]), 0, -1] },
      { args: [sample([3, 3], { dtype: 'float32' }), 1, 0] },
      { args: [sample([3, 3], { dtype: 'float32' }), 0, 0] },
      { args: [sample([3], { dtype: 'float32' }), 0, 0] },
      { args: [sample([3, 3], { dtype: 'float32' }), 4, 0] },
    ],
  },
  (input: TensorLike, numLower: number, numUpper: number): Tensor => {
    const name = 'bandPart';
    const [x, m, n] = matrixOperand(input, name, 'input');
    const [lower, upper] = [integer(numLower, name, 'numLower'), integer(numUpper, name, 'numUpper')];
    if (lower > m || upper > n) {
      throw new InvalidArgumentError(
        `[${name}] numLower and numUpper must be negative or at most the numbers of rows and columns (${m}, ${n}); got ` +
          `${lower} and ${upper}`,
      );
    }
    return band(x, lower < 0 ? -m : -lower, upper < 0 ? n : upper);
  },
);

export interface DiagonalOptions {
  /** The diagonal: 0 (default) is the main one, positive numbers are above it, negative ones below. */
  k?: number;
}

const diagonalDefaults: Required<DiagonalOptions> = { k: 0 };

const offsetOf = (given: unknown, op: string): number =>
  integer(options<{ k: unknown }>(given, 'k', diagonalDefaults, op).k, op, 'k');

/** Matrices with the given diagonals, of the last dimension, and zeros elsewhere. @tf tf.linalg.diag */
export const diag: <X extends TensorLike>(
  diagonal: X,
  options?: DiagonalOptions | number,
) => Tensor<DTypeOf<X>> = composite(
  'diag',
  {
    tf: 'tf.linalg.diag',
    dtypes: everyType,
    ulp: 0,
    examples: [
      { args: [sample([3])] },
      { args: [sample([2, 3])] },
      { args: [sample([3], { dtype: 'float32' })], options: { k: 1 } },
      { args: [sample([2, 2], { dtype: 'float32' })], options: { k: -2 } },
      { args: [sample([], { dtype: 'float32' })] },
    ],
  },
  (diagonal: TensorLike, given?: DiagonalOptions | number): Tensor => {
    const name = 'diag';
    const x = toTensor(diagonal, null, name, 'diagonal');
    const k = offsetOf(given, name);
    if (x.rank === 0)
      throw new InvalidArgumentError(`[${name}] diagonal must be at least 1-dim; got a scalar`);
    return placed(x, k);
  },
);

/** Square matrices with the diagonal k. */
function placed(x: Tensor, k: number): Tensor {
  const batch = shapeOf(x).slice(0, -1);
  const n = shapeOf(x)[batch.length];
  const none = batch.map((): [number, number] => [0, 0]);
  // Rows of one element and n zeros, read in rows of n, have the elements on the diagonal.
  const rows = pad(expandDims(x, -1), [...none, [0, 0], [0, n]]);
  const flat = slice(reshape(rows, [...batch, n * (n + 1)]), [...batch.map(() => 0), 0], [...batch, n * n]);
  const main = reshape(flat, [...batch, n, n]);
  if (k === 0) return main;
  return pad(main, [...none, [Math.max(-k, 0), Math.max(k, 0)], [Math.max(k, 0), Math.max(-k, 0)]]);
}

/** The positions of a diagonal in a flattened m×n matrix. */
const diagonalPositions = memoized((m: number, n: number, k: number): Tensor =>
  detached(() => {
    const length = Math.max(Math.min(m + Math.min(k, 0), n - Math.max(k, 0)), 0);
    const first = k >= 0 ? k : -k * n;
    return tensorFrom(
      dtypes.int32,
      [length],
      Array.from({ length }, (_, i) => first + i * (n + 1)),
    );
  }),
);

/** The diagonal k of matrices, as the last dimension. */
export function diagonalOf(x: Tensor, k = 0): Tensor {
  const [m, n] = shapeOf(x).slice(-2);
  const flat = reshape(x, [1, ...shapeOf(x).slice(0, -2), m * n]);
  const found = gather(flat, diagonalPositions(m, n, k), { axis: -1 });
  return reshape(found, shapeOf(found).slice(1));
}

function checkDiagonal(k: number, m: number, n: number, op: string): void {
  if ((k > -m && k < n) || k === 0) return;
  throw new InvalidArgumentError(
    `[${op}] k must be in (-${m}, ${n}), the numbers of rows and columns; got ${k}`,
  );
}

/** The diagonals of matrices, as the last dimension. @tf tf.linalg.diag_part */
export const diagPart: <X extends TensorLike>(
  input: X,
  options?: DiagonalOptions | number,
) => Tensor<DTypeOf<X>> = composite(
  'diagPart',
  {
    tf: 'tf.linalg.diag_part',
    dtypes: everyType,
    ulp: 0,
    examples: [
      { args: [sample([3, 3])] },
      { args: [sample([2, 3, 4])] },
      { args: [sample([4, 3], { dtype: 'float32' })], options: { k: -1 } },
      { args: [sample([3, 4], { dtype: 'float32' })], options: { k: 2 } },
      { args: [sample([3], { dtype: 'float32' })] },
      { args: [sample([3, 3], { dtype: 'float32' })], options: { k: 3 } },
    ],
  },
  (input: TensorLike, given?: DiagonalOptions | number): Tensor => {
    const name = 'diagPart';
    const [x, m, n] = matrixOperand(input, name, 'input');
    const k = offsetOf(given, name);
    checkDiagonal(k, m, n, name);
    return diagonalOf(x, k);
  },
);

/** Matrices whose diagonals are replaced by the last dimension of `diagonal`. @tf tf.linalg.set_diag */
export const setDiag: <X extends TensorLike, D extends TensorLike>(
  input: X,
  diagonal: D,
  options?: DiagonalOptions | number,
) => Tensor<DTypeOfPair<X, D>> = composite(
  'setDiag',
  {
    tf: 'tf.linalg.set_diag',
    dtypes: everyType,
    ulp: 0,
    examples: [
      { args: [sample([3, 3]), sample([3])] },
      { args: [sample([2, 4, 3], { dtype: 'float32' }), sample([2, 3], { dtype: 'float32' })] },
      {
        args: [sample([3, 4], { dtype: 'float32' }), sample([3], { dtype: 'float32' })],
        options: { k: 1 },
      },
      {
        args: [sample([4, 3], { dtype: 'float32' }), sample([2], { dtype: 'float32' })],
        options: { k: -2 },
      },
      { args: [sample([3, 3], { dtype: 'float32' }), sample([2], { dtype: 'float32' })] },
    ],
  },
  (input: TensorLike, diagonal: TensorLike, given?: DiagonalOptions | number): Tensor => {
    const name = 'setDiag';
    const [x, m, n] = matrixOperand(input, name, 'input');
    const d = toTensor(diagonal, x.dt, name, 'diagonal');
    if (d.dt !== x.dt) throw mixedDTypes(name, x, d);
    const k = offsetOf(given, name);
    checkDiagonal(k, m, n, name);
    const batch = shapeOf(x).slice(0, -2);
    const length = Math.min(m + Math.min(k, 0), n - Math.max(k, 0));
    const wanted = [...batch, length];
    if (d.rank !== wanted.length || shapeOf(d).some((size, i) => size !== wanted[i])) {
      throw new InvalidArgumentError(
        `[${name}] diagonal must have shape ${showShape(wanted)} for input of shape ${showShape(shapeOf(x))}; got ` +
          showShape(shapeOf(d)),
      );
    }
    // Element i is in row i of diagonals above, and in column i of those below.
    const isRow = k >= 0;
    const wide = pad(d, [...batch.map((): [number, number] => [0, 0]), [0, (isRow ? m : n) - length]]);
    return select(bandMask(m, n, k, k), expandDims(wide, isRow ? -1 : -2), x);
  },
);

/** The sums of the main diagonals of matrices. @tf tf.linalg.trace */
export const trace: <X extends TensorLike>(x: X) => Tensor<DTypeOf<X>> = composite(
  'trace',
  {
    tf: 'tf.linalg.trace',
    dtypes: numeric,
    ulp: 4,
    examples: [
      { args: [sample([3, 3])] },
      { args: [sample([2, 3, 4])] },
      { args: [sample([3], { dtype: 'float32' })] },
    ],
  },
  (input: TensorLike): Tensor => {
    const [x] = matrixOperand(input, 'trace', 'x');
    if (!numeric.includes(x.dtype)) throw badDType('trace', 'x', x.dt, numeric);
    return reduceSum(diagonalOf(x), { axis: -1 });
  },
);

/** Exchanges the last two dimensions. @tf tf.linalg.matrix_transpose */
export const matrixTranspose: <X extends TensorLike>(a: X) => Tensor<DTypeOf<X>> = composite(
  'matrixTranspose',
  {
    tf: 'tf.linalg.matrix_transpose',
    dtypes: everyType,
    ulp: 0,
    examples: [
      { args: [sample([2, 3])] },
      { args: [sample([2, 3, 4])] },
      { args: [sample([3], { dtype: 'float32' })] },
    ],
  },
  (a: TensorLike): Tensor => swapped(matrixOperand(a, 'matrixTranspose', 'a')[0]),
);

/** For real numbers the same as `matrixTranspose`. @tf tf.linalg.adjoint */
export const adjoint: <X extends TensorLike>(matrix: X) => Tensor<DTypeOf<X>> = composite(
  'adjoint',
  {
    tf: 'tf.linalg.adjoint',
    dtypes: everyType,
    ulp: 0,
    examples: [{ args: [sample([2, 3])] }, { args: [sample([2, 3, 4], { dtype: 'float32' })] }],
  },
  (matrix: TensorLike): Tensor => swapped(matrixOperand(matrix, 'adjoint', 'matrix')[0]),
);
