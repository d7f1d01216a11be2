#include "sort.h"

#include <stdlib.h>
#include <string.h>

#include "pages.h"
#include "pool.h"
#include "scratch.h"

namespace gradtape {

namespace {

/// Rows up to this long are sorted by one thread, in its cache.
constexpr int64_t kShortRow = 4096;
/// Comparisons of rows sorted by rank that pay for a thread of their own.
constexpr int64_t kRankGrain = 64 * 1024;
/// A long row is cut into parts of at least this many elements; the result does not depend on how many.
constexpr int64_t kPart = 65536;
constexpr int kMaxParts = 64;
/// Up to so many greatest are found by insertion; more by sorting the row.
constexpr int64_t kMostInserted = 256;
/// A row of which the greatest are wanted is cut into parts of this many elements.
constexpr int64_t kTopPart = 131072;

const char* at(const void* p, int64_t bytes) { return static_cast<const char*>(p) + bytes; }
char* at(void* p, int64_t bytes) { return static_cast<char*>(p) + bytes; }

struct Scratch {
  void* data;
  explicit Scratch(int64_t bytes) : data(malloc(static_cast<size_t>(bytes))) {
    ask_for_huge_pages(data, bytes);
  }
  ~Scratch() { free(data); }
  Scratch(const Scratch&) = delete;
};

/// Sorts n items between `items` and `spare`; returns where they end up, null where memory is short.
void* sort_long(const SortItems& s, void* items, void* spare, int64_t n, int64_t parts) {
  const int64_t step = (n + parts - 1) / parts;
  const int64_t stride = int64_t{s.passes} * kSortBuckets;
  Scratch memory(parts * stride * 4);
  if (memory.data == nullptr) return nullptr;
  auto* counts = static_cast<uint32_t*>(memory.data);
  const auto each_part = [&](const auto& f) {
    parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; p++) {
        const int64_t first = p * step;
        f(p, first, first >= n ? 0 : n - first < step ? n - first : step);
      }
    });
  };
  if (parts == 1) s.count_all(items, n, counts);
  for (int pass = 0; pass < s.passes; pass++) {
    // What each of several parts holds changes with each pass that moves items; the totals do not.
    if (parts > 1) {
      each_part([&](int64_t p, int64_t first, int64_t length) {
        s.count(at(items, first * s.bytes), length, pass, counts + p * stride + pass * kSortBuckets);
      });
    }
    uint32_t place = 0;
    bool all_equal = false;
    for (int digit = 0; digit < kSortBuckets; digit++) {
      const uint32_t before = place;
      for (int64_t p = 0; p < parts; p++) {
        uint32_t& c = counts[p * stride + pass * kSortBuckets + digit];
        const uint32_t count = c;
        c = place;
        place += count;
      }
      all_equal = all_equal || place - before == static_cast<uint32_t>(n);
    }
    if (all_equal) continue;
    each_part([&](int64_t p, int64_t first, int64_t length) {
      s.scatter(at(items, first * s.bytes), spare, length, pass, counts + p * stride + pass * kSortBuckets);
    });
    void* was = items;
    items = spare;
    spare = was;
  }
  return items;
}

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
      void* items = thread_scratch(2 * n * s.bytes);
      if (items == nullptr) {
        __atomic_store_n(&enough, false, __ATOMIC_RELAXED);
        return;
      }
      void* spare = at(items, n * s.bytes);
      for (int64_t r = begin; r < end; r++) {
        s.make(at(x, r * n * size), items, 0, n, descending);
        s.sort_short(items, spare, n);
        s.take(items, at(y, r * n * out), n, descending);
      }
    });
    return enough;
  }
  Scratch memory(2 * n * s.bytes);
  if (memory.data == nullptr) return false;
  int64_t parts = (n + kPart - 1) / kPart;
  if (parts > num_threads()) parts = num_threads();
  if (parts > kMaxParts) parts = kMaxParts;
  for (int64_t r = 0; r < rows; r++) {
    void* items = memory.data;
    parallel_for(n, kPart, [&](int64_t begin, int64_t end) {
      s.make(at(x, (r * n + begin) * size), at(items, begin * s.bytes), begin, end - begin, descending);
    });
    items = sort_long(s, items, at(items, n * s.bytes), n, parts);
    if (items == nullptr) return false;
    parallel_for(n, kPart, [&](int64_t begin, int64_t end) {
      s.take(at(items, begin * s.bytes), at(y, (r * n + begin) * out), end - begin, descending);
    });
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
