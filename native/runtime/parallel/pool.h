// One thread pool per process. Only the runtime splits work; kernels see ranges.
#pragma once
#include <stdint.h>

namespace gradtape {

using RangeFn = void (*)(void* context, int64_t begin, int64_t end) noexcept;

/// Calls f for contiguous ranges of [0, n), one range per thread, on as many threads as are worth it, the
/// caller included. Returns when all ranges are done.
/// - `grain` is the number of items that are worth a thread: about 2–4 µs of work. Each range has at least
///   that many, except for rounding to `align`; n < 2·grain runs inline.
/// - Ranges begin at multiples of `align`; only the length of the last one may not be a multiple.
/// - The split depends on what the threads are doing: results must not depend on it.
/// - Nested calls, and calls made while another thread uses the pool, run inline.
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
      [](void* context, int64_t begin, int64_t end) noexcept {
        (*static_cast<const F*>(context))(begin, end);
      },
      const_cast<void*>(static_cast<const void*>(&f)), align);
}

/// The same for items that are each worth many grains, or less than one: `grains` is the work of all n items.
void parallel_for_grains(int64_t n, int64_t grains, RangeFn f, void* context, int64_t align = 1);

template <class F>
void parallel_for_grains(int64_t n, int64_t grains, const F& f, int64_t align = 1) {
  if (n <= 0) return;
  if (grains < 2) {
    f(int64_t{0}, n);
    return;
  }
  parallel_for_grains(
      n, grains,
      [](void* context, int64_t begin, int64_t end) noexcept {
        (*static_cast<const F*>(context))(begin, end);
      },
      const_cast<void*>(static_cast<const void*>(&f)), align);
}

inline constexpr int kMaxThreads = 1024;

/// The number of threads that parallel_for may use, the caller included. Initially GRADTAPE_NUM_THREADS, or
/// the number of CPUs in the affinity mask.
int num_threads();
/// Clamped to [1, kMaxThreads]. May be called at any time, from any thread.
void set_num_threads(int n);
/// Null, or why GRADTAPE_NUM_THREADS was ignored.
const char* num_threads_error();

}  // namespace gradtape
