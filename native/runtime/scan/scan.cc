#include "runtime/scan/scan.h"

#include "runtime/parallel/parallel_items.h"

namespace gradtape {

namespace {

const char* at(const void* p, int64_t bytes) { return static_cast<const char*>(p) + bytes; }
char* at(void* p, int64_t bytes) { return static_cast<char*>(p) + bytes; }

/// Calls f(offset, width) for parts of [outer, n, inner] that each span all of n.
template <class F>
void along_axis(int64_t size, int64_t outer, int64_t n, int64_t inner, const F& f) {
  if (outer >= 8 || n * inner * size <= kGrainBytes) {
    parallel_items(outer, n * inner * size, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; o++) f(o * n * inner * size, inner);
    });
    return;
  }
  for (int64_t o = 0; o < outer; o++) {
    parallel_for(
        inner, grain_of_items(n * size),
        [&](int64_t begin, int64_t end) { f((o * n * inner + begin) * size, end - begin); }, 64);
  }
}

}  // namespace

void run_scan(const ScanEntry& op, int dtype, const void* x, void* y, int64_t outer, int64_t n, int64_t inner,
              bool exclusive, bool reverse) {
  const int64_t size = dtype_size(dtype);
  if (inner == 1) {
    parallel_items(outer, n * size, [&](int64_t begin, int64_t end) {
      const int64_t offset = begin * n * size;
      op.rows[dtype](at(x, offset), at(y, offset), end - begin, n, exclusive, reverse);
    });
    return;
  }
  along_axis(size, outer, n, inner, [&](int64_t offset, int64_t width) {
    op.fn[dtype](at(x, offset), at(y, offset), n, inner, width, exclusive, reverse);
  });
}

void run_recurrence(RecurrenceFn fn, int64_t size, const void* a, const void* b, void* y, int64_t outer,
                    int64_t n, int64_t inner, bool exclusive, bool reverse) {
  along_axis(size, outer, n, inner, [&](int64_t offset, int64_t width) {
    fn(at(a, offset), at(b, offset), at(y, offset), n, inner, width, exclusive, reverse);
  });
}

}  // namespace gradtape
