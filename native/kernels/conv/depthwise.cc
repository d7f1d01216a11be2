// Depthwise convolution: every channel has its own filter, so channels are vectorized, one per lane. All
// pixels of a block have the same taps. Each weight is loaded once for eight pixels, whose own loads are
// memory operands of the multiply-adds.
#include "kernels/element_types.h"
#include "kernels/matmul/epilogue.h"
#include "kernels/simd/spans.h"

namespace {

using gradtape::DepthwiseBlock;

template <class T>
GT_INLINE const T* in(const void* p) {
  return static_cast<const T*>(p);
}

/// Pixels whose sums are in registers at a time, and pixels per strip. Strips are narrow, so that input rows
/// read by several output rows stay in L1.
constexpr int kPixels = 8;
constexpr int64_t kStrip = 16;

/// P consecutive pixels, one vector of channels, any taps.
template <class T, int P, class Span>
GT_INLINE void pixels(const DepthwiseBlock& b, const T* x, const T* w, T* y, Span span) {
  const int64_t step = b.x_step, step3 = 3 * step, along = b.x_tap[2], next = b.w_tap[2], nx = b.taps[2];
  const int64_t down = b.x_tap[1] - nx * along, wrap = b.w_tap[1] - nx * next;
  Vec<T> sum[P] = {};
  for (int64_t t = b.taps[1]; t > 0; t--, x += down, w += wrap) {
    for (int64_t u = nx; u > 0; u--, x += along, w += next) {
      const Vec<T> weight = span.get(w);
      // One pointer serves four pixels (offsets 0, step, 2·step, 3·step), to save registers.
      GT_UNROLL
      for (int p = 0; p < P; p++) {
        const T* at = x + p / 4 * 4 * step;
        sum[p] = fma(weight, span.get(p % 4 == 3 ? at + step3 : at + p % 4 * step), sum[p]);
      }
    }
  }
  GT_UNROLL
  for (int p = 0; p < P; p++) span.put(y + p * b.y_step, sum[p]);
}

/// Rows and pixels per tile where windows slide by one element (stride = dilation): weights and sums are in
/// registers. Prefetching the rows of the next tile made it 10% slower, tiles of 2×4 or 4×2 5% slower; 3×6,
/// 3×8 and 4×4 were no faster.
constexpr int kTileRows = kRegisters == 32 ? 3 : 1, kTilePixels = 4;

/// R rows of P pixels with NY × 3 taps on adjacent pixels: an input element is loaded once for all pixels of
/// the tile that read it. The order of summation, column by column of the filter, does not depend on R and P.
/// w: the weights in column-major order.
template <class T, int NY, int R, int P, class Span>
GT_INLINE void tile3(const DepthwiseBlock& b, const Vec<T> (&w)[3 * NY], const T* x, T* y, Span span) {
  const int64_t row = b.x_tap[1], row3 = 3 * row, step = b.x_step;
  const int64_t y_row = b.y_row, y_step = b.y_step;
  Vec<T> sum[R][P] = {};
  unroll<P + 2>([&](auto c) GT_LAMBDA {
    unroll<R + NY - 1>([&](auto q) GT_LAMBDA {
      Vec<T> v = span.get(q == 3 ? x + row3 : x + q * row);
      keep_in_register(v);
      unroll<3>([&](auto u) GT_LAMBDA {
        unroll<R>([&](auto r) GT_LAMBDA {
          constexpr int p = decltype(c){} - decltype(u){}, t = decltype(q){} - decltype(r){};
          if constexpr (p >= 0 && p < P && t >= 0 && t < NY) sum[r][p] = fma(w[NY * u + t], v, sum[r][p]);
        });
      });
    });
    x += step;
  });
  unroll<P>([&](auto p) GT_LAMBDA {
    unroll<R>([&](auto r) GT_LAMBDA { span.put(y + r * y_row, sum[r][p]); });
    y += y_step;
  });
}

/// R rows of n pixels, in tiles.
template <class T, int NY, int R, class Span>
GT_INLINE void strip3(const DepthwiseBlock& b, const T* x, const T* weights, T* y, int64_t n, Span span) {
  Vec<T> w[3 * NY];
  unroll<3 * NY>([&](auto t)
                     GT_LAMBDA { w[t] = span.get(weights + t % NY * b.w_tap[1] + t / NY * b.w_tap[2]); });
  if (n < kTilePixels) {
    for (int64_t i = 0; i < n; i++) tile3<T, NY, R, 1>(b, w, x + i * b.x_step, y + i * b.y_step, span);
    return;
  }
  // The last tile may overlap the one before it.
  for (int64_t i = 0; i < n; i += kTilePixels) {
    const int64_t at = i + kTilePixels <= n ? i : n - kTilePixels;
    tile3<T, NY, R, kTilePixels>(b, w, x + at * b.x_step, y + at * b.y_step, span);
  }
}

/// A strip is processed for all rows before the next one, so that the input rows two of its tiles share are
/// still in L1 (saves 3 to 8%). Non-temporal stores were 20% faster where results are not cached, but 50%
/// slower where they are.
template <class T, int NY>
void slide3(const DepthwiseBlock& b) {
  constexpr int R = NY == 3 ? kTileRows : 1;
  const bool together = b.x_row == b.x_tap[1];
  for (int64_t i = 0; i < b.count;) {
    const int64_t n = b.count - i < kStrip + kStrip / 2 ? b.count - i : kStrip;
    for (int64_t r = 0; r < b.rows;) {
      const int64_t rows = together && r + R <= b.rows ? R : 1;
      each_vector<T>(b.channels, [&](int64_t c, auto span) GT_LAMBDA {
        const T *x = in<T>(b.x) + r * b.x_row + i * b.x_step + c, *w = in<T>(b.w) + c;
        T* y = static_cast<T*>(b.y) + r * b.y_row + i * b.y_step + c;
        if (R > 1 && rows > 1) {
          strip3<T, NY, R>(b, x, w, y, n, span);
        } else {
          strip3<T, NY, 1>(b, x, w, y, n, span);
        }
      });
      r += rows;
    }
    i += n;
  }
}

/// Pixels per tile for filters wider than 3; 10 and 12 were as fast for large images and slower for small
/// ones.
constexpr int kRowPixels = 8;

/// P pixels with any number of rows of NX taps on adjacent pixels: each input element of a row is loaded once
/// for all pixels that read it. The order of summation is that of `pixels`.
template <class T, int NX, int P, class Span>
GT_INLINE void tile_row(const DepthwiseBlock& b, const T* x, const T* w, T* y, Span span) {
  Vec<T> sum[P] = {};
  const int64_t step = b.x_step;
  for (int64_t t = b.taps[1]; t > 0; t--, x += b.x_tap[1], w += b.w_tap[1]) {
    Vec<T> v[P + NX - 1];
    const T* at = x;
    unroll<P + NX - 1>([&](auto c) GT_LAMBDA {
      v[c] = span.get(at);
      keep_in_register(v[c]);
      at += step;
    });
    unroll<NX>([&](auto u) GT_LAMBDA {
      Vec<T> weight = span.get(w + u * b.w_tap[2]);
      keep_in_register(weight);
      unroll<P>([&](auto p) GT_LAMBDA { sum[p] = fma(weight, v[p + u], sum[p]); });
    });
  }
  unroll<P>([&](auto p) GT_LAMBDA { span.put(y + p * b.y_step, sum[p]); });
}

template <class T, int NX, int P>
void slide_rows(const DepthwiseBlock& b) {
  // The last tile may overlap the one before it.
  for (int64_t i = 0; i < b.count; i += P) {
    const int64_t at = i + P <= b.count ? i : b.count - P;
    for (int64_t r = 0; r < b.rows; r++) {
      each_vector<T>(b.channels, [&](int64_t c, auto span) GT_LAMBDA {
        tile_row<T, NX, P>(b, in<T>(b.x) + r * b.x_row + at * b.x_step + c, in<T>(b.w) + c,
                           static_cast<T*>(b.y) + r * b.y_row + at * b.y_step + c, span);
      });
    }
  }
}

template <class T>
void forward(const DepthwiseBlock& b) noexcept {
  if constexpr (kRegisters == 32) {
    if (b.x_tap[2] == b.x_step && b.count >= kRowPixels) {
      if (b.taps[2] == 5) return slide_rows<T, 5, kRowPixels>(b);
      if (b.taps[2] == 7) return slide_rows<T, 7, kRowPixels>(b);
    }
  }
  if (b.taps[2] == 3 && b.x_tap[2] == b.x_step) {
    if (b.taps[1] == 3) return slide3<T, 3>(b);
    if (b.taps[1] == 2) return slide3<T, 2>(b);
    if (b.taps[1] == 1) return slide3<T, 1>(b);
  }
  for (int64_t begin = 0; begin < b.count; begin += kStrip) {
    const int64_t end = begin + kStrip < b.count ? begin + kStrip : b.count;
    for (int64_t r = 0; r < b.rows; r++) {
      each_vector<T>(b.channels, [&](int64_t c, auto span) GT_LAMBDA {
        const T *x = in<T>(b.x) + r * b.x_row + c, *w = in<T>(b.w) + c;
        T* y = static_cast<T*>(b.y) + r * b.y_row + c;
        int64_t i = begin;
        for (; i + kPixels <= end; i += kPixels) {
          pixels<T, kPixels>(b, x + i * b.x_step, w, y + i * b.y_step, span);
        }
        if (i + 4 <= end) {
          pixels<T, 4>(b, x + i * b.x_step, w, y + i * b.y_step, span);
          i += 4;
        }
        for (; i < end; i++) pixels<T, 1>(b, x + i * b.x_step, w, y + i * b.y_step, span);
      });
    }
  }
}

/// Pixels that are summed in registers before the sum is added to the weights' gradient: short sums lose
/// little precision, and the pixels stay in L1 for all channels.
constexpr int64_t kRun = 32;

/// The gradient of NY × NX taps, one vector of channels, over n pixels.
template <class T, int NY, int NX, class Span>
GT_INLINE void taps(const DepthwiseBlock& b, const T* x, const T* y, T* w, int64_t n, Span span) {
  Vec<T> sum[NY * NX] = {};
  for (int64_t i = 0; i < n; i++, x += b.x_step, y += b.y_step) {
    const Vec<T> by = span.get(y);
    GT_UNROLL
    for (int t = 0; t < NY * NX; t++) {
      sum[t] = fma(by, span.get(x + t / NX * b.x_tap[1] + t % NX * b.x_tap[2]), sum[t]);
    }
  }
  GT_UNROLL
  for (int t = 0; t < NY * NX; t++) {
    T* to = w + t / NX * b.w_tap[1] + t % NX * b.w_tap[2];
    span.put(to, span.get(to) + sum[t]);
  }
}

/// Rows of dy that are processed together for 3 × 3 filters on adjacent pixels, so that they share loads of
/// x.
constexpr int kFilterRows = kRegisters == 32 ? 3 : 2;

/// Adds the terms of R rows of P pixels to the nine sums.
template <class T, int R, int P, class Span>
GT_INLINE void terms3(const DepthwiseBlock& b, const T* x, const T* y, Vec<T> (&sum)[9], Span span) {
  const int64_t row = b.x_tap[1], row3 = 3 * row, step = b.x_step;
  Vec<T> g[R][P];
  unroll<R>([&](auto r) GT_LAMBDA {
    unroll<P>([&](auto p) GT_LAMBDA { g[r][p] = span.get(y + r * b.y_row + p * b.y_step); });
  });
  unroll<P + 2>([&](auto c) GT_LAMBDA {
    unroll<R + 2>([&](auto q) GT_LAMBDA {
      Vec<T> v = span.get(q == 3 ? x + row3 : x + q * row);
      keep_in_register(v);
      unroll<3>([&](auto u) GT_LAMBDA {
        unroll<R>([&](auto r) GT_LAMBDA {
          constexpr int p = decltype(c){} - decltype(u){}, t = decltype(q){} - decltype(r){};
          if constexpr (p >= 0 && p < P && t >= 0 && t < 3) sum[3 * t + u] = fma(g[r][p], v, sum[3 * t + u]);
        });
      });
    });
    x += step;
  });
}

/// The gradient of 3 × 3 taps over R rows of n pixels, one vector of channels.
template <class T, int R, class Span>
GT_INLINE void taps3(const DepthwiseBlock& b, const T* x, const T* y, T* w, int64_t n, Span span) {
  Vec<T> sum[9] = {};
  for (; n >= 2; n -= 2, x += 2 * b.x_step, y += 2 * b.y_step) terms3<T, R, 2>(b, x, y, sum, span);
  if (n > 0) terms3<T, R, 1>(b, x, y, sum, span);
  unroll<9>([&](auto t) GT_LAMBDA {
    T* to = w + t / 3 * b.w_tap[1] + t % 3 * b.w_tap[2];
    span.put(to, span.get(to) + sum[t]);
  });
}

/// The gradient of any taps over n pixels of a row.
template <class T, class Span>
GT_INLINE void any_taps(const DepthwiseBlock& b, const T* x, const T* y, T* w, int64_t n, Span span) {
  const int64_t nx = b.taps[2];
  if (b.taps[1] == 3 && nx == 3) return taps<T, 3, 3>(b, x, y, w, n, span);
  for (int64_t t = b.taps[1]; t > 0; t--, x += b.x_tap[1], w += b.w_tap[1]) {
    int64_t u = 0;
    for (; u + 5 <= nx; u += 5) taps<T, 1, 5>(b, x + u * b.x_tap[2], y, w + u * b.w_tap[2], n, span);
    for (; u + 3 <= nx; u += 3) taps<T, 1, 3>(b, x + u * b.x_tap[2], y, w + u * b.w_tap[2], n, span);
    for (; u < nx; u++) taps<T, 1, 1>(b, x + u * b.x_tap[2], y, w + u * b.w_tap[2], n, span);
  }
}

template <class T>
void filter(const DepthwiseBlock& b) noexcept {
  const bool slides = b.taps[1] == 3 && b.taps[2] == 3 && b.x_tap[2] == b.x_step;
  const bool together = slides && b.x_row == b.x_tap[1];
  for (int64_t r = 0, rows = 1; r < b.rows; r += rows) {
    rows = together && r + kFilterRows <= b.rows ? kFilterRows : 1;
    for (int64_t begin = 0; begin < b.count; begin += kRun) {
      const int64_t n = begin + kRun < b.count ? kRun : b.count - begin;
      each_vector<T>(b.channels, [&](int64_t c, auto span) GT_LAMBDA {
        const T *x = in<T>(b.x) + r * b.x_row + begin * b.x_step + c,
                *y = in<T>(b.y) + r * b.y_row + begin * b.y_step + c;
        T* w = static_cast<T*>(b.w) + c;
        if (rows > 1) return taps3<T, kFilterRows>(b, x, y, w, n, span);
        if (slides) return taps3<T, 1>(b, x, y, w, n, span);
        any_taps<T>(b, x, y, w, n, span);
      });
    }
  }
}

}  // namespace

GT_FAMILY(depthwise, ByDType<DepthwiseKernels> depthwise) {
  table.depthwise = by_dtype<gradtape::DepthwiseKernels>([]<class T>() -> gradtape::DepthwiseKernels {
    if constexpr (is_real<T>) {
      return gradtape::DepthwiseKernels{
          .forward = &forward<T>, .filter = &filter<T>, .epilogue = &epilogue_rows<T>};
    } else {
      return {};
    }
  });
}
