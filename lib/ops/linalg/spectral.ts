/** Eigenvalues, singular values, pseudoinverses and LU factors of batches of matrices, with gradients. */
import { UnimplementedError } from '../../core/errors';
import { asShape } from '../../core/shape';
import { dtypes } from '../../core/dtype';
import { shapeOf, storageView, type Tensor } from '../../core/tensor';
import { multiOp } from '../../op/define/general';
import { internalUnaryOp } from '../../op/define/internal';
import { onesLike, zerosLike } from '../array/creation';
import { eye } from '../array/patterns';
import { expandDims } from '../array/views';
import { gather } from '../index/indexing';
import { add, divide, multiply, subtract } from '../math/binary';
import { equal } from '../math/compare';
import { select } from '../math/select';
import { square } from '../math/unary';
import { batchSize, factorTypes, inJavaScript, matrixReader, writer } from './batches';
import { luFactor } from './dense';
import { completed, singularValues, symmetricEigen } from './jacobi';
import { matmul } from './matmul';
import { triangularSolve } from './solve';
import { band, diag, swapped } from './structure';

const spec = { tf: '', dtypes: factorTypes, host: inJavaScript } as const;

/** 1 / (xⱼ − xᵢ) of vectors x; 0 where they are equal. */
function gaps(x: Tensor): Tensor {
  const differences = subtract(expandDims(x, -2), expandDims(x, -1));
  const isSame = equal(differences, 0);
  const safe = select(isSame, onesLike(differences), differences);
  return select(isSame, zerosLike(differences), divide(1, safe));
}

/** The eigenvalues, ascending, and eigenvectors of symmetric matrices, of which the lower triangles are read: [values, vectors]. */
export const symmetricEigenvectors = multiOp<[x: Tensor], null>('symmetricEigenvectors', {
  ...spec,
  args: (x) => [[x], null],
  infer: ([x]) => [
    { shape: asShape(shapeOf(x).slice(0, -1)), dt: x.dt },
    { shape: shapeOf(x), dt: x.dt },
  ],
  run: ([x], _, [e, v]) => {
    const n = shapeOf(x)[x.rank - 1];
    const [read, writeE, writeV] = [matrixReader(x), writer(e), writer(v)];
    for (let i = 0; i < batchSize(x); i++) {
      const { values, vectors } = symmetricEigen(read(i), n);
      writeE(i, values);
      writeV(i, vectors);
    }
  },
  saves: { outputs: true },
  gradient: ([de, dv], { y: [e, v] }) => {
    const inner = add(diag(de), multiply(gaps(e), matmul(v, dv, { transposeA: true })));
    const whole = matmul(v, matmul(inner, v, { transposeB: true }));
    // Elements above the diagonal are not read: those below stand for both.
    const both = add(whole, swapped(whole));
    return [subtract(band(both, -shapeOf(e)[e.rank - 1], 0), band(whole, 0, 0))];
  },
});

/** x with columns multiplied by vectors. */
const scaled = (x: Tensor, by: Tensor): Tensor => multiply(x, expandDims(by, -2));
/** XᵀY − YᵀX. */
function skew(x: Tensor, y: Tensor): Tensor {
  const product = matmul(x, y, { transposeA: true });
  return subtract(product, swapped(product));
}
/** What of the columns of y is orthogonal to those of x. */
const outside = (x: Tensor, y: Tensor): Tensor => subtract(y, matmul(x, matmul(x, y, { transposeA: true })));

/** The singular value decompositions A = U·diag(s)·Vᵀ: [u, s, v]; the attribute is whether u and v are square. */
export const singularVectors = multiOp<[x: Tensor, full: boolean], boolean>('singularVectors', {
  ...spec,
  args: (x, full) => [[x], full],
  infer: ([x], full) => {
    const batch = shapeOf(x).slice(0, -2);
    const [m, n] = shapeOf(x).slice(-2);
    const k = Math.min(m, n);
    return [
      { shape: asShape([...batch, m, full ? m : k]), dt: x.dt },
      { shape: asShape([...batch, k]), dt: x.dt },
      { shape: asShape([...batch, n, full ? n : k]), dt: x.dt },
    ];
  },
  run: ([x], full, [u, s, v]) => {
    const [m, n] = shapeOf(x).slice(-2);
    const k = Math.min(m, n);
    const [read, writeU, writeS, writeV] = [matrixReader(x), writer(u), writer(s), writer(v)];
    for (let i = 0; i < batchSize(x); i++) {
      const found = singularValues(read(i), m, n);
      writeU(i, full && m > k ? completed(found.u, m, k, k, m) : found.u);
      writeS(i, found.s);
      writeV(i, full && n > k ? completed(found.v, n, k, k, n) : found.v);
    }
  },
  saves: { outputs: true },
  gradient: ([du, ds, dv], { y: [u, s, v], shapes: [shape], attrs: full }) => {
    const [m, n] = shape.slice(-2);
    if (full && m !== n)
      throw new UnimplementedError(
        '[svd] there is no gradient if a matrix is not square and fullMatrices is true',
      );
    const between = gaps(square(s));
    const left = scaled(multiply(skew(u, du), between), s);
    const right = multiply(expandDims(s, -1), multiply(skew(v, dv), between));
    const middle = matmul(u, matmul(add(add(left, right), diag(ds)), v, { transposeB: true }));
    const inverse = divide(1, s);
    const above = m > n ? matmul(scaled(outside(u, du), inverse), v, { transposeB: true }) : null;
    const beside = n > m ? matmul(u, scaled(outside(v, dv), inverse), { transposeB: true }) : null;
    const rest = above ?? beside;
    return [rest === null ? middle : add(middle, rest)];
  },
});

/** Pseudoinverses; singular values up to the attribute times the largest one count as 0. */
export const pseudoinverse: (x: Tensor, rcond: number) => Tensor = internalUnaryOp<number>('pseudoinverse', {
  dtypes: factorTypes,
  host: inJavaScript,
  infer: ([x]) => {
    const [m, n] = shapeOf(x).slice(-2);
    return { shape: asShape([...shapeOf(x).slice(0, -2), n, m]), dt: x.dt };
  },
  run: ([x], rcond, [y]) => {
    const [m, n] = shapeOf(x).slice(-2);
    const k = Math.min(m, n);
    const [read, write] = [matrixReader(x), writer(y)];
    for (let i = 0; i < batchSize(x); i++) {
      const { u, s, v } = singularValues(read(i), m, n);
      const result = new Float64Array(n * m);
      for (let j = 0; j < k && s[j] > rcond * s[0]; j++)
        for (let r = 0; r < n; r++)
          for (let c = 0; c < m; c++) result[r * m + c] += (v[r * k + j] / s[j]) * u[c * k + j];
      write(i, result);
    }
  },
  saves: { inputs: [0], outputs: true },
  // G. H. Golub and V. Pereyra: dP = −P·dA·P + P·Pᵀ·dAᵀ·(I − A·P) + (I − P·A)·dAᵀ·Pᵀ·P.
  gradient: ([dy], { x: [a], y: [p] }) => {
    const [m, n] = shapeOf(a).slice(-2);
    const [pt, gt] = [swapped(p), swapped(dy)];
    const first = matmul(pt, matmul(dy, pt));
    const rows = subtract(eye(m, { dtype: a.dtype }), matmul(a, p));
    const columns = subtract(eye(n, { dtype: a.dtype }), matmul(p, a));
    const second = matmul(matmul(rows, gt), matmul(p, pt));
    const third = matmul(matmul(pt, p), matmul(gt, columns));
    return [subtract(add(second, third), first)];
  },
});

/** LU factors of square matrices with partial pivoting, in one matrix, and the place of each row among them: [lu, places]. */
export const luFactors = multiOp<[x: Tensor], null>('luFactors', {
  ...spec,
  args: (x) => [[x], null],
  infer: ([x]) => [
    { shape: shapeOf(x), dt: x.dt },
    { shape: asShape(shapeOf(x).slice(0, -1)), dt: dtypes.int32 },
  ],
  run: ([x], _, [lu, places]) => {
    const n = shapeOf(x)[x.rank - 1];
    const [read, write] = [matrixReader(x), writer(lu)];
    const to = storageView(places) as Int32Array;
    for (let i = 0; i < batchSize(x); i++) {
      const matrix = read(i);
      luFactor(matrix, n).rows.forEach((row, place) => (to[places.offset / 4 + i * n + row] = place));
      write(i, matrix);
    }
  },
  saves: { outputs: true },
  gradient: ([d], { y: [lu, places] }) => {
    const n = shapeOf(lu)[lu.rank - 1];
    const lower = add(subtract(band(lu, -n, 0), band(lu, 0, 0)), eye(n, { dtype: lu.dtype }));
    const upper = band(lu, 0, n);
    const strict = (x: Tensor): Tensor => subtract(band(x, -n, 0), band(x, 0, 0));
    const inner = add(
      strict(matmul(lower, strict(d), { transposeA: true })),
      band(matmul(band(d, 0, n), upper, { transposeB: true }), 0, n),
    );
    // L⁻ᵀ·inner·U⁻ᵀ, its rows where they were.
    const left = triangularSolve(lower, inner, { lower: true, adjoint: true });
    const both = swapped(triangularSolve(upper, swapped(left), { lower: false }));
    return [gather(both, places, { batchDims: places.rank - 1, axis: places.rank - 1 })];
  },
});
