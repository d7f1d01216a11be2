// Special functions of one double.
#pragma once
#include "kernels/isa.h"

namespace {

/// The inverse of erf: an estimate (S. Winitzki's), refined by three steps of Halley's method, each of which
/// triples the number of correct digits. Near ±1 the error is computed from erfc, which keeps its precision
/// there.
inline double erfinv_f64(double x) {
  const double a = __builtin_fabs(x);
  if (!(a < 1)) return a == 1 ? __builtin_copysign(__builtin_inf(), x) : __builtin_nan("");
  // erf(y) = 2 / sqrt(pi) (y - y^3 / 3): the term in y^5 is below the last bit.
  constexpr double kHalfRootPi = 0.88622692545275801365;
  if (a < 1e-4) {
    const double y = x * kHalfRootPi;
    return y + y * y * y * (1.0 / 3);
  }
  const double l = __builtin_log1p(-a * a);
  const double b = 4.3307467508 + l / 2;
  double y = __builtin_sqrt(__builtin_sqrt(b * b - l * 6.8027210884) - b);
  for (int step = 0; step < 3; step++) {
    const double error = a < 0.5 ? __builtin_erf(y) - a : (1 - a) - __builtin_erfc(y);
    const double newton = error * kHalfRootPi * __builtin_exp(y * y);
    y -= newton / (1 + y * newton);
  }
  return __builtin_copysign(y, x);
}

/// From here on the asymptotic series of the Bessel functions is accurate to double precision.
inline constexpr double kBesselFar = 24;

/// e^a / sqrt(2 pi a) (1 - (m - 1) / (8a) + (m - 1)(m - 9) / (2! (8a)^2) - ...), where m is 4 order^2.
inline double bessel_far(double a, double m) {
  double term = 1, sum = 1;
  for (int k = 1; k < 48; k++) {
    const double odd = 2 * k - 1;
    term *= (odd * odd - m) / (8 * k * a);
    sum += term;
    if (__builtin_fabs(term) < 1e-17 * sum) break;
  }
  // Half of the exponent at a time: e^a would overflow before the result does.
  const double root = __builtin_exp(a / 2);
  return root * (sum / __builtin_sqrt(6.28318530717958647693 * a)) * root;
}

/// Modified Bessel function of the first kind, order 0: the sum of (x^2 / 4)^k / (k!)^2.
inline double bessel_i0_f64(double x) {
  const double a = __builtin_fabs(x);
  if (a > 750) return __builtin_inf();
  if (a > kBesselFar) return bessel_far(a, 0);
  const double q = a * a / 4;
  double term = 1, sum = 1;
  for (int k = 1; k < 100 && term > 1e-17 * sum; k++) {
    term *= q / (static_cast<double>(k) * k);
    sum += term;
  }
  return x != x ? x : sum;
}

/// Order 1, the derivative of order 0: x / 2 times the sum of (x^2 / 4)^k / (k! (k + 1)!).
inline double bessel_i1_f64(double x) {
  const double a = __builtin_fabs(x);
  if (a > 750) return __builtin_copysign(__builtin_inf(), x);
  if (a > kBesselFar) return __builtin_copysign(bessel_far(a, 4), x);
  const double q = a * a / 4;
  double term = 1, sum = 1;
  for (int k = 1; k < 100 && term > 1e-17 * sum; k++) {
    term *= q / (static_cast<double>(k) * (k + 1));
    sum += term;
  }
  return x * 0.5 * sum;
}

}  // namespace
