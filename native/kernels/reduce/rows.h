// Reductions along rows: long rows one by one, short ones several at a time.
#pragma once
#include "kernels/reduce/columns.h"

namespace {

/// Rows of fewer elements are reduced together, one row per lane.
template <class E>
inline constexpr int64_t kShortRow = 4 * kLanes<E> < 64 ? 4 * kLanes<E> : 64;

/// Handles as many rows as there are lanes. Reads 16 bytes even of shorter rows.
template <class Op, class E>
GT_INLINE void fold_short(const E* x, E* y, int64_t n) {
  if constexpr (is_plain<E>) {
    alignas(64) E columns[kShortRow<E> * kLanes<E>];
    transpose_rows(x, n, columns);
    Vec<E> acc = splat(Op::template identity<E>());
    for (int64_t c = 0; c < n; c++) {
      acc = Op::template join<E>(acc, Op::map(load(columns + c * kLanes<E>)));
    }
    store(y, acc);
  } else {
    constexpr int C = kGroup<E>;
    Vec<E> acc[C], column[C];
    GT_UNROLL
    for (int k = 0; k < C; k++) acc[k] = splat(Op::template identity<E>());
    int64_t c = 0;
    for (; c + C <= n; c += C) {
      load_columns<kMaxGroups>(x + c, n, column);
      GT_UNROLL
      for (int k = 0; k < C; k++) acc[k] = Op::template join<E>(acc[k], Op::map(column[k]));
    }
    if (c < n) {
      // The last columns; those of them that have been added already are skipped.
      const int64_t again = c > 0 ? C - (n - c) : 0;
      load_columns<kMaxGroups>(x + c - again, n, column);
      GT_UNROLL
      for (int k = 0; k < C; k++) {
        if (k >= again && k - again < n - c) acc[k] = Op::template join<E>(acc[k], Op::map(column[k]));
      }
    }
    join_all<Op, E, C>(acc);
    store(y, acc[0]);
  }
}

/// Calls f(x, r, count) for groups of as many rows as there are lanes, from row r on. The last group is
/// copied to a buffer in which 16 bytes of each row may be read; what f computes of rows past the end is
/// unused.
template <class E, class F>
GT_INLINE void each_short(const E* x, int64_t rows, int64_t n, const F& f) {
  constexpr int64_t L = kLanes<E>;
  const int64_t past = n < kGroup<E> ? kGroup<E> - n : 0;
  int64_t r = 0;
  for (; (r + L) * n + past <= rows * n; r += L) f(x + r * n, r, L);
  for (; r < rows; r += L) {
    const int64_t count = rows - r < L ? rows - r : L;
    E copy[L * kShortRow<E> + kGroup<E>] = {};
    memcpy(copy, x + r * n, static_cast<size_t>(count * n) * sizeof(E));
    f(copy, r, count);
  }
}

/// Reduces a long row as a matrix of kColumns columns, then the remaining elements.
template <class Op, class E>
GT_INLINE E fold_plain_row(const E* x, int64_t n) {
  constexpr int64_t kColumns = kAccumulators * kLanes<E>, kLong = 8 * kColumns;
  alignas(64) E columns[kColumns];
  E result = Op::template identity<E>();
  int64_t i = 0;
  if (n >= kLong) {
    const int64_t rows = n / kColumns;
    fold_plain_cols<Op, E>(x, columns, rows, kColumns, kColumns);
    i = rows * kColumns;
    for (int64_t k = 0; k < kColumns; k++) {
      result = static_cast<E>(Op::template join<E>(result, columns[k]));
    }
  }
  for (; i < n; i++) result = static_cast<E>(Op::template join<E>(result, static_cast<E>(Op::map(x[i]))));
  return result;
}

template <class Op, class E>
void reduce_rows(const void* xv, void* yv, int64_t rows, int64_t n, int64_t stride) noexcept {
  const E* x = static_cast<const E*>(xv);
  E* y = static_cast<E*>(yv);
  if (n < kShortRow<E> && n > 0 && stride == n && rows >= kLanes<E>) {
    each_short(x, rows, n, [=](const E* from, int64_t r, int64_t count) {
      E out[kLanes<E>];
      fold_short<Op, E>(from, out, n);
      if (count == kLanes<E>) {
        memcpy(y + r, out, sizeof out);
      } else {
        memcpy(y + r, out, static_cast<size_t>(count) * sizeof(E));
      }
    });
    return;
  }
  if constexpr (is_plain<E>) {
    for (int64_t r = 0; r < rows; r++) y[r] = fold_plain_row<Op>(x + r * stride, n);
  } else if (stride == n && rows * n >= kFarBytes / static_cast<int64_t>(sizeof(E))) {
    for (int64_t r = 0; r < rows; r++) y[r] = fold_row<Op, true>(x + r * stride, n);
  } else {
    for (int64_t r = 0; r < rows; r++) y[r] = fold_row<Op, false>(x + r * stride, n);
  }
}

}  // namespace
