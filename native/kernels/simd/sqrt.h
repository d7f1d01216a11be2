// Square root and reciprocal square root, lane by lane.
#pragma once
#include "kernels/simd/vec.h"

namespace {

GT_INLINE vf sqrt_vec(vf x) {
  for (int i = 0; i < kLanes<float>; i++) x[i] = __builtin_sqrtf(x[i]);
  return x;
}
GT_INLINE vd sqrt_vec(vd x) {
  for (int i = 0; i < kLanes<double>; i++) x[i] = __builtin_sqrt(x[i]);
  return x;
}

/// Refines the estimate y ≈ 1/√x, where e = 1 − x·y² is its residual, by one step of a third-order Newton
/// (Halley) iteration.
template <class V>
GT_INLINE V rsqrt_step(V y, V e) {
  const V half = V{} + 0.5f, more = V{} + 0.375f;
  return fma(y * e, fma(more, e, half), y);
}

/// 1/√x. Starts from the hardware estimate where there is one: a square root and a division take three times
/// as long.
GT_INLINE vf rsqrt_vec(vf x) {
#if defined(__AVX512F__) && GT_VEC_BYTES == 64
  const vf y = bitcast<vf>(_mm512_maskz_rsqrt14_ps(__mmask16(~0), bitcast<__m512>(x)));
  const vf e = fma(-(x * y), y, splat(1.0f));
  return e == e ? rsqrt_step(y, e) : y;  // at 0 and ∞ e is NaN and the estimate is exact
#elif defined(__AVX2__) && GT_VEC_BYTES == 32
  const vf y = bitcast<vf>(_mm256_rsqrt_ps(bitcast<__m256>(x)));
  const vf e = fma(-(x * y), y, splat(1.0f)), z = rsqrt_step(y, e);
  // Positive normal finite numbers, whose bits are 0x00800000 to 0x7F7FFFFF. (The estimate treats denormals
  // as 0.)
  const vi normal = bitcast<vi>(bitcast<vu>(x) + 0x7F800000u) < -0x01000000;
  return __builtin_expect(any(~normal), 0) ? (normal ? z : 1.0f / sqrt_vec(x)) : z;
#else
  return 1.0f / sqrt_vec(x);
#endif
}
GT_INLINE vd rsqrt_vec(vd x) {
#if defined(__AVX512F__) && GT_VEC_BYTES == 64
  const vd y = bitcast<vd>(_mm512_maskz_rsqrt14_pd(__mmask8(~0), bitcast<__m512d>(x)));
  const vd e = fma(-(x * y), y, splat(1.0)), z = rsqrt_step(y, e);
  return e == e ? rsqrt_step(z, fma(-(x * z), z, splat(1.0))) : y;
#else
  return 1.0 / sqrt_vec(x);
#endif
}

}  // namespace
