// Loops over items of so many bytes each.
#pragma once
#include <stdint.h>

#include "runtime/parallel/pool.h"

namespace gradtape {

/// Below this many bytes a second thread costs more than it brings.
inline constexpr int64_t kGrainBytes = 128 * 1024;

/// The grain for parallel_for over items of so many bytes.
inline int64_t grain_of_items(int64_t bytes_each) {
  return kGrainBytes / (bytes_each < 1 ? 1 : bytes_each) + 1;
}

/// f over n items of so many bytes.
template <class F>
void parallel_items(int64_t n, int64_t bytes_each, const F& f) {
  parallel_for_grains(n, n * bytes_each / kGrainBytes, f);
}

}  // namespace gradtape
