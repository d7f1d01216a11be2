// The matrix product on every instruction set, against plain loops over small integers: exact in every dtype.
#include "runtime/matmul/matmul.h"

#include <string.h>

#include "runtime/matmul/matmul_plan.h"
#include "runtime/parallel/pool.h"
#include "tests/harness.h"

namespace gradtape::test {

namespace {

struct Shape {
  int64_t m, n, k;
};

template <class T>
void fill_small(Random& random, T* p, int64_t n) {
  for (int64_t i = 0; i < n; i++) p[i] = static_cast<T>(random.below(7) - 3);
}

/// One product with all its operands inside guarded memory.
template <class T>
void check(const KernelTable& table, int dtype, Random& random, Shape s, bool ta, bool tb, bool accumulate,
           int64_t batches = 1, bool share_a = false, bool share_b = false) {
  const int64_t size = dtype_size(dtype);
  const int64_t am = s.m * s.k, bm = s.k * s.n, cm = s.m * s.n;
  Buffer a((share_a ? 1 : batches) * am * size, size), b((share_b ? 1 : batches) * bm * size, 2 * size);
  Buffer c(batches * cm * size, size), want(batches * cm * size);
  fill_small(random, a.as<T>(), a.bytes() / size);
  fill_small(random, b.as<T>(), b.bytes() / size);
  fill_small(random, c.as<T>(), batches * cm);
  for (int64_t q = 0; q < batches; q++) {
    const T* x = a.as<T>() + (share_a ? 0 : q * am);
    const T* y = b.as<T>() + (share_b ? 0 : q * bm);
    for (int64_t i = 0; i < s.m; i++) {
      for (int64_t j = 0; j < s.n; j++) {
        double sum = accumulate ? static_cast<double>(c.as<T>()[q * cm + i * s.n + j]) : 0;
        for (int64_t l = 0; l < s.k; l++) {
          sum += static_cast<double>(x[ta ? l * s.m + i : i * s.k + l]) *
                 static_cast<double>(y[tb ? j * s.k + l : l * s.n + j]);
        }
        want.as<T>()[q * cm + i * s.n + j] = static_cast<T>(sum);
      }
    }
  }
  MatmulCall call = {};
  call.a = a.data();
  call.b = b.data();
  call.c = c.data();
  call.dtype = dtype;
  call.m = s.m;
  call.n = s.n;
  call.k = s.k;
  call.transpose_a = ta;
  call.transpose_b = tb;
  call.accumulate = accumulate;
  if (batches > 1) {
    call.batch_ndim = 1;
    call.batch_dims[0] = batches;
    call.a_strides[0] = share_a ? 0 : am;
    call.b_strides[0] = share_b ? 0 : bm;
  }
  const bool done = run_matmul(table.matmul[dtype], call);
  CHECK(done && c.equals(want) && c.intact(),
        "%s %s %lldx%lldx%lld transpose %d%d accumulate %d, %lld batches, shared %d%d", table.isa,
        dtype_name(dtype), static_cast<long long>(s.m), static_cast<long long>(s.k),
        static_cast<long long>(s.n), ta, tb, accumulate, static_cast<long long>(batches), share_a, share_b);
}

template <class F>
void with_product_types(const F& f) {
  for (int dtype = 0; dtype <= static_cast<int>(DType::kInt64); dtype++)
    with_type(dtype, [&]<class T>() {
      if constexpr (sizeof(T) >= 4) f.template operator()<T>(dtype);
    });
}

}  // namespace

TEST(matmul_every_form) {
  static constexpr int64_t sizes[] = {1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 47, 48, 50, 64, 65, 79, 97};
  constexpr int64_t kSizes = sizeof sizes / sizeof sizes[0];
  for (const KernelTable* table : isas()) {
    with_product_types([&]<class T>(int dtype) {
      section();
      Random random(7);
      for (int form = 0; form < 4; form++) {
        const bool ta = form & 1, tb = form & 2;
        for (int64_t m = 1; m <= 9; m++) {
          for (int64_t n = 1; n <= 17; n += quick() ? 4 : 1) {
            check<T>(*table, dtype, random, {m, n, 1 + (m * n) % 40}, ta, tb, false);
          }
        }
        for (int64_t n : sizes) check<T>(*table, dtype, random, {13, n, 37}, ta, tb, n % 2 == 0);
        for (int i = 0; i < (quick() ? 15 : 60); i++) {
          const Shape s = {sizes[random.below(kSizes)], sizes[random.below(kSizes)],
                           sizes[random.below(kSizes)]};
          check<T>(*table, dtype, random, s, ta, tb, i % 2 == 0);
        }
        if (quick() && form != dtype) continue;
        for (Shape s : {Shape{1, 300, 400}, Shape{300, 1, 400}, Shape{7, 200, 1100}, Shape{200, 7, 1100},
                        Shape{66, 70, 1300}, Shape{70, 520, 140}}) {
          check<T>(*table, dtype, random, s, ta, tb, s.m % 2 == 0);
        }
      }
    });
  }
}

TEST(matmul_batches) {
  for (const KernelTable* table : isas()) {
    with_product_types([&]<class T>(int dtype) {
      section();
      Random random(8);
      for (int form = 0; form < 16; form++) {
        const bool ta = form & 1, tb = form & 2, share_a = form & 4, share_b = form & 8;
        check<T>(*table, dtype, random, {5, 6, 7}, ta, tb, false, 3, share_a, share_b);
        check<T>(*table, dtype, random, {1, 3, 40}, ta, tb, true, 100, share_a, share_b);
        check<T>(*table, dtype, random, {40, 50, 60}, ta, tb, false, 4, share_a, share_b);
        if (quick() && form % 4 != dtype) continue;
        check<T>(*table, dtype, random, {130, 150, 110}, ta, tb, false, 2, share_a, share_b);
      }
    });
  }
}

// k in several chunks and blocks; columns of C in place of rows.
TEST(matmul_long_sums) {
  for (const KernelTable* table : isas()) {
    with_product_types([&]<class T>(int dtype) {
      section();
      Random random(10);
      for (int form = 0; form < 4; form++) {
        if (quick() && form != dtype) continue;
        const bool ta = form & 1, tb = form & 2;
        for (Shape s : {Shape{24, 20, 9000}, Shape{3, 5, 20'000}, Shape{1, 1, 50'000}, Shape{9, 32, 12'345},
                        Shape{96, 32, 4097}, Shape{17, 33, 2047}, Shape{40, 10, 1025}, Shape{193, 12, 1024},
                        Shape{65, 7, 33}, Shape{385, 16, 9}}) {
          check<T>(*table, dtype, random, s, ta, tb, s.m % 2 == 1);
        }
        check<T>(*table, dtype, random, {33, 10, 70}, ta, tb, form % 2 == 1, 3);
      }
    });
  }
}

// Sizes beside those of tiles, panels and blocks, on real numbers, against sums in double precision.
TEST(matmul_rounding) {
  static constexpr int64_t edges[] = {1,  2,  5,   6,   7,   8,   11,  12,  13,  15,  16,
                                      17, 23, 31,  32,  33,  47,  48,  49,  63,  64,  65,
                                      95, 97, 127, 129, 191, 192, 193, 257, 511, 512, 513};
  constexpr int64_t kEdges = sizeof edges / sizeof edges[0];
  for (const KernelTable* table : isas()) {
    const auto run = [&]<class T>(int dtype) {
      section();
      Random random(11);
      const double epsilon = sizeof(T) == 4 ? 0x1p-24 : 0x1p-53;
      for (int i = 0; i < (quick() ? 20 : 150); i++) {
        const int64_t m = edges[random.below(kEdges)], n = edges[random.below(kEdges)];
        const int64_t k = i % 10 == 0 ? 1020 + random.below(10) : edges[random.below(kEdges)];
        if (m * n * k > 4'000'000) continue;
        const bool ta = random.below(2) == 1, tb = random.below(2) == 1;
        Buffer a(m * k * dtype_size(dtype)), b(k * n * dtype_size(dtype)), c(m * n * dtype_size(dtype));
        fill_random(random, dtype, a.data(), m * k, Values::kNormal);
        fill_random(random, dtype, b.data(), k * n, Values::kNormal);
        MatmulCall call = {};
        call.a = a.data();
        call.b = b.data();
        call.c = c.data();
        call.dtype = dtype;
        call.m = m;
        call.n = n;
        call.k = k;
        call.transpose_a = ta;
        call.transpose_b = tb;
        CHECK(run_matmul(table->matmul[dtype], call) && c.intact(), "%s", table->isa);
        double worst = 0;
        for (int64_t r = 0; r < m; r++) {
          for (int64_t j = 0; j < n; j++) {
            long double sum = 0;
            double size = 0;
            for (int64_t l = 0; l < k; l++) {
              const long double p = static_cast<long double>(a.as<T>()[ta ? l * m + r : r * k + l]) *
                                    static_cast<long double>(b.as<T>()[tb ? j * k + l : l * n + j]);
              sum += p;
              size += static_cast<double>(p < 0 ? -p : p);
            }
            const double off = static_cast<double>(static_cast<long double>(c.as<T>()[r * n + j]) - sum);
            const double error = (off < 0 ? -off : off) / (size * epsilon + 1e-300);
            if (!(error <= worst)) worst = error;
          }
        }
        CHECK(worst <= static_cast<double>(k < 4 ? 4 : k), "%s %s %lldx%lldx%lld transpose %d%d: %g epsilon",
              table->isa, dtype_name(dtype), static_cast<long long>(m), static_cast<long long>(k),
              static_cast<long long>(n), ta, tb, worst);
      }
    };
    run.operator()<float>(0);
    run.operator()<double>(1);
  }
}

// What is finished strip by strip has the bits of what is finished afterwards.
TEST(matmul_epilogue) {
  const int before = num_threads();
  for (const KernelTable* table : isas()) {
    section();
    Random random(12);
    UnaryFn tanh = nullptr, relu = nullptr;
    for (int i = 0; i < table->unary.count; i++) {
      if (strcmp(table->unary[i].name, "tanh") == 0) tanh = table->unary[i].fn[0];
      if (strcmp(table->unary[i].name, "relu") == 0) relu = table->unary[i].fn[0];
    }
    CHECK(tanh != nullptr && relu != nullptr, "no activations");
    const MatmulKernels& kernels = table->matmul[0];
    for (Shape s : {Shape{5, 7, 3}, Shape{70, 130, 20}, Shape{64, 10, 80}, Shape{2, 90, 64}, Shape{90, 2, 64},
                    Shape{200, 65, 1200}, Shape{20, 24, 9000}, Shape{3, 4, 0}, Shape{130, 1, 40}}) {
      for (int form = 0; form < 8; form++) {
        const bool rectified = form >= 4;
        const int64_t batches = s.k > 1000 ? 1 : 2;
        Buffer a(batches * s.m * s.k * 4), b(batches * s.k * s.n * 4), bias(s.n * 4);
        Buffer residual(batches * s.m * s.n * 4), c(residual.bytes()), want(residual.bytes());
        fill_random(random, 0, a.data(), a.bytes() / 4, Values::kNormal);
        fill_random(random, 0, b.data(), b.bytes() / 4, Values::kNormal);
        fill_random(random, 0, bias.data(), s.n, Values::kNormal);
        fill_random(random, 0, residual.data(), residual.bytes() / 4, Values::kNormal);
        MatmulCall call = {};
        call.a = a.data();
        call.b = b.data();
        call.m = s.m;
        call.n = s.n;
        call.k = s.k;
        call.transpose_a = form & 1;
        call.transpose_b = form & 2;
        call.batch_ndim = batches > 1;
        call.batch_dims[0] = batches;
        call.a_strides[0] = s.m * s.k;
        call.b_strides[0] = s.k * s.n;
        call.c = want.data();
        run_matmul(kernels, call);
        float* w = want.as<float>();
        for (int64_t i = 0; i < want.bytes() / 4; i++)
          w[i] = (w[i] + bias.as<float>()[i % s.n]) + residual.as<float>()[i];
        (rectified ? relu : tanh)(w, w, want.bytes() / 4);
        call.c = c.data();
        call.epilogue = {bias.data(), true, bytes_between(c.data(), residual.data()),
                         rectified ? nullptr : tanh, rectified};
        for (int threads : {1, 2, 3}) {
          set_num_threads(threads);
          c.fill(0x55);
          run_matmul(kernels, call);
          CHECK(c.equals(want) && c.intact(), "%s %lldx%lldx%lld form %d on %d threads", table->isa,
                static_cast<long long>(s.m), static_cast<long long>(s.k), static_cast<long long>(s.n), form,
                threads);
        }
      }
    }
  }
  set_num_threads(before);
}

// What decides the order of the sums depends on the shape alone; what is small is left to one thread.
TEST(matmul_plans) {
  const auto plan = [](const KernelTable& table, Shape s, bool ta, bool tb, int threads) {
    const MatmulShape shape = {s.m, s.n, s.k, ta ? 1 : s.k, ta ? s.m : 1, tb ? 1 : s.n, tb ? s.k : 1, 4};
    return plan_matmul(table.matmul[0], shape, threads, true);
  };
  for (const KernelTable* table : isas()) {
    section();
    Random random(13);
    for (int i = 0; i < 2000; i++) {
      const auto size = [&] { return int64_t{1} + random.below(int64_t{1} << random.below(14)); };
      const Shape s = {size(), size(), size()};
      const bool ta = random.below(2) == 1, tb = random.below(2) == 1;
      const MatmulPlan one = plan(*table, s, ta, tb, 1);
      CHECK(one.chunk >= 1 && one.chunk <= s.k && one.depth >= 1 && one.depth <= one.chunk && one.align >= 1,
            "%lldx%lldx%lld: chunk %lld, depth %lld", static_cast<long long>(s.m),
            static_cast<long long>(s.k), static_cast<long long>(s.n), static_cast<long long>(one.chunk),
            static_cast<long long>(one.depth));
      CHECK(one.algorithm != MatmulAlgorithm::kTiles || !tb || s.k == 1 || s.n == 1,
            "tiles of a transposed B in place");
      CHECK((one.split == MatmulSplit::kDepth) == (one.chunk < s.k), "chunks and how they are split");
      CHECK(s.m * s.n * s.k > 16'000 || one.grains < 2, "a thread for little work");
      for (int threads : {2, 7, 64}) {
        const MatmulPlan many = plan(*table, s, ta, tb, threads);
        CHECK(many.algorithm == one.algorithm && many.chunk == one.chunk && many.depth == one.depth &&
                  many.copy_rows == one.copy_rows && many.grains == one.grains,
              "%lldx%lldx%lld is another product on %d threads", static_cast<long long>(s.m),
              static_cast<long long>(s.k), static_cast<long long>(s.n), threads);
      }
    }
    CHECK(plan(*table, {512, 512, 512}, false, false, 2).split == MatmulSplit::kRows ||
              plan(*table, {512, 512, 512}, false, false, 2).algorithm == MatmulAlgorithm::kPacked,
          "%s 512", table->isa);
    CHECK(plan(*table, {1, 128, 784}, false, false, 2).split == MatmulSplit::kColumns, "%s a row",
          table->isa);
    CHECK(plan(*table, {1, 128, 784}, false, true, 2).algorithm == MatmulAlgorithm::kDots, "%s a row, Bᵀ",
          table->isa);
    CHECK(plan(*table, {64, 128, 784}, false, true, 2).algorithm == MatmulAlgorithm::kPacked, "%s Bᵀ",
          table->isa);
    const MatmulPlan owned = plan(*table, {64, 128, 784}, false, false, 2);
    CHECK(
        table->matmul[0].whole_depth < 784 || (owned.split == MatmulSplit::kBlocks && 2 * owned.depth >= 784),
        "%s: rows of B with an owner", table->isa);
    CHECK(plan(*table, {288, 32, 25'088}, true, false, 2).split == MatmulSplit::kDepth, "%s dW", table->isa);
    CHECK(plan(*table, {9, 32, 25'088}, true, false, 2).split == MatmulSplit::kDepth, "%s dW", table->isa);
    CHECK(
        plan(*table, {64, 10, 128}, true, false, 2).algorithm ==
            (table->matmul[0].transpose_columns > 0 ? MatmulAlgorithm::kTransposed : MatmulAlgorithm::kTiles),
        "%s ten columns", table->isa);
  }
}

TEST(matmul_threads) {
  const int before = num_threads();
  for (const KernelTable* table : isas()) {
    section();
    Random random(9);
    int by_rows = 0;
    for (Shape s : {Shape{150, 200, 170}, Shape{33, 700, 300}, Shape{700, 33, 300}, Shape{4, 2000, 500},
                    Shape{2000, 4, 500}, Shape{1, 3000, 400}, Shape{3000, 1, 400}, Shape{20, 30, 9000},
                    Shape{900, 10, 64}, Shape{64, 128, 784}, Shape{60, 130, 513}}) {
      for (int form = 0; form < 4; form += quick() ? 3 : 1) {
        MatmulCall call = {};
        Buffer a(s.m * s.k * 4), b(s.k * s.n * 4), one(s.m * s.n * 4), many(s.m * s.n * 4);
        fill_random(random, 0, a.data(), s.m * s.k, Values::kNormal);
        fill_random(random, 0, b.data(), s.k * s.n, Values::kNormal);
        call.a = a.data();
        call.b = b.data();
        call.m = s.m;
        call.n = s.n;
        call.k = s.k;
        call.transpose_a = form & 1;
        call.transpose_b = form & 2;
        for (int threads : {1, 2, 5}) {
          set_num_threads(threads);
          call.c = threads == 1 ? one.data() : many.data();
          run_matmul(table->matmul[0], call);
          CHECK(threads == 1 || many.equals(one), "%s %lldx%lldx%lld form %d on %d threads", table->isa,
                static_cast<long long>(s.m), static_cast<long long>(s.k), static_cast<long long>(s.n), form,
                threads);
          const MatmulRows rows = matmul_rows(table->matmul[0], call);
          if (rows.rows == 0 || threads == 1) continue;
          by_rows++;
          many.fill(0x55);
          for (int64_t row = 0; row < rows.rows; row += 7)
            run_matmul_rows(table->matmul[0], call, row, row + 7 < rows.rows ? row + 7 : rows.rows);
          CHECK(many.equals(one) && many.intact(), "%s %lldx%lldx%lld form %d by rows", table->isa,
                static_cast<long long>(s.m), static_cast<long long>(s.k), static_cast<long long>(s.n), form);
        }
      }
    }
    CHECK(by_rows > 3, "%s: only %d by rows", table->isa, by_rows);
  }
  set_num_threads(before);
}

TEST(matmul_of_nothing) {
  for (const KernelTable* table : isas()) {
    float c[6] = {1, 2, 3, 4, 5, 6};
    MatmulCall call = {};
    call.c = c;
    call.m = 2;
    call.n = 3;
    call.accumulate = true;
    CHECK(run_matmul(table->matmul[0], call) && c[5] == 6, "%s: += of an empty sum", table->isa);
    call.accumulate = false;
    CHECK(run_matmul(table->matmul[0], call) && c[0] == 0 && c[5] == 0, "%s: an empty sum", table->isa);
  }
}

}  // namespace gradtape::test
