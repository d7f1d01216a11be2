// Pooling, and the blocks of windows that it shares with depthwise convolution.
#pragma once
#include "kernels/dtypes.h"

namespace gradtape {

/// Outputs of a sliding window, rows × count pixels of `channels` contiguous elements, that all have the same
/// taps. Output (r, i) reads x[r · x_row + i · x_step + Σ tₐ · x_tap[a]] for tₐ < taps[a], the axes from
/// depth to width; all strides are in elements.
struct WindowBlock {
  const void* x;
  void* y;
  int64_t x_row, x_step, y_row, y_step;
  int64_t rows, count, channels;
  int64_t taps[3], x_tap[3];
};

/// Pooling. g and dx have the layout of x.
struct PoolBlock : WindowBlock {
  const void* g;
  void* dx;
  double scale;
  bool fresh;  // dx is written, not added to
};
struct PoolKernels {
  /// y = max x; NaN where one is.
  void (*max)(const PoolBlock& block) noexcept;
  /// y = g where x is largest: at the first NaN, else at the first of the largest.
  void (*gather)(const PoolBlock& block) noexcept;
  /// The gradient of max: dx += y at those elements; the other taps get 0 if `fresh`. Floats only, as below.
  void (*max_gradient)(const PoolBlock& block) noexcept;
  /// y = scale · Σ x.
  void (*mean)(const PoolBlock& block) noexcept;
  /// The gradient of mean: dx += scale · y at all taps.
  void (*mean_gradient)(const PoolBlock& block) noexcept;
};

}  // namespace gradtape
