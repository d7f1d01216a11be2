// Vector math functions. Each states lane type, max ULP and range; the tests hold it to them.
#pragma once
#include "math_activation.h"
#include "math_double.h"
#include "math_exp.h"
#include "math_hyperbolic.h"
#include "math_inverse.h"
#include "math_log.h"
#include "math_trig.h"
