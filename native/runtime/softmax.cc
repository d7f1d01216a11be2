#include "softmax.h"

#include "pool.h"

namespace gradtape {

namespace {

/// Elements that pay for a thread of their own.
constexpr int64_t kRowsGrain = 8 * 1024;

const void* at(const void* p, int64_t bytes) { return static_cast<const char*>(p) + bytes; }
void* at(void* p, int64_t bytes) { return static_cast<char*>(p) + bytes; }

}  // namespace

void run_rows(void (*fn)(const void*, void*, int64_t, int64_t) noexcept, const void* x, void* y, int64_t rows,
              int64_t cols, int64_t size) {
  const int64_t bytes = cols * size;
  parallel_for(rows, kRowsGrain / cols + 1, [&](int64_t begin, int64_t end) {
    fn(at(x, begin * bytes), at(y, begin * bytes), end - begin, cols);
  });
}

void run_rows(void (*fn)(const void*, const void*, void*, int64_t, int64_t) noexcept, const void* a,
              const void* b, void* y, int64_t rows, int64_t cols, int64_t size) {
  const int64_t bytes = cols * size;
  parallel_for(rows, kRowsGrain / cols + 1, [&](int64_t begin, int64_t end) {
    fn(at(a, begin * bytes), at(b, begin * bytes), at(y, begin * bytes), end - begin, cols);
  });
}

void run_cross_entropy(void (*fn)(const void*, const void*, void*, void*, int64_t, int64_t) noexcept,
                       const void* logits, const void* labels, void* loss, void* backprop, int64_t rows,
                       int64_t cols, int64_t size, int64_t label_bytes) {
  const int64_t bytes = cols * size;
  parallel_for(rows, kRowsGrain / cols + 1, [&](int64_t begin, int64_t end) {
    fn(at(logits, begin * bytes), at(labels, begin * label_bytes), at(loss, begin * size),
       at(backprop, begin * bytes), end - begin, cols);
  });
}

int64_t find_bad_label(const void* labels, int64_t rows, int64_t cols, int64_t label_bytes) {
  for (int64_t r = 0; r < rows; r++) {
    const int64_t label =
        label_bytes == 4 ? static_cast<const int32_t*>(labels)[r] : static_cast<const int64_t*>(labels)[r];
    if (label < 0 || label >= cols) return r;
  }
  return -1;
}

}  // namespace gradtape
