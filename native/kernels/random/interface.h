// Random numbers.
#pragma once
#include "kernels/dtypes.h"

namespace gradtape {

/// The state of a Philox4x32-10 generator, and the range of integer distributions: lo + (bits mod range).
struct RandomArgs {
  uint32_t key[2];
  uint32_t counter[4];
  int64_t lo;
  uint64_t range;
};
/// Writes elements [begin, end) of the sequence that `args` defines to y[begin..end); begin is a multiple of
/// kRandomGroup. Element i depends on args and i alone.
using RandomFn = void (*)(const RandomArgs& args, void* y, int64_t begin, int64_t end) noexcept;
inline constexpr int64_t kRandomGroup = 64;
struct RandomEntry {
  const char* name;
  ByDType<RandomFn> fn;
};

}  // namespace gradtape
