/** `tf.raw`: building blocks of layers and compiled functions. They may change between minor versions. */
export { type FusedActivation } from '../ops/nn/epilogue';
export { fusedMatmul, type FusedMatmulOptions } from '../ops/linalg/fused_matmul';
