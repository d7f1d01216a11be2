// Layer and batch normalisation on every instruction set, against plain loops in double.
#include "runtime/norm/norm.h"

#include <cmath>
#include <vector>

#include "tests/harness.h"

namespace gradtape::test {

namespace {

constexpr double kEpsilon = 1e-3;

template <class T>
void near(const KernelTable& table, const char* what, Buffer& got, const std::vector<double>& want,
          double tolerance) {
  const double allowed = tolerance * (sizeof(T) == 4 ? 0x1p-23 : 0x1p-52);
  for (size_t i = 0; i < want.size() && passing(); i++) {
    CHECK(std::fabs(static_cast<double>(got.as<T>()[i]) - want[i]) <= allowed * (1 + std::fabs(want[i])),
          "%s %s of %zu elements: element %zu is %.9g, not %.9g", table.isa, what, want.size(), i,
          static_cast<double>(got.as<T>()[i]), want[i]);
  }
  CHECK(got.intact(), "%s %s wrote outside", table.isa, what);
}

/// Statistics of one group: elements first + i · step, i < n; y and the gradients by the formulas.
struct Group {
  int64_t first, step, n;
};

/// With `columns`, groups are columns and a group has one scale; else groups are rows and each element has
/// its own.
template <class T>
void check(const KernelTable& table, int dtype, int64_t rows, int64_t cols, bool columns, Random& random) {
  const NormKernels& k = table.norm[dtype];
  const int64_t n = rows * cols, size = sizeof(T), groups = columns ? cols : rows;
  Buffer x(n * size, size), dy(n * size), scale(cols * size), shift(cols * size), y(n * size, size),
      a(groups * size), b(groups * size), dx(n * size), dscale(cols * size), dshift(cols * size);
  fill_random(random, dtype, x.data(), n, Values::kNormal);
  fill_random(random, dtype, dy.data(), n, Values::kNormal);
  fill_random(random, dtype, scale.data(), cols, Values::kNormal);
  fill_random(random, dtype, shift.data(), cols, Values::kNormal);
  const auto zeros = [](int64_t count) { return std::vector<double>(static_cast<size_t>(count)); };
  std::vector<double> wy = zeros(n), wx = zeros(n), ws = zeros(cols), wh = zeros(cols), mean = zeros(groups),
                      other = zeros(groups);
  const auto value = [&](Buffer& p, int64_t i) { return static_cast<double>(p.as<T>()[i]); };
  for (int64_t g = 0; g < groups; g++) {
    const Group group = columns ? Group{g, cols, rows} : Group{g * cols, 1, cols};
    const auto each = [&](auto&& f) {
      for (int64_t i = 0; i < group.n; i++) f(group.first + i * group.step, columns ? g : i);
    };
    const double count = static_cast<double>(group.n);
    double m = 0, v = 0, s = 0, p = 0;
    each([&](int64_t i, int64_t) { m += value(x, i) / count; });
    each([&](int64_t i, int64_t) { v += (value(x, i) - m) * (value(x, i) - m) / count; });
    const double r = 1 / std::sqrt(v + kEpsilon);
    each([&](int64_t i, int64_t c) {
      const double h = (value(x, i) - m) * r, d = value(dy, i) * value(scale, c);
      wy[static_cast<size_t>(i)] = h * value(scale, c) + value(shift, c);
      s += d / count;
      p += d * h / count;
      ws[static_cast<size_t>(c)] += value(dy, i) * h;
      wh[static_cast<size_t>(c)] += value(dy, i);
    });
    each([&](int64_t i, int64_t c) {
      const double h = (value(x, i) - m) * r;
      wx[static_cast<size_t>(i)] = r * (value(dy, i) * value(scale, c) - s - h * p);
    });
    mean[static_cast<size_t>(g)] = m;
    other[static_cast<size_t>(g)] = columns ? v * (count > 1 ? count / (count - 1) : 1) : r;
  }
  if (columns) {
    run_batch_norm(k, x.data(), scale.data(), shift.data(), y.data(), a.data(), b.data(), rows, cols,
                   kEpsilon, size);
    run_batch_norm_gradient(k, dy.data(), x.data(), scale.data(), a.data(), b.data(), dx.data(),
                            dscale.data(), dshift.data(), rows, cols, kEpsilon, size);
  } else {
    run_layer_norm(k, x.data(), scale.data(), shift.data(), y.data(), a.data(), b.data(), rows, cols,
                   kEpsilon, size);
    run_layer_norm_gradient(k, dy.data(), x.data(), scale.data(), a.data(), b.data(), dx.data(),
                            dscale.data(), dshift.data(), rows, cols, size);
  }
  // Two elements that nearly agree leave few digits of their variance; 1/√variance is at most 32 here.
  const double loose = (columns ? rows : cols) < 4 ? 4000 : 64;
  near<T>(table, columns ? "batch norm" : "layer norm", y, wy, loose);
  near<T>(table, "mean", a, mean, 8);
  near<T>(table, columns ? "variance" : "rstd", b, other, loose);
  near<T>(table, "dx", dx, wx, loose * 64);
  near<T>(table, "dscale", dscale, ws, loose * 8);
  // A sum of so many numbers about 1 that may cancel.
  near<T>(table, "dshift", dshift, wh, static_cast<double>(64 + rows));
}

}  // namespace

TEST(normalization) {
  for (const KernelTable* table : isas()) {
    section();
    Random random(11);
    for (const int64_t cols : {1, 2, 3, 5, 8, 15, 16, 17, 33, 63, 64, 65, 100, 257, 1100, 5000}) {
      for (const int64_t rows : {1, 2, 5, 33, 300}) {
        if (!passing() || rows * cols > (quick() ? 20'000 : 400'000)) continue;
        for (const bool columns : {false, true}) {
          check<float>(*table, 0, rows, cols, columns, random);
          check<double>(*table, 1, rows, cols, columns, random);
        }
      }
    }
  }
}

}  // namespace gradtape::test
