// Dtypes that are not computed with as they are stored: tiles of their elements are converted to the compute
// type, whose kernels serve, and the results are converted back. There is one such loop for each family, and
// no second copy of a kernel.
#pragma once
#include "element_types.h"
#include "simd/half.h"
#include "table.h"

namespace {

/// Lanes of a register of the compute type, as they are stored.
template <class T>
inline constexpr int kConvertedLanes = kLanes<compute_t<T>>;
template <class T>
struct StoredLanes {
  using type = Vec<T, kConvertedLanes<T>>;
};
template <>
struct StoredLanes<Float16> {
  using type = vh;
};
template <>
struct StoredLanes<BFloat16> {
  using type = vh;
};
template <class T>
using stored_t = typename StoredLanes<T>::type;

template <class T>
GT_INLINE void widen_lanes(const void* x, void* y) {
  stored_t<T> v;
  memcpy(&v, x, sizeof v);
  if constexpr (is_float<T>) {
    const vf wide = floats_of(v, T());
    memcpy(y, &wide, sizeof wide);
  } else {
    const auto wide = __builtin_convertvector(v, Vec<compute_t<T>>);
    memcpy(y, &wide, sizeof wide);
  }
}
template <class T>
GT_INLINE void narrow_lanes(const void* x, void* y) {
  Vec<compute_t<T>> v;
  memcpy(&v, x, sizeof v);
  if constexpr (is_float<T>) {
    const vh halves = halves_of(v, T());
    memcpy(y, &halves, sizeof halves);
  } else {
    const auto stored = __builtin_convertvector(v, stored_t<T>);
    memcpy(y, &stored, sizeof stored);
  }
}

/// y[i] = x[i], to the compute type.
template <class T>
GT_OUTLINE void widen(const void* xv, void* yv, int64_t n) noexcept {
  constexpr int L = kConvertedLanes<T>;
  const T* x = static_cast<const T*>(xv);
  compute_t<T>* y = static_cast<compute_t<T>*>(yv);
  for (; n >= L; n -= L, x += L, y += L) widen_lanes<T>(x, y);
  if (n <= 0) return;
  T last[L] = {};
  compute_t<T> wide[L];
  memcpy(last, x, static_cast<size_t>(n) * sizeof(T));
  widen_lanes<T>(last, wide);
  memcpy(y, wide, static_cast<size_t>(n) * sizeof(compute_t<T>));
}

/// y[i] = x[i], from the compute type: floats are rounded, integers lose their high bits.
template <class T>
GT_OUTLINE void narrow(const void* xv, void* yv, int64_t n) noexcept {
  constexpr int L = kConvertedLanes<T>;
  const compute_t<T>* x = static_cast<const compute_t<T>*>(xv);
  T* y = static_cast<T*>(yv);
  for (; n >= L; n -= L, x += L, y += L) narrow_lanes<T>(x, y);
  if (n <= 0) return;
  compute_t<T> last[L] = {};
  T stored[L];
  memcpy(last, x, static_cast<size_t>(n) * sizeof(compute_t<T>));
  narrow_lanes<T>(last, stored);
  memcpy(y, stored, static_cast<size_t>(n) * sizeof(T));
}

/// How a dtype is converted.
struct Conversion {
  gradtape::CastFn widen, narrow;
  int64_t size, compute_size;  // bytes of an element
};
template <class T>
constexpr Conversion kConversion = {&widen<T>, &narrow<T>, sizeof(T), sizeof(compute_t<T>)};

/// Elements of a tile. Two of the widest fit the first cache, beside what a kernel needs.
inline constexpr int64_t kTile = 1024, kTileBytes = 8 * kTile;

/// f(begin, n) for each tile of so many elements.
template <class F>
GT_INLINE void each_tile(int64_t n, const F& f) {
  for (int64_t i = 0; i < n; i += kTile) f(i, n - i < kTile ? n - i : kTile);
}
GT_INLINE const char* bytes_at(const void* p, int64_t bytes) { return static_cast<const char*>(p) + bytes; }
GT_INLINE char* bytes_at(void* p, int64_t bytes) { return static_cast<char*>(p) + bytes; }

/// An op of one operand by `fn`, which is of the compute type.
[[maybe_unused]] GT_OUTLINE void unary_tiles(const Conversion& c, gradtape::UnaryFn fn, bool to_bool,
                                             const void* x, void* y, int64_t n) noexcept {
  alignas(64) char tile[kTileBytes];
  each_tile(n, [&](int64_t i, int64_t count) {
    c.widen(bytes_at(x, i * c.size), tile, count);
    fn(tile, to_bool ? bytes_at(y, i) : tile, count);
    if (!to_bool) c.narrow(tile, bytes_at(y, i * c.size), count);
  });
}

/// The same of two operands.
[[maybe_unused]] GT_OUTLINE void binary_tiles(const Conversion& c, gradtape::BinaryFn fn, int mode,
                                              bool to_bool, const void* av, const void* bv, void* y,
                                              int64_t n) noexcept {
  if (n <= 0) return;
  alignas(64) char a[kTileBytes], b[kTileBytes];
  const bool one_a = mode == gradtape::kScalarVec, one_b = mode == gradtape::kVecScalar;
  if (one_a) c.widen(av, a, 1);
  if (one_b) c.widen(bv, b, 1);
  char* const result = one_a ? b : a;
  each_tile(n, [&](int64_t i, int64_t count) {
    if (!one_a) c.widen(bytes_at(av, i * c.size), a, count);
    if (!one_b) c.widen(bytes_at(bv, i * c.size), b, count);
    fn(a, b, to_bool ? bytes_at(y, i) : result, count);
    if (!to_bool) c.narrow(result, bytes_at(y, i * c.size), count);
  });
}

}  // namespace
