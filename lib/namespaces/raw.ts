/** `tf.raw`: parts of which layers and compiled functions are made. They may change between minor versions. */
export { type FusedActivation } from '../ops/nn/epilogue';
export { fusedMatmul, type FusedMatmulOptions } from '../ops/linalg/fused_matmul';
