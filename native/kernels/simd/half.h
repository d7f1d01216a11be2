// Conversion of float16 and bfloat16 to float32 (exact) and from float32 (rounded to nearest even), one
// register of float32 at a time. A NaN stays a NaN and keeps its sign. float16 uses the instructions of the
// instruction set where there are any, and integer arithmetic otherwise.
#pragma once
#include "kernels/dtypes.h"
#include "kernels/simd/vec.h"

namespace {

using gradtape::BFloat16;
using gradtape::Float16;

/// The bits that a float has after the point.
template <class T>
inline constexpr int kMantissaBits = T::undefined;
template <>
inline constexpr int kMantissaBits<Float16> = 10;
template <>
inline constexpr int kMantissaBits<BFloat16> = 7;

/// The bits of kLanes<float> 16-bit floats: half a register.
using vh = Vec<uint16_t, kLanes<float>>;

GT_INLINE vf floats_of(vh x, BFloat16) { return bitcast<vf>(__builtin_convertvector(x, vu) << 16); }

GT_INLINE vh halves_of(vf x, BFloat16) {
  const vu bits = bitcast<vu>(x);
  const vu rounded = bits + 0x7fffu + (bits >> 16 & 1u);
  return __builtin_convertvector(select(x == x, rounded, bits | 0x400000u) >> 16, vh);
}

#if defined(__AVX512F__) && GT_VEC_BYTES == 64

GT_INLINE vf floats_of(vh x, Float16) {
  return bitcast<vf>(_mm512_maskz_cvtph_ps(static_cast<__mmask16>(-1), bitcast<__m256i>(x)));
}
GT_INLINE vh halves_of(vf x, Float16) {
  return bitcast<vh>(_mm512_maskz_cvtps_ph(static_cast<__mmask16>(-1), bitcast<__m512>(x),
                                           _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

#elif defined(__F16C__) && GT_VEC_BYTES == 32

GT_INLINE vf floats_of(vh x, Float16) { return bitcast<vf>(_mm256_cvtph_ps(bitcast<__m128i>(x))); }
GT_INLINE vh halves_of(vf x, Float16) {
  return bitcast<vh>(_mm256_cvtps_ph(bitcast<__m256>(x), _MM_FROUND_TO_NEAREST_INT));
}

#elif defined(__aarch64__)

GT_INLINE vf floats_of(vh x, Float16) {
  return bitcast<vf>(vcvt_f32_f16(vreinterpret_f16_u16(bitcast<uint16x4_t>(x))));
}
GT_INLINE vh halves_of(vf x, Float16) {
  return bitcast<vh>(vreinterpret_u16_f16(vcvt_f16_f32(bitcast<float32x4_t>(x))));
}

#else

GT_INLINE vf floats_of(vh x, Float16) {
  constexpr uint32_t kExponent = 0x0f800000u;
  const vu wide = __builtin_convertvector(x, vu);
  const vu magnitude = (wide & 0x7fffu) << 13, exponent = magnitude & kExponent;
  // The exponent bias grows by 112. Infinity and NaN need 112 more to reach the exponent 255; NaNs are made
  // quiet.
  const vu normal = magnitude + (112u << 23);
  const vu special =
      (magnitude + (224u << 23)) | select(bitcast<vi>(magnitude) > bitcast<vi>(splat(kExponent)),
                                          splat(uint32_t{0x400000}), splat(uint32_t{0}));
  const vu denormal = bitcast<vu>(bitcast<vf>(magnitude + (113u << 23)) - 0x1p-14f);
  const vu bits = select(exponent == kExponent, special, select(exponent == 0u, denormal, normal));
  return bitcast<vf>(bits | (wide & 0x8000u) << 16);
}
GT_INLINE vh halves_of(vf x, Float16) {
  const vu bits = bitcast<vu>(x), magnitude = bits & 0x7fffffffu;
  // Below 2⁻¹⁴, adding 0.5 rounds to a multiple of 2⁻²⁴, the spacing of float16's denormal numbers.
  const vu denormal = bitcast<vu>(bitcast<vf>(magnitude) + 0.5f) - 0x3f000000u;
  const vu normal = (magnitude - (112u << 23) + 0xfffu + (magnitude >> 13 & 1u)) >> 13;
  const vu nan = 0x7e00u | (magnitude >> 13 & 0x3ffu);
  const vu large = select(magnitude > 0x7f800000u, nan, splat(uint32_t{0x7c00}));
  const vu finite = select(magnitude < 0x38800000u, denormal, normal);
  const vu half = select(magnitude >= 0x47800000u, large, finite);
  return __builtin_convertvector(half | (bits >> 16 & 0x8000u), vh);
}

#endif

}  // namespace
