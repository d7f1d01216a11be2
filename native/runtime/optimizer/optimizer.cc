#include "runtime/optimizer/optimizer.h"

#include "runtime/parallel/hash_partitions.h"

namespace gradtape {

namespace {

constexpr int64_t kUpdateGrain = 16 * 1024;
/// The grain for updates of rows, which are scattered over the table.
constexpr int64_t kRowsGrain = 8 * 1024;

/// While it exists, denormal numbers are flushed to zero, as in TensorFlow: once gradients vanish, the
/// decaying moments stay denormal for long, and arithmetic with them takes 1.5 times as long.
class FlushDenormals {
 public:
#if defined(__x86_64__)
  FlushDenormals() : before_(__builtin_ia32_stmxcsr()) { __builtin_ia32_ldmxcsr(before_ | 0x8040); }
  ~FlushDenormals() { __builtin_ia32_ldmxcsr(before_); }

 private:
  unsigned before_;
#elif defined(__aarch64__)
  FlushDenormals() {
    __asm__ volatile("mrs %0, fpcr" : "=r"(before_));
    __asm__ volatile("msr fpcr, %0" ::"r"(before_ | (uint64_t{1} << 24)));
  }
  ~FlushDenormals() { __asm__ volatile("msr fpcr, %0" ::"r"(before_)); }

 private:
  uint64_t before_;
#else
  FlushDenormals() {}
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;
};

const void* at(const void* p, int64_t bytes) { return static_cast<const char*>(p) + bytes; }
void* at(void* p, int64_t bytes) { return static_cast<char*>(p) + bytes; }

/// Rows are scattered over the table: they are prefetched this many ahead.
constexpr int64_t kAhead = 6;
constexpr int64_t kLine = 64;

template <class Index>
void update_rows(const OptimizerEntry& entry, const OptimizerRun& run, const Index* rows, int64_t count,
                 int64_t columns, int dtype) {
  const auto fn = entry.fn[dtype];
  const int64_t size = dtype_size(dtype);
  const int64_t row_bytes = columns * size;
  const int64_t fetched = row_bytes < 1024 ? row_bytes : 1024;
  const HashPartitions partitions(row_bytes);
  parallel_for(HashPartitions::kCount, HashPartitions::kCount * kRowsGrain / (count * columns) + 1,
               [&](int64_t begin, int64_t end) {
                 const FlushDenormals flush;
                 OptimizerRun part = run;
                 part.n = columns;
                 int64_t mine[HashPartitions::kChunk], from[HashPartitions::kChunk];
                 for (int64_t first = 0; first < count; first += HashPartitions::kChunk) {
                   const int64_t n =
                       count - first < HashPartitions::kChunk ? count - first : HashPartitions::kChunk;
                   const int64_t found = partitions.pick(
                       first, n, begin, end, [rows](int64_t i) { return int64_t{rows[i]}; }, mine, from);
                   for (int64_t i = 0; i < found; i++) {
                     if (i + kAhead < found) {
                       const char* p = static_cast<const char*>(run.in[0]) + mine[i + kAhead] * row_bytes;
                       for (int64_t b = 0; b < fetched; b += kLine) __builtin_prefetch(p + b);
                     }
                     part.gradient = at(run.gradient, from[i] * row_bytes);
                     part.in[0] = at(run.in[0], mine[i] * row_bytes);
                     part.out[0] = at(run.out[0], mine[i] * row_bytes);
                     fn(part);
                   }
                 }
               });
}

}  // namespace

void run_optimizer(const OptimizerEntry& entry, const OptimizerRun* runs, int count, int dtype) {
  const auto fn = entry.fn[dtype];
  const int64_t size = dtype_size(dtype);
  // Each variable begins at a multiple of the alignment, as if they were contiguous.
  constexpr int64_t kAlign = 64;
  const auto aligned_size = [&](int v) { return (runs[v].n + kAlign - 1) / kAlign * kAlign; };
  int64_t total = 0;
  for (int v = 0; v < count; v++) total += aligned_size(v);
  parallel_for(
      total, kUpdateGrain,
      [&](int64_t begin, int64_t end) {
        const FlushDenormals flush;
        int64_t first = 0;
        for (int v = 0; v < count && first < end; first += aligned_size(v), v++) {
          const OptimizerRun& run = runs[v];
          const int64_t from = begin > first ? begin - first : 0;
          const int64_t to = end - first < run.n ? end - first : run.n;
          if (from >= to) continue;
          OptimizerRun part = run;
          part.n = to - from;
          part.gradient = at(run.gradient, from * size);
          for (int i = 0; i < entry.states; i++) {
            part.in[i] = at(run.in[i], from * size);
            part.out[i] = at(run.out[i], from * size);
          }
          fn(part);
        }
      },
      kAlign);
}

void run_optimizer_rows(const OptimizerEntry& entry, const OptimizerRun& run, const void* rows, bool wide,
                        int64_t count, int64_t columns, int dtype) {
  if (count == 0 || columns == 0) return;
  if (wide) {
    update_rows(entry, run, static_cast<const int64_t*>(rows), count, columns, dtype);
  } else {
    update_rows(entry, run, static_cast<const int32_t*>(rows), count, columns, dtype);
  }
}

}  // namespace gradtape
