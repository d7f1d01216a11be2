// One loop body for the whole vectors of a run of elements and for the partial one at its end.
#pragma once
#include "kernels/simd/lanes.h"

namespace {

/// A body is called with one of these: it loads and stores through it.
template <class T>
struct Whole {
  GT_INLINE Vec<T> get(const T* p) const { return load(p); }
  GT_INLINE void put(T* p, Vec<T> v) const { store(p, v); }
  /// v, with 0 in lanes past the end.
  GT_INLINE Vec<T> only(Vec<T> v) const { return v; }
};
template <class T>
struct Partial {
  Lanes<T> lanes;
  int64_t n;
  GT_INLINE Vec<T> get(const T* p) const { return load_lanes(p, lanes); }
  GT_INLINE void put(T* p, Vec<T> v) const { store_lanes(p, v, lanes); }
  GT_INLINE Vec<T> only(Vec<T> v) const {
    T lane[kLanes<T>];
    store(lane, v);
    GT_UNROLL
    for (int i = 0; i < kLanes<T>; i++) lane[i] = i < n ? lane[i] : T(0);
    return load(lane);
  }
};
template <>
struct Partial<uint8_t> {
  int64_t n;
  GT_INLINE Vec<uint8_t> get(const uint8_t* p) const { return load_n(p, n); }
  GT_INLINE void put(uint8_t* p, Vec<uint8_t> v) const { store_n(p, v, n); }
};
/// The first n lanes, n < kLanes<T>; T has 1, 4 or 8 bytes.
template <class T>
GT_INLINE Partial<T> partial(int64_t n) {
  if constexpr (sizeof(T) == 1) {
    return {n};
  } else {
    return {first_lanes<T>(n), n};
  }
}

/// f(i, span) for the vectors of n elements.
template <class T, class F>
GT_INLINE void each_vector(int64_t n, const F& f) {
  const int64_t end = n / kLanes<T> * kLanes<T>;
  for (int64_t i = 0; i < end; i += kLanes<T>) f(i, Whole<T>{});
  if (end < n) f(end, partial<T>(n - end));
}

}  // namespace
