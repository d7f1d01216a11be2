/** `tf.raw`: parts of which layers and compiled functions are made. They may change between minor versions. */
export { type FusedActivation } from '../ops/finish';
export { fusedMatmul, type FusedMatmulOptions } from '../ops/fused_matmul';
