#include "runtime/sort/sort.h"

#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <atomic>

#include "runtime/memory/pages.h"
#include "runtime/memory/scratch.h"
#include "runtime/parallel/pool.h"

namespace gradtape {

namespace {

/// Rows up to this long are sorted by one thread, in its cache.
constexpr int64_t kShortRow = 4096;
/// Comparisons in sorting by rank that are worth a thread.
constexpr int64_t kRankGrain = 64 * 1024;
/// A long row is split into parts of at least this size; the result does not depend on their number.
constexpr int64_t kPart = 65536;
constexpr int kMaxParts = 64;
/// Even a single thread gains from buckets beyond this many elements.
constexpr int64_t kCached = 1 << 20;
/// Items that are worth a thread: for moving each once, and for sorting buckets.
constexpr int64_t kMoved = 4096, kSorted = 2048;
/// Buckets of fewer items are sorted together with their neighbours.
constexpr int64_t kSmallBucket = 1024;
/// Up to this k, the greatest elements are found by insertion; beyond, by sorting the row.
constexpr int64_t kMostInserted = 256;
/// For top-k, a row is split into parts of this size.
constexpr int64_t kTopPart = 131072;

const char* at(const void* p, int64_t bytes) { return static_cast<const char*>(p) + bytes; }
char* at(void* p, int64_t bytes) { return static_cast<char*>(p) + bytes; }

int log2_of(uint64_t x) { return 63 - __builtin_clzll(x); }

struct Scratch {
  void* data;
  explicit Scratch(int64_t bytes) : data(malloc(static_cast<size_t>(bytes))) {
    ask_for_huge_pages(data, bytes);
  }
  ~Scratch() { free(data); }
  Scratch(const Scratch&) = delete;
};

/// A long row: its items in two buffers, and where the result goes.
struct LongRow {
  const SortItems& s;
  int64_t out;  // bytes of an element of the result
  bool descending;

  void take(const void* items, int64_t n, void* y) const { s.take(items, y, n, descending); }

  /// Sorts on the calling thread, if keys differ only in the lowest `bits` bits.
  bool sort_here(void* items, void* scratch, int64_t n, int bits, void* y) const {
    auto* const counts = static_cast<uint32_t*>(thread_scratch(kSortCounts * 4));
    if (counts == nullptr) return false;
    take(s.sort_low(items, scratch, n, bits, counts), n, y);
    return true;
  }

  /// Distributes the items into buckets by the highest digit in which keys differ; each bucket is sorted by
  /// one thread in its cache. (Starting with the lowest digit, as for short rows, makes threads write where
  /// others have just written: a million elements took longer on two threads than on one.)
  bool sort(void* items, void* scratch, int64_t n, void* y) const {
    int64_t parts = (n + kPart - 1) / kPart;
    if (parts > num_threads()) parts = num_threads();
    if (parts > kMaxParts) parts = kMaxParts;
    if (n <= (parts == 1 ? kCached : kPart)) return sort_here(items, scratch, n, s.key_bits, y);
    const int64_t step = (n + parts - 1) / parts;
    const auto each_part = [&](const auto& f) {
      parallel_for_grains(parts, n / kMoved, [&](int64_t begin, int64_t end) {
        for (int64_t p = begin; p < end; p++) {
          const int64_t first = p * step;
          f(p, at(items, first * s.bytes), first >= n ? 0 : n - first < step ? n - first : step);
        }
      });
    };
    uint64_t found[kMaxParts] = {}, differing = 0;
    each_part(
        [&](int64_t p, const void* from, int64_t length) { found[p] = s.differing(from, length, items); });
    for (int64_t p = 0; p < parts; p++) differing |= found[p];
    if (differing == 0) {
      each_part(
          [&](int64_t p, const void* from, int64_t length) { take(from, length, at(y, p * step * out)); });
      return true;
    }
    const int top = log2_of(differing) + 1, bits = top < kSortBits ? top : kSortBits, shift = top - bits;
    const int64_t buckets = int64_t{1} << bits;
    Scratch memory(((parts + 1) * buckets + 1) * int64_t{sizeof(uint32_t)});
    if (memory.data == nullptr) return false;
    auto* const counts = static_cast<uint32_t*>(memory.data);
    uint32_t* const starts = counts + parts * buckets;
    each_part([&](int64_t p, const void* from, int64_t length) {
      s.count(from, length, shift, bits, counts + p * buckets);
    });
    uint32_t place = 0;
    for (int64_t b = 0; b < buckets; b++) {
      starts[b] = place;
      for (int64_t p = 0; p < parts; p++) {
        uint32_t& c = counts[p * buckets + b];
        const uint32_t count = c;
        c = place;
        place += count;
      }
    }
    starts[buckets] = place;
    each_part([&](int64_t p, const void* from, int64_t length) {
      s.scatter(from, scratch, length, shift, bits, counts + p * buckets);
    });
    // A bucket so large that other threads would wait for it is distributed again.
    const int64_t fair = n / (4 * parts), most = fair > kPart ? fair : kPart;
    const auto size_of = [&](int64_t b) { return int64_t{starts[b + 1]} - starts[b]; };
    std::atomic<bool> enough{true};
    parallel_for(n, kSorted, [&](int64_t begin, int64_t end) {
      // The buckets that begin in the range; several small ones are sorted together.
      int64_t b = std::lower_bound(starts, starts + buckets, static_cast<uint32_t>(begin)) - starts;
      for (int64_t next; b < buckets && starts[b] < end; b = next) {
        next = b + 1;
        if (size_of(b) > most) continue;
        while (next < buckets && starts[next] < end && size_of(next - 1) < kSmallBucket &&
               size_of(next) < kSmallBucket && starts[next] - starts[b] < 4 * kSmallBucket) {
          next++;
        }
        const int64_t from = starts[b], length = starts[next] - from;
        const int more = next - b == 1 ? 0 : log2_of(static_cast<uint64_t>(b ^ (next - 1))) + 1;
        if (length > 0 && !sort_here(at(scratch, from * s.bytes), at(items, from * s.bytes), length,
                                     shift + more, at(y, from * out))) {
          enough = false;
        }
      }
    });
    for (int64_t b = 0; b < buckets; b++) {
      const int64_t from = starts[b];
      if (size_of(b) > most &&
          !sort(at(scratch, from * s.bytes), at(items, from * s.bytes), size_of(b), at(y, from * out))) {
        enough = false;
      }
    }
    return enough;
  }
};

}  // namespace

bool run_sort(const SortKernels& sort, const void* x, void* y, int64_t rows, int64_t n, int64_t size,
              bool positions, bool descending) {
  const SortItems& s = sort.items[positions ? 1 : 0];
  const int64_t out = positions ? 4 : size;
  if (n == 1 && positions) {
    memset(y, 0, static_cast<size_t>(rows * out));
    return true;
  }
  if (n <= sort.ranked) {
    parallel_for(rows, kRankGrain / (n * n) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        const void* from = at(x, r * n * size);
        void* to = at(y, r * n * out);
        if (positions) {
          sort.rank_positions(from, static_cast<int32_t*>(to), n, descending);
        } else {
          sort.rank_values(from, to, n, descending);
        }
      }
    });
    return true;
  }
  if (n <= kShortRow) {
    bool enough = true;
    parallel_for(rows, 8192 / n + 1, [&](int64_t begin, int64_t end) {
      void* counts = thread_scratch(kSortCounts * 4 + 2 * n * s.bytes);
      if (counts == nullptr) {
        __atomic_store_n(&enough, false, __ATOMIC_RELAXED);
        return;
      }
      void* items = at(counts, kSortCounts * 4);
      void* scratch = at(items, n * s.bytes);
      for (int64_t r = begin; r < end; r++) {
        s.make(at(x, r * n * size), items, 0, n, descending);
        const void* sorted = s.sort_low(items, scratch, n, s.key_bits, static_cast<uint32_t*>(counts));
        s.take(sorted, at(y, r * n * out), n, descending);
      }
    });
    return enough;
  }
  Scratch memory(2 * n * s.bytes);
  if (memory.data == nullptr) return false;
  const LongRow row = {s, out, descending};
  for (int64_t r = 0; r < rows; r++) {
    void* items = memory.data;
    parallel_for(n, kPart, [&](int64_t begin, int64_t end) {
      s.make(at(x, (r * n + begin) * size), at(items, begin * s.bytes), begin, end - begin, descending);
    });
    if (!row.sort(items, at(items, n * s.bytes), n, at(y, r * n * out))) return false;
  }
  return true;
}

bool run_top(const SortKernels& sort, const void* x, void* values, int32_t* indices, int64_t rows, int64_t n,
             int64_t k, int64_t size) {
  if (k == 0) return true;
  if (n <= sort.ranked) {
    parallel_for(rows, kRankGrain / (n * n) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        sort.rank_top(at(x, r * n * size), at(values, r * k * size), indices + r * k, n, k);
      }
    });
    return true;
  }
  const int64_t bytes = sort.pair_bytes;
  if (k > kMostInserted) {
    Scratch positions(rows * n * 4);
    if (positions.data == nullptr || !run_sort(sort, x, positions.data, rows, n, size, true, true))
      return false;
    parallel_for(rows, 16384 / k + 1, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        const auto* from = static_cast<const int32_t*>(positions.data) + r * n;
        for (int64_t i = 0; i < k; i++) {
          indices[r * k + i] = from[i];
          memcpy(at(values, (r * k + i) * size), at(x, (r * n + from[i]) * size), static_cast<size_t>(size));
        }
      }
    });
    return true;
  }
  const int64_t parts = (n + kTopPart - 1) / kTopPart;
  if (parts == 1) {
    bool enough = true;
    parallel_for(rows, 32768 / n + 1, [&](int64_t begin, int64_t end) {
      void* pairs = thread_scratch(k * bytes);
      if (pairs == nullptr) {
        __atomic_store_n(&enough, false, __ATOMIC_RELAXED);
        return;
      }
      for (int64_t r = begin; r < end; r++) {
        sort.top_run(at(x, r * n * size), 0, n, k, pairs, 0);
        sort.top_take(at(x, r * n * size), pairs, at(values, r * k * size), indices + r * k, k);
      }
    });
    return enough;
  }
  Scratch memory(parts * (k * bytes + 8));
  if (memory.data == nullptr) return false;
  auto* found = reinterpret_cast<int64_t*>(at(memory.data, parts * k * bytes));
  for (int64_t r = 0; r < rows; r++) {
    const char* row = at(x, r * n * size);
    parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; p++) {
        const int64_t first = p * kTopPart;
        const int64_t length = n - first < kTopPart ? n - first : kTopPart;
        found[p] = sort.top_run(at(row, first * size), first, length, k, at(memory.data, p * k * bytes), 0);
      }
    });
    int64_t count = found[0];
    for (int64_t p = 1; p < parts; p++) {
      count = sort.top_merge(memory.data, count, at(memory.data, p * k * bytes), found[p], k);
    }
    sort.top_take(row, memory.data, at(values, r * k * size), indices + r * k, k);
  }
  return true;
}

}  // namespace gradtape
