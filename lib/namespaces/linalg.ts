/** `tf.linalg`: linear algebra. */
export { matmul, matvec, type MatmulOptions, type MatvecOptions } from '../ops/linalg/matmul';
