// Rows of few elements: vectors hold one column of as many rows as there are lanes.
#pragma once
#include "kernels/simd/columns.h"
#include "kernels/softmax/rows.h"

namespace {

/// Rows of fewer elements are processed together, one row per lane.
template <class T>
inline constexpr int64_t kShortRow = 4 * kLanes<T>;

/// Whether that applies: rows of a few vectors at most, and at least a quarter of a vector of rows.
template <class T>
GT_INLINE bool side_by_side(int64_t rows, int64_t cols) {
  return cols < kShortRow<T> && rows >= (cols <= kLanes<T> ? kLanes<T> / 4 : kLanes<T>);
}

/// Loads the columns of as many rows as there are lanes; 16 bytes are read of each row even if it is shorter.
template <class T>
struct Columns {
  Vec<T> at[kShortRow<T> + kGroup<T>];
  GT_INLINE void load(const T* x, int64_t n) {
    for (int64_t c = 0; c < n; c += kGroup<T>) load_columns<kMaxGroups>(x + c, n, at + c);
  }
  /// 16 bytes beyond the end of y must be writable.
  GT_INLINE void store(T* y, int64_t n) const {
    constexpr int C = kGroup<T>;
    for (int64_t c = (n - 1) / C * C; c >= 0; c -= C) store_columns(at + c, y + c, n);
  }
};

}  // namespace
