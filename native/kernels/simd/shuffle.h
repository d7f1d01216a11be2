// Interleaving and deinterleaving of vectors of 32-bit lanes.
#pragma once
#include "kernels/simd/vec.h"

namespace {

#if GT_VEC_BYTES == 64
#define GT_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define GT_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define GT_EVEN 0, 2, 4, 6, 8, 10, 12, 14
#define GT_ODD 1, 3, 5, 7, 9, 11, 13, 15
#define GT_ZIP 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15
#elif GT_VEC_BYTES == 32
#define GT_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define GT_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#define GT_EVEN 0, 2, 4, 6
#define GT_ODD 1, 3, 5, 7
#define GT_ZIP 0, 4, 1, 5, 2, 6, 3, 7
#else
#define GT_LOW 0, 4, 1, 5
#define GT_HIGH 2, 6, 3, 7
#define GT_EVEN 0, 2
#define GT_ODD 1, 3
#define GT_ZIP 0, 2, 1, 3
#endif

template <class T>
using Half = Vec<T, kLanes<T> / 2>;

/// Interleaves the lower (or upper) halves of a and b: a0 b0 a1 b1 …
template <class V>
GT_INLINE V interleave_low(V a, V b) {
  return __builtin_shufflevector(a, b, GT_LOW);
}
template <class V>
GT_INLINE V interleave_high(V a, V b) {
  return __builtin_shufflevector(a, b, GT_HIGH);
}
/// The even lanes 0, 2, 4 …, and the odd lanes 1, 3, 5 …
GT_INLINE Half<int32_t> evens(vi v) { return __builtin_shufflevector(v, v, GT_EVEN); }
GT_INLINE Half<int32_t> odds(vi v) { return __builtin_shufflevector(v, v, GT_ODD); }
/// Interleaves two half vectors: a0 b0 a1 b1 …
GT_INLINE vf zip(Half<float> a, Half<float> b) { return __builtin_shufflevector(a, b, GT_ZIP); }

#undef GT_LOW
#undef GT_HIGH
#undef GT_EVEN
#undef GT_ODD
#undef GT_ZIP

}  // namespace
