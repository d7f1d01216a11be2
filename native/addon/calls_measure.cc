// The entry that measures the machine: no op uses it, the roofline of the benchmarks does.
#include "../runtime/dispatch.h"
#include "../runtime/pool.h"
#include "entries.h"

namespace gradtape {

namespace {

enum Kind { kNothing = 0, kRound, kFma, kRead, kWrite, kCopy, kAdd, kKinds };
constexpr int64_t kMaxRepeats = int64_t{1} << 20;

/// measure(x, a, y); frame: kind (0 nothing, 1 a round trip to all threads, 2 multiply-adds, 3 read x, 4
/// write y, 5 copy x to y, 6 add x and a into y), repeats, n (float32), offsets of x, a, y. All threads take
/// their part of the n elements as often as it says, or do `repeats` multiply-adds each. Returns the
/// operations of one repeat of the multiply-adds in one thread.
napi_value measure(napi_env env, napi_callback_info info) {
  Call call(env, info, 3);
  const int64_t kind = call.index(0, kKinds, "no such kind of measurement");
  const int64_t repeats = call.index(1, kMaxRepeats, "too many repeats");
  const int64_t n = call.integer(2);
  const float* x = static_cast<const float*>(call.read(0, 3, n, 4));
  const float* a = static_cast<const float*>(call.read(1, 4, n, 4));
  float* y = static_cast<float*>(call.write(2, 5, n, 4));
  if (!call.ok()) return nullptr;
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
  return call.value(static_cast<double>(k.operations));
}

}  // namespace

void define_measure(Napi::Object exports, Instance* instance) {
  define_entry(exports, "measure", measure, instance);
}

}  // namespace gradtape
