// Random numbers: Philox4x32-10 (Salmon et al., 2011), used as in TensorFlow's CPU kernels, so that the same
// key and counter give the same numbers. Output element i is computed from counter + i / (elements per 128
// bits), so any part of the sequence can be computed alone.
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "kernels/elementwise/elementwise.h"
#include "kernels/random/random_normal.h"
#include "kernels/simd/half.h"
#include "kernels/simd/shuffle.h"

namespace {

using gradtape::RandomArgs;
using gradtape::RandomEntry;
using gradtape::RandomFn;

constexpr uint32_t kMul0 = 0xD2511F53u, kMul1 = 0xCD9E8D57u;
constexpr uint32_t kWeyl0 = 0x9E3779B9u, kWeyl1 = 0xBB67AE85u;

/// counter + n, on 128 bits.
GT_INLINE void skip(uint32_t* c, uint64_t n) {
  const uint64_t low = (static_cast<uint64_t>(c[1]) << 32 | c[0]) + n;
  if (low < n && ++c[2] == 0) ++c[3];
  c[0] = static_cast<uint32_t>(low);
  c[1] = static_cast<uint32_t>(low >> 32);
}

using vul = Vec<uint64_t>;

/// The full products of the low halves of 64-bit lanes.
GT_INLINE vul mul_low(vul a, vul b) {
#if defined(__AVX512F__)
  // The variant without a mask makes g++ 12 warn about an undefined operand in its own header.
  return reinterpret_cast<vul>(_mm512_maskz_mul_epu32(static_cast<__mmask8>(-1), reinterpret_cast<__m512i>(a),
                                                      reinterpret_cast<__m512i>(b)));
#elif defined(__AVX2__)
  return reinterpret_cast<vul>(_mm256_mul_epu32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
#elif defined(__SSE2__)
  return reinterpret_cast<vul>(_mm_mul_epu32(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b)));
#else
  return (a & 0xffffffffull) * (b & 0xffffffffull);
#endif
}

GT_INLINE void mul_high_low(vu a, uint32_t m, vu* high, vu* low) {
  const vul even = bitcast<vul>(a);
  const vul factor = splat<uint64_t>(m);
  const vul p = mul_low(even, factor), q = mul_low(even >> 32, factor);
  *high = bitcast<vu>((p >> 32) | (q & 0xffffffff00000000ull));
  *low = bitcast<vu>((p & 0xffffffffull) | (q << 32));
}

/// As many blocks as a vector has lanes, at counters first + add[lane]: w[4 * lane + word].
GT_INLINE void philox_lanes(const RandomArgs& args, uint64_t first, vu add, uint32_t* w) {
  uint32_t c[4] = {args.counter[0], args.counter[1], args.counter[2], args.counter[3]};
  skip(c, first);
  // Carries are propagated per lane (a true comparison is −1).
  vu c0 = add + c[0];
  vu carry = bitcast<vu>(c0 < add);
  vu c1 = c[1] - carry;
  carry &= bitcast<vu>(c1 == 0);
  vu c2 = c[2] - carry;
  carry &= bitcast<vu>(c2 == 0);
  vu c3 = c[3] - carry;
  uint32_t k0 = args.key[0], k1 = args.key[1];
  for (int round = 0; round < 10; round++) {
    vu h0, l0, h1, l1;
    mul_high_low(c0, kMul0, &h0, &l0);
    mul_high_low(c2, kMul1, &h1, &l1);
    c0 = h1 ^ c1 ^ k0;
    c1 = l1;
    c2 = h0 ^ c3 ^ k1;
    c3 = l0;
    k0 += kWeyl0;
    k1 += kWeyl1;
  }
  const vu low02 = interleave_low(c0, c2), high02 = interleave_high(c0, c2);
  const vu low13 = interleave_low(c1, c3), high13 = interleave_high(c1, c3);
  constexpr int L = kLanes<uint32_t>;
  store(w, interleave_low(low02, low13));
  store(w + L, interleave_high(low02, low13));
  store(w + 2 * L, interleave_low(high02, high13));
  store(w + 3 * L, interleave_high(high02, high13));
}

GT_INLINE float unit(uint32_t x) {
  const uint32_t bits = (x & 0x7fffffu) | 0x3f800000u;
  float f;
  memcpy(&f, &bits, sizeof f);
  return f - 1.0f;
}
GT_INLINE double unit(uint32_t high, uint32_t low) {
  const uint64_t bits = static_cast<uint64_t>((high & 0xfffffu) | 0x3ff00000u) << 32 | low;
  double d;
  memcpy(&d, &bits, sizeof d);
  return d - 1.0;
}

constexpr double kTwoPi = 6.283185307179586476925286766559;

/// Two normal numbers from two uniform ones (Box and Muller, 1958).
GT_INLINE void box_muller(double a, double b, double* y) {
  const double u = a < 1e-7 ? 1e-7 : a;
  const double angle = kTwoPi * b;
  const double radius = __builtin_sqrt(-2.0 * __builtin_log(u));
  y[0] = __builtin_sin(angle) * radius;
  y[1] = __builtin_cos(angle) * radius;
}

// A distribution: converts the words of as many blocks as a vector has lanes to elements of the same total
// size.
constexpr int kWords = 4 * kLanes<uint32_t>;

struct Uniform {
  template <class T>
  static constexpr bool has = is_real<T>;
  static GT_INLINE void make(const uint32_t* w, const RandomArgs&, float* y) {
    for (int i = 0; i < kWords; i++) y[i] = unit(w[i]);
  }
  static GT_INLINE void make(const uint32_t* w, const RandomArgs&, double* y) {
    for (int i = 0; i < kWords / 2; i++) y[i] = unit(w[2 * i], w[2 * i + 1]);
  }
};

/// 16-bit floats take the low bits of a word as their mantissa and are multiples of 2^-bits.
template <class H>
struct UniformHalf {
  static GT_INLINE void make(const uint32_t* w, const RandomArgs&, float* y) {
    constexpr uint32_t kValues = 1u << kMantissaBits<H>;
    for (int i = 0; i < kWords; i++) {
      y[i] = static_cast<float>(static_cast<int32_t>(w[i] & (kValues - 1))) * (1.0f / kValues);
    }
  }
};

template <class T>
inline constexpr bool is_wide_int = is_integer<T> && sizeof(T) >= 4;

GT_INLINE uint64_t join_words(const uint32_t* w) { return static_cast<uint64_t>(w[1]) << 32 | w[0]; }

struct UniformInt {
  template <class T>
  static constexpr bool has = is_wide_int<T>;
  static GT_INLINE void make(const uint32_t* w, const RandomArgs& args, int32_t* y) {
    const uint32_t lo = static_cast<uint32_t>(args.lo), range = static_cast<uint32_t>(args.range);
    // w % range: there is no vector division of integers; the quotient in double is off by at most one.
    const double by = range, inverse = 1.0 / by;
    for (int i = 0; i < kWords; i++) {
      const double x = w[i];
      double rest = x - static_cast<double>(static_cast<int64_t>(x * inverse)) * by;
      rest = rest < 0 ? rest + by : rest;
      rest = rest >= by ? rest - by : rest;
      y[i] = static_cast<int32_t>(lo + static_cast<uint32_t>(static_cast<int64_t>(rest)));
    }
  }
  static GT_INLINE void make(const uint32_t* w, const RandomArgs& args, int64_t* y) {
    const uint64_t lo = static_cast<uint64_t>(args.lo), range = args.range;
    for (int i = 0; i < kWords / 2; i++) y[i] = static_cast<int64_t>(lo + join_words(w + 2 * i) % range);
  }
};

struct UniformFullInt {
  template <class T>
  static constexpr bool has = is_wide_int<T>;
  static GT_INLINE void make(const uint32_t* w, const RandomArgs&, int32_t* y) {
    for (int i = 0; i < kWords; i++) y[i] = static_cast<int32_t>(w[i]);
  }
  static GT_INLINE void make(const uint32_t* w, const RandomArgs&, int64_t* y) {
    for (int i = 0; i < kWords / 2; i++) y[i] = static_cast<int64_t>(join_words(w + 2 * i));
  }
};

struct Normal {
  template <class T>
  static constexpr bool has = is_real<T>;
  static GT_INLINE void make(const uint32_t* w, const RandomArgs&, float* y) {
    for (int i = 0; i < kWords; i += 2 * kWide) normals_wide(w + i, y + i);
  }
  static GT_INLINE void make(const uint32_t* w, const RandomArgs&, double* y) {
    for (int i = 0; i < kWords; i += 4) box_muller(unit(w[i], w[i + 1]), unit(w[i + 2], w[i + 3]), y + i / 2);
  }
};

/// 0, 1, 2 …
GT_INLINE vu lane_numbers() {
  vu lane;
  for (int l = 0; l < kLanes<uint32_t>; l++) lane[l] = static_cast<uint32_t>(l);
  return lane;
}

template <class D, class T>
void random_run(const RandomArgs& args, void* yv, int64_t begin, int64_t end) noexcept {
  constexpr int kPerBlock = 16 / static_cast<int>(sizeof(T));
  constexpr int L = kLanes<uint32_t>;
  T* y = static_cast<T*>(yv);
  uint32_t w[4 * L];
  T last[kPerBlock * L];
  for (int64_t i = begin; i < end; i += kPerBlock * L) {
    philox_lanes(args, static_cast<uint64_t>(i / kPerBlock), lane_numbers(), w);
    const bool whole = i + kPerBlock * L <= end;
    T* to = whole ? y + i : last;
    D::make(w, args, to);
    if (!whole) memcpy(y + i, last, static_cast<size_t>(end - i) * sizeof(T));
  }
}

/// Truncated normal numbers: drawn again while they are beyond two standard deviations. Each output may use
/// 256 samples: group g of outputs has its own stream at counter + g · 256 · (outputs per group) / 4. Groups
/// that the first block did not fill are processed further together, one per lane, so no branch depends on
/// the samples.
template <class T>
void truncated_run(const RandomArgs& args, void* yv, int64_t begin, int64_t end) noexcept {
  constexpr int kPerGroup = 16 / static_cast<int>(sizeof(T));
  constexpr int L = kLanes<uint32_t>;
  constexpr int kGroups = 256;  // processed at a time
  constexpr uint32_t kGroupBlocks = 64 * kPerGroup;
  T* y = static_cast<T*>(yv);
  uint32_t w[kWords];
  T drawn[kPerGroup * L];
  T kept[kGroups][kPerGroup + 1];
  int made[kGroups];
  int open[kGroups + L];
  for (int64_t i = begin; i < end; i += kGroups * kPerGroup) {
    const int64_t outputs = end - i < kGroups * kPerGroup ? end - i : kGroups * kPerGroup;
    const int groups = static_cast<int>((outputs + kPerGroup - 1) / kPerGroup);
    const uint64_t first = static_cast<uint64_t>(i / kPerGroup) * kGroupBlocks;
    for (int g = 0; g < groups; g++) {
      made[g] = 0;
      open[g] = g;
    }
    int count = groups;
    for (uint32_t block = 0; count > 0; block++) {
      int still = 0;
      for (int j = 0; j < count; j += L) {
        const int lanes = count - j < L ? count - j : L;
        vu at = {};
        for (int l = 0; l < lanes; l++) at[l] = static_cast<uint32_t>(open[j + l]) * kGroupBlocks + block;
        philox_lanes(args, first, at, w);
        Normal::make(w, args, drawn);
        for (int l = 0; l < lanes; l++) {
          const int g = open[j + l];
          int m = made[g];
          for (int k = 0; k < kPerGroup; k++) {
            const T v = drawn[kPerGroup * l + k];
            kept[g][m] = v;
            m += static_cast<int>(v < T(2)) & static_cast<int>(v > T(-2)) & static_cast<int>(m < kPerGroup);
          }
          made[g] = m;
          open[still] = g;
          still += static_cast<int>(m < kPerGroup);
        }
      }
      count = still;
    }
    for (int g = 0; g < groups; g++) {
      const int64_t left = outputs - static_cast<int64_t>(g) * kPerGroup;
      T* to = y + i + static_cast<int64_t>(g) * kPerGroup;
      for (int k = 0; k < kPerGroup && k < left; k++) to[k] = kept[g][k];
    }
  }
}

/// Float32 numbers rounded to 16-bit floats, a tile at a time.
GT_OUTLINE void random_tiles(const Conversion& c, RandomFn fn, const RandomArgs& args, void* y, int64_t begin,
                             int64_t end) noexcept {
  static_assert(kTile % gradtape::kRandomGroup == 0);
  alignas(64) float tile[kTile];
  each_tile(end - begin, [&](int64_t i, int64_t count) {
    const int64_t from = begin + i;
    // The address that element 0 of the sequence would have.
    const uintptr_t first = reinterpret_cast<uintptr_t>(tile) - static_cast<uintptr_t>(from) * sizeof(float);
    fn(args, reinterpret_cast<void*>(first), from, from + count);
    c.from_kernel(tile, bytes_at(y, from * c.size), count);
  });
}
template <class T, RandomFn kFn>
void random_rounded(const RandomArgs& args, void* y, int64_t begin, int64_t end) noexcept {
  random_tiles(compute_conversion<T>(), kFn, args, y, begin, end);
}

/// Integers of one width share a distribution.
template <class D>
constexpr RandomEntry integer_entry(const char* name) {
  return {name, by_dtype<RandomFn>([]<class T>() -> RandomFn {
            if constexpr (is_wide_int<T>) {
              return sizeof(T) == 4 ? &random_run<D, int32_t> : &random_run<D, int64_t>;
            } else {
              return nullptr;
            }
          })};
}
/// kFloat and kDouble are drawn directly; 16-bit floats are rounded from float32, or drawn by Half<T>.
template <RandomFn kFloat, RandomFn kDouble, template <class> class... Half>
constexpr RandomEntry float_entry(const char* name) {
  return {name, by_dtype<RandomFn>([]<class T>() -> RandomFn {
            if constexpr (__is_same(T, float)) {
              return kFloat;
            } else if constexpr (__is_same(T, double)) {
              return kDouble;
            } else if constexpr (is_float<T> && sizeof...(Half) == 1) {
              return &random_rounded<T, &random_run<Half<T>..., float>>;
            } else if constexpr (is_float<T>) {
              return &random_rounded<T, kFloat>;
            } else {
              return nullptr;
            }
          })};
}

constexpr RandomEntry kRandom[] = {
    float_entry<&random_run<Uniform, float>, &random_run<Uniform, double>, UniformHalf>("uniform"),
    integer_entry<UniformInt>("uniformInt"),
    integer_entry<UniformFullInt>("uniformFullInt"),
    float_entry<&random_run<Normal, float>, &random_run<Normal, double>>("normal"),
    float_entry<&truncated_run<float>, &truncated_run<double>>("truncatedNormal"),
};

}  // namespace

GT_FAMILY(random, OpList<RandomEntry> random) { table.random = gradtape::op_list(kRandom); }
