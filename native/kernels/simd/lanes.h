// Masked loads and stores of the first n lanes of a vector, for the edges of matrices. Memory outside the n
// elements is never accessed. AVX-512 and AVX2 have instructions for this; elsewhere lanes are copied one by
// one. Also the horizontal sum of a vector.
#pragma once
#if defined(__AVX2__)
#include <immintrin.h>
#endif
#include "kernels/simd/unroll.h"
#include "kernels/simd/vec.h"

namespace {

#if defined(__AVX512F__) && GT_VEC_BYTES == 64

template <class T>
struct Lanes {
  uint32_t mask;
};
/// The mask of the first n lanes, 0 ≤ n ≤ kLanes<T>. T has 4 or 8 bytes.
template <class T>
GT_INLINE Lanes<T> first_lanes(int64_t n) {
  return {(uint32_t{1} << n) - 1};
}
/// Loads the masked lanes; the others are 0.
template <class T>
GT_INLINE Vec<T> load_lanes(const T* p, Lanes<T> lanes) {
  if constexpr (sizeof(T) == 4) {
    return bitcast<Vec<T>>(_mm512_maskz_loadu_epi32(static_cast<__mmask16>(lanes.mask), p));
  } else {
    return bitcast<Vec<T>>(_mm512_maskz_loadu_epi64(static_cast<__mmask8>(lanes.mask), p));
  }
}
template <class T>
GT_INLINE void store_lanes(T* p, Vec<T> v, Lanes<T> lanes) {
  if constexpr (sizeof(T) == 4) {
    _mm512_mask_storeu_epi32(p, static_cast<__mmask16>(lanes.mask), bitcast<__m512i>(v));
  } else {
    _mm512_mask_storeu_epi64(p, static_cast<__mmask8>(lanes.mask), bitcast<__m512i>(v));
  }
}

#elif defined(__AVX2__) && GT_VEC_BYTES == 32

template <class T>
struct Lanes {
  __m256i mask;
};
template <class T>
GT_INLINE Lanes<T> first_lanes(int64_t n) {
  if constexpr (sizeof(T) == 4) {
    return {_mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)),
                               _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))};
  } else {
    return {_mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3))};
  }
}
template <class T>
GT_INLINE Vec<T> load_lanes(const T* p, Lanes<T> lanes) {
  if constexpr (sizeof(T) == 4) {
    return bitcast<Vec<T>>(_mm256_maskload_epi32(reinterpret_cast<const int*>(p), lanes.mask));
  } else {
    return bitcast<Vec<T>>(_mm256_maskload_epi64(reinterpret_cast<const long long*>(p), lanes.mask));
  }
}
template <class T>
GT_INLINE void store_lanes(T* p, Vec<T> v, Lanes<T> lanes) {
  if constexpr (sizeof(T) == 4) {
    _mm256_maskstore_epi32(reinterpret_cast<int*>(p), lanes.mask, bitcast<__m256i>(v));
  } else {
    _mm256_maskstore_epi64(reinterpret_cast<long long*>(p), lanes.mask, bitcast<__m256i>(v));
  }
}

#else

template <class T>
struct Lanes {
  int64_t n;
};
template <class T>
GT_INLINE Lanes<T> first_lanes(int64_t n) {
  return {n};
}
template <class T>
GT_INLINE Vec<T> load_lanes(const T* p, Lanes<T> lanes) {
  if (lanes.n == kLanes<T>) return load(p);
  Vec<T> v = {};
  GT_UNROLL
  for (int i = 0; i < kLanes<T> - 1; i++) {
    if (i < lanes.n) v[i] = p[i];
  }
  return v;
}
template <class T>
GT_INLINE void store_lanes(T* p, Vec<T> v, Lanes<T> lanes) {
  if (lanes.n == kLanes<T>) {
    store(p, v);
    return;
  }
  GT_UNROLL
  for (int i = 0; i < kLanes<T> - 1; i++) {
    if (i < lanes.n) p[i] = v[i];
  }
}

#endif

template <class T, int N, int... I>
GT_INLINE Vec<T, N / 2> add_halves(Vec<T, N> v, Ints<I...>) {
  return __builtin_shufflevector(v, v, I...) + __builtin_shufflevector(v, v, (I + N / 2)...);
}
template <class T, int N>
GT_INLINE T sum_halves(Vec<T, N> v) {
  if constexpr (N == 2) {
    return v[0] + v[1];
  } else {
    return sum_halves<T, N / 2>(add_halves<T, N>(v, typename MakeInts<N / 2>::type{}));
  }
}
/// The sum of all lanes, by pairwise summation.
template <class T>
GT_INLINE T sum_lanes(Vec<T> v) {
  return sum_halves<T, kLanes<T>>(v);
}

}  // namespace
