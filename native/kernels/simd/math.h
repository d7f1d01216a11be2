// Vectorized math functions. Each documents its element type, its largest error in ULP and its range, which
// the tests verify.
#pragma once
#include "kernels/simd/math_activation.h"
#include "kernels/simd/math_double.h"
#include "kernels/simd/math_exp.h"
#include "kernels/simd/math_hyperbolic.h"
#include "kernels/simd/math_inverse.h"
#include "kernels/simd/math_log.h"
#include "kernels/simd/math_trig.h"
