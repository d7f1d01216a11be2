// QR decompositions on every instruction set: the factors' product, their form, and their signs.
#include <cmath>
#include <vector>

#include "runtime/linalg/linalg.h"
#include "tests/harness.h"

namespace gradtape::test {

namespace {

/// Σ a[i·ai + k·ak] · b[k·bk + j·bj] over k < n.
template <class T>
double product(const T* a, int64_t step_a, const T* b, int64_t step_b, int64_t n) {
  double sum = 0;
  for (int64_t k = 0; k < n; k++)
    sum += static_cast<double>(a[k * step_a]) * static_cast<double>(b[k * step_b]);
  return sum;
}

template <class T>
void check(const KernelTable& table, int dtype, int64_t batch, int64_t m, int64_t n, int64_t columns,
           Random& random) {
  const int64_t size = sizeof(T), steps = m < n ? m : n;
  Buffer x(batch * m * n * size, size), q(batch * m * columns * size, size),
      r(batch * columns * n * size, size);
  fill_random(random, dtype, x.data(), batch * m * n, Values::kNormal);
  CHECK(run_qr(table.qr[dtype], x.data(), q.data(), r.data(), batch, m, n, columns, size), "no memory");
  CHECK(q.intact() && r.intact(), "%s qr %ldx%ld wrote outside", table.isa, long(m), long(n));
  const double allowed = 4 * static_cast<double>(m + n) * (sizeof(T) == 4 ? 0x1p-23 : 0x1p-52);
  for (int64_t b = 0; b < batch && passing(); b++) {
    const T *xs = x.as<T>() + b * m * n, *qs = q.as<T>() + b * m * columns, *rs = r.as<T>() + b * columns * n;
    for (int64_t i = 0; i < m; i++) {
      for (int64_t j = 0; j < n; j++) {
        const double got = product(qs + i * columns, 1, rs + j, n, columns),
                     want = static_cast<double>(xs[i * n + j]);
        CHECK(std::fabs(got - want) <= 4 * allowed, "%s qr %ldx%ld: (q·r)[%ld, %ld] is %.9g, not %.9g",
              table.isa, long(m), long(n), long(i), long(j), got, want);
      }
    }
    for (int64_t i = 0; i < columns; i++) {
      for (int64_t j = 0; j <= i; j++) {
        const double got = product(qs + i, columns, qs + j, columns, m), want = i == j ? 1 : 0;
        CHECK(std::fabs(got - want) <= allowed, "%s qr %ldx%ld: (qᵀ·q)[%ld, %ld] is %.9g", table.isa, long(m),
              long(n), long(i), long(j), got);
        if (j < i && j < n) CHECK(rs[i * n + j] == 0, "r has elements below its diagonal");
      }
    }
    // The first element of R has the sign opposite to that of x's, unless nothing is below.
    if (m > 1 && steps > 0)
      CHECK((rs[0] < 0) == (xs[0] >= 0), "%s qr: r[0, 0] has the wrong sign", table.isa);
  }
}

/// A matrix with a value of any kind among its elements, or of nothing but that: the factors are NaN or not,
/// and nothing else is written.
template <class T>
void check_special(const KernelTable& table, int dtype, int64_t m, int64_t n, T value, bool everywhere) {
  const int64_t columns = m < n ? m : n;
  Buffer x(m * n * int64_t(sizeof(T))), q(m * columns * int64_t(sizeof(T))),
      r(columns * n * int64_t(sizeof(T)));
  for (int64_t i = 0; i < m * n; i++) x.as<T>()[i] = everywhere ? value : T(i % 7) - 3;
  x.as<T>()[m * n - 1] = value;
  CHECK(run_qr(table.qr[dtype], x.data(), q.data(), r.data(), 1, m, n, columns, sizeof(T)), "no memory");
  CHECK(q.intact() && r.intact(), "%s qr of special values wrote outside", table.isa);
  if (value == T(0) && everywhere) {
    for (int64_t i = 0; i < m * columns; i++) {
      CHECK(q.as<T>()[i] == (i / columns == i % columns), "%s: q of zeros is not the identity", table.isa);
    }
    for (int64_t i = 0; i < columns * n; i++) CHECK(r.as<T>()[i] == 0, "%s: r of zeros is not 0", table.isa);
  } else if (value != T(0)) {
    const T last = r.as<T>()[columns * n - 1];
    CHECK(!std::isfinite(last), "%s qr %ldx%ld: a value that is not finite is lost", table.isa, long(m),
          long(n));
  }
}

}  // namespace

TEST(qr) {
  for (const KernelTable* table : isas()) {
    section();
    Random random(17);
    for (const int64_t m : {1, 2, 3, 5, 8, 15, 16, 17, 33, 64, 100}) {
      for (const int64_t n : {0, 1, 2, 3, 4, 7, 16, 31, 65}) {
        for (const int64_t batch : {1, 3}) {
          if (!passing() || (quick() && m * n > 600)) continue;
          const int64_t least = m < n ? m : n;
          if (least > 0) check<float>(*table, 0, batch, m, n, least, random);
          if (least > 0) check<double>(*table, 1, batch, m, n, least, random);
          check<float>(*table, 0, batch, m, n, m, random);
          check<double>(*table, 1, batch, m, n, m, random);
        }
      }
    }
    for (const double value : {0.0, HUGE_VAL, -HUGE_VAL, static_cast<double>(NAN)}) {
      for (const bool everywhere : {false, true}) {
        for (const int64_t m : {1, 3, 20}) {
          for (const int64_t n : {1, 3, 20}) {
            check_special<float>(*table, 0, m, n, static_cast<float>(value), everywhere);
            check_special<double>(*table, 1, m, n, value, everywhere);
          }
        }
      }
    }
  }
}

}  // namespace gradtape::test
