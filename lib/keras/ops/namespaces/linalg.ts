/** `tf.keras.ops.linalg`: linear algebra, which `tf.keras.ops` has too. */
export { eigh, luFactor, matrixRank, pinv, svd } from '../factorizations';
export { cholesky, choleskyInverse, det, inv, lstsq, norm, qr, solve, solveTriangular } from '../linalg';
