// Functors of reductions: sums, products, extremes, any and all.
#pragma once
#include "kernels/element_types.h"
#include "kernels/simd/vec.h"

namespace {

template <class T>
constexpr T lowest() {
  if constexpr (is_float<T>) {
    return -static_cast<T>(__builtin_inf());
  } else if constexpr (static_cast<T>(-1) > T(0)) {
    return T(0);
  } else {
    return static_cast<T>(T(1) << (8 * sizeof(T) - 2)) * T(-2);
  }
}
template <class T>
constexpr T highest() {
  if constexpr (is_float<T>) {
    return static_cast<T>(__builtin_inf());
  } else {
    return static_cast<T>(~lowest<T>());
  }
}

// An op: `map` is applied to each element once; `join` combines two results, of vectors or elements;
// `identity` is unchanged by map and neutral in join; `Then` combines partial results. `by_bits` and
// `by_order` are as for elementwise functors.

/// x · y, where C++ would promote narrow integers to int, which does not wrap.
template <class V>
GT_INLINE V product(V x, V y) {
  if constexpr (__is_same(V, uint16_t)) {
    return static_cast<V>(static_cast<uint32_t>(x) * y);
  } else {
    return x * y;
  }
}

struct Sum {
  static constexpr bool by_bits = true;
  using Then = Sum;
  template <class T>
  static constexpr bool has = is_number<T>;
  template <class E>
  static constexpr E identity() {
    return E(0);
  }
  template <class V>
  static GT_INLINE V map(V x) {
    return x;
  }
  template <class E, class V>
  static GT_INLINE V join(V a, V b) {
    return a + b;
  }
};

struct SumSquare : Sum {
  template <class V>
  static GT_INLINE V map(V x) {
    return product(x, x);
  }
};

struct Prod {
  static constexpr bool by_bits = true;
  using Then = Prod;
  template <class T>
  static constexpr bool has = is_number<T>;
  template <class E>
  static constexpr E identity() {
    return E(1);
  }
  template <class V>
  static GT_INLINE V map(V x) {
    return x;
  }
  template <class E, class V>
  static GT_INLINE V join(V a, V b) {
    return product(a, b);
  }
};

/// The result is NaN if any element is.
template <bool kMax>
struct Extreme {
  static constexpr bool by_order = true;
  using Then = Extreme;
  template <class T>
  static constexpr bool has = is_number<T>;
  template <class E>
  static constexpr E identity() {
    return kMax ? lowest<E>() : highest<E>();
  }
  template <class V>
  static GT_INLINE V map(V x) {
    return x;
  }
  /// Correct if neither is NaN.
  template <class V>
  static GT_INLINE V quick(V a, V b) {
    return (kMax ? b > a : b < a) ? b : a;
  }
  template <class E, class V>
  static GT_INLINE V join(V a, V b) {
    if constexpr (is_float<E>) {
      return ((kMax ? b > a : b < a) | (b != b)) ? b : a;
    } else {
      return (kMax ? b > a : b < a) ? b : a;
    }
  }
};

template <class Op, class E>
inline constexpr bool HasQuick = false;
template <bool kMax>
inline constexpr bool HasQuick<Extreme<kMax>, float> = true;
template <bool kMax>
inline constexpr bool HasQuick<Extreme<kMax>, double> = true;

/// Bools are bytes of 0 or 1.
template <bool kAny>
struct Logical {
  static constexpr bool by_bits = true;
  using Then = Logical;
  template <class T>
  static constexpr bool has = is_bool<T>;
  template <class E>
  static constexpr E identity() {
    return kAny ? E(0) : E(1);
  }
  template <class V>
  static GT_INLINE V map(V x) {
    return x;
  }
  template <class E, class V>
  static GT_INLINE V join(V a, V b) {
    if constexpr (kAny) {
      return a | b;
    } else {
      return a & b;
    }
  }
};

}  // namespace
