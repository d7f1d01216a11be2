// Copies with strides, and the search for a value.
#pragma once
#include "kernels/dtypes.h"

namespace gradtape {

/// Two-dimensional copies for one element size. Strides are in elements; those of the source may be 0 or
/// negative.
struct CopyEntry {
  /// dst[i * dst_row + j * dst_step] = src[i * src_row + j * src_step], i < rows, j < n.
  void (*plane)(const void* src, int64_t src_row, int64_t src_step, void* dst, int64_t dst_row,
                int64_t dst_step, int64_t rows, int64_t n) noexcept;
};

/// What find looks for.
enum FindKind { kFindZero = 0, kFindNegative = 1, kFindKinds = 2 };

/// The least i for which x[i] is of the kind, or −1.
using FindFn = int64_t (*)(const void* x, int64_t n) noexcept;

}  // namespace gradtape
