// Copies with strides, and the search for a value.
#pragma once
#include "kernels/dtypes.h"

namespace gradtape {

/// Copies inside two dimensions, for elements of one size. Steps and rows are in elements and may be 0 or
/// negative on the source's side.
struct CopyEntry {
  /// dst[i * dst_row + j * dst_step] = src[i * src_row + j * src_step], i < rows, j < n.
  void (*plane)(const void* src, int64_t src_row, int64_t src_step, void* dst, int64_t dst_row,
                int64_t dst_step, int64_t rows, int64_t n) noexcept;
};

/// What a find looks for.
enum FindKind { kFindZero = 0, kFindNegative = 1, kFindKinds = 2 };

/// The least i with x[i] of the kind looked for, or −1.
using FindFn = int64_t (*)(const void* x, int64_t n) noexcept;

}  // namespace gradtape
