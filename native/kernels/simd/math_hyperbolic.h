// sinh, cosh and the inverse hyperbolic functions, float32. The stated errors are the maxima over all floats.
#pragma once
#include "kernels/simd/math_exp.h"
#include "kernels/simd/math_log.h"
#include "kernels/simd/sqrt.h"

namespace {

/// sinh, float32: a polynomial for |x| < 1, otherwise (e + e / (e + 1)) / 2 with e = exp(|x|) − 1.
/// Max 1.48 ULP for all x.
GT_INLINE vf sinh_f32(vf x) {
  const vf u = at_most(abs(x), 89.5f);
  const ExpParts p = exp_parts(u);
  const vf s = exp2i(p.n - 2);  // a quarter of e, so that only the last step can overflow
  const vf e = fma(s, p.r + p.rrq, s - 0.25f);
  const vf half = e + e / fma(e, splat(4.0f), splat(1.0f));
  const vf z = x * x;
  vf q = fma(splat(2.81695156e-6f), z, splat(1.98361595e-4f));
  q = fma(q, z, splat(8.3333496e-3f));
  q = fma(q, z, splat(0.166666672f));
  return u < 1.0f ? fma(q * z, x, x) : copysign(half + half, x);
}

/// cosh, float32: eᵘ/2 + e⁻ᵘ/2, u = |x|. Max 1.46 ULP for all x.
GT_INLINE vf cosh_f32(vf x) {
  const ExpParts p = exp_parts(at_most(abs(x), 89.5f));
  const vf e = fma(p.r + p.rrq, exp2i(p.n - 2), exp2i(p.n - 2));
  const vf half = e + 0.0625f / e;
  return half + half;
}

/// For larger x, x + 1 rounds to x and x² might overflow.
inline constexpr float kLogLimit = 0x1p30f;

/// asinh, float32: log(1 + u + u² / (1 + √(1 + u²))), u = |x|. Max 1.78 ULP for all x.
GT_INLINE vf asinh_f32(vf x) {
  const vf u = abs(x);
  const vi large = u > kLogLimit;
  const vf s = u * u;
  const vf t = u + s / (sqrt_vec(s + 1.0f) + 1.0f);
  const vf r = log1p_parts(large ? u : t, large ? splat(1.0f) : splat(0.0f));
  return copysign(u < __builtin_inff() ? r : u, x);
}

/// acosh, float32: log(1 + t + √(t² + 2·t)), t = x − 1. NaN below 1. Max 2.01 ULP for all x.
GT_INLINE vf acosh_f32(vf x) {
  const vi large = x > kLogLimit;
  const vf t = x - 1.0f;
  const vf u = t + sqrt_vec(fma(t, t, t + t));
  vf r = log1p_parts(large ? x : u, large ? splat(1.0f) : splat(0.0f));
  r = x < __builtin_inff() ? r : x;
  return x < 1.0f ? splat(__builtin_nanf("")) : r;
}

/// atanh, float32: log(1 + 2·|x| / (1 − |x|)) / 2. ±inf at ±1, NaN beyond. Max 1.99 ULP for all x.
GT_INLINE vf atanh_f32(vf x) {
  const vf u = abs(x);
  return copysign(log1p_f32((u + u) / (1.0f - u)) * 0.5f, x);
}

}  // namespace
