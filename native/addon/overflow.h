// Checked arithmetic of the native binding.
#pragma once
#include <stdint.h>

namespace gradtape {

/// One past the largest integer that a number of a call can hold.
inline constexpr int64_t kIntegers = (int64_t{1} << 53) + 1;

/// *product *= factor (neither negative); false on overflow.
inline bool multiply_into(int64_t* product, int64_t factor) {
  return !__builtin_mul_overflow(*product, factor, product);
}

}  // namespace gradtape
