// Vector math functions. Each states lane type, max ULP and range; the tests hold it to them.
#pragma once
#include "vec.h"

namespace {

/// exp, float32. Max 0.87 ULP for all x; overflows to inf, underflows through the denormals to 0, NaN stays.
/// x = n·ln2 + r, |r| ≤ ln2/2; a degree-6 polynomial in r; scaled by 2ⁿ in two steps so that denormals come out right.
GT_INLINE vf exp_f32(vf x) {
  x = x < -104.0f ? splat(-104.0f) : x;  // compares that let NaN through
  x = x > 88.8f ? splat(88.8f) : x;
  const vf magic = splat(12582912.0f);
  vf t = fma(x, splat(1.44269504f), magic);
  const vi n = bitcast<vi>(t) - 0x4B400000;
  t -= magic;
  const vf r = x - t * 0.693145752f - t * 1.42860677e-6f;
  vf p = fma(splat(1.37805939e-3f), r, splat(8.37312452e-3f));
  p = fma(p, r, splat(4.16695364e-2f));
  p = fma(p, r, splat(0.166664720f));
  p = fma(p, r, splat(0.499999851f));
  p = fma(p, r, splat(1.0f));
  p = fma(p, r, splat(1.0f));
  const vi h = n >> 1;
  const vf s1 = bitcast<vf>((h + 127) << 23);
  const vf s2 = bitcast<vf>((n - h + 127) << 23);
  return p * s1 * s2;
}

}  // namespace
