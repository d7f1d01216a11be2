// exp, float64.
#pragma once
#include "vec.h"

namespace {

/// exp(x) = 2ⁿ·(1 + r + r²·q(r)), |r| ≤ ln2/2: the series to r¹³, whose rest is below 5e-18. Max 0.99 ULP;
/// results below 2⁻¹⁰²² are denormals or 0, above the largest number inf; NaN stays.
GT_INLINE vd exp_f64(vd x) {
  x = x < -746.0 ? splat(-746.0) : x;  // compares that let NaN through
  x = x > 710.0 ? splat(710.0) : x;
  const vd magic = splat(6755399441055744.0);
  const vd t = fma(x, splat(1.4426950408889634), magic);
  const vl n = bitcast<vl>(t) - 0x4338000000000000LL;
  const vd k = t - magic;
  const vd r = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
  const vd s = r * r;
  // Pairs of coefficients first: the chain is half as long as Horner's.
  const vd p0 = fma(r, splat(1.0 / 6), splat(0.5));
  const vd p1 = fma(r, splat(1.0 / 120), splat(1.0 / 24));
  const vd p2 = fma(r, splat(1.0 / 5040), splat(1.0 / 720));
  const vd p3 = fma(r, splat(1.0 / 362880), splat(1.0 / 40320));
  const vd p4 = fma(r, splat(1.0 / 39916800), splat(1.0 / 3628800));
  const vd p5 = fma(r, splat(1.0 / 6227020800), splat(1.0 / 479001600));
  vd q = fma(p5, s, p4);
  q = fma(q, s, p3);
  q = fma(q, s, p2);
  q = fma(q, s, p1);
  q = fma(q, s, p0);
  const vd e = fma(q, s, r) + 1.0;
  // In two steps, so that denormals and the last power of two come out right.
  const vl h = n >> 1;
  return e * bitcast<vd>((h + 1023) << 52) * bitcast<vd>((n - h + 1023) << 52);
}

}  // namespace
