// One thread pool per process. Only the runtime splits work; kernels see ranges.
#pragma once
#include <stdint.h>

namespace gradtape {

using RangeFn = void (*)(void* context, int64_t begin, int64_t end) noexcept;

/// Calls f over [0, n) in contiguous ranges of at least `grain` (but for the last), on several threads where that
/// pays; n ≤ grain runs inline. Returns when all of it is done. Ranges begin at multiples of `align`.
void parallel_for(int64_t n, int64_t grain, RangeFn f, void* context, int64_t align = 1);

template <class F>
void parallel_for(int64_t n, int64_t grain, const F& f, int64_t align = 1) {
  if (n <= 0) return;
  if (n <= grain) {
    f(int64_t{0}, n);
    return;
  }
  parallel_for(
      n, grain,
      [](void* context, int64_t begin, int64_t end) noexcept { (*static_cast<const F*>(context))(begin, end); },
      const_cast<void*>(static_cast<const void*>(&f)), align);
}

/// Threads that parallel_for may use, the caller included. At first GRADTAPE_NUM_THREADS, else the CPUs allowed.
int num_threads();
/// n ≥ 1.
void set_num_threads(int n);

}  // namespace gradtape
