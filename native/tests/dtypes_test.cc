// The list of dtypes, and the operands of families that have no kernels for a dtype: they are converted, as
// the entries of the binding do it. Tests named runtime_* use the instruction set in use.
#include <cmath>
#include <limits>
#include <type_traits>

#include "runtime/convert/converted.h"
#include "runtime/matmul/matmul.h"
#include "runtime/reduce/reduce.h"
#include "runtime/sort/sort.h"
#include "tests/harness.h"

namespace gradtape::test {

TEST(dtype_list) {
  for (int dtype = 0; dtype < kDTypes; dtype++) {
    const DTypeRow& row = kDTypeRows[dtype];
    const int compute = compute_dtype(dtype);
    CHECK(compute_dtype(compute) == compute, "%s is computed with in a type that is not computed with",
          row.name);
    CHECK(is_kind(dtype, kFloating) == is_kind(compute, kFloating), "%s: the kind of its compute type",
          row.name);
    CHECK(dtype_size(compute) >= dtype_size(dtype), "%s is wider than its compute type", row.name);
    dispatch(dtype, [&]<class T>(Type<T>) {
      CHECK(static_cast<int>(DTypeOf<T>::dtype) == dtype && DTypeOf<T>::kind == row.kind &&
                static_cast<int64_t>(sizeof(T)) == row.bytes,
            "%s is dispatched to another type", row.name);
    });
    for (int other = 0; other < dtype; other++) {
      CHECK(strcmp(row.name, kDTypeRows[other].name) != 0, "%s twice", row.name);
    }
  }
}

namespace {

/// Elements as numbers, in the order that is theirs.
long double element(int dtype, Buffer& buffer, int64_t i) {
  if (is_half(dtype)) return static_cast<long double>(from_half(dtype, buffer.as<uint16_t>()[i]));
  long double v = 0;
  with_type(dtype, [&]<class T>() { v = static_cast<long double>(buffer.as<T>()[i]); });
  return v;
}

bool same(long double a, long double b) { return a == b || (a != a && b != b); }
/// As sorting orders them: NaN last, −0 before 0.
bool less(long double a, long double b) {
  if (a != a || b != b) return a == a;
  return a < b || (a == b && std::signbit(a) && !std::signbit(b));
}

}  // namespace

TEST(runtime_converted_argreduce) {
  Random random(91);
  for (int op = 0; op < kernels().arg_reduce.count; op++) {
    const ArgReduceEntry& entry = kernels().arg_reduce[op];
    const bool max = strcmp(entry.name, "argmax") == 0;
    for (int dtype = 0; dtype < kDTypes; dtype++) {
      section();
      for (int64_t n : {1, 3, 40, 5000}) {
        for (int64_t inner : {1, 5}) {
          const int64_t outer = n < 100 ? 200 : 7;
          Buffer x(outer * n * inner * dtype_size(dtype)), y(outer * inner * 4);
          fill_random(random, dtype, x.data(), outer * n * inner);
          Converted c(dtype, ordered_dtype(dtype));
          const void* in = c.in(x.data(), outer * n * inner);
          CHECK(c.ok() && entry.rows[c.dtype()] != nullptr, "%s of %s", entry.name, dtype_name(dtype));
          if (!passing()) continue;
          run_argreduce(entry, c.dtype(), in, y.as<int32_t>(), outer, n, inner);
          for (int64_t o = 0; o < outer * inner && passing(); o++) {
            int64_t want = -1;
            for (int64_t r = 0; r < n; r++) {
              const auto at = [&](int64_t k) {
                return element(dtype, x, (o / inner * n + k) * inner + o % inner);
              };
              const long double v = at(r);
              if (v != v) continue;
              if (want < 0 || (max ? v > at(want) : v < at(want))) want = r;
            }
            CHECK(y.as<int32_t>()[o] == (want < 0 ? 0 : want), "%s of %s, %lld × %lld: %d, not %lld",
                  entry.name, dtype_name(dtype), static_cast<long long>(n), static_cast<long long>(inner),
                  y.as<int32_t>()[o], static_cast<long long>(want));
          }
        }
      }
    }
  }
}

TEST(runtime_converted_sort) {
  Random random(92);
  for (int dtype = 0; dtype < kDTypes; dtype++) {
    if (!is_kind(dtype, kNumeric)) continue;
    section();
    for (int64_t n : {1, 2, 30, 1000, 9000}) {
      for (const bool descending : {false, true}) {
        constexpr int64_t kRows = 2;
        const int64_t size = dtype_size(dtype), k = n < 10 ? n : 10;
        Buffer x(kRows * n * size), y(kRows * n * size), places(kRows * n * 4);
        Buffer top(kRows * k * size), top_places(kRows * k * 4);
        fill_random(random, dtype, x.data(), kRows * n);
        Converted c(dtype, ordered_dtype(dtype));
        const SortKernels& sort = kernels().sort[c.dtype()];
        const void* in = c.in(x.data(), kRows * n);
        void* out = c.out(y.data(), kRows * n);
        void* values = c.out(top.data(), kRows * k);
        CHECK(run_sort(sort, in, out, kRows, n, c.size(), false, descending) &&
                  run_sort(sort, in, places.data(), kRows, n, c.size(), true, descending) &&
                  run_top(sort, in, values, top_places.as<int32_t>(), kRows, n, k, c.size()),
              "no memory");
        c.write_back();
        CHECK(y.intact() && places.intact() && top.intact() && top_places.intact(), "wrote outside");
        for (int64_t r = 0; r < kRows; r++) {
          for (int64_t i = 0; i < n && passing(); i++) {
            const int64_t at = r * n + i;
            const long double v = element(dtype, y, at);
            CHECK(same(v, element(dtype, x, r * n + places.as<int32_t>()[at])),
                  "%s: element %lld of %lld is not at its place", dtype_name(dtype),
                  static_cast<long long>(i), static_cast<long long>(n));
            if (i == 0) continue;
            const long double before = element(dtype, y, at - 1);
            CHECK(!(descending ? less(before, v) : less(v, before)), "%s: element %lld of %lld",
                  dtype_name(dtype), static_cast<long long>(i), static_cast<long long>(n));
          }
          for (int64_t i = 0; descending && i < k && passing(); i++) {
            CHECK(same(element(dtype, top, r * k + i), element(dtype, y, r * n + i)) &&
                      top_places.as<int32_t>()[r * k + i] == places.as<int32_t>()[r * n + i],
                  "%s: the greatest %lld of %lld", dtype_name(dtype), static_cast<long long>(i),
                  static_cast<long long>(n));
          }
        }
      }
    }
  }
}

/// Products and sums of integers wrap; those of 16-bit floats are rounded once.
TEST(runtime_converted_matmul) {
  Random random(93);
  constexpr int64_t m = 9, n = 17, k = 33;
  for (int dtype = 0; dtype < kDTypes; dtype++) {
    if (!is_kind(dtype, kNumeric)) continue;
    section();
    const int64_t size = dtype_size(dtype);
    Buffer a(m * k * size), b(k * n * size), y(m * n * size);
    const bool floating = is_kind(dtype, kFloating);
    fill_random(random, dtype, a.data(), m * k, floating ? Values::kNormal : Values::kMixed);
    fill_random(random, dtype, b.data(), k * n, floating ? Values::kNormal : Values::kMixed);
    Converted c(dtype, product_dtype(dtype));
    MatmulCall call = {};
    call.a = c.in(a.data(), m * k);
    call.b = c.in(b.data(), k * n);
    call.c = c.out(y.data(), m * n);
    call.dtype = c.dtype();
    call.m = m, call.n = n, call.k = k;
    CHECK(kernels().matmul[c.dtype()].block != nullptr && run_matmul(kernels().matmul[c.dtype()], call),
          "no product of %s", dtype_name(dtype));
    c.write_back();
    CHECK(y.intact(), "a product of %s wrote outside", dtype_name(dtype));
    for (int64_t i = 0; i < m * n && passing(); i++) {
      const int64_t row = i / n, column = i % n;
      if (floating) {
        long double want = 0, sizes = 0;
        for (int64_t t = 0; t < k; t++) {
          const long double p = element(dtype, a, row * k + t) * element(dtype, b, t * n + column);
          want += p;
          sizes += std::fabs(p);
        }
        const long double unit = is_half(dtype) ? static_cast<long double>(rounding_error(dtype)) : 0;
        CHECK(std::fabs(element(dtype, y, i) - want) <= unit * std::fabs(want) + sizes * 0x1p-20L,
              "%s: element %lld", dtype_name(dtype), static_cast<long long>(i));
        continue;
      }
      with_type(dtype, [&]<class T>() {
        if constexpr (std::is_integral_v<T>) {
          uint64_t want = 0;
          for (int64_t t = 0; t < k; t++) {
            want += static_cast<uint64_t>(a.as<T>()[row * k + t]) *
                    static_cast<uint64_t>(b.as<T>()[t * n + column]);
          }
          CHECK(y.as<T>()[i] == static_cast<T>(want), "%s: element %lld", dtype_name(dtype),
                static_cast<long long>(i));
        }
      });
    }
  }
}

/// The least and the greatest integers, and what a reduction of nothing gives, for integers that are computed
/// with in a wider type.
TEST(reduce_nothing) {
  for (const KernelTable* table : isas()) {
    for (int op = 0; op < table->reduce.count; op++) {
      const bool max = strcmp(table->reduce[op].name, "max") == 0;
      if (!max && strcmp(table->reduce[op].name, "min") != 0) continue;
      for (int dtype = 0; dtype < kDTypes; dtype++) {
        with_type(dtype, [&]<class T>() {
          if constexpr (std::is_integral_v<T>) {
            if (!is_kind(dtype, kInteger)) return;
            section();
            Buffer y(3 * dtype_size(dtype));
            CHECK(run_reduce(table->reduce.ops, op, dtype, y.data(), y.data(), {2, {0, 3}, true}),
                  "no memory");
            for (int i = 0; i < 3; i++) {
              CHECK(y.as<T>()[i] == (max ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max()),
                    "%s %s of no %s", table->isa, table->reduce[op].name, dtype_name(dtype));
            }
          }
        });
      }
    }
  }
}

}  // namespace gradtape::test
