// One thread pool per process. Only the runtime splits work; kernels see ranges.
#pragma once
#include <stdint.h>

namespace gradtape {

using RangeFn = void (*)(void* context, int64_t begin, int64_t end) noexcept;

/// Calls f over [0, n) in contiguous ranges, one for each of as many threads as pays, the caller included.
/// Returns when all of it is done.
///  - `grain` is the number of items worth a thread of their own: about 2–4 µs of work. Each range holds at
///  least
///    that many, but for rounding to `align`; n < 2·grain runs inline.
///  - Ranges begin at multiples of `align`; only the last may have a length that is none.
///  - How the work is split depends on what the threads are doing: results must not depend on it.
///  - Calls within a range of a region that was split, and calls made while another thread has the pool, run
///  inline.
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

/// The same where each item is worth many grains, or less than one: `grains` is the work of all n items.
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

/// Threads that parallel_for may use, the caller included. At first GRADTAPE_NUM_THREADS, else the CPUs
/// allowed.
int num_threads();
/// From 1 to kMaxThreads; others are taken to the nearer of these. May be called at any time, from any
/// thread.
void set_num_threads(int n);
/// Null, or why GRADTAPE_NUM_THREADS could not be followed.
const char* num_threads_error();

}  // namespace gradtape
