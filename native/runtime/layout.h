// Limits of shapes and strides in native calls.
#pragma once
#include <stdint.h>

namespace gradtape {

/// The maximum rank of a strided call, after the caller has merged dimensions.
inline constexpr int kMaxDims = 16;

}  // namespace gradtape
