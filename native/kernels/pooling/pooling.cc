// Pooling: lanes are channels, and all pixels of a block have the same taps. The usual windows, 2 × 2 and 3 ×
// 3, are unrolled.
#include "kernels/element_types.h"
#include "kernels/simd/spans.h"
#include "kernels/simd/unroll.h"
#include "kernels/table.h"

namespace {

using gradtape::PoolBlock;

template <class T>
inline constexpr bool kIsReal = T(0.5) != T(0);

/// f(t, offset) for each tap t, at `offset` elements from the first one; NY × NX taps, or any number if they
/// are 0.
template <int NY, int NX, class F>
GT_INLINE void each_tap(const PoolBlock& b, const F& f) {
  if constexpr (NY > 0) {
    GT_UNROLL
    for (int t = 0; t < NY * NX; t++) f(t, t / NX * b.x_tap[1] + t % NX * b.x_tap[2]);
  } else {
    int64_t t = 0;
    for (int64_t z = 0; z < b.taps[0]; z++) {
      for (int64_t y = 0; y < b.taps[1]; y++) {
        const int64_t row = z * b.x_tap[0] + y * b.x_tap[1];
        for (int64_t x = 0; x < b.taps[2]; x++) f(t++, row + x * b.x_tap[2]);
      }
    }
  }
}

/// body(x, y, span) for each vector of channels of each output; x and y are the offsets of its first tap and
/// of the output itself from the first ones.
template <class T, class F>
GT_INLINE void each_output(const PoolBlock& b, const F& body) {
  for (int64_t r = 0; r < b.rows; r++) {
    for (int64_t i = 0; i < b.count; i++) {
      const int64_t x = r * b.x_row + i * b.x_step, y = r * b.y_row + i * b.y_step;
      each_vector<T>(b.channels, [&](int64_t c, auto span) GT_LAMBDA { body(x + c, y + c, span); });
    }
  }
}

/// Chooses the unrolled form of a kernel: K<T, NY, NX>::run(block).
template <class T, template <class, int, int> class K>
void run(const PoolBlock& b) noexcept {
  if (b.taps[0] == 1 && b.taps[1] == 2 && b.taps[2] == 2) {
    K<T, 2, 2>::run(b);
  } else if (b.taps[0] == 1 && b.taps[1] == 3 && b.taps[2] == 3) {
    K<T, 3, 3>::run(b);
  } else {
    K<T, 0, 0>::run(b);
  }
}

/// Where x replaces the running maximum m: x is larger, or the first NaN.
template <class T>
GT_INLINE auto beats(Vec<T> x, Vec<T> m) {
  if constexpr (kIsReal<T>) {
    return ~(x <= m) & (m == m);
  } else {
    return x > m;
  }
}

/// max_or_second in one instruction; a comparison and a select would be two.
GT_INLINE vf larger(vf a, vf b) {
#if defined(__AVX512F__)
  constexpr __mmask16 kAll = static_cast<__mmask16>(-1);
  return bitcast<vf>(_mm512_maskz_max_ps(kAll, bitcast<__m512>(a), bitcast<__m512>(b)));
#elif defined(__AVX2__)
  return bitcast<vf>(_mm256_max_ps(bitcast<__m256>(a), bitcast<__m256>(b)));
#elif defined(__SSE2__)
  return bitcast<vf>(_mm_max_ps(bitcast<__m128>(a), bitcast<__m128>(b)));
#else
  return max_or_second(a, b);
#endif
}
GT_INLINE vd larger(vd a, vd b) { return max_or_second(a, b); }

/// Pixels whose overlapping 3 × 3 windows share the maxima of their columns.
constexpr int kSlid = 4;

template <class T, int NY, int NX>
struct Max {
  GT_INLINE static void run(const PoolBlock& b) {
    if constexpr (kIsReal<T> && NX == 3) {
      if (b.x_tap[2] == b.x_step && b.count >= kSlid) return slide(b);
    }
    const T* x = static_cast<const T*>(b.x);
    T* y = static_cast<T*>(b.y);
    each_output<T>(b, [&](int64_t from, int64_t to, auto span) GT_LAMBDA { one(b, x + from, y + to, span); });
  }

 private:
  template <class Span>
  GT_INLINE static void one(const PoolBlock& b, const T* x, T* y, Span span) {
    Vec<T> m = span.get(x);
    if constexpr (kIsReal<T>) {
      // Assumes that there is no NaN, which takes a third of the time; the sum is NaN if there may be one.
      Vec<T> sum = {};
      each_tap<NY, NX>(b, [&](int64_t, int64_t offset) GT_LAMBDA {
        const Vec<T> v = span.get(x + offset);
        m = larger(v, m);
        sum += v;
      });
      if (__builtin_expect(any(bitcast<vi>(sum != sum)), 0)) return exact(b, x, y, span);
      span.put(y, m);
    } else {
      exact(b, x, y, span);
    }
  }
  template <class Span>
  GT_INLINE static void exact(const PoolBlock& b, const T* x, T* y, Span span) {
    Vec<T> m = span.get(x);
    each_tap<NY, NX>(b, [&](int64_t, int64_t offset) GT_LAMBDA {
      const Vec<T> v = span.get(x + offset);
      m = select(beats<T>(v, m), v, m);
    });
    span.put(y, m);
  }

  static void slide(const PoolBlock& b) {
    for (int64_t r = 0; r < b.rows; r++) {
      // The last tile may overlap the one before it.
      for (int64_t i = 0; i < b.count; i += kSlid) {
        const int64_t at = i + kSlid <= b.count ? i : b.count - kSlid;
        const T* x = static_cast<const T*>(b.x) + r * b.x_row + at * b.x_step;
        T* y = static_cast<T*>(b.y) + r * b.y_row + at * b.y_step;
        each_vector<T>(b.channels, [&](int64_t c, auto span) GT_LAMBDA { tile(b, x + c, y + c, span); });
      }
    }
  }
  /// kSlid pixels for one vector of channels.
  template <class Span>
  GT_INLINE static void tile(const PoolBlock& b, const T* x, T* y, Span span) {
    Vec<T> column[kSlid + 2], sum = {};
    unroll<kSlid + 2>([&](auto k) GT_LAMBDA {
      Vec<T> m = span.get(x + k * b.x_step);
      sum += m;
      unroll<NY - 1>([&](auto t) GT_LAMBDA {
        const Vec<T> v = span.get(x + k * b.x_step + (t + 1) * b.x_tap[1]);
        m = larger(v, m);
        sum += v;
      });
      column[k] = m;
    });
    if (__builtin_expect(any(bitcast<vi>(sum != sum)), 0)) {
      for (int p = 0; p < kSlid; p++) exact(b, x + p * b.x_step, y + p * b.y_step, span);
      return;
    }
    unroll<kSlid>([&](auto p) GT_LAMBDA {
      span.put(y + p * b.y_step, larger(column[p + 2], larger(column[p + 1], column[p])));
    });
  }
};

template <class T, int NY, int NX>
struct Gather {
  GT_INLINE static void run(const PoolBlock& b) {
    const T *x = static_cast<const T*>(b.x), *g = static_cast<const T*>(b.g);
    T* y = static_cast<T*>(b.y);
    each_output<T>(b, [&](int64_t from, int64_t to, auto span) GT_LAMBDA {
      Vec<T> m = span.get(x + from), found = span.get(g + from);
      each_tap<NY, NX>(b, [&](int64_t, int64_t offset) GT_LAMBDA {
        const Vec<T> v = span.get(x + from + offset);
        const auto better = beats<T>(v, m);
        m = select(better, v, m);
        found = select(better, span.get(g + from + offset), found);
      });
      span.put(y + to, found);
    });
  }
};

/// The lanes of a window whose maximum has not been reached yet.
template <class T>
struct Open {
  using Index = decltype(Vec<T>{} == Vec<T>{});
  Index lanes = ~Index{};
  /// acc + d in those of these lanes where x, the next tap, equals the maximum m; they are then removed.
  GT_INLINE Vec<T> add(Vec<T> acc, Vec<T> x, Vec<T> m, Vec<T> d) {
    const Index here = (x == m) & lanes;
    lanes &= ~here;
    return acc + select(here, d, Vec<T>{});
  }
};
#if defined(__AVX512F__)
template <>
struct Open<float> {
  __mmask16 lanes = static_cast<__mmask16>(-1);
  GT_INLINE vf add(vf acc, vf x, vf m, vf d) {
    const __mmask16 equal = _mm512_cmp_ps_mask(bitcast<__m512>(x), bitcast<__m512>(m), _CMP_EQ_OQ);
    const __mmask16 here = _kand_mask16(equal, lanes);
    lanes = _kandn_mask16(equal, lanes);
    return bitcast<vf>(
        _mm512_mask_add_ps(bitcast<__m512>(acc), here, bitcast<__m512>(acc), bitcast<__m512>(d)));
  }
};
#endif

/// Overlapping 3 × 3 windows are processed this many at a time: consecutive windows share columns, which stay
/// in registers. 8·56·56·64 elements: 170 instead of 230 µs, and with stride 1, 460 instead of 840.
constexpr int64_t kRun = 8;

template <class T, int NY, int NX>
struct Scatter {
  GT_INLINE static void run(const PoolBlock& b) {
    if constexpr (NX == 3) {
      if (!b.fresh && b.x_step == b.x_tap[2]) return slide<1>(b);
      if (!b.fresh && b.x_step == 2 * b.x_tap[2]) return slide<2>(b);
    }
    const T *x = static_cast<const T*>(b.x), *dy = static_cast<const T*>(b.y);
    T* dx = static_cast<T*>(b.dx);
    const bool fresh = b.fresh;
    each_output<T>(b, [&](int64_t from, int64_t to, auto span) GT_LAMBDA {
      using Index = decltype(Vec<T>{} == Vec<T>{});
      using Lane = decltype(Index{}[0] + 0);
      Vec<T> m = span.get(x + from);
      Index first = {};
      each_tap<NY, NX>(b, [&](int64_t t, int64_t offset) GT_LAMBDA {
        const Vec<T> v = span.get(x + from + offset);
        const auto better = beats<T>(v, m);
        m = select(better, v, m);
        first = select(better, static_cast<Lane>(t) - Index{}, first);
      });
      const Vec<T> d = span.get(dy + to);
      each_tap<NY, NX>(b, [&](int64_t t, int64_t offset) GT_LAMBDA {
        const Vec<T> v = select(first == static_cast<Lane>(t) - Index{}, d, Vec<T>{});
        T* at = dx + from + offset;
        span.put(at, fresh ? v : span.get(at) + v);
      });
    });
  }

 private:
  /// Windows with a horizontal stride of S.
  template <int S>
  static void slide(const PoolBlock& b) {
    for (int64_t r = 0; r < b.rows; r++) {
      for (int64_t i = 0; i < b.count; i += kRun) {
        const int64_t n = b.count - i < kRun ? b.count - i : kRun;
        const int64_t from = r * b.x_row + i * b.x_step, to = r * b.y_row + i * b.y_step;
        each_vector<T>(b.channels, [&](int64_t c, auto span) GT_LAMBDA {
          windows<S>(b, static_cast<const T*>(b.x) + from + c, static_cast<const T*>(b.y) + to + c,
                     static_cast<T*>(b.dx) + from + c, n, span);
        });
      }
    }
  }
  /// n windows, one vector of channels. Contributions to an element are added in the order of the windows.
  template <int S, class Span>
  GT_INLINE static void windows(const PoolBlock& b, const T* x, const T* dy, T* dx, int64_t n, Span span) {
    constexpr int kShared = NX - S;
    const int64_t row = b.x_tap[1], column = b.x_tap[2];
    Vec<T> v[NY * NX], sums[NY * NX];
    unroll<NY * kShared>([&](auto k) GT_LAMBDA {
      constexpr int y = k / kShared, c = k % kShared;
      v[y * NX + c] = span.get(x + y * row + c * column);
      sums[y * NX + c] = span.get(dx + y * row + c * column);
    });
    for (int64_t i = 0; i < n; i++, x += b.x_step, dx += b.x_step, dy += b.y_step) {
      unroll<NY * S>([&](auto k) GT_LAMBDA {
        constexpr int y = k / S, c = kShared + k % S;
        v[y * NX + c] = span.get(x + y * row + c * column);
        sums[y * NX + c] = span.get(dx + y * row + c * column);
      });
      // Prefetches what the next run reads for the first time: its gradients, and its columns in the new
      // rows.
      __builtin_prefetch(dy + kRun * b.y_step);
      unroll<S * S>([&](auto k) GT_LAMBDA {
        __builtin_prefetch(x + kRun * b.x_step + (NY - S + k / S) * row + (kShared + k % S) * column);
      });
      const Vec<T> d = span.get(dy);
      // By rows: shorter dependency chains than over all taps.
      Vec<T> most[NY], all[NY];
      unroll<NY>([&](auto y) GT_LAMBDA {
        const Vec<T>* w = v + y * NX;
        most[y] = larger(w[2], larger(w[1], w[0]));
        all[y] = (w[0] + w[1]) + w[2];
      });
      const Vec<T> m = larger(most[2], larger(most[1], most[0])), sum = (all[0] + all[1]) + all[2];
      if (__builtin_expect(any(bitcast<vi>(sum != sum)), 0)) {
        exact(v, d, sums);
      } else {
        Open<T> open;
        unroll<NY * NX>([&](auto k) GT_LAMBDA { sums[k] = open.add(sums[k], v[k], m, d); });
      }
      unroll<NY * S>([&](auto k) GT_LAMBDA {
        constexpr int y = k / S, c = k % S;
        span.put(dx + y * row + c * column, sums[y * NX + c]);
      });
      unroll<NY * kShared>([&](auto k) GT_LAMBDA {
        constexpr int y = k / kShared, c = k % kShared;
        v[y * NX + c] = v[y * NX + c + S];
        sums[y * NX + c] = sums[y * NX + c + S];
      });
    }
    unroll<NY * kShared>([&](auto k) GT_LAMBDA {
      constexpr int y = k / kShared, c = k % kShared;
      span.put(dx + y * row + c * column, sums[y * NX + c]);
    });
  }
  /// For vectors that may have a NaN.
  GT_INLINE static void exact(const Vec<T>* v, Vec<T> d, Vec<T>* sums) {
    using Index = decltype(Vec<T>{} == Vec<T>{});
    using Lane = decltype(Index{}[0] + 0);
    Vec<T> m = v[0];
    Index first = {};
    unroll<NY * NX - 1>([&](auto k) GT_LAMBDA {
      const auto better = beats<T>(v[k + 1], m);
      m = select(better, v[k + 1], m);
      first = select(better, static_cast<Lane>(k + 1) - Index{}, first);
    });
    unroll<NY * NX>([&](auto k) GT_LAMBDA {
      sums[k] += select(first == static_cast<Lane>(k + 0) - Index{}, d, Vec<T>{});
    });
  }
};

template <class T, int NY, int NX>
struct Mean {
  GT_INLINE static void run(const PoolBlock& b) {
    const T* x = static_cast<const T*>(b.x);
    T* y = static_cast<T*>(b.y);
    const T scale = static_cast<T>(b.scale);
    each_output<T>(b, [&](int64_t from, int64_t to, auto span) GT_LAMBDA {
      Vec<T> sum = {};
      each_tap<NY, NX>(b, [&](int64_t, int64_t offset) GT_LAMBDA { sum += span.get(x + from + offset); });
      span.put(y + to, sum * scale);
    });
  }
};

template <class T, int NY, int NX>
struct MeanGradient {
  GT_INLINE static void run(const PoolBlock& b) {
    const T* dy = static_cast<const T*>(b.y);
    T* dx = static_cast<T*>(b.dx);
    const T scale = static_cast<T>(b.scale);
    const bool fresh = b.fresh;
    each_output<T>(b, [&](int64_t from, int64_t to, auto span) GT_LAMBDA {
      const Vec<T> d = span.get(dy + to) * scale;
      each_tap<NY, NX>(b, [&](int64_t, int64_t offset) GT_LAMBDA {
        T* at = dx + from + offset;
        span.put(at, fresh ? d : span.get(at) + d);
      });
    });
  }
};

template <class T>
constexpr gradtape::PoolKernels kernels_of() {
  gradtape::PoolKernels k = {};
  k.max = &run<T, Max>;
  k.gather = &run<T, Gather>;
  if constexpr (kIsReal<T>) {
    k.max_gradient = &run<T, Scatter>;
    k.mean = &run<T, Mean>;
    k.mean_gradient = &run<T, MeanGradient>;
  }
  return k;
}

}  // namespace

GT_FAMILY(pooling, ByDType<PoolKernels> pooling) {
  table.pooling = by_dtype<gradtape::PoolKernels>([]<class T>() -> gradtape::PoolKernels {
    if constexpr (is_ordered<T>) {
      return kernels_of<T>();
    } else {
      return {};
    }
  });
}
