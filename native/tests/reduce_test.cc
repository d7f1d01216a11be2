// Reductions, positions of extremes, running sums and random numbers, on every instruction set.
#include "runtime/reduce/reduce.h"

#include <cmath>
#include <limits>
#include <type_traits>

#include "runtime/parallel/pool.h"
#include "runtime/random/random.h"
#include "runtime/scan/scan.h"
#include "tests/harness.h"

namespace gradtape::test {

namespace {

constexpr int64_t kThreads[] = {1, 2, 5};

/// One result of a reduction, step by step; `magnitude` bounds rounding errors.
struct Plain {
  long double value = 0, magnitude = 0;
  __int128 integer = 0;
  bool nan = false, extreme_begun = false;
  int64_t count = 0;
};

enum class Kind { kSum, kMean, kSumSquare, kProd, kMax, kMin, kAny, kAll, kUnknown };
Kind kind_of(const char* name) {
  static constexpr struct {
    const char* name;
    Kind kind;
  } kinds[] = {
      {"sum", Kind::kSum},   {"sumLong", Kind::kSum}, {"mean", Kind::kMean}, {"sumSquare", Kind::kSumSquare},
      {"prod", Kind::kProd}, {"max", Kind::kMax},     {"min", Kind::kMin},   {"any", Kind::kAny},
      {"all", Kind::kAll}};
  for (const auto& row : kinds) {
    if (strcmp(row.name, name) == 0) return row.kind;
  }
  return Kind::kUnknown;
}

template <class T>
void take(Kind kind, Plain& p, T x) {
  const auto v = static_cast<long double>(x);
  p.count++;
  if (x != x) p.nan = true;
  switch (kind) {
    case Kind::kSum:
    case Kind::kMean:
      p.value += v;
      p.magnitude += std::fabs(v);
      if constexpr (!std::is_floating_point_v<T>) p.integer += x;
      break;
    case Kind::kSumSquare:
      p.value += v * v;
      p.magnitude += v * v;
      // Wraps in 128 bits, which the low bits do not notice.
      if constexpr (!std::is_floating_point_v<T>) {
        p.integer =
            static_cast<__int128>(static_cast<unsigned __int128>(p.integer) +
                                  static_cast<unsigned __int128>(x) * static_cast<unsigned __int128>(x));
      }
      break;
    case Kind::kProd:
      p.value = p.count == 1 ? v : p.value * v;
      p.magnitude = std::fabs(p.value) * static_cast<long double>(p.count);
      if constexpr (!std::is_floating_point_v<T>) {
        p.integer = p.count == 1 ? static_cast<__int128>(x)
                                 : static_cast<__int128>(static_cast<unsigned __int128>(p.integer) *
                                                         static_cast<unsigned __int128>(x));
      }
      break;
    case Kind::kMax:
    case Kind::kMin:
      if (!p.extreme_begun || (kind == Kind::kMax ? v > p.value : v < p.value)) {
        p.value = v;
        if constexpr (!std::is_floating_point_v<T>) p.integer = x;
        p.extreme_begun = x == x;
      }
      break;
    case Kind::kAny:
      p.integer = p.integer != 0 || x != 0;
      break;
    case Kind::kAll:
      p.integer = (p.count == 1 || p.integer != 0) && x != 0;
      break;
    case Kind::kUnknown:
      break;
  }
}

/// Checks a result of type R against the plain one.
template <class R>
void check_result(const char* isa, const ReduceEntry& op, Kind kind, int dtype, const Plain& p, R got,
                  int64_t at) {
  const char* name = dtype_name(dtype);
  if constexpr (std::is_floating_point_v<R>) {
    const long double count = op.mean ? static_cast<long double>(p.count) : 1;
    long double want = p.value / count;
    if (p.count == 0) {
      const R infinity = std::numeric_limits<R>::infinity();
      want = kind == Kind::kMean   ? std::numeric_limits<long double>::quiet_NaN()
             : kind == Kind::kProd ? 1
             : kind == Kind::kMax  ? -infinity
             : kind == Kind::kMin  ? infinity
                                   : 0;
    }
    if (p.nan || want != want) {
      CHECK(got != got, "%s %s %s at %lld: %.17g, not NaN", isa, op.name, name, static_cast<long long>(at),
            double(got));
      return;
    }
    const bool exact = kind == Kind::kMax || kind == Kind::kMin;
    const long double tolerance =
        exact ? 0
              : 8 * static_cast<long double>(std::numeric_limits<R>::epsilon()) * (p.magnitude / count) +
                    std::numeric_limits<R>::min();
    CHECK(
        static_cast<long double>(got) == want || std::fabs(static_cast<long double>(got) - want) <= tolerance,
        "%s %s %s of %lld at %lld: %.17g, not %.17g", isa, op.name, name, static_cast<long long>(p.count),
        static_cast<long long>(at), double(got), double(want));
  } else {
    R want = static_cast<R>(p.integer);
    if (p.count == 0) {
      want = kind == Kind::kProd || kind == Kind::kAll ? R(1)
             : kind == Kind::kMax                      ? std::numeric_limits<R>::min()
             : kind == Kind::kMin                      ? std::numeric_limits<R>::max()
                                                       : R(0);
    }
    CHECK(got == want, "%s %s %s of %lld at %lld: %lld, not %lld", isa, op.name, name,
          static_cast<long long>(p.count), static_cast<long long>(at), static_cast<long long>(got),
          static_cast<long long>(want));
  }
}

/// Reduces x over a layout and compares each result, for every number of threads.
void check_layout(const KernelTable& table, int index, int dtype, const ReduceLayout& layout,
                  Random& random) {
  const ReduceEntry& op = table.reduce[index];
  const Kind kind = kind_of(op.name);
  const int out = op.out_dtype < 0 ? dtype : op.out_dtype;
  int64_t n = 1, kept = 1;
  for (int d = 0; d < layout.ndim; d++) {
    n *= layout.dims[d];
    if (!layout.reduced(d)) kept *= layout.dims[d];
  }
  Buffer x(n * dtype_size(dtype), dtype_size(dtype));
  const bool any_value = kind == Kind::kMax || kind == Kind::kMin || !is_kind(dtype, kFloating);
  fill_random(random, dtype, x.data(), n, any_value ? Values::kMixed : Values::kNormal);
  if (kind == Kind::kProd && is_kind(dtype, kFloating)) {
    // Factors near 1, so that long products stay in range.
    with_type(dtype, [&]<class T>() {
      for (int64_t i = 0; i < n; i++)
        x.as<T>()[i] = static_cast<T>((0.9 + random.unit() * 0.2) * (random.below(2) ? 1 : -1));
    });
  }
  Buffer first(kept * dtype_size(out));
  for (int64_t threads : kThreads) {
    set_num_threads(static_cast<int>(threads));
    Buffer y(kept * dtype_size(out), dtype_size(out));
    CHECK(run_reduce(table.reduce.ops, index, dtype, x.data(), y.data(), layout), "no memory");
    CHECK(y.intact() && x.intact(), "%s %s %s wrote outside", table.isa, op.name, dtype_name(dtype));
    if (threads == 1) {
      memcpy(first.data(), y.data(), static_cast<size_t>(y.bytes()));
    } else {
      CHECK(y.equals(first), "%s %s %s depends on the number of threads", table.isa, op.name,
            dtype_name(dtype));
    }
  }
  set_num_threads(2);
  with_type(dtype, [&]<class T>() {
    auto* plain = new Plain[static_cast<size_t>(kept + 1)];
    for (int64_t i = 0; i < n; i++) {
      int64_t at = 0, scale = 1, rest = i;
      for (int d = layout.ndim - 1; d >= 0; d--) {
        const int64_t coordinate = rest % layout.dims[d];
        rest /= layout.dims[d];
        if (layout.reduced(d)) continue;
        at += coordinate * scale;
        scale *= layout.dims[d];
      }
      take(kind, plain[at], x.as<T>()[i]);
    }
    with_type(out, [&]<class R>() {
      for (int64_t i = 0; i < kept && passing(); i++)
        check_result<R>(table.isa, op, kind, dtype, plain[i], first.as<R>()[i], i);
    });
    delete[] plain;
  });
}

}  // namespace

TEST(reduce) {
  Random random(20);
  const KernelTable& portable = *isas().table[0];
  int unknown = 0;
  for (int op = 0; op < portable.reduce.count; op++) {
    if (kind_of(portable.reduce[op].name) == Kind::kUnknown) {
      unknown++;
      continue;
    }
    for (int dtype = 0; dtype < kDTypes; dtype++) {
      for (const KernelTable* table : isas()) {
        section();
        CHECK((table->reduce[op].rows[dtype] != nullptr) == (portable.reduce[op].rows[dtype] != nullptr),
              "%s %s has other types", table->isa, table->reduce[op].name);
        if (table->reduce[op].rows[dtype] == nullptr) continue;
        const int64_t lanes = table->vector_bytes / dtype_size(dtype);
        for (int64_t n : {int64_t{0}, int64_t{1}, int64_t{2}, lanes - 1, lanes, lanes + 1, 8 * lanes,
                          8 * lanes + 3, int64_t{1000}}) {
          check_layout(*table, op, dtype, {1, {n}, true}, random);
          check_layout(*table, op, dtype, {2, {3, n}, false}, random);
          if (n < 100) check_layout(*table, op, dtype, {2, {150, n}, false}, random);
          check_layout(*table, op, dtype, {2, {n, 5}, true}, random);
          check_layout(*table, op, dtype, {2, {7, n}, true}, random);
        }
        for (int round = 0; round < (quick() ? 4 : 20) && passing(); round++) {
          ReduceLayout layout = {};
          layout.ndim = 1 + static_cast<int>(random.below(5));
          layout.first_reduced = random.below(2) != 0;
          for (int d = 0; d < layout.ndim; d++)
            layout.dims[d] = random.below(20) == 0 ? 0 : 1 + random.below(12);
          check_layout(*table, op, dtype, layout, random);
        }
        // Longer than one chunk in either direction.
        const bool large = !quick() || table == isas().table[isas().count - 1];
        if (large && dtype != static_cast<int>(DType::kInt64)) {
          check_layout(*table, op, dtype, {1, {2 * kReduceRowChunk + 4099}, true}, random);
          check_layout(*table, op, dtype, {2, {kReduceColChunk + 37, 3}, true}, random);
        }
      }
    }
  }
  if (unknown > 0) skip("%d of %d reductions have no reference here", unknown, portable.reduce.count);
}

/// Float sums of ten million elements are as good as pairwise ones: those that lose most when they are added
/// one by one.
TEST(sum_error) {
  constexpr int64_t kCount = 10'000'000;
  Buffer x(kCount * 4);
  float* values = x.as<float>();
  for (const KernelTable* table : isas()) {
    if (quick() && table != isas().table[isas().count - 1]) continue;
    section();
    for (int kind = 0; kind < 3; kind++) {
      for (int64_t i = 0; i < kCount; i++) {
        const float sign = i % 2 == 0 ? 1.0f : -1.0f;
        values[i] = kind == 0   ? (i == 0 ? 1e8f : 1.0f)
                    : kind == 1 ? sign * static_cast<float>(i % 1013)
                                : 0.1f;
      }
      for (int64_t inner : {1, 4, 1000}) {
        const ReduceLayout layout = {inner == 1 ? 1 : 2, {kCount / inner, inner}, true};
        const int64_t kept = inner == 1 ? 1 : inner;
        Buffer out(kept * 4);
        CHECK(run_reduce(table->reduce.ops, 0, 0, x.data(), out.data(), layout), "no memory");
        for (int64_t c = 0; c < kept; c += 1 + kept / 4) {
          double want = 0, size = 0;
          for (int64_t i = c; i < kCount; i += kept) {
            want += static_cast<double>(values[i]);
            size += std::fabs(static_cast<double>(values[i]));
          }
          const double error = std::fabs(static_cast<double>(out.as<float>()[c]) - want);
          CHECK(error <= 24 * 0x1p-24 * size, "%s: kind %d, sum %lld of %lld is off by %g, %g of the sizes",
                table->isa, kind, static_cast<long long>(c), static_cast<long long>(kept), error,
                error / size);
        }
      }
    }
  }
}

/// Rows and columns that lie apart, through the kernels themselves.
TEST(reduce_strides) {
  for (const KernelTable* table : isas()) {
    const ReduceEntry& sum = table->reduce[0];
    CHECK(strcmp(sum.name, "sum") == 0, "the first reduction is %s", sum.name);
    Random random(21);
    for (int64_t n : {1, 5, 16, 17, 100}) {
      const int64_t rows = 3, stride = n + 3;
      Buffer x(((rows - 1) * stride + n) * 8), y(rows * 8);
      fill_random(random, 3, x.data(), (rows - 1) * stride + n);
      sum.rows[3](x.data(), y.data(), rows, n, stride);
      for (int64_t r = 0; r < rows; r++) {
        uint64_t want = 0;
        for (int64_t i = 0; i < n; i++) want += x.as<uint64_t>()[r * stride + i];
        CHECK(y.as<uint64_t>()[r] == want && y.intact(), "%s rows of %lld", table->isa,
              static_cast<long long>(n));
      }
      Buffer z(n * 8);
      sum.cols[3](x.data(), z.data(), rows, stride, n);
      for (int64_t i = 0; i < n; i++) {
        uint64_t want = 0;
        for (int64_t r = 0; r < rows; r++) want += x.as<uint64_t>()[r * stride + i];
        CHECK(z.as<uint64_t>()[i] == want && z.intact(), "%s columns of %lld", table->isa,
              static_cast<long long>(n));
      }
    }
  }
}

TEST(argreduce) {
  Random random(22);
  for (const KernelTable* table : isas()) {
    for (int index = 0; index < table->arg_reduce.count; index++) {
      const ArgReduceEntry& op = table->arg_reduce[index];
      const bool max = strcmp(op.name, "argmax") == 0;
      CHECK(max || strcmp(op.name, "argmin") == 0, "unknown op %s", op.name);
      for (int dtype = 0; dtype < kDTypes; dtype++) {
        if (op.rows[dtype] == nullptr) continue;
        section();
        for (int64_t n : {1, 2, 3, 4, 7, 15, 16, 17, 64, 127, 1000, 5000, 150'000}) {
          for (int64_t inner : {1, 2, 7, 600}) {
            if (n * inner > (inner == 1 ? 150'000 : 40'000)) continue;
            for (int64_t outer : {1, 3, 9, 150}) {
              if (outer * n * inner > 500'000) continue;
              Buffer x(outer * n * inner * dtype_size(dtype), dtype_size(dtype)), y(outer * inner * 4),
                  y2(outer * inner * 4);
              // Few values, so that there are equal ones; now and then NaN everywhere.
              fill_random(random, dtype, x.data(), outer * n * inner,
                          random.below(2) != 0 ? Values::kMixed : Values::kNormal);
              with_type(dtype, [&]<class T>() {
                if constexpr (std::is_floating_point_v<T>) {
                  // NaN alone, or with the infinity that nothing is worse than.
                  const T infinity = std::numeric_limits<T>::infinity();
                  const bool worst = random.below(3) == 0;
                  if (n < 4 || worst) {
                    for (int64_t i = 0; i < outer * n * inner; i++) {
                      if (worst) x.as<T>()[i] = max ? -infinity : infinity;
                      if (random.below(2) != 0) x.as<T>()[i] = std::numeric_limits<T>::quiet_NaN();
                    }
                  }
                }
              });
              set_num_threads(1);
              run_argreduce(op, dtype, x.data(), y2.as<int32_t>(), outer, n, inner);
              set_num_threads(3);
              run_argreduce(op, dtype, x.data(), y.as<int32_t>(), outer, n, inner);
              set_num_threads(2);
              CHECK(y.intact() && y.equals(y2), "%s %s wrote outside or depends on threads", table->isa,
                    op.name);
              with_type(dtype, [&]<class T>() {
                for (int64_t o = 0; o < outer; o++) {
                  for (int64_t i = 0; i < inner && passing(); i++) {
                    const T* column = x.as<T>() + o * n * inner + i;
                    int64_t want = -1;
                    for (int64_t r = 0; r < n; r++) {
                      const T v = column[r * inner];
                      if (v != v) continue;
                      if (want < 0 || (max ? v > column[want * inner] : v < column[want * inner])) want = r;
                    }
                    if (want < 0) want = 0;
                    CHECK(y.as<int32_t>()[o * inner + i] == want, "%s %s %s, %lld × %lld: %d, not %lld",
                          table->isa, op.name, dtype_name(dtype), static_cast<long long>(n),
                          static_cast<long long>(inner), y.as<int32_t>()[o * inner + i],
                          static_cast<long long>(want));
                  }
                }
              });
            }
          }
        }
      }
    }
  }
}

TEST(scan) {
  Random random(23);
  for (const KernelTable* table : isas()) {
    for (int index = 0; index < table->scan.count; index++) {
      const ScanEntry& op = table->scan[index];
      const bool product = strcmp(op.name, "cumprod") == 0;
      if (!product && strcmp(op.name, "cumsum") != 0) {
        skip("%s has no reference here", op.name);
        continue;
      }
      for (int dtype = 0; dtype < kDTypes; dtype++) {
        if (op.fn[dtype] == nullptr) continue;
        section();
        for (int mode = 0; mode < 4; mode++) {
          const bool exclusive = (mode & 1) != 0, reverse = (mode & 2) != 0;
          for (int64_t n : {0, 1, 2, 17, 100}) {
            for (int64_t inner : {1, 3, 16, 33}) {
              const int64_t outer = 1 + random.below(10), total = outer * n * inner;
              Buffer x(total * dtype_size(dtype), dtype_size(dtype)), y(total * dtype_size(dtype));
              fill_random(random, dtype, x.data(), total, Values::kNormal);
              run_scan(op, dtype, x.data(), y.data(), outer, n, inner, exclusive, reverse);
              CHECK(y.intact(), "%s %s wrote outside", table->isa, op.name);
              with_type(dtype, [&]<class T>() {
                using E = std::conditional_t<std::is_floating_point_v<T>, T, uint64_t>;
                for (int64_t o = 0; o < outer; o++) {
                  for (int64_t i = 0; i < inner; i++) {
                    E running = product ? E(1) : E(0);
                    for (int64_t step = 0; step < n && passing(); step++) {
                      const int64_t r = reverse ? n - 1 - step : step;
                      const int64_t at = (o * n + r) * inner + i;
                      const E v = static_cast<E>(x.as<T>()[at]);
                      const E next = product ? running * v : running + v;
                      const T want = static_cast<T>(exclusive ? running : next);
                      CHECK(y.as<T>()[at] == want, "%s %s %s, element %lld: %.17g, not %.17g", table->isa,
                            op.name, dtype_name(dtype), static_cast<long long>(at), double(y.as<T>()[at]),
                            double(want));
                      running = next;
                    }
                  }
                }
              });
            }
          }
        }
      }
    }
  }
}

/// h = a·(the h before) + b, against the recurrence in long double.
TEST(recurrence) {
  Random random(24);
  for (const KernelTable* table : isas()) {
    for (int dtype = 0; dtype < kDTypes; dtype++) {
      const RecurrenceFn fn = table->recurrence[dtype];
      if (fn == nullptr) continue;
      section();
      for (int round = 0; round < (quick() ? 40 : 200) && passing(); round++) {
        const bool exclusive = (round & 1) != 0, reverse = (round & 2) != 0;
        const int64_t outer = 1 + random.below(10), n = random.below(40);
        const int64_t inner = 1 + random.below(random.below(5) == 0 ? 1200 : 40);
        const int64_t size = dtype_size(dtype), total = outer * n * inner;
        Buffer a(total * size), b(total * size, size), y(total * size, size), y1(total * size);
        fill_random(random, dtype, a.data(), total, Values::kNormal);
        fill_random(random, dtype, b.data(), total, Values::kNormal);
        set_num_threads(1);
        run_recurrence(fn, size, a.data(), b.data(), y1.data(), outer, n, inner, exclusive, reverse);
        set_num_threads(3);
        run_recurrence(fn, size, a.data(), b.data(), y.data(), outer, n, inner, exclusive, reverse);
        set_num_threads(2);
        CHECK(y.intact() && y.equals(y1), "%s recurrence wrote outside or depends on threads", table->isa);
        with_type(dtype, [&]<class T>() {
          if constexpr (std::is_floating_point_v<T>) {
            for (int64_t column = 0; column < outer * inner && passing(); column++) {
              const int64_t first = column / inner * n * inner + column % inner;
              long double carry = 0, scale = 0;
              for (int64_t step = 0; step < n; step++) {
                const int64_t at = first + (reverse ? n - 1 - step : step) * inner;
                const long double av = a.as<T>()[at], bv = b.as<T>()[at];
                const long double want = exclusive ? carry : bv + carry;
                // Rounding errors grow with the terms, which a's above 1 make larger.
                const long double bound = exclusive ? scale : std::fabs(bv) + scale;
                const long double error = std::fabs(static_cast<long double>(y.as<T>()[at]) - want);
                CHECK(error <= static_cast<long double>(std::numeric_limits<T>::epsilon()) * bound * 4 * n,
                      "%s recurrence %s, row %lld of %lld: %.17g, not %.17g", table->isa, dtype_name(dtype),
                      static_cast<long long>(step), static_cast<long long>(n), double(y.as<T>()[at]),
                      double(want));
                scale = exclusive ? std::fabs(av) * scale + std::fabs(bv) : std::fabs(av) * bound;
                carry = exclusive ? av * carry + bv : av * want;
              }
            }
          }
        });
      }
    }
  }
}

namespace {

int random_index(const KernelTable& table, const char* name) {
  for (int i = 0; i < table.random.count; i++) {
    if (strcmp(table.random[i].name, name) == 0) return i;
  }
  return -1;
}

}  // namespace

/// The known answers of the Random123 distribution, and a counter that carries.
TEST(philox) {
  struct Known {
    RandomArgs args;
    uint32_t words[4];
  };
  constexpr uint32_t kOnes = 0xffffffffu;
  const Known known[] = {
      {{{0, 0}, {0, 0, 0, 0}, 0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{{kOnes, kOnes}, {kOnes, kOnes, kOnes, kOnes}, 0, 0},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{{0xa4093822, 0x299f31d0}, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0, 0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (const KernelTable* table : isas()) {
    const int index = random_index(*table, "uniformFullInt");
    CHECK(index >= 0, "no uniformFullInt");
    if (index < 0) continue;
    const RandomFn fn = table->random[index].fn[2];
    for (const Known& k : known) {
      uint32_t words[4];
      fn(k.args, words, 0, 4);
      CHECK(memcmp(words, k.words, sizeof words) == 0, "%s: %08x %08x %08x %08x", table->isa, words[0],
            words[1], words[2], words[3]);
    }
    // Element 4·i comes from counter + i, across the carries.
    for (const RandomArgs& start :
         {RandomArgs{{1, 2}, {kOnes - 2, 7, 0, 0}, 0, 0}, RandomArgs{{1, 2}, {kOnes - 2, kOnes, 5, 0}, 0, 0},
          RandomArgs{{1, 2}, {kOnes - 2, kOnes, kOnes, 9}, 0, 0}}) {
      uint32_t all[256];
      fn(start, all, 0, 256);
      RandomArgs args = start;
      for (int i = 0; i < 64; i++) {
        uint32_t words[4];
        fn(args, words, 0, 4);
        CHECK(memcmp(words, all + 4 * i, sizeof words) == 0, "%s: block %d", table->isa, i);
        for (int c = 0; c < 4 && ++args.counter[c] == 0; c++) {
        }
      }
    }
  }
}

/// The same numbers on every instruction set, in any parts, by any number of threads.
TEST(random) {
  const KernelTable& portable = *isas().table[0];
  const int64_t n = quick() ? 20'011 : 100'003;
  const RandomArgs args = {{123, 456}, {789, 0, 0xfffffff0u, 3}, -5, 17};
  for (int index = 0; index < portable.random.count; index++) {
    for (int dtype = 0; dtype < kDTypes; dtype++) {
      if (portable.random[index].fn[dtype] == nullptr) continue;
      section();
      const char* name = portable.random[index].name;
      const int64_t size = dtype_size(dtype);
      Buffer want(n * size);
      portable.random[index].fn[dtype](args, want.data(), 0, n);
      double sum = 0, squares = 0, low = 0, high = 0;
      // Those of unsigned integers are the signed ones' bits; floats of 16 bits have a test of their own.
      const bool known = !is_kind(dtype, kUnsigned) && !is_half(dtype);
      with_type(dtype, [&]<class T>() {
        low = high = double(want.as<T>()[0]);
        for (int64_t i = 0; i < n; i++) {
          const double v = double(want.as<T>()[i]);
          sum += v;
          squares += v * v;
          low = v < low ? v : low;
          high = v > high ? v : high;
        }
      });
      const double mean = sum / double(n), variance = squares / double(n) - mean * mean;
      if (!known) {
        CHECK(is_half(dtype) || strncmp(name, "uniform", 7) == 0, "%s of %s", name, dtype_name(dtype));
      } else if (strcmp(name, "uniform") == 0) {
        CHECK(low >= 0 && high < 1 && std::fabs(mean - 0.5) < 0.02 && std::fabs(variance - 1.0 / 12) < 0.01,
              "uniform: mean %g, variance %g, in [%g, %g]", mean, variance, low, high);
      } else if (strcmp(name, "uniformInt") == 0) {
        CHECK(low == -5 && high == 11 && std::fabs(mean - 3) < 0.2, "uniformInt: mean %g, in [%g, %g]", mean,
              low, high);
      } else if (strcmp(name, "normal") == 0) {
        CHECK(std::fabs(mean) < 0.04 && std::fabs(variance - 1) < 0.05 && high > 3 && low < -3,
              "normal: mean %g, variance %g, in [%g, %g]", mean, variance, low, high);
      } else if (strcmp(name, "truncatedNormal") == 0) {
        CHECK(std::fabs(mean) < 0.04 && std::fabs(variance - 0.7737) < 0.04 && high < 2 && low > -2,
              "truncatedNormal: mean %g, variance %g, in [%g, %g]", mean, variance, low, high);
      }
      for (const KernelTable* table : isas()) {
        const RandomFn fn = table->random[index].fn[dtype];
        for (int64_t threads : kThreads) {
          set_num_threads(static_cast<int>(threads));
          Buffer y(n * size, size);
          run_random(fn, args, RandomSteps{}, dtype, y.data(), n);
          CHECK(y.intact() && y.equals(want), "%s %s %s with %lld threads differs", table->isa, name,
                dtype_name(dtype), static_cast<long long>(threads));
        }
        set_num_threads(2);
        for (int64_t end : {int64_t{1}, int64_t{3}, int64_t{64}, int64_t{65}, int64_t{1000}}) {
          for (int64_t begin = 0; begin < end; begin += kRandomGroup) {
            // Only [begin, end) may be written.
            Buffer y(end * size);
            y.fill(0x5A);
            fn(args, y.data(), begin, end);
            bool right = y.intact();
            for (int64_t i = 0; i < begin * size; i++) right = right && y.as<uint8_t>()[i] == 0x5A;
            CHECK(right && memcmp(y.as<char>() + begin * size, want.as<char>() + begin * size,
                                  static_cast<size_t>((end - begin) * size)) == 0,
                  "%s %s %s [%lld, %lld)", table->isa, name, dtype_name(dtype), static_cast<long long>(begin),
                  static_cast<long long>(end));
          }
        }
      }
    }
  }
}

}  // namespace gradtape::test
