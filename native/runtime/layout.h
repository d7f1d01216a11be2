// Shapes and strides as the kernels' callers walk them.
#pragma once
#include <stdint.h>

namespace gradtape {

/// The most dimensions a strided call takes, after the caller has merged those that can be.
inline constexpr int kMaxDims = 16;

}  // namespace gradtape
