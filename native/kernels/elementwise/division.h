// Functors of division and remainder.
#pragma once
#include "kernels/elementwise/elementwise.h"

namespace {

/// Real division; callers cast integers first.
struct Divide {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T a, T b) {
    return a / b;
  }
};

/// a / b, truncated toward zero, for integers. Never traps: x / 0 is 0 (callers look for zeros first), and
/// the least value divided by −1 wraps to itself.
template <class T>
GT_INLINE T safe_divide(T a, T b) {
  if (b == T(0)) return T(0);
  if constexpr (T(-1) < T(0)) {
    if (b == T(-1)) return static_cast<T>(wrap_t<T>(0) - static_cast<wrap_t<T>>(a));
  }
  return static_cast<T>(a / b);
}
/// a − (a / b)·b for a given quotient, so that an op that needs both divides once; 0 for b = 0.
template <class T>
GT_INLINE T safe_remainder(T a, T b) {
  using P = promoted_t<T>;
  if (b == T(0)) return T(0);
  return static_cast<T>(static_cast<P>(a) - static_cast<P>(safe_divide(a, b)) * static_cast<P>(b));
}

// Quotients of 16-bit integers are farther from the next integer than float32's rounding error, so truncating
// the rounded quotient is exact.

struct Truncatediv {
  GT_FOR(is_number)
  static constexpr bool by_float = true;
  template <class T>
  static constexpr int cost = is_float<T> ? 1 : 8;
  template <class T>
  static T scalar(T a, T b) {
    if constexpr (is_float<T>) {
      return lib_trunc(a / b);
    } else {
      return safe_divide(a, b);
    }
  }
};

struct Floordiv {
  GT_FOR(is_number)
  static constexpr bool by_float = true;
  template <class T>
  static constexpr int cost = is_float<T> ? 1 : 8;
  template <class T>
  static T scalar(T a, T b) {
    if constexpr (is_float<T>) {
      return lib_floor(a / b);
    } else {
      const T q = safe_divide(a, b);
      const T r = safe_remainder(a, b);
      return static_cast<T>(q - static_cast<T>(r != T(0) && ((r < T(0)) != (b < T(0)))));
    }
  }
};

/// The remainder of a / b with a's sign, exact like fmod, in registers where possible. For a quotient q below
/// 2²⁸, q·b has at most 53 bits, so a − q·b is exact in double; and a / b in double does not round up to an
/// integer, because its relative distance from one is at least 2⁻²⁴.
GT_INLINE vf remainder_vec(vf a, vf b) {
  const vi beyond = ~((abs(a / b) < 268435456.0f) & (abs(b) < __builtin_inff()));
  if (any(beyond)) {
    for (int i = 0; i < kLanes<float>; i++) a[i] = __builtin_fmodf(a[i], b[i]);
    return a;
  }
  const auto half = [](vd x, vd y) {
    const auto q = __builtin_convertvector(x / y, Vec<int32_t, kLanes<double>>);
    return x - __builtin_convertvector(q, vd) * y;
  };
  const vf r = narrow(half(widen_low(a), widen_low(b)), half(widen_high(a), widen_high(b)));
  constexpr int32_t kSign = static_cast<int32_t>(0x80000000u);
  return bitcast<vf>((bitcast<vi>(r) & ~kSign) | (bitcast<vi>(a) & kSign));
}
/// The same for doubles. The quotient may have been rounded up by one; the remainder, exact by FMA, then has
/// the wrong sign.
GT_INLINE double remainder_one(double a, double b) {
#if defined(__FMA__) || defined(__aarch64__)
  const double q = __builtin_trunc(a / b);
  if (__builtin_fabs(q) < 4503599627370496.0 && __builtin_fabs(b) < __builtin_inf()) {
    double r = __builtin_fma(-q, b, a);
    if (r != 0 && (r < 0) != (a < 0)) r += (b < 0) != (a < 0) ? -b : b;
    return __builtin_copysign(r, a);
  }
#endif
  return __builtin_fmod(a, b);
}

#if defined(__FMA__) || defined(__aarch64__)
inline constexpr int kRemainderCost = 8;
#else
inline constexpr int kRemainderCost = kLibraryCost;
#endif

/// The remainder with b's sign. Floats are exact (fmod), as in TensorFlow.
struct Floormod {
  GT_FOR(is_number)
  static constexpr bool by_float = true;
  template <class T>
  static constexpr bool vectorised = is_float<T> && sizeof(T) == 4;
  template <class T>
  static constexpr int cost = is_float<T> && sizeof(T) == 8 ? kRemainderCost : 8;
  template <class T>
  static Vec<T> vec(Vec<T> a, Vec<T> b) {
    const vf r = remainder_vec(a, b);
    return select((r != 0.0f) & ((r < 0.0f) ^ (b < 0.0f)), r + b, r);
  }
  template <class T>
  static T scalar(T a, T b) {
    T r;
    if constexpr (is_float<T>) {
      r = remainder_one(a, b);
    } else {
      r = safe_remainder(a, b);
    }
    return r != T(0) && ((r < T(0)) != (b < T(0))) ? static_cast<T>(r + b) : r;
  }
};

struct Truncatemod {
  GT_FOR(is_number)
  static constexpr bool by_float = true;
  template <class T>
  static constexpr bool vectorised = is_float<T> && sizeof(T) == 4;
  template <class T>
  static constexpr int cost = is_float<T> && sizeof(T) == 8 ? kRemainderCost : 8;
  template <class T>
  static Vec<T> vec(Vec<T> a, Vec<T> b) {
    return remainder_vec(a, b);
  }
  template <class T>
  static T scalar(T a, T b) {
    if constexpr (is_float<T>) {
      return remainder_one(a, b);
    } else {
      return safe_remainder(a, b);
    }
  }
};

}  // namespace
