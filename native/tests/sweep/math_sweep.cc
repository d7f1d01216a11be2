// Every float32 math function over every nth of the 2^32 floats, on every instruction set, against double.
//
//   math_sweep                every 64th, and all special values; which ones changes from day to day
//   math_sweep --full         all of them
//   math_sweep --stride N     every Nth
//   math_sweep --only NAME    one function
//   math_sweep --threads N    default: all CPUs
//
// The first line says where the sample begins; GRADTAPE_SWEEP_OFFSET begins there again. The last line is
// `N passed, N failed, N skipped`.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/dispatch/cpu.h"
#include "runtime/dispatch/dispatch.h"
#include "tests/accuracy.h"

namespace gradtape::test {

namespace {

constexpr uint64_t kFloats = uint64_t{1} << 32;
constexpr int kParts = 64;    // of the floats of one function: a task each
constexpr int kBlock = 2048;  // at a time

struct Settings {
  uint64_t stride = 64, offset = 0;
  const char* only = nullptr;
  int threads = 0;
};

std::vector<const KernelTable*> tables() {
  std::vector<const KernelTable*> list;
  for (Isa isa : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512, Isa::kNeon}) {
    const KernelTable* table = kernel_table(isa);
    if (table != nullptr) list.push_back(table);
  }
  return list;
}

/// The floats at which functions go wrong, each with its neighbours.
std::vector<float> specials() {
  std::vector<float> list = {std::numeric_limits<float>::quiet_NaN()};
  for (double v :
       {0.0,       0x1p-149,   0x1p-140,  0x1p-126, 0x1p-64,    0x1p-24,   0x1p-12, 0.25,          0.41421356,
        0.5,       0.70710678, 0.9277344, 1.0,      1.41421356, 1.5707964, 2.0,     3.1415927,     4.0,
        9.0,       10.0,       14.5,      18.0,     20.0,       87.33655,  88.0,    88.72283,      88.8,
        103.97208, 104.0,      110.0,     1.6e6,    0x1p23,     0x1p24,    0x1p64,  0x1.fffffep127}) {
    const auto x = static_cast<float>(v);
    for (float y : {std::nextafterf(x, -INFINITY), x, std::nextafterf(x, INFINITY)}) {
      list.push_back(y);
      list.push_back(-y);
    }
  }
  return list;
}

/// The worst that one function has shown on one instruction set.
struct Shown {
  Worst ulps, absolute;
  void join(const Shown& other) {
    ulps.see(other.ulps.error, other.ulps.a, other.ulps.b);
    absolute.see(other.absolute.error, other.absolute.a, other.absolute.b);
  }
};

/// What one function has shown so far, for each instruction set.
struct Result {
  std::mutex mutex;
  std::vector<Shown> shown;
  uint64_t count = 0;

  void join(const std::vector<Shown>& others, uint64_t inputs) {
    const std::lock_guard<std::mutex> lock(mutex);
    count += inputs;
    for (size_t k = 0; k < shown.size(); k++) shown[k].join(others[k]);
  }
};

void check_block(const Function& f, const std::vector<const KernelTable*>& isas, const float* x, int n,
                 std::vector<Shown>& shown) {
  double want[kBlock];
  float y[kBlock];
  for (int i = 0; i < n; i++) want[i] = f.reference(x[i]);
  for (size_t k = 0; k < isas.size(); k++) {
    find_entry(isas[k]->unary, f.name)->fn[0](x, y, n);
    for (int i = 0; i < n; i++) shown[k].ulps.see(error_ulps(y[i], want[i]), x[i]);
    for (int i = 0; f.absolute > 0 && i < n; i++) shown[k].absolute.see(error_absolute(y[i], want[i]), x[i]);
  }
}

void unary_task(const Function& f, int part, const Settings& settings,
                const std::vector<const KernelTable*>& isas, Result& result) {
  std::vector<Shown> shown(isas.size());
  const uint64_t step = settings.stride;
  const uint64_t begin = kFloats / kParts * static_cast<uint64_t>(part), end = begin + kFloats / kParts;
  float x[kBlock];
  uint64_t bits = begin + settings.offset % step, count = 0;
  while (bits < end) {
    int n = 0;
    for (; n < kBlock && bits < end; bits += step) x[n++] = from_bits(bits);
    check_block(f, isas, x, n, shown);
    count += static_cast<uint64_t>(n);
  }
  if (part == 0) {
    const std::vector<float> list = specials();
    check_block(f, isas, list.data(), static_cast<int>(list.size()), shown);
    count += list.size();
  }
  result.join(shown, count);
}

/// A function of two: the jth pair of the row of a grid that `base`, a float of any magnitude, names.
struct Pair {
  float a, b;
};
struct BinaryFunction {
  const char* name;
  double (*reference)(double, double);
  Pair (*pair)(float base, int j);
  double ulp;
};

/// Bases against exponents from tiny to such that the result just fits.
Pair pow_pair(float base, int j) {
  if (j % 8 == 1) return {base, static_cast<float>(j / 8 % 33 - 16) / 2};
  const double most = 150 / std::fmax(1e-7, std::fabs(std::log2(static_cast<double>(base))));
  const auto exponent = static_cast<float>(most * ((j + 0.5) / (kBlock / 2) - 1));
  return j % 8 == 0 ? Pair{-base, std::rint(exponent)} : Pair{base, exponent};
}

/// Numbers against others that are up to 2⁴⁰ times greater or smaller, of all signs; then zeros and
/// infinities.
Pair atan2_pair(float base, int j) {
  constexpr float kEnds[] = {0.0f, -0.0f, INFINITY, -INFINITY};
  const float y = (j & 1) != 0 ? -base : base;
  if (j < 8) return {y, kEnds[j / 2]};
  if (j < 16) return {kEnds[j / 2 % 4], y};
  if (j < 32) return {kEnds[j / 4 % 4], kEnds[j % 4]};
  const double ratio = std::exp2(40 * ((j + 0.5) / (kBlock / 2) - 1));
  const auto x = static_cast<float>(base * (j % 8 < 4 ? ratio : std::sqrt(std::sqrt(std::sqrt(ratio)))));
  return {y, (j & 2) != 0 ? -x : x};
}

const BinaryFunction kBinaryFunctions[] = {
    {"pow", std::pow, pow_pair, 2},
    {"atan2", std::atan2, atan2_pair, 2},
};
constexpr int kUnaryCount = static_cast<int>(sizeof kFunctions / sizeof kFunctions[0]);
constexpr int kCount = kUnaryCount + static_cast<int>(sizeof kBinaryFunctions / sizeof kBinaryFunctions[0]);

void binary_task(const BinaryFunction& f, int part, const Settings& settings,
                 const std::vector<const KernelTable*>& isas, Result& result) {
  std::vector<Shown> shown(isas.size());
  float a[kBlock], b[kBlock], y[kBlock];
  double want[kBlock];
  const uint64_t bases = (uint64_t{1} << 22) / settings.stride / kParts + 1;
  uint64_t count = 0;
  for (uint64_t i = 0; i < bases; i++) {
    const uint64_t at = (i * kParts + static_cast<uint64_t>(part)) * settings.stride + settings.offset;
    const float base = from_bits((at * 0x9E3779B1u) & 0x7fffffffu);
    for (int j = 0; j < kBlock; j++) {
      const Pair p = f.pair(base, j);
      a[j] = p.a, b[j] = p.b;
      want[j] = f.reference(p.a, p.b);
    }
    for (size_t k = 0; k < isas.size(); k++) {
      find_entry(isas[k]->binary, f.name)->fn[0][0](a, b, y, kBlock);
      for (int j = 0; j < kBlock; j++) shown[k].ulps.see(error_ulps(y[j], want[j]), a[j], b[j]);
    }
    count += kBlock;
  }
  result.join(shown, count);
}

int sweep(const Settings& settings) {
  const std::vector<const KernelTable*> isas = tables();
  printf("every %llu. float from the %llu. on (GRADTAPE_SWEEP_OFFSET=%llu); instruction sets:",
         static_cast<unsigned long long>(settings.stride), static_cast<unsigned long long>(settings.offset),
         static_cast<unsigned long long>(settings.offset));
  for (const KernelTable* table : isas) printf(" %s", table->isa);
  printf("\n");
  std::vector<Result> results(kCount);
  for (Result& r : results) r.shown.resize(isas.size());
  const auto name_of = [](int f) {
    return f < kUnaryCount ? kFunctions[f].name : kBinaryFunctions[f - kUnaryCount].name;
  };
  const auto wanted = [&](int f) {
    return settings.only == nullptr || strcmp(settings.only, name_of(f)) == 0;
  };
  std::atomic<int> next{0};
  const auto work = [&] {
    for (int task = next++; task < kCount * kParts; task = next++) {
      const int f = task / kParts, part = task % kParts;
      if (!wanted(f)) continue;
      if (f < kUnaryCount) {
        unary_task(kFunctions[f], part, settings, isas, results[f]);
      } else {
        binary_task(kBinaryFunctions[f - kUnaryCount], part, settings, isas, results[f]);
      }
    }
  };
  std::vector<std::thread> threads;
  for (int t = 1; t < settings.threads; t++) threads.emplace_back(work);
  work();
  for (std::thread& t : threads) t.join();

  int passed = 0, failed = 0;
  for (int f = 0; f < kCount; f++) {
    if (!wanted(f)) continue;
    const bool unary = f < kUnaryCount;
    const double limit = unary ? kFunctions[f].ulp : kBinaryFunctions[f - kUnaryCount].ulp;
    const double absolute = unary ? kFunctions[f].absolute : 0;
    bool ok = true;
    printf("%-13s", name_of(f));
    for (size_t k = 0; k < isas.size(); k++) {
      const Worst& w = results[f].shown[k].ulps;
      printf("  %s %.3f at %.9g", isas[k]->isa, w.error, static_cast<double>(w.a));
      if (!unary) printf(", %.9g", static_cast<double>(w.b));
      ok = ok && w.error <= limit;
    }
    printf("  ULP of %g", limit);
    for (size_t k = 0; absolute > 0 && k < isas.size(); k++) {
      const Worst& w = results[f].shown[k].absolute;
      printf("%s %s %.3g at %.9g", k == 0 ? ";" : "", isas[k]->isa, w.error, static_cast<double>(w.a));
      ok = ok && w.error <= absolute;
    }
    if (absolute > 0) printf(" absolute of %g", absolute);
    printf("  (%llu inputs)%s\n", static_cast<unsigned long long>(results[f].count), ok ? "" : "  FAIL");
    (ok ? passed : failed)++;
  }
  printf("%d passed, %d failed, 0 skipped\n", passed, failed);
  return failed;
}

}  // namespace

}  // namespace gradtape::test

int main(int argc, char** argv) {
  gradtape::test::Settings settings;
  for (int i = 1; i < argc; i++) {
    const char* value = i + 1 < argc ? argv[i + 1] : "";
    if (strcmp(argv[i], "--full") == 0) {
      settings.stride = 1;
      continue;
    }
    if (strcmp(argv[i], "--stride") == 0) {
      settings.stride = strtoull(value, nullptr, 10);
    } else if (strcmp(argv[i], "--only") == 0) {
      settings.only = value;
    } else if (strcmp(argv[i], "--threads") == 0) {
      settings.threads = atoi(value);
    } else {
      fprintf(stderr, "math_sweep: %s? There are --full, --stride N, --only NAME, --threads N\n", argv[i]);
      return 2;
    }
    i++;
  }
  if (settings.stride == 0) settings.stride = 64;
  if (settings.threads <= 0) settings.threads = static_cast<int>(std::thread::hardware_concurrency());
  const char* given = getenv("GRADTAPE_SWEEP_OFFSET");
  // Another sample each day, spread over the stride.
  const uint64_t today = static_cast<uint64_t>(time(nullptr)) / 86400 * 37;
  settings.offset = (given != nullptr ? strtoull(given, nullptr, 10) : today) % settings.stride;
  return gradtape::test::sweep(settings) == 0 ? 0 : 1;
}
