// Square roots of all lanes.
#pragma once
#include "vec.h"

namespace {

GT_INLINE vf sqrt_vec(vf x) {
  for (int i = 0; i < kLanes<float>; i++) x[i] = __builtin_sqrtf(x[i]);
  return x;
}
GT_INLINE vd sqrt_vec(vd x) {
  for (int i = 0; i < kLanes<double>; i++) x[i] = __builtin_sqrt(x[i]);
  return x;
}

/// 1/√x.
GT_INLINE vf rsqrt_vec(vf x) {
#if defined(__AVX512F__) && GT_VEC_BYTES == 64
  // From 14 bits by a step of Newton's that squares what is missing: a root and a division take four times as
  // long.
  const vf y = bitcast<vf>(_mm512_maskz_rsqrt14_ps(__mmask16(~0), bitcast<__m512>(x)));
  const vf e = fma(-(x * y), y, splat(1.0f));
  const vf z = fma(y * e, fma(splat(0.375f), e, splat(0.5f)), y);
  return e == e ? z : y;  // at 0 and ∞ the first guess is right
#else
  return splat(1.0f) / sqrt_vec(x);
#endif
}
GT_INLINE vd rsqrt_vec(vd x) { return splat(1.0) / sqrt_vec(x); }

}  // namespace
