// Accuracy of the float32 math functions: against double, over every nth bit pattern, on every instruction
// set. GRADTAPE_MATH_STRIDE sets n (1 is exhaustive: minutes per function); with it the measured maxima are
// printed.
#include <cmath>
#include <limits>

#include "harness.h"

namespace gradtape::test {

namespace {

double sigmoid(double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }
double softplus(double x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x))); }
double rsqrt(double x) { return 1 / std::sqrt(x); }

struct Function {
  const char* name;
  double (*reference)(double);
  double ulp;
};
using Real = double (*)(double);
const Function kFunctions[] = {
    {"sqrt", static_cast<Real>(std::sqrt), 0.5},
    {"rsqrt", rsqrt, 1.5},
    {"exp", static_cast<Real>(std::exp), 1},
    {"expm1", static_cast<Real>(std::expm1), 2},
    {"log", static_cast<Real>(std::log), 1},
    {"log1p", static_cast<Real>(std::log1p), 1},
    {"sin", static_cast<Real>(std::sin), 0.51},
    {"cos", static_cast<Real>(std::cos), 0.51},
    {"tan", static_cast<Real>(std::tan), 0.51},
    {"tanh", static_cast<Real>(std::tanh), 3},
    {"sigmoid", sigmoid, 3},
    {"softplus", softplus, 2},
    {"erf", static_cast<Real>(std::erf), 1.2},
    {"erfc", static_cast<Real>(std::erfc), 0.51},
    {"sinh", static_cast<Real>(std::sinh), 0.51},
    {"cosh", static_cast<Real>(std::cosh), 0.51},
    {"asin", static_cast<Real>(std::asin), 0.51},
    {"acos", static_cast<Real>(std::acos), 0.51},
    {"atan", static_cast<Real>(std::atan), 0.51},
    {"asinh", static_cast<Real>(std::asinh), 0.51},
    {"acosh", static_cast<Real>(std::acosh), 0.51},
    {"atanh", static_cast<Real>(std::atanh), 0.51},
};

/// The distance of a float from the true value, in units of the last place of floats there.
double error_ulps(float got, double want) {
  if (std::isnan(want) || std::isnan(got)) return std::isnan(want) && std::isnan(got) ? 0 : 1e300;
  constexpr double kBeyond = 0x1.ffffffp127;  // from here on the nearest float is inf
  if (std::fabs(want) >= kBeyond) {
    if (std::isinf(got)) return std::signbit(got) == std::signbit(want) ? 0 : 1e300;
    want = std::copysign(0x1p128, want);
  }
  const double value = std::isinf(got) ? std::copysign(0x1p128, got) : static_cast<double>(got);
  const double magnitude = std::fabs(want);
  const int exponent = magnitude < 0x1p-126 ? -126 : std::ilogb(magnitude);
  return std::fabs(value - want) / std::ldexp(1.0, exponent - 23);
}

struct Worst {
  double error = 0;
  float a = 0, b = 0;
  void see(double e, float x, float y = 0) {
    if (e > error) error = e, a = x, b = y;
  }
};

uint64_t stride() {
  const char* given = getenv("GRADTAPE_MATH_STRIDE");
  const long n = given == nullptr ? 0 : atol(given);
  return n > 0 ? static_cast<uint64_t>(n) : quick() ? 65521 * 64 + 1 : 65521;
}
bool verbose() { return getenv("GRADTAPE_MATH_STRIDE") != nullptr; }

float from_bits(uint64_t bits) {
  const auto low = static_cast<uint32_t>(bits);
  float x;
  memcpy(&x, &low, sizeof x);
  return x;
}

template <class Entry>
const Entry* find_entry(const Entry* entries, int count, const char* name) {
  for (int i = 0; i < count; i++) {
    if (strcmp(entries[i].name, name) == 0) return &entries[i];
  }
  return nullptr;
}

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
        const UnaryEntry* op = find_entry(table->unary, table->unary_count, f.name);
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
      find_entry(table->binary, table->binary_count, "pow")->fn[0][0](a, b, y, kBlock);
      for (int i = 0; i < kBlock; i++)
        worst[k].see(error_ulps(y[i], std::pow(double(a[i]), double(b[i]))), a[i], b[i]);
      k++;
    }
  }
  int k = 0;
  for (const KernelTable* table : isas()) {
    if (verbose()) printf("  pow      %-8s %.3f ULP\n", table->isa, worst[k].error);
    CHECK(worst[k].error <= 0.51, "%s pow: %.3f ULP at %.9g, %.9g", table->isa, worst[k].error,
          double(worst[k].a), double(worst[k].b));
    k++;
  }
}

TEST(math_pow_rules) {
  // C's rules for zeros, infinities, NaN and negative bases, at every place of a register.
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const float special[] = {0.0f,      -0.0f,      1.0f,   -1.0f,   0.5f,  -0.5f, 2.0f,       -2.0f,
                           3.0f,      -3.0f,      2.5f,   inf,     -inf,  nan,   16777215.f, -16777215.f,
                           8388609.f, 33554433.f, 1e-40f, -1e-40f, 3e38f, -3e38f};
  for (const KernelTable* table : isas()) {
    const BinaryFn fn = find_entry(table->binary, table->binary_count, "pow")->fn[0][0];
    for (float base : special) {
      for (float exponent : special) {
        for (int place = 0; place < 19; place++) {
          float a[19], b[19], y[19];
          for (int i = 0; i < 19; i++) a[i] = 1.5f, b[i] = 2.0f;
          a[place] = base, b[place] = exponent;
          fn(a, b, y, 19);
          const float want = static_cast<float>(std::pow(double(base), double(exponent)));
          CHECK(ulps(y[place], want) <= 1 &&
                    std::signbit(y[place]) == std::signbit(want || want != want ? y[place] : want),
                "%s pow(%g, %g) = %g, not %g", table->isa, double(base), double(exponent), double(y[place]),
                double(want));
          CHECK(y[(place + 1) % 19] == 2.25f, "%s pow: a neighbour of (%g, %g)", table->isa, double(base),
                double(exponent));
        }
      }
    }
  }
}

}  // namespace gradtape::test
