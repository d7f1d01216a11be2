// Gathers, scatters and masks.
#pragma once
#include "kernels/dtypes.h"

namespace gradtape {

/// Rows selected by index. All indices have been checked.
struct RowsEntry {
  /// dst row i = src row rows[i], rows of row_bytes bytes, i < n.
  void (*gather)(const void* src, int64_t row_bytes, const int64_t* rows, int64_t n, void* dst) noexcept;
  /// The number of nonzero bytes among n.
  int64_t (*count)(const uint8_t* mask, int64_t n) noexcept;
  /// Writes base + i for each mask[i] ≠ 0, in order, to `out`, which is large enough; returns how many.
  int64_t (*positions)(const uint8_t* mask, int64_t n, int64_t base, int64_t* out) noexcept;
};

/// dst[rows[i] * dst_row + j] = f(dst[…], updates[from[i] * update_row + j * update_step]), j < columns, in
/// the order of i; without `from`, from[i] is i.
using ScatterFn = void (*)(void* dst, int64_t dst_row, const int64_t* rows, const int64_t* from, int64_t n,
                           const void* updates, int64_t update_row, int64_t update_step,
                           int64_t columns) noexcept;
struct ScatterEntry {
  const char* name;
  ByDType<ScatterFn> fn;
  bool divides;  // an integer update of 0 is an error
};

}  // namespace gradtape
