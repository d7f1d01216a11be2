// Winograd's transforms for filters of 3×3: F(2×2, 3×3) and F(4×4, 3×3) at the points 0, ±1, (±2,) ∞. A tile
// of N×N inputs becomes N² numbers that are multiplied by those of the filter, and N² sums become M×M
// outputs, M = N − 2. All of them work on one channel in each lane.
#include "finish.h"
#include "simd/unroll.h"

namespace {

/// Bᵀx, Gw and Aᵀm of F(4, 3).
template <class V>
GT_INLINE void input_4(const V* x, V* y) {
  const V a = x[4] - 4 * x[2], b = x[3] - 4 * x[1];
  const V c = x[4] - x[2], d = 2 * (x[3] - x[1]);
  y[0] = 4 * x[0] - 5 * x[2] + x[4];
  y[1] = a + b;
  y[2] = a - b;
  y[3] = c + d;
  y[4] = c - d;
  y[5] = 4 * x[1] - 5 * x[3] + x[5];
}
template <class V, class T>
GT_INLINE void filter_4(const V* w, V* y, T) {
  const V a = (w[0] + w[2]) * (T(-1) / T(6)), b = w[1] * (T(-1) / T(6));
  const V c = w[0] * (T(1) / T(24)) + w[2] * (T(1) / T(6)), d = w[1] * (T(1) / T(12));
  y[0] = w[0] * T(0.25);
  y[1] = a + b;
  y[2] = a - b;
  y[3] = c + d;
  y[4] = c - d;
  y[5] = w[2];
}
template <class V>
GT_INLINE void output_4(const V* m, V* y) {
  const V a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], d = m[3] - m[4];
  y[0] = m[0] + a + c;
  y[1] = b + 2 * d;
  y[2] = a + 4 * c;
  y[3] = b + 8 * d + m[5];
}
/// The same of F(2, 3).
template <class V>
GT_INLINE void input_2(const V* x, V* y) {
  y[0] = x[0] - x[2];
  y[1] = x[1] + x[2];
  y[2] = x[2] - x[1];
  y[3] = x[1] - x[3];
}
template <class V, class T>
GT_INLINE void filter_2(const V* w, V* y, T) {
  const V a = (w[0] + w[2]) * T(0.5), b = w[1] * T(0.5);
  y[0] = w[0];
  y[1] = a + b;
  y[2] = a - b;
  y[3] = w[2];
}
template <class V>
GT_INLINE void output_2(const V* m, V* y) {
  y[0] = m[0] + m[1] + m[2];
  y[1] = m[1] - m[2] - m[3];
}

/// f over all channels, a register at a time: f(first channel, load, store), whose last call works on part of
/// a register.
template <class T, class F>
GT_INLINE void over_channels(int64_t channels, const F& f) {
  constexpr int L = kLanes<T>;
  int64_t c = 0;
  for (; c + L <= channels; c += L) {
    f(
        c, [](const T* p) { return load(p); }, [](T* p, Vec<T> v) { store(p, v); });
  }
  if (c < channels) {
    const Lanes<T> some = first_lanes<T>(channels - c);
    f(
        c, [some](const T* p) { return load_lanes(p, some); },
        [some](T* p, Vec<T> v) { store_lanes(p, v, some); });
  }
}

/// A few rows of Bᵀx at a time, as many as registers hold. To load elements again takes less time than to
/// spill a whole tile of sums (3% of a convolution); to fetch lines of v ahead of the stores gained nothing.
template <class T, int N>
void transform_input(const void* xv, int64_t row, int64_t column, int64_t channels, void* vv,
                     int64_t plane) noexcept {
  using V = Vec<T>;
  const T* const x = static_cast<const T*>(xv);
  T* const out = static_cast<T*>(vv);
  over_channels<T>(channels, [&](int64_t c, auto get, auto put) GT_LAMBDA {
    const auto rows = [&](auto first, auto count) GT_LAMBDA {
      V t[decltype(count){}][N];
      unroll<N>([&](auto j) GT_LAMBDA {
        V in[N], y[N];
        unroll<N>([&](auto i) GT_LAMBDA { in[i] = get(x + i * row + j * column + c); });
        if constexpr (N == 6) {
          input_4(in, y);
        } else {
          input_2(in, y);
        }
        unroll<decltype(count){}>([&](auto i) GT_LAMBDA { t[i][j] = y[first + i]; });
      });
      unroll<decltype(count){}>([&](auto i) GT_LAMBDA {
        V y[N];
        if constexpr (N == 6) {
          input_4(t[i], y);
        } else {
          input_2(t[i], y);
        }
        unroll<N>([&](auto j) GT_LAMBDA { put(out + ((first + i) * N + j) * plane + c, y[j]); });
      });
    };
    if constexpr (N == 6) {
      rows(Int<0>{}, Int<1>{});
      rows(Int<1>{}, Int<2>{});
      rows(Int<3>{}, Int<2>{});
      rows(Int<5>{}, Int<1>{});
    } else {
      rows(Int<0>{}, Int<4>{});
    }
  });
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
      if constexpr (N == 6) {
        filter_4(in, y, T(0));
      } else {
        filter_2(in, y, T(0));
      }
      GT_UNROLL
      for (int i = 0; i < N; i++) t[i][j] = y[i];
    }
    GT_UNROLL
    for (int i = 0; i < N; i++) {
      V y[N];
      if constexpr (N == 6) {
        filter_4(t[i], y, T(0));
      } else {
        filter_2(t[i], y, T(0));
      }
      GT_UNROLL
      for (int j = 0; j < N; j++) put(out + (i * N + j) * plane + c, y[j]);
    }
  });
}

template <class T, int N>
void transform_output(const void* mv, int64_t plane, int64_t channels, void* yv, int64_t row, int64_t column,
                      int64_t rows, int64_t columns, const Finish* given) noexcept {
  using V = Vec<T>;
  constexpr int M = N - 2;
  const T* const m = static_cast<const T*>(mv);
  T* const out = static_cast<T*>(yv);
  const bool whole = rows == M && columns == M;
  const TileFinish<T> finish(given, 0);
  over_channels<T>(channels, [&](int64_t c, auto get, auto set) {
    const auto put = [&](T* p, V v) GT_LAMBDA { set(p, finished<T>(finish, v, p, c, get)); };
    V t[M][N];
    GT_UNROLL
    for (int j = 0; j < N; j++) {
      V in[N], y[M];
      GT_UNROLL
      for (int i = 0; i < N; i++) in[i] = get(m + (i * N + j) * plane + c);
      if constexpr (N == 6) {
        output_4(in, y);
      } else {
        output_2(in, y);
      }
      GT_UNROLL
      for (int i = 0; i < M; i++) t[i][j] = y[i];
    }
    GT_UNROLL
    for (int i = 0; i < M; i++) {
      V y[M];
      if constexpr (N == 6) {
        output_4(t[i], y);
      } else {
        output_2(t[i], y);
      }
      T* const p = out + i * row + c;
      if (whole) {
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
constexpr gradtape::WinogradKernels winograd() {
  return {.tile = N,
          .input = &transform_input<T, N>,
          .filter = &transform_filter<T, N>,
          .output = &transform_output<T, N>};
}

}  // namespace

void GT_EXPORT(winograd)(gradtape::KernelTable& table) {
  table.winograd[0] = winograd<float, 4>();
  table.winograd[1] = winograd<float, 6>();
}
