// Arithmetic of the border's checks.
#pragma once
#include <stdint.h>

namespace gradtape {

/// One past the largest integer that a call carries.
inline constexpr int64_t kIntegers = (int64_t{1} << 53) + 1;

/// *product *= factor (neither negative); false where it overflows.
inline bool multiply_into(int64_t* product, int64_t factor) {
  return !__builtin_mul_overflow(*product, factor, product);
}

/// Whether two ranges of bytes have a byte in common. Null ranges have none.
inline bool overlap(const void* a, int64_t a_bytes, const void* b, int64_t b_bytes) {
  const uintptr_t x = reinterpret_cast<uintptr_t>(a), y = reinterpret_cast<uintptr_t>(b);
  return a != nullptr && b != nullptr && x < y + static_cast<uintptr_t>(b_bytes) &&
         y < x + static_cast<uintptr_t>(a_bytes);
}

}  // namespace gradtape
