// The matrix product on every instruction set, against plain loops over small integers: exact in every dtype.
#include "../runtime/matmul.h"

#include "../runtime/pool.h"
#include "harness.h"

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

TEST(matmul_threads) {
  const int before = num_threads();
  for (const KernelTable* table : isas()) {
    section();
    Random random(9);
    for (Shape s : {Shape{150, 200, 170}, Shape{33, 700, 300}, Shape{700, 33, 300}, Shape{4, 2000, 500},
                    Shape{2000, 4, 500}, Shape{1, 3000, 400}, Shape{3000, 1, 400}}) {
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
        }
      }
    }
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
