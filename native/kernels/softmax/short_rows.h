// Rows of few elements side by side: vectors hold one column of as many rows as there are lanes.
#pragma once
#include "kernels/simd/columns.h"
#include "kernels/softmax/rows.h"

namespace {

/// Rows of fewer elements go side by side, a lane for each.
template <class T>
inline constexpr int64_t kShortRow = 4 * kLanes<T>;

/// Rows of fewer elements than a few vectors, at least a quarter of a vector of rows: a lane for each.
template <class T>
GT_INLINE bool side_by_side(int64_t rows, int64_t cols) {
  return cols < kShortRow<T> && rows >= (cols <= kLanes<T> ? kLanes<T> / 4 : kLanes<T>);
}

/// The rows' columns, as many rows as there are lanes; 16 bytes are read of each even if it is shorter.
template <class T>
struct Columns {
  Vec<T> at[kShortRow<T> + kGroup<T>];
  GT_INLINE void load(const T* x, int64_t n) {
    for (int64_t c = 0; c < n; c += kGroup<T>) load_columns<kMaxGroups>(x + c, n, at + c);
  }
  /// Past the end of y there is room for 16 bytes.
  GT_INLINE void store(T* y, int64_t n) const {
    constexpr int C = kGroup<T>;
    for (int64_t c = (n - 1) / C * C; c >= 0; c -= C) store_columns(at + c, y + c, n);
  }
};

}  // namespace
