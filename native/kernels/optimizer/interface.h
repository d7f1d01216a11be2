// Update rules of optimizers.
#pragma once
#include "kernels/dtypes.h"

namespace gradtape {

/// States: the weights, then the optimizer's own. Read from `in`, written to `out`, which may be the same
/// memory.
inline constexpr int kOptimizerStates = 4;
struct OptimizerRun {
  const void* gradient;
  const void* in[kOptimizerStates];
  void* out[kOptimizerStates];
  int64_t n;
  double numbers[4];
};
using OptimizerFn = void (*)(const OptimizerRun& run) noexcept;
struct OptimizerEntry {
  const char* name;
  int states;   // how many of in and out it has
  int numbers;  // and how many numbers
  ByDType<OptimizerFn> fn;
};

}  // namespace gradtape
