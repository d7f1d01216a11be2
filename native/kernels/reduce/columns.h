// Reductions down columns.
#pragma once
#include "kernels/reduce/fold.h"

namespace {

/// All rows of a few vectors of columns at a time; the last vector ends at the last column and may overlap
/// the one before.
template <class Op, class E>
GT_OUTLINE void fold_plain_cols(const E* x, E* y, int64_t n, int64_t stride, int64_t width) {
  constexpr int64_t L = kLanes<E>;
  int64_t i = 0;
  for (; i + kAccumulators * L <= width; i += kAccumulators * L) {
    Vec<E> acc[kAccumulators];
    GT_UNROLL
    for (int k = 0; k < kAccumulators; k++) acc[k] = splat(Op::template identity<E>());
    for (int64_t r = 0; r < n; r++) {
      GT_UNROLL
      for (int k = 0; k < kAccumulators; k++) {
        acc[k] = Op::template join<E>(acc[k], Op::map(load(x + r * stride + i + k * L)));
      }
    }
    GT_UNROLL
    for (int k = 0; k < kAccumulators; k++) store(y + i + k * L, acc[k]);
  }
  while (width >= L && i < width) {
    if (i > width - L) i = width - L;
    Vec<E> acc = splat(Op::template identity<E>());
    for (int64_t r = 0; r < n; r++) acc = Op::template join<E>(acc, Op::map(load(x + r * stride + i)));
    store(y + i, acc);
    i += L;
  }
  for (; i < width; i++) {
    E acc = Op::template identity<E>();
    for (int64_t r = 0; r < n; r++) {
      acc = static_cast<E>(Op::template join<E>(acc, static_cast<E>(Op::map(x[r * stride + i]))));
    }
    y[i] = acc;
  }
}

/// Joins acc[i] with the 8 rows at x, as a tree; with kRows = 1, with one row.
template <class Op, class E, int kRows>
GT_INLINE void fold_rows(const E* x, int64_t stride, E* acc, int64_t width) {
  constexpr int L = kLanes<E>;
  int64_t i = 0;
  for (; i + L <= width; i += L) {
    Vec<E> v[kRows];
    GT_UNROLL
    for (int k = 0; k < kRows; k++) v[k] = Op::map(load(x + k * stride + i));
    if constexpr (HasQuick<Op, E> && kRows > 1) {
      Vec<E> sum[kRows], most = load(acc + i);
      GT_UNROLL
      for (int k = 0; k < kRows; k++) {
        sum[k] = v[k];
        most = Op::quick(most, v[k]);
      }
      join_all<Sum, E, kRows>(sum);
      if (__builtin_expect(!suspect(sum[0] + load(acc + i)), 1)) {
        store(acc + i, most);
        continue;
      }
    }
    join_all<Op, E, kRows>(v);
    store(acc + i, Op::template join<E>(load(acc + i), v[0]));
  }
  for (; i < width; i++) {
    E v[kRows];
    GT_UNROLL
    for (int k = 0; k < kRows; k++) v[k] = static_cast<E>(Op::map(x[k * stride + i]));
    join_all<Op, E, kRows>(v);
    acc[i] = static_cast<E>(Op::template join<E>(acc[i], v[0]));
  }
}

/// A strip of at most kStrip columns: blocks of 512 rows are summed into an accumulator row, and joined in y.
constexpr int64_t kStrip = 1024;
template <class Op, class E>
void fold_strip(const E* x, E* y, int64_t n, int64_t stride, int64_t width) {
  constexpr int64_t kRowBlock = 512;
  // A load shortly after a store to the same offset within a page (4K aliasing) waits for it. With the
  // accumulators half a page from x, sums take 50 instead of up to 73 µs.
  constexpr uintptr_t kPage = 4096, kLine = 64;
  alignas(64) E buffer[kStrip + kPage / sizeof(E)];
  const uintptr_t apart =
      (reinterpret_cast<uintptr_t>(x) + kPage / 2 - reinterpret_cast<uintptr_t>(buffer)) % kPage;
  E* acc = buffer + apart / kLine * kLine / sizeof(E);
  for (int64_t r = 0; r < n || r == 0; r += kRowBlock) {
    const int64_t end = n - r < kRowBlock ? n : r + kRowBlock;
    for (int64_t i = 0; i < width; i++) acc[i] = Op::template identity<E>();
    int64_t q = r;
    // Four rows at a time were 4% faster from L3 but lost more precision with a large element; four and four
    // with separate sums, or prefetching, gained nothing.
    for (; q + 8 <= end; q += 8) fold_rows<Op, E, 8>(x + q * stride, stride, acc, width);
    for (; q < end; q++) fold_rows<Op, E, 1>(x + q * stride, stride, acc, width);
    if (r == 0) {
      memcpy(y, acc, static_cast<size_t>(width) * sizeof(E));
    } else {
      for (int64_t i = 0; i < width; i++) y[i] = static_cast<E>(Op::template join<E>(y[i], acc[i]));
    }
  }
}

template <class Op, class E>
GT_INLINE void fold_cols(const E* x, E* y, int64_t n, int64_t stride, int64_t width) {
  if constexpr (is_plain<E>) {
    fold_plain_cols<Op, E>(x, y, n, stride, width);
  } else {
    for (int64_t i = 0; i < width; i += kStrip) {
      fold_strip<Op, E>(x + i, y + i, n, stride, width - i < kStrip ? width - i : kStrip);
    }
  }
}

template <class Op, class E>
void reduce_cols(const void* xv, void* yv, int64_t n, int64_t stride, int64_t width) noexcept {
  constexpr int64_t kNarrow = 64;
  const E* x = static_cast<const E*>(xv);
  E* y = static_cast<E*>(yv);
  if (width >= kNarrow || stride != width || n < 16) return fold_cols<Op, E>(x, y, n, stride, width);
  // Narrow rows: several are treated as one wide row.
  const int64_t group = 4 * kNarrow / width;
  const int64_t groups = n / group;
  E wide[4 * kNarrow];
  fold_cols<Op, E>(x, wide, groups, group * width, group * width);
  const E* rest = x + groups * group * width;
  const int64_t rows = n - groups * group;
  for (int64_t i = 0; i < width; i++) {
    E a = Op::template identity<E>(), b = a;
    if (groups > 0) {
      for (int64_t r = 0; r < group; r++) a = static_cast<E>(Op::template join<E>(a, wide[r * width + i]));
    }
    for (int64_t r = 0; r < rows; r++) {
      b = static_cast<E>(Op::template join<E>(b, static_cast<E>(Op::map(rest[r * width + i]))));
    }
    y[i] = static_cast<E>(Op::template join<E>(a, b));
  }
}

}  // namespace
