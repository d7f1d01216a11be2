// What the elementwise ops mean, written plainly and in a wider type than the kernel's.
#pragma once
#include <cmath>
#include <limits>
#include <type_traits>

#include "tests/harness.h"

namespace gradtape::test {

template <class W>
struct UnaryReference {
  const char* name;
  W (*fn)(W);
  double ulp32, ulp64;   // allowed for float32 and float64; 0 asks for the same bits
  bool logical = false;  // of bools
};
template <class W>
struct BinaryReference {
  const char* name;
  W (*fn)(W, W);
  double ulp32, ulp64;
  bool divides = false;  // integers by zero are the caller's to refuse
  double slack = 0;      // also allowed: so many epsilons of |a|, where terms cancel
};

template <class W>
inline constexpr bool is_real = std::is_floating_point_v<W>;

/// x^n in wrapping arithmetic; negative n truncates.
template <class W>
W integer_power(W x, W n) {
  if (n < 0) return x == 1 ? 1 : x == -1 ? (n % 2 != 0 ? -1 : 1) : 0;
  unsigned __int128 base = static_cast<unsigned __int128>(x), y = 1;
  for (; n > 0; n /= 2) {
    if (n % 2 == 1) y *= base;
    base *= base;
  }
  return static_cast<W>(y);
}
template <class W>
W floor_divide(W a, W b) {
  const W q = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}
template <class W>
W wrapping_product(W a, W b) {
  return static_cast<W>(static_cast<unsigned __int128>(a) * static_cast<unsigned __int128>(b));
}

// Rows for floats only, for integers too, and for floats and integers apart.
#define GT_REAL1(name, ulp32, ulp64, expression) \
  {                                              \
    name,                                        \
        [](W x) -> W {                           \
          if constexpr (is_real<W>) {            \
            return expression;                   \
          } else {                               \
            return x;                            \
          }                                      \
        },                                       \
        ulp32, ulp64                             \
  }
#define GT_ANY1(name, expression)                   \
  {                                                 \
    name, [](W x) -> W { return expression; }, 0, 0 \
  }
#define GT_REAL2(name, ulp32, ulp64, ...) \
  {                                       \
    name,                                 \
        [](W a, W b) -> W {               \
          if constexpr (is_real<W>) {     \
            return __VA_ARGS__;           \
          } else {                        \
            return a + b;                 \
          }                               \
        },                                \
        ulp32, ulp64                      \
  }
#define GT_ANY2(name, expression)                        \
  {                                                      \
    name, [](W a, W b) -> W { return expression; }, 0, 0 \
  }
#define GT_EITHER2(name, ulp32, ulp64, real, integer) \
  {                                                   \
    name,                                             \
        [](W a, W b) -> W {                           \
          if constexpr (is_real<W>) {                 \
            return real;                              \
          } else {                                    \
            return integer;                           \
          }                                           \
        },                                            \
        ulp32, ulp64                                  \
  }

template <class W>
const UnaryReference<W>* find_unary(const char* name) {
  static const UnaryReference<W> rows[] = {
      GT_ANY1("negative", -x),
      GT_ANY1("abs", x < 0 || (x == 0 && is_real<W>) ? (x == 0 ? W(0) : -x) : x),
      GT_ANY1("sign", x > 0    ? W(1)
                      : x < 0  ? W(-1)
                      : x == 0 ? W(0)
                               : x),
      {"square",
       [](W x) -> W {
         if constexpr (is_real<W>) {
           return x * x;
         } else {
           return wrapping_product(x, x);
         }
       },
       0, 0},
      GT_REAL1("sqrt", 0, 0, std::sqrt(x)),
      GT_REAL1("rsqrt", 1, 1, 1 / std::sqrt(x)),
      GT_REAL1("reciprocal", 0, 0, 1 / x),
      GT_REAL1("floor", 0, 0, std::floor(x)),
      GT_REAL1("ceil", 0, 0, std::ceil(x)),
      {"round",
       [](W x) -> W {
         if constexpr (is_real<W>) {
           return std::nearbyint(x);
         } else {
           return x;
         }
       },
       0, 0},
      GT_ANY1("relu", x <= 0 ? W(0) : x),
      GT_REAL1("exp", 2, 1, std::exp(x)),
      GT_REAL1("expm1", 2, 2, std::expm1(x)),
      GT_REAL1("log", 2, 1, std::log(x)),
      GT_REAL1("log1p", 2, 2, std::log1p(x)),
      GT_REAL1("sin", 2, 1, std::sin(x)),
      GT_REAL1("cos", 2, 1, std::cos(x)),
      GT_REAL1("tan", 2, 1, std::tan(x)),
      GT_REAL1("tanh", 3, 3, std::tanh(x)),
      GT_REAL1("sigmoid", 3, 4, x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x))),
      GT_REAL1("softplus", 3, 3,
               (x > 0    ? x
                : x == x ? W(0)
                         : x) +
                   std::log1p(std::exp(-std::fabs(x)))),
      GT_REAL1("erf", 2, 2, std::erf(x)),
      GT_REAL1("erfc", 1, 6, std::erfc(x)),
      GT_REAL1("sinh", 2, 3, std::sinh(x)),
      GT_REAL1("cosh", 2, 3, std::cosh(x)),
      GT_REAL1("asin", 2, 2, std::asin(x)),
      GT_REAL1("acos", 2, 2, std::acos(x)),
      GT_REAL1("atan", 2, 2, std::atan(x)),
      GT_REAL1("asinh", 2, 3, std::asinh(x)),
      GT_REAL1("acosh", 2, 3, std::acosh(x)),
      GT_REAL1("atanh", 2, 3, std::atanh(x)),
      {"relu6", [](W x) -> W { return x <= 0   ? W(0)
                                      : x >= 6 ? W(6)
                                               : x; }, 0, 0},
      GT_REAL1("geluErf", 6, 40000, x < -38.6 ? -W(0) : x * std::erfc(x * W(-0.70710678118654752440L)) / 2),
      GT_REAL1(
          "geluTanh", 4, 4000,
          x < -150 ? -W(0) : x / (1 + std::exp(x * W(-1.5957691216057307118L) * (1 + W(0.044715L) * x * x)))),
      GT_REAL1("siluUnit", 4, 4, x < -12000 ? -W(0) : x / (1 + std::exp(-x))),
      GT_REAL1("softsign", 1, 1, x / (1 + std::fabs(x))),
      GT_REAL1("elu", 2, 2, x < 0 ? std::expm1(x) : x),
      GT_REAL1("selu", 3, 3,
               x < 0 ? W(1.7580993408473768599L) * std::expm1(x) : W(1.0507009873554804934L) * x),
      GT_REAL1("hardSigmoid", 1.5, 1.5,
               x <= -3  ? W(0)
               : x >= 3 ? W(1)
                        : (x + 3) / 6),
      GT_REAL1("sparsePlus", 2, 2,
               x <= -1  ? W(0)
               : x >= 1 ? x
                        : (x + 1) * (x + 1) / 4),
      GT_REAL1("sparseSigmoid", 1, 1,
               x <= -1  ? W(0)
               : x >= 1 ? W(1)
                        : (x + 1) / 2),
      GT_REAL1("logSigmoid", 3, 3,
               -((x < 0    ? -x
                  : x == x ? W(0)
                           : x) +
                 std::log1p(std::exp(-std::fabs(x))))),
      GT_REAL1("isNan", 0, 0, std::isnan(x)),
      GT_REAL1("isFinite", 0, 0, std::isfinite(x)),
      GT_REAL1("isInf", 0, 0, std::isinf(x)),
      {"logicalNot", [](W x) -> W { return x == 0; }, 0, 0, true},
  };
  for (const auto& row : rows) {
    if (strcmp(row.name, name) == 0) return &row;
  }
  return nullptr;
}

template <class W>
const BinaryReference<W>* find_binary(const char* name) {
  static const BinaryReference<W> rows[] = {
      GT_ANY2("add", a + b),
      GT_ANY2("subtract", a - b),
      GT_EITHER2("multiply", 0, 0, a * b, wrapping_product(a, b)),
      GT_REAL2("divide", 0, 0, a / b),
      {"floordiv",
       [](W a, W b) -> W {
         if constexpr (is_real<W>) {
           return std::floor(a / b);
         } else {
           return floor_divide(a, b);
         }
       },
       0, 0, true},
      {"floormod",
       [](W a, W b) -> W {
         if constexpr (is_real<W>) {
           const W r = std::fmod(a, b);
           return r != 0 && (r < 0) != (b < 0) ? r + b : r;
         } else {
           return a - floor_divide(a, b) * b;
         }
       },
       0, 0, true},
      {"truncatediv",
       [](W a, W b) -> W {
         if constexpr (is_real<W>) {
           return std::trunc(a / b);
         } else {
           return a / b;
         }
       },
       0, 0, true},
      {"truncatemod",
       [](W a, W b) -> W {
         if constexpr (is_real<W>) {
           return std::fmod(a, b);
         } else {
           return a % b;
         }
       },
       0, 0, true},
      GT_EITHER2("pow", 2, 1, std::pow(a, b), integer_power(a, b)),
      GT_ANY2("maximum", a != a   ? a
                         : b != b ? b
                         : a >= b ? a
                                  : b),
      GT_ANY2("minimum", a != a   ? a
                         : b != b ? b
                         : a <= b ? a
                                  : b),
      GT_EITHER2("squaredDifference", 0, 0, (a - b) * (a - b), wrapping_product(a - b, a - b)),
      GT_REAL2("divideNoNan", 0, 0, b == 0 ? W(0) : a / b),
      GT_REAL2("multiplyNoNan", 0, 0, b == 0 ? W(0) : a * b),
      GT_REAL2("xdivy", 0, 0, a == 0 ? a : a / b),
      GT_REAL2("xlogy", 3, 2, a == 0 ? a : a * std::log(b)),
      GT_REAL2("xlog1py", 3, 3, a == 0 ? a : a * std::log1p(b)),
      GT_REAL2("atan2", 2, 2, std::atan2(a, b)),
      GT_REAL2("nextafter", 0, 0, std::nextafter(a, b)),
      GT_ANY2("reluGrad", b > 0 ? a : W(0)),
      {"tanhGrad", [](W a, W b) -> W { return a * (1 - b * b); }, 3, 3, false, 2},
      {"sigmoidGrad", [](W a, W b) -> W { return a * (b * (1 - b)); }, 3, 3, false, 2},
      GT_ANY2("relu6Grad", b > 0 && b < 6 ? a : W(0)),
      {"geluGrad",
       [](W a, W b) -> W {
         if constexpr (is_real<W>) {
           return a * (std::erfc(b * W(-0.70710678118654752440L)) / 2 +
                       b * W(0.39894228040143267794L) * std::exp(b * b / -2));
         } else {
           return a;
         }
       },
       3, 3, false, 2},
      {"siluGrad",
       [](W a, W b) -> W {
         if constexpr (is_real<W>) {
           const W s = 1 / (1 + std::exp(-b));
           return a * (s + b * s * (1 - s));
         } else {
           return a;
         }
       },
       3, 3, false, 2},
      {"geluTanhGrad",
       [](W a, W b) -> W {
         if constexpr (is_real<W>) {
           const W c = W(1.5957691216057307118L);
           const W s = 1 / (1 + std::exp(-c * b * (1 + W(0.044715L) * b * b)));
           return a * (s + b * s * (1 - s) * c * (1 + W(0.134145L) * b * b));
         } else {
           return a;
         }
       },
       3, 3, false, 4},
      GT_ANY2("leakyReluAlpha", a > 0 ? a : a * b),
      GT_ANY2("leakyReluSlope", a > 0 ? W(1) : b),
      GT_REAL2("hardShrinkThreshold", 0, 0, std::fabs(a) > b ? a : W(0)),
      GT_REAL2("softShrinkThreshold", 0, 0, std::fabs(a) > b ? a - (a < 0 ? -b : b) : W(0)),
      // Near b = −a² the digits cancel.
      {"squareplusB",
       [](W a, W b) -> W {
         if constexpr (is_real<W>) {
           const W r = std::sqrt(a * a + b);
           return a < 0 ? b / 2 / (r - a) : (a + r) / 2;
         } else {
           return a;
         }
       },
       0, 0, false, 64},
      GT_ANY2("equal", a == b),
      GT_ANY2("notEqual", a != b),
      GT_ANY2("less", a < b),
      GT_ANY2("lessEqual", a <= b),
      GT_ANY2("greater", a > b),
      GT_ANY2("greaterEqual", a >= b),
      GT_ANY2("logicalAnd", a != 0 && b != 0),
      GT_ANY2("logicalOr", a != 0 || b != 0),
      GT_ANY2("logicalXor", (a != 0) != (b != 0)),
  };
  for (const auto& row : rows) {
    if (strcmp(row.name, name) == 0) return &row;
  }
  return nullptr;
}

#undef GT_REAL1
#undef GT_ANY1
#undef GT_REAL2
#undef GT_ANY2
#undef GT_EITHER2

}  // namespace gradtape::test
