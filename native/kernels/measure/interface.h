// Loops that measure the hardware.
#pragma once
#include "kernels/dtypes.h"

namespace gradtape {

/// Loops that measure the hardware, for benchmarks alone.
struct MeasureKernels {
  int64_t operations;  // per repeat of multiply_add
  float (*multiply_add)(int64_t repeats) noexcept;
  float (*read)(const float* x, int64_t n) noexcept;
  void (*write)(float* y, int64_t n) noexcept;
  void (*copy)(const float* x, float* y, int64_t n) noexcept;
  void (*add)(const float* x, const float* a, float* y, int64_t n) noexcept;
};

}  // namespace gradtape
