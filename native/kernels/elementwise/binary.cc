// Elementwise binary kernels. To add one: a functor, and its line in the list at the end.
#include "kernels/elementwise/activations.h"
#include "kernels/elementwise/comparisons.h"
#include "kernels/elementwise/division.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/simd/math.h"

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

/// Integers wrap. A negative exponent gives the truncated result, 0 for base 0 (callers reject negative
/// exponents).
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
  /// Squaring is the most frequent power, and its gradient needs the first power.
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

/// NaN if either is NaN; of equal values the first.
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

struct BitwiseAnd {
  GT_FOR(is_integer)
  static constexpr bool by_bits = true;
  template <class T>
  static T scalar(T a, T b) {
    return static_cast<T>(a & b);
  }
};

struct BitwiseOr {
  GT_FOR(is_integer)
  static constexpr bool by_bits = true;
  template <class T>
  static T scalar(T a, T b) {
    return static_cast<T>(a | b);
  }
};

struct BitwiseXor {
  GT_FOR(is_integer)
  static constexpr bool by_bits = true;
  template <class T>
  static T scalar(T a, T b) {
    return static_cast<T>(a ^ b);
  }
};

/// The shift count, clamped to [0, bits − 1].
template <class T>
GT_INLINE T shift_count(T b) {
  constexpr T last = static_cast<T>(8 * sizeof(T) - 1);
  return b < T(0) ? T(0) : b > last ? last : b;
}

struct LeftShift {
  GT_FOR(is_integer)
  static constexpr bool as_stored = true;
  template <class T>
  static T scalar(T a, T b) {
    return static_cast<T>(static_cast<promoted_t<T>>(a) << shift_count(b));
  }
};

/// Arithmetic shift: copies of the sign bit come in from the left.
struct RightShift {
  GT_FOR(is_integer)
  static constexpr bool as_stored = true;
  template <class T>
  static T scalar(T a, T b) {
    return static_cast<T>(a >> shift_count(b));
  }
};

/// The next representable number after a in b's direction.
struct Nextafter {
  GT_FOR(is_real)
  template <class T>
  static constexpr int cost = 4;
  template <class T>
  static T scalar(T a, T b) {
    if constexpr (sizeof(T) == 4) {
      return __builtin_nextafterf(a, b);
    } else {
      return __builtin_nextafter(a, b);
    }
  }
};

/// Gradients in one pass instead of three: of dy and what the forward op saved.
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
    binary_entry<BitwiseAnd>("bitwiseAnd"),
    binary_entry<BitwiseOr>("bitwiseOr"),
    binary_entry<BitwiseXor>("bitwiseXor"),
    binary_entry<LeftShift>("leftShift"),
    binary_entry<RightShift>("rightShift"),
    binary_entry<Nextafter>("nextafter"),
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

GT_FAMILY(binary, OpList<BinaryEntry> binary) { table.binary = gradtape::op_list(kBinary); }
