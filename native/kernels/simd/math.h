// Vector math functions. Each states lane type, max ULP and range; the tests hold it to them.
#pragma once
#include "kernels/simd/math_activation.h"
#include "kernels/simd/math_double.h"
#include "kernels/simd/math_exp.h"
#include "kernels/simd/math_hyperbolic.h"
#include "kernels/simd/math_inverse.h"
#include "kernels/simd/math_log.h"
#include "kernels/simd/math_trig.h"
