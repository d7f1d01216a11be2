// Floats of 16 bits: each op's result is that of float32, rounded once, to nearest even. The float32 kernels
// have tests of their own, so that they are the reference here, with conversions by the formats' definitions.
#include <cmath>
#include <cstring>
#include <vector>

#include "program/tiles.h"
#include "runtime/indexing/indexing.h"
#include "runtime/reduce/reduce.h"
#include "tests/harness.h"

namespace gradtape::test {

namespace {

constexpr int kFloat = static_cast<int>(DType::kFloat32), kDouble = static_cast<int>(DType::kFloat64);
constexpr int kBits = static_cast<int>(DType::kUInt16);
constexpr int kHalves[] = {static_cast<int>(DType::kFloat16), static_cast<int>(DType::kBFloat16)};

/// As float32, which has room for each of them.
Buffer widened(int dtype, const Buffer& halves) {
  Buffer source(halves);
  const int64_t n = source.bytes() / 2;
  Buffer floats(n * 4);
  for (int64_t i = 0; i < n; i++) {
    floats.as<float>()[i] = static_cast<float>(from_half(dtype, source.as<uint16_t>()[i]));
  }
  return floats;
}
Buffer rounded(int dtype, Buffer& floats) {
  const int64_t n = floats.bytes() / 4;
  Buffer halves(n * 2);
  for (int64_t i = 0; i < n; i++) {
    halves.as<uint16_t>()[i] = to_half(dtype, static_cast<double>(floats.as<float>()[i]));
  }
  return halves;
}

}  // namespace

/// All of them as float32 and back, and the float32 between two of them and beside these.
TEST(half_conversion) {
  for (const KernelTable* table : isas()) {
    for (const int dtype : kHalves) {
      section();
      constexpr int64_t kAll = 65536;
      Buffer all(kAll * 2), floats(kAll * 4), back(kAll * 2);
      for (int64_t i = 0; i < kAll; i++) all.as<uint16_t>()[i] = static_cast<uint16_t>(i);
      table->cast[dtype][kFloat](all.data(), floats.data(), kAll);
      table->cast[kFloat][dtype](floats.data(), back.data(), kAll);
      CHECK(floats.intact() && back.intact(), "%s %s wrote outside", table->isa, dtype_name(dtype));
      std::vector<float> near;
      for (int64_t i = 0; i < kAll && passing(); i++) {
        const auto bits = static_cast<uint16_t>(i);
        const double want = from_half(dtype, bits);
        const float got = floats.as<float>()[i];
        const bool nan = want != want;
        CHECK(nan ? got != got : static_cast<double>(got) == want, "%s %s %04x is %.9g, not %.9g", table->isa,
              dtype_name(dtype), bits, static_cast<double>(got), want);
        CHECK(std::signbit(got) == ((bits & 0x8000) != 0), "%s %s %04x: the sign", table->isa,
              dtype_name(dtype), bits);
        const uint16_t again = back.as<uint16_t>()[i];
        CHECK(
            nan ? std::isnan(from_half(dtype, again)) && (again & 0x8000) == (bits & 0x8000) : again == bits,
            "%s %s %04x comes back as %04x", table->isa, dtype_name(dtype), bits, again);
        const auto next = static_cast<float>(from_half(dtype, static_cast<uint16_t>(bits + 1)));
        if (nan || next != next) continue;
        const float limit =
            std::isinf(next)
                ? got + (got - static_cast<float>(from_half(dtype, static_cast<uint16_t>(bits - 1))))
                : next;
        const float middle = got + (limit - got) / 2;
        for (const float x : {middle, std::nextafter(middle, -INFINITY), std::nextafter(middle, INFINITY),
                              std::nextafter(got, INFINITY), std::nextafter(got, -INFINITY)}) {
          near.push_back(x);
        }
      }
      Random random(81);
      for (int i = 0; i < 200'000; i++) {
        const auto bits = static_cast<uint32_t>(random.next());
        float x;
        memcpy(&x, &bits, sizeof x);
        near.push_back(x);
      }
      const auto n = static_cast<int64_t>(near.size());
      Buffer halves(n * 2);
      table->cast[kFloat][dtype](near.data(), halves.data(), n);
      for (int64_t i = 0; i < n && passing(); i++) {
        const float x = near[static_cast<size_t>(i)];
        const uint16_t got = halves.as<uint16_t>()[i], want = to_half(dtype, static_cast<double>(x));
        CHECK(x != x ? std::isnan(from_half(dtype, got)) && (got & 0x8000) == (want & 0x8000) : got == want,
              "%s %.9g to %s is %04x, not %04x", table->isa, static_cast<double>(x), dtype_name(dtype), got,
              want);
      }
    }
  }
}

/// From and to all dtypes by way of float32.
TEST(half_cast) {
  constexpr int64_t n = 3001;
  Random random(82);
  for (const KernelTable* table : isas()) {
    for (const int half : kHalves) {
      for (int other = 0; other < kDTypes; other++) {
        section();
        CHECK(table->cast[other][half] != nullptr && table->cast[half][other] != nullptr, "%s has no cast",
              table->isa);
        if (!passing()) continue;
        // By the reference's own conversions where the other one is a float of 16 bits, too.
        const auto to_floats = [&](int dtype, Buffer& x) {
          if (is_half(dtype)) return widened(dtype, x);
          Buffer floats(n * 4);
          table->cast[dtype][kFloat](x.data(), floats.data(), n);
          return floats;
        };
        const auto from_floats = [&](int dtype, Buffer& floats) {
          if (is_half(dtype)) return rounded(dtype, floats);
          Buffer y(n * dtype_size(dtype));
          table->cast[kFloat][dtype](floats.data(), y.data(), n);
          return y;
        };
        const auto check = [&](int from, int to) {
          Buffer x(n * dtype_size(from)), y(n * dtype_size(to));
          fill_random(random, from, x.data(), n);
          table->cast[from][to](x.data(), y.data(), n);
          Buffer floats = to_floats(from, x), want = from_floats(to, floats);
          CHECK(y.intact() && same_values(to, y.data(), want.data(), n), "%s %s to %s", table->isa,
                dtype_name(from), dtype_name(to));
        };
        check(other, half);
        check(half, other);
      }
    }
  }
}

TEST(half_elementwise) {
  Random random(83);
  for (const KernelTable* table : isas()) {
    for (const int dtype : kHalves) {
      for (int64_t n : {int64_t{1}, int64_t{1023}, int64_t{1024}, int64_t{3000}}) {
        Buffer x(n * 2), z(n * 2);
        fill_random(random, dtype, x.data(), n);
        fill_random(random, dtype, z.data(), n);
        for (int64_t i = 0; i < n; i += 5) z.as<uint16_t>()[i] = x.as<uint16_t>()[i];
        Buffer a = widened(dtype, x), b = widened(dtype, z);
        for (int op = 0; op < table->unary.count; op++) {
          const UnaryEntry& entry = table->unary[op];
          CHECK((entry.fn[dtype] != nullptr) == (entry.fn[kFloat] != nullptr), "%s %s of %s", table->isa,
                entry.name, dtype_name(dtype));
          if (entry.fn[dtype] == nullptr) continue;
          section();
          Buffer floats(n * 4), y(n * (entry.to_bool ? 1 : 2)), bools(n);
          entry.fn[kFloat](a.data(), entry.to_bool ? bools.data() : floats.data(), n);
          entry.fn[dtype](x.data(), y.data(), n);
          Buffer want = entry.to_bool ? Buffer(bools) : rounded(dtype, floats);
          CHECK(y.intact() && (entry.to_bool ? y.equals(want) : same_values(dtype, y.data(), want.data(), n)),
                "%s %s of %s", table->isa, entry.name, dtype_name(dtype));
        }
        for (int op = 0; op < table->binary.count; op++) {
          const BinaryEntry& entry = table->binary[op];
          for (int mode = 0; mode < kBinaryModes; mode++) {
            const BinaryFn fn = entry.fn[dtype][mode];
            // The float beside a number of 16 bits is that number again once it is rounded.
            const bool is_there = entry.fn[kFloat][mode] != nullptr && strcmp(entry.name, "nextafter") != 0;
            CHECK((fn != nullptr) == is_there, "%s %s of %s", table->isa, entry.name, dtype_name(dtype));
            if (fn == nullptr) continue;
            section();
            Buffer floats(n * 4), y(n * (entry.to_bool ? 1 : 2)), bools(n);
            entry.fn[kFloat][mode](a.data(), b.data(), entry.to_bool ? bools.data() : floats.data(), n);
            fn(x.data(), z.data(), y.data(), n);
            Buffer want = entry.to_bool ? Buffer(bools) : rounded(dtype, floats);
            CHECK(
                y.intact() && (entry.to_bool ? y.equals(want) : same_values(dtype, y.data(), want.data(), n)),
                "%s %s of %s, mode %d", table->isa, entry.name, dtype_name(dtype), mode);
          }
        }
      }
    }
  }
}

/// Sums are float32's until their end: half a unit in the last place of 16 bits, and a little.
TEST(half_reduce) {
  Random random(84);
  for (const KernelTable* table : isas()) {
    for (const int dtype : kHalves) {
      for (int op = 0; op < table->reduce.count; op++) {
        const ReduceEntry& entry = table->reduce[op];
        CHECK((entry.rows[dtype] != nullptr) == (entry.rows[kFloat] != nullptr), "%s %s of %s", table->isa,
              entry.name, dtype_name(dtype));
        if (entry.rows[dtype] == nullptr) continue;
        section();
        const ReduceLayout layouts[] = {{1, {0}, true},       {1, {1}, true},       {1, {100}, true},
                                        {1, {4096}, true},    {1, {4097}, true},    {1, {150'000}, true},
                                        {2, {3, 70}, false},  {2, {70, 3}, true},   {2, {300, 9}, false},
                                        {2, {9000, 5}, true}, {2, {20, 700}, true}, {2, {0, 4}, true},
                                        {3, {4, 5, 6}, true}, {3, {4, 5, 6}, false}};
        for (const ReduceLayout& layout : layouts) {
          int64_t n = 1, kept = 1;
          for (int d = 0; d < layout.ndim; d++) {
            n *= layout.dims[d];
            if (!layout.reduced(d)) kept *= layout.dims[d];
          }
          Buffer x(n * 2), y(kept * 2), wide_y(kept * 8);
          fill_random(random, dtype, x.data(), n, Values::kNormal);
          const bool product = strcmp(entry.name, "prod") == 0;
          for (int64_t i = 0; product && i < n; i++) {
            x.as<uint16_t>()[i] = to_half(
                dtype, random.below(2) != 0 ? 1 : -1 - 0.01 * random.unit() * 30 / static_cast<double>(n));
          }
          CHECK(run_reduce(table->reduce.ops, op, dtype, x.data(), y.data(), layout), "no memory");
          Buffer wide(n * 8);
          for (int64_t i = 0; i < n; i++) {
            wide.as<double>()[i] = from_half(dtype, x.as<uint16_t>()[i]);
          }
          CHECK(run_reduce(table->reduce.ops, op, kDouble, wide.data(), wide_y.data(), layout), "no memory");
          CHECK(y.intact(), "%s %s of %s wrote outside", table->isa, entry.name, dtype_name(dtype));
          double size = 0;
          for (int64_t i = 0; i < n; i++) size += std::fabs(wide.as<double>()[i]);
          for (int64_t i = 0; i < kept && passing(); i++) {
            const double want = wide_y.as<double>()[i], got = from_half(dtype, y.as<uint16_t>()[i]);
            const double unit = rounding_error(dtype);
            const double allowed = std::fabs(want) * (unit + 0x1p-20) + size * 0x1p-22 + 0x1p-25;
            // Beyond the largest number there is infinity.
            if (std::isinf(got) && std::fabs(want) >= 65504 && std::signbit(got) == std::signbit(want))
              continue;
            CHECK(got == want || (got != got && want != want) || std::fabs(got - want) <= allowed,
                  "%s %s of %lld %s: %.9g, not %.9g", table->isa, entry.name, static_cast<long long>(n),
                  dtype_name(dtype), got, want);
          }
        }
      }
    }
  }
}

/// Reductions within a group, whose partial results are float32 too: means and sums of rows, columns and all.
TEST(half_group) {
  Random random(85);
  constexpr int64_t shapes[][2] = {{1, 40}, {300, 40}, {70, 300}, {5, 4000}, {40'000, 3}};
  for (const KernelTable* table : isas()) {
    int sum = 0, mean = 0, negative = 0;
    while (strcmp(table->reduce[sum].name, "sum") != 0) sum++;
    while (strcmp(table->reduce[mean].name, "mean") != 0) mean++;
    while (strcmp(table->unary[negative].name, "negative") != 0) negative++;
    for (const int dtype : kHalves) {
      for (const auto& shape : shapes) {
        for (const int op : {sum, mean}) {
          section();
          const int64_t rows = shape[0], columns = shape[1];
          TileGroup g = {};
          g.rows = rows, g.columns = columns;
          g.value_count = 5;
          g.values[0] = {TileSpace::kFull, dtype, true, 0};
          g.values[1] = {TileSpace::kFull, dtype, true, 0};
          g.values[2] = {TileSpace::kPerRow, dtype, true, 0};
          g.values[3] = {TileSpace::kPerColumn, dtype, true, 0};
          g.values[4] = {TileSpace::kScalar, dtype, true, 0};
          g.step_count = 4;
          g.steps[0] = {TileOp::kUnary, negative, dtype, 1, {0, 0, 0}};
          for (int k = 2; k <= 4; k++) g.steps[k - 1] = {TileOp::kReduce, op, dtype, k, {1, 1, 1}};
          const char* const error = check_tiles(*table, g);
          CHECK(error == nullptr, "%s", error == nullptr ? "" : error);
          if (error != nullptr) continue;
          TilePlan plan;
          plan_tiles(*table, g, &plan);
          Buffer x(rows * columns * 2), y(rows * columns * 2), r(rows * 2), c(columns * 2), all(2);
          fill_random(random, dtype, x.data(), rows * columns, Values::kNormal);
          char* const at[kMaxTileValues] = {x.as<char>(), y.as<char>(), r.as<char>(), c.as<char>(),
                                            all.as<char>()};
          CHECK(run_tiles(*table, plan, at), "no memory");
          CHECK(y.intact() && r.intact() && c.intact() && all.intact(), "a group wrote outside");
          const double unit = rounding_error(dtype);
          const auto near = [&](const char* what, Buffer& result, int64_t i, double total, double size,
                                int64_t count) {
            const double by = op == mean ? static_cast<double>(count) : 1;
            const double got = from_half(dtype, result.as<uint16_t>()[i]);
            CHECK(std::fabs(got - total / by) <=
                      std::fabs(total / by) * (unit + 0x1p-20) + size / by * 0x1p-20 + 0x1p-25,
                  "%s %s %s of %lld: %.9g, not %.9g", table->isa, dtype_name(dtype), what,
                  static_cast<long long>(count), got, total / by);
          };
          std::vector<double> row(static_cast<size_t>(rows)), column(static_cast<size_t>(columns));
          double total = 0, size = 0;
          for (int64_t i = 0; i < rows * columns; i++) {
            const double v = -from_half(dtype, x.as<uint16_t>()[i]);
            row[static_cast<size_t>(i / columns)] += v;
            column[static_cast<size_t>(i % columns)] += v;
            total += v;
            size += std::fabs(v);
          }
          for (int64_t i = 0; i < rows && passing(); i++) {
            near("row", r, i, row[static_cast<size_t>(i)], 4 * static_cast<double>(columns), columns);
          }
          for (int64_t i = 0; i < columns && passing(); i++) {
            near("column", c, i, column[static_cast<size_t>(i)], 4 * static_cast<double>(rows), rows);
          }
          near("all", all, 0, total, size, rows * columns);
        }
      }
    }
  }
}

TEST(half_scatter) {
  Random random(86);
  for (const KernelTable* table : isas()) {
    for (const int dtype : kHalves) {
      for (int op = 0; op < table->scatter.count; op++) {
        section();
        const ScatterEntry& entry = table->scatter[op];
        CHECK(entry.fn[dtype] != nullptr, "%s scatter %s of %s", table->isa, entry.name, dtype_name(dtype));
        for (int64_t inner : {1, 3, 1500}) {
          for (const bool scalar : {false, true}) {
            constexpr int64_t kRows = 5, kUpdates = 8;
            RowMap map = {};
            map.batch = map.outer = map.depth = 1;
            map.k = kUpdates, map.inner = inner, map.rows = map.dims[0] = kRows;
            int32_t indices[kUpdates];
            for (int32_t& i : indices) i = static_cast<int32_t>(random.below(kRows));
            map.indices = indices;
            Buffer dst(kRows * inner * 2), updates((scalar ? 1 : kUpdates * inner) * 2);
            fill_random(random, dtype, dst.data(), kRows * inner, Values::kNormal);
            fill_random(random, dtype, updates.data(), updates.bytes() / 2, Values::kNormal);
            // One update after the other, rounded each time.
            Buffer want(dst);
            for (int64_t j = 0; j < kUpdates; j++) {
              for (int64_t i = 0; i < inner; i++) {
                uint16_t& to = want.as<uint16_t>()[indices[j] * inner + i];
                const uint16_t from = updates.as<uint16_t>()[scalar ? 0 : j * inner + i];
                auto x = static_cast<float>(from_half(dtype, to));
                const auto u = static_cast<float>(from_half(dtype, from));
                if (strcmp(entry.name, "add") == 0) x += u;
                if (strcmp(entry.name, "sub") == 0) x -= u;
                if (strcmp(entry.name, "mul") == 0) x *= u;
                if (strcmp(entry.name, "div") == 0) x /= u;
                if (strcmp(entry.name, "min") == 0) x = u < x ? u : x;
                if (strcmp(entry.name, "max") == 0) x = u > x ? u : x;
                to = strcmp(entry.name, "update") == 0 ? from : to_half(dtype, static_cast<double>(x));
              }
            }
            run_scatter(map, entry.fn[dtype], dst.data(), updates.data(), scalar, 2);
            CHECK(dst.intact() && same_values(dtype, dst.data(), want.data(), kRows * inner),
                  "%s scatter %s of %s, rows of %lld", table->isa, entry.name, dtype_name(dtype),
                  static_cast<long long>(inner));
          }
        }
      }
    }
  }
}

/// Uniform numbers are multiples of the last place below 1; normal ones are float32's, rounded.
TEST(half_random) {
  constexpr int64_t n = 20'000;
  const RandomArgs args = {{123, 456}, {789, 0, 1, 3}, 0, 1};
  for (const KernelTable* table : isas()) {
    for (const int dtype : kHalves) {
      for (int index = 0; index < table->random.count; index++) {
        const RandomEntry& entry = table->random[index];
        if (entry.fn[dtype] == nullptr) continue;
        section();
        Buffer y(n * 2), floats(n * 4), words(n * 4);
        entry.fn[dtype](args, y.data(), 0, n);
        CHECK(y.intact(), "%s %s wrote outside", table->isa, entry.name);
        if (strcmp(entry.name, "uniform") != 0) {
          entry.fn[kFloat](args, floats.data(), 0, n);
          Buffer want = rounded(dtype, floats);
          CHECK(y.equals(want), "%s %s of %s", table->isa, entry.name, dtype_name(dtype));
          continue;
        }
        for (int i = 0; i < table->random.count; i++) {
          if (strcmp(table->random[i].name, "uniformFullInt") != 0) continue;
          table->random[i].fn[static_cast<int>(DType::kUInt32)](args, words.data(), 0, n);
        }
        const uint32_t values = 1u << mantissa_bits(dtype);
        for (int64_t i = 0; i < n && passing(); i++) {
          const double want = static_cast<double>(words.as<uint32_t>()[i] % values) / values;
          CHECK(from_half(dtype, y.as<uint16_t>()[i]) == want, "%s uniform %s, number %lld: %g, not %g",
                table->isa, dtype_name(dtype), static_cast<long long>(i),
                from_half(dtype, y.as<uint16_t>()[i]), want);
        }
      }
    }
  }
}

TEST(half_iota) {
  for (const KernelTable* table : isas()) {
    for (const int dtype : kHalves) {
      section();
      constexpr int64_t n = 2500;
      Buffer y(n * 2);
      const double start = -3, delta = 0.25;
      table->iota[dtype](&start, &delta, 100, y.data(), n);
      for (int64_t i = 0; i < n && passing(); i++) {
        const double want = start + static_cast<double>(100 + i) * delta;
        CHECK(y.as<uint16_t>()[i] == to_half(dtype, want), "%s iota %s %lld", table->isa, dtype_name(dtype),
              static_cast<long long>(i));
      }
      CHECK(y.intact() && table->iota[kBits] != nullptr, "%s iota wrote outside", table->isa);
    }
  }
}

}  // namespace gradtape::test
