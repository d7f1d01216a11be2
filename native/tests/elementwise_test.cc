// Every row of the unary and binary families, on every instruction set: against a plain reference, in place,
// at every alignment, at the edges of the vector loops, through the thread pool and with broadcasts.
#include <cmath>
#include <limits>
#include <type_traits>

#include "runtime/elementwise/elementwise.h"
#include "runtime/parallel/pool.h"
#include "tests/harness.h"
#include "tests/references.h"

namespace gradtape::test {

namespace {

constexpr int kBoolType = static_cast<int>(DType::kBool);

/// Element types whose arithmetic the reference does exactly enough: wider than the type.
template <class T>
struct WideType {
  using type = __int128;
};
template <>
struct WideType<float> {
  using type = double;
};
template <>
struct WideType<double> {
  using type = long double;
};

/// What is allowed between the kernel's result and the reference's, for values of type T.
template <class T, class Reference>
double allowed_ulps(const Reference& reference) {
  return std::is_same_v<T, float> ? reference.ulp32 : std::is_same_v<T, double> ? reference.ulp64 : 0;
}
/// Compares y with the reference of an op over x, element by element.
template <class T>
void compare_unary(const char* isa, const UnaryEntry& op, int dtype, const T* x, const void* y, int64_t n) {
  using W = typename WideType<T>::type;
  const auto* reference = find_unary<W>(op.name);
  if (reference == nullptr || (dtype == kBoolType) != reference->logical) return;
  const double allowed = allowed_ulps<T>(*reference);
  for (int64_t i = 0; i < n && passing(); i++) {
    T want = static_cast<T>(reference->fn(static_cast<W>(x[i])));
    if (op.to_bool || dtype == kBoolType) {
      const uint8_t got = static_cast<const uint8_t*>(y)[i];
      CHECK(got == (want != 0), "%s %s %s of %.17g: %d", isa, op.name, dtype_name(dtype), double(x[i]), got);
      continue;
    }
    if constexpr (is_real<T>) {
      if (allowed == 0) want = find_unary<T>(op.name)->fn(x[i]);
    }
    const T got = static_cast<const T*>(y)[i];
    const double error = ulps(got, want);
    CHECK(error <= allowed, "%s %s %s of %.17g: %.17g, not %.17g (%g ULP)", isa, op.name, dtype_name(dtype),
          double(x[i]), double(got), double(want), error);
    CHECK(allowed > 0 || !is_real<T> || error > 0 ||
              std::signbit(double(got)) == std::signbit(double(want)) || got != got,
          "%s %s %s of %.17g: the sign of zero", isa, op.name, dtype_name(dtype), double(x[i]));
  }
}

template <class T>
void compare_binary(const char* isa, const BinaryEntry& op, int dtype, const T* a, int64_t a_step, const T* b,
                    int64_t b_step, const void* y, int64_t n) {
  using W = typename WideType<T>::type;
  const auto* reference = find_binary<W>(op.name);
  if (reference == nullptr) return;
  const double allowed = allowed_ulps<T>(*reference);
  for (int64_t i = 0; i < n && passing(); i++) {
    const T av = a[i * a_step], bv = b[i * b_step];
    if (!is_real<T> && bv == 0 && reference->divides) continue;
    T want = static_cast<T>(reference->fn(static_cast<W>(av), static_cast<W>(bv)));
    if (op.to_bool || dtype == kBoolType) {
      const uint8_t got = static_cast<const uint8_t*>(y)[i];
      CHECK(got == (want != 0), "%s %s %s of %.17g, %.17g: %d", isa, op.name, dtype_name(dtype), double(av),
            double(bv), got);
      continue;
    }
    if constexpr (is_real<T>) {
      if (allowed == 0) want = find_binary<T>(op.name)->fn(av, bv);
    }
    const T got = static_cast<const T*>(y)[i];
    const double error = ulps(got, want);
    const double slack = reference->slack * double(std::numeric_limits<T>::epsilon()) * std::fabs(double(av));
    CHECK(error <= allowed || std::fabs(double(got) - double(want)) <= slack,
          "%s %s %s of %.17g, %.17g: %.17g, not %.17g (%g ULP)", isa, op.name, dtype_name(dtype), double(av),
          double(bv), double(got), double(want), error);
  }
}

/// Instruction sets may differ by so many units in the last place (fused multiply-adds), or by twice what the
/// op's reference allows; length, alignment and aliasing must not change a bit.
constexpr double kAcrossIsas = 4;
double across_isas(int dtype, const UnaryReference<double>* reference) {
  if (reference == nullptr) return kAcrossIsas;
  const double allowed = dtype == 0 ? reference->ulp32 : reference->ulp64;
  return allowed > kAcrossIsas ? 2 * allowed : kAcrossIsas;
}

void unary_op(const UnaryEntry& portable, int index) {
  for (int dtype = 0; dtype < kDTypes; dtype++) {
    if (portable.fn[dtype] == nullptr) continue;
    section();
    const int64_t in_size = dtype_size(dtype), out_size = portable.to_bool ? 1 : in_size;
    const int out_type = portable.to_bool ? kBoolType : dtype;
    const int64_t n = quick() ? 4099 : 20011;
    Random random(static_cast<uint64_t>(index * 10 + dtype));
    Buffer x(n * in_size);
    fill_random(random, dtype, x.data(), n);
    Buffer expected(n * out_size);
    portable.fn[dtype](x.data(), expected.data(), n);
    for (const KernelTable* table : isas()) {
      const UnaryEntry& op = table->unary[index];
      CHECK(op.fn[dtype] != nullptr, "%s %s has no %s", table->isa, op.name, dtype_name(dtype));
      if (op.fn[dtype] == nullptr) continue;
      Buffer y(n * out_size);
      op.fn[dtype](x.data(), y.data(), n);
      CHECK(y.intact(), "%s %s %s wrote outside", table->isa, op.name, dtype_name(dtype));
      with_type(dtype, [&]<class T>() { compare_unary<T>(table->isa, op, dtype, x.as<T>(), y.data(), n); });
      int64_t where = 0;
      const double apart = max_ulps(out_type, y.data(), expected.data(), n, &where);
      CHECK(apart <= across_isas(dtype, find_unary<double>(op.name)),
            "%s %s %s is %g ULP from portable at %lld", table->isa, op.name, dtype_name(dtype), apart,
            static_cast<long long>(where));
      for (int64_t size : sizes_for(*table, in_size)) {
        for (int64_t shift : {int64_t{0}, in_size}) {
          Buffer xs(size * in_size, shift), ys(size * out_size, shift == 0 ? out_size : 0);
          memcpy(xs.data(), x.data(), static_cast<size_t>(size * in_size));
          op.fn[dtype](xs.data(), ys.data(), size);
          CHECK(ys.intact() && xs.intact(), "%s %s %s of %lld wrote outside", table->isa, op.name,
                dtype_name(dtype), static_cast<long long>(size));
          CHECK(same_values(out_type, ys.data(), y.data(), size), "%s %s %s: the first %lld of %lld differ",
                table->isa, op.name, dtype_name(dtype), static_cast<long long>(size),
                static_cast<long long>(n));
          CHECK(memcmp(xs.data(), x.data(), static_cast<size_t>(size * in_size)) == 0,
                "%s %s %s wrote its input", table->isa, op.name, dtype_name(dtype));
          if (in_size != out_size) continue;
          op.fn[dtype](xs.data(), xs.data(), size);
          CHECK(xs.intact() && same_values(out_type, xs.data(), ys.data(), size),
                "%s %s %s of %lld in place differs", table->isa, op.name, dtype_name(dtype),
                static_cast<long long>(size));
        }
      }
    }
  }
}

void binary_op(const BinaryEntry& portable, int index) {
  for (int dtype = 0; dtype < kDTypes; dtype++) {
    if (portable.fn[dtype][kVecVec] == nullptr) continue;
    section();
    const int64_t in_size = dtype_size(dtype), out_size = portable.to_bool ? 1 : in_size;
    const int out_type = portable.to_bool ? kBoolType : dtype;
    const int64_t n = quick() ? 2053 : 10007;
    Random random(static_cast<uint64_t>(1000 + index * 10 + dtype));
    Buffer a(n * in_size), b(n * in_size);
    fill_random(random, dtype, a.data(), n);
    fill_random(random, dtype, b.data(), n);
    // Gradients from a saved output get it within the function's range; terms of 1 − y² would overflow
    // outside.
    const auto* reference = find_binary<double>(portable.name);
    if (reference != nullptr && reference->slack > 0) {
      with_type(dtype, [&]<class T>() {
        for (int64_t i = 0; i < n; i++) b.as<T>()[i] = static_cast<T>(random.unit() * 2 - 1);
      });
    }
    // Equal operands now and then.
    for (int64_t i = 0; i < n && (reference == nullptr || reference->slack == 0); i += 7) {
      memcpy(b.as<char>() + i * in_size, a.as<char>() + i * in_size, static_cast<size_t>(in_size));
    }
    for (int mode = 0; mode < kBinaryModes; mode++) {
      const int64_t a_step = mode == kScalarVec ? 0 : 1, b_step = mode == kVecScalar ? 0 : 1;
      Buffer expected(n * out_size);
      portable.fn[dtype][mode](a.data(), b.data(), expected.data(), n);
      for (const KernelTable* table : isas()) {
        const BinaryEntry& op = table->binary[index];
        const BinaryFn fn = op.fn[dtype][mode];
        CHECK(fn != nullptr, "%s %s has no %s", table->isa, op.name, dtype_name(dtype));
        if (fn == nullptr) continue;
        Buffer y(n * out_size);
        fn(a.data(), b.data(), y.data(), n);
        CHECK(y.intact(), "%s %s %s wrote outside", table->isa, op.name, dtype_name(dtype));
        with_type(dtype, [&]<class T>() {
          compare_binary<T>(table->isa, op, dtype, a.as<T>(), a_step, b.as<T>(), b_step, y.data(), n);
        });
        int64_t where = 0;
        const double apart = max_ulps(out_type, y.data(), expected.data(), n, &where);
        CHECK(apart <= kAcrossIsas || (reference != nullptr && reference->slack > 0),
              "%s %s %s is %g ULP from portable at %lld", table->isa, op.name, dtype_name(dtype), apart,
              static_cast<long long>(where));
        for (int64_t size : sizes_for(*table, in_size)) {
          const int64_t shift = size % 2 * in_size;
          Buffer as((a_step ? size : 1) * in_size, shift), bs((b_step ? size : 1) * in_size),
              ys(size * out_size, shift);
          memcpy(as.data(), a.data(), static_cast<size_t>(as.bytes()));
          memcpy(bs.data(), b.data(), static_cast<size_t>(bs.bytes()));
          fn(as.data(), bs.data(), ys.data(), size);
          CHECK(ys.intact() && as.intact() && bs.intact(), "%s %s %s of %lld wrote outside", table->isa,
                op.name, dtype_name(dtype), static_cast<long long>(size));
          CHECK(same_values(out_type, ys.data(), y.data(), size),
                "%s %s %s mode %d: the first %lld of %lld differ", table->isa, op.name, dtype_name(dtype),
                mode, static_cast<long long>(size), static_cast<long long>(n));
          if (in_size != out_size) continue;
          Buffer& target = mode == kScalarVec ? bs : as;
          fn(as.data(), bs.data(), target.data(), size);
          CHECK(target.intact() && same_values(out_type, target.data(), ys.data(), size),
                "%s %s %s mode %d of %lld in place differs", table->isa, op.name, dtype_name(dtype), mode,
                static_cast<long long>(size));
        }
      }
    }
  }
}

}  // namespace

TEST(unary) {
  const KernelTable& portable = *isas().table[0];
  int unknown = 0;
  for (int i = 0; i < portable.unary.count; i++) {
    for (const KernelTable* table : isas()) {
      CHECK(table->unary.count == portable.unary.count &&
                strcmp(table->unary[i].name, portable.unary[i].name) == 0,
            "the tables list different ops");
    }
    if (find_unary<double>(portable.unary[i].name) == nullptr) unknown++;
    unary_op(portable.unary[i], i);
  }
  if (unknown > 0) skip("%d of %d ops have no reference here", unknown, portable.unary.count);
}

/// float32 functions over the whole range of bit patterns: each of them with GRADTAPE_TEST_EXHAUSTIVE, else a
/// sample of all exponents.
TEST(unary_sweep) {
  const int64_t step = getenv("GRADTAPE_TEST_EXHAUSTIVE") != nullptr ? 1 : quick() ? 1'000'003 : 30'011;
  constexpr int64_t kRun = 4096;
  Buffer x(kRun * 4), y(kRun * 4);
  for (const KernelTable* table : isas()) {
    for (int op = 0; op < table->unary.count; op++) {
      const UnaryEntry& entry = table->unary[op];
      if (entry.fn[0] == nullptr) continue;
      section();
      for (int64_t bits = 0; bits < int64_t{1} << 32 && passing();) {
        int64_t n = 0;
        for (; n < kRun && bits < int64_t{1} << 32; n++, bits += step)
          x.as<uint32_t>()[n] = static_cast<uint32_t>(bits);
        entry.fn[0](x.data(), y.data(), n);
        compare_unary<float>(table->isa, entry, 0, x.as<float>(), y.data(), n);
      }
    }
  }
}

TEST(binary) {
  const KernelTable& portable = *isas().table[0];
  int unknown = 0;
  for (int i = 0; i < portable.binary.count; i++) {
    for (const KernelTable* table : isas()) {
      CHECK(table->binary.count == portable.binary.count &&
                strcmp(table->binary[i].name, portable.binary[i].name) == 0,
            "the tables list different ops");
    }
    if (find_binary<double>(portable.binary[i].name) == nullptr) unknown++;
    binary_op(portable.binary[i], i);
  }
  if (unknown > 0) skip("%d of %d ops have no reference here", unknown, portable.binary.count);
}

/// Any number of threads gives the same bytes.
TEST(elementwise_threads) {
  const int64_t n = quick() ? 100'003 : 700'001;
  Random random(7);
  Buffer x(n * 4, 4), z(n * 4);
  fill_random(random, 0, x.data(), n);
  fill_random(random, 0, z.data(), n);
  for (const KernelTable* table : isas()) {
    Buffer y1(n * 4), w1(n * 4);
    const UnaryFn unary = table->unary[0].fn[0];
    const BinaryFn binary = table->binary[0].fn[0][kVecVec];
    unary(x.data(), y1.data(), n);
    binary(x.data(), z.data(), w1.data(), n);
    for (int threads : {1, 2, 5}) {
      set_num_threads(threads);
      Buffer y(n * 4), w(n * 4);
      run_unary(unary, x.data(), y.data(), n, 4, 4);
      run_binary(binary, x.data(), z.data(), w.data(), n, kVecVec, 4, 4);
      CHECK(y.equals(y1) && w.equals(w1) && y.intact() && w.intact(), "%s with %d threads differs",
            table->isa, threads);
    }
  }
  set_num_threads(2);
}

/// Random broadcast layouts against index arithmetic.
TEST(broadcast) {
  Random random(8);
  const KernelTable& table = *isas().table[isas().count - 1];
  int subtract = 0;
  while (strcmp(table.binary[subtract].name, "subtract") != 0) subtract++;
  for (int round = 0; round < (quick() ? 100 : 400) && passing(); round++) {
    set_num_threads(1 + round % 3);
    BroadcastLayout layout = {};
    layout.ndim = 1 + static_cast<int>(random.below(4));
    const bool large = round % 20 == 0;
    int64_t n = 1, a_size = 1, b_size = 1;
    for (int d = layout.ndim - 1; d >= 0; d--) {
      const int64_t dim = random.below(12) == 0 ? 0 : 1 + random.below(large ? 40 : 9);
      layout.dims[d] = dim;
      n *= dim;
      const int64_t kind = random.below(3);
      layout.a_strides[d] = kind == 1 ? 0 : a_size;
      layout.b_strides[d] = kind == 2 ? 0 : b_size;
      if (kind != 1) a_size *= dim;
      if (kind != 2) b_size *= dim;
    }
    Buffer a(a_size * 4), b(b_size * 4), y(n * 4);
    fill_random(random, 0, a.data(), a_size, Values::kNormal);
    fill_random(random, 0, b.data(), b_size, Values::kNormal);
    run_binary_broadcast(table.binary[subtract].fn[0], a.data(), b.data(), y.data(), layout, 4, 4);
    CHECK(y.intact(), "wrote outside");
    for (int64_t i = 0; i < n; i++) {
      int64_t ao = 0, bo = 0, rest = i;
      for (int d = layout.ndim - 1; d >= 0; d--) {
        ao += rest % layout.dims[d] * layout.a_strides[d];
        bo += rest % layout.dims[d] * layout.b_strides[d];
        rest /= layout.dims[d];
      }
      CHECK(y.as<float>()[i] == a.as<float>()[ao] - b.as<float>()[bo], "round %d, element %lld", round,
            static_cast<long long>(i));
      if (!passing()) break;
    }
  }
  set_num_threads(2);
}

}  // namespace gradtape::test
