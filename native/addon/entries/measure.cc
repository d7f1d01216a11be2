// The entry for hardware measurements, which the roofline benchmark uses; no op does.
#include "addon/entry.h"
#include "runtime/dispatch/dispatch.h"
#include "runtime/parallel/pool.h"

namespace gradtape {

namespace {

enum Kind { kNothing = 0, kRound, kFma, kRead, kWrite, kCopy, kAdd, kKinds };
constexpr int64_t kMaxRepeats = int64_t{1} << 20;

}  // namespace

/// Kind: 0 nothing, 1 a synchronisation of all threads, 2 multiply-adds, 3 read x, 4 write y, 5 copy x to y,
/// 6 add x and a into y. Threads split the n elements (float32) and repeat `repeats` times; for kind 2 each
/// thread does `repeats` multiply-adds. Returns the operations of one repeat of the multiply-adds in one
/// thread.
GT_VALUE_ENTRY(Measure, (x, a, y), kind, repeats, n) {
  const int64_t kind = call.index(Measure::kind, kKinds, "no such kind of measurement");
  const int64_t repeats = call.index(Measure::repeats, kMaxRepeats, "too many repeats");
  const int64_t n = call.integer(Measure::n);
  const float* x = static_cast<const float*>(call.read(Measure::x, n, 4));
  const float* a = static_cast<const float*>(call.read(Measure::a, n, 4));
  float* y = static_cast<float*>(call.write(Measure::y, n, 4));
  if (!call.ok()) return -1;
  const MeasureKernels& k = kernels().measure;
  const int64_t threads = num_threads();
  if (kind == kRound) {
    for (int64_t r = 0; r < repeats; r++) {
      parallel_for_grains(threads, threads * 1024, [](int64_t, int64_t) {});
    }
  } else if (kind == kFma) {
    parallel_for_grains(threads, threads * 1024, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        [[maybe_unused]] volatile float sink = k.multiply_add(repeats);
      }
    });
  } else if (kind >= kRead && n > 0) {
    parallel_for_grains(
        n, threads * 1024,
        [&](int64_t begin, int64_t end) {
          const int64_t m = end - begin;
          for (int64_t r = 0; r < repeats; r++) {
            if (kind == kRead) {
              [[maybe_unused]] volatile float sink = k.read(x + begin, m);
            }
            if (kind == kWrite) k.write(y + begin, m);
            if (kind == kCopy) k.copy(x + begin, y + begin, m);
            if (kind == kAdd) k.add(x + begin, a + begin, y + begin, m);
          }
        },
        1024);
  }
  return static_cast<double>(k.operations);
}

}  // namespace gradtape
