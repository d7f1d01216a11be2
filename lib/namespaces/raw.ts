/** `tf.raw`: parts of which layers and compiled functions are made. They may change between minor versions. */
export { fusedMatmul, type FusedActivation, type FusedMatmulOptions } from '../ops/fused_matmul';
