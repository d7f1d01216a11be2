// Layer and batch normalisation.
#pragma once
#include "kernels/dtypes.h"

namespace gradtape {

/// The variance is computed from differences to a pivot. If (mean − pivot)² exceeds this many variances, too
/// much precision is lost to cancellation and the moments are computed again with the mean as the pivot.
inline constexpr double kPivotFar = 4;

/// float32 and float64. Layer norm works along rows of n ≥ 1 contiguous elements; batch norm down the columns
/// of rows × width matrices.
struct NormKernels {
  /// y = (x − mean)·rstd·scale + shift, with mean and 1/√(variance + epsilon) of each row; scale and shift
  /// (n elements) may be null.
  void (*layer_norm)(const void* x, const void* scale, const void* shift, void* y, void* mean, void* rstd,
                     int64_t rows, int64_t n, double epsilon) noexcept;
  /// dx, and the sums over these rows (at least one) that dscale and dshift are made of.
  void (*layer_norm_gradient)(const void* dy, const void* x, const void* scale, const void* mean,
                              const void* rstd, void* dx, void* dscale, void* dshift, int64_t rows,
                              int64_t n) noexcept;
  /// Σ (x − pivot) and Σ (x − pivot)² of each column, accumulated in the element type: for at most a few
  /// thousand rows.
  void (*column_moments)(const void* x, const void* pivot, int64_t rows, int64_t width, void* sums,
                         void* squares) noexcept;
  /// Σ dy and Σ dy·(x − mean) of each column.
  void (*column_products)(const void* dy, const void* x, const void* mean, int64_t rows, int64_t width,
                          void* sums, void* products) noexcept;
  /// y = (x − mean)·a + b.
  void (*column_scale)(const void* x, const void* mean, const void* a, const void* b, void* y, int64_t rows,
                       int64_t width) noexcept;
  /// dx = (dy − c − (x − mean)·b)·a.
  void (*column_gradient)(const void* dy, const void* x, const void* mean, const void* a, const void* b,
                          const void* c, void* dx, int64_t rows, int64_t width) noexcept;
};

}  // namespace gradtape
