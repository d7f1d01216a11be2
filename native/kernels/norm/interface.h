// Normalisation.
#pragma once
#include "kernels/dtypes.h"

namespace gradtape {

/// A pivot this many variances (its distance from the mean, squared) away costs too many digits.
inline constexpr double kPivotFar = 4;

/// Normalisation; float32 and float64. Along rows of n ≥ 1 contiguous elements, or down columns `width` wide.
struct NormKernels {
  /// y = (x − mean)·rstd·scale + shift, with mean and 1/√(variance + epsilon) of each row; scale and shift
  /// (n elements) may be null.
  void (*layer_norm)(const void* x, const void* scale, const void* shift, void* y, void* mean, void* rstd,
                     int64_t rows, int64_t n, double epsilon) noexcept;
  /// dx, and the sums over these rows (at least one) for dscale and dshift.
  void (*layer_norm_gradient)(const void* dy, const void* x, const void* scale, const void* mean,
                              const void* rstd, void* dx, void* dscale, void* dshift, int64_t rows,
                              int64_t n) noexcept;
  /// Σ (x − pivot) and Σ (x − pivot)² of each column; for up to some thousand rows.
  void (*column_moments)(const void* x, const void* pivot, int64_t rows, int64_t width, void* sums,
                         void* squares) noexcept;
  /// Σ dy and Σ dy·(x − mean).
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
