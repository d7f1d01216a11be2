// Random numbers for whole tensors.
#pragma once
#include "kernels/table.h"

namespace gradtape {

/// Binary kernels that are applied to random floats one after the other, each with a scalar; null: none.
struct RandomSteps {
  static constexpr int kCount = 2;
  BinaryFn fn[kCount];
  double operand[kCount];
};

/// n elements.
void run_random(RandomFn fn, const RandomArgs& args, const RandomSteps& steps, int dtype, void* y, int64_t n);

/// The generator of a stateless seed, which stands in `args` for the counter: one block gives its key and the
/// upper half of its counter. `words` draws int32 of any bits.
void scramble(RandomFn words, RandomArgs* args);

}  // namespace gradtape
