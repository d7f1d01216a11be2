// cast, select, fill, iota and find, on every instruction set.
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "tests/harness.h"

namespace gradtape::test {

namespace {

/// What a cast is documented to give.
template <class From, class To>
To cast_reference(From x, bool to_bool) {
  if (to_bool) return static_cast<To>(x != 0);
  if constexpr (std::is_floating_point_v<From> && std::is_same_v<To, uint64_t>) {
    // Up to 2⁶⁴ exact; beyond that, and below 0, as the int64.
    if (x >= From(0x1p63) && x < From(0x1p64)) return static_cast<To>(x);
    return static_cast<To>(cast_reference<From, int64_t>(x, false));
  } else if constexpr (std::is_floating_point_v<From> && !std::is_floating_point_v<To>) {
    using Int = std::conditional_t<sizeof(To) == 8 || std::is_same_v<To, uint32_t>, int64_t, int32_t>;
    const long double truncated = std::trunc(static_cast<long double>(x));
    const bool fits = truncated >= static_cast<long double>(std::numeric_limits<Int>::min()) &&
                      truncated <= static_cast<long double>(std::numeric_limits<Int>::max());
    return static_cast<To>(fits ? static_cast<Int>(truncated) : std::numeric_limits<Int>::min());
  } else {
    return static_cast<To>(x);
  }
}

}  // namespace

TEST(cast) {
  const int64_t n = quick() ? 1009 : 10'007;
  for (const KernelTable* table : isas()) {
    for (int from = 0; from < kDTypes; from++) {
      for (int to = 0; to < kDTypes; to++) {
        section();
        const CastFn fn = table->cast[from][to];
        CHECK(fn != nullptr, "%s has no cast from %s to %s", table->isa, dtype_name(from), dtype_name(to));
        if (fn == nullptr) continue;
        Random random(static_cast<uint64_t>(from * 10 + to));
        Buffer x(n * dtype_size(from)), y(n * dtype_size(to));
        fill_random(random, from, x.data(), n);
        fn(x.data(), y.data(), n);
        CHECK(y.intact(), "%s %s to %s wrote outside", table->isa, dtype_name(from), dtype_name(to));
        with_type(from, [&]<class From>() {
          with_type(to, [&]<class To>() {
            for (int64_t i = 0; i < n && passing(); i++) {
              const From value = x.as<From>()[i];
              const To want = cast_reference<From, To>(value, to == static_cast<int>(DType::kBool));
              CHECK(ulps(y.as<To>()[i], want) == 0, "%s %s %.17g to %s: %.17g, not %.17g", table->isa,
                    dtype_name(from), double(value), dtype_name(to), double(y.as<To>()[i]), double(want));
            }
          });
        });
        for (int64_t size : sizes_for(*table, dtype_size(to))) {
          Buffer xs(size * dtype_size(from), dtype_size(from)), ys(size * dtype_size(to), dtype_size(to));
          memcpy(xs.data(), x.data(), static_cast<size_t>(xs.bytes()));
          fn(xs.data(), ys.data(), size);
          CHECK(ys.intact() && memcmp(ys.data(), y.data(), static_cast<size_t>(ys.bytes())) == 0,
                "%s %s to %s: the first %lld differ", table->isa, dtype_name(from), dtype_name(to),
                static_cast<long long>(size));
        }
      }
    }
  }
}

/// Where floats are no integers of the type: what TensorFlow 2.21 makes of them on x86, alone and among
/// others alike.
TEST(cast_edges) {
  constexpr double infinity = HUGE_VAL, nan = std::numeric_limits<double>::quiet_NaN();
  constexpr int64_t least = INT64_MIN;
  constexpr uint64_t top = uint64_t{1} << 63;
  static constexpr struct {
    double x;
    int64_t as_int64;
    uint64_t as_uint64;
  } rows[] = {{-0.999, 0, 0},
              {-1.5, -1, ~uint64_t{0}},
              {4294967296, 4294967296, 4294967296},
              {-3e9, -3'000'000'000, 0 - uint64_t{3'000'000'000}},
              {0x1p63 - 1024, INT64_MAX - 1023, top - 1024},
              {0x1p63, least, top},
              {0x1p63 + 2048, least, top + 2048},
              {0x1p64 - 2048, least, 0 - uint64_t{2048}},
              {0x1p64, least, top},
              {1e30, least, top},
              {-0x1p63, least, top},
              {-1e19, least, top},
              {infinity, least, top},
              {-infinity, least, top},
              {nan, least, top}};
  const auto code = [](DType dtype) { return static_cast<int>(dtype); };
  for (const KernelTable* table : isas()) {
    section();
    for (const auto& row : rows) {
      for (const int64_t n : {1, 37}) {
        std::vector<double> x(static_cast<size_t>(n), row.x);
        std::vector<int64_t> y(x.size());
        std::vector<uint64_t> z(x.size());
        std::vector<uint32_t> w(x.size());
        table->cast[code(DType::kFloat64)][code(DType::kInt64)](x.data(), y.data(), n);
        table->cast[code(DType::kFloat64)][code(DType::kUInt64)](x.data(), z.data(), n);
        table->cast[code(DType::kFloat64)][code(DType::kUInt32)](x.data(), w.data(), n);
        for (size_t i = 0; i < x.size(); i++) {
          CHECK(y[i] == row.as_int64, "%s %.17g to int64", table->isa, row.x);
          CHECK(z[i] == row.as_uint64, "%s %.17g to uint64", table->isa, row.x);
          // Out of its range TensorFlow's depends on where the element stands; in loops without vectors it is
          // this.
          CHECK(w[i] == static_cast<uint32_t>(row.as_int64), "%s %.17g to uint32", table->isa, row.x);
        }
      }
    }
  }
}

TEST(select) {
  for (const KernelTable* table : isas()) {
    for (int64_t bytes : {1, 2, 4, 8}) {
      for (int mode = 0; mode < kSelectModes; mode++) {
        section();
        const SelectFn fn = table->select[size_index(bytes)][mode];
        CHECK(fn != nullptr, "%s has no select of %lld bytes, mode %d", table->isa,
              static_cast<long long>(bytes), mode);
        if (fn == nullptr) continue;
        Random random(static_cast<uint64_t>(bytes * 100 + mode));
        for (int64_t n : sizes_for(*table, bytes)) {
          const bool one_c = (mode & kScalarCond) != 0, one_a = (mode & kScalarA) != 0,
                     one_b = (mode & kScalarB) != 0;
          Buffer c(one_c ? 1 : n), a((one_a ? 1 : n) * bytes, bytes), b((one_b ? 1 : n) * bytes),
              y(n * bytes, bytes);
          for (int64_t i = 0; i < c.bytes(); i++) c.as<uint8_t>()[i] = static_cast<uint8_t>(random.below(2));
          for (int64_t i = 0; i < a.bytes(); i++) a.as<uint8_t>()[i] = static_cast<uint8_t>(random.next());
          for (int64_t i = 0; i < b.bytes(); i++) b.as<uint8_t>()[i] = static_cast<uint8_t>(random.next());
          fn(c.data(), a.data(), b.data(), y.data(), n);
          CHECK(y.intact(), "%s mode %d wrote outside", table->isa, mode);
          for (int64_t i = 0; i < n && passing(); i++) {
            const char* want = c.as<uint8_t>()[one_c ? 0 : i] != 0 ? a.as<char>() + (one_a ? 0 : i * bytes)
                                                                   : b.as<char>() + (one_b ? 0 : i * bytes);
            CHECK(memcmp(y.as<char>() + i * bytes, want, static_cast<size_t>(bytes)) == 0,
                  "%s select of %lld bytes, mode %d, element %lld of %lld", table->isa,
                  static_cast<long long>(bytes), mode, static_cast<long long>(i), static_cast<long long>(n));
          }
        }
      }
    }
  }
}

TEST(fill) {
  for (const KernelTable* table : isas()) {
    for (int64_t bytes : {1, 2, 4, 8}) {
      const FillFn fn = table->fill[size_index(bytes)];
      CHECK(fn != nullptr, "%s has no fill of %lld bytes", table->isa, static_cast<long long>(bytes));
      if (fn == nullptr) continue;
      const uint8_t pattern[8] = {1, 2, 3, 4, 5, 6, 7, 8};
      for (int64_t n : sizes_for(*table, bytes)) {
        Buffer y(n * bytes, bytes);
        fn(pattern, y.data(), n);
        bool right = y.intact();
        for (int64_t i = 0; i < y.bytes(); i++) right = right && y.as<uint8_t>()[i] == pattern[i % bytes];
        CHECK(right, "%s fill of %lld × %lld bytes", table->isa, static_cast<long long>(n),
              static_cast<long long>(bytes));
      }
    }
  }
}

TEST(iota) {
  for (const KernelTable* table : isas()) {
    for (int dtype = 0; dtype < kDTypes; dtype++) {
      if (!is_kind(dtype, kNumeric)) continue;
      section();
      const IotaFn fn = table->iota[dtype];
      CHECK(fn != nullptr, "%s has no iota of %s", table->isa, dtype_name(dtype));
      if (fn == nullptr) continue;
      for (int64_t n : sizes_for(*table, dtype_size(dtype))) {
        for (int64_t first : {0, 1000}) {
          Buffer y(n * dtype_size(dtype), dtype_size(dtype));
          with_type(dtype, [&]<class T>() {
            if constexpr (std::is_floating_point_v<T>) {
              const double start = -3.25, delta = 0.1;
              fn(&start, &delta, first, y.data(), n);
              for (int64_t i = 0; i < n && passing(); i++) {
                const T want = static_cast<T>(start + double(first + i) * delta);
                // A fused multiply-add rounds once.
                CHECK(ulps(y.as<T>()[i], want) <= 1 || std::fabs(double(y.as<T>()[i]) - double(want)) < 1e-15,
                      "%s iota %s %lld: %.17g, not %.17g", table->isa, dtype_name(dtype),
                      static_cast<long long>(i), double(y.as<T>()[i]), double(want));
              }
            } else {
              const int64_t start = 7, delta = -3;
              fn(&start, &delta, first, y.data(), n);
              for (int64_t i = 0; i < n && passing(); i++) {
                CHECK(y.as<T>()[i] == static_cast<T>(start + (first + i) * delta), "%s iota %s %lld",
                      table->isa, dtype_name(dtype), static_cast<long long>(i));
              }
            }
          });
          CHECK(y.intact(), "%s iota %s wrote outside", table->isa, dtype_name(dtype));
        }
      }
    }
  }
}

TEST(find) {
  for (const KernelTable* table : isas()) {
    for (int kind = 0; kind < kFindKinds; kind++) {
      for (int dtype = 0; dtype < kDTypes; dtype++) {
        const FindFn fn = table->find[kind][dtype];
        if (fn == nullptr) continue;
        section();
        with_type(dtype, [&]<class T>() {
          for (int64_t n : {0, 1, 7, 100, 1024, 1025, 5000}) {
            Buffer x(n * dtype_size(dtype), dtype_size(dtype));
            for (int64_t i = 0; i < n; i++) x.as<T>()[i] = T(5);
            CHECK(fn(x.data(), n) == -1, "%s find in %lld", table->isa, static_cast<long long>(n));
            for (int64_t place : {int64_t{0}, n / 2, n - 1}) {
              if (n == 0) continue;
              const T sought = kind == kFindZero ? T(0) : static_cast<T>(-1);
              x.as<T>()[n - 1] = x.as<T>()[place] = sought;
              CHECK(fn(x.data(), n) == place, "%s find kind %d %s at %lld of %lld", table->isa, kind,
                    dtype_name(dtype), static_cast<long long>(place), static_cast<long long>(n));
              x.as<T>()[n - 1] = x.as<T>()[place] = T(5);
            }
          }
        });
      }
    }
  }
}

}  // namespace gradtape::test
