// sin, cos and tan, float32, with range reduction in double. Errors are stated as in math_exp.h.
#pragma once
#include "kernels/simd/vec.h"

namespace {

/// Up to here the range reduction has an error of 1e-20; larger inputs are computed by the C library.
inline constexpr float kTrigLimit = 1.6e6f;

/// For |x| ≤ kTrigLimit: x = q·π/2 + r, |r| ≤ π/4, with the sine and cosine of r by their Taylor series
/// (error 1e-12).
struct SinCos {
  vd sin, cos;
  vl q;
};
GT_INLINE SinCos sincos_parts(vd x) {
  const vd magic = splat(6755399441055744.0);
  vd t = fma(x, splat(0.63661977236758134), magic);
  const vl q = bitcast<vl>(t);
  t -= magic;
  const vd r =
      (x - t * 1.57079632673412561417e+00) - t * 6.07710050650619224932e-11;  // π/2: 33 bits, then the rest
  const vd z = r * r;
  vd s = splat(1.0 / 6227020800);
  s = fma(s, z, splat(-1.0 / 39916800));
  s = fma(s, z, splat(1.0 / 362880));
  s = fma(s, z, splat(-1.0 / 5040));
  s = fma(s, z, splat(1.0 / 120));
  s = fma(s, z, splat(-1.0 / 6));
  s = fma(s, z, splat(1.0));
  vd c = splat(1.0 / 479001600);
  c = fma(c, z, splat(-1.0 / 3628800));
  c = fma(c, z, splat(1.0 / 40320));
  c = fma(c, z, splat(-1.0 / 720));
  c = fma(c, z, splat(1.0 / 24));
  c = fma(c, z, splat(-0.5));
  c = fma(c, z, splat(1.0));
  return {s * r, c, q};
}
/// x = q·π/2 + r for |x| ≤ kTrigLimit, with integral q.
GT_INLINE void reduce_to_quadrant(vd x, vd* r, vd* q) {
  const vd magic = splat(6755399441055744.0);
  vd t = fma(x, splat(0.63661977236758134), magic);
  t -= magic;
  *q = t;
  *r = (x - t * 1.57079632673412561417e+00) - t * 6.07710050650619224932e-11;
}
/// sin(x + quarters·π/2): the range reduction is in double, the polynomials in float.
GT_INLINE vf sin_quarter_turns(vf x, int32_t quarters) {
  vd r0, q0, r1, q1;
  reduce_to_quadrant(widen_low(x), &r0, &q0);
  reduce_to_quadrant(widen_high(x), &r1, &q1);
  const vf r = narrow(r0, r1);
  const vi q = __builtin_convertvector(narrow(q0, q1), vi) + quarters;
  const vf z = r * r;
  vf s = fma(splat(-1.9515295891e-4f), z, splat(8.3321608736e-3f));
  s = fma(s, z, splat(-1.6666654611e-1f));
  s = fma(s * z, r, r);
  vf c = fma(splat(2.443315711809948e-5f), z, splat(-1.388731625493765e-3f));
  c = fma(c, z, splat(4.166664568298827e-2f));
  c = fma(c * z, z, fma(z, splat(-0.5f), splat(1.0f)));
  const vf v = (q & 1) != 0 ? c : s;
  return bitcast<vf>(bitcast<vi>(v) ^ ((q & 2) << 30));
}
GT_INLINE vd tan_parts(vd x) {
  const SinCos p = sincos_parts(x);
  const vl odd = (p.q & 1) != 0;
  return (odd ? -p.cos : p.sin) / (odd ? p.sin : p.cos);
}

/// Lanes too large for the range reduction are computed by the C library, and only those: the result of an
/// element must not depend on its neighbours.
GT_INLINE vi lane_is_large(vf x) { return (x > kTrigLimit) | (x < -kTrigLimit); }
__attribute__((noinline)) vf sin_large(vf x, vf y) {
  const vf exact = each_lane(x, [](float v) { return static_cast<float>(__builtin_sin(v)); });
  return lane_is_large(x) ? exact : y;
}
__attribute__((noinline)) vf cos_large(vf x, vf y) {
  const vf exact = each_lane(x, [](float v) { return static_cast<float>(__builtin_cos(v)); });
  return lane_is_large(x) ? exact : y;
}
__attribute__((noinline)) vf tan_large(vf x, vf y) {
  const vf exact = each_lane(x, [](float v) { return static_cast<float>(__builtin_tan(v)); });
  return lane_is_large(x) ? exact : y;
}
GT_INLINE bool trig_is_large(vf x) { return __builtin_expect(any(lane_is_large(x)), 0); }

/// sin, float32. Max 1.6 ULP for all x.
GT_INLINE vf sin_f32(vf x) {
  const vf y = x == 0.0f ? x : sin_quarter_turns(x, 0);
  return trig_is_large(x) ? sin_large(x, y) : y;
}

/// cos, float32. Max 1.6 ULP for all x.
GT_INLINE vf cos_f32(vf x) {
  const vf y = sin_quarter_turns(x, 1);
  return trig_is_large(x) ? cos_large(x, y) : y;
}

/// tan, float32. Max 0.51 ULP for all x.
GT_INLINE vf tan_f32(vf x) {
  const vf y = narrow(tan_parts(widen_low(x)), tan_parts(widen_high(x)));
  return trig_is_large(x) ? tan_large(x, y) : y;
}

}  // namespace
