// Sorting, and the largest elements of rows (top-k).
#pragma once
#include "kernels/dtypes.h"

namespace gradtape {

/// Radix sort: digits of at most this many bits.
inline constexpr int kSortBits = 11;
/// The size of the `counts` argument of sort_low.
inline constexpr int64_t kSortCounts = 6 << kSortBits;
/// Radix sort of items: unsigned keys, or pairs of such a key and the position of its element.
struct SortItems {
  int bytes;     // of an item
  int key_bits;  // bits of a key that may differ
  /// items[i] = the key of x[i] and the position first + i.
  void (*make)(const void* x, void* items, int64_t first, int64_t n, bool descending) noexcept;
  /// y[i] = the value of items[i], or its position as int32.
  void (*take)(const void* items, void* y, int64_t n, bool descending) noexcept;
  /// The bits in which some key differs from that of the item `base`.
  uint64_t (*differing)(const void* items, int64_t n, const void* base) noexcept;
  /// counts[digit] = the number of items with that digit of `bits` bits at `shift`.
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
  int ranked;          // rows up to this long are sorted by rank, with these:
  void (*rank_values)(const void* x, void* y, int64_t n, bool descending) noexcept;
  void (*rank_positions)(const void* x, int32_t* y, int64_t n, bool descending) noexcept;
  void (*rank_top)(const void* x, void* values, int32_t* indices, int64_t n, int64_t k) noexcept;
  /// Adds the n elements at x, whose positions begin at `first`, to the top k: `pairs` has `found` of them so
  /// far. Returns the new number.
  int64_t (*top_run)(const void* x, int64_t first, int64_t n, int64_t k, void* pairs, int64_t found) noexcept;
  /// The same for `count` pairs `more`, the top k of later elements.
  int64_t (*top_merge)(void* pairs, int64_t found, const void* more, int64_t count, int64_t k) noexcept;
  /// Values and positions of the k pairs found in x.
  void (*top_take)(const void* x, const void* pairs, void* values, int32_t* indices, int64_t k) noexcept;
};

}  // namespace gradtape
