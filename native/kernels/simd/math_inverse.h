// The inverse trigonometric functions, float32. The stated errors are the maxima over all floats.
#pragma once
#include "kernels/simd/math_exp.h"
#include "kernels/simd/sqrt.h"

namespace {

/// π/2 rounded to float, and the rounding error.
inline constexpr float kHalfPi = 1.57079637f, kHalfPiRest = -4.37113883e-8f;

/// atan for 0 ≤ x ≤ 1.
GT_INLINE vf atan_unit(vf x) {
  const vf z = x * x;
  vf p = fma(splat(-1.79358956e-3f), z, splat(1.09144617e-2f));
  p = fma(p, z, splat(-3.11775766e-2f));
  p = fma(p, z, splat(5.79573214e-2f));
  p = fma(p, z, splat(-8.40343386e-2f));
  p = fma(p, z, splat(0.109521791f));
  p = fma(p, z, splat(-0.142642394f));
  p = fma(p, z, splat(0.199985474f));
  p = fma(p, z, splat(-0.333332986f));
  return fma(p * z, x, x);
}

/// atan, float32, for |x| > 1 as π/2 − atan(1/x). Max 1.59 ULP (1.41 with FMA) for all x.
GT_INLINE vf atan_f32(vf x) {
  const vf u = abs(x);
  const vi large = u > 1.0f;
  const vf r = atan_unit(large ? 1.0f / u : u);
  return copysign(large ? (kHalfPi - r) + kHalfPiRest : r, x);
}

/// atan2, the angle of the point (x, y), float32, from the quotient of the smaller and the larger of |y| and
/// |x|. Signed zeros and infinities behave as in C. Max 1.5 ULP over a grid.
GT_INLINE vf atan2_f32(vf y, vf x) {
  const vf v = abs(y), u = abs(x);
  const vi steep = v > u;
  const vf low = steep ? u : v, high = steep ? v : u;
  vf q = low / high;
  q = low == high ? (high == 0.0f ? splat(0.0f) : splat(1.0f)) : q;
  const vf r = atan_unit(q);
  const vi left = bitcast<vi>(x) < 0;
  const vf turns = steep ? splat(1.0f) : (left ? splat(2.0f) : splat(0.0f));
  const vf a = fma(turns, splat(kHalfPi), (steep ^ left) != 0 ? -r : r);
  return copysign(fma(turns, splat(kHalfPiRest), a), y);
}

/// s = asin(|x|) for |x| ≤ 1/2, and for larger |x| s = asin(√((1 − |x|) / 2)), from which asin(|x|) = π/2 −
/// 2·s and acos(|x|) = 2·s. s = root + rest, |rest| ≪ root. NaN for |x| > 1.
struct AsinParts {
  vi large;
  vf root, rest;
};
GT_INLINE AsinParts asin_parts(vf x) {
  const vf u = abs(x);
  const vi large = u > 0.5f;
  const vf z = large ? 0.5f - u * 0.5f : u * u;
  const vf root = large ? sqrt_vec(z) : u;
  vf p = fma(splat(3.75164934e-2f), z, splat(1.44385761e-2f));
  p = fma(p, z, splat(3.18077244e-2f));
  p = fma(p, z, splat(4.45169546e-2f));
  p = fma(p, z, splat(7.50050396e-2f));
  p = fma(p, z, splat(0.166666597f));
  return {large, root, p * z * root};
}

/// asin, float32. NaN beyond ±1. Max 1.11 ULP for all x.
GT_INLINE vf asin_f32(vf x) {
  const AsinParts a = asin_parts(x);
  const vf twice = a.root + a.root;
  const vf difference = kHalfPi - twice;
  const vf lost = (kHalfPi - difference) - twice;  // its rounding error
  const vf large = difference + (lost - (a.rest + a.rest - kHalfPiRest));
  return copysign(a.large ? large : a.root + a.rest, x);
}

/// acos, float32. NaN beyond ±1. Max 1.1 ULP for all x.
GT_INLINE vf acos_f32(vf x) {
  const AsinParts a = asin_parts(x);
  const vf r = a.root + a.rest;
  const vf near = x < 0.0f ? 2 * kHalfPi - (r + r - 2 * kHalfPiRest) : r + r;
  const vf far = kHalfPi - (copysign(r, x) - kHalfPiRest);
  return a.large ? near : far;
}

}  // namespace
