// Factorizations of matrices.
#pragma once
#include "kernels/dtypes.h"

namespace gradtape {

/// QrFn aligns columns to a multiple of this many doubles.
inline constexpr int64_t kQrAlign = 16;

/// The QR decomposition of x (m×n, m ≥ 1): the first `columns` columns of Q (min(m, n) to m, at least one)
/// and as many rows of R. x, q and r are row-major and do not overlap. Computed in double. `work` holds n +
/// columns columns of `stride` doubles, stride ≥ m a multiple of kQrAlign, and min(m, n) doubles more.
using QrFn = void (*)(const void* x, void* q, void* r, int64_t m, int64_t n, int64_t columns, double* work,
                      int64_t stride) noexcept;

}  // namespace gradtape
