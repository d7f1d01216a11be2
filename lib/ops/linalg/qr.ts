/** QR decomposition. */
import type { TensorLike } from '../../core/convert';
import type { DType } from '../../core/dtype';
import type { DTypeOf } from '../../core/dtype_of';
import { UnimplementedError } from '../../core/errors';
import { options } from '../../core/options';
import { asShape, describe } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { composite } from '../../op/define/composite';
import { multiOp } from '../../op/define/general';
import * as kernels from '../../op/kernels';
import { sample } from '../../op/registry';
import { concat } from '../array/joining';
import { slice } from '../array/slicing';
import { add, subtract } from '../math/binary';
import { batchSize, factorOperand, factorTypes } from './batches';
import { matmul } from './matmul';
import { triangularSolve } from './solve';
import { band, swapped } from './structure';

export interface QrOptions {
  /** Return square matrices Q, and R with as many rows as the input. Default false. */
  fullMatrices?: boolean;
}

const qrDefaults: Required<QrOptions> = { fullMatrices: false };

/** Columns [from, to) of matrices. */
function columns(x: Tensor, from: number, to: number): Tensor {
  const begin = shapeOf(x).map((_, d) => (d === x.rank - 1 ? from : 0));
  return slice(x, begin, [...shapeOf(x).slice(0, -1), to - from]);
}

/** x·r⁻ᵀ for an upper triangular r. */
const dividedByAdjoint = (x: Tensor, r: Tensor): Tensor =>
  swapped(triangularSolve(r, swapped(x), { lower: false }));

/** The gradient of a matrix with at least as many rows as columns. */
function tallGradient(q: Tensor, r: Tensor, dq: Tensor, dr: Tensor): Tensor {
  const qdq = matmul(q, dq, { transposeA: true });
  const rdr = matmul(r, dr, { transposeB: true });
  const skew = add(subtract(qdq, swapped(qdq)), subtract(rdr, swapped(rdr)));
  const lower = band(skew, -shapeOf(r)[r.rank - 1], 0);
  const inSpan = matmul(q, add(dr, dividedByAdjoint(lower, r)));
  return add(inSpan, dividedByAdjoint(subtract(dq, matmul(q, qdq)), r));
}

/** [q, r] of matrices; the attribute is whether they are full. */
const factors = multiOp<[x: Tensor, full: boolean], boolean>('qrFactors', {
  tf: '',
  dtypes: factorTypes,
  args: (x, full) => [[x], full],
  infer: ([x], full) => {
    const batch = shapeOf(x).slice(0, -2);
    const [m, n] = shapeOf(x).slice(-2);
    const p = full ? m : Math.min(m, n);
    return [
      { shape: asShape([...batch, m, p]), dt: x.dt },
      { shape: asShape([...batch, p, n]), dt: x.dt },
    ];
  },
  run: ([x], _, [q, r]) => {
    const [m, n] = shapeOf(x).slice(-2);
    kernels.qr(x, q, r, batchSize(x), m, n, shapeOf(q)[q.rank - 1], x.dt.code);
  },
  saves: { inputs: [0], outputs: true },
  gradient: ([dq, dr], { x: [a], y: [q, r], shapes: [shape] }) => {
    const [m, n] = shape.slice(-2);
    if (m > n && shapeOf(q)[q.rank - 1] === m) {
      throw new UnimplementedError(
        '[qr] there is no gradient if a matrix has more rows than columns and fullMatrices is true',
      );
    }
    if (m >= n) return [tallGradient(q, r, dq, dr)];
    // A = [X, Y], R = [U, V]: X = Q·U is the square case, and Y = Q·V.
    const dv = columns(dr, m, n);
    const dqWhole = add(dq, matmul(columns(a, m, n), dv, { transposeB: true }));
    const dx = tallGradient(q, columns(r, 0, m), dqWhole, columns(dr, 0, m));
    return [concat([dx, matmul(q, dv)], -1)];
  },
});

/** The result of `qr`. */
export interface Qr<D extends DType = DType> {
  q: Tensor<D>;
  r: Tensor<D>;
}

/**
 * The QR decomposition of matrices, { q, r }: A = Q·R, where the columns of Q are orthonormal and R is upper triangular. For
 * matrices of shape [m, n] and p = min(m, n), Q has shape [m, p] and R [p, n], or with `fullMatrices` [m, m] and [m, n]. The
 * gradient requires full rank; that of full matrices with m > n is an UnimplementedError. float32 and float64.
 * @tf tf.linalg.qr
 */
export const qr: <X extends TensorLike>(input: X, options?: QrOptions | boolean) => Qr<DTypeOf<X>> =
  composite(
    'qr',
    {
      tf: 'tf.linalg.qr',
      dtypes: factorTypes,
      ulp: 8,
      examples: [
        { args: [sample([3, 3])] },
        { args: [sample([4, 2])] },
        { args: [sample([2, 4], { values: [2, 1, 0.5, -1, -0.5, 3, 1, 0.25] })] },
        { args: [sample([2, 3, 2])] },
        { args: [sample([2, 3], { values: [2, 1, 0.5, -0.5, 3, 1] })], options: { fullMatrices: true } },
        { args: [sample([3, 2], { values: [1, 2, 0, 3, 0, 1] })], noGradient: true },
        { args: [sample([3])] },
      ],
    },
    (input: TensorLike, given?: QrOptions | boolean): Qr<never> => {
      const { fullMatrices } = options<{ fullMatrices: unknown }>(given, 'fullMatrices', qrDefaults, 'qr');
      if (typeof fullMatrices !== 'boolean')
        throw new TypeError(`[qr] fullMatrices must be a boolean; got ${describe(fullMatrices)}`);
      const [q, r] = factors(factorOperand(input, 'qr', 'input')[0], fullMatrices);
      return { q, r };
    },
  );
