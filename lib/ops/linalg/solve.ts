/** Cholesky factorization, linear systems, inverses and determinants. */
import { toTensor, type TensorLike } from '../../core/convert';
import { detached } from '../../core/context';
import type { DType, DTypeInfo } from '../../core/dtype';
import type { DTypeOf, DTypeOfPair } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { memoized } from '../../core/memoize';
import { options } from '../../core/options';
import { asShape, broadcastShapes, describe, sameShape, showShape } from '../../core/shape';
import { shapeOf, type Tensor, tensorFrom } from '../../core/tensor';
import { mixedDTypes } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { multiOp, op } from '../../op/define/general';
import { sample, type Grad } from '../../op/registry';
import { broadcastTo } from '../array/movement';
import { expandDims } from '../array/views';
import { add, multiply } from '../math/binary';
import { log } from '../math/unary_math';
import { negative } from '../math/unary';
import { reduceSum } from '../reduce/reduce';
import { batchSize, factorTypes, inJavaScript, matrixReader, squareOperand, writer } from './batches';
import { choleskyFactor, identityMatrix, luFactor, luSolve, solveTriangular, transposed } from './dense';
import { matmul } from './matmul';
import { band, diagonalOf, swapped } from './structure';

const spec = { dtypes: factorTypes, host: inJavaScript } as const;

/** A symmetric positive definite example: diagonally dominant. */
const definite = sample([3, 3], { values: [4, 1, -0.5, 1, 3, 0.25, -0.5, 0.25, 2] });
const regular = sample([3, 3], { values: [2, -1, 0.5, 0.25, 3, 1, -1.5, 0.5, -2] });
const regularPair = sample([2, 2, 2], { values: [2, 1, 0.5, 3, -1, 2, 1.5, 0.25] });
const lowerTriangle = sample([3, 3], { values: [2, 0, 0, 0.5, -1, 0, 1, 0.25, 3] });

/** Ones below the diagonal and ½ on it. */
const halfLower = memoized((n: number, dt: DTypeInfo): Tensor =>
  detached(() => {
    const values = Array.from({ length: n * n }, (_, i) => {
      const [row, column] = [Math.floor(i / n), i % n];
      return column < row ? 1 : column === row ? 0.5 : 0;
    });
    return tensorFrom(dt, [n, n], values);
  }),
);

/**
 * The Cholesky factor L of symmetric positive definite matrices: A = L·Lᵀ, where L is lower triangular. Only the lower
 * triangles of the input are read. The triangle is NaN if a matrix is not positive definite. float32 and float64.
 * @tf tf.linalg.cholesky
 */
export const cholesky: <X extends TensorLike>(input: X) => Tensor<DTypeOf<X>> = op<
  [input: TensorLike],
  undefined
>('cholesky', {
  ...spec,
  tf: 'tf.linalg.cholesky',
  ulp: 4,
  examples: [
    // The gradient is symmetric, as if the input were; that is not the derivative with respect to one triangle.
    { args: [definite], noGradient: true },
    { args: [sample([2, 1, 1], { domain: [1, 4] })] },
    { args: [sample([2, 3])] },
    { args: [sample([0, 0])] },
  ],
  args: (input) => [[squareOperand(input, 'cholesky', 'input')[0]], undefined],
  infer: ([x]) => ({ shape: shapeOf(x), dt: x.dt }),
  run: ([x], _, [y]) => {
    const [read, write] = [matrixReader(x), writer(y)];
    for (let i = 0; i < batchSize(x); i++) {
      const a = read(i);
      choleskyFactor(a, shapeOf(x)[x.rank - 1]);
      write(i, a);
    }
  },
  saves: { outputs: true },
  gradient: ([dy], { y: [l] }) => {
    const middle = multiply(matmul(l, dy, { transposeA: true }), halfLower(shapeOf(l)[l.rank - 1], l.dt));
    // L⁻ᵀ·middle·L⁻¹
    const left = triangularSolve(l, middle, { adjoint: true });
    const whole = swapped(triangularSolve(l, swapped(left), { adjoint: true }));
    return [multiply(add(whole, swapped(whole)), 0.5)];
  },
});

export interface SolveOptions {
  /** Solve with the transposed matrix. Default false. */
  adjoint?: boolean;
}

const solveDefaults: Required<SolveOptions> = { adjoint: false };

/** Checks matrix and right-hand side; their batch dimensions are equal, or broadcast if `broadcast` is set. */
function systemOperands(
  op: string,
  matrix: TensorLike,
  rhs: TensorLike,
  broadcast: boolean,
): [Tensor, Tensor] {
  let [a] = squareOperand(matrix, op, 'matrix');
  let b = toTensor(rhs, a.dt, op, 'rhs');
  if (b.dt !== a.dt) throw mixedDTypes(op, a, b);
  const [left, right] = [shapeOf(a).slice(0, -2), shapeOf(b).slice(0, -2)];
  const batch = sameShape(left, right) ? left : broadcast ? broadcastShapes(left, right) : null;
  if (b.rank < 2 || batch === null || shapeOf(b)[b.rank - 2] !== shapeOf(a)[a.rank - 1]) {
    throw new InvalidArgumentError(
      `[${op}] Input matrix and rhs are incompatible: ${showShape(shapeOf(a))} and ${showShape(shapeOf(b))}; rhs must have ` +
        `as many rows as the matrix, and the same batch dimensions`,
    );
  }
  if (!sameShape(batch, left)) a = broadcastTo(a, [...batch, ...shapeOf(a).slice(-2)]);
  if (!sameShape(batch, right)) b = broadcastTo(b, [...batch, ...shapeOf(b).slice(-2)]);
  return [a, b];
}

function adjointOption(given: unknown, op: string): boolean {
  const { adjoint } = options<{ adjoint: unknown }>(given, 'adjoint', solveDefaults, op);
  if (typeof adjoint !== 'boolean')
    throw new TypeError(`[${op}] adjoint must be a boolean; got ${describe(adjoint)}`);
  return adjoint;
}

const singular = (name: string): InvalidArgumentError =>
  new InvalidArgumentError(`[${name}] Input matrix is not invertible.`);

/**
 * Solves systems of linear equations: X with matrix · X = rhs. matrix has shape […, n, n], rhs […, n, k].
 * InvalidArgumentError for a singular matrix. float32 and float64. @tf tf.linalg.solve
 */
export const solve: <A extends TensorLike, B extends TensorLike>(
  matrix: A,
  rhs: B,
  options?: SolveOptions | boolean,
) => Tensor<DTypeOfPair<A, B>> = op<
  [matrix: TensorLike, rhs: TensorLike, options?: SolveOptions | boolean],
  boolean
>('solve', {
  ...spec,
  fallible: true,
  tf: 'tf.linalg.solve',
  ulp: 4,
  examples: [
    { args: [regular, sample([3, 2])] },
    { args: [regular, sample([3, 1])], options: { adjoint: true } },
    { args: [regularPair, sample([2, 2, 3])] },
    { args: [sample([2, 2], { values: [1, 2, 2, 4] }), sample([2, 1])] },
    { args: [sample([2, 2]), sample([3, 1])] },
    { args: [sample([2, 3]), sample([2, 1])] },
  ],
  args: (matrix, rhs, given) => [systemOperands('solve', matrix, rhs, false), adjointOption(given, 'solve')],
  infer: ([, b]) => ({ shape: shapeOf(b), dt: b.dt }),
  run: ([a, b], adjoint, [x]) => {
    const [n, k] = shapeOf(b).slice(-2);
    const [readA, readB, write] = [matrixReader(a), matrixReader(b), writer(x)];
    for (let i = 0; i < batchSize(a); i++) {
      const matrix = adjoint ? transposed(readA(i), n, n) : readA(i);
      const lu = luFactor(matrix, n);
      if (!lu.regular) throw singular('solve');
      write(i, luSolve(matrix, lu, n, readB(i), k));
    }
  },
  saves: { inputs: [0], outputs: true },
  gradient: ([dx], { x: [a], y: [x], attrs: adjoint, needs }): readonly Grad[] => {
    const db = solve(a, dx, { adjoint: !adjoint });
    if (!needs[0]) return [null, db];
    const da = adjoint ? matmul(x, db, { transposeB: true }) : matmul(db, x, { transposeB: true });
    return [negative(da), db];
  },
});

export interface TriangularSolveOptions {
  /** Whether the matrix is lower (default) or upper triangular; the other triangle is not read. */
  lower?: boolean;
  /** Solve with the transposed matrix. Default false. */
  adjoint?: boolean;
}

const triangularDefaults: Required<TriangularSolveOptions> = { lower: true, adjoint: false };

/**
 * Solves systems with triangular matrices: X with matrix · X = rhs. Batch dimensions broadcast. A 0 on
 * a diagonal gives infinities. float32 and float64. @tf tf.linalg.triangular_solve
 */
export const triangularSolve: <A extends TensorLike, B extends TensorLike>(
  matrix: A,
  rhs: B,
  options?: TriangularSolveOptions | boolean,
) => Tensor<DTypeOfPair<A, B>> = op<
  [matrix: TensorLike, rhs: TensorLike, options?: TriangularSolveOptions | boolean],
  Required<TriangularSolveOptions>
>('triangularSolve', {
  ...spec,
  tf: 'tf.linalg.triangular_solve',
  ulp: 4,
  examples: [
    { args: [lowerTriangle, sample([3, 2])] },
    { args: [regular, sample([3, 2])], options: { lower: false } },
    { args: [regular, sample([3, 1])], options: { adjoint: true } },
    { args: [regular, sample([3, 1])], options: { lower: false, adjoint: true } },
    { args: [regularPair, sample([2, 3])] },
    { args: [sample([2, 2], { values: [1, 2, 2, 0] }), sample([2, 1])], noGradient: true },
    { args: [sample([2, 3]), sample([2, 1])] },
  ],
  args: (matrix, rhs, given) => {
    const name = 'triangularSolve';
    const { lower, adjoint } = options<Record<keyof TriangularSolveOptions, unknown>>(
      given,
      'lower',
      triangularDefaults,
      name,
    );
    if (typeof lower !== 'boolean' || typeof adjoint !== 'boolean')
      throw new TypeError(`[${name}] lower and adjoint must be booleans`);
    return [systemOperands(name, matrix, rhs, true), { lower, adjoint }];
  },
  infer: ([, b]) => ({ shape: shapeOf(b), dt: b.dt }),
  run: ([a, b], { lower, adjoint }, [x]) => {
    const [n, k] = shapeOf(b).slice(-2);
    const [readA, readB, write] = [matrixReader(a), matrixReader(b), writer(x)];
    for (let i = 0; i < batchSize(b); i++) {
      const matrix = adjoint ? transposed(readA(i), n, n) : readA(i);
      const rhs = readB(i);
      solveTriangular(matrix, n, rhs, k, lower !== adjoint, false);
      write(i, rhs);
    }
  },
  saves: { inputs: [0], outputs: true },
  gradient: ([dx], { x: [a], y: [x], attrs, needs }): readonly Grad[] => {
    const { lower, adjoint } = attrs;
    const db = triangularSolve(a, dx, { lower, adjoint: !adjoint });
    if (!needs[0]) return [null, db];
    const da = adjoint ? matmul(x, db, { transposeB: true }) : matmul(db, x, { transposeB: true });
    const n = shapeOf(a)[a.rank - 1];
    return [negative(lower ? band(da, -n, 0) : band(da, 0, n)), db];
  },
});

/** Solves A·X = rhs for the Cholesky factor `chol` of A. @tf tf.linalg.cholesky_solve */
export const choleskySolve: <A extends TensorLike, B extends TensorLike>(
  chol: A,
  rhs: B,
) => Tensor<DTypeOfPair<A, B>> = composite(
  'choleskySolve',
  {
    tf: 'tf.linalg.cholesky_solve',
    dtypes: factorTypes,
    ulp: 4,
    examples: [{ args: [lowerTriangle, sample([3, 2])] }],
  },
  (chol: TensorLike, rhs: TensorLike): Tensor => {
    const [l, b] = systemOperands('choleskySolve', chol, rhs, true);
    return triangularSolve(l, triangularSolve(l, b), { adjoint: true });
  },
);

/** The inverses of square matrices. InvalidArgumentError for a singular one. float32 and float64. @tf tf.linalg.inv */
export const inv: <X extends TensorLike>(input: X, options?: SolveOptions | boolean) => Tensor<DTypeOf<X>> =
  op<[input: TensorLike, options?: SolveOptions | boolean], boolean>('inv', {
    ...spec,
    fallible: true,
    tf: 'tf.linalg.inv',
    ulp: 4,
    examples: [
      { args: [regular] },
      { args: [regularPair], options: { adjoint: true } },
      { args: [sample([2, 2], { values: [1, 2, 2, 4] })] },
      { args: [sample([2, 3])] },
      { args: [sample([2, 0, 0])] },
    ],
    args: (input, given) => [[squareOperand(input, 'inv', 'input')[0]], adjointOption(given, 'inv')],
    infer: ([x]) => ({ shape: shapeOf(x), dt: x.dt }),
    run: ([x], adjoint, [y]) => {
      const n = shapeOf(x)[x.rank - 1];
      const [read, write] = [matrixReader(x), writer(y)];
      const unit = identityMatrix(n);
      for (let i = 0; i < batchSize(x); i++) {
        const a = read(i);
        const lu = luFactor(a, n);
        if (!lu.regular) throw singular('inv');
        const inverse = luSolve(a, lu, n, unit, n);
        write(i, adjoint ? transposed(inverse, n, n) : inverse);
      }
    },
    saves: { outputs: true },
    gradient: ([dy], { y: [y], attrs: adjoint }) => {
      const product = matmul(matmul(y, adjoint ? swapped(dy) : dy, { transposeA: !adjoint }), y, {
        transposeB: !adjoint,
      });
      return [negative(product)];
    },
  });

/** [sign, log |det|] of square matrices. */
const signAndLog = multiOp<[x: Tensor], undefined>('signAndLog', {
  tf: '',
  dtypes: factorTypes,
  host: inJavaScript,
  args: (x) => [[x], undefined],
  infer: ([x]) => {
    const shape = asShape(shapeOf(x).slice(0, -2));
    return [
      { shape, dt: x.dt },
      { shape, dt: x.dt },
    ];
  },
  run: ([x], _, [signs, logs]) => {
    const n = shapeOf(x)[x.rank - 1];
    const [read, writeSign, writeLog] = [matrixReader(x), writer(signs), writer(logs)];
    for (let i = 0; i < batchSize(x); i++) {
      const a = read(i);
      const lu = luFactor(a, n);
      let { sign } = lu;
      let sum = 0;
      for (let d = 0; d < n; d++) {
        sign *= Math.sign(a[d * n + d]);
        sum += Math.log(Math.abs(a[d * n + d]));
      }
      writeSign(i, Float64Array.of(lu.regular ? sign : 0));
      writeLog(i, Float64Array.of(lu.regular ? sum : -Infinity));
    }
  },
  saves: { inputs: [0] },
  gradient: ([, dlog], { x: [a] }) => [
    multiply(expandDims(expandDims(dlog, -1), -1), inv(a, { adjoint: true })),
  ],
});

/** The result of `slogdet`. */
export interface Slogdet<D extends DType = DType> {
  sign: Tensor<D>;
  logAbsDeterminant: Tensor<D>;
}

/**
 * The signs and the logarithms of the absolute values of determinants: { sign, logAbsDeterminant }. Of a singular matrix
 * they are 0 and −∞. float32 and float64. @tf tf.linalg.slogdet
 */
export const slogdet: <X extends TensorLike>(input: X) => Slogdet<DTypeOf<X>> = composite(
  'slogdet',
  {
    tf: 'tf.linalg.slogdet',
    dtypes: factorTypes,
    ulp: 4,
    examples: [{ args: [regular] }, { args: [regularPair] }, { args: [sample([2, 3])] }],
  },
  (input: TensorLike): Slogdet<never> => {
    const [sign, logAbsDeterminant] = signAndLog(squareOperand(input, 'slogdet', 'input')[0]);
    return { sign, logAbsDeterminant };
  },
);

/** The determinants of square matrices. float32 and float64. @tf tf.linalg.det */
export const det: <X extends TensorLike>(input: X) => Tensor<DTypeOf<X>> = op<[input: TensorLike], undefined>(
  'det',
  {
    ...spec,
    tf: 'tf.linalg.det',
    ulp: 4,
    examples: [
      { args: [regular] },
      { args: [regularPair] },
      { args: [sample([2, 3])] },
      { args: [sample([2, 0, 0])] },
    ],
    args: (input) => [[squareOperand(input, 'det', 'input')[0]], undefined],
    infer: ([x]) => ({ shape: asShape(shapeOf(x).slice(0, -2)), dt: x.dt }),
    run: ([x], _, [y]) => {
      const n = shapeOf(x)[x.rank - 1];
      const [read, write] = [matrixReader(x), writer(y)];
      for (let i = 0; i < batchSize(x); i++) {
        const a = read(i);
        let product = luFactor(a, n).sign;
        for (let d = 0; d < n; d++) product *= a[d * n + d];
        write(i, Float64Array.of(product));
      }
    },
    saves: { inputs: [0], outputs: true },
    gradient: ([dy], { x: [a], y: [y] }) => [
      multiply(expandDims(expandDims(multiply(dy, y), -1), -1), inv(a, { adjoint: true })),
    ],
  },
);

/** The logarithms of the determinants of symmetric positive definite matrices. @tf tf.linalg.logdet */
export const logdet: <X extends TensorLike>(matrix: X) => Tensor<DTypeOf<X>> = composite(
  'logdet',
  {
    tf: 'tf.linalg.logdet',
    dtypes: factorTypes,
    ulp: 4,
    examples: [{ args: [definite], noGradient: true }, { args: [sample([2, 1, 1], { domain: [1, 4] })] }],
  },
  (matrix: TensorLike): Tensor => {
    const [a] = squareOperand(matrix, 'logdet', 'matrix');
    return multiply(reduceSum(log(diagonalOf(cholesky(a))), { axis: -1 }), 2);
  },
);
