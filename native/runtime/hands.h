// Rows of a table dealt out among threads by their numbers, so that those that repeat meet in their order in
// one thread. Columns are not split instead: the parts of a row lie side by side, and what one core fetches
// of its neighbour's part the other cannot write at once (10,000 rows of 512 bytes took as long on two
// threads as on one).
#pragma once
#include <stdint.h>

#include "pool.h"

namespace gradtape {

class Hands {
 public:
  /// Hands that rows are dealt to; a thread has several of them.
  static constexpr int64_t kCount = 64;
  static constexpr int64_t kChunk = 512;

  /// For rows of so many bytes: those that share a cache line are one hand's.
  explicit Hands(int64_t row_bytes) {
    while (shift_ < 6 && (row_bytes << shift_) < 64) shift_++;
  }

  /// Of the rows row(first) … row(first + n − 1), n ≤ kChunk, those of the hands [begin, end): their numbers
  /// and where they stand, in order; returns how many.
  template <class F>
  int64_t pick(int64_t first, int64_t n, int64_t begin, int64_t end, const F& row, int64_t* rows,
               int64_t* from) const {
    const uint64_t hands = static_cast<uint64_t>(end - begin);
    int64_t found = 0;
    for (int64_t i = first; i < first + n; i++) {
      const int64_t at = row(i);
      rows[found] = at;
      from[found] = i;
      found += static_cast<uint64_t>(((at >> shift_) & (kCount - 1)) - begin) < hands;
    }
    return found;
  }

 private:
  int shift_ = 0;
};

}  // namespace gradtape
