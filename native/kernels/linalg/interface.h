// Factorizations of matrices.
#pragma once
#include "kernels/dtypes.h"

namespace gradtape {

/// The columns that QrFn works on begin a multiple of this many doubles apart.
inline constexpr int64_t kQrAlign = 16;

/// The QR decomposition of x (m×n, m ≥ 1): the first `columns` columns of Q (at least one, from min(m, n) to
/// m) and as many rows of R. x, q and r are row-major and do not overlap. All is computed in double. `work`
/// has room for n + columns columns of `stride` doubles, stride ≥ m a multiple of kQrAlign, and for min(m, n)
/// more.
using QrFn = void (*)(const void* x, void* q, void* r, int64_t m, int64_t n, int64_t columns, double* work,
                      int64_t stride) noexcept;

}  // namespace gradtape
