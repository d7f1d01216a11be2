#include "runtime/linalg/linalg.h"

#include <stdlib.h>

#include <atomic>

#include "runtime/parallel/pool.h"

namespace gradtape {

namespace {

/// Multiplications that are worth a thread.
constexpr int64_t kGrain = 8 * 1024;

const char* at(const void* p, int64_t bytes) { return static_cast<const char*>(p) + bytes; }
char* at(void* p, int64_t bytes) { return static_cast<char*>(p) + bytes; }

/// The distance between columns: not a multiple of 512 bytes, for which they would map to the same few L1
/// sets.
int64_t column_stride(int64_t m) {
  const int64_t stride = (m + kQrAlign - 1) / kQrAlign * kQrAlign;
  return stride % 64 == 0 ? stride + kQrAlign : stride;
}

}  // namespace

bool run_qr(QrFn fn, const void* x, void* q, void* r, int64_t batch, int64_t m, int64_t n, int64_t columns,
            int64_t size) {
  const int64_t steps = m < n ? m : n, stride = column_stride(m);
  const int64_t bytes = ((n + columns) * stride + steps) * static_cast<int64_t>(sizeof(double));
  const int64_t work = 2 * steps * m * (n + columns);
  std::atomic<bool> ok{true};
  parallel_for(batch, kGrain / (work + 1) + 1, [&](int64_t begin, int64_t end) {
    constexpr size_t kLine = 64;
    void* memory = malloc(static_cast<size_t>(bytes) + kLine);
    if (memory == nullptr) {
      ok = false;
      return;
    }
    const uintptr_t aligned = (reinterpret_cast<uintptr_t>(memory) + kLine - 1) & ~(kLine - 1);
    for (int64_t i = begin; i < end; i++) {
      fn(at(x, i * m * n * size), at(q, i * m * columns * size), at(r, i * columns * n * size), m, n, columns,
         reinterpret_cast<double*>(aligned), stride);
    }
    free(memory);
  });
  return ok;
}

}  // namespace gradtape
