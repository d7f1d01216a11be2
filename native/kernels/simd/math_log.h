// log and related functions, pow and erfc, float32. Errors are stated as in math_exp.h.
#pragma once
#include "kernels/simd/math_double.h"
#include "kernels/simd/math_exp.h"

namespace {

constexpr float kLn2Low = -2.12194440e-4f;  // ln 2 − 0.693359375, which has 11 bits
/// log(2ⁱ·(1 + f)), 1/√2 ≤ 1 + f ≤ √2. `low` is i·kLn2Low plus any small correction of the caller's.
GT_INLINE vf log_parts(vf i, vf f, vf low) {
  const vf s = f * f;
  vf p = fma(splat(7.0376836292e-2f), f, splat(-0.11514610310f));
  p = fma(p, f, splat(0.11676998740f));
  p = fma(p, f, splat(-0.12420140846f));
  p = fma(p, f, splat(0.14249322787f));
  p = fma(p, f, splat(-0.16668057665f));
  p = fma(p, f, splat(0.20000714765f));
  p = fma(p, f, splat(-0.24999993993f));
  p = fma(p, f, splat(0.33333331174f));
  vf r = fma(p * f, s, low);
  r = fma(s, splat(-0.5f), r);
  return fma(i, splat(0.693359375f), f + r);
}
GT_INLINE vf log_parts(vf i, vf f) { return log_parts(i, f, i * kLn2Low); }

/// Natural logarithm, float32. Max 0.83 ULP for all x, denormals included. log(±0) = −inf, of a negative
/// number NaN.
GT_INLINE vf log_f32(vf x) {
  const vi denormal = x < 1.17549435e-38f;
  const vf y = denormal ? x * 8388608.0f : x;
  const vu bits = bitcast<vu>(y);  // unsigned, because the subtraction wraps for negative numbers and NaN
  const vi e = bitcast<vi>(bits - 0x3f3504f3u) >> 23;
  const vf f = bitcast<vf>(bits - (bitcast<vu>(e) << 23)) - 1.0f;
  const vf i = __builtin_convertvector(e - (denormal & 23), vf);
  vf r = log_parts(i, f);
  r = x < __builtin_inff() ? r : x;  // inf and NaN are kept
  r = x == 0.0f ? splat(-__builtin_inff()) : r;
  return x < 0.0f ? splat(__builtin_nanf("")) : r;
}

/// log(1 + x) + more·ln2 for finite x > −1. f is computed from the scaled x, not from 1 + x, so that no
/// precision is lost near 0.
GT_INLINE vf log1p_parts(vf x, vf more) {
  const vf u = x + 1.0f;
  const vi e = bitcast<vi>(bitcast<vu>(u) - 0x3f3504f3u) >> 23;
  const vf scale = exp2i(-(e >> 1)) * exp2i((e >> 1) - e);  // 2⁻ᵉ, e up to 128
  const vf c = scale - 1.0f;
  const vf f = x * scale + c;
  const vf lost = x * scale - (f - c);  // approximately the rounding error of f
  const vf i = __builtin_convertvector(e, vf) + more;
  return log_parts(i, f, fma(i, splat(kLn2Low), lost - lost * f));
}

/// log(1 + x), float32. Max 0.84 ULP for all x.
GT_INLINE vf log1p_f32(vf x) {
  vf r = log1p_parts(x, vf{});
  r = x < __builtin_inff() ? r : x;
  r = x == -1.0f ? splat(-__builtin_inff()) : r;
  r = x < -1.0f ? splat(__builtin_nanf("")) : r;
  return x == 0.0f ? x : r;
}

/// log(1 + exp(x)) = max(x, 0) + log(1 + exp(−|x|)), float32. Max 1.72 ULP for all x.
GT_INLINE vf softplus_f32(vf x) {
  const vf z = exp_f32(-abs(x));
  const vi upper = z > 0.41421356f;
  const vf f = upper ? z * 0.5f - 0.5f : z;
  const vf l = log_parts(upper ? splat(1.0f) : splat(0.0f), f);
  return (x <= 0.0f ? splat(0.0f) : x) + l;
}

/// a / b for normal numbers, with a relative error of about 1e-15.
GT_INLINE vd quotient(vd a, vd b) {
#if defined(__AVX512F__)
  // Two Newton–Raphson iterations and a product take half the time of a division.
  vd y = bitcast<vd>(_mm512_maskz_rcp14_pd(static_cast<__mmask8>(-1), bitcast<__m512d>(b)));
  y = fma(fma(-b, y, splat(1.0)), y, y);
  y = fma(fma(-b, y, splat(1.0)), y, y);
  return a * y;
#else
  return a / b;
#endif
}

/// log2 of positive finite normal doubles, with an error of 6e-11: e + 2·artanh((m − 1)/(m + 1)) / ln 2 by
/// its series, x = 2ᵉ·m.
GT_INLINE vd log2_f64(vd x) {
  using Bits = Vec<uint64_t>;
  const Bits bits = bitcast<Bits>(x);
  const Bits biased = (bits + (0x3ff0000000000000u - 0x3fe6a09e667f3bcdu)) >> 52;
  const vd m = bitcast<vd>(bits - (biased << 52) + (uint64_t{1023} << 52));
  const vd e = bitcast<vd>(biased | uint64_t{0x4330000000000000}) - (4503599627370496.0 + 1023.0);
  const vd s = quotient(m - 1.0, m + 1.0);
  const vd z = s * s;
  vd p = splat(1.0 / 11);
  p = fma(p, z, splat(1.0 / 9));
  p = fma(p, z, splat(1.0 / 7));
  p = fma(p, z, splat(1.0 / 5));
  p = fma(p, z, splat(1.0 / 3));
  p = fma(p, z, splat(1.0));
  return fma(s * 2.8853900817779268, p, e);
}

/// 2ˣ for doubles, with a relative error of 1e-9; results are clamped to [2⁻²⁰⁰, 2²⁰⁰], NaN is kept.
GT_INLINE vd exp2_f64(vd x) {
  x = x < -200.0 ? splat(-200.0) : x;
  x = x > 200.0 ? splat(200.0) : x;
  const vd magic = splat(6755399441055744.0);
  const vd t = x + magic;
  const vl n = bitcast<vl>(t) - 0x4338000000000000LL;
  const vd r = (x - (t - magic)) * 0.69314718055994531;
  vd p = splat(1.0 / 40320);
  p = fma(p, r, splat(1.0 / 5040));
  p = fma(p, r, splat(1.0 / 720));
  p = fma(p, r, splat(1.0 / 120));
  p = fma(p, r, splat(1.0 / 24));
  p = fma(p, r, splat(1.0 / 6));
  p = fma(p, r, splat(0.5));
  p = fma(p, r, splat(1.0));
  p = fma(p, r, splat(1.0));
  return p * bitcast<vd>((n + 1023) << 52);
}

/// erfc for doubles, |x| ≤ 10.5, with a relative error of 1e-8: erfcx(|x|)·exp(−x²), where erfcx is the
/// rational function of |x|·√2 of half_erfcx.
GT_INLINE vd erfc_f64(vd x) {
  const vd u = abs(x) * 1.4142135623730951;
  vd a = fma(splat(4.07724807e-3), u, splat(4.03702491e-2));
  a = fma(a, u, splat(0.182455188));
  a = fma(a, u, splat(0.437242245));
  a = fma(a, u, splat(0.5));
  vd b = fma(splat(1.02200165e-2), u, splat(0.1012000200));
  b = fma(b, u, splat(0.467411505));
  b = fma(b, u, splat(1.19926362));
  b = fma(b, u, splat(1.67236944));
  b = fma(b, u, splat(1.0));
  const vd g = quotient(a + a, b) * exp2_f64(x * x * -1.4426950408889634);
  return x < 0.0 ? 2.0 - g : g;
}

/// erfc(x) = 1 − erf(x), float32, computed in double; gradual underflow to 0. Max 0.67 ULP for all x.
GT_INLINE vf erfc_f32(vf x) {
  x = at_most(at_least(x, -10.5f), 10.5f);
  return narrow(erfc_f64(widen_low(x)), erfc_f64(widen_high(x)));
}

__attribute__((noinline)) vf pow_rare(vf a, vf b, vi rare, vf r) {
  for (int i = 0; i < kLanes<float>; i++) {
    if (rare[i] != 0) r[i] = static_cast<float>(__builtin_pow(a[i], b[i]));
  }
  return r;
}

/// aᵇ, float32. Max 0.6 ULP for all a and b. Computed in double as 2^(b·log2|a|); zeros and negative
/// bases follow C's rules, and lanes with an infinity or NaN are computed by the C library.
GT_INLINE vf pow_f32(vf a, vf b) {
  const vf x = abs(a), y = abs(b);
  vf r = narrow(exp2_f64(widen_low(b) * log2_f64(widen_low(x))),
                exp2_f64(widen_high(b) * log2_f64(widen_high(x))));
  r = x == 0.0f ? (b > 0.0f ? splat(0.0f) : b < 0.0f ? splat(__builtin_inff()) : splat(1.0f)) : r;
  // Whether b is odd: floats from 2²⁴ on are all even; below 2²³ the integer part decides, between them the
  // last bit of the representation.
  const vi small = y < 8388608.0f;
  const vf yi = small ? y : splat(0.0f);
  const vi whole = __builtin_convertvector(yi, vi);
  const vi odd_bit = (small ? whole : (y < 16777216.0f ? bitcast<vi>(y) : splat(0))) << 31;
  const vi integer = __builtin_convertvector(whole, vf) == yi;
  const vi sign = bitcast<vi>(a) & splat(static_cast<int32_t>(0x80000000u));
  r = bitcast<vf>(bitcast<vi>(r) | (integer ? sign & odd_bit : splat(0)));
  r = (a < 0.0f) & ~integer ? splat(__builtin_nanf("")) : r;
  const vi rare = ~((x < __builtin_inff()) & (y < __builtin_inff()));
  return __builtin_expect(any(rare), 0) ? pow_rare(a, b, rare, r) : r;
}

}  // namespace
