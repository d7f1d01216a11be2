// Elementwise kernels of two operands. To add one: a functor, and its line in the list at the end.
#include "activations.h"
#include "elementwise.h"
#include "simd/math.h"

namespace {

struct Add {
  GT_FOR(is_number)
  static constexpr bool by_bits = true;
  template <class T>
  static T scalar(T a, T b) {
    return static_cast<T>(static_cast<promoted_t<T>>(a) + static_cast<promoted_t<T>>(b));
  }
};

struct Subtract {
  GT_FOR(is_number)
  static constexpr bool by_bits = true;
  template <class T>
  static T scalar(T a, T b) {
    return static_cast<T>(static_cast<promoted_t<T>>(a) - static_cast<promoted_t<T>>(b));
  }
};

struct Multiply {
  GT_FOR(is_number)
  static constexpr bool by_bits = true;
  template <class T>
  static T scalar(T a, T b) {
    return static_cast<T>(static_cast<promoted_t<T>>(a) * static_cast<promoted_t<T>>(b));
  }
};

/// Real division; integers are cast before they come here.
struct Divide {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T a, T b) {
    return a / b;
  }
};

/// a / b toward zero for integers. Never traps: x / 0 is 0 (callers look for zeros first), and the least
/// value over −1 wraps to itself.
template <class T>
GT_INLINE T safe_divide(T a, T b) {
  if (b == T(0)) return T(0);
  if constexpr (T(-1) < T(0)) {
    if (b == T(-1)) return static_cast<T>(wrap_t<T>(0) - static_cast<wrap_t<T>>(a));
  }
  return static_cast<T>(a / b);
}
/// a − (a / b)·b, so that an op that wants both divides once; 0 for b = 0.
template <class T>
GT_INLINE T safe_remainder(T a, T b) {
  using P = promoted_t<T>;
  if (b == T(0)) return T(0);
  return static_cast<T>(static_cast<P>(a) - static_cast<P>(safe_divide(a, b)) * static_cast<P>(b));
}

// Quotients of integers of 16 bits lie farther from the next whole number than float32 rounds them, so that
// they are cut off there.

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

/// The remainder of a / b with a's sign, exact as the C library's, in registers where that is possible. A
/// quotient q below 2²⁸ has a product with b of no more than 53 bits, so that a − q·b is exact in double; and
/// a / b in double does not round up to a whole number, from which it is at least 2⁻²⁴ of itself away.
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
/// The same of doubles. The quotient may have been rounded up, by one: then the rest, exact in a fused
/// multiplication, has the wrong sign.
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

/// The remainder with b's sign. Floats are exact (fmod), as TensorFlow's are.
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

/// Integers wrap; to a negative power they give the truncated value (callers refuse those first), 0 for 0.
struct Pow {
  template <class T>
  static constexpr int cost = sizeof(T) == 4 ? 12 : kLibraryCost;
  template <class T>
  static constexpr bool has = is_number<T>;
  template <class T>
  static constexpr bool vectorised = is_float<T> && sizeof(T) == 4;
  template <class T>
  static Vec<T> vec(Vec<T> a, Vec<T> b) {
    return pow_f32(a, b);
  }
  /// Squares are what powers mostly are; the gradient of one asks for the first power.
  template <class T>
  static bool by_scalar(const T* a, T b, T* y, int64_t n) {
    if (b == T(2)) {
      GT_IVDEP
      for (int64_t i = 0; i < n; i++) y[i] = Multiply::scalar<T>(a[i], a[i]);
      return true;
    }
    if (b == T(1)) {
      GT_IVDEP
      for (int64_t i = 0; i < n; i++) y[i] = a[i];
      return true;
    }
    return false;
  }
  template <class T>
  static T scalar(T a, T b) {
    if constexpr (is_float<T>) {
      return static_cast<T>(__builtin_pow(a, b));
    } else {
      if (b < T(0)) return a == T(1) ? T(1) : a == static_cast<T>(-1) ? ((b & 1) != 0 ? a : T(1)) : T(0);
      uint64_t base = static_cast<uint64_t>(a), result = 1;
      for (uint64_t e = static_cast<uint64_t>(b); e != 0; e >>= 1) {
        if ((e & 1) != 0) result *= base;
        base *= base;
      }
      return static_cast<T>(result);
    }
  }
};

/// NaN in either place gives NaN; of equal values the first.
struct Maximum {
  GT_FOR(is_number)
  static constexpr bool by_order = true;
  template <class T>
  static T scalar(T a, T b) {
    if constexpr (is_float<T>) {
      const T m = a >= b ? a : b;
      return a != a ? a : m;
    } else {
      return a > b ? a : b;
    }
  }
};

struct Minimum {
  GT_FOR(is_number)
  static constexpr bool by_order = true;
  template <class T>
  static T scalar(T a, T b) {
    if constexpr (is_float<T>) {
      const T m = a <= b ? a : b;
      return a != a ? a : m;
    } else {
      return a < b ? a : b;
    }
  }
};

struct SquaredDifference {
  GT_FOR(is_number)
  static constexpr bool by_bits = true;
  template <class T>
  static T scalar(T a, T b) {
    const auto d = static_cast<promoted_t<T>>(a) - static_cast<promoted_t<T>>(b);
    return static_cast<T>(d * d);
  }
};

struct DivideNoNan {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T a, T b) {
    const T q = a / b;
    return b == T(0) ? T(0) : q;
  }
};

struct MultiplyNoNan {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T a, T b) {
    const T p = a * b;
    return b == T(0) ? T(0) : p;
  }
};

struct Xdivy {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T a, T b) {
    const T q = a / b;
    return a == T(0) ? a : q;
  }
};

struct Xlogy {
  template <class T>
  static constexpr int cost = sizeof(T) == 4 ? 2 : kLibraryCost;
  template <class T>
  static constexpr bool has = is_float<T>;
  template <class T>
  static constexpr bool vectorised = sizeof(T) == 4;
  template <class T>
  static Vec<T> vec(Vec<T> a, Vec<T> b) {
    return a == 0.0f ? a : a * log_f32(b);
  }
  template <class T>
  static T scalar(T a, T b) {
    return a == T(0) ? a : static_cast<T>(a * __builtin_log(b));
  }
};

struct Xlog1py {
  template <class T>
  static constexpr int cost = sizeof(T) == 4 ? 2 : kLibraryCost;
  template <class T>
  static constexpr bool has = is_float<T>;
  template <class T>
  static constexpr bool vectorised = sizeof(T) == 4;
  template <class T>
  static Vec<T> vec(Vec<T> a, Vec<T> b) {
    return a == 0.0f ? a : a * log1p_f32(b);
  }
  template <class T>
  static T scalar(T a, T b) {
    return a == T(0) ? a : static_cast<T>(a * __builtin_log1p(b));
  }
};

struct Atan2 {
  GT_FOR(is_float)
  template <class T>
  static constexpr bool vectorised = sizeof(T) == 4;
  template <class T>
  static constexpr int cost = sizeof(T) == 4 ? 3 : kLibraryCost;
  template <class T>
  static Vec<T> vec(Vec<T> a, Vec<T> b) {
    return atan2_f32(a, b);
  }
  template <class T>
  static T scalar(T a, T b) {
    return static_cast<T>(__builtin_atan2(a, b));
  }
};

/// Gradients that are one pass instead of three: dy by what the forward op saved.
struct ReluGrad {
  GT_FOR(is_number)
  static constexpr bool as_stored = true;
  template <class T>
  static T scalar(T dy, T y) {
    return y > T(0) ? dy : T(0);
  }
};

struct TanhGrad {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T dy, T y) {
    return dy * (T(1) - y * y);
  }
};

struct SigmoidGrad {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T dy, T y) {
    return dy * (y * (T(1) - y));
  }
};

GT_GRADIENT(GeluGrad, gelu_grad_f32, 3, gelu_grad_f64)
GT_GRADIENT(GeluTanhGrad, gelu_tanh_grad_f32, 3, gelu_tanh_grad_f64)
GT_GRADIENT(SiluGrad, silu_grad_f32, 3, silu_grad_f64)

struct Equal {
  GT_FOR(is_any)
  static constexpr bool by_bits = true;
  template <class T>
  static bool scalar(T a, T b) {
    return a == b;
  }
};

struct NotEqual {
  GT_FOR(is_any)
  static constexpr bool by_bits = true;
  template <class T>
  static bool scalar(T a, T b) {
    return a != b;
  }
};

struct Less {
  GT_FOR(is_number)
  static constexpr bool by_order = true;
  template <class T>
  static bool scalar(T a, T b) {
    return a < b;
  }
};

struct LessEqual {
  GT_FOR(is_number)
  static constexpr bool by_order = true;
  template <class T>
  static bool scalar(T a, T b) {
    return a <= b;
  }
};

struct Greater {
  GT_FOR(is_number)
  using Swapped = Less;
};

struct GreaterEqual {
  GT_FOR(is_number)
  using Swapped = LessEqual;
};

struct LogicalAnd {
  GT_FOR(is_bool)
  template <class T>
  static bool scalar(T a, T b) {
    return (a != T(0)) & (b != T(0));
  }
};

struct LogicalOr {
  GT_FOR(is_bool)
  template <class T>
  static bool scalar(T a, T b) {
    return (a != T(0)) | (b != T(0));
  }
};

struct LogicalXor {
  GT_FOR(is_bool)
  template <class T>
  static bool scalar(T a, T b) {
    return (a != T(0)) != (b != T(0));
  }
};

constexpr BinaryEntry kBinary[] = {
    binary_entry<Add>("add"),
    binary_entry<Subtract>("subtract"),
    binary_entry<Multiply>("multiply"),
    binary_entry<Divide>("divide"),
    binary_entry<Floordiv>("floordiv"),
    binary_entry<Floormod>("floormod"),
    binary_entry<Truncatediv>("truncatediv"),
    binary_entry<Truncatemod>("truncatemod"),
    binary_entry<Pow>("pow"),
    binary_entry<Maximum>("maximum"),
    binary_entry<Minimum>("minimum"),
    binary_entry<SquaredDifference>("squaredDifference"),
    binary_entry<DivideNoNan>("divideNoNan"),
    binary_entry<MultiplyNoNan>("multiplyNoNan"),
    binary_entry<Xlogy>("xlogy"),
    binary_entry<Xlog1py>("xlog1py"),
    binary_entry<Xdivy>("xdivy"),
    binary_entry<Atan2>("atan2"),
    binary_entry<ReluGrad>("reluGrad"),
    binary_entry<TanhGrad>("tanhGrad"),
    binary_entry<SigmoidGrad>("sigmoidGrad"),
    binary_entry<Relu6Grad>("relu6Grad"),
    binary_entry<EluGrad>("eluGrad"),
    binary_entry<SeluGrad>("seluGrad"),
    binary_entry<GeluGrad>("geluGrad"),
    binary_entry<GeluTanhGrad>("geluTanhGrad"),
    binary_entry<SiluGrad>("siluGrad"),
    binary_entry<LeakyRelu>("leakyReluAlpha"),
    binary_entry<LeakySlope>("leakyReluSlope"),
    binary_entry<HardShrink>("hardShrinkThreshold"),
    binary_entry<SoftShrink>("softShrinkThreshold"),
    binary_entry<Squareplus>("squareplusB"),
    binary_entry<Celu>("celuAlpha"),
    binary_entry<Equal, true>("equal"),
    binary_entry<NotEqual, true>("notEqual"),
    binary_entry<Less, true>("less"),
    binary_entry<LessEqual, true>("lessEqual"),
    binary_entry<Greater, true>("greater"),
    binary_entry<GreaterEqual, true>("greaterEqual"),
    binary_entry<LogicalAnd, true>("logicalAnd"),
    binary_entry<LogicalOr, true>("logicalOr"),
    binary_entry<LogicalXor, true>("logicalXor"),
};

}  // namespace

void GT_EXPORT(binary)(gradtape::KernelTable& table) {
  table.binary = kBinary;
  table.binary_count = static_cast<int>(sizeof kBinary / sizeof kBinary[0]);
}
