// Copies, gather, scatter and masks. Tests named runtime_* use the instruction set in use
// (GRADTAPE_FORCE_ISA).
#include <limits>
#include <type_traits>
#include <vector>

#include "runtime/copy/copy.h"
#include "runtime/elementwise/select.h"
#include "runtime/indexing/indexing.h"
#include "runtime/parallel/pool.h"
#include "tests/harness.h"

namespace gradtape::test {

namespace {

void fill_bytes(Random& random, Buffer& buffer) {
  for (int64_t i = 0; i < buffer.bytes(); i++) buffer.as<uint8_t>()[i] = static_cast<uint8_t>(random.next());
}

}  // namespace

TEST(copy_plane) {
  Random random(30);
  for (const KernelTable* table : isas()) {
    for (int log_size = 0; log_size < kSizes; log_size++) {
      section();
      const int64_t size = int64_t{1} << log_size;
      for (int round = 0; round < (quick() ? 200 : 1000) && passing(); round++) {
        // The source: a run along n, along rows (a transpose), reversed, repeated, or with gaps. Some
        // transposes are large, between rows that crowd in a cache.
        const int64_t kind = random.below(6);
        const bool crowd = kind == 1 && round % 8 == 0;
        const int64_t rows = random.below(crowd ? 300 : 40), n = random.below(crowd ? 150 : 70);
        int64_t src_row = n, src_step = 1;
        if (kind == 1) src_row = 1, src_step = crowd ? 2048 : rows;
        if (kind == 2) src_row = n, src_step = -1;
        if (kind == 3) src_row = 0, src_step = 1;
        if (kind == 4) src_row = n, src_step = 0;
        if (kind == 5) src_step = 2 + random.below(4), src_row = src_step * n + 1;
        const int64_t dst_step = random.below(4) == 0 ? 2 : 1, dst_row = n * dst_step + random.below(3);
        const int64_t low = src_step < 0 ? (n - 1) * src_step : 0;
        const int64_t span =
            rows * n == 0 ? 0 : (rows - 1) * src_row + (n - 1) * (src_step < 0 ? 0 : src_step) - low + 1;
        const int64_t dst_span = rows * n == 0 ? 0 : (rows - 1) * dst_row + (n - 1) * dst_step + 1;
        Buffer src(span * size, size), dst(dst_span * size, size % 64), before(dst_span * size);
        fill_bytes(random, src);
        fill_bytes(random, dst);
        memcpy(before.data(), dst.data(), static_cast<size_t>(dst.bytes()));
        table->copy[log_size].plane(src.as<char>() - low * size, src_row, src_step, dst.data(), dst_row,
                                    dst_step, rows, n);
        for (int64_t i = 0; i < rows; i++) {
          for (int64_t j = 0; j < n; j++) {
            memcpy(before.as<char>() + (i * dst_row + j * dst_step) * size,
                   src.as<char>() + (i * src_row + j * src_step - low) * size, static_cast<size_t>(size));
          }
        }
        CHECK(dst.equals(before) && dst.intact(),
              "%s copies %lld × %lld of %lld bytes wrongly, source %lld, %lld", table->isa,
              static_cast<long long>(rows), static_cast<long long>(n), static_cast<long long>(size),
              static_cast<long long>(src_row), static_cast<long long>(src_step));
      }
    }
  }
}

/// Random permutations, slices, reversals and broadcasts of up to five dimensions.
TEST(runtime_copy) {
  Random random(31);
  for (int round = 0; round < (quick() ? 300 : 2000) && passing(); round++) {
    set_num_threads(1 + round % 3);
    const int log_size = static_cast<int>(random.below(kSizes));
    const int64_t size = int64_t{1} << log_size;
    CopyLayout layout = {};
    layout.ndim = static_cast<int>(random.below(6));
    int64_t total = 1, src_size = 1, src_first = 0;
    int order[8];
    const bool large = round % 50 == 0;
    for (int d = 0; d < layout.ndim; d++) {
      layout.dims[d] = random.below(15) == 0 ? 0 : 1 + random.below(large ? 24 : 7);
      total *= layout.dims[d];
      order[d] = d;
    }
    for (int d = layout.ndim - 1; d > 0; d--) {
      const int64_t other = random.below(d + 1);
      const int t = order[d];
      order[d] = order[other];
      order[other] = t;
    }
    int64_t dst_size = 1;
    for (int d = layout.ndim - 1; d >= 0; d--) {
      const int64_t gap = random.below(8) == 0 ? 2 : 1;
      layout.dst_strides[d] = dst_size * gap;
      dst_size *= layout.dims[d] * gap;
    }
    for (int k = 0; k < layout.ndim; k++) {
      const int d = order[k];
      const int64_t step = random.below(6);
      if (step == 0) continue;  // broadcast
      const int64_t stride = src_size * (step == 1 ? 2 : 1);
      src_size = stride * layout.dims[d];
      layout.src_strides[d] = step == 2 ? -stride : stride;
      if (step == 2) src_first += (layout.dims[d] - 1) * stride;
    }
    if (total == 0) src_first = 0;
    Buffer src(src_size * size), dst(dst_size * size, size % 64), want(dst_size * size);
    fill_bytes(random, src);
    fill_bytes(random, dst);
    memcpy(want.data(), dst.data(), static_cast<size_t>(dst.bytes()));
    for (int64_t i = 0; i < total; i++) {
      int64_t from = src_first, to = 0, rest = i;
      for (int d = layout.ndim - 1; d >= 0; d--) {
        from += rest % layout.dims[d] * layout.src_strides[d];
        to += rest % layout.dims[d] * layout.dst_strides[d];
        rest /= layout.dims[d];
      }
      memcpy(want.as<char>() + to * size, src.as<char>() + from * size, static_cast<size_t>(size));
    }
    run_copy(src.as<char>() + src_first * size, dst.data(), layout, log_size);
    CHECK(dst.equals(want) && dst.intact(), "round %d: a copy of %lld elements of %lld bytes differs", round,
          static_cast<long long>(total), static_cast<long long>(size));
  }
  set_num_threads(2);
}

namespace {

/// A random map of row numbers and its indices.
struct Rows {
  RowMap map = {};
  std::vector<int64_t> wide;
  std::vector<int32_t> narrow;
  std::vector<int64_t> row;  // the row number of each tuple

  explicit Rows(Random& random, int64_t k) {
    map.batch = 1 + random.below(3);
    map.outer = 1 + random.below(3);
    map.k = k;
    map.inner = 1 + random.below(k < 40 && random.below(4) == 0 ? 300 : 20);
    map.depth = 1 + static_cast<int>(random.below(3));
    map.wide = random.below(2) != 0;
    map.rows = 1;
    for (int d = 0; d < map.depth; d++) {
      map.dims[d] = 1 + random.below(9);
      map.rows *= map.dims[d];
    }
    for (int64_t t = 0; t < map.batch * k; t++) {
      int64_t number = 0;
      for (int d = 0; d < map.depth; d++) {
        const int64_t index = random.below(map.dims[d]);
        wide.push_back(index);
        narrow.push_back(static_cast<int32_t>(index));
        number = number * map.dims[d] + index;
      }
      row.push_back(number);
    }
    map.indices = map.wide ? static_cast<const void*>(wide.data()) : narrow.data();
  }
};

template <class T>
T scatter_reference(const char* name, T x, T u) {
  using Wrapping = std::conditional_t<std::is_floating_point_v<T>, T, uint64_t>;
  const auto a = static_cast<Wrapping>(x), b = static_cast<Wrapping>(u);
  if (strcmp(name, "add") == 0) return static_cast<T>(a + b);
  if (strcmp(name, "sub") == 0) return static_cast<T>(a - b);
  if (strcmp(name, "mul") == 0) return static_cast<T>(a * b);
  if (strcmp(name, "div") == 0) {
    if constexpr (std::is_floating_point_v<T>) {
      return x / u;
    } else {
      return u == 0 ? T(0) : static_cast<T>(static_cast<__int128>(x) / u);
    }
  }
  if (strcmp(name, "min") == 0) return u < x ? u : x;
  if (strcmp(name, "max") == 0) return u > x ? u : x;
  return u;
}

}  // namespace

TEST(runtime_gather) {
  Random random(32);
  for (int round = 0; round < (quick() ? 200 : 1000) && passing(); round++) {
    set_num_threads(1 + round % 3);
    const Rows rows(random, random.below(5) == 0 ? 1 + random.below(1200) : 1 + random.below(30));
    const RowMap& map = rows.map;
    static constexpr int64_t sizes[] = {1, 2, 4, 8};
    const int64_t size = sizes[random.below(4)], row_bytes = map.inner * size;
    Buffer src(map.batch * map.outer * map.rows * row_bytes),
        out(map.batch * map.outer * map.k * row_bytes, size);
    fill_bytes(random, src);
    CHECK(find_bad_row(map) == -1, "good rows called bad");
    run_gather(map, src.data(), out.data(), size);
    CHECK(out.intact(), "wrote outside");
    for (int64_t b = 0; b < map.batch; b++) {
      for (int64_t o = 0; o < map.outer; o++) {
        for (int64_t j = 0; j < map.k && passing(); j++) {
          const int64_t slice = b * map.outer + o, number = rows.row[static_cast<size_t>(b * map.k + j)];
          CHECK(memcmp(out.as<char>() + (slice * map.k + j) * row_bytes,
                       src.as<char>() + (slice * map.rows + number) * row_bytes,
                       static_cast<size_t>(row_bytes)) == 0,
                "round %d: row %lld of slice %lld", round, static_cast<long long>(j),
                static_cast<long long>(slice));
        }
      }
    }
  }
  set_num_threads(2);
}

TEST(runtime_bad_rows) {
  Random random(33);
  for (int round = 0; round < 300 && passing(); round++) {
    Rows rows(random, 1 + random.below(1500));
    RowMap& map = rows.map;
    const int64_t tuples = map.batch * map.k;
    int64_t first = -1;
    for (int64_t bad = random.below(3); bad > 0; bad--) {
      const int64_t tuple = random.below(tuples);
      const auto at = static_cast<size_t>(tuple * map.depth + random.below(map.depth));
      const int64_t dim = map.dims[at % static_cast<size_t>(map.depth)];
      const int64_t extremes[] = {-1, dim, std::numeric_limits<int32_t>::min(),
                                  std::numeric_limits<int32_t>::max()};
      rows.wide[at] = extremes[random.below(4)];
      rows.narrow[at] = static_cast<int32_t>(rows.wide[at]);
      if (map.wide && random.below(2) != 0) rows.wide[at] = std::numeric_limits<int64_t>::min();
      if (first < 0 || tuple < first) first = tuple;
    }
    CHECK(find_bad_row(map) == first, "found %lld, not %lld", static_cast<long long>(find_bad_row(map)),
          static_cast<long long>(first));
  }
}

TEST(runtime_scatter) {
  Random random(34);
  for (const KernelTable* table : isas()) {
    for (int op = 0; op < table->scatter.count; op++) {
      for (int dtype = 0; dtype < kDTypes; dtype++) {
        const ScatterFn fn = table->scatter[op].fn[dtype];
        if (fn == nullptr || is_half(dtype)) continue;
        section();
        const char* name = table->scatter[op].name;
        for (int round = 0; round < (quick() ? 3 : 12) && passing(); round++) {
          set_num_threads(1 + round % 3);
          const Rows rows(random, random.below(4) == 0 ? 1 + random.below(1200) : 1 + random.below(30));
          const RowMap& map = rows.map;
          const int64_t size = dtype_size(dtype), slices = map.batch * map.outer;
          const bool scalar = random.below(3) == 0;
          const int64_t n = slices * map.rows * map.inner, m = scalar ? 1 : slices * map.k * map.inner;
          Buffer dst(n * size, size), updates(m * size), want(n * size);
          fill_random(random, dtype, dst.data(), n);
          fill_random(random, dtype, updates.data(), m);
          memcpy(want.data(), dst.data(), static_cast<size_t>(dst.bytes()));
          with_type(dtype, [&]<class T>() {
            for (int64_t slice = 0; slice < slices; slice++) {
              for (int64_t j = 0; j < map.k; j++) {
                const int64_t number = rows.row[static_cast<size_t>(slice / map.outer * map.k + j)];
                for (int64_t i = 0; i < map.inner; i++) {
                  T& x = want.as<T>()[(slice * map.rows + number) * map.inner + i];
                  x = scatter_reference<T>(name, x,
                                           updates.as<T>()[scalar ? 0 : (slice * map.k + j) * map.inner + i]);
                }
              }
            }
          });
          run_scatter(map, fn, dst.data(), updates.data(), scalar, size);
          int64_t where = 0;
          CHECK(dst.intact() && max_ulps(dtype, dst.data(), want.data(), n, &where) == 0,
                "%s scatter %s %s differs at %lld", table->isa, name, dtype_name(dtype),
                static_cast<long long>(where));
        }
      }
    }
  }
  set_num_threads(2);
}

/// Large enough to be split: rows that repeat still meet in their order.
TEST(runtime_scatter_split) {
  Random random(36);
  for (const KernelTable* table : isas()) {
    section();
    for (int round = 0; round < (quick() ? 4 : 16) && passing(); round++) {
      RowMap map = {};
      map.batch = map.outer = map.depth = 1;
      map.k = 3000 + random.below(3000);
      map.inner = round % 2 == 0 ? 1 + random.below(7) : 20 + random.below(150);
      map.dims[0] = map.rows = 1 + random.below(3000);
      if (map.inner < 20) map.k *= 20;
      std::vector<int32_t> indices;
      for (int64_t i = 0; i < map.k; i++) {
        indices.push_back(static_cast<int32_t>(random.below(random.below(2) == 0 ? map.rows : 1)));
      }
      map.indices = indices.data();
      const int64_t n = map.rows * map.inner, m = map.k * map.inner, size = 4;
      Buffer one(n * size, size), many(n * size, size), updates(m * size);
      fill_random(random, 0, updates.data(), m, Values::kNormal);
      fill_random(random, 0, one.data(), n, Values::kNormal);
      memcpy(many.data(), one.data(), static_cast<size_t>(one.bytes()));
      for (int64_t j = 0; j < map.k; j++) {
        float* x = one.as<float>() + indices[static_cast<size_t>(j)] * map.inner;
        for (int64_t i = 0; i < map.inner; i++) x[i] += updates.as<float>()[j * map.inner + i];
      }
      set_num_threads(2 + round % 3);
      for (int op = 0; op < table->scatter.count; op++) {
        if (strcmp(table->scatter[op].name, "add") != 0) continue;
        run_scatter(map, table->scatter[op].fn[0], many.data(), updates.data(), false, size);
      }
      CHECK(many.equals(one) && many.intact(), "%s scatter of %lld rows of %lld differs", table->isa,
            static_cast<long long>(map.k), static_cast<long long>(map.inner));
    }
  }
  set_num_threads(2);
}

TEST(runtime_masks) {
  Random random(35);
  for (int round = 0; round < (quick() ? 100 : 500) && passing(); round++) {
    set_num_threads(1 + round % 3);
    const int ndim = 1 + static_cast<int>(random.below(4));
    int64_t dims[4], n = 1;
    for (int d = 0; d < ndim; d++) n *= dims[d] = 1 + random.below(round % 25 == 0 ? 30 : 6);
    Buffer mask(n, 1);
    const int64_t density = 1 + random.below(5);
    std::vector<int64_t> positions;
    for (int64_t i = 0; i < n; i++) {
      mask.as<uint8_t>()[i] = random.below(density) == 0 ? static_cast<uint8_t>(1 + random.below(255)) : 0;
      if (mask.as<uint8_t>()[i] != 0) positions.push_back(i);
    }
    const auto kept = static_cast<int64_t>(positions.size());
    CHECK(count_mask(mask.as<uint8_t>(), n) == kept, "counted %lld, not %lld",
          static_cast<long long>(count_mask(mask.as<uint8_t>(), n)), static_cast<long long>(kept));
    const bool wide = random.below(2) != 0;
    Buffer out(kept * ndim * (wide ? 8 : 4), 8);
    run_nonzero(mask.as<uint8_t>(), ndim, dims, out.data(), wide);
    CHECK(out.intact(), "nonzero wrote outside");
    for (int64_t i = 0; i < kept; i++) {
      int64_t rest = positions[static_cast<size_t>(i)];
      for (int d = ndim - 1; d >= 0; d--) {
        const int64_t got = wide ? out.as<int64_t>()[i * ndim + d] : out.as<int32_t>()[i * ndim + d];
        CHECK(got == rest % dims[d], "round %d: coordinate %d of %lld", round, d, static_cast<long long>(i));
        rest /= dims[d];
      }
    }
    const int64_t outer = 1 + random.below(5), row_bytes = 1 + random.below(40);
    Buffer src(outer * n * row_bytes), picked(outer * kept * row_bytes, 4);
    fill_bytes(random, src);
    run_mask_gather(mask.as<uint8_t>(), n, kept, src.data(), picked.data(), outer, row_bytes);
    CHECK(picked.intact(), "mask gather wrote outside");
    for (int64_t o = 0; o < outer; o++) {
      for (int64_t i = 0; i < kept && passing(); i++) {
        CHECK(memcmp(picked.as<char>() + (o * kept + i) * row_bytes,
                     src.as<char>() + (o * n + positions[static_cast<size_t>(i)]) * row_bytes,
                     static_cast<size_t>(row_bytes)) == 0,
              "round %d: row %lld", round, static_cast<long long>(i));
      }
    }
  }
  set_num_threads(2);
}

TEST(runtime_select) {
  Random random(36);
  for (const KernelTable* table : isas()) {
    section();
    for (int round = 0; round < (quick() ? 60 : 200) && passing(); round++) {
      set_num_threads(1 + round % 3);
      static constexpr int64_t element_sizes[] = {1, 2, 4, 8};
      const int64_t size = element_sizes[random.below(4)];
      SelectLayout layout = {};
      layout.ndim = 1 + static_cast<int>(random.below(4));
      int64_t n = 1, count[3] = {1, 1, 1};
      for (int d = layout.ndim - 1; d >= 0; d--) {
        layout.dims[d] = random.below(12) == 0 ? 0 : 1 + random.below(round % 20 == 0 ? 40 : 8);
        n *= layout.dims[d];
        for (int k = 0; k < 3; k++) {
          if (random.below(3) == 0) continue;
          layout.strides[k][d] = count[k];
          count[k] *= layout.dims[d];
        }
      }
      Buffer c(count[0]), a(count[1] * size), b(count[2] * size), y(n * size, size);
      for (int64_t i = 0; i < count[0]; i++) c.as<uint8_t>()[i] = static_cast<uint8_t>(random.below(2));
      fill_bytes(random, a);
      fill_bytes(random, b);
      run_select(table->select[size_index(size)], c.data(), a.data(), b.data(), y.data(), layout, size);
      CHECK(y.intact(), "wrote outside");
      for (int64_t i = 0; i < n && passing(); i++) {
        int64_t at[3] = {0, 0, 0}, rest = i;
        for (int d = layout.ndim - 1; d >= 0; d--) {
          for (int k = 0; k < 3; k++) at[k] += rest % layout.dims[d] * layout.strides[k][d];
          rest /= layout.dims[d];
        }
        const char* want =
            c.as<uint8_t>()[at[0]] != 0 ? a.as<char>() + at[1] * size : b.as<char>() + at[2] * size;
        CHECK(memcmp(y.as<char>() + i * size, want, static_cast<size_t>(size)) == 0,
              "%s round %d, element %lld", table->isa, round, static_cast<long long>(i));
      }
    }
  }
  set_num_threads(2);
}

}  // namespace gradtape::test
