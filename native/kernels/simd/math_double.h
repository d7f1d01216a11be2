// Math functions, float64. The stated errors are the maxima over random numbers of all magnitudes, compared
// with long double.
#pragma once
#include "kernels/simd/vec.h"

namespace {

GT_INLINE vd abs(vd x) { return bitcast<vd>(bitcast<vl>(x) & 0x7fffffffffffffff); }
GT_INLINE vd copysign(vd x, vd s) {
  const vl sign = splat(static_cast<int64_t>(uint64_t{1} << 63));
  return bitcast<vd>((bitcast<vl>(x) & ~sign) | (bitcast<vl>(s) & sign));
}

/// Range reduction of exp for |x| ≤ 750: x = n·ln2 + r, |r| ≤ ln2/2, and rrq = exp(r) − 1 − r by its Taylor
/// series up to r¹³, whose truncation error is below 5e-18.
struct ExpParts64 {
  vl n;
  vd r, rrq;
};
GT_INLINE ExpParts64 exp_parts(vd x) {
  const vd magic = splat(6755399441055744.0);
  vd t = fma(x, splat(1.4426950408889634), magic);
  const vl n = bitcast<vl>(t) - 0x4338000000000000LL;
  t -= magic;
  const vd r = (x - t * 6.93147180369123816490e-01) - t * 1.90821492927058770002e-10;
  const vd s = r * r;
  // Estrin's scheme for pairs of coefficients: the dependency chain is half as long as Horner's.
  const vd p0 = fma(r, splat(1.0 / 6), splat(0.5));
  const vd p1 = fma(r, splat(1.0 / 120), splat(1.0 / 24));
  const vd p2 = fma(r, splat(1.0 / 5040), splat(1.0 / 720));
  const vd p3 = fma(r, splat(1.0 / 362880), splat(1.0 / 40320));
  const vd p4 = fma(r, splat(1.0 / 39916800), splat(1.0 / 3628800));
  const vd p5 = fma(r, splat(1.0 / 6227020800), splat(1.0 / 479001600));
  vd q = fma(p5, s, p4);
  q = fma(q, s, p3);
  q = fma(q, s, p2);
  q = fma(q, s, p1);
  q = fma(q, s, p0);
  return {n, r, q * s};
}
/// 2ⁿ, −1022 ≤ n ≤ 1023.
GT_INLINE vd exp2i(vl n) { return bitcast<vd>((n + 1023) << 52); }

/// exp, float64. Max 0.99 ULP for all x; gradual underflow to 0; NaN is kept.
GT_INLINE vd exp_f64(vd x) {
  x = x < -746.0 ? splat(-746.0) : x;  // comparisons that keep NaN
  x = x > 710.0 ? splat(710.0) : x;
  const ExpParts64 e = exp_parts(x);
  // Scaled in two steps, so that denormal results and 2¹⁰²³ are right.
  const vl h = e.n >> 1;
  return (1.0 + (e.r + e.rrq)) * exp2i(h) * exp2i(e.n - h);
}

/// exp(x) − 1, float64. Max 1.95 ULP for all x; ±0, denormals and NaN are kept.
GT_INLINE vd expm1_f64(vd x) {
  const vd x0 = x;
  x = x < -40.0 ? splat(-40.0) : x;
  x = x > 710.0 ? splat(710.0) : x;
  const ExpParts64 e = exp_parts(x);
  const vd s = exp2i(e.n - 1);  // half the result first, because 2¹⁰²⁴ would overflow
  const vd half = fma(s, e.r + e.rrq, s - 0.5);
  return abs(x0) < 1e-16 ? x0 : half + half;
}

/// 1 / (1 + exp(−x)), float64. Max 2.45 ULP for all x.
GT_INLINE vd sigmoid_f64(vd x) {
  const vd z = exp_f64(-abs(x));
  return (x < 0.0 ? z : splat(1.0)) / (1.0 + z);
}

/// tanh, float64. Max 2.6 ULP for all x; ±1 from 20 on.
GT_INLINE vd tanh_f64(vd x) {
  vd u = abs(x);
  u += u;
  u = u > 40.0 ? splat(40.0) : u;
  const ExpParts64 p = exp_parts(u);
  const vd s = exp2i(p.n);
  const vd e = fma(s, p.r + p.rrq, s - 1.0);
  return copysign(abs(x) < 1e-16 ? x : e / (e + 2.0), x);
}

/// Natural logarithm, float64. Max 0.8 ULP for all x, denormals included.
GT_INLINE vd log_f64(vd x) {
  using Bits = Vec<uint64_t>;
  const vl denormal = x < 2.2250738585072014e-308;
  const vd y = denormal ? x * 18014398509481984.0 : x;
  const Bits bits = bitcast<Bits>(y);
  const Bits biased = (bits + (0x3ff0000000000000u - 0x3fe6a09e667f3bcdu)) >> 52;
  const vd f = bitcast<vd>(bits - (biased << 52) + (uint64_t{1023} << 52)) - 1.0;
  vd k = bitcast<vd>(biased | uint64_t{0x4330000000000000}) - (4503599627370496.0 + 1023.0);
  k = denormal ? k - 54.0 : k;
  // With s = f / (2 + f): log(1 + f) = f − f²/2 + s·(f²/2 + R(s²)).
  const vd s = f / (f + 2.0);
  const vd z = s * s;
  vd p = fma(splat(1.479819860511658591e-01), z, splat(1.531383769920937332e-01));
  p = fma(p, z, splat(1.818357216161805012e-01));
  p = fma(p, z, splat(2.222219843214978396e-01));
  p = fma(p, z, splat(2.857142874366239149e-01));
  p = fma(p, z, splat(3.999999999940941908e-01));
  p = fma(p, z, splat(6.666666666666735130e-01));
  const vd h = f * f * 0.5;
  vd r = k * 6.93147180369123816490e-01 - ((h - (s * (h + p * z) + k * 1.90821492927058770002e-10)) - f);
  r = x < __builtin_inf() ? r : x;
  r = x == 0.0 ? splat(-__builtin_inf()) : r;
  return x < 0.0 ? splat(__builtin_nan("")) : r;
}

/// Up to here the range reduction by π/2 is exact enough; larger inputs are computed by the C library.
inline constexpr double kTrigLimit64 = 1e5;

/// sin(x + quarters·π/2).
GT_INLINE vd sin_quarter_turns(vd x, int64_t quarters) {
  const vd magic = splat(6755399441055744.0);
  vd t = fma(x, splat(0.63661977236758134), magic);
  const vl q = bitcast<vl>(t) + quarters;
  t -= magic;
  // Cody–Waite reduction with π/2 in parts of 33 bits; r + low is the remainder with extra precision.
  const vd a = x - t * 1.57079632673412561417e+00;
  const vd b = a - t * 6.07710050630396597660e-11;
  vd low = ((a - b) - t * 6.07710050630396597660e-11) - t * 2.02226624879595063154e-21;
  const vd r = b + low;
  low = (b - r) + low;
  const vd z = r * r;
  vd s = fma(splat(1.58969099521155010221e-10), z, splat(-2.50507602534068634195e-08));
  s = fma(s, z, splat(2.75573137070700676789e-06));
  s = fma(s, z, splat(-1.98412698298579493134e-04));
  s = fma(s, z, splat(8.33333333332248946124e-03));
  s = fma(s, z, splat(-1.66666666666666324348e-01));
  s = r + fma(s * z, r, low);
  vd c = fma(splat(-1.13596475577881948265e-11), z, splat(2.08757232129817482790e-09));
  c = fma(c, z, splat(-2.75573143513906633035e-07));
  c = fma(c, z, splat(2.48015872894767294178e-05));
  c = fma(c, z, splat(-1.38888888888741095749e-03));
  c = fma(c, z, splat(4.16666666666666019037e-02));
  const vd h = z * 0.5;
  const vd w = 1.0 - h;
  c = w + (((1.0 - w) - h) + (z * z * c - r * low));
  const vd v = (q & 1) != 0 ? c : s;
  return bitcast<vd>(bitcast<vl>(v) ^ ((q & 2) << 62));
}
GT_INLINE bool trig_is_large(vd x) {
  return __builtin_expect(any(bitcast<vi>((x > kTrigLimit64) | (x < -kTrigLimit64))), 0);
}
__attribute__((noinline)) vd sin_large(vd x, vd y) {
  for (int i = 0; i < kLanes<double>; i++) {
    if (!(x[i] <= kTrigLimit64 && x[i] >= -kTrigLimit64)) y[i] = __builtin_sin(x[i]);
  }
  return y;
}
__attribute__((noinline)) vd cos_large(vd x, vd y) {
  for (int i = 0; i < kLanes<double>; i++) {
    if (!(x[i] <= kTrigLimit64 && x[i] >= -kTrigLimit64)) y[i] = __builtin_cos(x[i]);
  }
  return y;
}

/// sin and cos, float64. Max 0.9 ULP for all x.
GT_INLINE vd sin_f64(vd x) {
  const vd y = x == 0.0 ? x : sin_quarter_turns(x, 0);
  return trig_is_large(x) ? sin_large(x, y) : y;
}
GT_INLINE vd cos_f64(vd x) {
  const vd y = sin_quarter_turns(x, 1);
  return trig_is_large(x) ? cos_large(x, y) : y;
}

}  // namespace
