// Softmax and cross entropy along rows.
#pragma once
#include "kernels/dtypes.h"

namespace gradtape {

/// Along `rows` rows of `cols` ≥ 1 contiguous elements; float32 and float64.
struct SoftmaxKernels {
  void (*softmax)(const void* x, void* y, int64_t rows, int64_t cols) noexcept;
  void (*log_softmax)(const void* x, void* y, int64_t rows, int64_t cols) noexcept;
  /// y[r] = log Σ exp(x) over a row; −∞ if all are −∞, ∞ if one is ∞ and none NaN.
  void (*log_sum_exp)(const void* x, void* y, int64_t rows, int64_t cols) noexcept;
  /// dx = (dy − Σ dy·y)·y.
  void (*softmax_gradient)(const void* dy, const void* y, void* dx, int64_t rows, int64_t cols) noexcept;
  /// dx = dy − eʸ·Σ dy.
  void (*log_softmax_gradient)(const void* dy, const void* y, void* dx, int64_t rows, int64_t cols) noexcept;
};

/// Cross entropy along rows, as above; float32 and float64.
struct CrossEntropyKernels {
  /// loss[r] = −Σ labels·logSoftmax(logits), backprop = softmax(logits) − labels unless it is null.
  void (*dense)(const void* logits, const void* labels, void* loss, void* backprop, int64_t rows,
                int64_t cols) noexcept;
  /// The same with a class number per row, checked before; int32 and int64.
  void (*sparse[2])(const void* logits, const void* labels, void* loss, void* backprop, int64_t rows,
                    int64_t cols) noexcept;
};

}  // namespace gradtape
