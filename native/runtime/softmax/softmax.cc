#include "runtime/softmax/softmax.h"

#include <stdlib.h>

#include "runtime/parallel/pool.h"

namespace gradtape {

namespace {

/// Elements that are worth a thread.
constexpr int64_t kRowsGrain = 8 * 1024;
/// Elements per chunk of a long row.
constexpr int64_t kChunk = 32 * 1024;

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

bool run_log_sum_exp(void (*fn)(const void*, void*, int64_t, int64_t) noexcept, const void* x, void* y,
                     int64_t rows, int64_t cols, int64_t size) {
  if (cols < 2 * kChunk) {
    parallel_for(rows, kRowsGrain / cols + 1, [&](int64_t begin, int64_t end) {
      fn(at(x, begin * cols * size), at(y, begin * size), end - begin, cols);
    });
    return true;
  }
  // Long rows: first the chunks, then log-sum-exp of their results.
  const int64_t chunks = cols / kChunk;
  void* parts = malloc(static_cast<size_t>(chunks * size));
  if (parts == nullptr) return false;
  for (int64_t r = 0; r < rows; r++) {
    const void* row = at(x, r * cols * size);
    parallel_for(chunks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; p++) {
        const int64_t first = p * kChunk;
        fn(at(row, first * size), at(parts, p * size), 1, p + 1 < chunks ? kChunk : cols - first);
      }
    });
    fn(parts, at(y, r * size), 1, chunks);
  }
  free(parts);
  return true;
}

void run_cross_entropy(void (*fn)(const void*, const void*, void*, void*, int64_t, int64_t) noexcept,
                       const void* logits, const void* labels, void* loss, void* backprop, int64_t rows,
                       int64_t cols, int64_t size, int64_t label_bytes) {
  const int64_t bytes = cols * size;
  parallel_for(rows, kRowsGrain / cols + 1, [&](int64_t begin, int64_t end) {
    fn(at(logits, begin * bytes), at(labels, begin * label_bytes), at(loss, begin * size),
       backprop == nullptr ? nullptr : at(backprop, begin * bytes), end - begin, cols);
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
