/** Diagonals, triangles and powers. */
import { InvalidArgumentError } from '../../core/errors';
import { showShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { range, zeros } from '../../ops/array/creation';
import { transpose } from '../../ops/array/movement';
import { expandDims, reshape } from '../../ops/array/views';
import { band, diag as diagOp, diagonalOf, matrixOperand } from '../../ops/linalg/structure';
import { pow } from '../../ops/math/binary';
import { reduceSum } from '../../ops/reduce/reduce';
import { as, axisOf, only, summed } from './define';
import { floating } from './dtypes';
import { flag, integer, operation } from './operation';
import type { Unary } from './types';

interface Offset {
  /** The diagonal: 0 (default) is the main one, positive numbers are above it, negative ones below. */
  k?: number;
}
type OfDiagonal = Unary<[options?: Offset | number]>;

const ofDiagonal = (className: string, f: (x: Tensor, k: number) => Tensor): OfDiagonal =>
  operation<OfDiagonal>({
    module: 'numpy',
    className,
    tensors: ['x'],
    optional: { k: 0 },
    check: ({ k }) => ({ k: integer(k, 'k', className) }),
    run: (args, { k }) => f(only(args, className), k as number),
  });

/** The diagonal k of matrices; without elements if there is none. */
function diagonals(x: Tensor, k: number): Tensor {
  const [m, n] = x.shape.slice(-2);
  return k <= -m || k >= n ? zeros([...x.shape.slice(0, -2), 0], { dtype: x.dtype }) : diagonalOf(x, k);
}

/** The matrix with a vector on its diagonal k, or the diagonal of a matrix. @tf tf.keras.ops.diag */
export const diag = ofDiagonal('Diag', (x, k) => {
  if (x.rank === 1) return diagOp(x, { k });
  if (x.rank === 2) return diagonals(x, k);
  throw new InvalidArgumentError(`[diag] x must be a vector or a matrix; got shape ${showShape(x.shape)}`);
});
/** The matrix with the elements of x on its diagonal k. @tf tf.keras.ops.diagflat */
export const diagflat = ofDiagonal('Diagflat', (x, k) => diagOp(reshape(x, [-1]), { k }));
/** Matrices with 0 above the diagonal k. @tf tf.keras.ops.tril */
export const tril = ofDiagonal('Tril', (value, k) => {
  const [x, m] = matrixOperand(value, 'tril', 'x');
  return band(x, -m, k);
});
/** Matrices with 0 below the diagonal k. @tf tf.keras.ops.triu */
export const triu = ofDiagonal('Triu', (value, k) => {
  const [x, , n] = matrixOperand(value, 'triu', 'x');
  return band(x, k, n);
});

interface DiagonalOptions {
  /** The diagonal: 0 (default) is the main one. */
  offset?: number;
  /** The axis of the rows. Default 0. */
  axis1?: number;
  /** The axis of the columns. Default 1. */
  axis2?: number;
}
type OfAxes = Unary<[options?: DiagonalOptions | number]>;

const ofAxes = (className: string, f: (x: Tensor, offset: number) => Tensor): OfAxes =>
  operation<OfAxes>({
    module: 'numpy',
    className,
    tensors: ['x'],
    optional: { offset: 0, axis1: 0, axis2: 1 },
    check: ({ offset, axis1, axis2 }) => ({
      offset: integer(offset, 'offset', className),
      axis1: integer(axis1, 'axis1', className),
      axis2: integer(axis2, 'axis2', className),
    }),
    run: (args, { offset, axis1, axis2 }) => {
      const x = only(args, className);
      const rows = axisOf(axis1 as number, x.rank, className, 'axis1');
      const columns = axisOf(axis2 as number, x.rank, className, 'axis2');
      if (rows === columns)
        throw new InvalidArgumentError(
          `[${className}] axis1 and axis2 must be different; got ${rows} for both`,
        );
      const others = x.shape.map((_, i) => i).filter((i) => i !== rows && i !== columns);
      return f(transpose(x, { perm: [...others, rows, columns] }), offset as number);
    },
  });

/** The diagonals of the matrices in two axes, as the last dimension. @tf tf.keras.ops.diagonal */
export const diagonal = ofAxes('Diagonal', diagonals);
/** The sums of the diagonals of the matrices in two axes. @tf tf.keras.ops.trace */
export const trace = ofAxes('Trace', (x, offset) => reduceSum(summed(diagonals(x, offset)), { axis: -1 }));

interface VanderOptions {
  /** The number of columns; null (default): that of the rows. */
  N?: number | null;
  /** Whether powers increase. Default false. */
  increasing?: boolean;
}

/** The powers of the elements of a vector, one element a row. @tf tf.keras.ops.vander */
export const vander = operation<Unary<[options?: VanderOptions | number | null]>>({
  module: 'numpy',
  className: 'Vander',
  tensors: ['x'],
  optional: { N: null, increasing: false },
  check: ({ N, increasing }) => ({
    N: N === null ? null : integer(N, 'N', 'vander'),
    increasing: flag(increasing, 'increasing', 'vander'),
  }),
  run: (args, { N, increasing }) => {
    const x = only(args, 'vander');
    if (x.rank !== 1)
      throw new InvalidArgumentError(`[vander] x must be a vector; got shape ${showShape(x.shape)}`);
    const columns = (N as number | null) ?? x.size;
    const dtype = floating(x, 'vander').dtype;
    const powers =
      increasing === true
        ? range(0, columns, 1, { dtype: 'float32' })
        : range(columns - 1, -1, -1, { dtype: 'float32' });
    return as(pow(expandDims(floating(x, 'vander'), -1), as(powers, dtype)), x.dtype);
  },
});
