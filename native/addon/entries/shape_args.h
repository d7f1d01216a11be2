// Shape arguments.
#pragma once
#include "addon/call.h"

namespace gradtape {

/// Reads a dimension. The product of all nonzero dimensions must not overflow, so that no later product can.
/// 0 after a failure.
inline int64_t dimension(Call& call, int slot, int64_t* product) {
  const int64_t d = call.index(slot, int64_t{1} << 53, "a dimension is negative");
  if (d == 0 || (!__builtin_mul_overflow(*product, d, product) && *product <= (int64_t{1} << 53))) return d;
  call.fail("the shape is too large");
  return 0;
}

}  // namespace gradtape
