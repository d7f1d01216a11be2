// exp and its family, float32. The errors stated are maxima over all floats, or every 61st, the same on every
// instruction set unless said otherwise (native/tests/math_test.cc).
#pragma once
#include "vec.h"

namespace {

GT_INLINE vf abs(vf x) { return bitcast<vf>(bitcast<vi>(x) & 0x7fffffff); }
/// The magnitude of x with the sign of s.
GT_INLINE vf copysign(vf x, vf s) {
  const vi sign = splat(static_cast<int32_t>(0x80000000u));
  return bitcast<vf>((bitcast<vi>(x) & ~sign) | (bitcast<vi>(s) & sign));
}

/// max(x, bound) and min(x, bound) that let NaN through: one instruction, where a choice takes two.
GT_INLINE vf at_least(vf x, float bound) {
#if defined(__AVX512F__)
  return bitcast<vf>(
      _mm512_maskz_max_ps(static_cast<__mmask16>(-1), _mm512_set1_ps(bound), bitcast<__m512>(x)));
#elif defined(__AVX2__)
  return bitcast<vf>(_mm256_max_ps(_mm256_set1_ps(bound), bitcast<__m256>(x)));
#elif defined(__SSE2__)
  return bitcast<vf>(_mm_max_ps(_mm_set1_ps(bound), bitcast<__m128>(x)));
#else
  return x < bound ? splat(bound) : x;
#endif
}
GT_INLINE vf at_most(vf x, float bound) {
#if defined(__AVX512F__)
  return bitcast<vf>(
      _mm512_maskz_min_ps(static_cast<__mmask16>(-1), _mm512_set1_ps(bound), bitcast<__m512>(x)));
#elif defined(__AVX2__)
  return bitcast<vf>(_mm256_min_ps(_mm256_set1_ps(bound), bitcast<__m256>(x)));
#elif defined(__SSE2__)
  return bitcast<vf>(_mm_min_ps(_mm_set1_ps(bound), bitcast<__m128>(x)));
#else
  return x > bound ? splat(bound) : x;
#endif
}

/// x = n·ln2 + r, |r| ≤ ln2/2, for |x| ≤ 110; t is n as a float; and r·r·q(r) = exp(r) − 1 − r.
struct ExpParts {
  vi n;
  vf t, r, rrq;
};
GT_INLINE ExpParts exp_series(vi n, vf t, vf r) {
  vf q = fma(splat(1.37805939e-3f), r, splat(8.37312452e-3f));
  q = fma(q, r, splat(4.16695364e-2f));
  q = fma(q, r, splat(0.166664720f));
  q = fma(q, r, splat(0.499999851f));
  return {n, t, r, q * (r * r)};
}
/// Of x + low, where low is far smaller than x.
GT_INLINE ExpParts exp_parts(vf x, vf low) {
  const vf magic = splat(12582912.0f);
  vf t = fma(x, splat(1.44269504f), magic);
  const vi n = bitcast<vi>(t) - 0x4B400000;
  t -= magic;
  return exp_series(n, t, (x - t * 0.693145752f) - (t * 1.42860677e-6f - low));
}
GT_INLINE ExpParts exp_parts(vf x) { return exp_parts(x, vf{}); }
/// 2ⁿ, −126 ≤ n ≤ 127.
GT_INLINE vf exp2i(vi n) { return bitcast<vf>((n + 127) << 23); }
/// p·2ᵗ for whole t, |t| ≤ 252; one rounding, in denormal results too. AVX-512 takes the whole number below
/// t.
GT_INLINE vf scale2(vf p, vf t) {
#if defined(__AVX512F__)
  return bitcast<vf>(
      _mm512_maskz_scalef_ps(static_cast<__mmask16>(-1), bitcast<__m512>(p), bitcast<__m512>(t)));
#else
  const vi n = __builtin_convertvector(t, vi);
  const vi h = n >> 1;
  return p * exp2i(h) * exp2i(n - h);
#endif
}

#if defined(__AVX512F__) || (defined(__FMA__) && GT_VEC_BYTES == 32)
#define GT_PRODUCT_LESS
/// a·b − c with one rounding, by an instruction that the compiler cannot take apart: Clang rounds a product
/// that it finds twice, and GCC takes a·b − a·b for 0.
GT_INLINE vf product_less(vf a, vf b, vf c) {
#if defined(__AVX512F__)
  return bitcast<vf>(_mm512_fmsub_ps(bitcast<__m512>(a), bitcast<__m512>(b), bitcast<__m512>(c)));
#else
  return bitcast<vf>(_mm256_fmsub_ps(bitcast<__m256>(a), bitcast<__m256>(b), bitcast<__m256>(c)));
#endif
}
#endif

/// p·2ᵗ for t like those of ExpPower, and whole ones.
struct ExpPower {
  vf p, t;
};
#if defined(__AVX512F__)
/// 2^(j/16) as two floats each. A register holds 16 of them, and three terms of a polynomial do for what is
/// left then: of the whole numbers alone it takes six. Exp is 7% faster so, sigmoid 10; tanh gained nothing
/// and was 1.6 ULP worse.
alignas(64) constexpr float kExp2High[16] = {
    1.0f,        1.04427373f, 1.09050775f, 1.13878858f, 1.18920708f, 1.24185777f, 1.29683959f, 1.35425556f,
    1.41421354f, 1.47682619f, 1.54221082f, 1.61049032f, 1.68179286f, 1.75625217f, 1.8340081f,  1.91520655f};
alignas(64) constexpr float kExp2Low[16] = {
    0.0f,           4.83347016e-8f,  -1.30775399e-8f, 5.38622231e-8f,  3.79763527e-8f,
    4.4968381e-8f,  -4.01899953e-8f, -1.01233493e-8f, 2.4203235e-8f,   -4.50089885e-8f,
    8.07090483e-9f, 9.83621717e-9f,  -2.47553267e-8f, -9.23577037e-9f, -1.1239278e-8f,
    9.84532811e-9f};
GT_INLINE vf one_of(const float (&table)[16], vi index) {  // its low four bits
  return bitcast<vf>(_mm512_maskz_permutexvar_ps(static_cast<__mmask16>(-1), bitcast<__m512i>(index),
                                                 _mm512_load_ps(table)));
}
GT_INLINE vf one_of(const float (&table)[32], vi index) {  // its low five bits
  return bitcast<vf>(
      _mm512_permutex2var_ps(_mm512_load_ps(table), bitcast<__m512i>(index), _mm512_load_ps(table + 16)));
}
constexpr float kSixteenths = 786432.0f;  // floats near it are 1/16 apart
/// 2^(t + r), |r| ≤ 1/32, where t is `biased` less kSixteenths: scale2 takes the whole number below t.
GT_INLINE ExpPower exp2_power(vf biased, vf t, vf r) {
  const vi sixteenths = bitcast<vi>(biased);
  const vf high = one_of(kExp2High, sixteenths);
  const vf q = fma(fma(splat(0.0555059873f), r, splat(0.24023445f)), r, splat(0.693147182f));
  return {high + fma(high, q * r, one_of(kExp2Low, sixteenths)), t};
}
/// 2^(j/32): two registers. Without a second table, results have 0.5 ULP more.
alignas(64) constexpr float kExp2[32] = {
    1.0f,        1.0218972f,  1.04427373f, 1.06714046f, 1.09050775f, 1.1143868f,  1.13878858f, 1.1637249f,
    1.18920708f, 1.21524739f, 1.24185777f, 1.26905096f, 1.29683959f, 1.32523668f, 1.35425556f, 1.38390994f,
    1.41421354f, 1.44518077f, 1.47682619f, 1.50916445f, 1.54221082f, 1.5759809f,  1.61049032f, 1.64575553f,
    1.68179286f, 1.71861935f, 1.75625217f, 1.79470909f, 1.8340081f,  1.87416768f, 1.91520655f, 1.95714414f};
constexpr float kThirtySeconds = 393216.0f;  // floats near it are 1/32 apart
/// exp(x), |x| ≤ 110.
GT_INLINE ExpPower exp_power(vf x) {
  const vf log2e = splat(1.44269502f), biased = fma(x, log2e, splat(kSixteenths));
  const vf t = biased - kSixteenths;
  return exp2_power(biased, t, fma(x, splat(1.92596303e-8f), product_less(x, log2e, t)));
}
/// The same to 1.3 ULP, in less time.
GT_INLINE ExpPower exp_power_short(vf x) {
  const vf log2e = splat(1.44269502f), biased = fma(x, log2e, splat(kThirtySeconds));
  const vf t = biased - kThirtySeconds;
  const vf r = fma(x, splat(1.92596303e-8f), product_less(x, log2e, t));
  const vf high = one_of(kExp2, bitcast<vi>(biased));
  const vf q = fma(fma(splat(0.0555041087f), r, splat(0.240228268f)), r, splat(0.693147182f));
  return {fma(high, q * r, high), t};
}
#else
GT_INLINE ExpPower exp_power(vf x) {
  const ExpParts e = exp_parts(x);
  return {(e.r + e.rrq) + 1.0f, e.t};
}
GT_INLINE ExpPower exp_power_short(vf x) { return exp_power(x); }
#endif

/// exp, float32. Max 0.99 ULP for all x, 0.76 with AVX-512; overflows to inf, underflows through the
/// denormals to 0, NaN stays.
GT_INLINE vf exp_f32(vf x) {
  const ExpPower e = exp_power(at_most(at_least(x, -104.0f), 88.8f));
  return scale2(e.p, e.t);
}

/// exp(x) − 1, float32. Max 1.5 ULP for all x; −1 from −18 down; ±0, denormals and NaN stay.
GT_INLINE vf expm1_f32(vf x) {
  const vf x0 = x;
  x = at_most(at_least(x, -18.0f), 88.8f);
  const ExpParts e = exp_parts(x);
  // Half of it, so that 2¹²⁸ needs no second step.
  const vf s = exp2i(e.n - 1);
  const vf half = fma(s, e.r + e.rrq, s - 0.5f);
  return abs(x0) < 5e-8f ? x0 : half + half;
}

/// 1 / (1 + exp(−x)), float32. Max 2.28 ULP (every 16th float), denormal results included.
GT_INLINE vf sigmoid_f32(vf x) {
  const ExpPower e = exp_power_short(-at_most(abs(x), 104.0f));
  const vf z = scale2(e.p, e.t);
  // z/(1 + z) and 1/(1 + z) by their distance to z and 1: what rounds the quotient counts for half at most.
  const vf k = x < 0.0f ? z : splat(1.0f);
  return fma(-k, z / (z + 1.0f), k);
}

/// tanh, float32: e / (e + 2) with e = exp(2|x|) − 1. By pieces of u + 1 it took an eighth less time, but
/// what u loses there made it 3.3 ULP. Max 2.89 ULP (2.83 with FMA) for all x; ±1 from 10 on.
GT_INLINE vf tanh_f32(vf x) {
  vf u = abs(x);
  u = at_most(u + u, 20.0f);
  const ExpParts p = exp_parts(u);
  const vf s = exp2i(p.n);
  const vf e = fma(s, p.r + p.rrq, s - 1.0f);
  return copysign(e / (e + 2.0f), x);
}

/// The error function, float32: a polynomial below 0.88, 1 − exp(polynomial) above, ±1 from 4 on. Max 0.98
/// ULP for all x, with FMA and without. Without it it was 1.16 before the one polynomial was centred in its
/// range, where its products are smaller, and what the other's last step rounds off was kept.
GT_INLINE vf erf_f32(vf x) {
  const vf t = abs(x);
  const vf c = at_most(t, 4.0f);
  const vf s = c * c;
  vf r = fma(splat(-1.72853470e-5f), c, splat(3.83197126e-4f));
  const vf u = fma(splat(-3.88396438e-3f), c, splat(2.42546219e-2f));
  r = fma(r, s, u);
  r = fma(r, c, splat(-0.106777877f));
  r = fma(r, c, splat(-0.634846687f));
  r = fma(r, c, splat(-0.128717512f));
  const vf k = r;
  r = fma(k, c, -c);
  const ExpParts p = exp_parts(r, fma(k, c, -(r + c)));  // 1 − exp(r) with one rounding; 1.5 ≤ −r ≤ 19
  const vf e = exp2i(p.n);
  vf big = (1.0f - e) - e * (p.r + p.rrq);
  big = t >= 4.0f ? splat(1.0f) : big;
  const vf d = s - 0.3125f;
  vf q = fma(splat(-6.19425031e-4f), d, splat(4.06275876e-3f));
  q = fma(q, d, splat(-2.11071577e-2f));
  q = fma(q, d, splat(9.04668048e-2f));
  q = fma(q, d, splat(-0.312874526f));
  q = fma(q, d, splat(2.10864935e-2f));
  const vf small = fma(x, q, x);
  return t > 0.875f ? copysign(big, x) : small;
}

}  // namespace
