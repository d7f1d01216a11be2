// Normalisation of whole tensors, split among threads; the chunks of sums depend on the shape alone.
#pragma once
#include "kernels/table.h"

namespace gradtape {

/// Row by row; mean and rstd have one element for each of `rows`. scale and shift (n elements) may be null.
void run_layer_norm(const NormKernels& k, const void* x, const void* scale, const void* shift, void* y,
                    void* mean, void* rstd, int64_t rows, int64_t n, double epsilon, int64_t size);
/// dx has the shape of x; dscale and dshift have n elements, sums over all rows. False if out of memory.
bool run_layer_norm_gradient(const NormKernels& k, const void* dy, const void* x, const void* scale,
                             const void* mean, const void* rstd, void* dx, void* dscale, void* dshift,
                             int64_t rows, int64_t n, int64_t size);

/// x is [rows, channels]; scale, shift, mean and variance have one element per channel. `variance` is the
/// unbiased variance; y uses the biased one. False if out of memory.
bool run_batch_norm(const NormKernels& k, const void* x, const void* scale, const void* shift, void* y,
                    void* mean, void* variance, int64_t rows, int64_t channels, double epsilon, int64_t size);
/// Takes mean and the unbiased variance of x. False if out of memory.
bool run_batch_norm_gradient(const NormKernels& k, const void* dy, const void* x, const void* scale,
                             const void* mean, const void* variance, void* dx, void* dscale, void* dshift,
                             int64_t rows, int64_t channels, double epsilon, int64_t size);

}  // namespace gradtape
