// Activations as functors of the unary table, and their gradients as functors of the binary one.
#pragma once
#include "kernels/elementwise/elementwise.h"
#include "kernels/simd/math.h"
#include "kernels/simd/sqrt.h"

namespace {

/// Φ, the standard normal distribution function, and its density.
GT_INLINE double normal_cdf(double x) { return 0.5 * __builtin_erfc(x * -0.70710678118654752440); }
GT_INLINE double normal_density(double x) { return 0.39894228040143267794 * __builtin_exp(-0.5 * x * x); }
GT_INLINE double logistic(double x) {
  const double z = __builtin_exp(-__builtin_fabs(x));
  return (x < 0 ? z : 1.0) / (1.0 + z);
}
constexpr double kGeluTanhScale = 1.5957691216057307118, kGeluTanhCubic = kGeluTanhScale * 0.044715;
GT_INLINE double gelu_tanh_argument(double x) { return x * (kGeluTanhScale + kGeluTanhCubic * (x * x)); }
/// −inf · 0 is NaN, but the limit of these functions there is 0.
GT_INLINE double finite_left(double x) { return x < -1e300 ? -1e300 : x; }

GT_INLINE double gelu_f64(double x) {
  x = finite_left(x);
  return x * normal_cdf(x);
}
GT_INLINE double gelu_tanh_f64(double x) {
  x = finite_left(x);
  return x * logistic(gelu_tanh_argument(x));
}
GT_INLINE double silu_f64(double x) {
  if (x >= -600) return x * logistic(x);
  x = finite_left(x);
  return x * __builtin_exp(x + 64) * 1.603810890548638e-28;  // e⁻⁶⁴ last: results may be denormal
}
GT_INLINE double elu_f64(double x) { return x < 0 ? __builtin_expm1(x) : x; }
GT_INLINE double selu_f64(double x) {
  return x < 0 ? 1.7580993408473768599 * __builtin_expm1(x) : 1.0507009873554804934 * x;
}
GT_INLINE double mish_f64(double x) {
  if (x > 40) return x;
  x = finite_left(x);
  const double z = __builtin_exp(x), n = z * (z + 2);
  return x * (n / (n + 2));
}

/// max(x, 0) up to 6; NaN stays NaN.
struct Relu6 {
  GT_FOR(is_number)
  static constexpr bool as_stored = true;
  template <class T>
  static T scalar(T x) {
    const T y = x <= T(0) ? T(0) : x;
    return y >= T(6) ? T(6) : y;
  }
};

/// x / (1 + |x|).
struct Softsign {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T x) {
    return x / (T(1) + lib_fabs(x));
  }
};

/// (x + 3) / 6 within [0, 1].
template <class T>
GT_INLINE T hard_sigmoid(T x) {
  const T y = x + T(3);
  return (y <= T(0) ? T(0) : y >= T(6) ? T(6) : y) / T(6);
}
struct HardSigmoid {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T x) {
    return hard_sigmoid(x);
  }
};
struct HardSilu {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T x) {
    const T y = x * hard_sigmoid(x);
    return x <= T(-3) ? T(0) : y;
  }
};

/// dy where 0 < y < 6.
struct Relu6Grad {
  GT_FOR(is_number)
  static constexpr bool as_stored = true;
  template <class T>
  static T scalar(T dy, T y) {
    return ((y > T(0)) & (y < T(6))) ? dy : T(0);
  }
};

struct EluGrad {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T dy, T y) {
    return dy * (y < T(0) ? y + T(1) : T(1));
  }
};

struct SeluGrad {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T dy, T y) {
    return dy * (y < T(0) ? y + T(1.7580993408473768599) : T(1.0507009873554804934));
  }
};

/// x, times alpha where it is not positive.
struct LeakyRelu {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T x, T alpha) {
    return x > T(0) ? x : x * alpha;
  }
};
/// The derivative of that.
struct LeakySlope {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T x, T alpha) {
    return x > T(0) ? T(1) : alpha;
  }
};

/// x, and 0 where |x| ≤ threshold.
struct HardShrink {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T x, T threshold) {
    return lib_fabs(x) > threshold ? x : T(0);
  }
};
/// x moved towards 0 by the threshold; 0 where |x| ≤ threshold.
struct SoftShrink {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T x, T threshold) {
    const T moved = x - (x < T(0) ? -threshold : threshold);
    return lib_fabs(x) > threshold ? moved : T(0);
  }
};

/// 0 up to −1, x from 1 on, (x + 1)²/4 between.
struct SparsePlus {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T x) {
    const T y = (x + T(1)) * (x + T(1)) * T(0.25);
    return x <= T(-1) ? T(0) : x >= T(1) ? x : y;
  }
};
/// 0 up to −1, 1 from 1 on, (x + 1)/2 between.
struct SparseSigmoid {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T x) {
    const T y = (x + T(1)) * T(0.5);
    return x <= T(-1) ? T(0) : x >= T(1) ? T(1) : y;
  }
};

/// a·b + c, explicitly fused: if a and b are constant in a loop, the compiler would hoist their product and
/// round it, which it does not do in a pipeline stage.
template <class V>
GT_INLINE V fused(V a, V b, V c) {
#if defined(__AVX512F__) && GT_VEC_BYTES == 64
  if constexpr (__is_same(V, vf)) {
    return bitcast<V>(_mm512_fmadd_ps(bitcast<__m512>(a), bitcast<__m512>(b), bitcast<__m512>(c)));
  } else {
    return bitcast<V>(_mm512_fmadd_pd(bitcast<__m512d>(a), bitcast<__m512d>(b), bitcast<__m512d>(c)));
  }
#else
  return fma(a, b, c);
#endif
}

/// (x + √(x² + b)) / 2; for negative x, where the sum would cancel, b / (√(x² + b) − x) / 2.
struct Squareplus {
  GT_FOR(is_float)
  static constexpr bool has_stage = false;
  template <class T>
  static constexpr bool vectorised = true;
  template <class T>
  static Vec<T> vec(Vec<T> x, Vec<T> b) {
    const Vec<T> root = sqrt_vec(fused(x, x, b));
    const Vec<T> below = b * T(0.5) / (root - x), above = (x + root) * T(0.5);
    return x < T(0) ? below : above;
  }
};

/// x, or alpha·(exp(x/alpha) − 1) if x is negative.
struct Celu {
  template <class T>
  static constexpr bool has = is_float<T>;
  template <class T>
  static constexpr bool vectorised = sizeof(T) == 4;
  template <class T>
  static constexpr int cost = sizeof(T) == 4 ? 3 : kLibraryCost;
  template <class T>
  static Vec<T> vec(Vec<T> x, Vec<T> alpha) {
    return x < 0.0f ? expm1_f32(x / alpha) * alpha : x;
  }
  template <class T>
  static T scalar(T x, T alpha) {
    return x < T(0) ? static_cast<T>(__builtin_expm1(x / alpha)) * alpha : x;
  }
};

/// A gradient function of dy and x: float32 by the vector form, float64 by the C library.
#define GT_GRADIENT(Name, vector_form, float_cost, double_form)             \
  struct Name {                                                             \
    template <class T>                                                      \
    static constexpr bool has = is_float<T>;                                \
    template <class T>                                                      \
    static constexpr bool vectorised = sizeof(T) == 4;                      \
    template <class T>                                                      \
    static constexpr int cost = sizeof(T) == 4 ? float_cost : kLibraryCost; \
    template <class T>                                                      \
    static Vec<T> vec(Vec<T> dy, Vec<T> x) {                                \
      return vector_form(dy, x);                                            \
    }                                                                       \
    template <class T>                                                      \
    static T scalar(T dy, T x) {                                            \
      return static_cast<T>(double_form(dy, x));                            \
    }                                                                       \
  };

GT_INLINE double gelu_grad_f64(double dy, double x) {
  const double c = x < -1e150 ? -1e150 : x > 1e150 ? 1e150 : x;
  return dy * (normal_cdf(c) + c * normal_density(c));
}
GT_INLINE double silu_grad_f64(double dy, double x) {
  const double c = x < -1e300 ? -1e300 : x > 1e300 ? 1e300 : x;
  return dy * (logistic(c) + c * (logistic(c) * logistic(-c)));
}
GT_INLINE double gelu_tanh_grad_f64(double dy, double x) {
  const double c = x < -1e100 ? -1e100 : x > 1e100 ? 1e100 : x;
  const double a = gelu_tanh_argument(c);
  const double slope = kGeluTanhScale + 3 * kGeluTanhCubic * (c * c);
  return dy * (logistic(a) + c * slope * (logistic(a) * logistic(-a)));
}

}  // namespace
