// The kernel tests' own small harness: no dependency, so that it builds for every sanitizer and for other
// CPUs.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <initializer_list>
#include <type_traits>

#include "kernels/table.h"
#include "runtime/dispatch/dispatch.h"

namespace gradtape::test {

using TestFn = void (*)();

/// Registers a test; TEST(name) { ... } does it.
struct Registration {
  Registration(const char* name, TestFn fn);
};

/// Says what went wrong in the test that runs; the first few of each section are printed.
void fail(const char* file, int line, const char* format, ...) __attribute__((format(printf, 3, 4)));
/// Counts something that could not be checked here, with the reason.
void skip(const char* format, ...) __attribute__((format(printf, 1, 2)));
/// Begins a part of the test whose failures are counted and printed by themselves.
void section();
/// True while nothing has failed in this section: for leaving loops early.
bool passing();

#define TEST(name)                                                                   \
  static void test_##name();                                                         \
  static const ::gradtape::test::Registration registered_##name(#name, test_##name); \
  static void test_##name()
/// CHECK(condition, printf arguments...)
#define CHECK(condition, ...)                                                  \
  do {                                                                         \
    if (!(condition)) ::gradtape::test::fail(__FILE__, __LINE__, __VA_ARGS__); \
  } while (0)

/// True under a sanitizer or an emulator, where the large sizes would take minutes.
bool quick();

/// Every instruction set that this CPU and build have.
struct IsaList {
  const KernelTable* table[4];
  int count;
  const KernelTable* const* begin() const { return table; }
  const KernelTable* const* end() const { return table + count; }
};
const IsaList& isas();

/// A small random generator (splitmix64): the same numbers everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next();
  /// In [0, limit).
  int64_t below(int64_t limit) { return static_cast<int64_t>(next() % static_cast<uint64_t>(limit)); }
  /// In [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  uint64_t state_;
};

/// Memory for `bytes` bytes, `shift` bytes past a 64-byte boundary. Writes outside show: under
/// AddressSanitizer at once (the block ends with the last byte), otherwise in intact().
class Buffer {
 public:
  explicit Buffer(int64_t bytes, int64_t shift = 0);
  Buffer(const Buffer& other);
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();
  template <class T>
  T* as() {
    return reinterpret_cast<T*>(data_);
  }
  void* data() { return data_; }
  int64_t bytes() const { return bytes_; }
  bool intact() const;
  void fill(int byte) { memset(data_, byte, static_cast<size_t>(bytes_)); }
  bool equals(const Buffer& other) const {
    return bytes_ == other.bytes_ && memcmp(data_, other.data_, static_cast<size_t>(bytes_)) == 0;
  }

 private:
  unsigned char* block_;
  unsigned char* data_;
  int64_t bytes_, shift_;
};

enum class Values {
  kMixed,   // all magnitudes, special values among them
  kNormal,  // about −4 to 4
};
/// Fills with n elements of a dtype.
void fill_random(Random& random, int dtype, void* data, int64_t n, Values values = Values::kMixed);

const char* dtype_name(int dtype);

/// How far two numbers are apart in units of the last place; 0 for two NaNs; huge for NaN and a number.
double ulps(float a, float b);
double ulps(double a, double b);
template <class T>
double ulps(T a, T b) {
  return a == b ? 0 : 1e300;
}
/// The largest distance between two runs of a dtype's elements, and where.
double max_ulps(int dtype, const void* a, const void* b, int64_t n, int64_t* where);

/// Whether two runs hold the same bits, but for the bits of NaNs, which compilers leave to the order of
/// operands.
bool same_values(int dtype, const void* a, const void* b, int64_t n);

/// Whether a dtype is a float of 16 bits: C++ has no type for these.
constexpr bool is_half(int dtype) { return is_kind(dtype, kFloating) && dtype_size(dtype) == 2; }
/// The bits that such a float has after the point.
constexpr int mantissa_bits(int dtype) { return dtype == static_cast<int>(DType::kFloat16) ? 10 : 7; }
/// Half a unit in the last place of 1.
constexpr double rounding_error(int dtype) { return 0.5 / (1 << mantissa_bits(dtype)); }
/// The number that the bits of such a float stand for, and the bits of the one nearest to a number: the even
/// one of two, as the definition of the format has it.
double from_half(int dtype, uint16_t bits);
uint16_t to_half(int dtype, double x);

/// Calls f.operator()<T>() with the element type of a dtype (bool is uint8_t); not at all for a float of 16
/// bits.
template <class F>
void with_type(int dtype, const F& f) {
  dispatch(dtype, [&]<class T>(Type<T>) {
    if constexpr (std::is_same_v<T, Bool>) {
      f.template operator()<uint8_t>();
    } else if constexpr (std::is_arithmetic_v<T>) {
      f.template operator()<T>();
    }
  });
}

/// Lengths that meet every edge of a vector loop.
struct Sizes {
  int64_t size[24];
  int count;
  const int64_t* begin() const { return size; }
  const int64_t* end() const { return size + count; }
};
Sizes sizes_for(const KernelTable& table, int64_t element_bytes);

}  // namespace gradtape::test
