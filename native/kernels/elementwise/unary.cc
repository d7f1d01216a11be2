// Elementwise unary kernels. To add one: a functor, and its line in the list at the end.
#include "kernels/elementwise/activations.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/elementwise/special.h"
#include "kernels/simd/math.h"

namespace {

/// A math function: float32 by the vector form, float64 by the C library.
#define GT_MATH(Name, vector_form, library_form, float_cost)                \
  struct Name {                                                             \
    template <class T>                                                      \
    static constexpr bool has = is_float<T>;                                \
    template <class T>                                                      \
    static constexpr bool vectorised = sizeof(T) == 4;                      \
    template <class T>                                                      \
    static constexpr int cost = sizeof(T) == 4 ? float_cost : kLibraryCost; \
    template <class T>                                                      \
    static Vec<T> vec(Vec<T> x) {                                           \
      return vector_form(x);                                                \
    }                                                                       \
    template <class T>                                                      \
    static T scalar(T x) {                                                  \
      return static_cast<T>(library_form(x));                               \
    }                                                                       \
  };

/// A math function with a vector form for each type.
#define GT_MATH_BOTH(Name, float_form, float_cost, double_form, double_cost) \
  struct Name {                                                              \
    GT_FOR(is_float)                                                         \
    template <class T>                                                       \
    static constexpr bool vectorised = true;                                 \
    template <class T>                                                       \
    static constexpr int cost = sizeof(T) == 4 ? float_cost : double_cost;   \
    template <class T>                                                       \
    static Vec<T> vec(Vec<T> x) {                                            \
      if constexpr (sizeof(T) == 4) {                                        \
        return float_form(x);                                                \
      } else {                                                               \
        return double_form(x);                                               \
      }                                                                      \
    }                                                                        \
  };

struct Negative {
  GT_FOR(is_number)
  static constexpr bool by_bits = true;
  template <class T>
  static T scalar(T x) {
    if constexpr (is_float<T>) {
      return -x;
    } else {
      return static_cast<T>(promoted_t<T>(0) - static_cast<promoted_t<T>>(x));
    }
  }
};

/// The least integer is its own absolute value (it wraps).
struct Abs {
  GT_FOR(is_number)
  static constexpr bool as_stored = true;
  template <class T>
  static T scalar(T x) {
    if constexpr (is_float<T>) {
      return lib_fabs(x);
    } else {
      return x < T(0) ? static_cast<T>(wrap_t<T>(0) - static_cast<wrap_t<T>>(x)) : x;
    }
  }
};

/// −1, 0 or 1; NaN stays NaN.
struct Sign {
  GT_FOR(is_number)
  static constexpr bool as_stored = true;
  template <class T>
  static T scalar(T x) {
    if constexpr (is_float<T>) {
      return x != x ? x : static_cast<T>((x > T(0) ? T(1) : T(0)) - (x < T(0) ? T(1) : T(0)));
    } else {
      return static_cast<T>((x > T(0)) - (x < T(0)));
    }
  }
};

struct Square {
  GT_FOR(is_number)
  static constexpr bool by_bits = true;
  template <class T>
  static T scalar(T x) {
    return static_cast<T>(static_cast<promoted_t<T>>(x) * static_cast<promoted_t<T>>(x));
  }
};

struct Sqrt {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T x) {
    return lib_sqrt(x);
  }
};

struct Rsqrt {
  GT_FOR(is_float)
  template <class T>
  static constexpr bool vectorised = true;
  template <class T>
  static Vec<T> vec(Vec<T> x) {
    return rsqrt_vec(x);
  }
};

struct Reciprocal {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T x) {
    return T(1) / x;
  }
};

struct Floor {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T x) {
    return lib_floor(x);
  }
};

struct Ceil {
  GT_FOR(is_float)
  template <class T>
  static T scalar(T x) {
    return lib_ceil(x);
  }
};

/// Rounds half to even.
struct Round {
  GT_FOR(is_number)
  static constexpr bool by_bits = true;
  template <class T>
  static T scalar(T x) {
    if constexpr (is_float<T>) {
      return lib_rint(x);
    } else {
      return x;
    }
  }
};

/// max(x, 0); NaN stays NaN.
struct Relu {
  GT_FOR(is_number)
  static constexpr bool as_stored = true;
  template <class T>
  static T scalar(T x) {
    if constexpr (is_float<T>) {
      return x <= T(0) ? T(0) : x;
    } else {
      return x > T(0) ? x : T(0);
    }
  }
};

struct IsNan {
  GT_FOR(is_float)
  template <class T>
  static bool scalar(T x) {
    return x != x;
  }
};

struct IsFinite {
  GT_FOR(is_float)
  template <class T>
  static bool scalar(T x) {
    return lib_fabs(x) < __builtin_inf();
  }
};

struct IsInf {
  GT_FOR(is_float)
  template <class T>
  static bool scalar(T x) {
    return lib_fabs(x) == __builtin_inf();
  }
};

struct LogicalNot {
  GT_FOR(is_bool)
  template <class T>
  static bool scalar(T x) {
    return x == T(0);
  }
};

GT_INLINE double softplus_f64(double x) {
  return (x <= 0 ? 0.0 : x) + __builtin_log1p(__builtin_exp(-__builtin_fabs(x)));
}

GT_INLINE vf log_sigmoid_f32(vf x) { return -softplus_f32(-x); }
GT_INLINE double log_sigmoid_f64(double x) { return -softplus_f64(-x); }

struct Invert {
  GT_FOR(is_integer)
  static constexpr bool by_bits = true;
  template <class T>
  static T scalar(T x) {
    return static_cast<T>(~static_cast<promoted_t<T>>(x));
  }
};

GT_MATH_BOTH(Exp, exp_f32, 2, exp_f64, 6)
GT_MATH_BOTH(Expm1, expm1_f32, 2, expm1_f64, 6)
GT_MATH_BOTH(Log, log_f32, 2, log_f64, 6)
GT_MATH(Log1p, log1p_f32, __builtin_log1p, 2)
GT_MATH_BOTH(Sin, sin_f32, 3, sin_f64, 8)
GT_MATH_BOTH(Cos, cos_f32, 3, cos_f64, 8)
GT_MATH(Tan, tan_f32, __builtin_tan, 4)
GT_MATH_BOTH(Tanh, tanh_f32, 2, tanh_f64, 8)
GT_MATH_BOTH(Sigmoid, sigmoid_f32, 2, sigmoid_f64, 8)
GT_MATH(Softplus, softplus_f32, softplus_f64, 4)
GT_MATH(LogSigmoid, log_sigmoid_f32, log_sigmoid_f64, 4)
GT_MATH(Erf, erf_f32, __builtin_erf, 2)
GT_MATH(Gelu, gelu_f32, gelu_f64, 3)
GT_MATH(GeluTanh, gelu_tanh_f32, gelu_tanh_f64, 3)
GT_MATH(Silu, silu_f32, silu_f64, 2)
GT_MATH(Elu, elu_f32, elu_f64, 2)
GT_MATH(Selu, selu_f32, selu_f64, 2)
GT_MATH(Mish, mish_f32, mish_f64, 3)
GT_MATH(Erfc, erfc_f32, __builtin_erfc, 8)
GT_MATH(Sinh, sinh_f32, __builtin_sinh, 3)
GT_MATH(Cosh, cosh_f32, __builtin_cosh, 3)
GT_MATH(Asin, asin_f32, __builtin_asin, 3)
GT_MATH(Acos, acos_f32, __builtin_acos, 3)
GT_MATH(Atan, atan_f32, __builtin_atan, 3)
GT_MATH(Asinh, asinh_f32, __builtin_asinh, 4)
GT_MATH(Acosh, acosh_f32, __builtin_acosh, 4)
GT_MATH(Atanh, atanh_f32, __builtin_atanh, 4)

/// A function without a vector form, computed in double.
#define GT_DOUBLE(Name, form)                 \
  struct Name {                               \
    GT_FOR(is_float)                          \
    template <class T>                        \
    static constexpr int cost = kLibraryCost; \
    template <class T>                        \
    static T scalar(T x) {                    \
      return static_cast<T>(form(x));         \
    }                                         \
  };
GT_DOUBLE(Erfinv, erfinv_f64)
GT_DOUBLE(BesselI0, bessel_i0_f64)
GT_DOUBLE(BesselI1, bessel_i1_f64)

constexpr UnaryEntry kUnary[] = {
    unary_entry<Negative>("negative"),
    unary_entry<Abs>("abs"),
    unary_entry<Sign>("sign"),
    unary_entry<Square>("square"),
    unary_entry<Sqrt>("sqrt"),
    unary_entry<Rsqrt>("rsqrt"),
    unary_entry<Reciprocal>("reciprocal"),
    unary_entry<Floor>("floor"),
    unary_entry<Ceil>("ceil"),
    unary_entry<Round>("round"),
    unary_entry<Invert>("invert"),
    unary_entry<Relu>("relu"),
    unary_entry<Relu6>("relu6"),
    unary_entry<Gelu>("geluErf"),
    unary_entry<GeluTanh>("geluTanh"),
    unary_entry<Silu>("siluUnit"),
    unary_entry<Elu>("elu"),
    unary_entry<Selu>("selu"),
    unary_entry<Mish>("mish"),
    unary_entry<Softsign>("softsign"),
    unary_entry<HardSigmoid>("hardSigmoid"),
    unary_entry<HardSilu>("hardSilu"),
    unary_entry<SparsePlus>("sparsePlus"),
    unary_entry<SparseSigmoid>("sparseSigmoid"),
    unary_entry<Exp>("exp"),
    unary_entry<Expm1>("expm1"),
    unary_entry<Log>("log"),
    unary_entry<Log1p>("log1p"),
    unary_entry<Sin>("sin"),
    unary_entry<Cos>("cos"),
    unary_entry<Tan>("tan"),
    unary_entry<Tanh>("tanh"),
    unary_entry<Sigmoid>("sigmoid"),
    unary_entry<Softplus>("softplus"),
    unary_entry<LogSigmoid>("logSigmoid"),
    unary_entry<Erf>("erf"),
    unary_entry<Erfc>("erfc"),
    unary_entry<Erfinv>("erfinv"),
    unary_entry<BesselI0>("besselI0"),
    unary_entry<BesselI1>("besselI1"),
    unary_entry<Sinh>("sinh"),
    unary_entry<Cosh>("cosh"),
    unary_entry<Asin>("asin"),
    unary_entry<Acos>("acos"),
    unary_entry<Atan>("atan"),
    unary_entry<Asinh>("asinh"),
    unary_entry<Acosh>("acosh"),
    unary_entry<Atanh>("atanh"),
    unary_entry<IsNan, true>("isNan"),
    unary_entry<IsFinite, true>("isFinite"),
    unary_entry<IsInf, true>("isInf"),
    unary_entry<LogicalNot, true>("logicalNot"),
};

}  // namespace

GT_FAMILY(unary, OpList<UnaryEntry> unary) { table.unary = gradtape::op_list(kUnary); }
