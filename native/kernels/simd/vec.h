// The vector vocabulary: GCC/Clang vector extensions as wide as the instruction set's registers.
#pragma once
#include <stdint.h>
#include <string.h>

#include "../isa.h"

namespace {

#ifndef GT_VEC_BYTES
#if defined(__AVX512F__)
#define GT_VEC_BYTES 64
#elif defined(__AVX2__)
#define GT_VEC_BYTES 32
#else
#define GT_VEC_BYTES 16
#endif
#endif

/// A vector of N lanes of T; by default as many as a register holds.
template <class T, int N = GT_VEC_BYTES / static_cast<int>(sizeof(T))>
struct VecType {
  typedef T type __attribute__((vector_size(N * sizeof(T))));
};
template <class T, int N = GT_VEC_BYTES / static_cast<int>(sizeof(T))>
using Vec = typename VecType<T, N>::type;
template <class T>
inline constexpr int kLanes = GT_VEC_BYTES / static_cast<int>(sizeof(T));

using vf = Vec<float>;
using vd = Vec<double>;
using vi = Vec<int32_t>;   // lane masks of vf, and its integer bits
using vl = Vec<int64_t>;   // lane masks of vd
using vu = Vec<uint32_t>;

template <class T>
GT_INLINE Vec<T> load(const T* p) {
  Vec<T> v;
  memcpy(&v, p, sizeof v);
  return v;
}
template <class T>
GT_INLINE void store(T* p, Vec<T> v) {
  memcpy(p, &v, sizeof v);
}
/// The first n (< lanes) elements, the other lanes `fill`.
template <class T>
GT_INLINE Vec<T> load_n(const T* p, int64_t n, T fill = T(0)) {
  T lanes[kLanes<T>];
  for (int i = 0; i < kLanes<T>; i++) lanes[i] = fill;
  memcpy(lanes, p, static_cast<size_t>(n) * sizeof(T));
  return load(lanes);
}
template <class T>
GT_INLINE void store_n(T* p, Vec<T> v, int64_t n) {
  memcpy(p, &v, static_cast<size_t>(n) * sizeof(T));
}
template <class T>
GT_INLINE Vec<T> splat(T x) {
  return x - Vec<T>{};  // not 0 + x, which turns -0 into 0 and costs an addition
}
template <class To, class From>
GT_INLINE To bitcast(From v) {
  static_assert(sizeof(To) == sizeof(From));
  To r;
  memcpy(&r, &v, sizeof r);
  return r;
}
/// Lanewise mask ? a : b; a mask lane is all ones or zero.
template <class M, class V>
GT_INLINE V select(M mask, V a, V b) {
  return mask ? a : b;
}
/// a < b ? a : b, so that a NaN in either place yields b.
template <class V>
GT_INLINE V min_or_second(V a, V b) {
  return a < b ? a : b;
}
template <class V>
GT_INLINE V max_or_second(V a, V b) {
  return a > b ? a : b;
}
template <class V>
GT_INLINE V fma(V a, V b, V c) {
  return a * b + c;  // contracted: -ffp-contract=fast
}

}  // namespace
