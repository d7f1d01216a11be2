// Activation functions, float32. Errors are stated as in math_exp.h.
#pragma once
#include "kernels/simd/math_exp.h"
#include "kernels/simd/math_log.h"

namespace {

/// dy·(s + x·s·(1 − s)), s = sigmoid(x), float32.
GT_INLINE vf silu_grad_f32(vf dy, vf x) {
  const vf z = exp_f32(-abs(x));
  const vf w = 1.0f / (z + 1.0f);  // sigmoid(|x|)
  const vf v = z * w;              // sigmoid(−|x|) = 1 − w
  const vf c = at_most(at_least(x, -120.0f), 120.0f);
  const vf s = x < 0.0f ? v : w;
  return dy * fma(c * v, w, s);
}

#if defined(__AVX512F__)
constexpr float kHalf = -0.721347511f;       // −log₂(e)/2 rounded to float,
constexpr float kHalfLow = -9.62981496e-9f;  // and its rounding error
/// Piecewise polynomials for erfcx(u/√2)/2 · 2^(kHalfLow·u²), to 1.2e-7. With u + 1 = 2ᵉ·(1 + j/8 + 1/16 +
/// d), kErfcx[k][(8·e + j − 8) mod 32] is the coefficient of dᵏ on its interval. The 32 values of a
/// coefficient fill two registers. This takes half the time of the rational function below; 16 intervals
/// would need seven coefficients.
alignas(64) constexpr float kErfcx[5][32] = {
    {0.245331392f,  0.217639819f,  0.195023105f,  0.176290885f,  0.160580099f,  0.147254065f,  0.135835588f,
     0.125961721f,  0.113452055f,  0.100039199f,  0.0893593058f, 0.0806753859f, 0.0734882206f, 0.0674492195f,
     0.0623084716f, 0.0578826144f, 0.0522930771f, 0.0463100225f, 0.0415432639f, 0.0376588292f, 0.034434028f,
     0.0317148939f, 0.0293916967f, 0.0273841862f, 0.476011127f,  0.433182299f,  0.396211833f,  0.364104867f,
     0.336061418f,  0.311434001f,  0.289695084f,  0.270412415f},
    {-0.245888636f,  -0.199374855f,  -0.164059341f,  -0.136793643f,  -0.11541909f,   -0.0984277055f,
     -0.0847476423f, -0.0736046433f, -0.120891966f,  -0.0951807946f, -0.0766606033f, -0.0629364848f,
     -0.0525162444f, -0.0444367863f, -0.0380569436f, -0.0329380631f, -0.0539522395f, -0.0424552336f,
     -0.034248285f,  -0.0281941015f, -0.0236048568f, -0.0200456958f, -0.0172312409f, -0.0149681373f,
     -0.369191498f,  -0.317720532f,  -0.27512604f,   -0.23964636f,   -0.209907696f,  -0.184831396f,
     -0.163565025f,  -0.145430624f},
    {0.214037821f,  0.161138996f,  0.123449624f,   0.0960935652f, 0.0758945346f, 0.060742259f,  0.049208574f,
     0.0403100625f, 0.121816337f,  0.0864562765f,  0.0632585138f, 0.0475060605f, 0.0364849567f, 0.0285706334f,
     0.0227560271f, 0.0183971711f, 0.0548064671f,  0.0384406373f, 0.0279491451f, 0.0209308043f, 0.0160666313f,
     0.0125933001f, 0.0100491382f, 0.00814418588f, 0.226468384f,  0.186804876f,  0.155117482f,  0.129629806f,
     0.108994178f,  0.0921811983f, 0.0783992484f,  0.0670356005f},
    {-0.167713001f,  -0.118368998f,  -0.0851680562f, -0.0623796508f,  -0.0464454703f, -0.0351099856f,
     -0.0269154329f, -0.0209022816f, -0.117350794f,  -0.075600706f,   -0.050533969f,  -0.0348735042f,
     -0.0247433316f, -0.0179871283f, -0.0133579113f, -0.0101092104f,  -0.0551098771f, -0.0345204733f,
     -0.0226547904f, -0.0154511007f, -0.0108835557f, -0.00787912682f, -0.0058398312f, -0.00441754609f,
     -0.118457697f,  -0.0943156183f, -0.0756142065f, -0.0610262193f,  -0.0495699719f, -0.0405142829f,
     -0.0333108194f, -0.0275456626f},
    {0.120103478f,  0.0800451115f, 0.0544531345f,  0.0377582647f,  0.0266521014f,  0.0191270318f,
     0.0139400139f, 0.0103066294f, 0.107736632f,   0.0634432212f,  0.0389647149f,  0.0248270035f,
     0.0163377728f, 0.0110616405f, 0.00768055953f, 0.00545389531f, 0.0543604977f,  0.0305220727f,
     0.0181298591f, 0.0112845981f, 0.00730597274f, 0.00489147101f, 0.00337090297f, 0.00238208915f,
     0.0547938384f, 0.0423038378f, 0.0328920558f,  0.0257495716f,  0.0202918984f,  0.0160937216f,
     0.0128434217f, 0.0103111323f},
};
GT_INLINE vf half_erfcx(vf u) {
  const vi bits = bitcast<vi>(u + 1.0f);
  const vi interval = bits >> 20;  // the lookup uses the low five bits
  const vf d = bitcast<vf>((bits & 0xfffff) | 0x3f800000) - 1.0625f;
  vf r = table_lookup(kErfcx[4], interval);
  for (int k = 3; k >= 0; k--) r = fma(r, d, table_lookup(kErfcx[k], interval));
  return r;
}
#else
/// erfcx(u/√2)/2 as a rational function, to 5.5e-9.
GT_INLINE vf half_erfcx(vf u) {
  vf a = fma(splat(4.07724807e-3f), u, splat(4.03702491e-2f));
  a = fma(a, u, splat(0.182455188f));
  a = fma(a, u, splat(0.437242245f));
  a = fma(a, u, splat(0.5f));
  vf b = fma(splat(1.02200165e-2f), u, splat(0.1012000200f));
  b = fma(b, u, splat(0.467411505f));
  b = fma(b, u, splat(1.19926362f));
  b = fma(b, u, splat(1.67236944f));
  b = fma(b, u, splat(1.0f));
  return a / b;
}
#endif

#if !defined(GT_HAS_FMSUB)
/// x without its last twelve bits: the product of two such numbers is exact.
GT_INLINE vf high_half(vf x) {
  return bitcast<vf>(bitcast<vi>(x) & splat(static_cast<int32_t>(0xfffff000u)));
}
#endif

/// exp(−u²/2), u ≤ 14.5. u² is computed in double-float (a rounded value and its error): rounding it would
/// cost 60 ULP in the tail.
GT_INLINE ExpPower exp_half_square(vf u) {
#if defined(__AVX512F__)
  // Without the factor 2^(kHalfLow·u²), which half_erfcx includes.
  const vf s = u * u, low = fmsub(u, u, s);
  const vf half = splat(kHalf);
  const vf biased = fma(s, half, splat(kThirtySeconds));
  const vf t = biased - kThirtySeconds;
  const vf r = fma(low, half, fmsub(s, half, t));
  // A fourth term would reduce the error by 0.6 ULP and take 4% more time.
  const vf q = fma(splat(0.240228564f), r, splat(0.693157345f)) * r;
  const vf high = table_lookup(kExp2, bitcast<vi>(biased));
  return {fma(high, q, high), t};
#elif defined(GT_HAS_FMSUB)
  const vf s = u * u, low = fmsub(u, u, s);
  const vf magic = splat(12582912.0f);
  vf t = fma(s, splat(-0.72134752f), magic);
  const vi n = bitcast<vi>(t) - 0x4B400000;
  t -= magic;
  vf r = fma(s, splat(-0.5f), t * -0.693145752f);
  r = fma(t, splat(-1.42860677e-6f), r);
  r = fma(low, splat(-0.5f), r);
  const ExpParts e = exp_series(n, t, r);
  return {(e.r + e.rrq) + 1.0f, t};
#else
  const vf high = high_half(u);
  const ExpParts e = exp_parts(high * high * -0.5f, (u - high) * (u + high) * -0.5f);
  return {(e.r + e.rrq) + 1.0f, e.t};
#endif
}

/// The standard normal density φ and distribution Φ at u ≤ 14.5, in factors: φ(u)·√(2π) = p·2ᵗ, and
/// r = (1 − Φ(u)) / (φ(u)·√(2π)).
struct NormalParts {
  vf p, t, r;
};
GT_INLINE NormalParts normal_parts(vf u) {
  const ExpPower e = exp_half_square(u);
  return {e.p, e.t, half_erfcx(u)};
}
constexpr float kNormalEnd = 14.5f;
/// min(|x|, end); unspecified if x is NaN.
GT_INLINE vf magnitude_up_to(vf x, float end) {
#if defined(__AVX512F__)
  // Mode 10: the operand of smaller magnitude, with its sign cleared.
  return bitcast<vf>(
      _mm512_maskz_range_ps(static_cast<__mmask16>(-1), bitcast<__m512>(x), _mm512_set1_ps(end), 10));
#else
  return at_most(abs(x), end);
#endif
}

/// gelu: x·Φ(x) = max(x, 0) − u·(1 − Φ(u)), u = |x|, float32, which avoids cancellation in the left tail. Max
/// 7.8 ULP for all x (6.1 with AVX-512), 2 for x > −1; the absolute error is below 1e-7, and below 1 ULP for
/// x > 1.
GT_INLINE vf gelu_f32(vf x) {
  const vf u = magnitude_up_to(x, kNormalEnd);
  const NormalParts n = normal_parts(u);
  const vf g = scale2(u * n.r * n.p, n.t);
  return at_least(x, -0.0f) - g;
}
/// dy·(Φ(x) + x·φ(x)), float32.
GT_INLINE vf gelu_grad_f32(vf dy, vf x) {
  const vf u = at_most(abs(x), kNormalEnd);
  const NormalParts n = normal_parts(u);
#if defined(__AVX512F__)
  // 1/√(2π), corrected for the factor 2^(kHalfLow·u²) that is in r instead of p.
  const vf density = fma(u * u, splat(0.276523128f * kHalfLow), splat(0.398942280f));
#else
  const vf density = splat(0.398942280f);
#endif
  const vf g = scale2((n.r - u * density) * n.p, n.t);
  return dy * (x < 0.0f ? g : 1.0f - g);
}

/// exp(−u·(1.59576912 + 0.0713548163·u²)), u ≤ 10.9. The rounding errors of u², of the bracket and of its
/// product with u are compensated: they would cost 215 ULP in the tail.
GT_INLINE ExpPower exp_gelu_tanh(vf u) {
#if defined(GT_HAS_FMSUB)
  // The bracket times −log₂(e). The low bits of k1 are 0, so that q − k1 is exact.
  const vf k1 = splat(-2.30220795f), k3 = splat(-0.102943242f);
  const vf s = u * u, q = fma(s, k3, k1);
  vf low = fma(s, splat(2.01619854e-9f), splat(-2.51366969e-7f));
  low = fma(fmsub(u, u, s), k3, low);
  low = low + fmsub(s, k3, q - k1);
#if defined(__AVX512F__)
  const vf biased = fma(u, q, splat(kSixteenths)), t = biased - kSixteenths;
  return exp2_power(biased, t, fma(u, low, fmsub(u, q, t)));
#else
  const vf magic = splat(12582912.0f);
  vf t = fma(u, q, magic);
  const vi n = bitcast<vi>(t) - 0x4B400000;
  t -= magic;
  const ExpParts e = exp_series(n, t, fma(u, low, fmsub(u, q, t)) * 0.693147181f);
  return {(e.r + e.rrq) + 1.0f, e.t};
#endif
#else
  // Products of numbers of twelve bits are exact.
  const vf s = high_half(u * u);
  const vf u0 = high_half(u), s1 = (u0 * u0 - s) + (u - u0) * (u + u0);
  const vf c1 = splat(-1.59576797f), c3 = splat(-0.0713500977f);
  const vf q = high_half(s * c3 + c1);
  const vf q1 = (s * c3 + (c1 - q)) + (s1 * -0.0713548163f + (s * -4.71861631e-6f - 1.1467522e-6f));
  const ExpParts e = exp_parts(u0 * q, u * q1 + (u - u0) * q);
  return {(e.r + e.rrq) + 1.0f, e.t};
#endif
}
/// The tanh approximation of gelu: x·sigmoid(a(x)), a(x) = 1.59576912·(x + 0.044715·x³), float32, computed as
/// max(x, 0) − |x|·sigmoid(−|a(x)|). Max 3.5 ULP for all x (3.2 with AVX-512); the absolute error is below
/// 1e-7.
GT_INLINE vf gelu_tanh_f32(vf x) {
  const vf u = magnitude_up_to(x, 10.9f);
  const ExpPower e = exp_gelu_tanh(u);
  const vf g = scale2(u * e.p / (scale2(e.p, e.t) + 1.0f), e.t);
  return at_least(x, -0.0f) - g;
}
GT_INLINE vf gelu_tanh_argument(vf x) { return x * fma(x * x, splat(0.0713548163f), splat(1.59576912f)); }
GT_INLINE vf gelu_tanh_grad_f32(vf dy, vf x) {
  const vf c = at_most(at_least(x, -20.0f), 20.0f);
  const vf z = exp_f32(-abs(gelu_tanh_argument(c)));
  const vf w = 1.0f / (z + 1.0f);
  const vf v = z * w;
  const vf s = c < 0.0f ? v : w;
  const vf slope = fma(c * c, splat(0.214064449f), splat(1.59576912f));
  return dy * fma(c * slope * v, w, s);
}

/// x·sigmoid(x), float32: max(x, 0) − u·z/(1 + z), u = |x|, z = exp(−u). Max 3.35 ULP for all x (3.08
/// with AVX-512); −0 at −inf. The scale 2ᵗ is applied last, so that denormal results are rounded once.
GT_INLINE vf silu_f32(vf x) {
  const vf u = magnitude_up_to(x, 110.0f);
  const ExpPower e = exp_power(-u);
  const vf g = scale2(u * e.p / (scale2(e.p, e.t) + 1.0f), e.t);
  return at_least(x, -0.0f) - g;
}

/// elu: x < 0 ? exp(x) − 1 : x, and selu: scale·(x < 0 ? alpha·(exp(x) − 1) : x), float32. Max 0.94 and 1.96
/// ULP for all x.
GT_INLINE vf elu_f32(vf x) { return x < 0.0f ? expm1_f32(x) : x; }
GT_INLINE vf selu_f32(vf x) { return x < 0.0f ? expm1_f32(x) * 1.75809934f : x * 1.05070099f; }

/// x·tanh(softplus(x)) = x·n/(n + 2), n = eˣ·(eˣ + 2), float32. Max 4.3 ULP for all x.
GT_INLINE vf mish_f32(vf x) {
  const vf c = at_most(at_least(x, -110.0f), 20.0f);
  const ExpPower e = exp_power(c);
  const vf z = scale2(e.p, e.t);
  const vf y = scale2(c * e.p * ((z + 2.0f) / (z * (z + 2.0f) + 2.0f)), e.t);
  return x > 20.0f ? x : y;
}

}  // namespace
