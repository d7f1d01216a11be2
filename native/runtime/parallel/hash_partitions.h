// Hash partitions of the rows of a table: updates of the same row go to the same thread, in their order.
// Splitting columns instead does not scale: the parts of a row are adjacent, and prefetching makes cores
// contend for their neighbour's cache lines (10,000 rows of 512 bytes took as long on two threads as on one).
#pragma once
#include <stdint.h>

#include "runtime/parallel/pool.h"

namespace gradtape {

class HashPartitions {
 public:
  /// Number of partitions; a thread gets several.
  static constexpr int64_t kCount = 64;
  static constexpr int64_t kChunk = 512;

  /// `row_bytes` is the size of a row: rows that share a cache line are in the same partition.
  explicit HashPartitions(int64_t row_bytes) {
    while (shift_ < 6 && (row_bytes << shift_) < 64) shift_++;
  }

  /// Of row(first) … row(first + n − 1), n ≤ kChunk, selects the rows in partitions [begin, end): writes
  /// their row numbers and their positions, in order, and returns how many there are.
  template <class F>
  int64_t pick(int64_t first, int64_t n, int64_t begin, int64_t end, const F& row, int64_t* rows,
               int64_t* from) const {
    const uint64_t partitions = static_cast<uint64_t>(end - begin);
    int64_t found = 0;
    for (int64_t i = first; i < first + n; i++) {
      const int64_t at = row(i);
      rows[found] = at;
      from[found] = i;
      found += static_cast<uint64_t>(((at >> shift_) & (kCount - 1)) - begin) < partitions;
    }
    return found;
  }

 private:
  int shift_ = 0;
};

}  // namespace gradtape
