#include "tests/harness.h"

#include <chrono>
#include <cmath>
#include <cstdarg>
#include <limits>

#if !defined(_WIN32)
#include <signal.h>
#include <unistd.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
#define GT_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GT_ADDRESS_SANITIZER 1
#endif
#endif

namespace gradtape::test {

namespace {

struct Test {
  const char* name;
  TestFn fn;
};
Test g_tests[256];
int g_count = 0;
const char* g_name = "";
int g_failures = 0;  // of the test that runs
int g_section = 0;   // of its section
int g_skips = 0;     // of all

constexpr int kPrinted = 3;
constexpr int kGuardBytes = 256;
constexpr unsigned char kGuard = 0xA5;

}  // namespace

Registration::Registration(const char* name, TestFn fn) {
  if (g_count == static_cast<int>(sizeof g_tests / sizeof g_tests[0])) abort();
  g_tests[g_count++] = {name, fn};
}

void fail(const char* file, int line, const char* format, ...) {
  g_failures++;
  if (++g_section > kPrinted) return;
  printf("  %s:%d: ", file, line);
  va_list args;
  va_start(args, format);
  vprintf(format, args);
  va_end(args);
  printf("\n");
}

void skip(const char* format, ...) {
  g_skips++;
  printf("  skipped in %s: ", g_name);
  va_list args;
  va_start(args, format);
  vprintf(format, args);
  va_end(args);
  printf("\n");
}

void section() {
  if (g_section > kPrinted) printf("  and %d more\n", g_section - kPrinted);
  g_section = 0;
}

bool passing() { return g_section == 0; }

bool quick() {
  static const bool value = getenv("GRADTAPE_TEST_QUICK") != nullptr;
  return value;
}

const IsaList& isas() {
  static const IsaList list = [] {
    IsaList l = {};
    for (Isa isa : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512, Isa::kNeon}) {
      if (const KernelTable* table = kernel_table(isa)) l.table[l.count++] = table;
    }
    return l;
  }();
  return list;
}

uint64_t Random::next() {
  uint64_t z = state_ += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

#if GT_ADDRESS_SANITIZER
constexpr int64_t kTail = 0;
#else
constexpr int64_t kTail = kGuardBytes;
#endif

Buffer::Buffer(int64_t bytes, int64_t shift) : bytes_(bytes), shift_(shift) {
  void* p = nullptr;
  if (posix_memalign(&p, 64, static_cast<size_t>(kGuardBytes + shift + bytes + kTail)) != 0) abort();
  block_ = static_cast<unsigned char*>(p);
  data_ = block_ + kGuardBytes + shift;
  memset(block_, kGuard, static_cast<size_t>(kGuardBytes + shift + bytes + kTail));
}
Buffer::Buffer(const Buffer& other) : Buffer(other.bytes_, other.shift_) {
  memcpy(data_, other.data_, static_cast<size_t>(bytes_));
}
Buffer::~Buffer() { free(block_); }

bool Buffer::intact() const {
  for (const unsigned char* p = block_; p < data_; p++) {
    if (*p != kGuard) return false;
  }
  for (int64_t i = 0; i < kTail; i++) {
    if (data_[bytes_ + i] != kGuard) return false;
  }
  return true;
}

namespace {

template <class T>
T random_float(Random& random, Values values) {
  using Limits = std::numeric_limits<T>;
  if (values == Values::kNormal) {
    const double u = random.unit() + random.unit() + random.unit() - 1.5;
    return static_cast<T>(u * 2.7);
  }
  static constexpr T special[] = {T(0),
                                  -T(0),
                                  T(1),
                                  T(-1),
                                  T(0.5),
                                  T(2),
                                  Limits::infinity(),
                                  -Limits::infinity(),
                                  Limits::quiet_NaN(),
                                  Limits::max(),
                                  Limits::lowest(),
                                  Limits::min(),
                                  Limits::denorm_min(),
                                  -Limits::denorm_min()};
  switch (random.below(8)) {
    case 0:
      return special[random.below(sizeof special / sizeof special[0])];
    case 1:
      return static_cast<T>(random.below(2001) - 1000);
    case 2: {
      // Any exponent.
      const double scale = std::numeric_limits<T>::max_exponent * 1.1;
      return static_cast<T>(std::exp2(static_cast<T>((random.unit() * 2 - 1) * scale)) *
                            (random.below(2) ? 1 : -1));
    }
    case 3:
      return static_cast<T>((random.unit() - 0.5) * 200);
    default:
      return static_cast<T>((random.unit() - 0.5) * 8);
  }
}

template <class T>
T random_int(Random& random, Values values) {
  if (values == Values::kNormal)
    return static_cast<T>(random.below(9) - (std::numeric_limits<T>::is_signed ? 4 : 0));
  switch (random.below(8)) {
    case 0:
      return std::numeric_limits<T>::max();
    case 1:
      return std::numeric_limits<T>::min();
    case 2:
      return static_cast<T>(random.next());
    default:
      return static_cast<T>(random.below(41) - (std::numeric_limits<T>::is_signed ? 20 : 0));
  }
}

}  // namespace

double from_half(int dtype, uint16_t bits) {
  const int digits = mantissa_bits(dtype);
  const int exponents = 1 << (15 - digits), bias = exponents / 2 - 1;
  const int exponent = (bits & 0x7fff) >> digits, mantissa = bits & ((1 << digits) - 1);
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == exponents - 1) {
    return mantissa == 0 ? sign * HUGE_VAL : std::numeric_limits<double>::quiet_NaN();
  }
  if (exponent == 0) return sign * std::ldexp(mantissa, 1 - bias - digits);
  return sign * std::ldexp((1 << digits) + mantissa, exponent - bias - digits);
}

uint16_t to_half(int dtype, double x) {
  const int digits = mantissa_bits(dtype);
  const int exponents = 1 << (15 - digits), bias = exponents / 2 - 1;
  const int sign = std::signbit(x) ? 0x8000 : 0, infinite = (exponents - 1) << digits;
  const double magnitude = std::fabs(x);
  if (x != x) return static_cast<uint16_t>(sign | infinite | 1 << (digits - 1));
  if (magnitude == HUGE_VAL) return static_cast<uint16_t>(sign | infinite);
  if (magnitude == 0) return static_cast<uint16_t>(sign);
  int exponent = 0;
  std::frexp(magnitude, &exponent);
  // Numbers of this size are multiples of 2^unit. What rounds up to the next power of two, or beyond all
  // numbers, has the bits that follow.
  const int unit = (exponent - 1 < 1 - bias ? 1 - bias : exponent - 1) - digits;
  const auto multiple = static_cast<int64_t>(std::nearbyint(std::ldexp(magnitude, -unit)));
  const int64_t bits = (static_cast<int64_t>(unit + digits + bias - 1) << digits) + multiple;
  return static_cast<uint16_t>(sign | static_cast<int>(bits > infinite ? infinite : bits));
}

void fill_random(Random& random, int dtype, void* data, int64_t n, Values values) {
  if (is_half(dtype)) {
    for (int64_t i = 0; i < n; i++) {
      // Any bits now and then: all exponents, NaN and denormal numbers among them.
      static_cast<uint16_t*>(data)[i] =
          values == Values::kMixed && random.below(4) == 0
              ? static_cast<uint16_t>(random.next())
              : to_half(dtype, static_cast<double>(random_float<float>(random, values)));
    }
    return;
  }
  with_type(dtype, [&]<class T>() {
    T* out = static_cast<T*>(data);
    for (int64_t i = 0; i < n; i++) {
      if constexpr (std::numeric_limits<T>::is_integer) {
        out[i] = dtype == static_cast<int>(DType::kBool) ? static_cast<T>(random.below(2))
                                                         : random_int<T>(random, values);
      } else {
        out[i] = random_float<T>(random, values);
      }
    }
  });
}

const char* dtype_name(int dtype) { return kDTypeRows[dtype].name; }

namespace {

/// The representation as an integer that grows with the number.
template <class I, class T>
I ordered(T x) {
  I bits;
  memcpy(&bits, &x, sizeof bits);
  return static_cast<I>(bits < 0 ? std::numeric_limits<I>::min() - bits : bits);
}

template <class I, class T>
double float_ulps(T a, T b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b) ? 0 : 1e300;
  return std::fabs(static_cast<double>(ordered<I>(a)) - static_cast<double>(ordered<I>(b)));
}

}  // namespace

double ulps(float a, float b) { return float_ulps<int32_t>(a, b); }
double ulps(double a, double b) {
  const int64_t x = ordered<int64_t>(a), y = ordered<int64_t>(b);
  int64_t distance;
  if (!std::isnan(a) && !std::isnan(b) && !__builtin_sub_overflow(x, y, &distance)) {
    return std::fabs(static_cast<double>(distance));
  }
  return float_ulps<int64_t>(a, b);
}

double max_ulps(int dtype, const void* a, const void* b, int64_t n, int64_t* where) {
  double worst = 0;
  for (int64_t i = 0; is_half(dtype) && i < n; i++) {
    const uint16_t x = static_cast<const uint16_t*>(a)[i], y = static_cast<const uint16_t*>(b)[i];
    const bool x_nan = std::isnan(from_half(dtype, x)), y_nan = std::isnan(from_half(dtype, y));
    const double d = x_nan && y_nan   ? 0
                     : x_nan || y_nan ? 1e300
                                      : std::fabs(ordered<int16_t>(x) - ordered<int16_t>(y));
    if (d > worst) {
      worst = d;
      *where = i;
    }
  }
  with_type(dtype, [&]<class T>() {
    for (int64_t i = 0; i < n; i++) {
      const double d = ulps(static_cast<const T*>(a)[i], static_cast<const T*>(b)[i]);
      if (d > worst) {
        worst = d;
        *where = i;
      }
    }
  });
  return worst;
}

bool same_values(int dtype, const void* a, const void* b, int64_t n) {
  if (memcmp(a, b, static_cast<size_t>(n * dtype_size(dtype))) == 0) return true;
  if (is_half(dtype)) {
    int64_t where = 0;
    return max_ulps(dtype, a, b, n, &where) == 0;
  }
  bool same = true;
  with_type(dtype, [&]<class T>() {
    for (int64_t i = 0; i < n; i++) {
      const T x = static_cast<const T*>(a)[i], y = static_cast<const T*>(b)[i];
      same = same && (memcmp(&x, &y, sizeof x) == 0 || (x != x && y != y));
    }
  });
  return same;
}

Sizes sizes_for(const KernelTable& table, int64_t element_bytes) {
  const int64_t lanes = table.vector_bytes / element_bytes;
  Sizes s = {};
  for (int64_t n : {int64_t{0}, int64_t{1}, int64_t{2}, int64_t{3}, int64_t{5}, lanes - 1, lanes, lanes + 1,
                    2 * lanes + 3, 4 * lanes - 1, 4 * lanes, 8 * lanes + 1, int64_t{127}, int64_t{1000}}) {
    s.size[s.count++] = n;
  }
  return s;
}

namespace {

/// Ends the program where one test has taken this long, under an emulator or a sanitizer too: it hangs.
constexpr unsigned kMostSeconds = 300;

void limit_time(unsigned seconds) {
#if defined(_WIN32)
  (void)seconds;
#else
  signal(SIGALRM, [](int) {
    constexpr char text[] = " has not ended in time\n";
    ssize_t written = write(STDOUT_FILENO, "FAIL ", 5);
    written += write(STDOUT_FILENO, g_name, strlen(g_name));
    written += write(STDOUT_FILENO, text, sizeof text - 1);
    _exit(written > 0 ? 2 : 3);
  });
  alarm(seconds);
#endif
}

/// Runs the tests whose names contain one of the arguments, or all. The last line has the totals.
int run_all(int argc, char** argv) {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  printf("instruction sets:");
  for (const KernelTable* table : isas()) printf(" %s", table->isa);
  printf("\n");
  int passed = 0, failed = 0;
  for (int i = 0; i < g_count; i++) {
    bool wanted = argc < 2;
    for (int a = 1; a < argc; a++) wanted = wanted || strstr(g_tests[i].name, argv[a]) != nullptr;
    if (!wanted) continue;
    g_name = g_tests[i].name;
    g_failures = g_section = 0;
    const auto start = std::chrono::steady_clock::now();
    limit_time(kMostSeconds);
    g_tests[i].fn();
    limit_time(0);
    section();
    const double ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    printf("%s %s (%.0f ms)\n", g_failures == 0 ? "ok  " : "FAIL", g_name, ms);
    (g_failures == 0 ? passed : failed)++;
  }
  printf("%d passed, %d failed, %d skipped\n", passed, failed, g_skips);
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace

}  // namespace gradtape::test

int main(int argc, char** argv) { return gradtape::test::run_all(argc, argv); }
