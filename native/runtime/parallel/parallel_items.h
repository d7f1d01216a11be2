// Parallel loops over items of a given size in bytes.
#pragma once
#include <stdint.h>

#include "runtime/parallel/pool.h"

namespace gradtape {

/// Fewer bytes than this are not worth a second thread.
inline constexpr int64_t kGrainBytes = 128 * 1024;

/// The grain of parallel_for for items of this size.
inline int64_t grain_of_items(int64_t bytes_each) {
  return kGrainBytes / (bytes_each < 1 ? 1 : bytes_each) + 1;
}

/// parallel_for over n items of this size.
template <class F>
void parallel_items(int64_t n, int64_t bytes_each, const F& f) {
  parallel_for_grains(n, n * bytes_each / kGrainBytes, f);
}

}  // namespace gradtape
