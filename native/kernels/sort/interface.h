// Sorting, and the largest elements of rows.
#pragma once
#include "kernels/dtypes.h"

namespace gradtape {

/// Sorting by radix: digits of at most this many bits.
inline constexpr int kSortBits = 11;
/// How many counts sort_low needs.
inline constexpr int64_t kSortCounts = 6 << kSortBits;
/// Sorting of items, which are unsigned keys, or such keys with the position of their element.
struct SortItems {
  int bytes;     // of an item
  int key_bits;  // that may differ
  /// items[i] = the key of x[i] and the position first + i.
  void (*make)(const void* x, void* items, int64_t first, int64_t n, bool descending) noexcept;
  /// y[i] = the value of items[i], or its position as int32.
  void (*take)(const void* items, void* y, int64_t n, bool descending) noexcept;
  /// The bits in which some key differs from that of the item `base`.
  uint64_t (*differing)(const void* items, int64_t n, const void* base) noexcept;
  /// counts[digit], of the digit of so many bits at `shift`.
  void (*count)(const void* items, int64_t n, int shift, int bits, uint32_t* counts) noexcept;
  /// Moves each item to to[places[its digit]++].
  void (*scatter)(const void* from, void* to, int64_t n, int shift, int bits, uint32_t* places) noexcept;
  /// Sorts items whose keys differ only in the lowest `bits` bits. `scratch` is as large as `items`; returns
  /// whichever of the two holds the result.
  void* (*sort_low)(void* items, void* scratch, int64_t n, int bits, uint32_t* counts) noexcept;
};
struct SortKernels {
  SortItems items[2];  // for values, for positions
  int pair_bytes;      // 0: the dtype has no order
  int ranked;          // rows up to this long are sorted by rank:
  void (*rank_values)(const void* x, void* y, int64_t n, bool descending) noexcept;
  void (*rank_positions)(const void* x, int32_t* y, int64_t n, bool descending) noexcept;
  void (*rank_top)(const void* x, void* values, int32_t* indices, int64_t n, int64_t k) noexcept;
  /// Adds the n elements at x, the first of them at position `first`, to the `found` greatest of those
  /// before, at most k; how many there are then.
  int64_t (*top_run)(const void* x, int64_t first, int64_t n, int64_t k, void* pairs, int64_t found) noexcept;
  /// The same with the greatest of later elements.
  int64_t (*top_merge)(void* pairs, int64_t found, const void* more, int64_t count, int64_t k) noexcept;
  /// Values and positions of k pairs found in x.
  void (*top_take)(const void* x, const void* pairs, void* values, int32_t* indices, int64_t k) noexcept;
};

}  // namespace gradtape
