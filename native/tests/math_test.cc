// Accuracy of the float32 math functions: against double, over a few bit patterns, on every instruction set.
// The sweep (sweep/math_sweep.cc) takes many more, or all.
#include <cmath>
#include <limits>

#include "tests/accuracy.h"
#include "tests/harness.h"

namespace gradtape::test {

namespace {

uint64_t stride() {
  const char* given = getenv("GRADTAPE_MATH_STRIDE");
  const long n = given == nullptr ? 0 : atol(given);
  return n > 0 ? static_cast<uint64_t>(n) : quick() ? 65521 * 64 + 1 : 65521;
}
bool verbose() { return getenv("GRADTAPE_MATH_STRIDE") != nullptr; }

constexpr int kBlock = 1024;

}  // namespace

TEST(math_unary_accuracy) {
  float x[kBlock], y[kBlock];
  double want[kBlock];
  for (const Function& f : kFunctions) {
    if (const char* only = getenv("GRADTAPE_MATH_ONLY"); only != nullptr && strcmp(only, f.name) != 0)
      continue;
    Worst worst[4];
    for (uint64_t bits = 0; bits < (uint64_t{1} << 32);) {
      int n = 0;
      for (; n < kBlock && bits < (uint64_t{1} << 32); n++, bits += stride()) {
        x[n] = from_bits(bits);
        want[n] = f.reference(x[n]);
      }
      int k = 0;
      for (const KernelTable* table : isas()) {
        const UnaryEntry* op = find_entry(table->unary, f.name);
        CHECK(op != nullptr, "%s has no %s", table->isa, f.name);
        if (op == nullptr) return;
        op->fn[0](x, y, n);
        for (int i = 0; i < n; i++) worst[k].see(error_ulps(y[i], want[i]), x[i]);
        k++;
      }
    }
    int k = 0;
    for (const KernelTable* table : isas()) {
      if (verbose())
        printf("  %-8s %-8s %.3f ULP at %.9g\n", f.name, table->isa, worst[k].error, double(worst[k].a));
      CHECK(worst[k].error <= f.ulp, "%s %s: %.3f ULP at %.9g, not %g", table->isa, f.name, worst[k].error,
            double(worst[k].a), f.ulp);
      k++;
    }
  }
}

TEST(math_pow_accuracy) {
  // Random bases of every magnitude and sign; exponents whole, small, and such that the result just fits.
  Random random(11);
  float a[kBlock], b[kBlock], y[kBlock];
  Worst worst[4];
  const int rounds = quick() ? 20 : verbose() ? 20000 : 1000;
  for (int round = 0; round < rounds; round++) {
    for (int i = 0; i < kBlock; i++) {
      a[i] = from_bits(random.next());
      const double most = 150 / std::fmax(1e-7, std::fabs(std::log2(std::fabs(a[i]))));
      switch (round % 4) {
        case 0:
          b[i] = static_cast<float>((random.unit() * 2 - 1) * most);
          a[i] = std::fabs(a[i]);
          break;
        case 1:
          b[i] = static_cast<float>(std::rint((random.unit() * 2 - 1) * std::fmin(most + 2, 1e9)));
          break;
        case 2:
          b[i] = static_cast<float>(random.below(9)) / 2 - 2;
          break;
        default:
          a[i] = static_cast<float>(1 + (random.unit() - 0.5) * 0.01);
          b[i] = static_cast<float>((random.unit() * 2 - 1) * 20000);
      }
    }
    int k = 0;
    for (const KernelTable* table : isas()) {
      find_entry(table->binary, "pow")->fn[0][0](a, b, y, kBlock);
      for (int i = 0; i < kBlock; i++)
        worst[k].see(error_ulps(y[i], std::pow(double(a[i]), double(b[i]))), a[i], b[i]);
      k++;
    }
  }
  int k = 0;
  for (const KernelTable* table : isas()) {
    if (verbose()) printf("  pow      %-8s %.3f ULP\n", table->isa, worst[k].error);
    CHECK(worst[k].error <= 0.6, "%s pow: %.3f ULP at %.9g, %.9g", table->isa, worst[k].error,
          double(worst[k].a), double(worst[k].b));
    k++;
  }
}

TEST(math_binary_rules) {
  // C's rules for zeros, infinities, NaN, denormals and signs, at every place of a register.
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const float special[] = {0.0f,      -0.0f,      1.0f,   -1.0f,   0.5f,  -0.5f, 2.0f,       -2.0f,
                           3.0f,      -3.0f,      2.5f,   inf,     -inf,  nan,   16777215.f, -16777215.f,
                           8388609.f, 33554433.f, 1e-40f, -1e-40f, 3e38f, -3e38f};
  struct Rule {
    const char* name;
    double (*reference)(double, double);
  };
  for (const Rule& rule : {Rule{"pow", std::pow}, Rule{"atan2", std::atan2}}) {
    for (const KernelTable* table : isas()) {
      const BinaryFn fn = find_entry(table->binary, rule.name)->fn[0][0];
      const auto neighbour = static_cast<float>(rule.reference(1.5, 2));
      for (float left : special) {
        for (float right : special) {
          for (int place = 0; place < 19; place++) {
            float a[19], b[19], y[19];
            for (int i = 0; i < 19; i++) a[i] = 1.5f, b[i] = 2.0f;
            a[place] = left, b[place] = right;
            fn(a, b, y, 19);
            const double want = rule.reference(left, right);
            CHECK(error_ulps(y[place], want) <= 1.5, "%s %s(%g, %g) = %g, not %g", table->isa, rule.name,
                  double(left), double(right), double(y[place]), want);
            CHECK(ulps(y[(place + 1) % 19], neighbour) <= 1, "%s %s: a neighbour of (%g, %g)", table->isa,
                  rule.name, double(left), double(right));
          }
        }
      }
    }
  }
}

}  // namespace gradtape::test
