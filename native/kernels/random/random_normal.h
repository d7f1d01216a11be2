// Pairs of normal float32 numbers with the bits of the Box–Muller transform by glibc's logf and sincosf, on
// every system and instruction set. Those functions compute in double with the polynomials below (the
// coefficients decide the last bit); here they are vectorized over double lanes.
#pragma once
#include "kernels/simd/shuffle.h"

namespace {

constexpr int kWide = kLanes<double>;
using wd = Vec<double>;
using wl = Vec<int64_t>;
using wf = Vec<float, kWide>;
using wi = Vec<int32_t, kWide>;

/// 1/c and log c at sixteen points c of [0.7, 1.4).
alignas(64) constexpr double kLogInverse[16] = {0x1.661ec79f8f3bep+0, 0x1.571ed4aaf883dp+0,
                                                0x1.49539f0f010bp+0,  0x1.3c995b0b80385p+0,
                                                0x1.30d190c8864a5p+0, 0x1.25e227b0b8eap+0,
                                                0x1.1bb4a4a1a343fp+0, 0x1.12358f08ae5bap+0,
                                                0x1.0953f419900a7p+0, 0x1p+0,
                                                0x1.e608cfd9a47acp-1, 0x1.ca4b31f026aap-1,
                                                0x1.b2036576afce6p-1, 0x1.9c2d163a1aa2dp-1,
                                                0x1.886e6037841edp-1, 0x1.767dcf5534862p-1};
alignas(64) constexpr double kLogCentre[16] = {-0x1.57bf7808caadep-2, -0x1.2bef0a7c06ddbp-2,
                                               -0x1.01eae7f513a67p-2, -0x1.b31d8a68224e9p-3,
                                               -0x1.6574f0ac07758p-3, -0x1.1aa2bc79c81p-3,
                                               -0x1.a4e76ce8c0e5ep-4, -0x1.1973c5a611cccp-4,
                                               -0x1.252f438e10c1ep-5, 0x0p+0,
                                               0x1.aa5aa5df25984p-5,  0x1.c5e53aa362eb4p-4,
                                               0x1.526e57720db08p-3,  0x1.bc2860d22477p-3,
                                               0x1.1058bc8a07ee1p-2,  0x1.4043057b6ee09p-2};

GT_INLINE wd look_up(const double* table, wi index) {
#if defined(__AVX512F__)
  return reinterpret_cast<wd>(_mm512_permutex2var_pd(
      _mm512_load_pd(table), reinterpret_cast<__m512i>(__builtin_convertvector(index, wl)),
      _mm512_load_pd(table + 8)));
#else
  wd v = {};
  for (int i = 0; i < kWide; i++) v[i] = table[index[i]];
  return v;
#endif
}

/// log x for 0 < x < inf, x normal.
GT_INLINE wf log_exact(wf x) {
  const wi bits = bitcast<wi>(x);
  const wi t = bits - 0x3f330000;
  const wi index = (t >> 19) & 15;
  const wd k = __builtin_convertvector(t >> 23, wd);
  const wd z = __builtin_convertvector(bitcast<wf>(bits - (t & static_cast<int32_t>(0xff800000u))), wd);
  const wd r = z * look_up(kLogInverse, index) - 1.0;
  const wd base = look_up(kLogCentre, index) + k * 0x1.62e42fefa39efp-1;
  const wd r2 = r * r;
  wd y = 0x1.5575b0be00b6ap-2 * r + -0x1.ffffef20a4123p-2;
  y = -0x1.00ea348b88334p-2 * r2 + y;
  y = y * r2 + (base + r);
  return __builtin_convertvector(y, wf);
}

/// sin x and cos x for 0 ≤ x < 100.
GT_INLINE void sincos_exact(wf angle, wf* sine, wf* cosine) {
  wd x = __builtin_convertvector(angle, wd);
  const wd turns = x * 0x1.45f306dc9c883p+23;
  const wi n = (__builtin_convertvector(turns, wi) + 0x800000) >> 24;
  const wl quadrant = __builtin_convertvector(n, wl);
  x = x - __builtin_convertvector(n, wd) * 0x1.921fb54442d18p+0;
  const wd x2 = x * x, x3 = x2 * x, x4 = x2 * x2, x5 = x3 * x2, x6 = x4 * x2;
  const wd s1 = 0x1.1107605230bc4p-7 + x2 * -0x1.994eb3774cf24p-13;
  const wd c2 = -0x1.6c087e89a359dp-10 + x2 * 0x1.99343027bf8c3p-16;
  const wd s = (x + x3 * -0x1.555545995a603p-3) + x5 * s1;
  const wd c = ((1.0 + x2 * -0x1.ffffffd0c621cp-2) + x4 * 0x1.55553e1068f19p-5) + x6 * c2;
  const wl swap = -(quadrant & 1);
  const wl sb = bitcast<wl>(s), cb = bitcast<wl>(c);
  // Signs: sin in quadrants 2 and 3, cos in 1 and 2.
  const wl sine_sign = (quadrant & 2) << 62, cosine_sign = ((quadrant + 1) & 2) << 62;
  *sine = __builtin_convertvector(bitcast<wd>(((sb & ~swap) | (cb & swap)) ^ sine_sign), wf);
  *cosine = __builtin_convertvector(bitcast<wd>(((cb & ~swap) | (sb & swap)) ^ cosine_sign), wf);
}

/// A float in [0, 1) from the low 23 bits.
GT_INLINE wf unit_wide(wi w) { return bitcast<wf>((w & 0x7fffff) | 0x3f800000) - 1.0f; }

/// Normal numbers y[0..2·kWide) from as many words.
GT_INLINE void normals_wide(const uint32_t* w, float* y) {
  const vi words = bitcast<vi>(load(w));
  const wi first = evens(words), second = odds(words);
  wf u = unit_wide(first);
  u = u < 1e-7f ? wf{} + 1e-7f : u;
  const wd turn = __builtin_convertvector(unit_wide(second), wd) * 6.283185307179586476925286766559;
  wf sine, cosine;
  sincos_exact(__builtin_convertvector(turn, wf), &sine, &cosine);
  const wf square = log_exact(u) * -2.0f;
  float radius[kWide];
  memcpy(radius, &square, sizeof radius);
  for (int i = 0; i < kWide; i++) radius[i] = __builtin_sqrtf(radius[i]);
  wf r;
  memcpy(&r, radius, sizeof r);
  store(y, zip(sine * r, cosine * r));
}

}  // namespace
