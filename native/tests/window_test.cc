// Depthwise convolution and pooling on every instruction set, against loops over the taps in double.
#include "runtime/window/window.h"

#include <cmath>
#include <type_traits>
#include <vector>

#include "runtime/parallel/pool.h"
#include "tests/harness.h"

namespace gradtape::test {

namespace {

int64_t in_size(const WindowCall& c) {
  return c.batch * c.channels * c.dims[0].size * c.dims[1].size * c.dims[2].size;
}
int64_t out_size(const WindowCall& c) {
  return c.batch * c.channels * c.dims[0].out * c.dims[1].out * c.dims[2].out;
}

/// visit(x's element, the tap's number, y's element) for every tap that exists, in order.
template <class F>
void each_tap(const WindowCall& c, const F& visit) {
  const WindowDim *d = c.dims, &z = d[0], &v = d[1], &h = d[2];
  for (int64_t b = 0; b < c.batch; b++) {
    for (int64_t o = 0; o < z.out * v.out * h.out; o++) {
      const int64_t at[3] = {o / h.out / v.out, o / h.out % v.out, o % h.out};
      for (int64_t k = 0; k < z.kernel * v.kernel * h.kernel; k++) {
        const int64_t tap[3] = {k / h.kernel / v.kernel, k / h.kernel % v.kernel, k % h.kernel};
        int64_t p[3];
        bool inside = true;
        for (int a = 0; a < 3; a++) {
          p[a] = at[a] * d[a].stride - d[a].before + tap[a] * d[a].dilation;
          inside = inside && p[a] >= 0 && p[a] < d[a].size;
        }
        if (!inside) continue;
        const int64_t x = ((b * z.size + p[0]) * v.size + p[1]) * h.size + p[2];
        const int64_t y = b * z.out * v.out * h.out + o;
        for (int64_t i = 0; i < c.channels; i++)
          visit(x * c.channels + i, k * c.channels + i, y * c.channels + i);
      }
    }
  }
}

/// `slides`: 3, 5 or 7 taps, one element apart, as most networks have them.
WindowDim random_dim(Random& random, int64_t most, bool slides = false) {
  WindowDim d = {};
  d.size = 1 + random.below(most);
  d.kernel = slides ? 3 + (random.below(2) == 0 ? 0 : 2 * random.below(3)) : 1 + random.below(4);
  d.stride = slides ? 1 : 1 + random.below(4);
  d.dilation = slides ? 1 : 1 + random.below(3);
  const int64_t reach = (d.kernel - 1) * d.dilation + 1;
  d.before = random.below(reach + 2);
  const int64_t room = d.size + d.before + random.below(reach + 2) - reach;
  d.out = room < 0 ? 0 : room / d.stride + 1;
  return d;
}

template <class T>
void check(const KernelTable& table, const char* what, Buffer& got, const std::vector<double>& want,
           int64_t terms) {
  const double tolerance = (sizeof(T) == 4 ? 0x1p-23 : 0x1p-52) * static_cast<double>(16 + 16 * terms);
  for (size_t i = 0; i < want.size() && passing(); i++) {
    CHECK(std::fabs(static_cast<double>(got.as<T>()[i]) - want[i]) <= tolerance,
          "%s %s: element %zu is %g, not %g", table.isa, what, i, static_cast<double>(got.as<T>()[i]),
          want[i]);
  }
  CHECK(got.intact(), "%s %s wrote outside", table.isa, what);
}

template <class T>
void depthwise(const KernelTable& table, int dtype, Random& random) {
  WindowCall c = {};
  c.batch = 1 + random.below(3);
  c.channels = 1 + random.below(40);
  c.dims[0] = {1, 1, 1, 1, 1, 0};
  const bool slides = random.below(2) == 0;
  c.dims[1] = random_dim(random, slides ? 30 : 9, slides);
  c.dims[2] = random_dim(random, 40, slides);
  c.bytes = sizeof(T);
  const int64_t nx = in_size(c), ny = out_size(c), nw = c.dims[1].kernel * c.dims[2].kernel * c.channels;
  Buffer x(nx * c.bytes), w(nw * c.bytes), y(ny * c.bytes), out_x(nx * c.bytes), out_w(nw * c.bytes),
      out_y(ny * c.bytes);
  fill_random(random, dtype, x.data(), nx, Values::kNormal);
  fill_random(random, dtype, w.data(), nw, Values::kNormal);
  fill_random(random, dtype, y.data(), ny, Values::kNormal);
  const auto z = [](int64_t n) { return std::vector<double>(static_cast<size_t>(n)); };
  std::vector<double> wx = z(nx), ww = z(nw), wy = z(ny);
  each_tap(c, [&](int64_t i, int64_t k, int64_t o) {
    const double a = static_cast<double>(x.as<T>()[i]), b = static_cast<double>(w.as<T>()[k]),
                 g = static_cast<double>(y.as<T>()[o]);
    wy[static_cast<size_t>(o)] += a * b;
    wx[static_cast<size_t>(i)] += g * b;
    ww[static_cast<size_t>(k)] += g * a;
  });
  const DepthwiseKernels& k = table.depthwise[dtype];
  Buffer many_x(nx * c.bytes), many_w(nw * c.bytes), many_y(ny * c.bytes);
  for (int threads : {3, 1}) {
    const bool one = threads == 1;
    set_num_threads(threads);
    run_depthwise(k, kDepthwise, c, x.data(), w.data(), (one ? out_y : many_y).data());
    run_depthwise(k, kDepthwiseInput, c, (one ? out_x : many_x).data(), w.data(), y.data());
    run_depthwise(k, kDepthwiseFilter, c, x.data(), (one ? out_w : many_w).data(), y.data());
  }
  CHECK(out_y.equals(many_y) && out_x.equals(many_x) && out_w.equals(many_w),
        "%s depthwise: three threads differ from one", table.isa);
  check<T>(table, "depthwise", out_y, wy, 16);
  check<T>(table, "depthwise input gradient", out_x, wx, 16);
  check<T>(table, "depthwise filter gradient", out_w, ww, c.dims[1].out * c.dims[2].out * c.batch);
}

/// Maxima where some numbers are NaN or infinite and many are equal: the first NaN wins, else the first of
/// the largest.
template <class T>
void max_of_specials(const KernelTable& table, int dtype, const WindowCall& c, Buffer& x, Random& random) {
  const PoolKernels& k = table.pooling[dtype];
  const int64_t nx = in_size(c), ny = out_size(c);
  Buffer special(nx * c.bytes), y(ny * c.bytes), dy(ny * c.bytes), dx(nx * c.bytes);
  const T values[] = {static_cast<T>(NAN), static_cast<T>(HUGE_VAL), static_cast<T>(-HUGE_VAL)};
  const bool whole = random.below(2) == 0;
  for (int64_t i = 0; i < nx; i++) {
    const T v = x.as<T>()[i];
    special.as<T>()[i] = random.below(100) == 0 ? values[random.below(3)] : whole ? std::trunc(v) : v;
  }
  std::vector<int64_t> best(static_cast<size_t>(ny), -1);
  each_tap(c, [&](int64_t i, int64_t, int64_t o) {
    int64_t& b = best[static_cast<size_t>(o)];
    const T v = special.as<T>()[i], most = b < 0 ? v : special.as<T>()[b];
    if (b < 0 || (!(v <= most) && most == most)) b = i;
  });
  run_pool(k, kPoolMax, c, special.data(), nullptr, y.data(), nullptr);
  for (int64_t o = 0; o < ny && passing(); o++) {
    const T got = y.as<T>()[o], wanted = special.as<T>()[best[static_cast<size_t>(o)]];
    CHECK(got == wanted || (got != got && wanted != wanted), "%s max: element %lld is %g, not %g", table.isa,
          static_cast<long long>(o), static_cast<double>(got), static_cast<double>(wanted));
  }
  CHECK(y.intact(), "%s max wrote outside", table.isa);
  fill_random(random, dtype, dy.data(), ny, Values::kNormal);
  std::vector<double> scattered(static_cast<size_t>(nx));
  for (int64_t o = 0; o < ny; o++) {
    scattered[static_cast<size_t>(best[static_cast<size_t>(o)])] += static_cast<double>(dy.as<T>()[o]);
  }
  run_pool(k, kPoolMaxGradient, c, special.data(), nullptr, dy.data(), dx.data());
  check<T>(table, "max gradient of specials", dx, scattered, 16);
}

template <class T>
void pooling(const KernelTable& table, int dtype, Random& random) {
  WindowCall c = {};
  c.batch = 1 + random.below(3);
  c.channels = 1 + random.below(150);
  const bool slides = random.below(3) == 0;
  for (int a = 0; a < 3; a++) c.dims[a] = random_dim(random, a == 0 ? 3 : slides ? 16 : 7, slides && a > 0);
  if (slides || random.below(3) > 0) c.dims[0] = {1, 1, 1, 1, 1, 0};
  // No window without an element, as the callers have it.
  for (WindowDim& d : c.dims) {
    d.dilation = 1;
    d.before = d.before % d.kernel;
    if (slides) {
      d.stride = 1 + random.below(2);
    } else if (random.below(2) == 0) {
      d.stride = d.kernel;
    }
    d.out = (d.size - 1 + d.before) / d.stride + 1;
  }
  c.bytes = sizeof(T);
  const int64_t nx = in_size(c), ny = out_size(c);
  Buffer x(nx * c.bytes), g(nx * c.bytes), dy(ny * c.bytes), y(ny * c.bytes), dx(nx * c.bytes);
  fill_random(random, dtype, x.data(), nx, Values::kNormal);
  fill_random(random, dtype, g.data(), nx, Values::kNormal);
  fill_random(random, dtype, dy.data(), ny, Values::kNormal);
  std::vector<int64_t> best(static_cast<size_t>(ny), -1);
  std::vector<double> sum(static_cast<size_t>(ny)), taps(static_cast<size_t>(ny));
  each_tap(c, [&](int64_t i, int64_t, int64_t o) {
    int64_t& b = best[static_cast<size_t>(o)];
    if (b < 0 || x.as<T>()[i] > x.as<T>()[b]) b = i;
    sum[static_cast<size_t>(o)] += static_cast<double>(x.as<T>()[i]);
    taps[static_cast<size_t>(o)] += 1;
  });
  const PoolKernels& k = table.pooling[dtype];
  run_pool(k, kPoolMax, c, x.data(), nullptr, y.data(), nullptr);
  std::vector<double> want(static_cast<size_t>(ny)), scattered(static_cast<size_t>(nx)),
      spread(static_cast<size_t>(nx));
  for (size_t o = 0; o < want.size(); o++) want[o] = static_cast<double>(x.as<T>()[best[o]]);
  check<T>(table, "max", y, want, 0);
  run_pool(k, kPoolMaxAt, c, x.data(), g.data(), y.data(), nullptr);
  for (size_t o = 0; o < want.size(); o++) want[o] = static_cast<double>(g.as<T>()[best[o]]);
  check<T>(table, "gather", y, want, 0);
  if (k.mean == nullptr) return;
  if constexpr (std::is_floating_point_v<T>) max_of_specials<T>(table, dtype, c, x, random);
  run_pool(k, kPoolMean, c, x.data(), nullptr, y.data(), nullptr);
  for (size_t o = 0; o < want.size(); o++) want[o] = sum[o] / taps[o];
  check<T>(table, "mean", y, want, 16);
  each_tap(c, [&](int64_t i, int64_t, int64_t o) {
    const size_t at = static_cast<size_t>(o);
    const double d = static_cast<double>(dy.as<T>()[o]);
    if (best[at] == i) scattered[static_cast<size_t>(i)] += d;
    spread[static_cast<size_t>(i)] += d / taps[at];
  });
  run_pool(k, kPoolMaxGradient, c, x.data(), nullptr, dy.data(), dx.data());
  check<T>(table, "max gradient", dx, scattered, 16);
  run_pool(k, kPoolMeanGradient, c, nullptr, nullptr, dy.data(), dx.data());
  check<T>(table, "mean gradient", dx, spread, 16);
}

}  // namespace

TEST(depthwise_convolution) {
  const int before = num_threads();
  for (const KernelTable* table : isas()) {
    section();
    Random random(7);
    for (int round = 0; round < (quick() ? 60 : 400) && passing(); round++) {
      depthwise<float>(*table, 0, random);
      depthwise<double>(*table, 1, random);
    }
  }
  set_num_threads(before);
}

TEST(pooling) {
  for (const KernelTable* table : isas()) {
    section();
    Random random(8);
    for (int round = 0; round < (quick() ? 40 : 200) && passing(); round++) {
      for (int dtype = 0; dtype < kDTypes; dtype++) {
        if (table->pooling[dtype].max == nullptr) continue;
        with_type(dtype, [&]<class T>() { pooling<T>(*table, dtype, random); });
      }
    }
  }
}

}  // namespace gradtape::test
