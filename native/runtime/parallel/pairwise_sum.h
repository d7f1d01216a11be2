// Pairwise summation of the partial sums of chunks, in an order that does not depend on the threads.
#pragma once
#include "kernels/table.h"
#include "runtime/parallel/pool.h"

namespace gradtape {

/// Sums the `chunks` arrays sums(0), sums(1), … of `elements` elements of `size` bytes into sums(0): pairs,
/// then pairs of pairs, so that the error does not grow with their number. The other arrays are overwritten.
template <class Sums>
void add_pairwise(const ConvKernels& kernels, int64_t chunks, int64_t elements, int64_t size,
                  const Sums& sums) {
  for (int64_t step = 1; step < chunks; step *= 2) {
    const int64_t pairs = (chunks + step - 1) / (2 * step);
    parallel_for(elements, (1 << 15) / pairs + 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = 0; i + step < chunks; i += 2 * step) {
        kernels.add(static_cast<const char*>(sums(i + step)) + begin * size,
                    static_cast<char*>(sums(i)) + begin * size, end - begin);
      }
    });
  }
}

}  // namespace gradtape
