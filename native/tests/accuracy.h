// The float32 math functions, what they should give, and how far off they may be: read by the kernel tests
// and by the sweep over all floats.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "kernels/table.h"

namespace gradtape::test {

inline double sigmoid(double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }
inline double softplus(double x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x))); }
inline double rsqrt(double x) { return 1 / std::sqrt(x); }
inline double gelu(double x) { return x < -1e4 ? -0.0 : x * std::erfc(x * -0.70710678118654752440) / 2; }
inline double gelu_tanh(double x) {
  return x < -1e4 ? -0.0 : x * sigmoid(1.5957691216057308 * x * (1 + 0.044715 * x * x));
}
inline double silu(double x) { return x < -1e4 ? -0.0 : x * sigmoid(x); }
inline double elu(double x) { return x < 0 ? std::expm1(x) : x; }
inline double selu(double x) {
  return x < 0 ? 1.7580993408473768599 * std::expm1(x) : 1.0507009873554804934 * x;
}
inline double mish(double x) {
  if (x < -1e4) return -0.0;
  if (x > 50) return x;
  const double z = std::exp(x);
  return x * (z * (z + 2) / (z * (z + 2) + 2));
}
inline double log_sigmoid(double x) { return -softplus(-x); }
inline double softsign(double x) { return x / (1 + std::fabs(x)); }
inline double hard_sigmoid(double x) { return (x <= -3 ? 0 : x >= 3 ? 6 : x + 3) / 6; }
inline double hard_silu(double x) { return x <= -3 ? 0 : x * hard_sigmoid(x); }
inline double sparse_plus(double x) { return x <= -1 ? 0 : x >= 1 ? x : (x + 1) * (x + 1) / 4; }
inline double sparse_sigmoid(double x) { return x <= -1 ? 0 : x >= 1 ? 1 : (x + 1) / 2; }
inline double reciprocal(double x) { return 1 / x; }
inline double square(double x) { return x * x; }

/// The modified Bessel function of the first kind of an order, by its power series, whose terms have one
/// sign; it is beyond all floats from 93 on.
inline double bessel_i(int order, double x) {
  if (x != x) return x;
  const long double half = std::fabs(x) / 2.0L, quarter = half * half;
  long double term = order == 0 ? 1 : half, sum = term;
  if (half > 46.5L) return order == 1 && x < 0 ? -1e300 : 1e300;
  for (int k = 1; term > sum * 1e-20L; k++) {
    term *= quarter / (static_cast<long double>(k) * (k + order));
    sum += term;
  }
  return static_cast<double>(order == 1 ? std::copysign(sum, static_cast<long double>(x)) : sum);
}
inline double bessel_i0(double x) { return bessel_i(0, x); }
inline double bessel_i1(double x) { return bessel_i(1, x); }
/// By Newton's method on erfc, from Winitzki's approximation.
inline double erfinv(double y) {
  const long double a = std::fabs(static_cast<long double>(y)), rest = 1 - a;
  if (!(rest > 0)) return rest == 0 ? std::copysign(HUGE_VAL, y) : std::nan("");
  if (a < 1e-8L) return static_cast<double>(y * 0.88622692545275801365L);
  const long double log = std::log(rest * (1 + a)), part = 4.330746750799873L + log / 2;
  long double x = std::sqrt(std::sqrt(part * part - log / 0.147L) - part);
  for (int i = 0; i < 5; i++) {
    const long double error = a < 0.5L ? std::erf(x) - a : rest - std::erfc(x);
    x -= error * std::exp(x * x) * 0.88622692545275801365L;
  }
  return static_cast<double>(std::copysign(x, static_cast<long double>(y)));
}

using Real = double (*)(double);
struct Function {
  const char* name;
  Real reference;
  double ulp;  // for all x
  // Where it tends to zero: the error by the greater of 1 and the true value; 0: no bound.
  double absolute = 0;
};
inline constexpr Function kFunctions[] = {
    {"square", square, 0.5},
    {"sqrt", static_cast<Real>(std::sqrt), 0.5},
    {"rsqrt", rsqrt, 1.5},
    {"reciprocal", reciprocal, 0.5},
    {"exp", static_cast<Real>(std::exp), 1},
    {"expm1", static_cast<Real>(std::expm1), 1.5},
    {"log", static_cast<Real>(std::log), 1},
    {"log1p", static_cast<Real>(std::log1p), 1},
    {"sin", static_cast<Real>(std::sin), 2},
    {"cos", static_cast<Real>(std::cos), 2},
    {"tan", static_cast<Real>(std::tan), 0.75},
    {"tanh", static_cast<Real>(std::tanh), 3},
    {"sigmoid", sigmoid, 3},
    {"softplus", softplus, 2},
    {"logSigmoid", log_sigmoid, 2},
    {"erf", static_cast<Real>(std::erf), 1},
    {"geluErf", gelu, 8, 2e-7},
    {"geluTanh", gelu_tanh, 4, 1e-7},
    {"siluUnit", silu, 3.5},
    {"elu", elu, 1.5},
    {"selu", selu, 2.5},
    {"mish", mish, 4.5},
    {"softsign", softsign, 1.5},
    {"hardSigmoid", hard_sigmoid, 1.5},
    {"hardSilu", hard_silu, 2.5},
    {"sparsePlus", sparse_plus, 2},
    {"sparseSigmoid", sparse_sigmoid, 0.5},
    {"erfc", static_cast<Real>(std::erfc), 0.75},
    {"sinh", static_cast<Real>(std::sinh), 1.5},
    {"cosh", static_cast<Real>(std::cosh), 1.5},
    {"asin", static_cast<Real>(std::asin), 1.5},
    {"acos", static_cast<Real>(std::acos), 1.5},
    {"atan", static_cast<Real>(std::atan), 1.75},
    {"asinh", static_cast<Real>(std::asinh), 2},
    {"acosh", static_cast<Real>(std::acosh), 2.25},
    {"atanh", static_cast<Real>(std::atanh), 2.25},
    {"erfinv", erfinv, 1},
    {"besselI0", bessel_i0, 2},
    {"besselI1", bessel_i1, 2},
};

/// The distance of a float from the true value, in units of the last place of floats there; huge where one is
/// NaN and the other not, and for the wrong sign, of zeros too.
inline double error_ulps(float got, double want) {
  if (want != want || got != got) return want != want && got != got ? 0 : 1e300;
  if (std::signbit(got) != std::signbit(want)) return 1e300;
  constexpr double kBeyond = 0x1.ffffffp127;  // from here on the nearest float is inf
  if (std::fabs(want) >= kBeyond) {
    if (std::isinf(got)) return 0;
    want = std::copysign(0x1p128, want);
  }
  const double value = std::isinf(got) ? std::copysign(0x1p128, got) : static_cast<double>(got);
  const double least = 0x1p-126, magnitude = std::fabs(want) > least ? std::fabs(want) : least;
  uint64_t bits;
  memcpy(&bits, &magnitude, sizeof bits);
  bits = (2 * 1023 + 23 - (bits >> 52)) << 52;
  double units;  // in 1
  memcpy(&units, &bits, sizeof units);
  return std::fabs(value - want) * units;
}

/// The distance by the greater of 1 and the true value; 0 where either is not finite.
inline double error_absolute(float got, double want) {
  const double distance = std::fabs(static_cast<double>(got) - want) / std::fmax(1, std::fabs(want));
  return std::isfinite(distance) ? distance : 0;
}

inline float from_bits(uint64_t bits) {
  const auto low = static_cast<uint32_t>(bits);
  float x;
  memcpy(&x, &low, sizeof x);
  return x;
}

struct Worst {
  double error = 0;
  float a = 0, b = 0;
  void see(double e, float x, float y = 0) {
    if (e > error) error = e, a = x, b = y;
  }
};

template <class Entry>
const Entry* find_entry(OpList<Entry> list, const char* name) {
  for (int i = 0; i < list.count; i++) {
    if (strcmp(list[i].name, name) == 0) return &list[i];
  }
  return nullptr;
}

}  // namespace gradtape::test
