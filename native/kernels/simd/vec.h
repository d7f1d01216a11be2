// Basic SIMD types and operations: GCC/Clang vector extensions, as wide as the instruction set's registers.
#pragma once
#include <stdint.h>
#include <string.h>

#include "kernels/isa.h"
#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

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

/// Number of vector registers.
#if (defined(__AVX512F__) && GT_VEC_BYTES == 64) || defined(__aarch64__)
inline constexpr int kRegisters = 32;
#else
inline constexpr int kRegisters = 16;
#endif

using vf = Vec<float>;
using vd = Vec<double>;
using vi = Vec<int32_t>;  // lane masks of vf, and its integer bits
using vl = Vec<int64_t>;  // lane masks of vd
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
/// Forces a loaded vector to stay in a register; the compiler might otherwise fold the load into each
/// multiply-add that uses it, and so repeat it.
template <class V>
GT_INLINE void keep_in_register(V& v) {
#if defined(__AVX512F__)
  asm("" : "+v"(v));
#elif defined(__AVX2__)
  asm("" : "+x"(v));
#else
  (void)v;
#endif
}
/// Loads the first n < kLanes<T> elements; the other lanes are `fill`.
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
/// mask ? a : b in each lane; a lane of a mask is all ones or zero.
template <class M, class V>
GT_INLINE V select(M mask, V a, V b) {
  return mask ? a : b;
}
/// Whether any lane of a mask is set.
GT_INLINE bool any(vi mask) {
#if defined(__AVX512F__)
  return _mm512_test_epi32_mask(bitcast<__m512i>(mask), bitcast<__m512i>(mask)) != 0;
#elif defined(__AVX2__)
  return _mm256_movemask_ps(bitcast<__m256>(mask)) != 0;
#elif defined(__SSE2__)
  return _mm_movemask_ps(bitcast<__m128>(mask)) != 0;
#elif defined(__aarch64__)
  return vmaxvq_u32(bitcast<uint32x4_t>(mask)) != 0;
#else
  int32_t r = 0;
  for (int i = 0; i < kLanes<int32_t>; i++) r |= mask[i];
  return r != 0;
#endif
}
/// Applies a scalar function to each lane: for the rare inputs for which a vector function calls the C
/// library.
template <class F>
GT_INLINE vf each_lane(vf x, F f) {
  for (int i = 0; i < kLanes<float>; i++) x[i] = f(x[i]);
  return x;
}

/// Conversions between one register of floats and two of doubles (narrow, widen_low, widen_high).
#if GT_VEC_BYTES == 64
#define GT_LOW_LANES 0, 1, 2, 3, 4, 5, 6, 7
#define GT_HIGH_LANES 8, 9, 10, 11, 12, 13, 14, 15
#elif GT_VEC_BYTES == 32
#define GT_LOW_LANES 0, 1, 2, 3
#define GT_HIGH_LANES 4, 5, 6, 7
#else
#define GT_LOW_LANES 0, 1
#define GT_HIGH_LANES 2, 3
#endif
GT_INLINE vd widen_low(vf x) {
  return __builtin_convertvector(__builtin_shufflevector(x, x, GT_LOW_LANES), vd);
}
GT_INLINE vd widen_high(vf x) {
  return __builtin_convertvector(__builtin_shufflevector(x, x, GT_HIGH_LANES), vd);
}
GT_INLINE vf narrow(vd low, vd high) {
  using Half = Vec<float, kLanes<float> / 2>;
  return __builtin_shufflevector(__builtin_convertvector(low, Half), __builtin_convertvector(high, Half),
                                 GT_LOW_LANES, GT_HIGH_LANES);
}

/// a < b ? a : b: if either is NaN, the result is b.
template <class V>
GT_INLINE V max_or_second(V a, V b) {
  return a > b ? a : b;
}
/// a·b + c, rounded once where the instruction set has fused multiply-add. 256-bit vectors and NEON use
/// intrinsics: when tuning for Zen 2 and 3, GCC splits a multiply-add that is alone in its loop into a
/// product and a sum, so a tile with one accumulator would round differently from a larger one; for AArch64
/// it did so in tiles of one pixel.
template <class V>
GT_INLINE V fma(V a, V b, V c) {
#if defined(__FMA__) && GT_VEC_BYTES == 32
  if constexpr (__is_same(V, vf)) {
    return bitcast<V>(_mm256_fmadd_ps(bitcast<__m256>(a), bitcast<__m256>(b), bitcast<__m256>(c)));
  } else if constexpr (__is_same(V, vd)) {
    return bitcast<V>(_mm256_fmadd_pd(bitcast<__m256d>(a), bitcast<__m256d>(b), bitcast<__m256d>(c)));
  } else {
    return a * b + c;
  }
#elif defined(__aarch64__)
  if constexpr (__is_same(V, vf)) {
    return bitcast<V>(vfmaq_f32(bitcast<float32x4_t>(c), bitcast<float32x4_t>(a), bitcast<float32x4_t>(b)));
  } else if constexpr (__is_same(V, vd)) {
    return bitcast<V>(vfmaq_f64(bitcast<float64x2_t>(c), bitcast<float64x2_t>(a), bitcast<float64x2_t>(b)));
  } else {
    return a * b + c;
  }
#else
  return a * b + c;  // contracted: -ffp-contract=fast
#endif
}

}  // namespace
