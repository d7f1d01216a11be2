// Random numbers for whole tensors.
#pragma once
#include "kernels/table.h"

namespace gradtape {

/// Binary kernels that are applied to random floats in order, each with a scalar; null: none.
struct RandomSteps {
  static constexpr int kCount = 2;
  BinaryFn fn[kCount];
  double operand[kCount];
};

/// Writes n elements.
void run_random(RandomFn fn, const RandomArgs& args, const RandomSteps& steps, int dtype, void* y, int64_t n);

/// Derives a generator from a stateless seed, which is in place of the counter in `args`: one block gives the
/// key and the upper half of the counter. `words` draws unrestricted int32.
void scramble(RandomFn words, RandomArgs* args);

}  // namespace gradtape
