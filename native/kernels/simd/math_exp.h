// exp and related functions, float32. The stated errors are the maxima over all floats, or over every 61st,
// and hold on every instruction set unless a comment says otherwise (native/tests/math_test.cc).
#pragma once
#include "kernels/simd/vec.h"

namespace {

GT_INLINE vf abs(vf x) { return bitcast<vf>(bitcast<vi>(x) & 0x7fffffff); }
/// The magnitude of x with the sign of s.
GT_INLINE vf copysign(vf x, vf s) {
  const vi sign = splat(static_cast<int32_t>(0x80000000u));
  return bitcast<vf>((bitcast<vi>(x) & ~sign) | (bitcast<vi>(s) & sign));
}

/// max(x, bound) and min(x, bound) that keep NaN, as one instruction; a comparison and a blend are two.
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

/// Range reduction of exp for |x| ≤ 110: x = n·ln2 + r, |r| ≤ ln2/2; t is n as a float, and
/// rrq = exp(r) − 1 − r.
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
/// The reduction of x + low, |low| ≪ |x|.
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
/// p·2ᵗ for integral t, |t| ≤ 252, rounded once even if the result is denormal. AVX-512 takes any t and uses
/// ⌊t⌋.
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
#define GT_HAS_FMSUB
/// a·b − c, rounded once, by an intrinsic that the compiler cannot split: Clang rounds a product that occurs
/// twice, and GCC folds a·b − a·b to 0.
GT_INLINE vf fmsub(vf a, vf b, vf c) {
#if defined(__AVX512F__)
  return bitcast<vf>(_mm512_fmsub_ps(bitcast<__m512>(a), bitcast<__m512>(b), bitcast<__m512>(c)));
#else
  return bitcast<vf>(_mm256_fmsub_ps(bitcast<__m256>(a), bitcast<__m256>(b), bitcast<__m256>(c)));
#endif
}
#endif

/// The number p·2^⌊t⌋, as `scale2` computes it: t is integral except with AVX-512.
struct ExpPower {
  vf p, t;
};
#if defined(__AVX512F__)
/// 2^(j/16) as the sum of two floats each. With this table, which fills a register, a polynomial of three
/// terms is enough; reduction to integral exponents alone would need six. exp is 7% faster with it, sigmoid
/// 10%.
alignas(64) constexpr float kExp2High[16] = {
    1.0f,        1.04427373f, 1.09050775f, 1.13878858f, 1.18920708f, 1.24185777f, 1.29683959f, 1.35425556f,
    1.41421354f, 1.47682619f, 1.54221082f, 1.61049032f, 1.68179286f, 1.75625217f, 1.8340081f,  1.91520655f};
alignas(64) constexpr float kExp2Low[16] = {
    0.0f,           4.83347016e-8f,  -1.30775399e-8f, 5.38622231e-8f,  3.79763527e-8f,
    4.4968381e-8f,  -4.01899953e-8f, -1.01233493e-8f, 2.4203235e-8f,   -4.50089885e-8f,
    8.07090483e-9f, 9.83621717e-9f,  -2.47553267e-8f, -9.23577037e-9f, -1.1239278e-8f,
    9.84532811e-9f};
GT_INLINE vf table_lookup(const float (&table)[16], vi index) {  // uses the low four bits
  return bitcast<vf>(_mm512_maskz_permutexvar_ps(static_cast<__mmask16>(-1), bitcast<__m512i>(index),
                                                 _mm512_load_ps(table)));
}
GT_INLINE vf table_lookup(const float (&table)[32], vi index) {  // uses the low five bits
  return bitcast<vf>(
      _mm512_permutex2var_ps(_mm512_load_ps(table), bitcast<__m512i>(index), _mm512_load_ps(table + 16)));
}
constexpr float kSixteenths = 786432.0f;  // floats near it are 1/16 apart
/// 2^(t + r), |r| ≤ 1/32, where t = biased − kSixteenths is a multiple of 1/16: the table gives the
/// fractional part of t, scale2 its floor.
GT_INLINE ExpPower exp2_power(vf biased, vf t, vf r) {
  const vi sixteenths = bitcast<vi>(biased);
  const vf high = table_lookup(kExp2High, sixteenths);
  const vf q = fma(fma(splat(0.0555059873f), r, splat(0.24023445f)), r, splat(0.693147182f));
  return {high + fma(high, q * r, table_lookup(kExp2Low, sixteenths)), t};
}
/// 2^(j/32), in two registers. There is no table of low parts, which adds 0.5 ULP of error.
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
  return exp2_power(biased, t, fma(x, splat(1.92596303e-8f), fmsub(x, log2e, t)));
}
/// exp(x), |x| ≤ 110, with an error of 1.3 ULP, in less time.
GT_INLINE ExpPower exp_power_short(vf x) {
  const vf log2e = splat(1.44269502f), biased = fma(x, log2e, splat(kThirtySeconds));
  const vf t = biased - kThirtySeconds;
  const vf r = fma(x, splat(1.92596303e-8f), fmsub(x, log2e, t));
  const vf high = table_lookup(kExp2, bitcast<vi>(biased));
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

/// exp, float32. Max 0.99 ULP for all x, 0.77 with AVX-512; overflows to inf, underflows gradually
/// to 0; NaN is kept.
GT_INLINE vf exp_f32(vf x) {
  const ExpPower e = exp_power(at_most(at_least(x, -104.0f), 88.8f));
  return scale2(e.p, e.t);
}

/// exp(x) − 1, float32. Max 1.5 ULP for all x; −1 below −18; ±0, denormals and NaN are kept.
GT_INLINE vf expm1_f32(vf x) {
  const vf x0 = x;
  x = at_most(at_least(x, -18.0f), 88.8f);
  const ExpParts e = exp_parts(x);
  // Half the result first, because 2¹²⁸ would overflow.
  const vf s = exp2i(e.n - 1);
  const vf half = fma(s, e.r + e.rrq, s - 0.5f);
  return abs(x0) < 5e-8f ? x0 : half + half;
}

/// 1 / (1 + exp(−x)), float32. Max 2.28 ULP (every 16th float), denormal results included.
GT_INLINE vf sigmoid_f32(vf x) {
  const ExpPower e = exp_power_short(-at_most(abs(x), 104.0f));
  const vf z = scale2(e.p, e.t);
  // z/(1 + z) = z − z·q and 1/(1 + z) = 1 − q with q = z/(1 + z) ≤ 1/2, so the rounding error of q counts for
  // at most half.
  const vf k = x < 0.0f ? z : splat(1.0f);
  return fma(-k, z / (z + 1.0f), k);
}

#if defined(__AVX512F__)
/// Piecewise polynomials for tanh(base + d), to 0.4 ULP: the base of each of 32 intervals, and the
/// coefficients by power of d. Bases are points near the middle of their interval where tanh is almost
/// exactly a float; that of the interval at 0 is 0, so that small numbers keep full relative precision.
alignas(64) constexpr float kTanhBase[32] = {
    1.5108008f, 1.7473515f,  2.0063672f, 2.2494102f,  2.499086f,   2.7543163f,  3.003586f,  3.2537851f,
    3.6230626f, 4.121367f,   4.6235547f, 5.1358047f,  5.624367f,   6.120539f,   6.6255703f, 7.11882f,
    7.859672f,  8.8125f,     0.0f,       0.09197754f, 0.15253222f, 0.21799804f, 0.2800244f, 0.3424297f,
    0.442459f,  0.56261134f, 0.6861582f, 0.8060976f,  0.93642384f, 1.0618554f,  1.1890137f, 1.3173242f};
alignas(64) constexpr float kTanh[5][32] = {
    {0.90708107f, 0.94107336f, 0.9644747f,  0.97800046f, 0.98658997f, 0.9919294f,  0.99509f,    0.99702024f,
     0.99857515f, 0.9994738f,  0.99980724f, 0.9999308f,  0.99997395f, 0.99999034f, 0.9999965f,  0.9999987f,
     0.9999997f,  0.99999994f, 0.0f,        0.09171904f, 0.15136018f, 0.21460913f, 0.27292767f, 0.3296448f,
     0.41568062f, 0.5099124f,  0.5955083f,  0.6674319f,  0.73357487f, 0.78637296f, 0.83027273f, 0.86611694f},
    {0.17720409f,    0.11438067f,   0.06978827f,   0.043514796f,   0.026640018f,   0.016075907f,
     0.009795789f,   0.005950577f,  0.002847213f,  0.0010519348f,  0.00038542258f, 0.00013837607f,
     5.2085175e-05f, 1.930866e-05f, 7.032208e-06f, 2.6222058e-06f, 5.945027e-07f,  8.862541e-08f,
     1.0f,           0.9915876f,    0.97709006f,   0.9539429f,     0.92551047f,    0.8913343f,
     0.82720965f,    0.7399896f,    0.6453702f,    0.5545349f,     0.46186817f,    0.38161775f,
     0.3106473f,     0.2498415f},
    {-0.16074093f,    -0.10764169f,    -0.06730793f,   -0.042557742f,   -0.02628297f,    -0.01594582f,
     -0.009747503f,   -0.0059327246f,  -0.0028433497f, -0.0010514951f,  -0.00038536938f, -0.00013833065f,
     -5.2085972e-05f, -1.9311523e-05f, -7.032368e-06f, -2.6224786e-06f, -5.955023e-07f,  2.9273298e-07f,
     5.7910834e-06f,  -0.09094767f,    -0.14789307f,   -0.20472504f,    -0.25259683f,    -0.2938236f,
     -0.3438547f,     -0.37733203f,    -0.38432255f,   -0.37011003f,    -0.33881438f,    -0.3000937f,
     -0.25792235f,    -0.21639283f},
    {0.086693935f,   0.06324077f,    0.0417444f,    0.027194094f,   0.017106157f,  0.010494906f,
     0.0064578443f,  0.003946202f,   0.0019194087f, 0.0007111314f,  0.0002608602f, 9.36499e-05f,
     3.5272187e-05f, 1.3075893e-05f, 4.762018e-06f, 1.7749585e-06f, 4.220764e-07f, 6.752182e-08f,
     -0.3339023f,    -0.32203433f,   -0.303181f,    -0.27394038f,   -0.23948713f,  -0.20021337f,
     -0.13283654f,   -0.054469537f,  0.013445072f,  0.061906222f,   0.094331f,     0.10858871f,
     0.11047384f,    0.104079865f},
    {-0.024784163f,  -0.023469573f,   -0.017881632f,   -0.012343577f,   -0.008068532f,   -0.0051109684f,
     -0.0031838075f, -0.0019618166f,  -0.0009498649f,  -0.0003521504f,  -0.00012987437f, -4.7711022e-05f,
     -1.7594e-05f,   -6.4740416e-06f, -2.3796658e-06f, -8.7834985e-07f, -2.0478913e-07f, -1.2391731e-06f,
     0.015869604f,   0.06032512f,     0.09625078f,     0.12725286f,     0.14905387f,     0.16384175f,
     0.1695783f,     0.15384153f,     0.11959849f,     0.080143295f,    0.043447837f,    0.014517194f,
     -0.0056121643f, -0.017670836f},
};
/// tanh, float32: a polynomial on each of 32 intervals, which the leading bits of u + 0.625 select, eight per
/// power of two. d is computed from u, exactly; computing it from the rounded sum gave an error of 3.3 ULP.
/// Max 1.29 ULP for all x; ±1 for |x| ≥ 9.25. Takes two thirds of the time of exp and a division.
GT_INLINE vf tanh_f32(vf x) {
  const vf u = at_most(abs(x), 9.25f);
  const vi interval = bitcast<vi>(u + 0.625f) >> 20;  // the lookup uses the low five bits
  const vf d = u - table_lookup(kTanhBase, interval);
  vf r = table_lookup(kTanh[4], interval);
  for (int k = 3; k >= 0; k--) r = fma(r, d, table_lookup(kTanh[k], interval));
  return copysign(r, x);
}
#else
/// tanh, float32: e / (e + 2) with e = exp(2|x|) − 1. Max 2.89 ULP (2.83 with FMA) for all x; ±1 for |x|
/// ≥ 10.
GT_INLINE vf tanh_f32(vf x) {
  vf u = abs(x);
  u = at_most(u + u, 20.0f);
  const ExpParts p = exp_parts(u);
  const vf s = exp2i(p.n);
  const vf e = fma(s, p.r + p.rrq, s - 1.0f);
  return copysign(e / (e + 2.0f), x);
}
#endif

/// The error function, float32: a polynomial for |x| ≤ 0.875, 1 − exp(polynomial) above, ±1 for |x| ≥ 4. Max
/// 0.98 ULP for all x, with and without FMA. The former polynomial is centred in its range and the rounding
/// error of the latter's last step is compensated; without both the error is 1.16 ULP where there is no FMA.
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
  const ExpParts p = exp_parts(r, fma(k, c, -(r + c)));  // with the rounding error of r; 1.5 ≤ −r ≤ 19
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
