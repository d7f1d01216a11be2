// Softmax, cross entropy and the optimizer rules on every instruction set, against plain loops in double.
#include "runtime/softmax/softmax.h"
#include "runtime/optimizer/optimizer.h"

#include <cmath>

#include "runtime/parallel/pool.h"
#include "tests/harness.h"

namespace gradtape::test {

namespace {

template <class T>
double epsilon() {
  return sizeof(T) == 4 ? 0x1p-23 : 0x1p-52;
}

template <class F>
void with_floats(const F& f) {
  f.template operator()<float>(0);
  f.template operator()<double>(1);
}

/// log Σ exp of a row, and exp(x − that).
template <class T>
double log_sum(const T* x, int64_t n) {
  double most = -HUGE_VAL, sum = 0;
  for (int64_t i = 0; i < n; i++) most = std::fmax(most, static_cast<double>(x[i]));
  for (int64_t i = 0; i < n; i++) sum += std::exp(static_cast<double>(x[i]) - most);
  return most + std::log(sum);
}

template <class T>
void near(const KernelTable& table, const char* what, const Buffer& got, const double* want, int64_t n,
          double tolerance) {
  const T* p = const_cast<Buffer&>(got).as<T>();
  for (int64_t i = 0; i < n && passing(); i++) {
    CHECK(
        std::fabs(static_cast<double>(p[i]) - want[i]) <= tolerance * epsilon<T>() * (1 + std::fabs(want[i])),
        "%s %s of %zu bytes: element %lld is %.17g, not %.17g", table.isa, what, sizeof(T),
        static_cast<long long>(i), static_cast<double>(p[i]), want[i]);
  }
  CHECK(got.intact(), "%s %s wrote outside", table.isa, what);
}

struct Doubles {
  explicit Doubles(int64_t n) : p(static_cast<double*>(calloc(static_cast<size_t>(n), sizeof(double)))) {}
  ~Doubles() { free(p); }
  Doubles(const Doubles&) = delete;
  double* p;
};

template <class T>
void check_rows(const KernelTable& table, int dtype, int64_t rows, int64_t cols) {
  const SoftmaxKernels& k = table.softmax[dtype];
  const CrossEntropyKernels& cross_entropy = table.cross_entropy[dtype];
  const int64_t n = rows * cols, size = sizeof(T);
  Random random(static_cast<uint64_t>(n));
  Buffer x(n * size, size), dy(n * size), y(n * size, size), dx(n * size), loss(rows * size),
      labels(n * size);
  fill_random(random, dtype, x.data(), n, Values::kNormal);
  fill_random(random, dtype, dy.data(), n, Values::kNormal);
  fill_random(random, dtype, labels.data(), n, Values::kNormal);
  Doubles want(n), gradient(n), losses(rows);
  const double scale = 16;
  for (int log = 0; log < 2; log++) {
    run_rows(log ? k.log_softmax : k.softmax, x.data(), y.data(), rows, cols, size);
    for (int64_t r = 0; r < rows; r++) {
      const double lse = log_sum(x.as<T>() + r * cols, cols);
      double sum = 0;
      for (int64_t i = r * cols; i < (r + 1) * cols; i++) {
        const double v = static_cast<double>(x.as<T>()[i]) - lse;
        want.p[i] = log ? v : std::exp(v);
        sum += static_cast<double>(dy.as<T>()[i]) * (log ? 1 : want.p[i]);
      }
      for (int64_t i = r * cols; i < (r + 1) * cols; i++) {
        const double g = static_cast<double>(dy.as<T>()[i]);
        gradient.p[i] = log ? g - std::exp(want.p[i]) * sum : (g - sum) * want.p[i];
      }
    }
    near<T>(table, log ? "logSoftmax" : "softmax", y, want.p, n, scale * 2);
    run_rows(log ? k.log_softmax_gradient : k.softmax_gradient, dy.data(), y.data(), dx.data(), rows, cols,
             size);
    near<T>(table, "softmax gradient", dx, gradient.p, n, scale * 8);
  }
  for (int64_t r = 0; r < rows; r++) {
    const double lse = log_sum(x.as<T>() + r * cols, cols);
    for (int64_t i = r * cols; i < (r + 1) * cols; i++) {
      const double v = static_cast<double>(x.as<T>()[i]) - lse, t = static_cast<double>(labels.as<T>()[i]);
      want.p[i] = std::exp(v) - t;
      losses.p[r] -= t * v;
    }
  }
  run_cross_entropy(cross_entropy.dense, x.data(), labels.data(), loss.data(), y.data(), rows, cols, size,
                    cols * size);
  near<T>(table, "cross entropy", loss, losses.p, rows, scale * static_cast<double>(cols + 8));
  near<T>(table, "cross entropy backprop", y, want.p, n, scale * 2);
  const auto alone_as_well = [&](auto fn, Buffer& of, int64_t label_bytes) {
    Buffer alone(rows * size, size);
    run_cross_entropy(fn, x.data(), of.data(), alone.data(), nullptr, rows, cols, size, label_bytes);
    CHECK(alone.equals(loss), "%s: the loss by itself is another, %lld x %lld", table.isa,
          static_cast<long long>(rows), static_cast<long long>(cols));
  };
  alone_as_well(cross_entropy.dense, labels, cols * size);
  Buffer numbers(rows * 8, 8);
  for (int64_t r = 0; r < rows; r++) {
    const int64_t label = random.below(cols);
    numbers.as<int64_t>()[r] = label;
    const double lse = log_sum(x.as<T>() + r * cols, cols);
    for (int64_t i = 0; i < cols; i++) {
      want.p[r * cols + i] =
          std::exp(static_cast<double>(x.as<T>()[r * cols + i]) - lse) - (i == label ? 1 : 0);
    }
    losses.p[r] = lse - static_cast<double>(x.as<T>()[r * cols + label]);
  }
  CHECK(find_bad_label(numbers.data(), rows, cols, 8) == -1, "a good label was refused");
  run_cross_entropy(cross_entropy.sparse[1], x.data(), numbers.data(), loss.data(), y.data(), rows, cols,
                    size, 8);
  near<T>(table, "sparse cross entropy", loss, losses.p, rows, scale * 4);
  near<T>(table, "sparse cross entropy backprop", y, want.p, n, scale * 2);
  alone_as_well(cross_entropy.sparse[1], numbers, 8);
  numbers.as<int64_t>()[rows - 1] = cols;
  CHECK(find_bad_label(numbers.data(), rows, cols, 8) == rows - 1, "a bad label was not found");
}

template <class T>
void check_rule(const KernelTable& table, int dtype, const OptimizerEntry& entry, int64_t n, bool in_place) {
  const int64_t size = sizeof(T);
  Random random(static_cast<uint64_t>(n));
  Buffer gradient(n * size, size);
  fill_random(random, dtype, gradient.data(), n, Values::kNormal);
  Buffer in[kOptimizerStates] = {Buffer(n * size, size), Buffer(n * size), Buffer(n * size),
                                 Buffer(n * size)};
  Buffer out[kOptimizerStates] = {Buffer(n * size), Buffer(n * size, size), Buffer(n * size),
                                  Buffer(n * size)};
  Doubles want(n * kOptimizerStates);
  OptimizerRun run = {};
  run.gradient = gradient.data();
  run.n = n;
  const double numbers[2][4] = {{0.1, 0.9, 0, 0}, {0.05, 0.1, 0.01, 1e-3}};
  const double* p = numbers[entry.states > 2];
  for (int i = 0; i < 4; i++) run.numbers[i] = p[i];
  for (int s = 0; s < entry.states; s++) {
    fill_random(random, dtype, in[s].data(), n, Values::kNormal);
    if (s >= 2) {
      for (int64_t i = 0; i < n; i++) in[s].as<T>()[i] = std::fabs(in[s].as<T>()[i]);
    }
    run.in[s] = in[s].data();
    run.out[s] = in_place ? in[s].data() : out[s].data();
  }
  for (int64_t i = 0; i < n; i++) {
    const double g = static_cast<double>(gradient.as<T>()[i]);
    double v[kOptimizerStates];
    for (int s = 0; s < kOptimizerStates; s++)
      v[s] = s < entry.states ? static_cast<double>(in[s].as<T>()[i]) : 0;
    if (entry.states == 1) {
      v[0] -= p[0] * g;
    } else if (entry.states == 2) {
      v[1] = p[1] * v[1] - p[0] * g;
      v[0] += strcmp(entry.name, "nesterov") == 0 ? p[1] * v[1] - p[0] * g : v[1];
    } else {
      v[1] += (g - v[1]) * p[1];
      v[2] += (g * g - v[2]) * p[2];
      v[3] = std::fmax(v[3], v[2]);
      v[0] -= v[1] * p[0] / (std::sqrt(entry.states == 4 ? v[3] : v[2]) + p[3]);
    }
    for (int s = 0; s < entry.states; s++) want.p[s * n + i] = v[s];
  }
  // As if the elements were those of three variables.
  const int64_t cuts[] = {0, n / 3, n - n / 4, n};
  OptimizerRun runs[3];
  for (int v = 0; v < 3; v++) {
    const int64_t from = cuts[v] * size;
    runs[v] = run;
    runs[v].n = cuts[v + 1] - cuts[v];
    runs[v].gradient = static_cast<const char*>(run.gradient) + from;
    for (int s = 0; s < entry.states; s++) {
      runs[v].in[s] = static_cast<const char*>(run.in[s]) + from;
      runs[v].out[s] = static_cast<char*>(run.out[s]) + from;
    }
  }
  run_optimizer(entry, runs, 3, dtype);
  for (int s = 0; s < entry.states; s++)
    near<T>(table, entry.name, in_place ? in[s] : out[s], want.p + s * n, n, 16);
}

constexpr int64_t kShapes[][2] = {{1, 1},   {3, 2},    {5, 7},  {4, 16},   {3, 17},   {37, 3},
                                  {150, 2}, {100, 31}, {2, 33}, {1, 1000}, {300, 10}, {40, 1030}};

}  // namespace

TEST(softmax_and_cross_entropy) {
  const int before = num_threads();
  for (const KernelTable* table : isas()) {
    with_floats([&]<class T>(int dtype) {
      section();
      for (const auto& shape : kShapes) {
        for (int threads : {1, 3}) {
          set_num_threads(threads);
          check_rows<T>(*table, dtype, shape[0], shape[1]);
        }
      }
    });
  }
  set_num_threads(before);
}

TEST(softmax_of_special_rows) {
  const float inf = HUGE_VALF, nan = NAN;
  const float x[] = {-inf, -inf, -inf, 1, -inf, 1, 1, inf, 0, nan, 0, 0, 1e30f, -1e30f, 0};
  const float want[] = {nan, nan, nan, 0.5f, 0, 0.5f, nan, nan, nan, nan, nan, nan, 1, 0, 0};
  for (const KernelTable* table : isas()) {
    // A few rows one by one; many side by side.
    for (int times : {1, 7}) {
      float xs[7 * 15], y[7 * 15];
      for (int i = 0; i < times * 15; i++) xs[i] = x[i % 15];
      table->softmax[0].softmax(xs, y, times * 5, 3);
      for (int i = 0; i < times * 15; i++) {
        CHECK(ulps(y[i], want[i % 15]) <= 2, "%s: element %d is %g, not %g", table->isa, i,
              static_cast<double>(y[i]), static_cast<double>(want[i % 15]));
      }
    }
  }
}

/// A prediction that is sure of itself has a loss of exp(-gap), not of 0.
TEST(cross_entropy_near_zero) {
  for (const KernelTable* table : isas()) {
    for (float gap : {5.0f, 12.0f, 20.0f, 60.0f}) {
      const float x[] = {0, gap, 0}, labels[] = {0, 1, 0};
      const int32_t label = 1;
      float loss[2], back[3], log[3];
      table->cross_entropy[0].dense(x, labels, &loss[0], back, 1, 3);
      table->cross_entropy[0].sparse[0](x, &label, &loss[1], back, 1, 3);
      table->softmax[0].log_softmax(x, log, 1, 3);
      const double want = std::log1p(2 * std::exp(-static_cast<double>(gap)));
      for (float got : {loss[0], loss[1], -log[1]}) {
        CHECK(ulps(got, static_cast<float>(want)) <= 4, "%s: %.9g after a gap of %g, not %.9g", table->isa,
              static_cast<double>(got), static_cast<double>(gap), want);
      }
    }
  }
}

TEST(optimizer_rules) {
  const int before = num_threads();
  for (const KernelTable* table : isas()) {
    with_floats([&]<class T>(int dtype) {
      for (int e = 0; e < table->optimizer.count; e++) {
        section();
        for (int64_t n : {1, 5, 16, 64, 103, 40'000}) {
          for (int threads : {1, 3}) {
            set_num_threads(threads);
            check_rule<T>(*table, dtype, table->optimizer[e], n, false);
            check_rule<T>(*table, dtype, table->optimizer[e], n, true);
          }
        }
      }
    });
  }
  set_num_threads(before);
}

}  // namespace gradtape::test
