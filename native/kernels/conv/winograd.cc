// Winograd transforms for 3×3 filters: F(2×2, 3×3) and F(4×4, 3×3), in the notation of Lavin and Gray,
// y = Aᵀ[(G·w·Gᵀ) ⊙ (Bᵀ·x·B)]A. The transform of an N×N input tile is multiplied elementwise by that of the
// filter, summed over channels, and transformed to M×M outputs, M = N − 2. For the filter gradient, the
// transform of a tile of x is multiplied by A·dy·Aᵀ, summed over tiles, and transformed to 3×3 weights by Gᵀ.
// One channel per lane.
#include "kernels/matmul/epilogue.h"
#include "kernels/simd/unroll.h"

namespace {

/// The one-dimensional transforms for tiles of N inputs: input Bᵀ·x, filter G·w and output Aᵀ·m; and for the
/// filter gradient, gradient A·dy and weights Gᵀ·m.
template <int N>
struct Transforms1D;

/// F(2, 3), with the interpolation points 0, ±1, ∞.
template <>
struct Transforms1D<4> {
  template <class V>
  GT_INLINE static void input(const V* x, V* y) {
    y[0] = x[0] - x[2];
    y[1] = x[1] + x[2];
    y[2] = x[2] - x[1];
    y[3] = x[1] - x[3];
  }
  template <class V>
  GT_INLINE static void filter(const V* w, V* y) {
    const V a = (w[0] + w[2]) * 0.5F, b = w[1] * 0.5F;
    y[0] = w[0];
    y[1] = a + b;
    y[2] = a - b;
    y[3] = w[2];
  }
  template <class V>
  GT_INLINE static void output(const V* m, V* y) {
    y[0] = m[0] + m[1] + m[2];
    y[1] = m[1] - m[2] - m[3];
  }
  template <class V>
  GT_INLINE static void gradient(const V* dy, V* y) {
    y[0] = dy[0];
    y[1] = dy[0] + dy[1];
    y[2] = dy[0] - dy[1];
    y[3] = -dy[1];
  }
  template <class V>
  GT_INLINE static void weights(const V* m, V* w) {
    const V a = (m[1] + m[2]) * 0.5F;
    w[0] = m[0] + a;
    w[1] = (m[1] - m[2]) * 0.5F;
    w[2] = a + m[3];
  }
};

/// F(4, 3), with the interpolation points 0, ±a, ±b, ∞. With a = 5/8 and b = 3/2, whose products are exact,
/// errors are half of those with the usual points 1 and 2.
template <>
struct Transforms1D<6> {
  static constexpr float a = 0.625F, b = 1.5F, a2 = a * a, b2 = b * b, a3 = a * a2, b3 = b * b2;
  // The divisors of the rows of G.
  static constexpr double divisor_0 = double{a2} * b2, divisor_a = 2.0 * a2 * (a2 - b2),
                          divisor_b = 2.0 * b2 * (b2 - a2);
  static constexpr float quotient(double of, double divisor) { return static_cast<float>(of / divisor); }

  template <class V>
  GT_INLINE static void input(const V* x, V* y) {
    const V c = x[4] - b2 * x[2], d = a * x[3] - (a * b2) * x[1];
    const V e = x[4] - a2 * x[2], f = b * x[3] - (b * a2) * x[1];
    y[0] = (a2 * b2) * x[0] - (a2 + b2) * x[2] + x[4];
    y[1] = c + d;
    y[2] = c - d;
    y[3] = e + f;
    y[4] = e - f;
    y[5] = (a2 * b2) * x[1] - (a2 + b2) * x[3] + x[5];
  }
  template <class V>
  GT_INLINE static void filter(const V* w, V* y) {
    const V c = w[0] * quotient(1, divisor_a) + w[2] * quotient(a2, divisor_a),
            d = w[1] * quotient(a, divisor_a);
    const V e = w[0] * quotient(1, divisor_b) + w[2] * quotient(b2, divisor_b),
            f = w[1] * quotient(b, divisor_b);
    y[0] = w[0] * quotient(1, divisor_0);
    y[1] = c + d;
    y[2] = c - d;
    y[3] = e + f;
    y[4] = e - f;
    y[5] = w[2];
  }
  template <class V>
  GT_INLINE static void output(const V* m, V* y) {
    const V c = m[1] + m[2], d = m[1] - m[2], e = m[3] + m[4], f = m[3] - m[4];
    y[0] = m[0] + c + e;
    y[1] = a * d + b * f;
    y[2] = a2 * c + b2 * e;
    y[3] = a3 * d + b3 * f + m[5];
  }
  template <class V>
  GT_INLINE static void gradient(const V* dy, V* y) {
    const V c = dy[0] + a2 * dy[2], d = a * dy[1] + a3 * dy[3];
    const V e = dy[0] + b2 * dy[2], f = b * dy[1] + b3 * dy[3];
    y[0] = dy[0];
    y[1] = c + d;
    y[2] = c - d;
    y[3] = e + f;
    y[4] = e - f;
    y[5] = dy[3];
  }
  template <class V>
  GT_INLINE static void weights(const V* m, V* w) {
    const V c = m[1] + m[2], d = m[1] - m[2], e = m[3] + m[4], f = m[3] - m[4];
    w[0] = m[0] * quotient(1, divisor_0) + c * quotient(1, divisor_a) + e * quotient(1, divisor_b);
    w[1] = d * quotient(a, divisor_a) + f * quotient(b, divisor_b);
    w[2] = c * quotient(a2, divisor_a) + e * quotient(b2, divisor_b) + m[5];
  }
};

/// Calls f(channel, load, store) for each vector of channels; the last call's load and store are masked if
/// that vector is partial.
template <class T, class F>
GT_INLINE void over_channels(int64_t channels, const F& f) {
  constexpr int L = kLanes<T>;
  int64_t c = 0;
  for (; c + L <= channels; c += L) {
    f(
        c, [](const T* p) { return load(p); }, [](T* p, Vec<T> v) { store(p, v); });
  }
  if (c < channels) {
    const Lanes<T> mask = first_lanes<T>(channels - c);
    f(
        c, [mask](const T* p) { return load_lanes(p, mask); },
        [mask](T* p, Vec<T> v) { store_lanes(p, v, mask); });
  }
}

/// Calls rows(first, count) for groups of rows of a tile. For N = 6, the rows of the points a and −a (and of
/// ±b) are a group, because they share most of their sums.
template <int N, class F>
GT_INLINE void in_groups(const F& rows) {
  if constexpr (N == 6) {
    rows(Int<0>{}, Int<1>{});
    rows(Int<1>{}, Int<2>{});
    rows(Int<3>{}, Int<2>{});
    rows(Int<5>{}, Int<1>{});
  } else {
    rows(Int<0>{}, Int<4>{});
  }
}

/// Transforms kIn×kIn elements of each channel to N² planes by `transform`, along columns and then rows. A
/// few rows at a time, as many as registers hold: loading elements again is faster than spilling a full tile
/// of sums (by 3% of a convolution). Prefetching the planes' cache lines gained nothing.
template <class T, int N, int kIn, class F>
GT_INLINE void to_planes(const void* xv, int64_t row, int64_t column, int64_t channels, void* planes,
                         int64_t plane, const F& transform) {
  using V = Vec<T>;
  const T* const x = static_cast<const T*>(xv);
  T* const out = static_cast<T*>(planes);
  over_channels<T>(channels, [&](int64_t c, auto get, auto put) GT_LAMBDA {
    in_groups<N>([&](auto first, auto count) GT_LAMBDA {
      V t[decltype(count){}][kIn];
      unroll<kIn>([&](auto j) GT_LAMBDA {
        V in[kIn], y[N];
        unroll<kIn>([&](auto i) GT_LAMBDA { in[i] = get(x + i * row + j * column + c); });
        transform(in, y);
        unroll<decltype(count){}>([&](auto i) GT_LAMBDA { t[i][j] = y[first + i]; });
      });
      unroll<decltype(count){}>([&](auto i) GT_LAMBDA {
        V y[N];
        transform(t[i], y);
        unroll<N>([&](auto j) GT_LAMBDA { put(out + ((first + i) * N + j) * plane + c, y[j]); });
      });
    });
  });
}

template <class T, int N>
void transform_input(const void* x, int64_t row, int64_t column, int64_t channels, void* v,
                     int64_t plane) noexcept {
  to_planes<T, N, N>(x, row, column, channels, v, plane,
                     [](auto& in, auto& y) GT_LAMBDA { Transforms1D<N>::input(in, y); });
}

template <class T, int N>
void transform_filter(const void* wv, int64_t tap, int64_t n, void* uv, int64_t plane) noexcept {
  using V = Vec<T>;
  const T* const w = static_cast<const T*>(wv);
  T* const out = static_cast<T*>(uv);
  over_channels<T>(n, [&](int64_t c, auto get, auto put) {
    V t[N][3];
    GT_UNROLL
    for (int j = 0; j < 3; j++) {
      V in[3], y[N];
      GT_UNROLL
      for (int i = 0; i < 3; i++) in[i] = get(w + (i * 3 + j) * tap + c);
      Transforms1D<N>::filter(in, y);
      GT_UNROLL
      for (int i = 0; i < N; i++) t[i][j] = y[i];
    }
    GT_UNROLL
    for (int i = 0; i < N; i++) {
      V y[N];
      Transforms1D<N>::filter(t[i], y);
      GT_UNROLL
      for (int j = 0; j < N; j++) put(out + (i * N + j) * plane + c, y[j]);
    }
  });
}

template <class T, int N>
void transform_output(const void* mv, int64_t plane, int64_t channels, void* yv, int64_t row, int64_t column,
                      int64_t rows, int64_t columns, const Epilogue* given) noexcept {
  using V = Vec<T>;
  constexpr int M = N - 2;
  const T* const m = static_cast<const T*>(mv);
  T* const out = static_cast<T*>(yv);
  const bool full = rows == M && columns == M;
  const TileEpilogue<T> epilogue(given, 0);
  over_channels<T>(channels, [&](int64_t c, auto get, auto set) {
    const auto put = [&](T* p, V v) GT_LAMBDA { set(p, apply_epilogue<T>(epilogue, v, p, c, get)); };
    V t[M][N];
    GT_UNROLL
    for (int j = 0; j < N; j++) {
      V in[N], y[M];
      GT_UNROLL
      for (int i = 0; i < N; i++) in[i] = get(m + (i * N + j) * plane + c);
      Transforms1D<N>::output(in, y);
      GT_UNROLL
      for (int i = 0; i < M; i++) t[i][j] = y[i];
    }
    GT_UNROLL
    for (int i = 0; i < M; i++) {
      V y[M];
      Transforms1D<N>::output(t[i], y);
      T* const p = out + i * row + c;
      if (full) {
        GT_UNROLL
        for (int j = 0; j < M; j++) put(p + j * column, y[j]);
      } else if (i < rows) {
        GT_UNROLL
        for (int j = 0; j < M; j++) {
          if (j < columns) put(p + j * column, y[j]);
        }
      }
    }
  });
  if (given == nullptr || given->activation == nullptr) return;
  for (int64_t i = 0; i < rows; i++) activate<T>(given, out + i * row, column, columns, channels);
}

template <class T, int N>
void transform_gradient(const void* dy, int64_t row, int64_t column, int64_t channels, void* d,
                        int64_t plane) noexcept {
  to_planes<T, N, N - 2>(dy, row, column, channels, d, plane,
                         [](auto& in, auto& y) GT_LAMBDA { Transforms1D<N>::gradient(in, y); });
}

template <class T, int N>
void transform_weights(const void* mv, int64_t plane, int64_t n, void* wv, int64_t tap,
                       bool accumulate) noexcept {
  using V = Vec<T>;
  const T* const m = static_cast<const T*>(mv);
  T* const w = static_cast<T*>(wv);
  over_channels<T>(n, [&](int64_t c, auto get, auto put) {
    V t[3][N];
    GT_UNROLL
    for (int j = 0; j < N; j++) {
      V in[N], y[3];
      GT_UNROLL
      for (int i = 0; i < N; i++) in[i] = get(m + (i * N + j) * plane + c);
      Transforms1D<N>::weights(in, y);
      GT_UNROLL
      for (int i = 0; i < 3; i++) t[i][j] = y[i];
    }
    GT_UNROLL
    for (int i = 0; i < 3; i++) {
      V y[3];
      Transforms1D<N>::weights(t[i], y);
      GT_UNROLL
      for (int j = 0; j < 3; j++) {
        T* const p = w + (i * 3 + j) * tap + c;
        put(p, accumulate ? get(p) + y[j] : y[j]);
      }
    }
  });
}

template <class T, int N>
constexpr gradtape::WinogradKernels winograd() {
  return {.tile = N,
          .input = &transform_input<T, N>,
          .filter = &transform_filter<T, N>,
          .output = &transform_output<T, N>,
          .gradient = &transform_gradient<T, N>,
          .weights = &transform_weights<T, N>};
}

}  // namespace

/// F(2×2) and F(4×4), float32.
GT_FAMILY(winograd, WinogradKernels winograd[2]) {
  table.winograd[0] = winograd<float, 4>();
  table.winograd[1] = winograd<float, 6>();
}
