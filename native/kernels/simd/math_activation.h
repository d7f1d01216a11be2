// Activations of neural networks, float32. Errors as in math_exp.h.
#pragma once
#include "math_exp.h"
#include "math_log.h"

namespace {

/// k·sigmoid(a) for −110 ≤ a. The scale 2ᵗ comes last: no digit of a denormal result is lost before.
GT_INLINE vf sigmoid_times(vf a, vf k) {
  vf u = abs(a);
  u = u > 110.0f ? splat(110.0f) : u;
  const ExpParts e = exp_parts(-u);
  const vf p = (e.r + e.rrq) + 1.0f;
  const vi lower = a < 0.0f;
  const vf q = k * (lower ? p : splat(1.0f)) / (scale2(p, e.t) + 1.0f);
  return scale2(q, lower ? e.t : splat(0.0f));
}

/// x·sigmoid(x), float32. Max 3.1 ULP for all x; −0 at −inf.
GT_INLINE vf silu_f32(vf x) {
  x = x < -110.0f ? splat(-110.0f) : x;
  return sigmoid_times(x, x);
}
/// dy·(s + x·s·(1 − s)), s = sigmoid(x), float32.
GT_INLINE vf silu_grad_f32(vf dy, vf x) {
  const vf z = exp_f32(-abs(x));
  const vf w = 1.0f / (z + 1.0f);  // of |x|
  const vf v = z * w;              // of −|x|, and 1 − w
  const vf c = x < -120.0f ? splat(-120.0f) : x > 120.0f ? splat(120.0f) : x;
  const vf s = x < 0.0f ? v : w;
  return dy * fma(c * v, w, s);
}

/// Parts of the normal distribution at u = min(|x|, 14.5): φ(u)·√(2π) = p·2ᵗ, and r = (1 − Φ(u)) /
/// (φ(u)·√(2π)). u² is taken in two parts, or the tail would lose 60 ULP.
struct NormalParts {
  vf u, p, t, r;
};
GT_INLINE NormalParts normal_parts(vf x) {
  vf u = abs(x);
  u = u > 14.5f ? splat(14.5f) : u;
  const vf high = bitcast<vf>(bitcast<vi>(u) & splat(static_cast<int32_t>(0xfffff000u)));
  const ExpParts e = exp_parts(high * high * -0.5f, (u - high) * (u + high) * -0.5f);
  // erfcx(u/√2)/2 as a rational function, to 5.5e-9.
  vf a = fma(splat(4.07724807e-3f), u, splat(4.03702491e-2f));
  a = fma(a, u, splat(0.182455188f));
  a = fma(a, u, splat(0.437242245f));
  a = fma(a, u, splat(0.5f));
  vf b = fma(splat(1.02200165e-2f), u, splat(0.1012000200f));
  b = fma(b, u, splat(0.467411505f));
  b = fma(b, u, splat(1.19926362f));
  b = fma(b, u, splat(1.67236944f));
  b = fma(b, u, splat(1.0f));
  return {u, (e.r + e.rrq) + 1.0f, e.t, a / b};
}

/// x·Φ(x), float32, Φ the normal distribution: max(x, 0) − u·(1 − Φ(u)). Nothing cancels in the left tail:
/// max 6.9 ULP for all x, 2 above −1; the absolute error is below 1e-7, above 1 below 1 ULP.
GT_INLINE vf gelu_f32(vf x) {
  const NormalParts n = normal_parts(x);
  const vf g = scale2(n.u * n.r * n.p, n.t);
  return x < 0.0f ? -g : x - g;
}
/// dy·(Φ(x) + x·φ(x)), float32.
GT_INLINE vf gelu_grad_f32(vf dy, vf x) {
  const NormalParts n = normal_parts(x);
  const vf g = scale2((n.r - n.u * 0.398942280f) * n.p, n.t);
  return dy * (x < 0.0f ? g : 1.0f - g);
}

/// x·sigmoid(1.59576912·(x + 0.044715·x³)), float32: gelu by tanh. Max 197 ULP, near −10, where the
/// argument's rounding counts a hundred times; the absolute error is below 2e-7.
GT_INLINE vf gelu_tanh_argument(vf x) { return x * fma(x * x, splat(0.0713548163f), splat(1.59576912f)); }
GT_INLINE vf gelu_tanh_f32(vf x) {
  x = x < -10.9f ? splat(-10.9f) : x;
  return sigmoid_times(gelu_tanh_argument(x), x);
}
GT_INLINE vf gelu_tanh_grad_f32(vf dy, vf x) {
  vf c = x < -20.0f ? splat(-20.0f) : x;
  c = c > 20.0f ? splat(20.0f) : c;
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

/// x·tanh(softplus(x)) = x·n/(n + 2), n = eˣ·(eˣ + 2), float32. Max 3.8 ULP for all x.
GT_INLINE vf mish_f32(vf x) {
  vf c = x > 20.0f ? splat(20.0f) : x;
  c = c < -110.0f ? splat(-110.0f) : c;
  const ExpParts e = exp_parts(c);
  const vf p = (e.r + e.rrq) + 1.0f;
  const vf z = scale2(p, e.t);
  const vf y = scale2(c * p * ((z + 2.0f) / (z * (z + 2.0f) + 2.0f)), e.t);
  return x > 20.0f ? x : y;
}

}  // namespace
