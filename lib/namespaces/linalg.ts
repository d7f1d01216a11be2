/** `tf.linalg`: linear algebra. */
export { matmul, matvec, type MatmulOptions, type MatvecOptions } from '../ops/linalg/matmul';
export { einsum } from '../ops/linalg/einsum';
export { tensordot, type TensordotAxes } from '../ops/linalg/tensordot';
export { globalNorm, norm, type NormOptions, type NormOrder } from '../ops/math/norms';
export {
  adjoint,
  bandPart,
  diag,
  diagPart,
  matrixTranspose,
  setDiag,
  trace,
  type DiagonalOptions,
} from '../ops/linalg/structure';
export {
  cholesky,
  choleskySolve,
  det,
  inv,
  logdet,
  slogdet,
  solve,
  triangularSolve,
  type Slogdet,
  type SolveOptions,
  type TriangularSolveOptions,
} from '../ops/linalg/solve';
export { qr, type Qr, type QrOptions } from '../ops/linalg/qr';
export { eye, type EyeOptions } from '../ops/array/patterns';
export { l2Normalize, type L2NormalizeOptions } from '../ops/nn/normalization';
