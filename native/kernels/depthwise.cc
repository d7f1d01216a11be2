// Depthwise convolution: a channel has weights of its own, so lanes are channels. All pixels of a block have
// the same taps; eight of them share each load of a weight, and their own loads are operands of the
// multiply-adds.
#include "spans.h"
#include "table.h"

#define GT_LAMBDA __attribute__((always_inline))

namespace {

using gradtape::DepthwiseBlock;

template <class T>
GT_INLINE const T* in(const void* p) {
  return static_cast<const T*>(p);
}

/// Pixels whose sums are in registers, and those of a strip: narrow, so that the rows that several outputs
/// read stay in the nearest cache.
constexpr int kPixels = 8;
constexpr int64_t kStrip = 16;

/// P pixels from x on, one vector of channels.
template <class T, int P, class Span>
GT_INLINE void pixels(const DepthwiseBlock& b, const T* x, const T* w, T* y, Span span) {
  const int64_t step = b.x_step, step3 = 3 * step, along = b.x_tap[2], next = b.w_tap[2], nx = b.taps[2];
  const int64_t down = b.x_tap[1] - nx * along, wrap = b.w_tap[1] - nx * next;
  Vec<T> sum[P] = {};
  for (int64_t t = b.taps[1]; t > 0; t--, x += down, w += wrap) {
    for (int64_t u = nx; u > 0; u--, x += along, w += next) {
      const Vec<T> weight = span.get(w);
      // Addresses of four pixels from one pointer: more of them would not fit the registers.
      GT_UNROLL
      for (int p = 0; p < P; p++) {
        const T* at = x + p / 4 * 4 * step;
        sum[p] += weight * span.get(p % 4 == 3 ? at + step3 : at + p % 4 * step);
      }
    }
  }
  GT_UNROLL
  for (int p = 0; p < P; p++) span.put(y + p * b.y_step, sum[p]);
}

/// The same for 3 × 3 taps side by side: a column of the input serves all pixels that see it.
template <class T, int P, class Span>
GT_INLINE void pixels3(const DepthwiseBlock& b, const T* x, const T* w, T* y, Span span) {
  Vec<T> sum[P] = {};
  GT_UNROLL
  for (int t = 0; t < 3; t++) {
    const T *row = x + t * b.x_tap[1], *by = w + t * b.w_tap[1];
    const Vec<T> w0 = span.get(by), w1 = span.get(by + b.w_tap[2]), w2 = span.get(by + 2 * b.w_tap[2]);
    Vec<T> v[P + 2];
    GT_UNROLL
    for (int p = 0; p < P + 2; p++) v[p] = span.get(row + p * b.x_step);
    GT_UNROLL
    for (int p = 0; p < P; p++) sum[p] += w0 * v[p];
    GT_UNROLL
    for (int p = 0; p < P; p++) sum[p] += w1 * v[p + 1];
    GT_UNROLL
    for (int p = 0; p < P; p++) sum[p] += w2 * v[p + 2];
  }
  GT_UNROLL
  for (int p = 0; p < P; p++) span.put(y + p * b.y_step, sum[p]);
}

template <class T>
void forward(const DepthwiseBlock& b) noexcept {
  const bool three = b.taps[1] == 3 && b.taps[2] == 3 && b.x_tap[2] == b.x_step;
  for (int64_t begin = 0; begin < b.count; begin += kStrip) {
    const int64_t end = begin + kStrip < b.count ? begin + kStrip : b.count;
    for (int64_t r = 0; r < b.rows; r++) {
      each_vector<T>(b.channels, [&](int64_t c, auto span) GT_LAMBDA {
        const T *x = in<T>(b.x) + r * b.x_row + c, *w = in<T>(b.w) + c;
        T* y = static_cast<T*>(b.y) + r * b.y_row + c;
        int64_t i = begin;
        if (three) {
          for (; i + 4 <= end; i += 4) pixels3<T, 4>(b, x + i * b.x_step, w, y + i * b.y_step, span);
        } else {
          for (; i + kPixels <= end; i += kPixels) {
            pixels<T, kPixels>(b, x + i * b.x_step, w, y + i * b.y_step, span);
          }
          if (i + 4 <= end) {
            pixels<T, 4>(b, x + i * b.x_step, w, y + i * b.y_step, span);
            i += 4;
          }
        }
        for (; i < end; i++) pixels<T, 1>(b, x + i * b.x_step, w, y + i * b.y_step, span);
      });
    }
  }
}

/// Pixels that are summed in registers before they are added to the weights: short sums lose little, and the
/// pixels stay in the nearest cache for all channels.
constexpr int64_t kRun = 32;

/// NY × NX taps from x on, one vector of channels, over n pixels.
template <class T, int NY, int NX, class Span>
GT_INLINE void taps(const DepthwiseBlock& b, const T* x, const T* y, T* w, int64_t n, Span span) {
  Vec<T> sum[NY * NX] = {};
  for (int64_t i = 0; i < n; i++, x += b.x_step, y += b.y_step) {
    const Vec<T> by = span.get(y);
    GT_UNROLL
    for (int t = 0; t < NY * NX; t++) {
      sum[t] += by * span.get(x + t / NX * b.x_tap[1] + t % NX * b.x_tap[2]);
    }
  }
  GT_UNROLL
  for (int t = 0; t < NY * NX; t++) {
    T* to = w + t / NX * b.w_tap[1] + t % NX * b.w_tap[2];
    span.put(to, span.get(to) + sum[t]);
  }
}

template <class T>
void filter(const DepthwiseBlock& b) noexcept {
  const int64_t nx = b.taps[2];
  for (int64_t r = 0; r < b.rows; r++) {
    for (int64_t begin = 0; begin < b.count; begin += kRun) {
      const int64_t n = begin + kRun < b.count ? kRun : b.count - begin;
      each_vector<T>(b.channels, [&](int64_t c, auto span) GT_LAMBDA {
        const T *x = in<T>(b.x) + r * b.x_row + begin * b.x_step + c,
                *y = in<T>(b.y) + r * b.y_row + begin * b.y_step + c;
        T* w = static_cast<T*>(b.w) + c;
        if (b.taps[1] == 3 && nx == 3) {
          taps<T, 3, 3>(b, x, y, w, n, span);
          return;
        }
        for (int64_t t = b.taps[1]; t > 0; t--, x += b.x_tap[1], w += b.w_tap[1]) {
          int64_t u = 0;
          for (; u + 5 <= nx; u += 5) taps<T, 1, 5>(b, x + u * b.x_tap[2], y, w + u * b.w_tap[2], n, span);
          for (; u + 3 <= nx; u += 3) taps<T, 1, 3>(b, x + u * b.x_tap[2], y, w + u * b.w_tap[2], n, span);
          for (; u < nx; u++) taps<T, 1, 1>(b, x + u * b.x_tap[2], y, w + u * b.w_tap[2], n, span);
        }
      });
    }
  }
}

}  // namespace

void GT_EXPORT(depthwise)(gradtape::KernelTable& table) {
  table.depthwise[0] = {.forward = &forward<float>, .filter = &filter<float>};
  table.depthwise[1] = {.forward = &forward<double>, .filter = &filter<double>};
}
