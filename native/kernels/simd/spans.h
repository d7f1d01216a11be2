// Loops over n contiguous elements, one vector at a time, with one body for the full vectors and for the
// partial vector (the tail) at the end.
#pragma once
#include "kernels/simd/lanes.h"

namespace {

/// The body receives one of these as its `span`, through which it loads and stores.
template <class T>
struct FullVector {
  GT_INLINE Vec<T> get(const T* p) const { return load(p); }
  GT_INLINE void put(T* p, Vec<T> v) const { store(p, v); }
  /// v with the lanes past the end set to 0.
  GT_INLINE Vec<T> zero_tail(Vec<T> v) const { return v; }
};
template <class T>
struct PartialVector {
  Lanes<T> lanes;
  int64_t n;
  GT_INLINE Vec<T> get(const T* p) const { return load_lanes(p, lanes); }
  GT_INLINE void put(T* p, Vec<T> v) const { store_lanes(p, v, lanes); }
  GT_INLINE Vec<T> zero_tail(Vec<T> v) const {
    T lane[kLanes<T>];
    store(lane, v);
    GT_UNROLL
    for (int i = 0; i < kLanes<T>; i++) lane[i] = i < n ? lane[i] : T(0);
    return load(lane);
  }
};
template <>
struct PartialVector<uint8_t> {
  int64_t n;
  GT_INLINE Vec<uint8_t> get(const uint8_t* p) const { return load_n(p, n); }
  GT_INLINE void put(uint8_t* p, Vec<uint8_t> v) const { store_n(p, v, n); }
};
/// The tail of n < kLanes<T> elements; T has 1, 4 or 8 bytes.
template <class T>
GT_INLINE PartialVector<T> partial(int64_t n) {
  if constexpr (sizeof(T) == 1) {
    return {n};
  } else {
    return {first_lanes<T>(n), n};
  }
}

/// Calls f(i, span) for each vector of n elements; i is the index of its first element.
template <class T, class F>
GT_INLINE void each_vector(int64_t n, const F& f) {
  const int64_t end = n / kLanes<T> * kLanes<T>;
  for (int64_t i = 0; i < end; i += kLanes<T>) f(i, FullVector<T>{});
  if (end < n) f(end, partial<T>(n - end));
}

}  // namespace
