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

}  // namespace
