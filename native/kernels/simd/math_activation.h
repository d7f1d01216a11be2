// Activations of neural networks, float32. Errors as in math_exp.h.
#pragma once
#include "math_exp.h"
#include "math_log.h"

namespace {

/// k·sigmoid(a) for −110 ≤ a. The scale 2ᵗ comes last: no digit of a denormal result is lost before.
GT_INLINE vf sigmoid_times(vf a, vf k) {
  const ExpPower e = exp_power(-at_most(abs(a), 110.0f));
  const vi lower = a < 0.0f;
  const vf q = k * (lower ? e.p : splat(1.0f)) / (scale2(e.p, e.t) + 1.0f);
  return scale2(q, lower ? e.t : splat(0.0f));
}

/// x·sigmoid(x), float32. Max 3.3 ULP for all x; −0 at −inf.
GT_INLINE vf silu_f32(vf x) {
  x = at_least(x, -110.0f);
  return sigmoid_times(x, x);
}
/// dy·(s + x·s·(1 − s)), s = sigmoid(x), float32.
GT_INLINE vf silu_grad_f32(vf dy, vf x) {
  const vf z = exp_f32(-abs(x));
  const vf w = 1.0f / (z + 1.0f);  // of |x|
  const vf v = z * w;              // of −|x|, and 1 − w
  const vf c = at_most(at_least(x, -120.0f), 120.0f);
  const vf s = x < 0.0f ? v : w;
  return dy * fma(c * v, w, s);
}

#if defined(__AVX512F__)
/// erfcx(u/√2)/2, where u + 1 = 2ᵉ·(1 + j/8 + 1/16 + d), as polynomials in d, to 5e-8: coefficient k of the
/// piece (8·e + j − 8) mod 32. Two registers hold a coefficient's 32 values. Half the time of the rational
/// function; with 16 pieces it took seven coefficients.
alignas(64) constexpr float kErfcx[5][32] = {
    {0.245331392f,  0.217639819f,  0.195023105f,  0.176290885f,  0.160580099f,  0.147254065f, 0.135835603f,
     0.125961721f,  0.113452062f,  0.100039206f,  0.0893593207f, 0.0806754008f, 0.073488228f, 0.0674492344f,
     0.0623084866f, 0.0578826331f, 0.0522930957f, 0.0463100448f, 0.04154329f,   0.037658859f, 0.0344340578f,
     0.0317149274f, 0.0293917321f, 0.0273842253f, 0.476011127f,  0.433182299f,  0.396211833f, 0.364104867f,
     0.336061448f,  0.311434001f,  0.289695084f,  0.270412415f},
    {-0.245888561f,  -0.19937481f,   -0.164059296f,  -0.136793613f,  -0.115419067f,  -0.0984276906f,
     -0.0847476348f, -0.0736046284f, -0.120891869f,  -0.095180735f,  -0.076660566f,  -0.062936455f,
     -0.0525162257f, -0.0444367677f, -0.0380569287f, -0.032938052f,  -0.0539521687f, -0.0424551889f,
     -0.0342482477f, -0.0281940717f, -0.0236048307f, -0.0200456716f, -0.0172312185f, -0.0149681149f,
     -0.369191468f,  -0.317720503f,  -0.27512601f,   -0.239646345f,  -0.209907681f,  -0.184831381f,
     -0.16356501f,   -0.145430624f},
    {0.214037746f,  0.161138952f,  0.123449601f,   0.0960935503f, 0.0758945197f, 0.0607422516f, 0.0492085703f,
     0.0403100587f, 0.121816255f,  0.0864562318f,  0.0632584915f, 0.0475060493f, 0.0364849493f, 0.0285706297f,
     0.0227560252f, 0.0183971692f, 0.0548064224f,  0.0384406187f, 0.0279491358f, 0.0209307987f, 0.0160666294f,
     0.0125932982f, 0.0100491373f, 0.00814418495f, 0.226468369f,  0.186804876f,  0.155117482f,  0.129629791f,
     0.108994178f,  0.0921811983f, 0.078399241f,   0.0670355931f},
    {-0.167712748f,  -0.118368797f,  -0.0851679072f, -0.062379539f,   -0.0464453883f,  -0.035109926f,
     -0.0269153882f, -0.02090225f,   -0.11735028f,   -0.0756003931f,  -0.050533779f,   -0.0348733813f,
     -0.0247432552f, -0.0179870781f, -0.0133578703f, -0.0101091824f,  -0.0551094934f,  -0.0345202722f,
     -0.0226546787f, -0.0154510355f, -0.0108835073f, -0.00787909608f, -0.00583981164f, -0.00441753725f,
     -0.118457623f,  -0.0943155587f, -0.0756141543f, -0.0610261783f,  -0.0495699383f,  -0.0405142531f,
     -0.0333107933f, -0.027545644f},
    {0.12009602f,   0.0800409764f, 0.0544507727f,  0.0377568789f,  0.0266512726f,  0.0191265233f,
     0.0139396954f, 0.0103064254f, 0.107729644f,   0.0634400323f,  0.0389631651f,  0.0248262044f,
     0.0163373388f, 0.0110613964f, 0.00768041611f, 0.00545380823f, 0.0543577075f,  0.0305208638f,
     0.0181292892f, 0.0112843094f, 0.00730581814f, 0.00489138346f, 0.00337085174f, 0.00238205795f,
     0.0547918715f, 0.0423024744f, 0.0328910984f,  0.0257488918f,  0.0202914122f,  0.0160933752f,
     0.0128431693f, 0.0103109488f},
};
GT_INLINE vf erfcx_coefficient(vi piece, int k) {
  return bitcast<vf>(_mm512_permutex2var_ps(_mm512_load_ps(kErfcx[k]), bitcast<__m512i>(piece),
                                            _mm512_load_ps(kErfcx[k] + 16)));
}
GT_INLINE vf half_erfcx(vf u) {
  const vi bits = bitcast<vi>(u + 1.0f);
  const vi piece = bits >> 20;  // its low five bits
  const vf d = bitcast<vf>((bits & 0xfffff) | 0x3f800000) - 1.0625f;
  vf r = fma(erfcx_coefficient(piece, 4), d, erfcx_coefficient(piece, 3));
  r = fma(r, d, erfcx_coefficient(piece, 2));
  r = fma(r, d, erfcx_coefficient(piece, 1));
  return fma(r, d, erfcx_coefficient(piece, 0));
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

#if !defined(GT_PRODUCT_LESS)
/// x without its last twelve bits.
GT_INLINE vf high_half(vf x) {
  return bitcast<vf>(bitcast<vi>(x) & splat(static_cast<int32_t>(0xfffff000u)));
}
#endif

/// exp(−u²/2), u ≤ 14.5, where u² is taken in two parts, or the tail would lose 60 ULP.
GT_INLINE ExpPower exp_half_square(vf u) {
#if defined(__AVX512F__)
  const vf s = u * u, low = product_less(u, u, s);
  const vf half = splat(-0.721347511f);  // log₂(e)/2 the other way
  const vf biased = fma(s, half, splat(kSixteenths));
  const vf t = biased - kSixteenths;
  const vf r = fma(s, splat(-9.62981517e-9f), product_less(s, half, t));
  return exp2_power(biased, t, fma(low, half, r));
#elif defined(GT_PRODUCT_LESS)
  const vf s = u * u, low = product_less(u, u, s);
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

/// Parts of the normal distribution at u ≤ 14.5: φ(u)·√(2π) = p·2ᵗ, and r = (1 − Φ(u)) / (φ(u)·√(2π)).
struct NormalParts {
  vf p, t, r;
};
GT_INLINE NormalParts normal_parts(vf u) {
  const ExpPower e = exp_half_square(u);
  return {e.p, e.t, half_erfcx(u)};
}
constexpr float kNormalEnd = 14.5f;
/// min(|x|, end), or anything where x is NaN.
GT_INLINE vf magnitude_up_to(vf x, float end) {
#if defined(__AVX512F__)
  // The one of the lesser magnitude, without its sign.
  return bitcast<vf>(
      _mm512_maskz_range_ps(static_cast<__mmask16>(-1), bitcast<__m512>(x), _mm512_set1_ps(end), 10));
#else
  return at_most(abs(x), end);
#endif
}

/// x·Φ(x), float32, Φ the normal distribution: max(x, 0) − u·(1 − Φ(u)). Nothing cancels in the left tail:
/// max 6.9 ULP for all x (4.2 with AVX-512), 2 above −1; the absolute error is below 1e-7, above 1 below 1
/// ULP.
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
  const vf g = scale2((n.r - u * 0.398942280f) * n.p, n.t);
  return dy * (x < 0.0f ? g : 1.0f - g);
}

/// exp(−u·(1.59576912 + 0.0713548163·u²)), u ≤ 10.9. What u², the bracket and its product with u round off is
/// counted: the tail would lose 215 ULP.
GT_INLINE ExpPower exp_gelu_tanh(vf u) {
#if defined(GT_PRODUCT_LESS)
  // The bracket, times −log₂(e). The last bits of its first constant are 0, so that the difference is exact.
  const vf k1 = splat(-2.30220795f), k3 = splat(-0.102943242f);
  const vf s = u * u, q = fma(s, k3, k1);
  vf low = fma(s, splat(2.01619854e-9f), splat(-2.51366969e-7f));
  low = fma(product_less(u, u, s), k3, low);
  low = low + product_less(s, k3, q - k1);
#if defined(__AVX512F__)
  const vf biased = fma(u, q, splat(kSixteenths)), t = biased - kSixteenths;
  return exp2_power(biased, t, fma(u, low, product_less(u, q, t)));
#else
  const vf magic = splat(12582912.0f);
  vf t = fma(u, q, magic);
  const vi n = bitcast<vi>(t) - 0x4B400000;
  t -= magic;
  const ExpParts e = exp_series(n, t, fma(u, low, product_less(u, q, t)) * 0.693147181f);
  return {(e.r + e.rrq) + 1.0f, e.t};
#endif
#else
  // Halves of twelve bits have exact products.
  const vf s = high_half(u * u);
  const vf u0 = high_half(u), s1 = (u0 * u0 - s) + (u - u0) * (u + u0);
  const vf c1 = splat(-1.59576797f), c3 = splat(-0.0713500977f);
  const vf q = high_half(s * c3 + c1);
  const vf q1 = (s * c3 + (c1 - q)) + (s1 * -0.0713548163f + (s * -4.71861631e-6f - 1.1467522e-6f));
  const ExpParts e = exp_parts(u0 * q, u * q1 + (u - u0) * q);
  return {(e.r + e.rrq) + 1.0f, e.t};
#endif
}
/// x·sigmoid(1.59576912·(x + 0.044715·x³)), float32, gelu by tanh: max(x, 0) − |x|·sigmoid of −|that|.
/// Max 3.5 ULP for all x (3.2 with AVX-512); the absolute error is below 1e-7.
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

/// x < 0 ? alpha·(exp(x) − 1) : x, times a scale, float32. Max 0.95 and 1.9 ULP for all x.
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
